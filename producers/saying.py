"""Who says so, as a home knows it, and statements a person makes that are no report.

Source: review rec. 16; domain.md 7, Provenance.
"""

from collections.abc import Mapping, Sequence

from contracts.context import Urgency
from contracts.draft import Draft, draft
from contracts.fault import Misuse
from contracts.form import Section
from contracts.identifier import is_token
from contracts.section import Cause, Contact, Identity, Practitioner, Provenance
from contracts.statement import interpret, parse
from producers.home import Reporter
from producers.outbox import Outbox


def provenance_of(outbox: Outbox, said: Reporter) -> Provenance:
    """Write who says so: what is given, completed by what `agency.yaml` has of its reporter.

    Args:
        outbox: of the home that speaks; gives tokens, and the credential of who has one.
        said: what is given of the practitioner.
    """
    given = said.model_dump(exclude_unset=True, exclude_none=True)  # a blank line says nothing
    own = outbox.home.agency.reporter.model_dump(exclude_unset=True)
    if own.get("name") and given.get("name", own["name"]) != own["name"]:
        own.pop("reference", None)  # it is another person's
    who = Reporter(**{**own, **given})
    ours = outbox.partnership.agencies.get(outbox.home.agency.agency)
    reference = who.reference or known_as(outbox, who.name or "")
    person = None
    if reference:
        person = Practitioner(outbox.token_for("practitioner", reference), who.name)
    contact = Contact(who.mailbox, who.telephone, who.out_of_hours)
    return Provenance(
        "practitioner" if person else "anonymous",
        practitioner=person,
        role=who.role,
        employer=who.employer or (ours.title if ours and person else None),
        acting_for=who.acting_for,
        contact=contact if contact != Contact() else None,
        supervisor=who.supervisor,
        how_known=who.how_known,
        said=who.said,
        source="public_anonymous" if who.public_source else None,
        credential=outbox.home.credential(person.token or "") if person else None,
    )


def known_as(outbox: Outbox, name: str) -> str:
    """Give the reference that a practitioner's token stands for: their own, or their name."""
    own = outbox.home.agency.reporter
    return own.reference if own.reference and own.name == name else name


def viewer_of(outbox: Outbox, name: str | None) -> frozenset[str] | None:
    """List the tokens by which something may be kept from a person at work: theirs, households'.

    Args:
        outbox: of the agency's home at which they look.
        name: as their token was issued to; case and spaces do not count.

    Returns:
        None for somebody who is not named, or was never known here by that name: nobody can say
        what is kept from them, so everything that is kept from anybody is.
    """
    token = outbox.token_of("practitioner", known_as(outbox, name)) if name else None
    if token is None:
        return None
    known, agency = outbox.partnership, outbox.home.agency.agency
    return frozenset({token}) | known.households_of(agency, token)


def said_by(  # noqa: PLR0913 - a statement has this many independent parts
    outbox: Outbox,
    event: str,
    value: Section,
    *,
    name: str,
    role: str,
    causes: Sequence[str] = (),
    sections: Mapping[str, Section] | None = None,
    urgency: Urgency = "routine",
) -> Draft:
    """Draft what a named practitioner says that is no report: consent, a hold, a correction.

    Args:
        outbox: of the home that speaks.
        event: the event's name.
        value: its facts.
        name: who says so; the agency's contact is where to ring.
        role: theirs.
        causes: ids of the statements it is about.
        sections: more of them.
        urgency: as the statement will carry it.
    """
    ours = outbox.partnership.agencies.get(outbox.home.agency.agency)
    contact = ours.contact if ours else Contact()
    own = outbox.home.agency.reporter
    reporter = Reporter(
        name=name, role=role, how_known="record", said="summary",
        mailbox=own.mailbox or contact.mailbox, telephone=own.telephone or contact.telephone,
        out_of_hours=own.out_of_hours or contact.out_of_hours,
    )  # fmt: skip
    caused = {f"cause.{n}": Cause(cause) for n, cause in enumerate(causes, 1)}
    given = {"event": value, **caused, "provenance": provenance_of(outbox, reporter)}
    return draft(
        id=outbox.new_id(), event=event, sections={**given, **(sections or {})}, urgency=urgency
    )


def subject_of(outbox: Outbox, text: str) -> str:
    """Give the token of a person: the agency's own reference, or a token as a list shows it.

    Raises:
        Misuse: it is neither.
    """
    known = outbox.token_of("subject", text)
    if known is None and not is_token(text):
        raise Misuse(
            "Nobody is known here by this reference.",
            remedy="Give the reference that the report's file used, or the person's token as "
            "`candour research list` or `candour person list` shows it.",
        )
    return known or text


def people_of(outbox: Outbox, statement: str) -> dict[str, str]:
    """Give the tokens of everybody whom a report from here names, by the agency's own reference.

    Args:
        outbox: of the home that reported.
        statement: the report's id.

    Returns:
        Nobody where this home does not hold what it said.
    """
    row = outbox.row(statement)
    if row is None or row["raw"] is None:
        return {}
    sections = interpret(parse(row["raw"])).sections.values()
    named = [one.subject for one in sections if isinstance(one, Identity)]
    return {outbox.reference_of(token) or token: token for token in named}


def statements_on(outbox: Outbox, subjects: Sequence[str]) -> list[str]:
    """List reports from here that name these people, the newest of each, to say something about.

    Args:
        outbox: of the home that speaks.
        subjects: tokens.

    Raises:
        Misuse: one of them stands in no report that was accepted from here.
    """
    left, found = set(subjects), list[str]()
    for row in reversed(outbox.rows()):
        if not left or row["raw"] is None or row["outcome"] in {None, "rejected"}:
            continue
        sections = interpret(parse(row["raw"])).sections.values()
        named = {one.subject for one in sections if isinstance(one, Identity)}
        if named & left:
            found.append(row["id"])
            left -= named
    if left:
        raise Misuse(
            "No report that was accepted from here names everybody whom this is about.",
            remedy="Give --about with the id of a statement that this agency holds about them.",
        )
    return found

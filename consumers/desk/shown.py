"""A statement as somebody at a desk reads it: plain words for every closed value, nothing dropped.

Pure. What was withheld is said to be withheld; what nobody knows is never shown as no.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import msgspec

from consumers.referrals.course import TITLES
from contracts.entry import ReasonGiven
from contracts.event.report import Occurred, Report
from contracts.form import Section
from contracts.reason import Reason
from contracts.section import (
    Health,
    Identity,
    Narrative,
    PersonPart,
    Provenance,
    Refuge,
    Risk,
    Whereabouts,
    number_of,
)
from contracts.sharing import Consent, UseLimits
from contracts.statement import Statement

ANSWERS = {
    "yes": "Yes", "no": "No", "unknown": "Not known", "not_asked": "Not asked",
    "refused": "Asked, not answered",
}  # fmt: skip
CHILDREN = {
    "household": "Children live there", "contact": "Children have contact",
    "cares_for_others": "Cares for other people’s children", "pregnant": "Somebody is pregnant",
    "none_known": "None is known", "not_asked": "Not asked",
}  # fmt: skip
PARTS = {
    "victim": "victim", "alleged_perpetrator": "alleged perpetrator", "child": "child",
    "associate": "associate", "unassessed": "part not assessed",
}  # fmt: skip
TOLD = {"yes": "May be told", "no": "Must not be told", "ring_first": "Ring first"}
HOW = {
    "told_by_subject": "told by the person themselves", "told_by_other": "told by somebody else",
    "observed": "saw or heard it", "record": "from a record", "public_source": "from the public",
    "inferred": "inferred",
}  # fmt: skip
TO_DO = {
    "research": "Look each person up in each system that is open, or have it done",
    "provenance": "Ring whoever sent it, and ask for what is missing of who says so",
    "same_origin": "Decide whether two reports are one source",
    "private_enquiry": "Have somebody ask them alone how they are",
    "dash": "Have a DASH done, each victim alone",
    "disclosure": "Decide whether the person at risk is to be told",
    "housing_notice": "Tell housing to ring police before a visit, and nothing else",
    "risk_review": "Have a manager look again at the level of risk",
    "separate_contact": "Have each of them seen apart",
    "companion": "Have it recorded who came with them",
    "care_screen": "Have a named social worker look at needs for care and support",
    "handover": "Have a named agency take over what stays of the risk",
    "marac_review": "Decide whether it goes to MARAC",
    "marac_referral": "Refer to MARAC again",
    "support_referral": "Offer support, and decide whether to refer",
    "therapy_record": "Ask for the record of the therapy",
    "visit_check": "Complete the checks on the address",
    "family_response": "Thank whoever warned, and tell them whom to ring next",
    "agreement": "Read its receipt, and ring the contact that it names",
    "police_now": "If a life may be at risk, ring the police now",
    "reconsider": "Look again at what was closed, without whoever closed it",
}
"""What an alert asks for, as somebody is told to do it."""
NAMELESS = "Name not known"
SEE_WORDS = "Not asked apart: see the words"
SKIPPED = {
    "occurred", "known_to_agency", "recorded", "key", "standing", "request", "statement", "subject",
}  # fmt: skip
"""What a page says otherwise: times in words, and by a link what somebody could not read."""
AGENCIES = {"addressee", "handover", "agency", "owner_agency"}
"""Fields that hold an agency's id."""


@dataclass(frozen=True)
class ShownPerson:
    """One person of a report, as delivered.

    Attributes:
        number: in the report; `subject` the token.
        identified: whether who they are was told to this desk: it holds no page of anybody else.
        name: the first name known; `aliases` the others.
        part: in words; `born` as well as it is known.
        identifiers: scheme and value.
        whereabouts: None where it was withheld or is not known; `refuge` likewise.
        told: may this be put to them; `origin_told` may who said so.
    """

    number: int
    subject: str
    identified: bool
    name: str
    aliases: list[str]
    part: str
    born: str
    identifiers: list[tuple[str, str]]
    whereabouts: Whereabouts | None
    refuge: Refuge | None
    told: str
    origin_told: str


@dataclass(frozen=True)
class ShownReport:
    """A report for its page; see the members' names."""

    kind: str
    when: str
    known: str
    recorded: str
    facts: list[tuple[str, str]]
    people: list[ShownPerson]
    danger: str
    children: str
    risk: list[tuple[str, str]]
    narrative: Narrative | None
    health: Health | None
    consent: list[tuple[str, str]]
    provenance: list[tuple[str, str]]
    says: str
    note: str | None
    withheld: list[str]
    limited: bool = field(default=False)


def shown(statement: Statement, zone: tzinfo, agencies: Mapping[str, str]) -> ShownReport:
    """Give a statement for its page, its moments as people in a zone read them.

    Args:
        statement: as it was delivered, or stands.
        zone: the partnership's.
        agencies: what each is called, by id.
    """
    sections = statement.sections
    event = sections.get("event")
    risk = sections.get("risk")
    limits = sections.get("use_limits")
    report = event if isinstance(event, Report) else None
    who = sections.get("provenance")
    return ShownReport(
        kind=title_of(statement.kind.name),
        when=when(report.occurred, zone) if report else "not said",
        known=day(report.known_to_agency, zone) if report else "not said",
        recorded=day(report.recorded, zone) if report else "not said",
        facts=list(facts(event, agencies)) if event is not None else [],
        people=list(people(sections)),
        danger=ANSWERS[risk.danger_now] if isinstance(risk, Risk) else "Not told to this desk",
        children=CHILDREN[risk.children] if isinstance(risk, Risk) else "Not told to this desk",
        risk=list(_risk(risk)) if isinstance(risk, Risk) else [],
        narrative=_only(sections, Narrative),
        health=_only(sections, Health),
        consent=list(_consent(sections)),
        provenance=list(provenance(who)) if isinstance(who, Provenance) else [],
        says=says(statement),
        note=limits.note if isinstance(limits, UseLimits) else None,
        withheld=[words for name, words in _MAY_LACK.items() if name not in sections],
        limited=isinstance(limits, UseLimits),
    )


def hurried(report: ShownReport) -> ShownReport:
    """Lead from what was never asked apart to the words: one box was filled, and all is in it."""
    not_asked = ANSWERS["not_asked"]
    return replace(
        report,
        people=[
            replace(one, name="Name: see the words") if one.name == NAMELESS else one
            for one in report.people
        ],
        children=SEE_WORDS if report.children == CHILDREN["not_asked"] else report.children,
        risk=[(label, SEE_WORDS if text == not_asked else text) for label, text in report.risk],
    )


_MAY_LACK = {
    "event": "the facts", "provenance": "who says so", "narrative": "what was said, in words",
    "risk": "the questions on danger",
}  # fmt: skip


def lacking(given: ReasonGiven) -> dict[str, Any]:
    """Say what a reason asks for; of a code that this release does not know, what to do."""
    remedy, source = Reason.told(given.code)
    fields = ", ".join(given.fields)
    return {"code": given.code, "fields": fields, "remedy": remedy, "source": source}


def title_of(event: str) -> str:
    """Spell an event's name as a heading."""
    return event.replace("_", " ").capitalize()


def capital(text: str) -> str:
    """Begin a text with a capital, and change nothing else of it."""
    return text[:1].upper() + text[1:]


def when(occurred: Occurred, zone: tzinfo = UTC) -> str:
    """Spell when something happened, as exactly as it is known and no more."""
    if occurred.at is None:
        return "undated"
    text = day(occurred.at, zone)
    text = f"about {text}" if occurred.precision == "about" else text
    return f"{text} to {day(occurred.until, zone)}" if occurred.until else text


def day(text: str, zone: tzinfo = UTC) -> str:
    """Spell a day, month or year; or a moment, as people in a zone read it."""
    match len(text):
        case 4:
            return text
        case 7:
            return f"{date.fromisoformat(f'{text}-01'):%B %Y}"
    if "T" in text:
        return f"{datetime.fromisoformat(text).astimezone(zone):%-d %B %Y, %H:%M}"
    return f"{date.fromisoformat(text):%-d %B %Y}"


def facts(event: Section, agencies: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """List what an event says beside its times, in words; agencies as they are called."""
    told: dict[str, Any] = msgspec.to_builtins(event)
    for name, value in told.items():
        if name not in SKIPPED and value not in ([], None):
            called = agencies if name in AGENCIES else TITLES if name == "referral" else {}
            label = "To" if name == "addressee" else name.replace("_", " ").capitalize()
            yield label, called.get(str(value)) or _words(value)


def people(sections: Mapping[str, Section]) -> Iterator[ShownPerson]:
    """List whoever any section of a statement is about, by number: the others may be withheld."""
    numbers = {
        v.subject: number_of(name)
        for name, v in sections.items()
        if isinstance(v, Identity | PersonPart | Whereabouts | Refuge)
    }
    identities = {v.subject: v for v in sections.values() if isinstance(v, Identity)}
    parts = {v.subject: v.part for v in sections.values() if isinstance(v, PersonPart)}
    where = {v.subject: v for v in sections.values() if isinstance(v, Whereabouts)}
    refuges = {v.subject: v for v in sections.values() if isinstance(v, Refuge)}
    limits = sections.get("use_limits")
    told = {one.subject: one for one in limits.limits} if isinstance(limits, UseLimits) else {}
    for subject, number in sorted(numbers.items(), key=lambda one: one[1]):
        one, limit = identities.get(subject), told.get(subject)
        names = names_of(one) if one else []
        yield ShownPerson(
            number, subject, one is not None,
            names[0] if names else NAMELESS if one else "Name not told to this desk",
            names[1:], PARTS[parts.get(subject, "unassessed")],
            born(one) if one else "birth not told to this desk",
            [(n.scheme.upper(), n.value) for n in (one.identifiers if one else None) or []],
            where.get(subject), refuges.get(subject),
            TOLD[limit.may_be_told if limit else "ring_first"],
            TOLD[limit.origin_may_be_told if limit else "no"],
        )  # fmt: skip


def names_of(one: Identity) -> list[str]:
    """Spell the names of somebody; none where a report names nobody yet."""
    spelled = (" ".join(filter(None, (name.given, name.family))) for name in one.names)
    return [name for name in spelled if name]


def born(one: Identity) -> str:
    """Spell a birth as well as it is known."""
    if one.born is None:
        return "birth not known"
    if one.born.precision == "age":
        return f"aged {one.born.value}"
    return f"born {day(one.born.value)}"


def identified(one: Identity) -> Iterator[tuple[str, str]]:
    """List all that an identity says of somebody."""
    yield "Name", "; ".join(names_of(one)) or NAMELESS
    yield "Born", capital(born(one))
    if one.sex:
        yield "Sex", _words(one.sex)
    yield from ((n.scheme.upper(), n.value) for n in one.identifiers or [])


def author_of(statement: Statement) -> str:
    """Name who says something, as far as it was told here."""
    who = statement.sections.get("provenance")
    return (_name(who) if isinstance(who, Provenance) else None) or "somebody not named"


def _name(who: Provenance) -> str | None:
    return who.practitioner.name if who.practitioner else None


def says(statement: Statement) -> str:
    """Say who says so and how they know, in one sentence."""
    who = statement.sections.get("provenance")
    if not isinstance(who, Provenance):
        return "Who says so was not told to this desk."
    if who.kind == "system":
        return f"A system said this by itself: {who.system}, rule {who.rule}."
    name = _name(who)
    if not name:
        return "Nobody is named."
    how = HOW.get(who.how_known or "", "how they know is not said")
    return f"{name}, {who.role or 'role not said'}, {who.employer or 'employer not said'}: {how}."


def provenance(who: Provenance) -> Iterator[tuple[str, str]]:
    """List who says so, for whom, through whom, and where to ring."""
    contact = who.contact
    rows: Sequence[tuple[str, str | None]] = (
        ("Name", _name(who)),
        ("Role", who.role),
        ("Employer", who.employer),
        ("Acting for", who.acting_for),
        ("How they know", HOW.get(who.how_known or "")),
        ("Words", {"verbatim": "as they were said", "summary": "summed up"}.get(who.said or "")),
        ("Source", "a member of the public who is not named" if who.source else None),
        ("Mailbox", contact.mailbox if contact else None),
        ("Telephone", contact.telephone if contact else None),
        ("Out of hours", contact.out_of_hours if contact else None),
        ("Supervisor", who.supervisor),
        ("System", who.system),
        ("Rule", who.rule),
        ("Who answers for it", who.accountable),
    )
    yield from ((label, text) for label, text in rows if text)
    for link in who.relay or []:
        yield "Came through", f"{link.role}, {link.organisation}"


def _risk(risk: Risk) -> Iterator[tuple[str, str]]:
    asked = {
        "Weapons": risk.weapons, "Dangerous animals, or animals harmed": risk.animals,
        "The other one was there": risk.partner_present, "Telephone watched": risk.phone_monitored,
        "Seen alone": risk.seen_alone,
    }  # fmt: skip
    yield from ((label, ANSWERS[given]) for label, given in asked.items())
    if risk.factors:
        yield "What else bears on danger", ", ".join(one.replace("_", " ") for one in risk.factors)
    if risk.level:
        yield f"Level ({risk.instrument or 'no instrument named'})", risk.level.replace("_", " ")
    if risk.account == "records":
        yield "Whose account", "Taken from records: not her account"


def _consent(sections: Mapping[str, Section]) -> Iterator[tuple[str, str]]:
    given = sections.get("consent")
    if not isinstance(given, Consent):
        return
    names = {one.subject: one.name for one in people(sections)}
    for view in given.views:
        yield names.get(view.subject, "Somebody"), view.state.replace("_", " ")


def _only(sections: Mapping[str, Section], kind: type[Any]) -> Any:
    return next((value for value in sections.values() if isinstance(value, kind)), None)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return "; ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')}: {_words(one)}" for name, one in value.items())
    return str(value).replace("_", " ")

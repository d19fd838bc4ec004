"""The report a practitioner fills: a short YAML file to a draft, with errors by field and line.

Six questions: is somebody in danger, where is everybody, what happened and when, who says so and
how they know, what was done, what is asked. Local references become random tokens here; basis,
purpose, agreement and stream are derived and asked only where two would fit. Whatever is not known
may say so or stay out: what is missing of who says so is the broker's to judge, not this file's.

Source: domain.md 7 (The report, use_limits, Provenance, Four times).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, Field

from contracts.agreement import Basis
from contracts.context import Classification, Urgency, Use
from contracts.draft import Draft, draft
from contracts.event import BY_NAME
from contracts.event.report import Occurred
from contracts.form import is_real
from contracts.section import (
    Answer,
    Born,
    Cause,
    Children,
    Consent,
    ConsentOverride,
    ConsentState,
    ConsentView,
    Contact,
    Exclusion,
    Exclusions,
    Health,
    Identifier,
    Identity,
    Name,
    Narrative,
    Part,
    PersonPart,
    Practitioner,
    Provenance,
    Risk,
    Section,
    SourceIdentity,
    UseLimit,
    UseLimits,
    Whereabouts,
)
from producers.document import Document, Where, convert, fitted, line_of, load_file, unusable
from producers.field import MOMENT, AgencyId, Day, Id, PartialDay
from producers.home import Reporter
from producers.outbox import Outbox
from producers.partnership import Choice

EVENTS = {
    "concern": "concern_reported",
    "contact": "contact_recorded",
    "relationship": "relationship_noted",
    "risk": "risk_assessed",
    "release": "release_notified",
    "intelligence": "intelligence_logged",
    "provenance": "provenance_supplied",
}
_AT = {10: "day", 7: "month", 4: "year"}
_May = Literal["yes", "no", "ring_first"]


def _born(text: str) -> str:
    if not _is_age(text):
        try:
            msgspec.convert({"precision": _AT.get(len(text)), "at": text}, Occurred)
        except msgspec.ValidationError:
            raise ValueError("write 1980-05-12, 1980-05, 1980, or an age in years.") from None
    return text


def _is_age(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < min(_AT)


class Person(Document):
    """One person. `reference` is the agency's own and never leaves this machine."""

    reference: str
    given: str | None = None
    family: str | None = None
    also: list[str] = []
    born: Annotated[str, AfterValidator(_born)] | None = None
    sex: Literal["female", "male", "other", "not_known"] | None = None
    identifiers: dict[str, str] = {}
    part: Part = "unassessed"
    address: str | None = None
    telephone: str | None = None
    safe_contact: str | None = None
    seen: Day | None = None
    may_be_told: _May = "ring_first"
    origin_may_be_told: _May = "no"
    consent: ConsentState | None = None
    consent_reason: str | None = None


class Override(Document):
    """A named decision to share without consent."""

    ground: Literal[
        "serious_harm_to_others", "serious_crime", "child", "legal_duty", "coerced_or_incapacitous"
    ]
    by: str
    reason: str


class Excluded(Document):
    """Who must never see this: an agency, or a practitioner by local reference."""

    agency: AgencyId | None = None
    practitioner: str | None = None


class HealthNote(Document):
    """Health detail; self-report is never a diagnosis."""

    text: str
    standing: Literal["diagnosed", "self_reported", "observed", "third_party"]


class Public(Document):
    """A member of the public who asked not to be named: sealed."""

    name: str
    contact: str | None = None


class Report(Document):
    """The file. `facts` holds what is particular to the kind of report (contracts/FORMAT.md)."""

    report: Literal[
        "concern", "contact", "relationship", "risk", "release", "intelligence", "provenance"
    ]
    facts: dict[str, object] = {}
    danger_now: Answer = "not_asked"
    urgency: Urgency | None = None
    when: str = "undated"
    until: PartialDay | None = None
    known: Day | None = None
    recorded: Day | None = None
    who_says: Reporter = Reporter()
    people: list[Person] = []
    children: Children = "not_asked"
    weapons: Answer = "not_asked"
    animals: Answer = "not_asked"
    partner_present: Answer = "not_asked"
    phone_monitored: Answer = "not_asked"
    seen_alone: Answer = "not_asked"
    words: str | None = None
    question: str | None = None
    assessment: str | None = None
    ring: str | None = None
    use_note: str | None = None
    health: HealthNote | None = None
    override: Override | None = None
    excluded: list[Excluded] = []
    causes: list[Id] = Field(default=[], max_length=8)
    completes: Id | None = None
    public: Public | None = None
    standing: Literal["held_then", "told_informally", "learned_at_review", "invented"] | None = None
    classification: Classification = "OFFICIAL-SENSITIVE"
    purpose: Use | None = None
    basis: str | None = None


def read_report(
    path: Path, outbox: Outbox, *, new_id: Callable[[], str], at_ms: int, at: str
) -> tuple[Draft, Basis | None]:
    """Read a report's file and draft its statement.

    Args:
        path: the YAML file.
        outbox: of the home that reports; gives tokens, and what the agreements in force say.
        new_id: makes a UUIDv7.
        at_ms: the statement's time, in milliseconds.
        at: the same as a local day or moment, for what the file does not say.

    Returns:
        The draft, and the lawful basis where one was chosen.

    Raises:
        Misuse: the file cannot be used; each defect by line and field, never by content.
    """
    value, lines = load_file(path)
    report = fitted(value, lines, Report, name=path.name)
    sections = _Sections(report, outbox, lines, path.name, at).all()
    event = EVENTS[report.report]
    choice = _chosen(report, outbox, event, at_ms, lines, path.name)
    in_danger = report.danger_now == "yes"
    urgency = "threat_to_life" if in_danger else report.urgency or "routine"
    said = draft(
        id=new_id(), event=event, sections=sections, urgency=urgency,
        classification=report.classification, purpose=choice.purpose if choice else report.purpose,
    )  # fmt: skip
    return said, choice.basis if choice else None


class _Sections:
    """Writes the sections of one report."""

    def __init__(
        self, report: Report, outbox: Outbox, lines: Mapping[Where, int], name: str, at: str
    ) -> None:
        self._report, self._outbox, self._lines, self._name = report, outbox, lines, name
        self._at = at
        self._tokens = [outbox.token_for("subject", one.reference) for one in report.people]

    def all(self) -> dict[str, Section]:
        """Write every section there is something for."""
        report = self._report
        found: dict[str, Section] = {"event": self._event(), "provenance": self._provenance()}
        causes = [report.completes] if report.completes else report.causes
        found |= {f"cause.{n}": Cause(cause) for n, cause in enumerate(causes, 1)}
        if report.report == "provenance":
            return found
        found["use_limits"] = self._use_limits()
        for number, (person, token) in enumerate(zip(report.people, self._tokens, strict=True), 1):
            found |= {f"person.{number}.{kind}": v for kind, v in self._person(person, token)}
        if report.words:
            found["narrative"] = Narrative(
                report.words, report.who_says.said or "summary", report.question, report.assessment
            )
        found["risk"] = Risk(
            report.danger_now, report.children, report.weapons, report.animals,
            report.partner_present, report.phone_monitored, report.seen_alone,
        )  # fmt: skip
        return found | self._rest()

    def _rest(self) -> dict[str, Section]:
        report, found = self._report, dict[str, Section]()
        views = [
            ConsentView(token, person.consent, person.consent_reason)
            for person, token in zip(report.people, self._tokens, strict=True)
            if person.consent
        ]
        override = ConsentOverride(**report.override.model_dump()) if report.override else None
        if views or override:
            found["consent"] = Consent(views, override)
        if report.health:
            found["health"] = Health(report.health.text, report.health.standing)
        if report.excluded:
            found["exclusions"] = Exclusions([
                self._exclusion(at, one) for at, one in enumerate(report.excluded)
            ])
        if report.public:
            found["source_identity"] = SourceIdentity(report.public.name, report.public.contact)
        return found

    def _event(self) -> Section:
        report = self._report
        if report.report == "provenance":
            if report.completes is None:
                raise self._unusable(
                    ("completes",), "`completes` is missing: the id of the held report."
                )
            facts: dict[str, object] = {"statement": report.completes}
        else:
            if not report.people:
                raise self._unusable(("people",), "`people` is missing: write at least one person.")
            recorded = report.recorded or self._at
            facts = {
                "occurred": self._occurred(),
                "known_to_agency": report.known or recorded,
                "recorded": recorded,
                "standing": report.standing,
                **report.facts,
            }
        shape = BY_NAME[EVENTS[report.report]].shape
        return convert(facts, self._lines, shape, name=self._name, place=lambda w: ("facts", *w))

    def _occurred(self) -> dict[str, object]:
        """Derive how exactly a time is known from how it is written."""
        when = self._report.when
        if when == "undated":
            return {"precision": "undated", "until": self._report.until}
        about = when.removeprefix("about ")
        precision = "about" if about != when else "instant" if "T" in when else _AT.get(len(when))
        try:
            if not is_real(about):
                raise ValueError(when)
            occurred: dict[str, object] = {
                "precision": precision,
                "at": about,
                "until": self._report.until,
            }
            msgspec.convert(occurred, Occurred)
        except ValueError:
            raise self._unusable(
                ("when",), "`when`: write 2012-05-01, 2012-05, 2012, `about 2012-05`, "
                f"{MOMENT}, or `undated`.",
            ) from None  # fmt: skip
        return occurred

    def _provenance(self) -> Provenance:
        own = self._outbox.home.agency.reporter.model_dump(exclude_unset=True)
        said = self._report.who_says.model_dump(exclude_unset=True)
        if own.get("name") and said.get("name", own["name"]) != own["name"]:
            own.pop("reference", None)  # it is another person's
        who = Reporter(**{**own, **said})
        ours = self._outbox.partnership.agencies.get(self._outbox.home.agency.agency)
        reference = who.reference or who.name
        person = None
        if reference:
            person = Practitioner(self._outbox.token_for("practitioner", reference), who.name)
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
        )

    def _use_limits(self) -> UseLimits:
        report = self._report
        limits = [
            UseLimit(token, person.may_be_told, person.origin_may_be_told)
            for person, token in zip(report.people, self._tokens, strict=True)
        ]
        who, own = report.who_says, self._outbox.home.agency.reporter
        ring = report.ring or who.out_of_hours or who.telephone or own.out_of_hours
        return UseLimits(limits, ring or own.telephone, report.use_note)

    def _person(self, person: Person, token: str) -> list[tuple[str, Section]]:
        names = [Name(person.given, person.family), *(Name(given=also) for also in person.also)]
        born = None
        if person.born:
            precision = "age" if _is_age(person.born) else _AT[len(person.born)]
            born = msgspec.convert({"value": person.born, "precision": precision}, Born)
        identifiers = [Identifier(scheme, value) for scheme, value in person.identifiers.items()]
        found: list[tuple[str, Section]] = [
            ("identity", Identity(token, names, born, person.sex, identifiers or None)),
            ("part", PersonPart(token, person.part)),
        ]
        where = (person.address, person.telephone, person.safe_contact)
        if any(where):
            found.append(("whereabouts", Whereabouts(token, *where, known_at=person.seen)))
        return found

    def _exclusion(self, at: int, one: Excluded) -> Exclusion:
        practitioner = one.practitioner
        if not one.agency and not practitioner:
            raise self._unusable(
                ("excluded", at), "`excluded`: name an `agency` or a `practitioner`."
            )
        token = self._outbox.token_for("practitioner", practitioner) if practitioner else None
        return Exclusion(self._tokens, one.agency, token)

    def _unusable(self, where: Where, text: str) -> Exception:
        return unusable(self._name, [(line_of(where, self._lines), text)])


def _chosen(  # noqa: PLR0913 - what decides it
    report: Report,
    outbox: Outbox,
    event: str,
    at_ms: int,
    lines: Mapping[Where, int],
    name: str,
) -> Choice | None:
    """Choose purpose and basis from the agreements in force; ask only where two would fit.

    Raises:
        Misuse: two fit, and the file does not say which; or none is on the basis it names.
    """
    sender, own = outbox.home.agency.agency, outbox.home.basis
    known, purpose = outbox.partnership, report.purpose
    found = known.choices(sender=sender, event=event, at_ms=at_ms, purpose=purpose)
    fitting = [c for c in found if report.basis in {None, c.basis.article}]
    if not fitting and report.basis not in {None, own.article if own and not found else None}:
        listed = ", ".join(sorted({c.basis.article for c in found})) or "nothing here"
        text = f"`basis`: no agreement in force names this; write {listed}."
        raise unusable(name, [(line_of(("basis",), lines), text)])
    for field, values in (
        ("purpose", sorted({c.purpose for c in fitting})),
        ("basis", sorted({c.basis.article for c in fitting})),
    ):
        if len(values) > 1:
            text = f"`{field}`: more than one would fit; write one of {', '.join(values)}."
            raise unusable(name, [(line_of((field,), lines), text)])
    return fitting[0] if fitting else None

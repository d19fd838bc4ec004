"""The file of a report as a practitioner writes it: six questions, and what may stay out.

Source: domain.md 7 (The report, use_limits, Provenance, Four times).
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, Field

from contracts.context import Classification, Urgency, Use
from contracts.event.report import Occurred
from contracts.form import is_real
from contracts.section import Answer, Born, Children, Factor, Part
from contracts.sharing import ConsentState, Ground, Involvement
from producers.document import Document, Where, spelled
from producers.field import MOMENT, AgencyId, Day, Id, PartialDay, TokenText
from producers.home import Reporter

Kind = Literal[
    "concern", "contact", "relationship", "risk", "release", "household", "health", "attendance",
    "treatment", "referral", "closure", "enquiry", "police_record", "return", "disclosure",
    "intelligence", "provenance",
]  # fmt: skip
"""What a file reports, in a word."""

EVENTS: dict[Kind, str] = {
    "concern": "concern_reported",
    "contact": "contact_recorded",
    "relationship": "relationship_noted",
    "risk": "risk_assessed",
    "release": "release_notified",
    "household": "household_changed",
    "health": "health_noted",
    "attendance": "attendance_recorded",
    "treatment": "treatment_recorded",
    "referral": "referral_made",
    "closure": "closure_notified",
    "enquiry": "enquiry_made",
    "police_record": "police_record_noted",
    "return": "return_made",
    "disclosure": "disclosure_applied",
    "intelligence": "intelligence_logged",
    "provenance": "provenance_supplied",
}
AT = {10: "day", 7: "month", 4: "year"}
"""How exactly a date is known, by the length of its text."""
_May = Literal["yes", "no", "ring_first"]


def _when(text: str) -> str:
    try:
        occurred_of(text, None)
    except ValueError:
        raise ValueError(
            f"write 2012-05-01, 2012-05, 2012, `about 2012-05`, {MOMENT}, or `undated`."
        ) from None
    return text


When = Annotated[str, AfterValidator(_when)]
"""When something happened, as exactly as it is known."""


def occurred_of(when: str, until: str | None) -> Occurred:
    """Derive how exactly a time is known from how it is written.

    Raises:
        ValueError: it is written in none of the ways, or the calendar has no such day.
    """
    if when == "undated":
        return Occurred("undated", until=until)
    about = when.removeprefix("about ")
    precision = "about" if about != when else "instant" if "T" in when else AT.get(len(when))
    if not is_real(about):
        raise ValueError(when)
    return msgspec.convert({"precision": precision, "at": about, "until": until}, Occurred)


def _born(text: str) -> str:
    try:
        born_of(text)
    except msgspec.ValidationError:
        raise ValueError("write 1980-05-12, 1980-05, 1980, or an age in years.") from None
    return text


BirthDay = Annotated[str, AfterValidator(_born)]
"""A date of birth as well as it is known, or an age in years."""


def born_of(text: str) -> Born:
    """Derive how exactly a birth is known from how it is written.

    Raises:
        ValidationError: of msgspec; it is written in none of the ways.
    """
    return msgspec.convert({"value": text, "precision": AT.get(len(text), "age")}, Born)


class Person(Document):
    """One person. `reference` is the agency's own and never leaves this machine.

    A refuge that they are in is written as `refuge`, and never as `address`: that goes to whom an
    agreement gives addresses, this to nobody but where life is in danger or a leg names it.
    """

    reference: str
    given: str | None = None
    family: str | None = None
    also: list[str] = []
    born: BirthDay | None = None
    sex: Literal["female", "male", "other", "not_known"] | None = None
    identifiers: dict[str, str] = {}
    part: Part = "unassessed"
    address: str | None = None
    telephone: str | None = None
    safe_contact: str | None = None
    refuge: str | None = None
    seen: Day | None = None
    may_be_told: _May = "ring_first"
    origin_may_be_told: _May = "no"
    consent: ConsentState | None = None
    consent_reason: str | None = None


class Override(Document):
    """A named decision to share without consent: whose refusal it is of, and whom it protects.

    `of` and `protects` are references of people in this file; left out, `of` is everybody who did
    not give consent and `protects` everybody else.
    """

    ground: Ground
    by: str
    role: str
    reason: str
    of: list[str] = []
    protects: list[str] = []


class Excluded(Document):
    """Who must never see this: an agency, a practitioner or a household; about whom, if not all.

    `practitioner` is a local reference; `token` and `household` are another agency's tokens.
    """

    agency: AgencyId | None = None
    practitioner: str | None = None
    token: TokenText | None = None
    household: TokenText | None = None
    about: list[str] = []


class InvolvedAgency(Document):
    """An agency that is involved, and how: some agreements share only then."""

    agency: AgencyId
    how: Involvement


class Why(Document):
    """Why sharing this is necessary and proportionate."""

    necessary: str
    proportionate: str
    less_intrusive: str | None = None
    decided_by: str | None = None


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

    report: Kind
    facts: dict[str, object] = {}
    danger_now: Answer = "not_asked"
    urgency: Urgency | None = None
    when: When = "undated"
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
    factors: list[Factor] = []
    answers: dict[str, Answer] = {}
    account: Literal["victim", "records"] | None = None
    raised_because: str | None = None
    words: str | None = None
    question: str | None = None
    assessment: str | None = None
    ring: str | None = None
    use_note: str | None = None
    health: HealthNote | None = None
    override: Override | None = None
    excluded: list[Excluded] = []
    involved: list[InvolvedAgency] = []
    why: Why | None = None
    causes: list[Id] = Field(default=[], max_length=8)
    completes: Id | None = None
    public: Public | None = None
    standing: Literal["held_then", "told_informally", "learned_at_review", "invented"] | None = None
    classification: Classification = "OFFICIAL-SENSITIVE"
    purpose: Use | None = None
    basis: str | None = None

    @property
    def is_in_danger(self) -> bool:
        """Say whether somebody is in danger now: nothing may stop this, and what lacks waits."""
        return self.danger_now == "yes" or self.urgency == "threat_to_life"


_SUPPLIED = {
    "report", "completes", "who_says", "excluded", "urgency", "classification", "purpose", "basis",
}  # fmt: skip
"""All that a file may say that completes who says so: nothing else would go anywhere."""
_DANGER = "who says so cannot carry danger: report a concern with danger_now: yes."
_ANEW = "report: provenance takes who says so and `excluded`; report a concern for anything else."


def absent(report: Report) -> Iterator[tuple[Where, str]]:
    """List what a report of its kind cannot be without: as `lost`."""
    if report.report == "provenance":
        if report.completes is None:
            yield ("completes",), "`completes` is missing: the id of the held report."
    elif not report.people:
        yield ("people",), "`people` is missing: write at least one person."


def lost(report: Report) -> Iterator[tuple[Where, str]]:
    """List what a file says that its statement would not carry: the field, and what to do.

    Nothing that somebody wrote may be dropped in silence; what is as if not written is no loss.
    """
    if report.report == "provenance":
        for name in report.model_fields_set - _SUPPLIED:
            written = Report.model_fields[name].get_default(call_default_factory=True)
            if getattr(report, name) != written:
                yield (name,), f"`{name}`: {_DANGER if name == 'danger_now' else _ANEW}"
        if report.urgency == "threat_to_life":
            yield ("urgency",), f"`urgency`: {_DANGER}"
        return
    if report.completes:
        yield ("completes",), "`completes`: only report: provenance does; here write `causes`."
    for name in ("question", "assessment"):
        if getattr(report, name) and not report.words:
            yield (name,), f"`{name}`: write `words` too, which this is about."
    for at, person in enumerate(report.people):
        if person.consent_reason and not person.consent:
            where = ("people", at, "consent_reason")
            yield where, f"`{spelled(where)}`: write `consent` too."
        told = (person.address, person.telephone, person.safe_contact, person.refuge)
        if person.seen and not any(told):
            where = ("people", at, "seen")
            yield where, f"`{spelled(where)}`: write `address`, `telephone` or `safe_contact` too."


def ahead(report: Report, today: str) -> Iterator[tuple[Where, str]]:
    """List what a file says of a day that is still to come, though it is of what was: as `lost`.

    Args:
        report: the file.
        today: the day by this machine's clock, in the zone where it is latest.
    """
    was: list[tuple[Where, str | None]] = [(("recorded",), report.recorded)]
    was.append((("known",), report.known))
    was += [(("people", at, "seen"), person.seen) for at, person in enumerate(report.people)]
    for where, day in was:
        if day is not None and day[:10] > today:
            yield where, f"`{spelled(where)}`: this day is still to come: write the one it was."


def warned(report: Report) -> Iterator[str]:
    """List what a file lacks that good practice asks for, and no statement is refused for.

    Source:
        review 5.5.4 (vi), 7.1; domain.md 4 (M07, M13), 7 (Machine or person).
    """
    facts = report.facts
    if report.report == "household" and facts.get("change") == "address_approved":
        if not facts.get("checks"):
            yield (
                "This approves an address and names no look that it rests on. Write `checks`: for "
                "each person the system, the day and who looked."
            )
        if facts.get("occupier_alone") != "yes":
            yield (
                "This approves an address, and nobody says that who lives there was spoken to in "
                "private. Ring or visit, without the other person, and write `occupier_alone`."
            )
    with_somebody = facts.get("accompanied") in {"partner", "family", "other"}
    if report.report == "attendance" and with_somebody and not facts.get("companion"):
        yield (
            "Somebody was there too, and nothing says who. Ask, and write `companion`; where "
            "they would not say, `accompanied: declined`."
        )

"""The report a practitioner fills: a short YAML file to a draft, with errors by field and line.

Six questions: is somebody in danger, where is everybody, what happened and when, who says so and
how they know, what was done, what is asked. Local references become random tokens here; basis,
purpose, agreement and stream are derived and asked only where two would fit. Whatever is not known
may say so or stay out: what is missing of who says so is the broker's to judge, not this file's.

Source: domain.md 7 (The report, use_limits, Provenance, Four times).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from contracts.agreement import Basis
from contracts.draft import Draft, draft
from contracts.event import BY_NAME
from contracts.event.report import RiskAssessed
from contracts.form import Section
from contracts.section import (
    Cause,
    Health,
    Identifier,
    Identity,
    Name,
    Narrative,
    PersonPart,
    Refuge,
    Risk,
    SourceIdentity,
    Whereabouts,
)
from contracts.sharing import (
    Consent,
    ConsentOverride,
    ConsentView,
    Exclusion,
    Exclusions,
    Involved,
    Involvements,
    Necessity,
    UseLimit,
    UseLimits,
)
from producers.document import Unusable, Where, convert, fitted, line_of, load_file, unusable
from producers.filed import (
    EVENTS,
    Excluded,
    Override,
    Person,
    Report,
    absent,
    ahead,
    born_of,
    lost,
    occurred_of,
)
from producers.outbox import Outbox
from producers.partnership import Choice
from producers.saying import people_of, provenance_of

_Form = TypeVar("_Form", bound=Report)


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
    report, lines = opened(path, now_ms=outbox.now_ms())
    written = Written(report, lines, path.name)
    return drafted(written, outbox, new_id=new_id, at_ms=at_ms, at=at)


class Written(NamedTuple):
    """A file as somebody wrote it: what it says, the line of each field, and its name."""

    report: Report
    lines: Mapping[Where, int]
    name: str

    def unusable(self, where: Where, text: str) -> Unusable:
        """Make the error for one field that cannot be used."""
        return unusable(self.name, [(line_of(where, self.lines), text)])


def drafted(
    written: Written, outbox: Outbox, *, new_id: Callable[[], str], at_ms: int, at: str
) -> tuple[Draft, Basis | None]:
    """Draft the statement of a report that was read; as `read_report`.

    Args:
        written: a report, or a form that was turned into one.
        outbox: of the home that reports.
        new_id: makes a UUIDv7.
        at_ms: the statement's time, in milliseconds.
        at: the same as a local day or moment.
    """
    report, lines, name = written
    sections = _Sections(report, outbox, lines, name, at).all()
    event = EVENTS[report.report]
    choice = _chosen(report, outbox, event, at_ms, lines, name)
    in_danger = report.danger_now == "yes"
    urgency = "threat_to_life" if in_danger else report.urgency or "routine"
    said = draft(
        id=new_id(), event=event, sections=sections, urgency=urgency,
        classification=report.classification, purpose=choice.purpose if choice else report.purpose,
    )  # fmt: skip
    return said, choice.basis if choice else None


def opened(path: Path, *, now_ms: int) -> tuple[Report, Mapping[Where, int]]:
    """Read a report's file, as far as it stands by itself; give the line of each field too.

    Args:
        path: the YAML file.
        now_ms: this machine's clock, in milliseconds since 1970.

    Raises:
        Misuse: the file cannot be used; each defect by line and field, never by content.
    """
    return opened_as(path, Report, now_ms=now_ms)


def opened_as(path: Path, form: type[_Form], *, now_ms: int) -> tuple[_Form, Mapping[Where, int]]:
    """Read a report's file, or a form that is one with more fields; as `opened`.

    Args:
        path: the YAML file.
        form: what it must be.
        now_ms: this machine's clock, in milliseconds since 1970.

    Raises:
        Misuse: the file cannot be used; each defect by line and field, never by content.
    """
    value, lines = load_file(path)
    return checked(value, lines, form, name=path.name, now_ms=now_ms), lines


def checked(
    value: object, lines: Mapping[Where, int], form: type[_Form], *, name: str, now_ms: int
) -> _Form:
    """Fit what YAML holds into a report, as far as it stands by itself; as `opened_as`.

    Args:
        value: what the YAML holds.
        lines: the line of each field.
        form: what it must be.
        name: what errors call the document.
        now_ms: by which nothing is still to come, in milliseconds since 1970.

    Raises:
        Unusable: it cannot be used; each defect by line and field, never by content.
    """
    today = f"{datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(days=1):%Y-%m-%d}"
    told = list(_unfit_facts(value, lines))
    try:
        report = fitted(value, lines, form, name=name)
    except Unusable as unfit:
        raise unusable(name, [*unfit.told, *told]) from None
    found = (*absent(report), *lost(report), *ahead(report, today))
    told += [(line_of(where, lines), text) for where, text in found]
    if told:
        raise unusable(name, told)
    return report


def _unfit_facts(value: object, lines: Mapping[Where, int]) -> Sequence[tuple[int, str]]:
    """Say what is wrong with the facts of a kind that is known, whatever else is."""
    written = value if isinstance(value, dict) else {}
    kind, facts = written.get("report"), written.get("facts") or {}
    if kind == "provenance" or kind not in EVENTS or not isinstance(facts, dict):
        return ()
    day = "2012-05-01"
    dated = {"occurred": {"precision": "undated"}, "known_to_agency": day, "recorded": day}
    try:
        _facts({**dated, **facts}, lines, EVENTS[kind], "")
    except Unusable as unfit:
        return unfit.told
    return ()


def _facts(
    facts: Mapping[str, object], lines: Mapping[Where, int], event: str, name: str
) -> Section:
    shape = BY_NAME[event].shape
    return convert(facts, lines, shape, name=name, place=lambda where: ("facts", *where))


class _Sections:
    """Writes the sections of one report."""

    def __init__(
        self, report: Report, outbox: Outbox, lines: Mapping[Where, int], name: str, at: str
    ) -> None:
        self._report, self._outbox, self._lines, self._name = report, outbox, lines, name
        self._at = at
        self._tokens = [outbox.token_for("subject", one.reference) for one in report.people]
        self._known = dict(zip((one.reference for one in report.people), self._tokens, strict=True))
        if report.completes and report.excluded:
            self._known = people_of(outbox, report.completes)

    def all(self) -> dict[str, Section]:
        """Write every section there is something for."""
        report = self._report
        event = self._event()
        found: dict[str, Section] = {
            "event": event,
            "provenance": provenance_of(self._outbox, self._report.who_says),
        }
        causes = [report.completes] if report.completes else report.causes
        found |= {f"cause.{n}": Cause(cause) for n, cause in enumerate(causes, 1)}
        if report.report == "provenance":
            return found | self._exclusions()
        found["use_limits"] = self._use_limits()
        for number, (person, token) in enumerate(zip(report.people, self._tokens, strict=True), 1):
            found |= {f"person.{number}.{kind}": v for kind, v in self._person(person, token)}
        if report.words:
            found["narrative"] = Narrative(
                report.words, report.who_says.said or "summary", report.question, report.assessment
            )
        given = event if isinstance(event, RiskAssessed) else None
        found["risk"] = Risk(
            report.danger_now, report.children, report.weapons, report.animals,
            report.partner_present, report.phone_monitored, report.seen_alone,
            report.factors or None, given.instrument if given else None,
            given.level if given else None, report.answers or None, report.account,
            report.raised_because,
        )  # fmt: skip
        return found | self._rest()

    def _rest(self) -> dict[str, Section]:
        report, found = self._report, dict[str, Section]()
        views = [
            ConsentView(token, person.consent, person.consent_reason)
            for person, token in zip(report.people, self._tokens, strict=True)
            if person.consent
        ]
        override = self._override(report.override, views) if report.override else None
        if views or override:
            found["consent"] = Consent(views, override)
        if report.health:
            found["health"] = Health(report.health.text, report.health.standing)
        if report.involved:
            found["involvement"] = Involvements([
                Involved(one.agency, one.how) for one in report.involved
            ])
        if report.why:
            found["necessity"] = Necessity(**report.why.model_dump())
        if report.public:
            found["source_identity"] = SourceIdentity(report.public.name, report.public.contact)
        return found | self._exclusions()

    def _override(self, given: Override, views: Sequence[ConsentView]) -> ConsentOverride:
        agreed = {view.subject for view in views if view.state == "given"}
        refused = self._people("override", given.of) or [
            token for token in self._tokens if token not in agreed
        ]
        protected = self._people("override", given.protects) or [
            token for token in self._tokens if token not in refused
        ]
        return ConsentOverride(
            given.ground, given.by, given.role, given.reason, refused, protected or None
        )

    def _people(self, field: str, references: Sequence[str]) -> list[str]:
        """Give the tokens of people by their references in this file."""
        if not set(references) <= set(self._known):
            raise self._unusable(
                (field,), f"`{field}`: name people by a `reference` that stands under `people`, "
                "here or in the report that this completes.",
            )  # fmt: skip
        return [self._known[reference] for reference in references]

    def _event(self) -> Section:
        report = self._report
        if report.report == "provenance":
            facts: dict[str, object] = {"statement": report.completes}
        else:
            recorded = report.recorded or self._at
            facts = {
                "occurred": msgspec.to_builtins(occurred_of(report.when, report.until)),
                "known_to_agency": report.known or recorded,
                "recorded": recorded,
                "standing": report.standing,
                **report.facts,
            }
        return _facts(facts, self._lines, EVENTS[report.report], self._name)

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
        born = born_of(person.born) if person.born else None
        identifiers = [Identifier(scheme, value) for scheme, value in person.identifiers.items()]
        found: list[tuple[str, Section]] = [
            ("identity", Identity(token, names, born, person.sex, identifiers or None)),
            ("part", PersonPart(token, person.part)),
        ]
        where = (person.address, person.telephone, person.safe_contact)
        if any(where):
            found.append(("whereabouts", Whereabouts(token, *where, known_at=person.seen)))
        if person.refuge:
            found.append(("refuge", Refuge(token, person.refuge, known_at=person.seen)))
        return found

    def _exclusions(self) -> dict[str, Section]:
        excluded = self._report.excluded
        if excluded and not self._known:
            raise self._unusable(
                ("excluded",),
                "`excluded`: the report that this completes was not published from this home; "
                "publish this from the home that did.",
            )
        rows = [self._exclusion(at, one) for at, one in enumerate(excluded)]
        return {"exclusions": Exclusions(rows)} if rows else {}

    def _exclusion(self, at: int, one: Excluded) -> Exclusion:
        token = one.token
        if one.practitioner:
            token = self._outbox.token_for("practitioner", one.practitioner)
        if not (one.agency or token or one.household):
            raise self._unusable(
                ("excluded", at),
                "`excluded`: name an `agency`, a `practitioner`, a `token` or a `household`.",
            )
        about = self._people("excluded", one.about) or list(self._known.values())
        return Exclusion(about, one.agency, token, one.household)

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

"""The record of one decision, as the ICO's templates ask for it: of any entry, refusals too.

Told from an export that verified. What the publisher said and was since erased is named as
erased; what nobody said is named as not stated: an empty field would read as an answer.

Source: ICO Data Sharing Code, annex B (request and decision templates); domain.md 1.7.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from broker.core.case import CORRECTING
from broker.core.state import State
from broker.core.written import Written, read_written
from consumers.audit.by_hand import by_hand
from consumers.audit.container import DISCLOSURES, LEDGER, Export
from consumers.audit.telling import moment, owed, words
from contracts.agreement import Agreement, Basis
from contracts.entry import NOTICES, Decision, Delivery, Item, ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.fault import Misuse
from contracts.finding import Findings
from contracts.reason import Reason
from contracts.section import Provenance, kind_of
from contracts.sharing import Consent, Necessity, UseLimits
from contracts.statement import Statement, interpret, parse
from contracts.topic import submitter

NOT_STATED = "not stated by the publisher"


@dataclass(frozen=True, slots=True)
class _Decided:
    """One statement's entry with all that its record is written from."""

    written: Written
    findings: Findings
    decision: Decision
    state: State
    statement: Statement | None
    afterwards: tuple[str, ...]
    earlier: tuple[tuple[int, str, Any], ...]


def decision_record(export: Export, number: int) -> Iterator[str]:
    """Write the record of one entry, line by line.

    Args:
        export: one whose verdict is verified.
        number: the entry's index.

    Raises:
        Misuse: the log has no such entry, or it decides nothing.
    """
    ledger = export.logs[LEDGER]
    if not 0 <= number < len(ledger):
        raise Misuse(
            f"The log has no entry {number}: it holds {len(ledger)}, from 0.",
            remedy="Take the number from a receipt, or from: candour audit chronology",
        )
    state, released = State(), list[Written]()
    for at in range(number):
        before = read_written(ledger[at])
        state.apply(before.recorded)
        if before.recorded.findings is not None and before.recorded.findings.released is not None:
            released.append(before)
    written = read_written(ledger[number])
    recorded = written.recorded
    if recorded.decision is None:
        raise Misuse(
            f"Entry {number} decides nothing: it is a {recorded.head.kind.replace('_', ' ')}.",
            remedy="Take the number from: candour audit chronology",
        )
    yield from _heading(written)
    if recorded.findings is None:
        yield from _refusals(written, recorded.decision, recorded.items)
        return
    findings = recorded.findings
    later = (read_written(ledger[at]) for at in range(number + 1, len(ledger)))
    decided = _Decided(
        written, findings, recorded.decision, state, _stated(export, written),
        tuple(line for one in later for line in _became(findings, one)),
        tuple(_hands(export, findings, released)),
    )  # fmt: skip
    for section in (_request, _told, _lawfulness, _necessity, _consent, _outcome, _recipients,
                    _rights, _afterwards):  # fmt: skip
        yield from section(decided)


def _hands(
    export: Export, findings: Findings, released: list[Written]
) -> Iterator[tuple[int, str, Any]]:
    """List what was said before of releasing the same statement: entry, source, facts."""
    for one in released:
        said = one.recorded.findings
        if said is None or said.released is None or findings.released is None:
            continue
        decided = one.recorded.decision
        stood = decided is not None and decided.outcome == "accepted"
        if stood and said.released.statement == findings.released.statement:
            stated = _stated(export, one)
            event = stated.sections.get("event") if stated else None
            yield one.recorded.head.index, said.source, event


def _heading(written: Written) -> Iterator[str]:
    head = written.recorded.head
    exercise = " (EXERCISE: no real case)" if head.exercise else ""
    yield f"DECISION RECORD: entry {head.index} of {head.partnership}{exercise}"
    yield f"Decided: {moment(head.ledger_time)}, by rule; who decided by hand is named below"
    if head.kind == "statement" and head.kid is None:
        yield "UNVERIFIED: the signature failed; nobody knows who wrote what is said here"


def _request(decided: _Decided) -> Iterator[str]:
    findings = decided.findings
    yield "1 Who shares"
    yield f"  Publishing controller: {findings.source}"
    given = _section(decided, "provenance")
    if BY_NAME[findings.event].audience is Audience.PUBLIC_CONTROL:
        yield "  Signed with the agency's control key, for the agency"
    elif decided.statement is None:
        yield f"  Practitioner: erased; provenance as it stood: {decided.decision.level}"
    elif not isinstance(given, Provenance):
        yield f"  Practitioner: {NOT_STATED}"
    elif given.kind == "system":
        yield f"  System: {given.system}, rule {given.rule}; answerable: {given.accountable}"
    else:
        person = given.practitioner
        name = person.name if person and person.name else NOT_STATED
        yield f"  Practitioner: {name}, {given.role or 'role ' + NOT_STATED}, {given.employer}"
    yield f"  Statement: {findings.id}, {words(findings.event)}, {findings.urgency}"
    yield f"  Purpose: {words(findings.purpose)}"
    event = _section(decided, "event")
    acts = by_hand(findings, event, decided.state, decided.earlier)
    yield from (f"  {line}" for line in acts)
    yield "  Relationship: the publisher and each recipient are controllers of what they hold"


def _told(decided: _Decided) -> Iterator[str]:
    findings = decided.findings
    kinds = dict.fromkeys(kind_of(name) or name for name in findings.sections)
    parts = sorted(findings.parts.values())
    yield "2 What data"
    yield f"  Sections: {', '.join(kinds)}"
    yield f"  People: {len(findings.subjects)}" + (f" ({', '.join(parts)})" if parts else "")
    yield f"  Classification: {findings.classification or NOT_STATED}"


def _lawfulness(decided: _Decided) -> Iterator[str]:
    yield "3 Lawfulness, as the publisher claims it"
    basis = decided.findings.basis
    yield from (f"  {line}" for line in _basis(basis)) if basis else (f"  Basis: {NOT_STATED}",)
    law = decided.state.rules.law if decided.state.rules else None
    yield f"  Held to the catalogue: {law.version if law else 'none was in force'}"


def _basis(basis: Basis) -> Iterator[str]:
    yield f"Regime: {basis.regime}; basis: {basis.article}"
    yield f"Legal power (gateway): {basis.gateway or 'none named'}"
    yield f"Special-category conditions: {', '.join(basis.special_category or []) or 'none'}"
    yield f"Criminal-offence conditions: {', '.join(basis.criminal_offence or []) or 'none'}"


def _necessity(decided: _Decided) -> Iterator[str]:
    given = _section(decided, "necessity")
    yield "4 Necessity and proportionality"
    if not isinstance(given, Necessity):
        erased = decided.statement is None and "necessity" in decided.findings.sections
        yield f"  {'erased' if erased else NOT_STATED}"
        return
    yield f"  Necessary: {given.necessary}"
    yield f"  Proportionate: {given.proportionate}"
    yield f"  Less intrusive considered: {given.less_intrusive or NOT_STATED}"


def _consent(decided: _Decided) -> Iterator[str]:
    findings = decided.findings
    yield "5 Consent and views"
    for one in findings.consent:
        yield f"  Person {_number_of(findings, one.subject)}: {words(one.state)}"
    if not findings.consent:
        yield "  none sought or recorded in this statement"
    if findings.override is not None:
        given = _section(decided, "consent")
        override = given.override if isinstance(given, Consent) else None
        by = f"{override.by}, {override.role}: {override.reason}" if override else "erased"
        yield f"  Override: {words(findings.override.ground)}, by {by}"


def _outcome(decided: _Decided) -> Iterator[str]:
    decision = decided.decision
    yield "6 Decision"
    yield f"  Outcome: {words(decision.outcome)}; provenance as borne out: {decision.level}"
    yield from _reasons(decision.reasons)
    for row in decision.redecided:
        yield f"  Decided anew: statement {row.id} of {row.agency}: {words(row.outcome)}"
        yield from _reasons(row.reasons)
    yield f"  By: {decision.decider}, examined by {decision.examiner}, ruleset {decision.ruleset}"
    yield from (f"  {owed(duty)}" for duty in decision.duties)


def _reasons(reasons: list[ReasonGiven]) -> Iterator[str]:
    for one in reasons:
        remedy, source = Reason.told(one.code)
        fields = f" ({', '.join(one.fields)})" if one.fields else ""
        yield f"  Because {one.code}{fields} [{source}]. {remedy}"


def _recipients(decided: _Decided) -> Iterator[str]:
    yield "7 Recipients"
    told = [one for one in decided.written.deliveries if one.leg != "own"]
    if BY_NAME[decided.findings.event].audience is Audience.PUBLIC_CONTROL and told:
        yield f"  Every agency, whole ({len(told)}): it governs the partnership and names no case"
        return
    agreements = {
        f"{one.id}@{one.version}": one
        for one in decided.state.in_force(decided.written.recorded.head.ledger_time)
    }
    for one in told:
        other = one.statement != decided.findings.statement
        yield from _recipient(one, agreements, " (of the statement decided anew)" if other else "")
    if not told:
        yield "  nobody but its publisher"


def _recipient(delivery: Delivery, agreements: Mapping[str, Agreement], of: str) -> Iterator[str]:
    if delivery.leg in NOTICES:
        yield f"  {delivery.to}: told of it and given none of it ({words(delivery.leg)}){of}"
        return
    sections = ", ".join(delivery.sections) or "no section"
    yield f"  {delivery.to}: {sections} ({delivery.handling}){of}"
    name, _, leg_id = delivery.leg.partition("/")
    agreement = agreements.get(name)
    leg = next((one for one in agreement.legs if one.id == leg_id), None) if agreement else None
    if agreement is None or leg is None:
        yield f"    Authority: {words(delivery.leg)}, which needs no agreement"
    else:
        yield (
            f"    Authority: {agreement.title}, version {agreement.version} ({delivery.leg}); "
            f"review {agreement.review}, expires {agreement.expires}"
        )
        contact = agreement.contact_of(delivery.to)
        if contact is not None and contact.mailbox:
            yield f"    Controller's contact: {contact.mailbox}"
        yield from (f"    Sender's {line[0].lower()}{line[1:]}" for line in _basis(leg.basis))
        own = list(_basis(leg.recipient_basis))
        yield from (f"    Recipient's {line[0].lower()}{line[1:]}" for line in own)
    if delivery.retention_days is not None:
        onward = words(delivery.onward or "none")
        yield f"    Retention: {delivery.retention_days} days; onward sharing: {onward}"
    if delivery.withheld_from:
        yield f"    Kept from {len(delivery.withheld_from)} named by token there"
    yield from (f"    {owed(duty)}" for duty in delivery.duties)


def _rights(decided: _Decided) -> Iterator[str]:
    limits = _section(decided, "use_limits")
    yield "8 Informing the people concerned"
    if not isinstance(limits, UseLimits):
        yield f"  {'erased' if decided.statement is None else NOT_STATED}"
    else:
        for one in limits.limits:
            number = _number_of(decided.findings, one.subject)
            yield f"  Person {number}: may be told: {words(one.may_be_told)}"
    yield "  Access requests are answered by: candour subject-access"
    yield "9 Not on this log: the view of the data protection officer, and the assessment of impact"


def _afterwards(decided: _Decided) -> Iterator[str]:
    yield "10 What became of it"
    yield from decided.afterwards or ("  nothing on this log changed it",)
    yield f"11 Proof: statement {decided.findings.statement} under the log's signed checkpoints"


def _became(findings: Findings, later: Written) -> Iterator[str]:
    """Say what a later entry made of a statement: decided anew, corrected, retracted, erased."""
    recorded = later.recorded
    act, decision = recorded.findings, recorded.decision
    if act is None or decision is None:
        return
    by = f"in entry {recorded.head.index}, by {words(act.event)} of {act.source}"
    for row in decision.redecided:
        if row.statement == findings.statement:
            yield f"  Decided anew {by}: {words(row.outcome)}"
            yield from _reasons(row.reasons)
    if act.event in CORRECTING and act.about == findings.id:
        yield f"  {words(act.event).capitalize()} {by}"
    if act.event == "erasure_endorsed" and findings.id in act.erases:
        yield f"  Erased with authority {by}"


def _refusals(written: Written, decision: Decision, items: tuple[Item, ...]) -> Iterator[str]:
    """Tell of submissions that were refused and not kept, or came again."""
    position = written.recorded.position
    agency = submitter(position.topic, written.recorded.head.partnership) if position else None
    yield f"1 Submitted by: {agency or 'an unknown agency'}"
    for one in items:
        came = f"Submission {one.submission} ({one.length} bytes)"
        if one.index is not None:
            yield f"2 {came} came again; it was decided in entry {one.index}"
        else:
            yield f"2 {came}: {words(decision.outcome)}; its bytes were never kept"
            yield from _reasons(one.reasons)
    yield f"3 By: {decision.decider}, ruleset {decision.ruleset or 'none yet'}"


def _stated(export: Export, written: Written) -> Statement | None:
    """Read what a statement said, None where its sections are gone."""
    sections = export.logs[DISCLOSURES]
    digest = (written.recorded.head.statement or "").encode()
    for number in range(0, len(sections) - 1, 2):
        if sections[number] == digest:
            return interpret(parse(b"%b~%b~" % (written.jws, sections[number + 1])))
    return None


def _section(decided: _Decided, name: str) -> msgspec.Struct | None:
    return decided.statement.sections.get(name) if decided.statement else None


def _number_of(findings: Findings, subject: str) -> int:
    numbers = (number for number, token in findings.subjects.items() if token == subject)
    return next(numbers, 0)

"""What an auditor can count of an export that verified: the whole partnership, by the log alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import msgspec

from broker.core.recorded import recorded_of
from broker.core.state import State
from consumers.audit.container import DISCLOSURES, LEDGER, Export
from consumers.audit.following import Read, read_entry
from consumers.figures import counting
from consumers.figures.clocked import Clocks, Owed
from consumers.figures.looked import Looks
from consumers.figures.said import Said, retracted
from consumers.figures.table import Fact
from contracts.entry import Decision, Delivery, Item, exact_bytes
from contracts.event.action import AlertClosed
from contracts.event.report import AttendanceRecorded, ContactRecorded, EnquiryMade
from contracts.event.work import AlertAcknowledged, AlertRaised
from contracts.finding import Findings, decode_findings
from contracts.identifier import agency_of
from contracts.statement import Statement, interpret, parse

_decision = msgspec.json.Decoder(Decision).decode
_delivery = msgspec.json.Decoder(Delivery).decode
_item = msgspec.json.Decoder(Item).decode

ANSWERED = frozenset({
    "response_given", "call_back", "provenance_supplied", "emergency_review", "agreement_review",
    "correction_acknowledged", "erasure_confirmed",
})  # fmt: skip
"""The duties that a statement of whoever owes them ends, by the id of what they are about."""


@dataclass
class _Told:
    """What an export says, as far as figures need it."""

    state: State = field(default_factory=State)
    said: list[Said] = field(default_factory=list)
    owed: dict[tuple[str, str], Owed] = field(default_factory=dict)
    reached: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: list[Fact] = field(default_factory=list)
    retracted: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def facts(export: Export) -> tuple[list[Fact], int]:
    """Count what stands on a log; what is erased or retracted is not counted.

    Nor is what was done by it, or by what a compromised key signed.

    Args:
        export: one whose verdict is verified.

    Returns:
        The facts, and the newest ledger time.
    """
    told = _Told()
    sections = export.logs[DISCLOSURES]
    held = {sections[n]: n + 1 for n in range(0, len(sections) - 1, 2)}
    for record in export.logs[LEDGER]:
        read = read_entry(record)
        if read is not None:
            told.state.apply(recorded_of(record))
            _take(told, read, export, held)
    now, every = told.state.ledger_time, told.said
    suspect = {one.id for one in every if _is_suspect(told, one)}
    told.retracted = retracted(every, suspect)
    told.gone = told.retracted | suspect
    told.said = [one for one in every if one.id not in told.retracted]
    reached = partial(_reached, told)
    clocks = Clocks(every, told.owed.values(), acting=told.state.acting, reached=reached)
    found = [*told.refused, *clocks.facts(now, told.retracted, told.gone)]
    found += [*_enquiries(told), *_research(told, Looks(every)), *_alerts(told, now)]
    return found, now


def _take(told: _Told, read: Read, export: Export, held: dict[bytes, int]) -> None:
    at, exact = read.head.ledger_time, exact_bytes(read.body.findings)
    if read.head.kind == "refusals":
        for item in map(_item, read.body.items):
            told.refused += counting.refusal(at, "rejected", [one.code for one in item.reasons])
    if not exact:
        return
    findings = decode_findings(exact)
    decision = _decision(exact_bytes(read.body.decision))
    told.refused += counting.refusal(at, decision.outcome, [one.code for one in decision.reasons])
    for delivery in map(_delivery, read.body.deliveries):
        _owes(told, delivery, findings)
        if delivery.sections:
            told.reached.setdefault((delivery.statement, delivery.to), at)
    place = held.get(findings.statement.encode())
    agency, kid = agency_of(findings.source), read.head.kid
    # What is held was said all the same; what nobody could verify was said by nobody.
    if place is None or agency is None or decision.outcome == "rejected" or kid is None:
        return
    sections = export.logs[DISCLOSURES][place]
    statement = interpret(parse(b"%b~%b~" % (read.jws, sections)))
    told.said.append(Said(findings.id, agency, at, statement, kid, told.state.rules))


def _owes(told: _Told, delivery: Delivery, findings: Findings) -> None:
    for duty in delivery.duties:
        if duty.agency == delivery.to and duty.kind in ANSWERED:
            key = f"{duty.kind}/{findings.id}"
            one = Owed(duty.agency, key, duty.kind, findings.id, duty.due_at)
            told.owed.setdefault((duty.agency, key), one)


def _is_suspect(told: _Told, one: Said) -> bool:
    key = told.state.keys.held.get(one.kid)
    return key is not None and key.invalid_since is not None and one.at >= key.invalid_since


def _reached(told: _Told, one: Said, agency: str) -> int | None:
    return told.reached.get((one.statement.digest, agency))


def _enquiries(told: _Told) -> Iterator[Fact]:
    alone = {
        cause
        for one in told.said
        for cause in one.statement.causes
        if _asks(one.statement)
    }  # fmt: skip
    for one in told.said:
        event = one.statement.sections.get("event")
        if isinstance(event, AttendanceRecorded):
            yield counting.enquiry(one.at, f"attendance, {event.attendance}", event.enquiry)
        elif isinstance(event, EnquiryMade):
            yield counting.enquiry(one.at, event.setting, event.enquiry)
        elif isinstance(event, ContactRecorded) and event.contact == "joint_attendance":
            answer = "asked_none" if one.id in alone else "not_asked"
            yield counting.enquiry(one.at, counting.JOINT, answer)


def _asks(statement: Statement) -> bool:
    event = statement.sections.get("event")
    return isinstance(event, EnquiryMade) and event.enquiry != "not_asked"


def _research(told: _Told, looks: Looks) -> Iterator[Fact]:
    """Count looks and reports; of a task that was tried again the last outcome stands."""
    reported = {one.id: one.at for one in told.said}
    reports: dict[tuple[str, str], list[tuple[str | None, int, int | None]]] = defaultdict(list)
    for its, one in looks.found.items():
        report = one.event.statement
        if report not in reported or its in told.retracted:
            continue
        outcome, done = (None, None) if one.by in told.gone else (one.outcome, one.done_at)
        yield counting.look(reported[report], one.event.system, outcome)
        reports[one.force, report].append((outcome, one.due_at, done))
    for (_, statement), found in reports.items():
        yield counting.research(reported[statement], found)


def _alerts(told: _Told, now: int) -> Iterator[Fact]:
    had: dict[str, int] = {}
    worth: dict[str, str] = {}
    for one in told.said:
        event = one.statement.sections.get("event")
        if isinstance(event, AlertAcknowledged):
            had.setdefault(event.alert, one.at)
        elif isinstance(event, AlertClosed):
            worth[event.alert] = event.useful
    for one in told.said:
        event = one.statement.sections.get("event")
        if isinstance(event, AlertRaised) and event.statements[0] not in told.retracted:
            yield from counting.alert(
                one.at, event.rule, event.attention, due_at=event.due_at, had_at=had.get(one.id),
                useful=worth.get(one.id, "not_said"), now=now,
            )  # fmt: skip

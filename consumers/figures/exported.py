"""What an auditor can count of an export that verified: the whole partnership, by the log alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from consumers.audit.container import DISCLOSURES, LEDGER, Export
from consumers.audit.following import Read, read_entry
from consumers.figures import counting
from consumers.figures.table import Fact
from consumers.responses import owed
from contracts.entry import Decision, Delivery, Item, exact_bytes
from contracts.event.action import AlertClosed
from contracts.event.case import StatementRetracted
from contracts.event.report import AttendanceRecorded, ContactRecorded, EnquiryMade
from contracts.event.work import (
    AlertAcknowledged,
    AlertRaised,
    InformationRequested,
    ResearchCompleted,
    ResearchRequested,
)
from contracts.finding import Findings, decode_findings
from contracts.identifier import agency_of
from contracts.statement import Statement, interpret, parse

_decision = msgspec.json.Decoder(Decision).decode
_delivery = msgspec.json.Decoder(Delivery).decode
_item = msgspec.json.Decoder(Item).decode

ANSWERED = frozenset({
    "response_given", "call_back", "information_supplied", "provenance_supplied",
    "emergency_review", "agreement_review", "correction_acknowledged", "erasure_confirmed",
})  # fmt: skip
"""The duties that a statement of whoever owes them ends, by the id of what they are about."""


class _Said(NamedTuple):
    """One statement whose sections the log still holds."""

    id: str
    agency: str
    at: int
    statement: Statement


class _Owed(NamedTuple):
    """One duty: whose, what discharges it, and by when."""

    agency: str
    key: str
    kind: str
    due_at: int


@dataclass
class _Told:
    """What an export says, as far as figures need it."""

    now: int = 0
    said: list[_Said] = field(default_factory=list)
    owed: dict[tuple[str, str], _Owed] = field(default_factory=dict)
    done: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: list[Fact] = field(default_factory=list)
    retracted: set[str] = field(default_factory=set)


def facts(export: Export) -> tuple[list[Fact], int]:
    """Count what stands on a log; what is erased or retracted is not counted.

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
            told.now = max(told.now, read.head.ledger_time)
            _take(told, read, export, held)
    told.said = [one for one in told.said if one.id not in told.retracted]
    found = [*told.refused, *_clocks(told), *_enquiries(told), *_research(told), *_alerts(told)]
    return found, told.now


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
    place = held.get(findings.statement.encode())
    agency = agency_of(findings.source)
    # What is held was said all the same; what nobody could verify was said by nobody.
    is_said = decision.outcome != "rejected" and read.head.kid is not None
    if place is None or agency is None or not is_said:
        return
    sections = export.logs[DISCLOSURES][place]
    statement = interpret(parse(b"%b~%b~" % (read.jws, sections)))
    event = statement.sections.get("event")
    told.said.append(_Said(findings.id, agency, at, statement))
    for key in owed.discharged_by(event):
        told.done.setdefault((agency, key), at)
    if isinstance(event, InformationRequested):
        key = f"information_supplied/{findings.id}"
        one = _Owed(event.addressee, key, "information_supplied", event.due_at)
        told.owed[one.agency, key] = one
    if isinstance(event, StatementRetracted):
        told.retracted.add(event.statement)


def _owes(told: _Told, delivery: Delivery, findings: Findings) -> None:
    for duty in delivery.duties:
        if duty.agency == delivery.to and duty.kind in ANSWERED:
            key = f"{duty.kind}/{findings.id}"
            one = _Owed(duty.agency, key, duty.kind, duty.due_at)
            told.owed.setdefault((duty.agency, key), one)


def _clocks(told: _Told) -> Iterator[Fact]:
    for place, one in told.owed.items():
        yield from counting.clock(one.kind, one.due_at, told.done.get(place), told.now)


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


def _research(told: _Told) -> Iterator[Fact]:
    """Count looks and reports; of a task that was tried again the last outcome stands."""
    ended: dict[str, tuple[str, int]] = {}
    for one in told.said:
        event = one.statement.sections.get("event")
        if isinstance(event, ResearchCompleted):
            ended[event.task] = event.outcome, one.at
    reported = {one.id: one.at for one in told.said}
    reports: dict[tuple[str, str], list[tuple[str | None, int, int | None]]] = defaultdict(list)
    for one in told.said:
        event = one.statement.sections.get("event")
        if isinstance(event, ResearchRequested) and event.statement in reported:
            outcome, done = ended.get(one.id, (None, None))
            yield counting.look(reported[event.statement], event.system, outcome)
            reports[one.agency, event.statement].append((outcome, event.due_at, done))
    for (_, statement), looks in reports.items():
        yield counting.research(reported[statement], looks)


def _alerts(told: _Told) -> Iterator[Fact]:
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
        if isinstance(event, AlertRaised):
            yield from counting.alert(
                one.at, event.rule, event.attention, due_at=event.due_at, had_at=had.get(one.id),
                useful=worth.get(one.id, "not_said"), now=told.now,
            )  # fmt: skip

"""A log told to a review panel: what happened, who knew, when it was shared, with whom, why not.

Told from an export that verified. Of people it gives roles and employers, never names: who needs
more has the statement's id.

Source: domain.md 7 (Four times; Truth about the review); design.md, Examine and decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from consumers.audit.container import DISCLOSURES, LEDGER, Export
from consumers.audit.following import Read, read_entry
from consumers.audit.telling import moment, owed, words
from consumers.chronology.times import HAPPENED, KNOWN, RECORDED, SHARED, Times, waits
from contracts.entry import NOTICES, Decision, Delivery, Item, Position, exact_bytes
from contracts.event import BY_NAME, Audience
from contracts.event.report import Report
from contracts.fault import Misuse
from contracts.finding import Findings, decode_findings
from contracts.identifier import agency_of
from contracts.reason import Reason
from contracts.section import NEVER_DELIVERED, Provenance
from contracts.statement import Statement, interpret, parse
from contracts.topic import submitter

_decision = msgspec.json.Decoder(Decision).decode
_delivery = msgspec.json.Decoder(Delivery).decode
_item = msgspec.json.Decoder(Item).decode
_position = msgspec.json.Decoder(Position).decode


@dataclass(slots=True)
class _Known:
    """What the log says of each statement, by its digest or id."""

    numbers: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, list[tuple[int, Delivery]]] = field(default_factory=dict)
    answers: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    redecided: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    erased: dict[str, int] = field(default_factory=dict)


def chronology(export: Export, *, statement: str | None = None) -> Iterator[str]:
    """Tell a verified export, in ledger order, line by line.

    Args:
        export: one whose verdict is verified.
        statement: an id, to tell of that one alone.

    Raises:
        Misuse: no statement of that id is on the log.
    """
    known = _read_through(export)
    if statement is not None and statement not in known.numbers:
        raise Misuse(
            "No statement of that id was recorded on this log.",
            remedy="Take the id from `candour audit chronology` without --statement.",
        )
    sections = export.logs[DISCLOSURES]
    held = {sections[n]: n + 1 for n in range(0, len(sections) - 1, 2)}
    ledger = export.logs[LEDGER]
    numbers = range(len(ledger)) if statement is None else [known.numbers[statement]]
    for number in numbers:
        read = read_entry(ledger[number])
        if read is None:
            continue
        findings = _findings(read)
        if findings is None:
            yield from _other(read)
        else:
            at = held.get(findings.statement.encode())
            yield from _told(read, findings, None if at is None else sections[at], known)


def _read_through(export: Export) -> _Known:
    known = _Known()
    for record in export.logs[LEDGER]:
        read = read_entry(record)
        findings = None if read is None else _findings(read)
        if read is None or findings is None:
            continue
        index = read.head.index
        known.numbers[findings.id] = index
        for exact in read.body.deliveries:
            delivery = _delivery(exact)
            known.deliveries.setdefault(delivery.statement, []).append((index, delivery))
        for row in _decision_of(read).redecided:
            known.redecided.setdefault(row.statement, []).append((index, row.outcome))
        if findings.event == "erasure_endorsed":
            known.erased.update(dict.fromkeys(findings.erases, index))
        if findings.refers and BY_NAME[findings.event].audience is not Audience.PUBLIC_CONTROL:
            answer = (index, findings.event, findings.source)
            for cause in findings.refers:
                known.answers.setdefault(cause, []).append(answer)
    return known


def _findings(read: Read) -> Findings | None:
    exact = exact_bytes(read.body.findings)
    return decode_findings(exact) if exact else None


def _decision_of(read: Read) -> Decision:
    return _decision(exact_bytes(read.body.decision))


def _told(
    read: Read, findings: Findings, disclosures: bytes | None, known: _Known
) -> Iterator[str]:
    head, decision = read.head, _decision_of(read)
    exercise = "EXERCISE " if head.exercise else ""
    yield f"{exercise}{moment(head.ledger_time)}  entry {head.index}  {words(findings.event)}"
    yield f"  Statement {findings.id}, from {findings.source}, {findings.urgency}."
    if BY_NAME[findings.event].audience is Audience.PUBLIC_CONTROL:
        yield "  Governs the partnership; every agency was given it whole."
        yield ""
        return
    statement = None if disclosures is None else _read(read.jws, disclosures)
    if statement is not None:
        yield from _stated(statement)
    elif findings.id in known.erased:
        yield f"  What it said was erased, with the authority of entry {known.erased[findings.id]}."
    yield f"  {SHARED}: {moment(head.ledger_time)}."
    report = None if statement is None else statement.event
    if isinstance(report, Report):
        shared = datetime.fromtimestamp(head.ledger_time / 1000, UTC).date()
        for wait in waits(Times.of(report, shared), agency_of(findings.source) or "the agency"):
            yield f"  {wait}"
    unverified = " Its signature failed; nobody knows who wrote it." if head.kid is None else ""
    yield f"  Outcome: {words(decision.outcome)}; provenance {decision.level}.{unverified}"
    for given in decision.reasons:
        fields = f" ({', '.join(given.fields)})" if given.fields else ""
        yield f"  Because {given.code}{fields}. Remedy given: {Reason.told(given.code)[0]}"
    yield from _given(findings, known)
    for index, outcome in known.redecided.get(findings.statement, []):
        yield f"  Decided anew in entry {index}: {words(outcome)}."
    for duty in decision.duties:
        yield f"  {owed(duty)}"
    for index, event, source in known.answers.get(findings.id, []):
        yield f"  Followed in entry {index} by {words(event)}, from {source}."
    yield ""


def _stated(statement: Statement) -> Iterator[str]:
    """Say what the statement itself says of time and of who says so."""
    event, provenance = statement.event, statement.sections.get("provenance")
    if isinstance(event, Report):
        happened = event.occurred
        when = happened.at or "not dated"
        until = f" to {happened.until}" if happened.until else ""
        yield f"  {HAPPENED}: {when}{until} ({happened.precision})."
        yield f"  {KNOWN}: {event.known_to_agency}. {RECORDED}: {event.recorded}."
        if event.standing is not None:
            yield f"  Standing in a review: {words(event.standing)}."
    if not isinstance(provenance, Provenance) or provenance.kind == "anonymous":
        yield "  Said by: nobody is named."
    elif provenance.kind == "system":
        yield f"  Said by: a system, for which {provenance.accountable or 'nobody'} answers."
    else:
        how = words(provenance.how_known or "not said how")
        role, employer = provenance.role or "role not given", provenance.employer or "not given"
        yield f"  Said by: {role}, {employer}; known because {how}."


def _given(findings: Findings, known: _Known) -> Iterator[str]:
    """Say who was given which sections, under what, and which were kept back."""
    real = [name for name in findings.sections if name not in NEVER_DELIVERED]
    others = [
        (index, delivery)
        for index, delivery in known.deliveries.get(findings.statement, [])
        if delivery.leg != "own"
    ]
    given = [one for one in others if one[1].leg not in NOTICES]
    for index, delivery in others:
        if delivery.leg in NOTICES:
            marks = f" ({', '.join(map(words, delivery.marks))})" if delivery.marks else ""
            yield f"  {delivery.to} was told in entry {index}, and given none of it{marks}."
    for index, delivery in given:
        authority = ", ".join(part for part in (delivery.basis, delivery.gateway) if part)
        under = f"{delivery.leg}{f' ({authority})' if authority else ''}"
        marks = f", marked {', '.join(delivery.marks)}" if delivery.marks else ""
        yield (
            f"  Given to {delivery.to} in entry {index} under {under}{marks}: "
            f"{', '.join(delivery.sections) or 'nothing'}."
        )
        kept = [name for name in real if name not in delivery.sections]
        if kept:
            yield f"    Kept back, as {delivery.leg} does not carry it: {', '.join(kept)}."
        for duty in delivery.duties:
            yield f"    {owed(duty)}"
    if not given:
        yield "  Given to nobody but its publisher."
    kept_from = sorted({one.agency for one in findings.exclusions if one.agency})
    if kept_from:
        yield f"  Kept from, as the publisher asked: {', '.join(kept_from)}."


def _other(read: Read) -> Iterator[str]:
    """Tell of an entry that is no statement."""
    head, body = read.head, read.body
    if head.kind == "heartbeat":
        return
    position = _position(exact_bytes(body.position))
    agency = submitter(position.topic, head.partnership) or "an unknown agency"
    count = position.last - position.first + 1
    codes = sorted({given.code for exact in body.items for given in _item(exact).reasons})
    what = {
        "refusals": f"{count} submissions refused: {', '.join(codes)}",
        "redeliveries": f"{count} submissions came again and were answered as before",
        "intake_gap": f"{count} submissions were lost before the log could read them",
    }.get(head.kind, "")
    yield f"{moment(head.ledger_time)}  entry {head.index}  From {agency}: {what}."
    yield ""


def _read(jws: bytes, disclosures: bytes) -> Statement:
    return interpret(parse(b"%b~%b~" % (jws, disclosures)))

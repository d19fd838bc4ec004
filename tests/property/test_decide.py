"""The decision: made on anything at all, the same each time, and never without an answer."""

from collections import Counter, defaultdict

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broker.core.decide import decide
from broker.core.index import MemoryIndex
from broker.core.prepare import prepare
from broker.core.written import Written
from contracts.event import BY_NAME, EventType
from contracts.finding import decode_findings
from contracts.identifier import agency_of, is_statement_id
from contracts.opened import open_receipt
from contracts.reason import Reason, Stage
from contracts.statement import Refused, digest_of, parse
from tests.support.reading import PUBLIC
from tests.support.story import stories
from tests.support.stranger import concern
from tests.support.strategies import fixed, sections_of, value_of
from tests.support.telling import (
    FAR_MS,
    Sent,
    Story,
    Telling,
    id_of,
    in_force,
    index_of,
    reread,
    shown,
    submitted,
    told,
    town,
)
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, Played, agency

CASE, POLICE = "tv-probation/case", "thames-valley"


def decided(telling: Telling, name: str, raw: bytes) -> Written:
    """Submit one statement, and decide it twice apart, changing nothing; give its entry."""
    prepared = prepare(raw, telling.state.public_keys)
    if prepared.findings:
        findings, index = decode_findings(prepared.findings), index_of(telling)
        before, known = shown(telling.state), repr(index)
        once, again = (decide(findings, telling.state, index, at=CLOCK_MS) for _ in range(2))
        assert once == again
        assert (shown(telling.state), repr(index)) == (before, known)
    (entry,) = telling.tell([Sent(name, raw)])
    telling.deliver()
    return entry


@fixed(150)
@given(
    row=st.sampled_from([row for name, row in sorted(BY_NAME.items()) if name not in PUBLIC]),
    urgency=st.sampled_from(["routine", "urgent", "threat_to_life"]),
    drawn=st.data(),
)
def test_whatever_can_be_said_of_people_is_decided(
    row: EventType, urgency: str, drawn: st.DataObject
) -> None:
    """Nothing that a publisher can send may make the decision raise, or decide it twice apart."""
    played, telling = town()
    raw = played.say(CASE, row.name, drawn.draw(sections_of(row)), urgency=urgency)
    entry = decided(telling, "tv-probation", raw)
    assert entry.recorded.head.kind in {"statement", "refusals"}
    assert [wrong for *_, found in reread(telling) for wrong in found] == []


@fixed(150)
@given(name=st.sampled_from(sorted(PUBLIC)), drawn=st.data())
def test_whatever_can_be_proposed_is_decided(name: str, drawn: st.DataObject) -> None:
    """An act is as hostile as any input: dates, keys and legs that nobody would think of."""
    shape = BY_NAME[name].shape
    value = msgspec.to_builtins(msgspec.convert(drawn.draw(value_of(shape)), shape))
    if name == "partnership_founded":
        value["founding"]["agencies"].append(agency("mk-csp"))
    for played, telling in (town(), (Played("nothing yet"), Telling(FAR_MS))):
        entry = decided(telling, "mk-csp", played.govern("mk-csp", name, value))
        stages = {Reason.of(r.code).stage for item in entry.recorded.items for r in item.reasons}
        assert stages <= {Stage.KEY, Stage.CONTROL}


@fixed(70)
@given(story=stories())
def test_a_threat_to_life_reaches_everybody_who_can_act(story: Story) -> None:
    """No agreement, consent, provenance or number stops it: nobody may be left untold."""
    telling = told(story)
    for written, statement, reading, _ in reread(telling):
        if statement.is_emergency and written.recorded.head.kid is not None:
            direct = {d.to for d in written.deliveries if d.leg == "emergency"}
            assert direct == reading.owed(statement)


@fixed(70)
@given(story=stories())
def test_a_threat_to_life_that_can_be_read_is_refused_for_its_signature_alone(
    story: Story,
) -> None:
    """Where listeners are secured not even for that: who wrote it is asked by telephone."""
    telling, sent = told(story), {str(digest_of(one.raw)): one.raw for one in story.sent}
    founding = telling.state.founding
    for written in telling.entries:
        position = written.recorded.position
        for item in written.recorded.items if founding and position else ():
            read = prepare(sent[item.submission], telling.state.public_keys)
            own = position and position.topic.endswith(f".{agency_of(read.source or '')}")
            if item.index is None and read.threat_to_life and own:
                stages = {Reason.of(reason.code).stage for reason in item.reasons}
                assert stages <= {Stage.KEY, Stage.SIGNATURE, Stage.KEY_USE, Stage.STREAM}
                here = read.partnership == PARTNERSHIP
                assert founding is not None
                assert not (founding.rules.unverified_emergencies and here)


def taken(telling: Telling) -> tuple[set[object], object]:
    """Give what is known by an id, and which numbers are taken: by a digest, nothing is."""
    index = index_of(telling)
    assert isinstance(index, MemoryIndex)
    return {(k, v) for k, v in index._known.items() if is_statement_id(k)}, dict(index._numbers)


@fixed(70)
@given(story=stories())
def test_an_unverified_emergency_goes_to_police_and_changes_nothing(story: Story) -> None:
    """Nobody knows who wrote it: the police ring back, and no rule may act on it."""
    telling = Telling(story.clock_ms)
    for one in story.sent:
        before, index = shown(telling.state), taken(telling)
        for written in telling.tell([one]):
            head, decision = written.recorded.head, written.recorded.decision
            if head.kind == "statement" and head.kid is None and decision is not None:
                after = shown(telling.state)
                changed = {name for name, value in after.items() if value != before[name]}
                assert changed <= {"positions", "ledger_time", "size"}
                assert taken(telling) == index
                told = {d.to for d in written.deliveries if d.leg == "emergency"}
                founding = telling.state.founding
                assert told <= {POLICE} or (founding and told <= {founding.alternates[POLICE]})
                assert all("unverified" in d.marks for d in written.deliveries)
                said = Reason.SIGNATURE_UNVERIFIED if told else Reason.NOBODY_TOLD
                assert decision.reasons[-1].code == said
                assert [duty.kind for duty in decision.duties] == ["emergency_review"]


@fixed(70)
@given(story=stories())
def test_every_submission_has_one_place_and_one_receipt_that_opens(story: Story) -> None:
    """Nothing is dropped, and whoever sent it can prove what became of it."""
    telling = Telling(story.clock_ms)
    for one in story.sent:
        sizes = {name: len(held) for name, held in telling.receipts.items()}
        telling.tell([one])
        telling.deliver()
        fresh = [
            (name, open_receipt(value, telling.trust).part.submission)
            for name, held in telling.receipts.items()
            for _, value in held[sizes.get(name, 0) :]
        ]
        assert fresh.count((one.agency, digest_of(one.raw))) == bool(one.agency)
    places: dict[str, Counter[int]] = defaultdict(Counter)
    for written in telling.entries:
        at = written.recorded.position
        if at is not None:
            places[at.topic].update(range(at.first, at.last + 1))
    for name, count in telling._offsets.items():
        assert places[f"submissions.{PARTNERSHIP}.{name}"] == Counter(range(count))


@fixed(70)
@given(story=stories())
def test_a_redelivery_changes_nothing(story: Story) -> None:
    """A crash sends again whatever it is not sure of: the answer is the one there was."""
    telling = told(story, [1] * len(story.sent))
    before, views = in_force(telling), {name: list(v) for name, v in telling.views.items()}
    answers = answered(telling)
    taken = set(numbered(telling))
    again = [
        Sent(one.agency, one.raw)
        for one in story.sent
        if (one.agency, digest_of(one.raw)) in taken and has_form(one.raw)
    ]
    written = telling.tell(again)
    telling.deliver()
    assert {one.recorded.head.kind for one in written} <= {"redeliveries"}
    last = last_decided(telling)
    assert all(
        item.index == last[item.submission] for one in written for item in one.recorded.items
    )
    after = in_force(telling)
    assert {name for name in after if after[name] != before[name]} <= {"positions"}
    assert (telling.views, answered(telling)) == (views, answers)


@fixed(70)
@given(story=stories())
def test_a_statement_is_held_until_it_is_decided_without_a_reason(story: Story) -> None:
    """What waits for a name must be found again when the name comes, however often it lacked."""
    telling = told(story)
    held: set[str] = set()
    for written in telling.entries:
        head, decision = written.recorded.head, written.recorded.decision
        findings = written.recorded.findings
        if decision is None or findings is None or head.kid is None:
            continue
        waits = decision.outcome in {"quarantined", "provisional"}
        if waits or (decision.outcome == "accepted_emergency" and findings.missing):
            held.add(findings.statement)
        held -= {
            row.statement
            for row in decision.redecided
            if not row.reasons
            or row.outcome == "rejected"
            # Who says so is there: an emergency went out already, whatever no agreement carries.
            or (row.outcome == "accepted_emergency" and not findings.missing)
        }
    assert set(telling.state.waiting.held) == held


def numbered(telling: Telling) -> list[tuple[str, str]]:
    """List (agency, digest) of everything that took its id and number."""
    found = []
    for written in telling.entries:
        recorded, position = written.recorded, written.recorded.position
        digests = [item.submission for item in recorded.items if item.id is not None]
        if recorded.head.kid is not None and recorded.head.statement is not None:
            digests.append(recorded.head.statement)
        if position is not None:
            found += [(position.topic.rpartition(".")[2], digest) for digest in digests]
    return found


def last_decided(telling: Telling) -> dict[str, int]:
    """Give the entry that decided each statement last, by its digest."""
    found: dict[str, int] = {}
    for written in telling.entries:
        recorded, at = written.recorded, written.recorded.head.index
        digests = [item.submission for item in recorded.items if item.id is not None]
        digests += (
            [row.statement for row in recorded.decision.redecided] if recorded.decision else []
        )
        digests += (
            [recorded.head.statement] if recorded.head.kid and recorded.head.statement else []
        )
        found |= dict.fromkeys(digests, at)
    return found


def answered(telling: Telling) -> set[tuple[str, bytes, bytes]]:
    """Give (agency, submission, head) of every receipt: which entry answers whom."""
    return {
        (name, at, value.partition(b"\n")[0])
        for name, held in telling.receipts.items()
        for at, value in held
    }


def has_form(raw: bytes) -> bool:
    """Say whether bytes are a statement at all: a damaged copy is refused as what it is."""
    try:
        parse(raw)
    except Refused:
        return False
    return True


def test_nothing_is_decided_on_what_stands_only_after_it() -> None:
    """An auditor replays the log in order: what was refused beside it must stand before it."""
    played, telling = town()
    unknown = {"statement": "0132b1a4-9c40-7000-8000-00000000ffff"}
    answer = {**unknown, "received_by": "Sgt", "researched": "no", "actions": []}
    refused = played.say(
        f"{POLICE}/intelligence", "response_given", {"event": answer, "cause.1": unknown}
    )
    cause = {"cause.1": {"statement": id_of(refused)}}
    played.say(
        CASE, "concern_reported", {**concern(played.draw), **cause}, urgency="threat_to_life"
    )
    written = telling.tell(submitted(played, 5))
    assert [one.recorded.head.kind for one in written] == ["refusals", "statement"]

"""The log as a fold: however it is split, batched or read back, it says the same."""

import subprocess
import sys
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broker.core.index import MemoryIndex, index_recorded
from broker.core.prepare import Prepared
from broker.core.recorded import recorded_of
from broker.core.sequence import Submission, in_order
from broker.core.state import State, fold
from broker.core.written import Written, read_written
from consumers.audit.container import Export
from consumers.audit.defect import Exit
from consumers.audit.verdict import Trusted
from consumers.audit.verify import verify
from contracts import topic
from contracts.entry import Item
from contracts.opened import open_receipt
from tests.support.auditor import audit, export_of
from tests.support.story import stories
from tests.support.stranger import concern, text_of
from tests.support.strategies import fixed
from tests.support.telling import (
    FAR_MS,
    Story,
    Telling,
    digest_of_all,
    in_force,
    index_of,
    shown,
    spelled,
    submitted,
    told,
)
from tests.vectors.ledger import (
    AGENCIES,
    PARTNERSHIP,
    Played,
    begun,
    compact,
    founded,
    founding,
    key,
    source_key,
)

ROOT = Path(__file__).parents[2]
sizes = st.lists(st.integers(1, 12), max_size=8)


@fixed(60)
@given(story=stories(), cuts=st.sets(st.integers(0, 80), max_size=4))
def test_any_split_of_the_ledger_folds_to_the_same_state(story: Story, cuts: set[int]) -> None:
    """A broker that starts in the middle must stand where one that never stopped does."""
    telling = told(story)
    records = [one.record for one in telling.entries]
    ends = sorted(min(cut, len(records)) for cut in cuts)
    state = State()
    for first, end in zip([0, *ends], [*ends, len(records)], strict=True):
        state = fold(records[first:end], state)
    assert shown(state) == shown(fold(records)) == shown(telling.state)


@fixed(60)
@given(story=stories())
def test_what_is_read_back_is_what_was_written(story: Story) -> None:
    """After a crash the dispatcher and the index go on from the ledger alone."""
    telling = told(story)
    index = MemoryIndex()
    for written in telling.entries:
        again = read_written(written.record)
        for name in Written.__slots__:
            if name != "disclosures":
                assert getattr(again, name) == getattr(written, name), name
        assert recorded_of(written.record) == written.recorded
        assert (again.needs, again.answered) == (written.needs, written.answered)
        position = written.recorded.position
        if position is not None:
            agency = topic.submitter(position.topic, PARTNERSHIP)
            assert agency is not None
            index_recorded(index, written.recorded, written.deliveries, agency)
    assert index == index_of(telling)


@fixed(150)
@given(
    arrived=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 3),
            st.sampled_from([None, "act_proposed", "concern_reported"]),
        ),
        max_size=10,
    ),
    drawn=st.data(),
)
def test_the_order_of_a_batch_is_that_of_arrival_however_it_was_read(
    arrived: list[tuple[str, int, str | None]], drawn: st.DataObject
) -> None:
    """Two brokers that poll the same topics in another order must write the same ledger."""
    offsets: Counter[str] = Counter()
    batch = []
    for name, at, event in sorted(arrived, key=lambda one: one[1]):
        prepared = Prepared("", 0, event=event)
        batch.append(Submission(name, name, name, 0, offsets[name], at, prepared, b""))
        offsets[name] += 1
    ordered = in_order(batch)
    assert in_order(drawn.draw(st.permutations(batch))) == ordered
    assert [one.appended_at for one in ordered] == sorted(one.appended_at for one in batch)
    for name, count in offsets.items():
        assert [one.offset for one in ordered if one.topic == name] == list(range(count))


@fixed(30)
@given(story=stories(), batches=sizes)
def test_what_was_recorded_is_passed_over(story: Story, batches: list[int]) -> None:
    """A batch whose fate was in doubt is read again: nothing may stand on the ledger twice."""
    telling = told(story, batches)
    before = shown(telling.state)
    telling._offsets.clear()
    assert telling.tell([one for one in story.sent if one.agency]) == []
    assert shown(telling.state) == before


def decided(telling: Telling) -> list[Any]:
    """Give, in order, what each entry that is no run says, but for its index and salt."""
    return [
        (
            msgspec.structs.replace(
                one.recorded.head, index=0, position=None, findings=None, decision=None,
                deliveries=[],
            ),
            one.recorded.position, bytes(one.body.findings or b""), one.recorded.decision,
            [bytes(exact) for exact in one.body.deliveries], one.jws, one.disclosures,
        )
        for one in telling.entries
        if not one.recorded.items
    ]  # fmt: skip


def items(telling: Telling) -> dict[str, list[tuple[Item, Any]]]:
    """Give each agency's refusals and redeliveries, and where what was repeated stood."""
    found: dict[str, list[tuple[Item, Any]]] = defaultdict(list)
    for one in telling.entries:
        for item in one.recorded.items:
            position = one.recorded.position
            assert position is not None
            about = None
            if item.index is not None:
                about = place_of(telling.entries[item.index], item.submission)
            found[position.topic].append((msgspec.structs.replace(item, index=None), about))
    return found


def place_of(written: Written, submission: str) -> Any:
    """Say where the submission stood that an entry decided: its own place within a run."""
    position = written.recorded.position
    assert position is not None
    offsets = [i.offset for i in written.recorded.items if i.submission == submission]
    return position.topic, max(offsets, default=position.first)


def sent(telling: Telling) -> tuple[Any, Any]:
    """Give what each agency was sent: its deliveries in order, and the last word on each."""
    views = {
        name: [(at, msgspec.json.decode(value.split(b"\n")[1])["delivery"]) for at, value in held]
        for name, held in telling.views.items()
    }
    last = {
        (name, at): (opened.part.outcome, opened.part.reasons, opened.part.remedies)
        for name, held in telling.receipts.items()
        for at, value in held
        for opened in [open_receipt(value, telling.trust)]
    }
    return views, last


@fixed(60)
@given(story=stories(), batches=sizes)
def test_batches_decide_where_a_run_ends_and_nothing_else(story: Story, batches: list[int]) -> None:
    """What is decided on a report may not depend on what happened to arrive beside it.

    A run of refusals or redeliveries ends with its batch. So batching moves the indexes, and with
    them the salts, of what comes after a run; every other byte of every entry, the order of all
    that is no run, what is in force and what each agency is sent are the same.
    """
    one_by_one, some, whole = told(story, [1] * len(story.sent)), told(story, batches), told(story)
    for other in (some, whole):
        assert decided(other) == decided(one_by_one)
        assert items(other) == items(one_by_one)
        assert in_force(other) == in_force(one_by_one)
        assert sent(other) == sent(one_by_one)


@fixed(40)
@given(story=stories(), batches=sizes)
def test_without_a_run_every_byte_is_the_same_in_every_batch(
    story: Story, batches: list[int]
) -> None:
    """The same submissions, clock readings and salts give the same ledger on every machine."""
    kept = tuple(one for one in story.sent if one.agency)
    while True:
        alone = Telling(story.clock_ms)
        runs = [bool(alone.tell([one])[-1].recorded.items) for one in kept]
        if not any(runs):
            break
        kept = tuple(one for one, is_run in zip(kept, runs, strict=True) if not is_run)
    again = told(Story(story.clock_ms, kept), batches)
    assert [one.record for one in again.entries] == [one.record for one in alone.entries]
    assert [one.disclosures for one in again.entries] == [o.disclosures for o in alone.entries]


def test_another_process_with_another_hash_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    """An order taken from a set would differ between machines, and no auditor could repeat it."""
    kept: list[Story] = []

    @fixed(25)
    @given(story=stories())
    def keep(story: Story) -> None:
        kept.append(story)

    keep()
    (tmp_path / "stories.json").write_text(spelled(kept))
    found = {
        subprocess.run(
            [sys.executable, "-m", "tests.support.telling", str(tmp_path / "stories.json")],
            cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    ours = sha256("".join(digest_of_all(told(story)) for story in kept).encode())
    assert found == {ours.hexdigest()}


def exported(telling: Telling) -> dict[str, bytes]:
    """Export a played log as it stands on its topics: of each statement the last sections."""
    kept = {
        one.recorded.head.statement or "": one.disclosures
        for one in telling.entries
        if one.disclosures is not None
    }
    ledger = [one.record for one in telling.entries]
    return export_of(PARTNERSHIP, ledger, kept, telling.checkpoints)


def judged(telling: Telling) -> tuple[int, set[str]]:
    """Ask both auditors: the exit code of ours, the defects of the second."""
    files, trust = exported(telling), telling.trust
    trusted = Trusted(partnership=trust.partnership, origin=trust.origin, log_key=trust.log_key)
    verdict = verify(Export.held(files), trusted)
    return verdict.exit, audit(files, msgspec.to_builtins(trust)).defects


@fixed(60)
@given(story=stories(), batches=sizes)
def test_an_honest_log_is_proved_whatever_was_submitted(story: Story, batches: list[int]) -> None:
    """Nobody may be able to write something that makes the log look dishonest."""
    code, defects = judged(told(story, batches))
    assert code in {Exit.VERIFIED, Exit.FINDINGS}
    assert defects == set()


def test_a_second_founding_of_the_first_batch_is_prepared_again() -> None:
    """Before the first it brought its own key; after it, that key is nobody's."""
    rogue = key("mk-csp/another")
    own = source_key("mk-csp", "control", held=rogue)
    document = founding()
    document["agencies"] = [
        {**one, "keys": [own]} if one["id"] == "mk-csp" else one for one in document["agencies"]
    ]
    text = b"candour-founding\n" + compact(document)
    held = {name: key(f"{name}/control") for name in AGENCIES} | {"mk-csp": rogue}
    signed = [
        {"agency": name, "kid": one.kid, "signature": text_of(one.private.sign(text))}
        for name, one in held.items()
    ]
    played = Played("second founding")
    played.govern("mk-csp", "partnership_founded", founded())
    played.writer("mk-csp/control", key=rogue)
    event = {"founding": document, "signatures": signed}
    played.govern("mk-csp", "partnership_founded", event)
    story = Story(FAR_MS, submitted(played))
    for batches in ([], [1, 1]):
        telling = told(story, batches)
        (item,) = telling.entries[-1].recorded.items
        assert ([given.code for given in item.reasons], item.id) == (["key.unknown"], None)
        assert judged(telling) == (Exit.VERIFIED, set())


def test_an_unverified_emergency_sent_again_in_another_order_is_the_same_one() -> None:
    """A sender that tries again must not make police ring back twice."""
    played = begun("reordered")
    outbox = played.writer("tv-probation/case", key=key("nobody"))
    raw = outbox.write(
        outbox.context("concern_reported", urgency="threat_to_life"), concern(played.draw)
    )
    jws, *texts, _ = raw.split(b"~")
    played.send("tv-probation", raw)
    played.send("tv-probation", b"~".join([jws, *texts[::-1], b""]))
    telling = told(Story(FAR_MS, submitted(played)))
    assert judged(telling) == (Exit.FINDINGS, set())
    first, again = telling.entries[-2:]
    assert first.recorded.decision
    assert first.recorded.decision.outcome == "accepted_emergency"
    assert [one.index for one in again.recorded.items] == [first.recorded.head.index]
    assert again.deliveries == []

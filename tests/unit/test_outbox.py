"""The outbox: signed and stored once, whatever dies, doubles or comes back from a backup."""

import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.context import Urgency
from contracts.draft import Draft
from contracts.fault import Misuse
from deploy.speaking import outbox_of
from producers.home import Home
from producers.outbox import Outbox
from tests.support.reports import concern
from tests.support.speaking import Speaker, home_of, ids_of, publish_many, stored_in
from tests.support.stranger import read, seeded, sha
from tests.vectors.ledger import CLOCK_MS

MARKER = "outbox.generation"
Place = tuple[str, int]
"""A stream and a number in it."""


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def publish(outbox: Outbox, *urgencies: Urgency) -> list[str]:
    """Publish a report of each urgency; give their ids."""
    return [outbox.publish(concern(outbox, urgency=urgency)) for urgency in urgencies]


def raws(outbox: Outbox) -> dict[str, bytes]:
    """Give the exact bytes of everything stored, by id."""
    return {row["id"]: row["raw"] for row in outbox.rows()}


def streams_of(public_key: bytes, held: list[bytes]) -> dict[str, list[tuple[Any, Any, bytes]]]:
    """Read statements with none of our code: (context, sections, bytes) by stream, in order."""
    found: dict[str, list[tuple[Any, Any, bytes]]] = defaultdict(list)
    for raw in held:
        context, sections = read(raw, public_key)
        found[sections["intake"]["stream"]].append((context, sections, raw))
    for stream in found.values():
        stream.sort(key=lambda one: int(one[1]["intake"]["sequence"]))
    return found


def check_chains(public_key: bytes, held: list[bytes]) -> None:
    """Check that every stream opens with saying so, and counts and chains without a break."""
    for stream, statements in streams_of(public_key, held).items():
        intakes = [sections["intake"] for _, sections, _ in statements]
        assert [intake["sequence"] for intake in intakes] == list(range(len(intakes)))
        digests = [sha(raw.partition(b"~")[0]) for _, _, raw in statements]
        assert [intake.get("previous") for intake in intakes] == [None, *digests[:-1]]
        context, sections, _ = statements[0]
        assert context["type"] == "uk.candour.stream_opened.v1"
        assert sections["event"]["stream"] == stream


def places(public_key: bytes, held: list[bytes]) -> dict[Place, bytes]:
    """Give the bytes that stand at each number; fails where two stand at one."""
    found: dict[Place, bytes] = {}
    for stream, statements in streams_of(public_key, held).items():
        for _, sections, raw in statements:
            assert found.setdefault((stream, sections["intake"]["sequence"]), raw) == raw
    return found


def test_the_same_id_again_changes_nothing(speaker: Speaker) -> None:
    """A consumer hands its draft over again after every crash: once is said, and as it was."""
    outbox = speaker.outbox
    first, other = concern(outbox), concern(outbox, words=9)
    outbox.publish(first)
    before = [dict(row) for row in outbox.rows()]
    outbox.publish(first)
    outbox.publish(Draft(id=first.id, event=other.event, sections=other.sections))
    outbox.publish_all([first, first])
    assert [dict(row) for row in outbox.rows()] == before
    outbox.publish_all([other, other])
    check_chains(speaker.home.public_key, list(raws(outbox).values()))
    assert len(outbox.rows()) == 3


def test_each_stream_opens_counts_and_chains_and_emergencies_have_their_own(
    speaker: Speaker,
) -> None:
    """An emergency must not queue, nor a gap before it keep anybody from believing it."""
    publish(speaker.outbox, "routine", "threat_to_life", "urgent", "threat_to_life", "routine")
    held = list(raws(speaker.outbox).values())
    check_chains(speaker.home.public_key, held)
    ordinary, emergencies = streams_of(speaker.home.public_key, held).values()
    for stream, use, urgencies in (
        (ordinary, "ordinary", ["routine", "routine", "urgent", "routine"]),
        (emergencies, "emergencies", ["routine", "threat_to_life", "threat_to_life"]),
    ):
        assert [context["urgency"] for context, _, _ in stream] == urgencies
        opened = stream[0][1]
        assert (opened["event"]["use"], opened["event"]["reason"]) == (use, "first")
        assert opened["provenance"]["accountable"] == speaker.home.agency.accountable


def test_stored_bytes_never_change(speaker: Speaker) -> None:
    """What was sent once is sent again as it was, or the log would see two statements."""
    publish(speaker.outbox, "routine", "threat_to_life")
    before = raws(speaker.outbox)
    speaker.send()
    publish(speaker.outbox, "urgent")
    speaker.close()
    speaker.open()
    speaker.read()
    after = raws(speaker.outbox)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1
    assert {row["outcome"] for row in speaker.outbox.rows()} == {
        "accepted", "accepted_emergency", None,
    }  # fmt: skip


def test_an_outbox_that_lost_nothing_goes_on_in_its_streams(speaker: Speaker) -> None:
    """A restart, or a copy that is not behind, is no reason to alarm anybody."""
    publish(speaker.outbox, "routine")
    speaker.back_up(speaker.home.folder / "copy")
    speaker.restore(speaker.home.folder / "copy")
    publish(speaker.outbox, "routine")
    held = list(raws(speaker.outbox).values())
    assert len(streams_of(speaker.home.public_key, held)) == 1
    check_chains(speaker.home.public_key, held)


def test_a_restored_copy_opens_new_streams_and_uses_no_number_twice(
    speaker: Speaker, tmp_path: Path
) -> None:
    """What was said after the backup is lost here and may stand on the log, under its numbers."""
    outbox = speaker.outbox
    publish(outbox, "routine", "threat_to_life")
    outbox.mark_sent([one.digest for one in outbox.waiting()[:2]])
    speaker.back_up(tmp_path / "copy")
    kept = raws(speaker.outbox)
    publish(speaker.outbox, "routine", "threat_to_life", "routine")
    lost = raws(speaker.outbox)
    speaker.restore(tmp_path / "copy")
    assert raws(speaker.outbox) == kept
    waiting = {one.id: one.raw for one in speaker.outbox.waiting()}
    assert waiting == kept, "what has no receipt is sent again, the same bytes"
    publish(speaker.outbox, "routine", "threat_to_life")
    key, now = speaker.home.public_key, raws(speaker.outbox)
    anew = [raw for said, raw in now.items() if said not in kept]
    assert not places(key, list(lost.values())).keys() & places(key, anew).keys()
    check_chains(key, [*lost.values(), *anew])
    opened = [s[0][1]["event"] for s in streams_of(key, anew).values()]
    assert {(one["use"], one["reason"]) for one in opened} == {
        ("ordinary", "restored"), ("emergencies", "restored"),
    }  # fmt: skip


@pytest.mark.parametrize("garbled", [False, True])
def test_a_database_that_was_deleted_is_taken_for_a_restored_one(
    speaker: Speaker, tmp_path: Path, *, garbled: bool
) -> None:
    """Its numbers are unknown here; streams of their own can collide with none of them."""
    publish(speaker.outbox, "routine")
    before = list(raws(speaker.outbox).values())
    if garbled:
        (speaker.home.folder / MARKER).write_bytes(b"{")
    (tmp_path / "nothing").mkdir()
    speaker.restore(tmp_path / "nothing")
    assert speaker.generations() == ["restored"]
    publish(speaker.outbox, "routine")
    check_chains(speaker.home.public_key, [*before, *raws(speaker.outbox).values()])


@pytest.mark.parametrize(
    "marker",
    [
        None, b"", b'{"generation":', b"[]", b"\xff\xfe\x00", b'{"generation": "another"}',
        b'{"generation": "another", "written": 1}', b'{"generation": null, "written": null}',
    ],
)  # fmt: skip
def test_a_marker_that_is_lost_or_garbled_means_new_streams(
    speaker: Speaker, marker: bytes | None
) -> None:
    """Whether the database is an old copy is then unknown; the safe answer costs two numbers."""
    publish(speaker.outbox, "routine")
    path = speaker.home.folder / MARKER
    path.unlink() if marker is None else path.write_bytes(marker)
    for _ in range(2):  # once: the second start finds all as it should be
        speaker.close()
        speaker.open()
        publish(speaker.outbox, "routine")
    held = list(raws(speaker.outbox).values())
    assert sorted(map(len, streams_of(speaker.home.public_key, held).values())) == [2, 3]
    check_chains(speaker.home.public_key, held)


def test_what_waits_goes_emergencies_first_and_each_stream_in_order(speaker: Speaker) -> None:
    """A hundred routine reports after an outage must not stand before a life."""
    publish(speaker.outbox, "routine", "urgent", "threat_to_life", "routine", "threat_to_life")
    rows = {row["id"]: row for row in speaker.outbox.rows()}
    waiting = speaker.outbox.waiting()
    order = [(rows[one.id]["urgency"], rows[one.id]["sequence"]) for one in waiting]
    assert order == [
        ("routine", 0), ("threat_to_life", 1), ("threat_to_life", 2),
        ("routine", 0), ("routine", 1), ("urgent", 2), ("routine", 3),
    ]  # fmt: skip
    assert [one.raw for one in waiting] == [rows[one.id]["raw"] for one in waiting]
    assert speaker.outbox.waiting(limit=3) == waiting[:3]
    speaker.outbox.mark_sent([waiting[0].digest])
    assert speaker.outbox.waiting() == waiting[1:]


def oversized(outbox: Outbox) -> Draft:
    """Draft a report that no log takes."""
    return concern(outbox, words=60_000)


def crowded(outbox: Outbox) -> Draft:
    """Draft a report with more sections than a statement holds."""
    said = concern(outbox)
    cause = msgspec.Raw(b'{"statement":"0197a1b2-0000-7000-8000-000000000000"}')
    causes = {f"cause.{n}": cause for n in range(1, 33)}
    return Draft(id=said.id, event=said.event, sections={**said.sections, **causes})


def mixed_up(outbox: Outbox) -> Draft:
    """Draft a report with one person's part under another's number."""
    said = concern(outbox)
    parts = {"person.1.part": said.sections["person.2.part"]}
    return Draft(id=said.id, event=said.event, sections={**said.sections, **parts})


def unshaped(outbox: Outbox) -> Draft:
    """Draft a report with a section of no known shape."""
    said = concern(outbox)
    wrong = {"narrative": said.sections["event"]}
    return Draft(id=said.id, event=said.event, sections={**said.sections, **wrong})


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (oversized, "larger than 256 KiB"),
        (crowded, "more sections than one statement holds"),
        (mixed_up, "person.1.part.subject"),
        (unshaped, "section `narrative` of this concern_reported"),
    ],
)
def test_what_no_log_would_take_is_refused_before_anything_is_stored(
    speaker: Speaker, refused: Callable[[Outbox], Draft], told: str
) -> None:
    """A number that was used for nothing would be a gap, and somebody's duty to explain."""
    outbox = speaker.outbox
    with pytest.raises(Misuse, match=told) as error:
        outbox.publish_all([concern(outbox), refused(outbox)])
    assert "Daniel" not in str(error.value)
    assert outbox.rows() == []
    publish(outbox, "routine")
    held = list(raws(outbox).values())
    assert len(held) == 2
    check_chains(speaker.home.public_key, held)


class Died(BaseException):
    """The process ended here."""


@dataclass(frozen=True)
class Mortal(Home):
    """A home whose process dies at the so-manieth effect: a signature, or a draw of octets."""

    left: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, home: Home, left: int) -> "Mortal":
        """Let a home live for so many effects."""
        return cls(home.folder, home.agency, home._seed, left=[left])

    def spend(self) -> None:
        """Live on, or die."""
        if self.left[0] == 0:
            raise Died
        self.left[0] -= 1

    def sign(self, signed: bytes) -> bytes:
        """Sign, or die."""
        self.spend()
        return super().sign(signed)


def attempt(home: Home, drafts: Callable[[Outbox], list[Draft]], left: int) -> bool:
    """Open a home's outbox and publish, in a process that lives for so many effects."""
    mortal, draw = Mortal.of(home, left), seeded(f"mortal/{left}")

    def octets(count: int) -> bytes:
        mortal.spend()
        return draw(count)

    def now() -> int:
        mortal.spend()
        return CLOCK_MS

    outbox = None
    try:
        outbox = Outbox(mortal, now_ms=now, random_bytes=octets, new_id=ids_of(octets))
        outbox.publish_all(drafts(outbox))
    except Died:
        return False
    finally:
        if outbox is not None:
            outbox.database.close()
    return True


def test_death_at_any_effect_leaves_nothing_half_stored(tmp_path: Path) -> None:
    """Signed and not stored, or stored and not counted, would be a number used for two things."""
    model = home_of(tmp_path / "model")
    source = Outbox(model, now_ms=lambda: CLOCK_MS, random_bytes=os.urandom, new_id=str)
    drafts = [concern(source), concern(source, urgency="threat_to_life")]
    died = 0
    while True:
        home = replace(model, folder=tmp_path / str(died))
        home.folder.mkdir()
        lived = attempt(home, lambda _: drafts, died)
        outbox = Outbox(
            home, now_ms=lambda: CLOCK_MS, random_bytes=seeded("next"), new_id=ids_of(seeded("id"))
        )
        stored = raws(outbox)
        assert len(stored) in {0, 4}, "two streams opened and two reports, or none of it"
        outbox.publish_all(drafts)
        assert stored.items() <= raws(outbox).items()
        held = list(raws(outbox).values())
        assert len(held) == 4
        check_chains(home.public_key, held)
        outbox.database.close()
        if lived:
            break
        died += 1
    assert died > 80, "every salt, decoy, token and signature was a point to die at"


def test_processes_that_publish_at_once_share_no_number(tmp_path: Path) -> None:
    """A report, a consumer and a command may run on one home in one second."""
    home = home_of(tmp_path / "home")
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        said = list(pool.map(publish_many, [home.folder] * 4, [8] * 4))
    outbox = Outbox(home, now_ms=lambda: CLOCK_MS, random_bytes=os.urandom, new_id=str)
    held = raws(outbox)
    assert {one for ids in said for one in ids} <= held.keys()
    check_chains(home.public_key, list(held.values()))
    assert len(places(home.public_key, list(held.values()))) == len(held)


def test_a_home_that_is_opened_twice_in_one_process_loses_nothing(tmp_path: Path) -> None:
    """Whoever opens what it has open must not let go of it: a report would go to no file."""
    home = home_of(tmp_path / "home")
    first = outbox_of(home)
    said = publish(first, "routine")
    second = outbox_of(home)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another:
        said += another.submit(publish_many, home.folder, 1).result()
        said += publish(first, "routine") + publish(second, "routine")
        assert set(said) <= set(another.submit(stored_in, home.folder).result())
    check_chains(home.public_key, list(raws(first).values()))


def test_threads_of_one_outbox_share_no_number(speaker: Speaker) -> None:
    """A consumer publishes from a thread while the sender takes receipts in from another."""
    outbox = speaker.outbox
    urgencies: tuple[Urgency, ...] = ("routine", "threat_to_life")
    drafts = [concern(outbox, urgency=urgency) for urgency in urgencies * 16]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(outbox.publish, [*drafts, *drafts]))
    held = raws(outbox)
    assert set(said) <= held.keys()
    assert len(held) == 32 + 2
    check_chains(speaker.home.public_key, list(held.values()))

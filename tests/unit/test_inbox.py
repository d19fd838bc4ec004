"""What comes back to an outbox: proved and learned from once, or named and acted on in nothing."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from broker.core.prepare import Prepared, prepare
from contracts import base64url
from contracts.draft import Draft, draft
from contracts.event.work import ProvenanceSupplied
from contracts.finding import examine
from contracts.opened import View, open_receipt, open_view
from contracts.section import Cause
from contracts.statement import verify
from producers import keys
from producers.home import Home
from producers.inbox import Came
from producers.tables import meta
from tests.support import playing
from tests.support.reports import concern
from tests.support.speaking import Speaker, adopt
from tests.support.stranger import seeded
from tests.support.town import CASE, Town
from tests.vectors.ledger import POLICE_BASIS, agreement, source_key

NIGHT, NEWCOMER = "tv-probation/night", "tv-probation/new"


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def test_a_receipt_decides_what_was_sent(speaker: Speaker) -> None:
    """Until the log proves a decision a report is on its way, whoever says it arrived."""
    said = speaker.outbox.publish(concern(speaker.outbox))
    assert speaker.stands(said) == ("waiting", None)
    speaker.send()
    assert speaker.stands(said) == ("sent", None)
    speaker.read()
    row = speaker.row(said)
    assert speaker.stands(said) == ("decided", "accepted")
    receipt = open_receipt(row["receipt"], speaker.home.trust)
    assert receipt.part.submission == row["digest"]
    assert row["entry"] == receipt.head.index == len(speaker.town.log.entries) - 1
    assert speaker.outbox.undecided() == 0
    assert {one["event"] for one in speaker.outbox.rows()} == {"stream_opened", "concern_reported"}
    speaker.check_rereading()


def test_a_receipt_that_is_quicker_than_the_note_of_sending_stands(speaker: Speaker) -> None:
    """The log may answer before the sender has written down that it sent."""
    said = speaker.outbox.publish(concern(speaker.outbox))
    waiting = [one.digest for one in speaker.outbox.waiting()]
    speaker.send()
    speaker.read()
    speaker.outbox.mark_sent(waiting)
    assert speaker.stands(said) == ("decided", "accepted")
    assert speaker.outbox.undecided() == 0


def of_another_log(record: bytes) -> bytes:
    """Put another log's signature under a record."""
    return record[: record.rindex(b"\n\xe2\x80\x94")] + Town("other").log.checkpoints[-1].encode()


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "the outcome changed": lambda r: r.replace(b'"outcome":"accepted"', b'"outcome":"rejected"', 1),
    "the statement changed": lambda r: r.replace(b'"submission":"', b'"submission":"A', 1),
    "the place changed": lambda r: r.replace(b'"index":', b'"index":1', 1),
    "the time changed": lambda r: r.replace(b'"ledger_time":', b'"ledger_time":9', 1),
    "a reason added": lambda r: r.replace(b'"findings":{', b'"findings":{"urgency":"x",', 1),
    "the checkpoint another's": of_another_log,
    "cut off": lambda r: r[: len(r) // 2],
    "garbage": lambda _: b"\x00\xff{}\n[]\n",
    "empty": lambda _: b"",
    "nested without end": lambda r: b"[" * 9_000 + r,
}


@pytest.mark.parametrize("what", FORGED)
def test_a_receipt_that_does_not_prove_is_named_and_acted_on_in_nothing(
    speaker: Speaker, what: str
) -> None:
    """Whoever can write to the topic must not be able to say that a report was refused."""
    said = speaker.outbox.publish(concern(speaker.outbox))
    speaker.send()
    before = speaker.tables(apart=["positions", "unproved"])
    *others, true = speaker.came()
    forged = FORGED[what](true.record or b"")
    assert forged != true.record
    speaker.inbox.take([true._replace(record=forged)])
    assert speaker.tables(apart=["positions", "unproved"]) == before
    (kept,) = speaker.outbox.distrusted()
    assert (kept["topic"], kept["offset"]) == (true.topic, true.offset)
    assert kept["what"]
    speaker.inbox.take([*others, true._replace(offset=true.offset + 1)])
    assert speaker.stands(said) == ("decided", "accepted")
    assert len(speaker.outbox.distrusted()) == 1


def test_a_view_that_does_not_prove_teaches_nothing(tmp_path: Path) -> None:
    """Keys and agreements are believed only as this log gave them, and to this agency."""
    speaker = Speaker(tmp_path / "home")
    views = [one for one in speaker.came() if one.topic == speaker.inbox.views]
    log = speaker.town.log
    forge: list[Callable[[bytes], bytes]] = [
        of_another_log,
        lambda record: record.replace(b'"slot":', b'"slot":1', 1),
        lambda record: record.replace(b'"leg":"public_control"', b'"leg":"own"', 1),
        lambda record: record.replace(b"~", b"A~", 1),
    ]
    fakes = [change(value) for change in forge for _, value in log.views["tv-probation"]]
    fakes += [value for _, value in log.views["mk-hub"]]
    speaker.inbox.take([Came(speaker.inbox.views, n, fake) for n, fake in enumerate(fakes)])
    assert len(speaker.outbox.distrusted()) == len(fakes)
    assert speaker.outbox.partnership.founding is None
    assert speaker.outbox.partnership.versions == {}
    speaker.inbox.take(views)
    assert set(speaker.outbox.partnership.versions) == {"mk-isa"}


def test_another_sources_receipts_on_the_shared_topic_are_passed_over(tmp_path: Path) -> None:
    """Two systems of one agency share its topics: neither may take the other's for its own."""
    town = Town()
    case = Speaker(tmp_path / "case", town=town, name=CASE)
    night = Speaker(tmp_path / "night", town=town, name=NIGHT)
    late = Speaker(tmp_path / "new", town=town, name=NEWCOMER)
    for one in (case, night, late):
        one.read()
    said = {one.home.source: one.outbox.publish(concern(one.outbox)) for one in (case, night, late)}
    for one in (late, night, case):
        one.send()
    for one in (case, night, late):
        one.read()
        reports = [r["id"] for r in one.outbox.rows() if r["event"] != "stream_opened"]
        assert reports == [said[one.home.source]]
        assert len(one.outbox.rows()) == 2
        assert one.generations() == ["first"]
        assert one.outbox.distrusted() == []
        one.check_rereading()
    assert late.row(said[late.home.source])["outcome"] == "rejected"


def test_a_refusal_that_took_a_number_is_remembered_by_its_own_source_alone(
    tmp_path: Path,
) -> None:
    """A lost statement's number is used although it was refused; another's is not ours to mind."""
    town = Town()
    case = Speaker(tmp_path / "case", town=town, name=CASE)
    night = Speaker(tmp_path / "night", town=town, name=NIGHT)
    raw = town.played.say(NIGHT, "provenance_supplied", {"event": {"statement": case.new_id()}})
    town.flow()
    context, sections = night.opened(raw)
    for one in (case, night):
        one.read()
    assert case.outbox.rows() == []
    (row,) = night.outbox.rows()
    assert (row["id"], night.stands(context["id"])) == (context["id"], ("decided", "rejected"))
    intake = sections["intake"]
    assert (row["stream"], row["sequence"]) == (intake["stream"], intake["sequence"])
    night.check_rereading()


def enrol(speaker: Speaker, name: str, kept: dict[str, Any] | None = None) -> None:
    """Let governance enrol a source's key."""
    agency, _, system = name.partition("/")
    act = {"act": "key_enrolled", "agency": agency, "key": kept or source_key(agency, system)}
    speaker.town.played.govern("mk-csp", "act_proposed", {"proposal": act})
    speaker.town.flow()


@pytest.mark.parametrize("at_once", [False, True])
def test_what_an_unknown_key_signed_is_sent_again_once_the_key_is_enrolled(
    tmp_path: Path, *, at_once: bool
) -> None:
    """The first report of a new system must not be lost to the order of two letters."""
    speaker = Speaker(tmp_path / "home", name=NEWCOMER)
    speaker.read()
    said = speaker.outbox.publish(concern(speaker.outbox))
    raw = speaker.row(said)["raw"]
    speaker.send()
    if not at_once:
        speaker.read()
        assert speaker.stands(said) == ("decided", "rejected")
        assert speaker.row(said)["again"] == "same_bytes"
        speaker.check_rereading()
    enrol(speaker, NEWCOMER)
    speaker.read()
    assert speaker.stands(said) == ("waiting", None)
    speaker.check_rereading()
    came = speaker.came()
    speaker.send()
    before = speaker.tables(apart=["positions"])
    speaker.inbox.take(came)
    assert speaker.tables(apart=["positions"]) == before
    speaker.read()
    assert speaker.stands(said) == ("decided", "accepted")
    assert speaker.row(said)["raw"] == raw
    speaker.check_rereading()


def test_a_receipt_that_comes_after_what_cures_it_waits_again_at_once(tmp_path: Path) -> None:
    """Receipts and views come on topics of their own, in either order."""
    speaker = Speaker(tmp_path / "home", name=NEWCOMER)
    speaker.read()
    said = speaker.outbox.publish(concern(speaker.outbox))
    speaker.send()
    enrol(speaker, NEWCOMER)
    came = speaker.came()
    for name in (speaker.inbox.views, speaker.inbox.receipts):
        speaker.inbox.take([one for one in came if one.topic == name])
    assert speaker.stands(said) == ("waiting", None)


def test_the_newest_ledger_time_of_all_that_came_is_kept(tmp_path: Path) -> None:
    """What is said in an exercise carries it: an older one would be refused as out of its time."""
    speaker = Speaker(tmp_path / "home", name=NEWCOMER)
    speaker.say()
    came = speaker.came()
    speaker.inbox.take(came)
    heads = [
        (speaker.outbox.opened(one.record) if one.topic == speaker.inbox.views
         else open_receipt(one.record, speaker.home.trust)).head
        for one in came if one.record is not None
    ]  # fmt: skip
    with speaker.outbox.database.read() as db:
        kept = {row.key: row.number for row in db.execute(select(meta))}
    assert kept["ledger_time"] == max(one.ledger_time for one in heads)
    assert kept["exercise"] == heads[-1].exercise


def test_what_is_refused_again_waits_for_the_next_word_of_governance(tmp_path: Path) -> None:
    """To send a refused report for ever would be a flood of one's own."""
    speaker = Speaker(tmp_path / "home", name=NEWCOMER)
    speaker.read()
    said = speaker.say()
    for system in ("one", "two"):
        enrol(speaker, f"mk-hub/{system}")
        speaker.read()
        assert [one.id for one in speaker.outbox.waiting()][-1] == said
        speaker.send()
        speaker.read()
        assert speaker.stands(said) == ("decided", "rejected")
        assert speaker.outbox.waiting() == []


def test_a_key_that_was_replaced_leaves_its_receipts_readable(speaker: Speaker) -> None:
    """A new key must not stop the outbox at the first receipt for what the old one signed."""
    said = speaker.outbox.publish(concern(speaker.outbox))
    speaker.send()
    speaker.close()
    folder = speaker.home.folder
    (folder / "key.pem").unlink()
    keys.write_key(folder / "key.pem", folder / "secret", seeded("next key"))
    speaker.home = Home.open(folder)
    speaker.open()
    enrolled = msgspec.to_builtins(speaker.home.source_key(["statements"]))
    enrol(speaker, CASE, enrolled)
    speaker.read()
    assert speaker.stands(said) == ("decided", "accepted")
    assert speaker.stands(speaker.say()) == ("decided", "accepted")


def supplied(speaker: Speaker, said: str) -> Draft:
    """Draft what completes a held report."""
    complete = concern(speaker.outbox).sections["provenance"]
    found = draft(
        id=speaker.outbox.new_id(), event="provenance_supplied",
        sections={"event": ProvenanceSupplied(statement=said), "cause.1": Cause(said)},
    )  # fmt: skip
    sections = {**found.sections, "provenance": complete}
    return msgspec.structs.replace(found, sections=sections)


@pytest.mark.parametrize("turned_round", [False, True])
def test_a_later_decision_replaces_an_earlier_and_never_the_other_way_round(
    speaker: Speaker, *, turned_round: bool
) -> None:
    """A report that was held and then let through must not show as held again, or the reverse."""
    said = speaker.outbox.publish(concern(speaker.outbox, named=False))
    speaker.send()
    held = speaker.came()[-1]
    speaker.read()
    assert speaker.stands(said) == ("decided", "quarantined")
    speaker.outbox.publish(supplied(speaker, said))
    speaker.send()
    came = [one for one in speaker.came() if one.topic == speaker.inbox.receipts]
    speaker.inbox.take(came[::-1] if turned_round else came)
    row = speaker.row(said)
    assert speaker.stands(said) == ("decided", "accepted")
    assert row["entry"] == len(speaker.town.log.entries) - 1
    speaker.inbox.take([held])
    assert speaker.row(said) == row
    speaker.check_rereading()


def mistaken(raw: bytes, known: Any) -> Prepared:
    """Prepare as a broker that finds a victim where nobody said so."""
    found = prepare(raw, known)
    if b'"event":"concern_reported"' not in found.findings:
        return found
    return found._replace(findings=found.findings.replace(b'"unassessed"', b'"victim"', 1))


def test_findings_that_differ_are_disputed_once(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a report showed is decided on for years: its publisher must say that it did not."""
    with monkeypatch.context() as broken:
        broken.setattr(playing, "prepare", mistaken)
        said = speaker.say()
    speaker.check_rereading()
    row = speaker.row(said)
    (disputed,) = [r for r in speaker.outbox.rows() if r["event"] == "findings_disputed"]
    context, sections = speaker.opened(disputed["raw"])
    receipt = open_receipt(row["receipt"], speaker.home.trust)
    ours = examine(verify(row["raw"], {speaker.home.kid: speaker.home.public_key}.get))
    assert context["urgency"] == "urgent"
    assert sections["cause.1"] == {"statement": said}
    assert sections["event"] == {
        "key": f"findings_disputed/{row['digest']}",
        "submission": row["digest"],
        "index": row["entry"],
        "ours": digest(msgspec.json.encode(ours)),
        "theirs": digest(bytes(receipt.part.findings)),  # type: ignore[arg-type]
        "differs": ["parts"],
    }
    speaker.send()
    speaker.read()
    assert speaker.stands(disputed["id"]) == ("decided", "accepted")
    assert len(speaker.outbox.rows()) == 3
    speaker.check_rereading()


def digest(exact: bytes) -> str:
    """Digest exact bytes as the log does."""
    return base64url.encode(sha256(exact).digest())


def answer(speaker: Speaker, said: str) -> None:
    """Let police answer for a report."""
    draw = speaker.town.played.draw
    sections = {
        "event": {
            "statement": said, "received_by": "D. Sergeant", "researched": "yes",
            "actions": ["dash_planned"], "avoid": "do not say that police know",
        },
        "cause.1": {"statement": said},
        "provenance": {
            "kind": "practitioner",
            "practitioner": {"token": base64url.encode(draw(16)), "name": "D. Sergeant"},
            "role": "sergeant", "employer": "Thames Valley Police", "how_known": "record",
            "contact": {"mailbox": "duty@police.example"},
        },
    }  # fmt: skip
    speaker.town.played.say(
        "thames-valley/intelligence", "response_given", sections, basis=POLICE_BASIS
    )
    speaker.town.flow()


def test_an_answer_about_what_was_said_here_shows_here(tmp_path: Path) -> None:
    """Nobody was told what became of a report: its publisher is, and no other system."""
    town = Town()
    reply: dict[str, Any] = {
        **agreement()["agreement"]["legs"][0], "from": ["thames-valley"], "to": ["tv-probation"],
        "types": ["response_given"], "basis": POLICE_BASIS, "sections": ["event", "provenance"],
    }  # fmt: skip
    adopt(town, id="mk-replies", legs=[reply])
    speaker = Speaker(tmp_path / "home", town=town)
    night = Speaker(tmp_path / "night", town=town, name=NIGHT)
    for one in (speaker, night):
        one.read()
    said = speaker.say()
    answer(speaker, said)
    for one in (speaker, night):
        one.read()
    (shown,) = speaker.outbox.answers()
    assert shown["about"] == said
    view = speaker.outbox.opened(shown["record"])
    assert isinstance(view, View)
    facts = json.loads(msgspec.json.encode(view.statement.event))
    assert (facts["received_by"], facts["avoid"]) == ("D. Sergeant", "do not say that police know")
    known = speaker.outbox.partnership.keys.get
    again = open_view(shown["record"], speaker.home.trust, known, to="tv-probation")
    assert isinstance(again, View)
    assert again.verified
    assert night.outbox.answers() == []
    speaker.check_rereading()

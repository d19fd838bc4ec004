"""A case played by the real parts: what fires, who receives what, and that the log proves it."""

import csv
import io
import resource
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, func, insert, select

from consumers.audit.container import opened
from consumers.audit.defect import Exit
from consumers.audit.verdict import Trusted
from consumers.audit.verify import verify
from consumers.consumer import Came, Consumer
from consumers.people.naming import place_key
from consumers.people.rows import people_places
from consumers.research.rows import research_tasks
from consumers.store import Store, Wanted, to_publish
from consumers.worker import Voice, Worker
from contracts.duration import HOUR_MS, MINUTE_MS
from contracts.event.case import PersonsLinked
from contracts.event.work import PossibleSameOrigin
from contracts.form import Section
from contracts.opened import View
from contracts.section import Narrative, Whereabouts
from contracts.statement import Statement
from deploy.replay import telling
from deploy.replay.founding import agencies_of
from deploy.replay.headlines import counted, headlines
from deploy.replay.never import Watch
from deploy.replay.played import Played, Spoken
from deploy.replay.proof import write_proof
from deploy.wiring import open_acting
from producers.home import Home
from producers.partnership import Partnership
from tests.support.auditor import audit_folder
from tests.support.command import typed
from tests.support.postgres import made
from tests.support.replaying import SMALL, played, written

POLICE, HUB, HOUSING, MK_ACT = "thames-valley", "mk-mash", "mkc-housing", "mk-act"
PLANTED = '  - {who: police, what: [narrative], of: [S03], why: "a planted trap"}\n'
PLANTED_FLAT = PLANTED.replace("narrative", "whereabouts")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which the case is played once, as it should have been."""
    return tmp_path_factory.mktemp("now")


@pytest.fixture(scope="module")
def now(place: Path) -> Played:
    """Play the case as it should have been."""
    return played(place, "now", keep=True)


@pytest.fixture(scope="module")
def then(small_then: tuple[Played, list[str]]) -> Played:
    """Give the case played as it was."""
    return small_then[0]


def received(one: Played, item: str) -> dict[str, tuple[str, set[str]]]:
    """Give what each agency received of an item at last: its level, and the sections."""
    said = one.said(item).statement
    return {d.to: (d.level, set(d.sections)) for d in one.delivered if d.statement == said}


def spoilt(folder: Path, extra: str = PLANTED) -> Path:
    """Write the first items of the case alone, with one more thing that must never be received."""
    text = SMALL.read_text()
    items = text[: text.index("  - id: S04")]
    path = folder / "spoilt.yaml"
    path.write_text(f"{items}must_never:\n{extra}")
    return path


def test_two_replays_of_a_case_are_equal_byte_for_byte_whatever_the_database(
    now: Played, tmp_path: Path, database: str
) -> None:
    """What a reviewer saw on a laptop must be what a force with a server of its own sees."""
    again = played(tmp_path, "now", store=made(database, "replay"))
    assert [one.record for one in again.log.entries] == [one.record for one in now.log.entries]
    assert again.log.views == now.log.views
    assert again.log.checkpoints == now.log.checkpoints
    assert list(telling.table(again)) == list(telling.table(now))
    acting = open_acting(Home.open(tmp_path / "homes" / f"{POLICE}-desk"))
    with acting.store.read() as db:
        assert db.dialect.name == "postgresql"
        held = db.execute(select(func.count()).select_from(research_tasks)).scalar_one()
    assert held == len(now.tasks)
    acting.store.close()
    acting.outbox.database.close()


def test_as_it_should_have_been_a_separation_asks_the_hub_at_once(now: Played) -> None:
    """The review's report of May 2012 reached nobody who would have asked her."""
    spoken, alert = now.alerts[0]
    said = now.said("S03")
    assert (spoken.agency, alert.rule, spoken.about) == (HUB, "separation", ("S03",))
    assert spoken.at == said.item.at_ms
    assert alert.due_at == spoken.at + now.founding.rules.alert_hours * HOUR_MS
    full = {"event", "narrative", "risk", "use_limits", "provenance", "person.2.identity"}
    assert {to: level for to, (level, _) in received(now, "S03").items()} == {
        POLICE: "full", HUB: "full",
    }  # fmt: skip
    assert full <= received(now, "S03")[POLICE][1]
    assert received(now, "S05")[MK_ACT] == (
        "minimal", {"event", "use_limits", *(f"person.{n}.{k}" for n in (1, 2)
                                             for k in ("identity", "part"))},
    )  # fmt: skip


def test_police_are_asked_to_look_for_each_person_and_time_stops_where_that_runs_out(
    now: Played,
) -> None:
    """An alert at the next report, weeks later, would say that nobody was late."""
    looks = [task for one, task in now.tasks if one.about == ("S03",)]
    assert {now.people[task.subject] for task in looks} == {"D", "T"}
    late = [one.at for one, alert in now.alerts if alert.rule == "M01" and one.about == ("S03",)]
    assert late == [min(task.due_at for task in looks) + MINUTE_MS]


def test_as_it_was_nothing_flows_and_nothing_asks(then: Played) -> None:
    """Without an agreement everything is held, and in 2012 no consumer ran."""
    assert [one.item.id for one in then.items if one.statement] == [
        "S01", "S02", "S03", "S04", "S05", "S06", "S10",
    ]  # fmt: skip
    assert then.said("S03").reasons[0][0] == "agreement.none_in_force"
    assert not then.alerts
    assert not then.tasks
    assert {d.leg for d in then.delivered} == {"emergency"}
    assert "nobody wrote it down" in (then.said("S09").why_not or "")


def test_then_says_what_agencies_were_called_and_whom_they_told(then: Played, now: Played) -> None:
    """Nobody would know the probation service of 2012 by its name of today."""
    page = "\n".join(telling.table(then, item="S03"))
    assert "Thames Valley Probation Trust: Pat Marsh (name invented)" in page
    assert "In fact told: Thames Valley Police" in page
    provenance = next(
        one.statement.sections["provenance"] for one in then.spoken if one.about == ("S03",)
    )
    assert provenance.employer == "Thames Valley Probation Trust"  # type: ignore[attr-defined]
    assert "The Probation Service, Thames Valley" in "\n".join(telling.table(now, item="S03"))


def test_what_was_held_for_its_author_is_decided_anew_and_researched(now: Played) -> None:
    """A report that names nobody is no dead end: its own agency completes it."""
    said = now.said("S07")
    assert said.outcome == "quarantined"
    assert [(one.statement, one.outcome) for one in now.anew] == [(said.statement, "accepted")]
    assert received(now, "S07")[POLICE][0] == "full"
    assert [one for one, _ in now.tasks if one.about[:1] == ("S07",)]


def test_each_writer_has_tokens_of_its_own_and_only_a_named_matcher_joins_them(
    now: Played,
) -> None:
    """A machine that merged two people would send one woman's address as another's."""
    writers = ("probation", "police", "housing", "compass")
    dorians = [token for token, key in now.people.items() if key == "D"]
    assert len(dorians) == len(writers)
    links = list(now.of(PersonsLinked))
    assert {frozenset(now.people[token] for token in link.subjects) for _, link in links} == {
        frozenset("D"), frozenset("T"),
    }  # fmt: skip
    assert all(not one.automated and one.about == ("L01",) for one, _ in links)
    assert all(link.matcher == "Sam Field (name invented)" for _, link in links)
    origin, _ = next(now.of(PossibleSameOrigin))
    assert set(origin.about) == {"S03", "S04"}


def test_headlines_count_only_what_was_written_down_then(now: Played, then: Played) -> None:
    """A day count from a neighbour who told nobody would be untrue."""
    found = counted(now, now.case.headlines[0])
    assert (found[0].item, found[0].days, found[0].looks) == ("S03", 188, 14)
    assert found[0].rules == ("separation", "M01", "M04")
    assert {one.item for one in found} == {"S03", "S04"}
    assert {one.about[0] for one, _ in now.alerts} >= {"S07", "S09", "S10"}, "these fired too"
    page = " ".join(" ".join(headlines(now)).split())
    assert "188 days before the assault (5 November 2012)" in page
    assert "Left out, told informally: S09" in page
    assert "Known to no day, so none is counted: S01, S02, S05, S09" in page
    assert "Nobody was asked anything" in "\n".join(headlines(then))


def test_every_part_is_headed_as_a_replay_and_nothing_was_prevented(
    now: Played, then: Played
) -> None:
    """A page that is torn off must not pass for a case file, nor for a promise."""
    for one in (now, then):
        pages = [telling.table(one), headlines(one), telling.contradictions(one),
                 telling.breaches(one)]  # fmt: skip
        told = [list(page) for page in pages]
        assert all("REPLAY" in page[0] for page in told)
        assert not any("prevented" in line for page in told for line in page)
        assert "about February 2012 [S02, review 1.2]" in "\n".join(told[2])
        assert "in May [review 2.1]" in "\n".join(told[2])
    assert all(one.recorded.head.exercise for one in now.log.entries)


def test_nobody_received_what_they_must_never(now: Played) -> None:
    """The small case's own rules hold under the agreements that ship."""
    assert now.breaches == []
    assert HOUSING not in received(now, "S03")


@pytest.fixture
def watch(now: Played, tmp_path: Path) -> Watch:
    """Watch over the planted rule, after its item was said as it was in the replay."""
    found = Watch(written(spoilt(tmp_path)).case, now.people)
    found.say(now.said("S03").item, statement_of(now, "S03"))
    return found


def statement_of(now: Played, item: str) -> Statement:
    """Give the statement that an item became."""
    said = now.said(item).statement
    return next(one.statement for one in now.spoken if one.id == said)


def words_of(now: Played) -> str:
    """Give the words that police must never read in the planted case."""
    report = now.said("S03").item.report or {}
    return str(report["words"])


def quoting(now: Played, text: str) -> Spoken:
    """Give an alert of the replay as one that a machine put words into."""
    one, _ = now.alerts[0]
    words: dict[str, Section] = {"narrative": Narrative(text, "summary")}
    return replace(one, statement=replace(one.statement, sections=words))


def test_a_machine_that_quotes_is_caught(now: Played, watch: Watch) -> None:
    """Derived statements refer: what they quote, in part too, would go where the report may not."""
    watch.hear(quoting(now, "somebody is worried"))
    assert watch.breaches == []
    part = " ".join(words_of(now).split()[3:9])
    watch.hear(quoting(now, part.rpartition(" ")[0]))
    assert watch.breaches == [], "a few words in a row stand in everything"
    watch.hear(quoting(now, f"it says: {part.upper()}..."))
    (found,) = watch.breaches
    assert (found.item, found.section, found.where) == (
        "S03", "narrative", f"said by {HUB} by itself",
    )  # fmt: skip


def test_a_machine_that_joins_people_is_caught(now: Played, watch: Watch) -> None:
    """Persons are joined by a named matcher alone."""
    one, link = next(now.of(PersonsLinked))
    watch.hear(replace(one, automated=True, value=link))
    assert [found.section for found in watch.breaches] == ["persons_linked"]


def test_a_desks_row_that_quotes_is_caught(now: Played, watch: Watch, tmp_path: Path) -> None:
    """What stands in a desk's database is read there, whatever the views say."""
    store = Store(tmp_path / "desk.sqlite")
    row = {"key": "k", "id": "i", "draft": words_of(now).encode(), "published": False}
    with store.write() as db:
        db.execute(insert(to_publish).values(**row))
    watch.look(HUB, store)
    assert watch.breaches == [], "the rule is about police"
    watch.look(POLICE, store)
    assert [one.where for one in watch.breaches] == ["a desk's rows (to_publish)"]
    store.close()


def test_an_address_is_caught_as_a_desk_spells_it_unless_the_desks_own_agency_said_it(
    now: Played, tmp_path: Path
) -> None:
    """Who visited a flat has its address, whoever else's report of it is kept from them."""
    address = "Flat 1, Example Ct, Milton Keynes"
    sections: dict[str, Section] = {"person.1.whereabouts": Whereabouts("t" * 22, address)}
    watch = Watch(written(spoilt(tmp_path, PLANTED_FLAT)).case, now.people)
    store = Store(tmp_path / "desk.sqlite")
    row = {"place": place_key(address), "token": "t" * 22, "statement": "s"}
    with store.write() as db:
        db.execute(insert(people_places).values(**row))
    watch.say(now.said("S03").item, replace(statement_of(now, "S03"), sections=sections))
    watch.look(POLICE, store)
    assert [one.where for one in watch.breaches] == ["a desk's rows (people_places)"]
    watch.breaches.clear()
    watch.say(now.said("S04").item, replace(statement_of(now, "S04"), sections=sections))
    watch.look(POLICE, store)
    assert watch.breaches == []
    store.close()


def test_the_log_of_a_replay_verifies_by_both_auditors(now: Played, tmp_path: Path) -> None:
    """A page of findings about an inquest's case must be provable by somebody who trusts nobody."""
    done = write_proof(now.log, tmp_path)
    assert (done.entries, done.unsigned) == (len(now.log.entries), 0)
    trust = msgspec.json.decode((tmp_path / "trust.json").read_bytes(), type=Trusted)
    with opened(tmp_path / "export") as export:
        verdict = verify(export, trust)
    assert verdict.exit in {Exit.VERIFIED, Exit.FINDINGS}
    assert verdict.decided == len(now.log.entries)
    assert audit_folder(tmp_path / "export", tmp_path / "trust.json").defects == set()


def test_a_proof_that_failed_is_tried_again(now: Played, tmp_path: Path) -> None:
    """A full disk left the trust file behind, and the next try was told to choose another path."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(now.log.entries[0].record) + 1, most[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_proof(now.log, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []
    assert write_proof(now.log, tmp_path).entries == len(now.log.entries)


def test_a_flipped_byte_of_a_replayed_log_is_found(now: Played, tmp_path: Path) -> None:
    """What verifies whatever was changed proves nothing."""
    write_proof(now.log, tmp_path)
    ledger = tmp_path / "export" / "ledger.log"
    exact = bytearray(ledger.read_bytes())
    exact[len(exact) // 2] ^= 1
    ledger.write_bytes(exact)
    trust = msgspec.json.decode((tmp_path / "trust.json").read_bytes(), type=Trusted)
    with opened(tmp_path / "export") as export:
        assert verify(export, trust).exit not in {Exit.VERIFIED, Exit.FINDINGS}


def test_time_that_an_exercise_is_moved_to_runs_clocks_and_is_shown_to_nobody(
    now: Played, tmp_path: Path
) -> None:
    """A replay stops wherever a clock runs out: most of what it sends is no more than the time."""
    seen, passed = Counter[str](), set[int]()

    class Looking(Worker):
        def take(self, db: Connection, view: View) -> list[Wanted]:
            seen[view.statement.kind.name] += 1
            return []

        def pass_time(self, db: Connection, at: int) -> list[Wanted]:
            passed.add(at)
            return []

    voice = Voice(HUB, f"/agencies/{HUB}/desk", "duty manager", Partnership())
    store = Store(tmp_path / "hub.sqlite")
    consumer = Consumer(store, voice=voice, trust=now.log.trust, workers=[Looking(voice)])
    consumer.take([Came(at, *one) for at, one in enumerate(now.log.views[HUB])])
    store.close()
    assert "exercise_time_set" not in seen
    assert seen["alert_raised"] > 0
    assert len(passed) > len(now.log.times) > 0


async def test_somebody_can_work_at_a_desk_of_what_was_played(now: Played, place: Path) -> None:
    """What a replay says of a desk, whoever opens that desk must find there."""
    home = Home.open(place / "homes" / f"{HUB}-desk")
    acting = open_acting(home)
    assert acting.is_ready()
    acting.store.close()
    acting.outbox.database.close()
    told = await typed(f"alert list --home {home.folder}")
    assert now.alerts[0][0].id in told


async def test_the_command_tells_one_item_keeps_the_log_and_ends_with_one_at_a_planted_breach(
    tmp_path: Path,
) -> None:
    """A build that runs it must fail where somebody received what they must never.

    A check that cannot fail checks nothing: it names item, party, section and trap. Where tables
    are elsewhere, each agency has its own.
    """
    case, kept, table = spoilt(tmp_path), tmp_path / "kept", tmp_path / "alerts.csv"
    stores = tmp_path / "stores"
    stores.mkdir()
    told = await typed(
        f"replay {case} --now --item S03 --folder {kept} --table {table} "
        f"--store sqlite:///{stores}/AGENCY.sqlite", expect=1,
    )  # fmt: skip
    assert "REPLAY 1 May 2012, 09:30: a concern (separation) [S03; review 1.3]" in told
    assert "[S02; " not in told
    words = " ".join(told.split())
    assert "BREACH: Thames Valley Police has narrative of S03 in a view: a planted trap" in words
    assert "in a desk's rows" not in words, "police's rows refer to a report and never quote it"
    assert {one.stem for one in stores.glob("*.sqlite")} == {*agencies_of()}
    read = list(csv.DictReader(io.StringIO(table.read_text())))
    columns = ("replay", "item", "rule", "agency", "when, UTC")
    assert [tuple(row[one] for one in columns) for row in read][:1] == [
        ("REPLAY now", "S03", "separation", HUB, "1 May 2012, 09:30")
    ]
    proved = f"audit verify {kept}/now/export --trust {kept}/now/trust.json"
    # Nobody works in a replay: what was held in it waits past its clock, and is found.
    assert "VERIFIED, WITH FINDINGS" in await typed(proved, expect=1)
    assert "is there already" in await typed(f"replay {case} --now --folder {kept}", expect=64)
    assert "no such item" in await typed(f"replay {case} --item S99", expect=64)

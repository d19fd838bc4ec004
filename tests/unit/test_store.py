"""The consumer's store: once, whatever is read twice, at once, again or from nothing."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, Executable, event, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from consumers import acting, aside, standing
from consumers import store as stored
from consumers.consumer import Came, Consumer
from consumers.research.rows import research_tasks, results
from consumers.store import Store
from consumers.telling import rows as telling
from consumers.telling.notification import Notification
from consumers.worker import derived_id
from contracts.draft import Draft, draft
from contracts.fault import Transient
from contracts.identifier import is_statement_id
from tests.support.desk import HUB, POLICE, Desk
from tests.support.postgres import made


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed, and one report was made."""
    found = Desk(tmp_path)
    found.report()
    return found


def empty(desk: Desk, agency: str = POLICE, *, store: str = "empty") -> Consumer:
    """Open an agency's consumer on a store that is made for it, and has read nothing."""
    return desk.open(agency, desk._folder / store)


def wanted(consumer: Consumer) -> list[tuple[str, str, bool]]:
    """List what a consumer says: natural key, id, whether it was handed over."""
    with consumer.store.read() as db:
        kept = stored.to_publish.c
        query = select(kept.key, kept.id, kept.published)
        return [tuple(row) for row in db.execute(query.order_by(stored.to_publish.c.key))]


def refuse(_: Sequence[Draft]) -> None:
    """Publish nothing, and fail where anything is to be published."""
    raise AssertionError("it was said before")


def test_a_redelivered_view_changes_nothing(desk: Desk) -> None:
    """Kafka delivers at least once: the second time must not be a second task."""
    police = empty(desk)
    came = desk.records(POLICE)
    assert police.take(came) == len(came)
    before = wanted(police)
    assert police.take(came) == 0
    assert police.take([Came(len(came), one.key, one.record) for one in came[-1:]]) == 1
    assert wanted(police) == before


def test_any_split_of_the_records_gives_the_same_rows(desk: Desk) -> None:
    """How Kafka cuts batches must not decide what is done."""
    desk.pass_hours(80)
    whole, apart = empty(desk, store="whole"), empty(desk, store="apart")
    came = desk.records(POLICE)
    whole.take(came)
    for one in came:
        apart.take([one])
    assert wanted(whole) == wanted(apart)
    assert len(wanted(whole)) == 14 + 2 + 2  # tasks, requests to probation, M01 and the duty


def test_one_record_taken_by_two_workers_at_once_is_taken_once(desk: Desk) -> None:
    """A second process of the same consumer may run while the first is being replaced."""
    came = desk.records(POLICE)
    both = [empty(desk, store="shared") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda consumer: consumer.take(came), both))
    assert sorted(taken) == [0, len(came)]
    assert len(wanted(both[0])) == len({key for key, _, _ in wanted(both[1])}) == 16


def test_a_position_that_somebody_else_moved_is_not_moved_again(desk: Desk) -> None:
    """Compare and set: on PostgreSQL two transactions may read the same position."""
    police = empty(desk)
    with police.store.write() as db:
        stored.advance(db, police.topic, expected=0, to=5)
    with pytest.raises(Transient), police.store.write() as db:
        stored.advance(db, police.topic, expected=0, to=7)
    assert police.position() == 5


def test_a_batch_that_fails_leaves_no_row_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, position and what is to be said commit together or not at all."""
    police = empty(desk)

    def fail(*_: object, **__: object) -> None:
        raise Transient("The disk is full.", remedy="Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(stored, "advance", fail)
        with pytest.raises(Transient):
            police.take(desk.records(POLICE))
    assert (police.position(), wanted(police)) == (0, [])
    police.take(desk.records(POLICE))
    assert len(wanted(police)) == 16


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    is_file = request.param == "sqlite"
    where = tmp_path if is_file else made(request.getfixturevalue("database"), request.node.name)
    found = Store(where / "store.sqlite" if isinstance(where, Path) else where)
    yield found
    found.close()


def test_what_was_there_already_is_not_new(store: Store, desk: Desk) -> None:
    """PostgreSQL's driver says -1 of each insert: a later delivery replaced nothing there."""
    seen = [view for view in desk.ledger.opened(POLICE) if view.delivery.leg != "public_control"]
    held = seen[0]
    later = replace(held, head=msgspec.structs.replace(held.head, index=held.head.index + 1))
    wanted = stored.Wanted("a key", draft(id=desk.new_id(), event="alert_closed", sections={}))
    told = Notification(key="k", cause="c", about=("a",), role="r", waits="alert", press="now")
    with store.write() as db:
        assert [stored.keep(db, one, b"record") for one in (held, held)] == [True, False]
        assert stored.keep(db, later, b"later")
        assert db.execute(select(stored.views.c.record)).scalars().all() == [b"later"]
        assert [stored.want(db, wanted) for _ in range(2)] == [True, False]
        assert [standing.mark(db, "id", "corrected", by) for by in "aab"] == [True, False, True]
        telling.add(db, [told])
        assert telling.take_up(db, told.key)
        telling.add(db, [told])
        assert telling.fresh(db) == []


def test_a_part_that_fails_is_undone_alone(store: Store) -> None:
    """What a worker wrote before it failed would stand as if it had been decided."""
    with store.write() as db:

        def write(topic: str, *, fails: bool = False) -> None:
            with aside.attempt(db):
                stored.advance(db, topic, expected=0, to=1)
                if fails:
                    raise KeyError(topic)

        write("one")
        with suppress(KeyError):
            write("two", fails=True)
        with aside.attempt(db):
            write("three")
            with suppress(KeyError):
                write("four", fails=True)
    with store.read() as db:
        assert {*db.execute(select(stored.positions.c.topic)).scalars()} == {"one", "three"}


def test_a_rebuilt_store_publishes_nothing_twice(desk: Desk) -> None:
    """A deleted database must cost a reading, not a second alert in the night."""
    desk.settle()
    for agency in (POLICE, HUB):
        rebuilt = empty(desk, agency, store=f"{agency}-rebuilt")
        rebuilt.take(desk.records(agency))
        assert rebuilt.publish_waiting(refuse) == 0
        keys = [key for key, _, _ in wanted(rebuilt)]
        assert keys == [key for key, _, _ in wanted(desk.acting(agency))]


def test_a_store_rebuilt_while_statements_are_on_their_way_says_them_under_the_same_ids(
    desk: Desk,
) -> None:
    """What is not in the views yet cannot be read back: the id itself must be the same."""
    first, again = empty(desk, store="first"), empty(desk, store="again")
    first.take(desk.records(POLICE))
    again.take(desk.records(POLICE))
    assert wanted(first) == wanted(again)
    ids = [said for _, said, _ in wanted(first)]
    assert len(set(ids)) == len(ids)
    assert all(map(is_statement_id, ids))


def test_a_derived_id_depends_on_who_says_it() -> None:
    """Two agencies that derive the same thing must not claim one id."""
    ids = {derived_id(a, 0x0197A1B20000, "k") for a in ("one", "two")}
    assert len(ids) == 2
    assert all(one.startswith("0197a1b2-0000-7") for one in ids)


def test_emptying_keeps_the_results_that_no_log_brings_back(desk: Desk) -> None:
    """A result stays in the force's own store: a rebuild must not lose it."""
    police = empty(desk)
    police.take(desk.records(POLICE))
    with police.store.write() as db:
        kept = {"task": "t", "attempt": 1, "terms": "[]", "terms_salt": b"s", "detail": "found"}
        db.execute(results.insert().values(**kept))
    police.store.forget()
    assert police.position() == 0
    with police.store.read() as db:
        assert db.execute(select(research_tasks)).all() == []
        assert db.execute(select(results.c.detail)).scalars().all() == ["found"]


def test_what_does_not_prove_is_kept_aside_and_the_rest_goes_on(desk: Desk) -> None:
    """One forged record must not stop the inbox, and must not be believed."""
    police = empty(desk)
    came = desk.records(POLICE)
    forged = came[-1].record or b""
    bad = [Came(came[-1].offset, b"k", forged.replace(b'"index":', b'"index":1', 1))]
    police.take([*came[:-1], *bad])
    police.take([Came(came[-1].offset + 1, came[-1].key, came[-1].record)])
    with police.store.read() as db:
        (kept,) = db.execute(select(aside.unproved)).mappings().all()
    assert kept["record"] == bad[0].record
    assert len(wanted(police)) == 16


def test_an_erased_view_is_dropped(desk: Desk) -> None:
    """A tombstone is the log's erasure: no copy may outlive it here."""
    police = empty(desk)
    came = desk.records(POLICE)
    police.take(came)
    police.take([Came(len(came), came[-1].key, None)])
    with police.store.read() as db:
        held = db.execute(select(stored.views.c.digest)).scalars().all()
    assert came[-1].key.decode() not in held
    assert len(held) == len(came) - 1


def test_the_tables_are_postgresqls_too() -> None:
    """A force's database server is PostgreSQL: the same tables must stand there."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in
            stored.metadata.sorted_tables]  # fmt: skip
    assert len(made) == len(stored.metadata.tables)
    assert "BIGSERIAL" in next(text for text in made if "to_publish" in text)


def test_what_is_asked_for_each_record_and_each_database_is_written_once(tmp_path: Path) -> None:
    """To write a statement anew takes longer than to do it: a replay would mostly write."""
    asked: list[Executable] = []

    def note(_db: object, statement: Executable, *_: object) -> None:
        asked.append(statement)

    draft = Draft(id=derived_id("a", 0, "a"), event="concern_reported", sections={})
    event.listen(Engine, "before_execute", note)
    try:
        for name in ("first", "second"):
            store = stored.Store(tmp_path / f"{name}.sqlite")
            with store.write() as db:
                for _ in range(2):
                    stored.position(db, "a")
                    stored.want(db, stored.Wanted("a", draft))
                    stored.unpublished(db)
                    stored.mark_published(db, draft.id)
                    stored.said(db, "a", draft.id)
                    aside.logged(db, draft.id)
                    standing.unmark(db, draft.id, "unsaid")
                    acting._put(db, "a", "b")
            store.close()
    finally:
        event.remove(Engine, "before_execute", note)
    assert len(set(map(id, asked[-18:]))) == 9
    made = [one.element.name for one in asked if isinstance(one, CreateTable)]
    assert made == ["shapes", "shapes"]

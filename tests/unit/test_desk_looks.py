"""Every look is recorded, and on the log as a digest; where somebody is takes two people."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from consumers.desk import looks
from consumers.desk.rights import RIGHTS
from consumers.desk.rows import looks as table
from contracts.duration import HOUR_MS
from tests.support.browser import provider
from tests.support.looking import POLICE, USERS, looked, report, token
from tests.support.visiting import Visited
from tests.support.working import Working, files_in


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(USERS) as known:
        yield known


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Working]:
    made = Working("looks", store=files_in(tmp_path), acting=[POLICE])
    yield made
    made.close()


def test_every_page_about_somebody_asks_why_and_records_who(desk: Visited, town: Working) -> None:
    """Before anything of it is shown: whoever goes back at the question has seen nothing."""
    page = report(town, "urgent")
    officer = desk.visitor("officer", purpose=None)
    asked = officer.get(page)
    assert asked.headers["location"] == f"/purpose?next={page}"
    assert looked(desk) == []
    assert officer.post(f"/purpose?next={page}", purpose="").status_code == 422
    assert officer.post(f"/purpose?next={page}", purpose="curiosity").status_code == 422
    assert officer.post(f"/purpose?next={page}", purpose="new_report").headers["location"] == page
    assert officer.get(page).status_code == 200
    said = page.rpartition("/")[2]
    assert looked(desk) == [(token("Lee Hart"), "new_report", "report", said)]
    assert "researcher, new report" in officer.get(page).text


def an_hour_later(desk: Visited, town: Working) -> list[Any]:
    """Let the hour end, and give what the log has of it."""
    town.move(town.log.clock_ms + HOUR_MS)
    town.settle()
    with desk.station.store.read() as db:
        return looks.verify(db, desk.station.voice.source)


def taken_out(db: Connection) -> None:
    db.execute(delete(table).where(table.c.place == 2))


def put_in(db: Connection) -> None:
    row = {"at": 1, "token": "t", "role": "r", "purpose": "p", "what": "w", "about": "a"}
    covered = db.execute(table.select()).mappings().first()
    assert covered is not None
    db.execute(insert(table).values(**row, covered_by=covered["covered_by"]))


def somebody_elses(db: Connection) -> None:
    db.execute(update(table).where(table.c.place == 2).values(token=token("Jo Bell")))


def for_another_purpose(db: Connection) -> None:
    db.execute(update(table).where(table.c.place == 2).values(purpose="audit"))


def at_another_time(db: Connection) -> None:
    db.execute(update(table).where(table.c.place == 2).values(at=table.c.at - 1))


def taken_out_of_its_hour(db: Connection) -> None:
    db.execute(update(table).where(table.c.place == 2).values(covered_by=None))


@pytest.mark.parametrize(
    "change",
    [
        taken_out,
        put_in,
        somebody_elses,
        for_another_purpose,
        at_another_time,
        taken_out_of_its_hour,
    ],
)
def test_a_look_that_is_changed_afterwards_is_found(
    desk: Visited, town: Working, change: Any
) -> None:
    """Whoever runs this machine can edit its database; the log has the hour's digest."""
    page = report(town, "urgent")
    officer = desk.visitor("officer")
    for _ in range(2):
        officer.get(page)
    (hour,) = an_hour_later(desk, town)
    assert (hour.told, hour.here, hour.holds) == (3, 3, True), "signing in is one too"
    assert town.events(POLICE, "looks_recorded")[0]["count"] == 3
    auditor = desk.visitor("auditor", purpose="audit")
    assert "WERE CHANGED" not in auditor.get("/looks").text
    with desk.station.store.write() as db:
        change(db)
    with desk.station.store.read() as db:
        (hour,) = looks.verify(db, desk.station.voice.source)
    assert not hour.holds
    assert "THESE RECORDS WERE CHANGED" in auditor.get("/looks").text


def test_a_look_that_names_an_hour_which_nobody_told_of_is_found(
    desk: Visited, town: Working
) -> None:
    """Else a look could be hidden by saying that it stands elsewhere."""
    officer = desk.visitor("officer")
    officer.get(report(town, "urgent"))
    with desk.station.store.write() as db:
        db.execute(update(table).values(covered_by="0132b1a4-9c40-7000-8000-000000000009"))
    an_hour_later(desk, town)
    with desk.station.store.read() as db:
        assert looks.strangers(db, set()) == 2


def test_hours_are_told_of_once_each_and_none_is_left_out(desk: Visited, town: Working) -> None:
    """Looks of three hours, one of them without any."""
    page = report(town, "urgent")
    officer = desk.visitor("officer")
    counts = []
    for number in (2, 0, 1):
        for _ in range(number):
            officer.get(page)
        counts = [one.told for one in an_hour_later(desk, town)]
    assert counts == [1 + 2, 1], "signing in is one too"
    with desk.station.store.read() as db:
        assert looks.untold(db) == 0


def test_the_auditor_reads_who_looked_and_is_recorded_too(desk: Visited, town: Working) -> None:
    """By name, with why; and nobody watches the watchers unseen."""
    page = report(town, "urgent")
    desk.visitor("officer").get(page)
    auditor = desk.visitor("auditor", purpose="audit")
    said = page.rpartition("/")[2]
    text = auditor.get(f"/looks?about={said}").text
    assert "opened a report" in text
    assert token("Lee Hart") in text
    assert "A task or alert that is mine" in text
    assert looked(desk)[-1] == (token("Ash Roy"), "audit", "looks", said)


def test_coming_going_and_being_refused_stand_among_the_looks(desk: Visited) -> None:
    """So that they are on the log too, and an auditor reads them beside what was opened."""
    officer = desk.visitor("officer", purpose=None)
    officer.get("/looks")
    officer.post("/sign-out", csrf=officer.csrf)
    with desk.station.store.read() as db:
        found = looks.listed(db, viewer=[], hidden=[], before=None, count=9)
    kinds = [(one["token"], one["what"], one["about"]) for one in reversed(found)]
    who = token("Lee Hart")
    assert kinds == [(who, "signed_in", "all"), (who, "refused", "/looks"),
                     (who, "signed_out", "all")]  # fmt: skip


def test_what_an_address_has_in_words_is_looked_up_and_recorded_nowhere(
    desk: Visited, town: Working
) -> None:
    """The looks are kept for years: a name that somebody typed as an address is not to be there."""
    visitor = desk.visitor("everything")
    for path in sorted(path for path in RIGHTS if "{" in path):
        for text in ("Tracey Hill", "%00", "x" * 44):
            address = re.sub(r"\{(?!kind|number|search)[a-z]+\}", text, path)
            address = address.format(kind="idva", number="1", search="1")
            assert visitor.get(address).status_code == 404, address
    assert visitor.get("/looks?about=Tracey+Hill").status_code == 404
    assert looked(desk) == []
    assert visitor.get("/looks?about=/reports/{statement}").status_code == 200

"""Closed alerts at the desk: page by page, each thread once, however many were closed."""

import re

import pytest
from sqlalchemy import insert, select

from consumers.desk.pages.alerts import THREADS
from consumers.safeguarding.rows import alert_subjects, alerts
from tests.support.busy import POLICE, Busy, alert
from tests.support.visiting import Visited
from tests.support.working import Working

COUNT = 60


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def closed(force: Busy) -> list[str]:
    """Let so many alerts be closed, each of another person, but that the last is of the first."""
    which = alert(force)
    with force.town.consumers[POLICE].store.write() as db:
        row = dict(db.execute(select(alerts).where(alerts.c.id == which)).mappings().one())
        ids = [f"00000000-0000-7000-8000-{n:012d}" for n in range(COUNT)]
        db.execute(insert(alerts), [{**row, "id": one, "closed": "done"} for one in ids])
        whose = [{"alert": one, "subject": f"{n % (COUNT - 1):022d}"} for n, one in enumerate(ids)]
        db.execute(insert(alert_subjects), whose)
    return ids


def test_every_closed_thread_stands_on_one_page(force: Busy, desk: Visited) -> None:
    """What was closed by mistake a month ago was on no page: nobody could find it again."""
    ids, officer = closed(force), desk.visitor("officer")
    listed, path, pages = list[str](), "/alerts?show=closed", 0
    while path:
        page = officer.get(path)
        assert page.status_code == 200
        listed += re.findall(r'<section class="desk-card"', page.text)
        shown = re.findall(r'href="/alerts/(00000000-[0-9a-f-]+)"', page.text)
        pages += 1
        ids = [one for one in ids if one not in shown]
        found = re.search(r'href="(/alerts\?show=closed[^"]+after=[^"]+)"', page.text)
        path = found[1].replace("&amp;", "&") if found else ""
    assert (pages, len(listed), ids) == (COUNT // THREADS, COUNT - 1, [])


def test_what_was_closed_of_open_threads_hides_no_older_one(force: Busy, desk: Visited) -> None:
    """The first page said that nothing is closed, and led on to what was."""
    ids = closed(force)
    with force.town.consumers[POLICE].store.write() as db:
        newest = dict(db.execute(select(alerts).where(alerts.c.id == ids[-1])).mappings().one())
        its = [f"00000000-0000-7000-8001-{n:012d}" for n in range(THREADS + 1)]
        db.execute(insert(alerts), [{**newest, "id": one, "closed": "done"} for one in its])
        db.execute(insert(alerts), {**newest, "id": f"{its[0][:-1]}f", "closed": None})
        whose = [{"alert": one, "subject": "9" * 22} for one in (*its, f"{its[0][:-1]}f")]
        db.execute(insert(alert_subjects), whose)
    officer = desk.visitor("officer")
    page = officer.get("/alerts?show=closed")
    assert "No alert that may be shown to you is closed" not in page.text
    assert "Older ones follow." in page.text
    older = re.findall(r'href="(/alerts\?show=closed[^"]+after=[^"]+)"', page.text)[0]
    assert f"/alerts/{ids[-2]}" in officer.get(older.replace("&amp;", "&")).text

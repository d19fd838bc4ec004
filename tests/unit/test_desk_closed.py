"""Closed alerts at the desk: page by page, each thread once, however many were closed."""

import re

import pytest
from sqlalchemy import insert, select

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
    assert (pages, len(listed), ids) == (3, COUNT - 1, [])

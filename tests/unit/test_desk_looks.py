"""Every look is recorded, and on the log as a digest; where somebody is takes two people."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from consumers.desk import looks
from consumers.desk.person import Role
from consumers.desk.rights import RIGHTS
from consumers.desk.rows import looks as table
from consumers.safeguarding.rows import alerts, raise_alert
from consumers.whereabouts import WAIT_MS, forget, may_alone, whereabouts
from contracts.context import Urgency
from contracts.event.work import AlertRaised
from tests.support.browser import provider
from tests.support.played import token_of
from tests.support.stranger import concern, seeded
from tests.support.visiting import Visited, visiting
from tests.support.working import HOUR_MS, Working, files_in

POLICE, PROBATION = "thames-valley", "nps-thames-valley/case"
ADDRESS, TELEPHONE = "3 Canary Row", "01632 960999"
USERS = [
    ("officer", "Lee Hart", ["researcher"]),
    ("colleague", "Max Dean", ["researcher"]),
    ("supervisor", "Jo Bell", ["supervisor"]),
    ("namesake", "lee  HART", ["supervisor"]),
    ("auditor", "Ash Roy", ["auditor"]),
    ("everything", "Sam Poe", [role.value for role in Role]),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(USERS) as known:
        yield known


def report(town: Working, urgency: str) -> str:
    """Have probation say where somebody is; give the report's address at the police desk."""
    sections = concern(seeded(f"looks/{urgency}"))
    subject = sections["person.2.identity"]["subject"]
    sections["person.2.whereabouts"] = {
        "subject": subject, "address": ADDRESS, "telephone": TELEPHONE,
    }  # fmt: skip
    town.say(PROBATION, "concern_reported", sections, urgency=urgency)
    town.settle()
    views = town.log.opened(POLICE)
    found = [v for v in views if v.statement.kind.name == "concern_reported"][-1]
    assert "person.2.whereabouts" in found.statement.sections
    return f"/reports/{found.statement.context.id}"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Working]:
    made = Working("looks", store=files_in(tmp_path), acting=[POLICE])
    yield made
    made.close()


@pytest.fixture
def desk(town: Working, issuer: str, tmp_path: Path) -> Iterator[Visited]:
    with visiting(town, POLICE, tmp_path, issuer=issuer) as open_:
        yield open_


def looked(desk: Visited) -> list[tuple[str, str, str, str]]:
    """List every look at something: token, purpose, what, about."""
    with desk.station.store.read() as db:
        found = looks.listed(db, viewer=[], hidden=[], before=None, count=500)
    return [
        (one["token"], one["purpose"], one["what"], one["about"])
        for one in reversed(found)
        if one["what"] not in {"signed_in", "signed_out", "refused"}
    ]


def token(name: str) -> str:
    return token_of(POLICE, name)


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


# Where somebody is


def place_in(page: str) -> str:
    found = re.search(r'name="place" value="(\d+)"', page)
    assert found is not None
    return found[1]


def holds_none(answer: Any) -> bool:
    """Say whether an answer shows nothing of where anybody is."""
    return ADDRESS not in answer.text and TELEPHONE not in answer.text


def test_where_somebody_is_stands_on_no_other_page(desk: Visited, town: Working) -> None:
    """Not in the report, not in the inbox, not in the question; and a link alone opens nothing."""
    page = report(town, "urgent")
    officer = desk.visitor("officer")
    for path in (page, "/", f"{page}/whereabouts/2", "/key", "/unsaved"):
        assert holds_none(officer.get(path)), path
    assert "Show where Tracey is" in officer.get(page).text
    for number in ("1", "3", "0", "x", "-1", "2x", "²"):
        assert officer.get(f"{page}/whereabouts/{number}").status_code == 404


def test_on_urgent_work_one_looks_alone_says_why_and_is_reviewed(
    desk: Visited, town: Working
) -> None:
    """At 3 am nobody may be kept waiting; and somebody else looks at it afterwards."""
    where = f"{report(town, 'urgent')}/whereabouts/2"
    officer, said = desk.visitor("officer"), where.split("/")[2]
    assert officer.post(where, do="show").status_code == 422, "not before it is asked"
    assert officer.post(where, do="alone", reason="").status_code == 422
    assert officer.post(where, do="alone", reason="to visit her").status_code == 303
    assert holds_none(officer.get(where)), "a link, or the way back, opens nothing"
    shown = officer.post(where, do="show")
    assert ADDRESS in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "Daniel" not in shown.text, "nobody else stands on her page"
    opened = "whereabouts_opened"  # each page names her
    assert [one[2:] for one in looked(desk)] == [
        (what, said) for what in (opened, opened, "whereabouts_alone", opened, "whereabouts")
    ]  # fmt: skip
    own = desk.visitor("namesake").get("/whereabouts").text
    assert "You looked: another person reviews it." in own
    supervisor = desk.visitor("supervisor")
    listed = supervisor.get("/whereabouts")
    assert "to visit her" in listed.text
    assert holds_none(listed)
    place = place_in(listed.text)
    assert supervisor.post("/whereabouts", place=place).status_code == 422
    assert supervisor.post("/whereabouts", place=place, finding="rightful").status_code == 303
    assert "Nothing waits for review" in supervisor.get("/whereabouts").text
    desk.clock.ahead_ms += WAIT_MS - 60_000
    assert ADDRESS in officer.post(where, do="show").text
    desk.clock.ahead_ms += 120_000
    officer.sign_in("officer")
    officer.post("/purpose", purpose="my_task")
    assert holds_none(officer.post(where, do="show"))


def test_on_routine_work_a_second_of_another_name_says_yes_in_time(
    desk: Visited, town: Working
) -> None:
    """Browsing takes two people; a namesake, an equal and the same person are no second."""
    where = f"{report(town, 'routine')}/whereabouts/2"
    officer = desk.visitor("officer")
    assert officer.post(where, do="alone", reason="mine").status_code == 422
    assert officer.post(where, do="ask", reason="to plan a visit").status_code == 303
    assert "Waiting for a second person" in officer.get(where).text
    assert holds_none(officer.post(where, do="show"))
    assert desk.visitor("colleague").get("/whereabouts").status_code == 403
    namesake, supervisor = desk.visitor("namesake"), desk.visitor("supervisor")
    assert "You asked: another person must say yes" in namesake.get("/whereabouts").text
    place = place_in(supervisor.get("/whereabouts").text)
    assert namesake.post("/whereabouts", place=place).status_code == 422
    assert holds_none(officer.post(where, do="show"))
    assert supervisor.post("/whereabouts", place=place).status_code == 303
    assert holds_none(supervisor.get("/whereabouts")), "saying yes shows nothing"
    assert holds_none(desk.visitor("colleague").post(where, do="show")), "it was not theirs"
    assert ADDRESS in officer.post(where, do="show").text
    with desk.station.store.read() as db:
        (row,) = db.execute(whereabouts.select()).mappings()
    assert (row["name"], row["granted_name"]) == ("Lee Hart", "Jo Bell")
    assert row["shown_at"] is not None
    kinds = [what.removeprefix("whereabouts_") for _, _, what, _ in looked(desk)]
    assert kinds == [
        "opened", "asked", "opened", "opened", "list", "list", "list", "opened", "granted",
        "opened", "whereabouts",
    ], "who asked, and why, is no less about her than where she is"  # fmt: skip


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


def test_whose_work_it_became_after_they_asked_waits_for_no_second(
    desk: Visited, town: Working
) -> None:
    """A quarter of an hour is long where the danger rose meanwhile; nobody says yes to it twice."""
    where = f"{report(town, 'urgent')}/whereabouts/2"
    officer, said = desk.visitor("officer"), where.split("/")[2]
    assert officer.post(where, do="ask", reason="to plan a visit").status_code == 303
    page = officer.get(where).text
    assert "Waiting for a second person" in page
    assert "Look alone" in page
    assert officer.post(where, do="alone", reason="it is mine now").status_code == 303
    assert ADDRESS in officer.post(where, do="show").text
    listed = desk.visitor("supervisor").get("/whereabouts").text
    assert "it is mine now" in listed
    assert "to plan a visit" not in listed
    kinds = [one[2] for one in looked(desk) if one[3] == said]
    assert kinds == [
        "whereabouts_asked", "whereabouts_opened", "whereabouts_alone", "whereabouts",
        "whereabouts_list",
    ]  # fmt: skip


def test_a_yes_that_comes_too_late_is_none(desk: Visited, town: Working) -> None:
    """Fifteen minutes: whoever asked may have gone home, and the screen be another's."""
    where = f"{report(town, 'routine')}/whereabouts/2"
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    officer.post(where, do="ask", reason="to plan a visit")
    place = place_in(supervisor.get("/whereabouts").text)
    desk.clock.ahead_ms += 10 * 60_000
    officer.get("/key")
    supervisor.get("/key")
    desk.clock.ahead_ms += WAIT_MS - 10 * 60_000 + 1
    late = supervisor.post("/whereabouts", place=place)
    assert late.status_code == 422
    assert "waits no longer" in late.text
    assert holds_none(officer.post(where, do="show"))
    assert "Ask a second person" in officer.get(where).text


def test_whoever_has_the_alert_looks_alone_and_another_asks(desk: Visited, town: Working) -> None:
    """Urgent work is somebody's; for others it is browsing. A threat to life is anybody's."""
    said = report(town, "urgent").split("/")[2]
    with desk.station.store.write() as db:
        urgencies: dict[Urgency, bool] = {"threat_to_life": True, "urgent": True, "routine": False}
        for urgency, alone in urgencies.items():
            assert may_alone(db, said, urgency, "Lee Hart", refuge=False) is alone
        event = AlertRaised(
            rule="r", rule_version="1", attention="duty", statements=[said], owner_role="o",
            fallback_role="f", due_at=1, good="g",
        )  # fmt: skip
        raise_alert(db, "a", event, by=POLICE, at=1)
        db.execute(update(alerts).values(acknowledged_by="Max Dean"))
        assert not may_alone(db, said, "urgent", "Lee Hart", refuge=False)
        assert may_alone(db, said, "urgent", "max dean", refuge=False)
        assert not may_alone(db, said, "urgent", "max dean", refuge=True), "a refuge takes two"
        for refuge in (False, True):
            assert may_alone(db, said, "threat_to_life", "Lee Hart", refuge=refuge)


def test_of_an_erased_report_no_words_stay(desk: Visited, town: Working) -> None:
    """That somebody asked stays, by an opaque id; why they asked may be about her."""
    where = f"{report(town, 'urgent')}/whereabouts/2"
    officer = desk.visitor("officer")
    officer.post(where, do="alone", reason="to visit Tracey")
    with desk.station.store.write() as db:
        forget(db, where.split("/")[2])
        (row,) = db.execute(whereabouts.select()).mappings()
    assert not row["reason"]
    assert row["name"] == "Lee Hart"

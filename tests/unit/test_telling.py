"""Telling: a notification commits with what caused it, says nothing, and is never lost."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from msgspec.structs import replace as replace_struct
from sqlalchemy import func, select, update

from consumers.safeguarding import rows as safeguarding
from consumers.safeguarding.desk import Deciding
from consumers.store import Store
from consumers.telling import contact, rows
from consumers.telling.notification import (
    DUTY,
    REPLAY,
    Notification,
    Stands,
    reference_of,
    standstill,
    told_of,
    words_of,
)
from consumers.telling.sending import SELDOM_MS, is_settled
from contracts.event.action import AlertEscalated, AlertHandedOver, SilenceNoticed
from contracts.event.work import AlertRaised, DutyOverdue
from contracts.section import Practitioner
from tests.support.alerts import LEAD, alert_of, deciding, person, wait
from tests.support.canary import STEM
from tests.support.desk import HUB, POLICE, SOURCES, Desk, begun, named, read_a_report
from tests.support.doorbells import Bell, Fell, Watch, broken, ring, sending, states
from tests.support.stranger import text_of

INSPECTOR = "duty_inspector"


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership where probation, police and hub have agreed, and read the report."""
    return begun(tmp_path, *[read_a_report] * ("report" in request.fixturenames))


@pytest.fixture
def report(desk: Desk) -> str:
    """A report of probation's."""
    return desk.reported[0]


def told(store: Store) -> list[Notification]:
    """List what is to be told, in order."""
    with store.read() as db:
        query = select(rows.notifications).order_by(rows.notifications.c.place)
        return [rows.notification_of(row) for row in db.execute(query).mappings()]


def alert(**changes: object) -> AlertRaised:
    """Raise an alert."""
    given = {
        "rule": "M20", "rule_version": "1", "statements": ["s"], "attention": "interrupt",
        "owner_role": INSPECTOR, "fallback_role": "other", "due_at": 1_335_866_400_000, "good": "g",
    }  # fmt: skip
    return AlertRaised(**{**given, **changes})  # type: ignore[arg-type]


def test_an_alert_tells_its_role_in_the_very_transaction_that_raised_it(desk: Desk) -> None:
    """A crash between the two would leave an alert that nobody was told of."""
    consumer = desk.acting(HUB)
    desk.report()
    came = desk.records(HUB)

    def cut(*_: object, **__: object) -> None:
        raise Fell

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("consumers.store.advance", cut)
        with pytest.raises(Fell):
            consumer.take(came)
    assert told(consumer.store) == []
    consumer.take(came)
    (one,) = told(consumer.store)
    with consumer.store.read() as db:
        (raised,) = safeguarding.all_alerts(db)
    assert (one.alert, one.role, one.press) == (raised["id"], raised["owner_role"], "shift")
    assert one.due_at == raised["due_at"]
    desk.settle()  # its own alert comes back as a view: the same again
    assert told(consumer.store) == [one]


@pytest.mark.usefixtures("report")
def test_a_rebuilt_consumer_tells_nobody_twice(desk: Desk) -> None:
    """What was told is on no log: a rebuild keeps it, and the rest comes back as it was."""
    store = desk.acting(HUB).store
    before = told(store)
    with store.write() as db:
        for row in rows.fresh(db):
            assert rows.take_up(db, row["key"])
            rows.deliver(db, row, "a-key", 1, role=DUTY, channel="bell")
    store.forget()
    desk.consumers.pop(HUB)
    desk.settle()
    again = desk.acting(HUB).store
    assert told(again) == before
    bell = Bell(DUTY)
    sending(again, bell, watch=Watch()).take_up()
    assert [(role, state) for role, state, _ in states(again)] == [(DUTY, "waiting")]


@pytest.mark.usefixtures("report")
def test_overdue_duties_and_threats_to_life_are_told(desk: Desk) -> None:
    """Both are for people: one because nobody acted, the other before any rule has run."""
    threat = desk.report(urgency="threat_to_life")
    desk.settle()
    store = desk.acting(POLICE).store
    arrived = [one for one in told(store) if one.waits == "arrived"]
    assert [(one.cause, one.role, one.press) for one in arrived] == [(threat, INSPECTOR, "now")]
    desk.pass_hours(100)
    desk.settle()
    overdue = [one for one in told(store) if one.waits == "duty"]
    assert {one.role for one in overdue} == {INSPECTOR, DUTY}
    assert overdue


def test_who_is_told_follows_from_the_statement() -> None:
    """What a clock escalates the named duty manager hears of too, as a second pair of eyes."""
    assert told_of("a", alert(attention="note"), exercise=False) == []
    (one,) = told_of("a", alert(attention="duty"), exercise=False)
    assert (one.role, one.press, one.key) == (INSPECTOR, "shift", "alert/a/duty_inspector")
    up = AlertEscalated(alert="a", to_role="chief", step=1, reason="unacknowledged")
    assert [one.role for one in told_of("e", up, exercise=False)] == ["chief", DUTY]
    by_hand = AlertEscalated(alert="a", to_role="chief", step=1, reason="by_person", by="A. B.")
    assert [one.role for one in told_of("e", by_hand, exercise=False)] == ["chief"]
    over = AlertHandedOver(alert="a", to_role="planner", by="A. B.", role="chief")
    assert [one.role for one in told_of("h", over, exercise=False)] == ["planner"]
    late = AlertEscalated(alert="a", to_role="chief", step=2, reason="overdue")
    assert {one.waits for one in told_of("o", late, exercise=False)} == {"overdue"}
    owed = DutyOverdue(duty="handover", owner_agency="them", owner_role="head", due_at=0)
    assert told_of("d", owed, exercise=False, agency="us") == []
    assert len(told_of("d", owed, exercise=False, agency="them")) == 2
    answer, duty = replace_struct(owed, duty="response_given"), Stands("duty")
    mine = told_of("d", answer, exercise=False, agency="us", role="desk", stands=duty)
    assert [(one.role, one.waits, one.press) for one in mine] == [
        ("desk", "owed", "shift"), (DUTY, "owed", "shift"),
    ]  # fmt: skip
    together = [*told_of("a", alert(), exercise=False), *told_of("e", up, exercise=False)]
    assert len({one.reference for one in together}) == 1


@pytest.mark.parametrize(
    ("stands", "press"),
    [
        (Stands("duty"), "shift"), (Stands("note"), "shift"), (Stands("interrupt"), "now"),
        (Stands("duty", is_threat=True), "now"), (Stands(), "now"),
    ],
)  # fmt: skip
def test_each_step_presses_as_what_it_is_of_does(stands: Stands, press: str) -> None:
    """Who is told to look NOW for each routine clock looks no more when it is for her life."""
    stands = replace(stands, due_at=9)
    up = AlertEscalated(alert="a", to_role="chief", step=1, reason="unacknowledged")
    late, by_hand = replace_struct(up, reason="overdue"), replace_struct(up, reason="by_person")
    over = AlertHandedOver(alert="a", to_role="planner", by="A. B.", role="chief")
    duty = DutyOverdue(duty="response_given", owner_agency="a", owner_role="head", due_at=0)
    steps = [(one, told_of("e", one, exercise=False, stands=stands)) for one in (
        up, late, by_hand, over, duty,
    )]  # fmt: skip
    assert all(one.press == press for _, told in steps for one in told)
    assert [told[0].due_at for _, told in steps] == [9, None, 9, 9, 0]
    owed = told_of("e", duty, exercise=False, agency="us", role="desk", stands=stands)
    assert [one.press for one in owed] == [press] * 2
    quiet = SilenceNoticed(
        agency="a", silence="not_publishing", since=0, owner_role="desk", due_at=0
    )
    assert all(one.press == "now" for one in told_of("s", quiet, exercise=False))


def test_who_is_handed_an_interrupt_is_rung_before_the_next_role_is(desk: Desk) -> None:
    """The planner was told "this shift", and ten minutes later that nobody had it went further."""
    desk.report(urgency="urgent")
    desk.settle()
    one = alert_of(desk)
    deciding(desk).hand_over(one["id"], to_role="safety_planner", by=person(desk), role=LEAD)
    desk.settle()
    store = desk.acting(HUB).store
    handed = told(store)[-1]
    assert (handed.role, handed.press) == ("safety_planner", "now")
    assert handed.due_at == alert_of(desk)["due_now"]
    wait(desk, 11 / 60)
    further = told(store)[-1]
    assert (further.role, further.press, further.due_at) == (DUTY, "now", handed.due_at)


@pytest.mark.usefixtures("report")
def test_a_routine_clock_that_runs_out_is_for_this_shift(desk: Desk) -> None:
    """Of 150 ordinary statements that nobody worked police were told 394 times to look NOW."""
    wait(desk, 100)
    for agency in (HUB, POLICE):
        clocks = [one for one in told(desk.acting(agency).store) if one.waits != "alert"]
        assert {one.press for one in clocks} == {"shift"}
        assert clocks


def test_nobody_sees_to_a_threat_to_life_and_it_presses_now_each_time(desk: Desk) -> None:
    """An answer that is owed on it is late as well, whatever attention its own clock has."""
    desk.report(urgency="threat_to_life")
    desk.settle()
    wait(desk, 100)
    store = desk.acting(POLICE).store
    late = [one for one in told(store) if one.waits in {"overdue", "duty"}]
    assert {one.press for one in late} == {"now"}
    assert late


def test_a_text_says_how_pressing_for_whom_until_when_where_to_ring_and_nothing_else() -> None:
    """It stands on a locked screen, on a telephone that may be anybody's."""
    (one,) = told_of("a", alert(rule="M20", good="call round"), exercise=False)
    words = words_of(one, called="duty desk", telephone="01632 960101")
    reference = reference_of("a")
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}", reference)
    assert words.subject == f"Desk: look NOW, {reference}"
    assert words.body == (
        "Something waits for the duty desk. Look NOW. By 01 May 2012 10:00 UTC.\n"
        f"Reference {reference}.\n"
        "Open the desk: candour alert list\n"
        "If you cannot get to it, ring the desk: 01632 960101.\n"
        "Do not reply.\n"
    )
    replayed = words_of(replace(one, exercise=True), called="duty desk", telephone="01632 960101")
    assert replayed.subject == f"{REPLAY}{words.subject}"
    assert replayed.body.startswith(REPLAY)


async def test_no_word_of_what_was_said_is_told_logged_or_named(desk: Desk, tmp_path: Path) -> None:
    """A push notice is how he would learn that she spoke."""
    birds = iter(f"Zquil{number:05d}" for number in range(100_000))
    for _ in range(15):
        desk.played.say(SOURCES["tv-probation"], "concern_reported", _singing(desk, birds))
    desk._submit()
    watch = Watch()
    bells = [Bell(INSPECTOR, "inspector"), Bell(DUTY, "manager")]
    with structlog.testing.capture_logs() as lines:
        for agency in (POLICE, HUB):
            desk.acting(agency).take(desk.records(agency))
        desk.pass_hours(100)
        for agency in (POLICE, HUB):
            desk.acting(agency).take(desk.records(agency))
            store = desk.acting(agency).store
            sender = sending(store, *bells, watch=watch)
            bells[0].before = broken()
            await ring(sender, *bells)
            bells[0].before = lambda: None
            watch.at += SELDOM_MS
            await ring(sender, *bells)
    rang = [(key, words) for bell in bells for key, words in bell.rang]
    assert len(rang) > 45
    assert STEM.search(repr(rang).encode()) is None
    assert STEM.search(repr(lines).encode()) is None
    assert STEM.search(_names(tmp_path).encode()) is None
    with desk.acting(HUB).store.read() as db:
        assert STEM.search(repr(rows.listed(db)).encode()) is None


def _names(folder: Path) -> str:
    return "\n".join(map(str, folder.rglob("*")))


def _singing(desk: Desk, birds: object) -> dict[str, object]:
    """Write a report with a canary in every member that takes a text."""
    sections = named(desk.draw)

    def bird() -> str:
        return next(birds)  # type: ignore[call-overload, no-any-return]

    hers = sections["person.2.identity"]["subject"]
    sections["provenance"]["practitioner"]["name"] = bird()
    sections["provenance"] |= {"role": bird(), "employer": bird(), "supervisor": bird()}
    for n in (1, 2):
        sections[f"person.{n}.identity"]["names"] = [{"given": bird(), "family": bird()}]
    sections["person.2.whereabouts"] = {
        "subject": hers, "address": bird(), "telephone": bird(), "safe_contact": bird(),
    }  # fmt: skip
    sections["narrative"] = {"text": bird(), "form": "summary", "assessment": bird()}
    sections["use_limits"] |= {"ring": bird(), "note": bird()}
    return dict(sorted(sections.items()))


@pytest.mark.usefixtures("report")
async def test_what_somebody_has_seen_to_is_told_to_nobody(desk: Desk) -> None:
    """A telephone that rings for what is done teaches people to let it ring."""
    hub = desk.acting(HUB)
    (one,) = told(hub.store)
    by = Practitioner(text_of(desk.draw(16)), "L. Lead")
    Deciding(hub.store, hub.voice, desk.new_id).acknowledge(one.alert or "", by=by, role="lead")
    with hub.store.read() as db:
        assert not is_settled(db, one), "the log may refuse it, and nobody would have heard"
    desk.settle()
    bell = Bell(DUTY)
    await ring(sending(hub.store, bell, watch=Watch()), bell)
    assert bell.rang == []
    assert states(hub.store) == [(DUTY, "settled", None)]
    late = AlertEscalated(alert=one.alert or "", to_role="chief", step=1, reason="overdue")
    with hub.store.write() as db:
        rows.add(db, told_of("late", late, exercise=False))
    assert told(hub.store)[-1].waits == "overdue"
    with hub.store.read() as db:
        assert not is_settled(db, told(hub.store)[-1])


def test_where_a_statement_says_somebody_is_reached_is_known_as_soon_as_it_is_read(
    desk: Desk,
) -> None:
    """Whereabouts reach police in a threat to life: from then on no channel leads there."""
    sections = named(desk.draw)
    subject = sections["person.2.identity"]["subject"]
    sections["person.2.whereabouts"] = {"subject": subject, "safe_contact": "07700 900 123"}
    desk.report(dict(sorted(sections.items())), urgency="threat_to_life")
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        assert rows.is_private(db, contact.address("07700900123"))


def test_erasure_takes_what_was_told_with_it(desk: Desk, report: str) -> None:
    """A reference to what is erased would still say that there was something."""
    store = desk.acting(HUB).store
    with store.write() as db:
        for row in rows.fresh(db):
            assert rows.take_up(db, row["key"])
            rows.deliver(db, row, "a-key", 1, role=DUTY, channel="bell")
        rows.forget(db, report)
        counted = [
            db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (rows.notifications, rows.deliveries)
        ]
    assert counted == [0, 0]


@pytest.mark.usefixtures("report")
async def test_a_duty_that_was_done_meanwhile_is_told_to_nobody(desk: Desk) -> None:
    """As an alert that somebody has."""
    desk.pass_hours(100)
    desk.settle()
    store = desk.acting(POLICE).store
    overdue = [one for one in told(store) if one.waits == "duty"]
    assert overdue
    with store.write() as db:
        from consumers.responses.rows import duties

        db.execute(update(duties).values(discharged_by="done"))
        assert not any(is_settled(db, one) for one in overdue), "by nothing that is on the log"
        db.execute(update(duties).values(discharged_by=overdue[0].cause))
    bells = [Bell(INSPECTOR, "inspector"), Bell(DUTY, "manager")]
    await ring(sending(store, *bells, watch=Watch()), *bells)
    assert not [w for bell in bells for _, w in bell.rang if "overdue" in w.body]


def test_a_standstill_is_for_the_named_manager() -> None:
    """It is found by what watches, and not by a statement."""
    one = standstill("gone", 5, exercise=False)
    assert (one.role, one.press, one.key) == (DUTY, "now", "standstill/gone/5")

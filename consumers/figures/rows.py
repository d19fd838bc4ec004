"""What one agency can count of its own store: queries, and nothing that is kept."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, select

from consumers import standing
from consumers import store as stored
from consumers.disclosure import course as disclosing
from consumers.disclosure.rows import applications, stages
from consumers.figures import counting
from consumers.figures.clocked import QUESTION
from consumers.figures.table import Fact
from consumers.handover.rows import ends
from consumers.referrals import course as referring
from consumers.referrals.rows import referrals
from consumers.research.rows import all_tasks
from consumers.responses import given
from consumers.responses.asked import requests
from consumers.responses.rows import all_duties
from consumers.safeguarding.life import alert_life
from consumers.safeguarding.links import chunks
from consumers.safeguarding.rows import alerts, all_alerts
from consumers.store import views
from consumers.telling.notification import named
from consumers.telling.rows import notifications
from contracts.event.action import AlertClosed
from contracts.event.report import AttendanceRecorded, ContactRecorded, EnquiryMade
from contracts.event.work import InformationSupplied, ResponseGiven


def facts(db: Connection, viewer: Collection[str] | None) -> Iterator[Fact]:
    """Count what stands in a store, but for what is kept from who looks, or was retracted.

    Args:
        db: a reading transaction.
        viewer: as `consumers.standing.hidden_from`.
    """
    seen = _Seen(db, standing.hidden_from(db, viewer))
    yield from _enquiries(db, seen)
    yield from _duties(db, seen)
    yield from _questions(db, seen)
    yield from _referrals(db, seen)
    yield from _disclosures(db, seen)
    yield from _handovers(db, seen)
    yield from _research(db, seen)
    yield from _alerts(db, seen)
    yield from _told_now(db, seen)


class _Seen:
    """When each statement came, by id or digest, and what is not counted."""

    def __init__(self, db: Connection, kept: frozenset[str]) -> None:
        self.kept, self.hidden = kept, kept | _retracted(db)
        self.now = stored.ledger_time(db)
        self._at: dict[str, int] = {}
        self._by: dict[str, str] = {}
        self.overdue: set[str] = set()
        columns = (views.c.id, views.c.digest, views.c.ledger_time, views.c.event, views.c.agency)
        for row in db.execute(select(*columns)):
            self._at[row.id] = self._at[row.digest] = row.ledger_time
            self._by[row.id] = row.agency
            if row.event == "duty_overdue":
                self.overdue.add(row.id)

    def at(self, statement: str | None) -> int | None:
        """Give the ledger time of a statement; None for one that is not held."""
        return None if statement is None else self._at.get(statement)

    def first(self, answers: Mapping[tuple[str, str], int], about: str, by: str) -> int | None:
        """Give when something was answered first by whoever answered it last."""
        return answers.get((about, self._by.get(by, "")), self.at(by))


def _retracted(db: Connection) -> frozenset[str]:
    return frozenset(db.execute(standing.RETRACTED).scalars())


def _enquiries(db: Connection, seen: _Seen) -> Iterator[Fact]:
    asked = {"attendance_recorded", "contact_recorded", "enquiry_made"}
    joint: dict[str, int] = {}
    alone: set[str] = set()
    query = select(views.c.id, views.c.ledger_time, views.c.record).where(
        views.c.event.in_(asked), views.c.verified
    )
    for row in db.execute(query.order_by(views.c.place)):
        if row.id in seen.hidden:
            continue
        statement = stored.reread(row.record)
        event = statement.sections.get("event")
        if isinstance(event, AttendanceRecorded):
            where = f"attendance, {event.attendance}"
            yield counting.enquiry(row.ledger_time, where, event.enquiry)
        elif isinstance(event, EnquiryMade):
            yield counting.enquiry(row.ledger_time, event.setting, event.enquiry)
            if event.enquiry != "not_asked":
                alone.update(statement.causes)
        elif isinstance(event, ContactRecorded) and event.contact == "joint_attendance":
            joint[row.id] = row.ledger_time
    for said, at in joint.items():
        yield counting.enquiry(at, counting.JOINT, "asked_none" if said in alone else "not_asked")


def _duties(db: Connection, seen: _Seen) -> Iterator[Fact]:
    for row in all_duties(db):
        # An answer to a question is owed by its own clock, which whoever asked has too.
        is_question = row["kind"] == QUESTION
        if not is_question and seen.hidden.isdisjoint((row["statement"], row["about"])):
            done = row["discharged_by"]
            # What no statement of a known time ended was waived or closed.
            at = None if done is None else seen.at(done) or row["due_at"]
            yield from counting.clock(row["kind"], row["due_at"], at, seen.now)


def _questions(db: Connection, seen: _Seen) -> Iterator[Fact]:
    """Count the questions of this agency and to it, each once."""
    rows = db.execute(select(requests).order_by(requests.c.id)).mappings().all()
    answers = _answers(db, [row["id"] for row in rows if row["answer"] is not None])
    for row in rows:
        if seen.hidden.isdisjoint((row["id"], row["statement"])):
            by = row["answer"]
            done = None if by is None else seen.first(answers, row["id"], by) or row["supplied_at"]
            yield from counting.clock(QUESTION, row["due_at"], done, seen.now)


def _referrals(db: Connection, seen: _Seen) -> Iterator[Fact]:
    """Count the referrals of this agency and to it; not those that nobody has who could decide."""
    had = select(referrals).where(referrals.c.held.is_(None)).order_by(referrals.c.id)
    rows = db.execute(had).mappings().all()
    answers = _answers(db, [row["id"] for row in rows if row["decision"] is not None])
    for row in rows:
        by = row["answer"]
        if row["id"] not in seen.hidden and by not in seen.kept:
            done = None if by is None else seen.first(answers, row["id"], by) or row["due_at"]
            yield from counting.clock(referring.DUTY, row["due_at"], done, seen.now)


def _disclosures(db: Connection, seen: _Seen) -> Iterator[Fact]:
    """Count the applications to know, by whether they were over in time."""
    over: dict[str, list[int]] = defaultdict(list)
    for row in db.execute(select(stages).order_by(stages.c.id)).mappings():
        if disclosing.is_end(row["stage"], row["decision"]):
            over[row["application"]].append(seen.at(row["id"]) or 0)
    for row in db.execute(select(applications).order_by(applications.c.id)).mappings():
        if row["id"] not in seen.hidden and row["statement"] not in seen.kept:
            done = min(over[row["id"]], default=None)
            yield from counting.clock(disclosing.DUTY, row["due_at"], done, seen.now)


def _answers(db: Connection, about: Collection[str]) -> dict[tuple[str, str], int]:
    """Give when each agency first answered questions, or decided referrals, by what stands."""
    found: dict[tuple[str, str], int] = {}
    for some in chunks(sorted(about)):
        for row in given.standing_on(db, some):
            event = stored.reread(row["record"]).sections.get("event")
            if isinstance(event, InformationSupplied):
                found.setdefault((event.request, row["agency"]), row["ledger_time"])
            elif isinstance(event, ResponseGiven) and event.referral is not None:
                found.setdefault((event.statement, row["agency"]), row["ledger_time"])
    return found


def _handovers(db: Connection, seen: _Seen) -> Iterator[Fact]:
    """Count the known ends of work whose risk somebody took over before them, and who did not."""
    query = select(ends).where(ends.c.replaced_by.is_(None), ends.c.passed_by.is_not(None))
    for row in db.execute(query.order_by(ends.c.id)).mappings():
        if row["id"] not in seen.hidden:
            by = row["passed_by"]
            done = None if by in seen.overdue else seen.at(by)
            yield from counting.clock("handover", row["ends_at"], done, seen.now)


def _research(db: Connection, seen: _Seen) -> Iterator[Fact]:
    reports: dict[str, list[tuple[str | None, int, int | None]]] = defaultdict(list)
    for row in all_tasks(db):
        report = seen.at(row["statement"])
        if report is None or row["statement"] in seen.hidden:
            continue
        yield counting.look(report, row["system"], row["outcome"])
        done = seen.at(row["completion"])
        reports[row["statement"]].append((row["outcome"], row["due_at"], done))
    for statement, looks in reports.items():
        yield counting.research(seen.at(statement) or 0, looks)


def _alerts(db: Connection, seen: _Seen) -> Iterator[Fact]:
    worth: dict[str, str] = {}
    query = select(views.c.record).where(views.c.event == "alert_closed", views.c.verified)
    for record in db.execute(query.order_by(views.c.place)).scalars():
        event = stored.reread(record).sections.get("event")
        if isinstance(event, AlertClosed):
            worth[event.alert] = event.useful
    for row in all_alerts(db):
        at = seen.at(row["id"])
        if at is not None and seen.hidden.isdisjoint((row["id"], row["statement"])):
            had = row["acknowledgement"]
            yield from counting.alert(
                at, row["rule"], row["attention"], due_at=row["due_at"],
                had_at=None if had is None else seen.at(had) or row["due_at"],
                useful=worth.get(row["id"], "not_said"), now=seen.now,
            )  # fmt: skip


def _told_now(db: Connection, seen: _Seen) -> Iterator[Fact]:
    """Count who was told to look now; only an agency's own store knows of it, and no log.

    Each role counts: the duty manager who is told beside another looks up too. What was taken back
    since has rung all the same.
    """
    joined = notifications.outerjoin(alerts, alerts.c.id == notifications.c.alert).outerjoin(
        alert_life, alert_life.c.id == notifications.c.cause
    )
    its = notifications.c
    query = select(
        its.cause, its.about, its.waits, alerts.c.rule, alerts.c.statement, alert_life.c.at
    )
    for row in db.execute(query.select_from(joined).where(its.press == "now")):
        at = seen.at(row.cause) or row.at  # what is reopened is so by no statement
        if at is not None and seen.kept.isdisjoint((
            row.cause,
            row.statement,
            *row.about.split(),
        )):
            yield from counting.told_now(at, row.rule or named(row.waits))

"""Alerts that are raised anew: one that was erased with one of the reports that it rested on.

Its key and id are known to the log, which refuses them, so the next has a key of its own: how often
an alert was erased under the first. Whoever reads all anew, what was erased not there, raises it
under the first; what the log then has in its place takes it.

Source: deploy/decisions/0021, 0036.
"""

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Table, Text, select

from consumers import history, store
from consumers.inserting import upsert
from consumers.safeguarding import life, rows
from consumers.store import metadata
from consumers.telling import rows as telling
from consumers.worker import derived_id, stamp_of
from contracts.event.work import AlertRaised

gone = Table("alerts_gone", metadata, Column("alert", Text, primary_key=True))
"""Alerts that were erased with a report that they rested on, by id: those are raised anew."""

_AGAIN = "/again/"


def alert_key(rule: str, statement: str, once: str = "") -> str:
    """Spell the natural key of an alert: its rule, what it is about, and what it is once for."""
    return f"alert_raised/{rule}/{statement}{f'/{once}' if once else ''}"


def add(  # noqa: PLR0913 - an alert's row has this many independent parts
    db: Connection, alert: str, event: AlertRaised, *, by: str, at: int, on_log: bool = False
) -> None:
    """Add an alert of whom its first report names, where it does not say so itself; let it run."""
    named = history.named_in(db, event.statements[:1])
    subjects = sorted(named.get(event.statements[0], set()))
    if rows.raise_alert(db, alert, event, by=by, at=at, subjects=subjects, on_log=on_log):
        life.settle(db, alert)


def free_key(db: Connection, key: str) -> str | None:
    """Give the key under which an alert is raised now: the next, where one went with its report.

    None where one was erased by itself: whoever had that done knew its reports.
    """
    number, free = 0, key
    while (said := store.id_of(db, free)) is not None and rows.alert(db, said) is None:
        if db.execute(select(gone).where(gone.c.alert == said)).first() is None:
            return None
        number += 1
        free = f"{key}{_AGAIN}{number}"
    return free


def went(db: Connection, alerts: Iterable[str]) -> None:
    """Remember alerts that are erased with a report that they rested on."""
    for one in alerts:
        db.execute(upsert(db, gone).values(alert=one).on_conflict_do_nothing())


def in_place(db: Connection, event: AlertRaised, *, by: str) -> None:
    """Drop the alerts in whose place one stands on the log: they were erased there.

    Args:
        db: an open transaction.
        event: what the log has.
        by: the agency that raised it.
    """
    key, again, number = (event.key or "").rpartition(_AGAIN)
    for before in range(int(number) if again else 0):
        gone_key = f"{key}{_AGAIN}{before}" if before else key
        its = store.id_of(db, gone_key)
        its = its or derived_id(by, stamp_of(event.statements[0]), gone_key)
        store.silence(db, its)
        store.said(db, gone_key, its)
        life.forget(db, its, rows.forget(db, its))
        telling.forget(db, its)
        went(db, [its])

"""Alerts that are raised anew: one that was erased with one of the reports that it rested on.

Its key and id are known to the log, which refuses them, so the next has a key of its own: how often
an alert was erased under the first. Whoever reads all anew, what was erased not there, raises it
under the first; what the log then has in its place takes it.

Source: deploy/decisions/0021, 0036.
"""

from sqlalchemy import Connection

from consumers import store
from consumers.safeguarding import life, rows
from consumers.telling import rows as telling
from consumers.worker import derived_id, stamp_of
from contracts.event.work import AlertRaised

_AGAIN = "/again/"


def alert_key(rule: str, statement: str, once: str = "") -> str:
    """Spell the natural key of an alert: its rule, what it is about, and what it is once for."""
    return f"alert_raised/{rule}/{statement}{f'/{once}' if once else ''}"


def free_key(db: Connection, key: str) -> str:
    """Give the key under which an alert is raised now: the next, where one under it was erased."""
    number, free = 0, key
    while (said := store.id_of(db, free)) is not None and rows.alert(db, said) is None:
        number += 1
        free = f"{key}{_AGAIN}{number}"
    return free


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
        gone = derived_id(by, stamp_of(event.statements[0]), gone_key)
        store.silence(db, gone)
        store.said(db, gone_key, gone)
        life.forget(db, gone, rows.forget(db, gone))
        telling.forget(db, gone)

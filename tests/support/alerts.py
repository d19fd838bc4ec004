"""Alerts of a played partnership: raised, escalated, handled by people; rows to compare."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from consumers.consumer import Consumer
from consumers.history import appearances
from consumers.safeguarding import life, links, rows
from consumers.safeguarding.desk import Deciding
from consumers.safeguarding.rules.terms import DEFAULT
from contracts.draft import Draft
from contracts.section import Practitioner
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.support.stranger import text_of
from tests.vectors import ledger

Json = Any
LEAD = "duty_manager"


def deciding(desk: Desk, agency: str = HUB) -> Deciding:
    """Sit where an agency's people decide."""
    acting = desk.acting(agency)
    return Deciding(acting.store, acting.voice, desk.new_id)


def person(desk: Desk, name: str = "N. Lead") -> Practitioner:
    """Name somebody at work."""
    return Practitioner(text_of(desk.draw(16)), name)


def alert_of(desk: Desk, rule: str = "separation", agency: str = HUB) -> Any:
    """Give the row of the one alert of a rule."""
    with desk.acting(agency).store.read() as db:
        (found,) = (one for one in rows.all_alerts(db) if one["rule"] == rule)
    return found


def raised(desk: Desk) -> str:
    """Report a separation and let the hub be alerted to it; give the alert's id."""
    desk.report()
    desk.settle()
    found: str = alert_of(desk)["id"]
    return found


def escalated(desk: Desk, alert: str, agency: str = HUB) -> list[tuple[str, int, str]]:
    """List to whom an alert went, at which step and why."""
    return [
        (one["to_role"], one["step"], one["reason"])
        for one in desk.said(agency, "alert_escalated")
        if one["alert"] == alert
    ]


def wait(desk: Desk, hours: float) -> None:
    """Let time pass, and everybody act on it."""
    desk.pass_hours(hours)
    desk.settle()


def adopt(desk: Desk, **changes: Json) -> None:
    """Adopt a ruleset that differs in some members; two agencies stand behind it."""
    rules = ledger.founding()["rules"] | {"version": "2"} | changes
    act = {"act": "ruleset_adopted", "rules": rules}
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    desk.played.govern(POLICE, "act_endorsed", ledger.endorsement(act))
    desk._submit()
    desk.settle()


def term(rule: str, **changes: Json) -> Json:
    """Write a term as a ruleset does: the shipped one, changed."""
    shipped = next(one for one in DEFAULT if one.id == rule)
    return {name: getattr(shipped, name) for name in shipped.__struct_fields__
            if getattr(shipped, name) is not None} | changes  # fmt: skip


def retract(desk: Desk, statement: str, agency: str = PROBATION) -> None:
    """Take a statement back, by its agency."""
    sections = named(desk.draw)
    hub = {"basis": {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e"}} if agency == HUB else {}
    desk.report(
        {"event": {"statement": statement, "reason": "mistaken", "by": "A. Officer"},
         "cause.1": {"statement": statement}, "provenance": sections["provenance"]},
        source=SOURCES[agency], event="statement_retracted", **hub,
    )  # fmt: skip
    desk.settle()


def refuse(_: Sequence[Draft]) -> None:
    raise AssertionError("it was said before")


def tables(consumer: Consumer) -> dict[str, list[tuple[Any, ...]]]:
    """Give the rows of what watches; where a row stands in its table is nobody's."""
    watching = (
        rows.alerts, rows.alert_statements, rows.alert_subjects, life.alert_life, rows.origins,
        links.links, links.link_tokens, rows.account_pairs, appearances,
    )  # fmt: skip
    with consumer.store.read() as db:
        return {
            table.name: [
                tuple(row)
                for row in db.execute(
                    select(*(c for c in table.c if c.name != "place")).order_by(
                        *(table.c.place,) if "place" in table.c else table.primary_key
                    )
                )
            ]
            for table in watching
        }


def stands(desk: Desk, alert: str) -> Any:
    """Give the row of an alert, and how it stands by all that was said of it."""
    with desk.acting(HUB).store.read() as db:
        return rows.alert(db, alert), life.stands(db, alert)

"""Research as tests need it: reports that tell all, who is at work, whose task is which."""

from typing import Any

from consumers import standing
from consumers.research import known, rows
from contracts.section import Practitioner
from deploy.command.task import _lines
from tests.support.desk import POLICE, PROBATION, Desk, named
from tests.support.stranger import text_of
from tests.vectors import ledger

ADDRESS = "12 Acacia Avenue"


def person(name: str) -> Practitioner:
    """Name somebody at work, by a token that is theirs."""
    return Practitioner(text_of(name.encode().ljust(16)[:16]), name)


def told(desk: Desk) -> dict[str, Any]:
    """Write a report that tells all that there is to tell of both."""
    sections = named(desk.draw)
    for number, part in ((1, "alleged_perpetrator"), (2, "victim")):
        identity = sections[f"person.{number}.identity"]
        sections[f"person.{number}.part"]["part"] = part
        sections[f"person.{number}.whereabouts"] = {
            "subject": identity["subject"], "address": f"{number}{ADDRESS}",
            "telephone": "01632 960777",
        }  # fmt: skip
        identity |= {"born": {"value": "1979-05", "precision": "month"}, "sex": "female",
                     "identifiers": [{"scheme": "pnc", "value": "2002/0073319Z"}]}  # fmt: skip
    return sections


def task_of(desk: Desk, report: str, subject: str, system: str = "local") -> str:
    """Give the id of a task."""
    with desk.acting(POLICE).store.read() as db:
        return next(
            str(one["id"]) for one in rows.tasks_of(db, report)
            if (one["subject"], one["system"]) == (subject, system)
        )  # fmt: skip


def shown(desk: Desk, task: str, *, viewer: str | None = "") -> list[str]:
    """Show a task as the command does."""
    ruleset = desk.acting(POLICE).voice.rules.version
    with desk.acting(POLICE).store.read() as db:
        tokens = None if viewer is None else {viewer}
        hidden = standing.hidden_from(db, tokens)
        row = rows.seen(db, task, hidden)
        assert row is not None
        found = known.known(db, row["statement"], row["subject"], tokens)
        assert found is not None
        return list(_lines(db, row, found, found.shown, hidden, ruleset))


def qualified(desk: Desk, **rules: Any) -> None:
    """Adopt a ruleset that names what somebody must hold."""
    act = {
        "act": "ruleset_adopted",
        "rules": ledger.founding()["rules"] | {"version": "2", **rules},
    }
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    desk.played.govern(PROBATION, "act_endorsed", ledger.endorsement(act))
    desk._submit()


def credential(desk: Desk, who: Practitioner, *, until: str, holds: str = "vetted_index") -> None:
    """Let the force vouch for somebody."""
    desk.played.govern(
        POLICE, "credential_issued",
        {
            "credential": text_of(desk.draw(32)), "practitioner": who.token, "role": "researcher",
            "until": until, "qualifications": [{"name": holds, "until": until}],
        },
    )  # fmt: skip
    desk._submit()

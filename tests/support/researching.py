"""Research as tests need it: reports that tell all, who is at work, whose task is which."""

from typing import Any

from consumers.research import rows
from contracts.section import Practitioner
from tests.support.desk import POLICE, Desk, named
from tests.support.stranger import text_of

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

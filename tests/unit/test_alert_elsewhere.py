"""An alert that reaches the agency whose act it asks for: whose it is there, and who is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.safeguarding import rows
from consumers.telling import rows as telling
from contracts.duration import HOUR_MS
from tests.support.month import _who
from tests.support.stranger import sha
from tests.support.working import Working, files_in

POLICE, PROBATION = "thames-valley", "nps-thames-valley"
OFFICER, UNIT = "duty_senior_probation_officer", "domestic_abuse_investigation_unit"
DAY, HIS = "2027-01-01", sha(b"his")[:22]


def report(agency: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Write what an agency says of one man."""
    dated = {"occurred": {"precision": "day", "at": DAY}, "known_to_agency": DAY, "recorded": DAY}
    return {
        "event": {**dated, **facts},
        "provenance": _who(agency),
        "risk": {"danger_now": "unknown", "children": "not_asked"},
        "use_limits": {
            "limits": [{"subject": HIS, "may_be_told": "ring_first", "origin_may_be_told": "no"}],
            "ring": "the duty desk",
        },
        "person.1.identity": {
            "subject": HIS, "names": [{"given": "Daniel", "family": "Marsh"}],
        },
        "person.1.part": {"subject": HIS, "part": "unassessed"},
    }  # fmt: skip


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Working]:
    """Police hold a conviction, and probation then rate him low without it (M06)."""
    town = Working("elsewhere", store=files_in(tmp_path), acting=[POLICE, PROBATION])
    town.move(town.log.clock_ms + HOUR_MS)
    held = {"record": "conviction", "offence": "violence", "domestic": "no"}
    town.say(f"{POLICE}/case", "police_record_noted", report(POLICE, held))
    town.settle()
    rated = {"instrument": "oasys", "version": "1", "level": "low", "considered": ["employment"]}
    town.say(f"{PROBATION}/case", "risk_assessed", report(PROBATION, rated))
    town.settle()
    yield town
    town.close()


def roles_told(town: Working) -> list[str]:
    """List the roles of probation that are told of something, in order."""
    with town.consumers[PROBATION].store.read() as db:
        order = telling.notifications.c.place
        return list(db.execute(select(telling.notifications.c.role).order_by(order)).scalars())


def test_it_is_for_a_role_of_theirs_and_that_role_is_told(town: Working) -> None:
    """Probation was told for the police unit: "word could not be brought", and 36 h of nobody."""
    with town.consumers[PROBATION].store.read() as db:
        (alert,) = rows.all_alerts(db)
    assert (alert["rule"], alert["raised_by"]) == ("M06", POLICE)
    assert (alert["role"], alert["owner_role"]) == (OFFICER, OFFICER)
    assert alert["fallback_role"] == "duty_manager", "nobody is next to themselves"
    assert roles_told(town) == [OFFICER]
    (said,) = town.events(POLICE, "alert_raised")
    assert said["owner_role"] == UNIT, "what police said stays as they said it"
    town.move(town.log.clock_ms + 37 * HOUR_MS)
    town.settle()
    (step,) = town.events(PROBATION, "alert_escalated")
    assert (step["to_role"], step["reason"]) == ("duty_manager", "unacknowledged")


def test_whoever_reads_it_anew_has_it_right_too(town: Working, tmp_path: Path) -> None:
    """What is on the log names the sender's desk for ever."""
    again = town.consumer(PROBATION, tmp_path / "again.sqlite")
    again.take(town.records(PROBATION))
    with again.store.read() as db:
        (alert,) = rows.all_alerts(db)
    again.store.close()
    assert alert["role"] == OFFICER

"""What comes later and is of before, and what comes when nobody did what was asked: on a ledger."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import RowMapping

from consumers.safeguarding import rows
from consumers.safeguarding.desk import Deciding
from contracts.section import Practitioner
from tests.support.alerts import refuse, tables
from tests.support.month import _who
from tests.support.stranger import sha
from tests.support.telling import id_of
from tests.support.working import Working, files_in

Json = Any
POLICE, PROBATION = "thames-valley", "nps-thames-valley"
HE, SHE = sha(b"his")[:22], sha(b"hers")[:22]
PEOPLE = ((HE, "Daniel", "alleged_perpetrator"), (SHE, "Tracey", "victim"))


class Town(Working):
    """The partnership with the consumer of police alone."""

    def __init__(self, folder: Path) -> None:
        """Begin where it is agreed."""
        super().__init__("told-late", store=files_in(folder), acting=[POLICE])
        self._numbers = iter(range(1, 99))

    def tell(self, on: str, by: str, event: str, facts: Json, *, of: str, both: bool) -> str:
        """Have an agency tell of something of a day, on another; give its id."""
        self.move(round(datetime.fromisoformat(on).replace(tzinfo=UTC).timestamp() * 1000))
        times = {"occurred": {"precision": "day", "at": of}, "known_to_agency": on, "recorded": on}
        sections: Json = {"event": {**times, **facts}, "provenance": _who(by)}
        if event == "concern_reported":
            sections["risk"] = {"danger_now": "unknown", "children": "not_asked"}
        for number, (subject, given, part) in enumerate(PEOPLE[: 1 + both], 1):
            names = [{"given": given, "family": "Marsh"}]
            sections[f"person.{number}.identity"] = {"subject": subject, "names": names}
            sections[f"person.{number}.part"] = {"subject": subject, "part": part}
        said = self.say(f"{by}/case", event, sections)
        self.settle()
        return id_of(said)

    def concern(self, on: str) -> str:
        """Have police note violence between the two, of that day."""
        facts = {"concern": "violence", "relationship": "partners"}
        return self.tell(on, POLICE, "concern_reported", facts, of=on, both=True)

    def alerts(self, rule: str) -> list[RowMapping]:
        """List the alerts of a rule."""
        with self.consumers[POLICE].store.read() as db:
            found = [one for one in rows.all_alerts(db) if one["rule"] == rule]
        return sorted(found, key=lambda one: one["raised_at"])

    def resting(self, alert: RowMapping) -> frozenset[str]:
        """Give what an alert rests on."""
        with self.consumers[POLICE].store.read() as db:
            return rows.statements_of(db, alert["id"])

    def close_alert(self, alert: RowMapping) -> None:
        """Have a named manager be done with an alert."""
        self.deciding().close(
            alert["id"], "done", useful="useful", reason="the level stands", by=MANAGER, role="lead"
        )
        self.settle()

    def deciding(self) -> Deciding:
        """Give the desk at which alerts are seen to."""
        police, numbers = self.consumers[POLICE], self._numbers
        ids = lambda: f"0189f8b4-0000-7000-8000-{next(numbers):012x}"  # noqa: E731
        return Deciding(police.store, self.voice(POLICE), ids)


MANAGER = Practitioner(sha(b"manager")[:22], "N. Lead")


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A partnership that has agreed."""
    return Town(tmp_path)


def read_anew(town: Town, folder: Path) -> None:
    """Have police lose their database: rows are the same, and nothing is said again."""
    again = town.consumer(POLICE, folder / "again.sqlite")
    again.take(town.records(POLICE))
    assert again.publish_waiting(refuse) == 0
    assert tables(again) == tables(town.consumers[POLICE])


def test_a_conviction_that_comes_after_a_low_level_asks_about_it_once(
    town: Town, tmp_path: Path
) -> None:
    """The level is of Tuesday and the record of next week: the review's own failure (5.7.1)."""
    level = town.tell(
        "2027-03-01", PROBATION, "risk_assessed", of="2027-03-01", both=False,
        facts={"instrument": "oasys", "version": "4", "level": "low", "considered": ["housing"]},
    )  # fmt: skip
    assert town.alerts("M06") == []
    gbh = {"record": "conviction", "offence": "violence", "domestic": "no"}
    record = town.tell(
        "2027-03-08", POLICE, "police_record_noted", gbh, of="1987-06-01", both=False
    )
    (alert,) = town.alerts("M06")
    assert alert["statement"] == level
    assert town.resting(alert) == {level, record}
    town.tell("2027-03-09", POLICE, "police_record_noted", gbh, of="1990-06-01", both=False)
    assert len(town.alerts("M06")) == 1, "one that is open is enough"
    town.close_alert(alert)
    town.tell("2027-03-10", POLICE, "police_record_noted", gbh, of="2027-03-02", both=False)
    assert len(town.alerts("M06")) == 1, "nothing before the level left it out"
    more = town.tell("2027-03-11", POLICE, "police_record_noted", gbh, of="1994-06-01", both=False)
    _, anew = town.alerts("M06")
    assert town.resting(anew) == {level, more}
    read_anew(town, tmp_path)


def test_a_review_that_a_lead_took_and_left_does_not_silence_the_year(
    town: Town, tmp_path: Path
) -> None:
    """Three concerns were asked about and nobody looked: the fourth asks anew, once a clock."""
    for day in ("2027-01-10", "2027-02-10", "2027-03-10"):
        town.concern(day)
    (first,) = town.alerts("M10")
    town.deciding().acknowledge(first["id"], by=MANAGER, role="lead")
    town.settle()
    town.concern("2027-03-12")
    assert len(town.alerts("M10")) == 1, "its time runs: the next incident joins the thread"
    fourth = town.concern("2027-04-10")
    town.concern("2027-04-11")
    _, anew = town.alerts("M10")
    assert (anew["statement"], anew["closed"]) == (fourth, None)
    for alert in town.alerts("M10"):
        town.close_alert(alert)
    town.concern("2027-04-12")
    assert len(town.alerts("M10")) == 3
    read_anew(town, tmp_path)

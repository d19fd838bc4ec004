"""A refuge: a section of its own, that nothing which carries an address carries or shows."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from broker.core.terms import SECTION_KINDS
from consumers.research.desk import Desk as ResearchDesk
from consumers.store import metadata
from contracts.fault import Misuse
from contracts.section import Refuge
from tests.matrix.partnership import AGREEMENTS
from tests.matrix.partnership import agreement as shipped
from tests.support.desk import HUB, POLICE, PROBATION, Desk
from tests.support.filing import drafted, section
from tests.support.filing import person as one_person
from tests.support.researching import ADDRESS, person, task_of, told
from tests.support.speaking import Speaker

REFUGE = "Zquil House, 4 Hidden Lane"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def sheltered(desk: Desk) -> dict[str, Any]:
    """Write a report of somebody who is in a refuge; where she lived before is told too."""
    sections = told(desk)
    subject = sections["person.2.identity"]["subject"]
    sections["person.2.refuge"] = {"subject": subject, "address": REFUGE}
    return sections


def shown(desk: Desk, agency: str) -> set[str]:
    """Name the places of hers that an agency was sent of the one report."""
    (view,) = desk.seen(agency, "concern_reported")
    return {name for name in view.statement.sections if name.startswith("person.2.")} - {
        "person.2.identity", "person.2.part",
    }  # fmt: skip


@pytest.mark.parametrize("urgency", ["routine", "urgent"])
def test_what_carries_where_somebody_is_does_not_carry_a_refuge(desk: Desk, urgency: str) -> None:
    """One address among others would stand in every task, and one of its readers knows him."""
    desk.report(sheltered(desk), urgency=urgency)
    desk.settle()
    assert shown(desk, POLICE) == {"person.2.whereabouts"}
    assert shown(desk, PROBATION) == {"person.2.whereabouts", "person.2.refuge"}, "its own word"
    for agency in (POLICE, HUB):
        for one in desk.ledger.views[agency]:
            assert REFUGE.encode() not in (one[1] or b"")


def test_a_threat_to_life_carries_it_to_who_acts_at_once(desk: Desk) -> None:
    """Who goes to the door must know which: that is what nothing stops."""
    desk.report(sheltered(desk), urgency="threat_to_life")
    desk.settle()
    assert shown(desk, POLICE) == {"person.2.whereabouts", "person.2.refuge"}


def test_no_shipped_agreement_carries_one_and_one_that_would_must_name_it() -> None:
    """A lead who writes such a leg has written the word."""
    legs = [leg for one in AGREEMENTS for leg in shipped(one).legs]
    assert any("person.whereabouts" in leg.sections for leg in legs)
    assert not any(name.startswith("person.refuge") for leg in legs for name in leg.sections)
    assert "person.refuge" in SECTION_KINDS


def test_where_it_is_known_no_row_task_or_comparison_holds_it(desk: Desk) -> None:
    """Women who share a refuge are not one woman, and no list tells where it is."""
    sections = sheltered(desk)
    subject = sections["person.2.identity"]["subject"]
    report = desk.report(sections, urgency="threat_to_life")
    desk.settle()
    police = desk.acting(POLICE)
    with police.store.read() as db:
        for table in metadata.sorted_tables:
            if table.name != "views":
                assert REFUGE not in str(db.execute(select(table)).all()), table.name
    at_work = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)
    places = at_work.reveal(
        task_of(desk, report, subject), by=person("P."), role="r", reason="at the door", at=7
    )
    assert [one.address for one in places] == [f"2{ADDRESS}", REFUGE]
    assert isinstance(places[1], Refuge)


def test_of_a_person_in_a_refuge_nobody_is_shown_anything_alone(desk: Desk) -> None:
    """Urgent work shows one who has it where she is; a refuge takes two (domain.md 7)."""
    sections = sheltered(desk)
    subject = sections["person.2.identity"]["subject"]
    report = desk.report(sections, urgency="urgent", source="thames-valley/intelligence")
    desk.settle()
    police = desk.acting(POLICE)
    at_work = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)
    with pytest.raises(Misuse, match="not a refuge") as refused:
        at_work.reveal(
            task_of(desk, report, subject), by=person("P."), role="r", reason="visit", at=7
        )
    assert REFUGE not in refused.value.text


def test_a_report_says_a_refuge_in_its_own_place(tmp_path: Path) -> None:
    """Typed as an address it would go wherever addresses go."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    said = drafted(speaker, one_person(f'refuge: "{REFUGE}", seen: 2012-05-01'))
    assert section(said, "person.1.refuge")["address"] == REFUGE
    assert "person.1.whereabouts" not in said.sections

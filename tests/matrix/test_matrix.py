"""The disclosure matrix: what the shipped agreements let each agency have, cell by cell.

A cell is one section of one statement for one agency: shown or not. Expected answers are a table
written by hand from the domain reference (`expected.txt`); what is compared with it is what each
agency can open and prove of statements that were really signed, sequenced and dispatched.
"""

from functools import cache

import pytest

from contracts.event import BY_NAME, Audience
from tests.matrix.comparing import Compared, compare
from tests.matrix.partnership import AGREEMENTS, STATES, Milton, agreement, kinds
from tests.matrix.playing import Cast, Said
from tests.matrix.table import table

STATEMENTS, CELLS = 1_741, 484_003
"""Compared in each state. A table that lost rows would pass in silence; count them on purpose."""


@cache
def played(state: str) -> tuple[Milton, list[Said]]:
    """Say every case of the table with the shipped agreements in one state."""
    milton = Milton(f"matrix/{state}", state=state)
    cast = Cast(milton)
    cast.prepare(table().cases)
    milton.flow()
    said = [cast.say(case) for case in table().cases]
    milton.flow()
    return milton, said


@cache
def compared(state: str) -> Compared:
    """Hold what everybody was shown against the table."""
    milton, said = played(state)
    return compare(said, milton.views, in_force=state == "in_force")


@pytest.mark.parametrize("state", STATES)
def test_every_cell_is_as_the_domain_has_it(state: str) -> None:
    """One section too many can tell somebody where she is; one too few can hide that she is."""
    found = compared(state)
    assert found.differs == []
    assert (len(played(state)[1]), found.cells) == (STATEMENTS, CELLS)


@pytest.mark.parametrize("state", [state for state in STATES if state != "in_force"])
def test_what_no_agreement_carries_is_held_and_its_publisher_told(state: str) -> None:
    """A gap between agreements must block and say whom to ring, never drop (review 5.6.3 iv)."""
    milton, said = played(state)
    parties = {party.agency for one in AGREEMENTS for party in agreement(one).parties}
    for one in said:
        decision = milton.decision(one.raw)
        if decision.outcome != "quarantined":
            assert decision.outcome in {"rejected", "accepted_emergency"} or _is_own(one)
            continue
        suspended = state == "suspended" and one.case.sender in parties
        code = "agreement.suspended" if suspended else "agreement.none_in_force"
        assert [given.code for given in decision.reasons] == [code]
        assert decision.contact.startswith("Milton Keynes Community Safety Partnership: 01632")


def test_every_statement_of_the_table_can_be_said_while_agreements_are_in_force() -> None:
    """A statement that was refused for its form would be shown to nobody for the wrong reason."""
    milton, said = played("in_force")
    refused = [one.case.line for one in said if milton.decision(one.raw).outcome == "rejected"]
    assert refused == []


def test_the_table_names_every_kind_that_agencies_share() -> None:
    """A kind that nobody wrote an answer for would be decided by the agreements alone."""
    shared = {name for name, row in BY_NAME.items() if row.audience is Audience.SHARED}
    carried = {name for one in AGREEMENTS for leg in agreement(one).legs for name in leg.types}
    written = {case.event for case in table().cases}
    assert shared | carried == written
    assert set(table().quoted) == written, "each kind has its sentence of the domain beside it"


def test_the_table_asks_every_agency_to_say_every_kind() -> None:
    """Who may send something is as much of an answer as who may have it."""
    assert set(table().agencies.values()) == set(kinds())
    for event in {case.event for case in table().cases}:
        said = {case.sender for case in table().cases if case.event == event}
        assert set(kinds()) - said <= {"bedfordshire", "mk-csp"}, event


def _is_own(one: Said) -> bool:
    return BY_NAME[one.case.event].audience is Audience.OWN


def test_every_leg_carried_something() -> None:
    """A leg that no row of the table reaches is a promise nobody has tried."""
    legs = {
        f"{one}@{agreement(one).version}/{leg.id}"
        for one in AGREEMENTS
        for leg in agreement(one).legs
    }
    assert legs - compared("in_force").legs == set()

"""Whom something is kept from can tell of nothing: two towns, one with her case and one without.

What an excluded agency can read is compared byte for byte. Not equal, and not about anything:
where an entry stands (its index, the salted digest of its place, the inclusion proof) and how long
the log is (the checkpoint), which everything that anybody says moves.
"""

import pytest

from tests.support.stranger import concern
from tests.support.strategies import provenance
from tests.support.telling import submitted
from tests.support.town import Town as Founded
from tests.support.twins import CASE, HUB, POLICE, Town, everyday, her_case, say, written
from tests.support.twins import beginning as begun
from tests.vectors.ledger import Played

FIRST = "0132b1a4-9c40-7000-8000-000000000001"


@pytest.fixture(scope="module")
def beginning() -> Played:
    """Found a town in which probation, police and the hub tell each other all."""
    return begun()


@pytest.mark.parametrize("excluded", ["thames-valley", "mk-hub", "mk-csp"])
@pytest.mark.parametrize("at_once", [True, False], ids=["one_batch", "each_alone"])
def test_an_excluded_agency_reads_the_same_bytes_as_if_there_were_no_case(
    beginning: Played, excluded: str, *, at_once: bool
) -> None:
    """He works there, and reads its topics: there must be nothing to read, and no gap."""
    others = written("everyday", everyday)
    hers = written(
        "hers", her_case({"agency": excluded}, hub=POLICE if excluded == "mk-hub" else HUB)
    )
    both = [one for pair in zip(others, hers, strict=False) for one in pair]
    both += [*others[len(hers) :], *hers[len(others) :]]
    readable = []
    for said in (both, others):
        town = Town(beginning)
        for batch in [said] if at_once else [[one] for one in said]:
            town.log.tell(batch)
            town.log.deliver()
        readable.append(town.readable(excluded))
    with_case, without = readable
    assert with_case == without
    assert len(without[0]) > len(others) // 3, "there is something to read"


@pytest.mark.parametrize(("excluded", "matcher"), [("thames-valley", HUB), ("mk-hub", POLICE)])
def test_what_the_excluded_say_of_her_themselves_is_taken_as_ever(
    beginning: Played, excluded: str, matcher: str
) -> None:
    """He reports her himself; that she is the one who is kept from him, no receipt may show."""
    source = {"thames-valley": POLICE, "mk-hub": HUB}[excluded]
    own, case = Played("own"), Played("joined")
    people = concern(own.draw)
    token = people["person.1.identity"]["subject"]
    reported = own.say(source, "concern_reported", people)
    for urgency in ("routine", "urgent", "threat_to_life"):
        own.say(source, "concern_reported", people, urgency=urgency)
        own.say(source, "concern_reported", {**people, "provenance": provenance("role")},
                urgency=urgency)  # fmt: skip
    hers = concern(case.draw)
    her = hers["person.1.identity"]["subject"]
    first = case.say(CASE, "concern_reported", {
        **hers, "exclusions": {"excluded": [{"subjects": [], "agency": excluded}]},
    })  # fmt: skip
    wall = {"excluded": [{"subjects": [her], "agency": excluded}], "reason": "he works there",
            "by": "A. Officer"}  # fmt: skip
    say(case, CASE, "exclusion_recorded", wall, first)
    link = {"subjects": [token, her], "matcher": "A. Officer", "basis": "one birth date"}
    say(case, matcher, "persons_linked", link, reported, first)
    said, kept = list(submitted(own)), list(submitted(case))
    readable = []
    for telling in ([said[0], *kept, *said[1:]], said):
        town = Town(beginning)
        town.log.tell(telling)
        town.log.deliver()
        readable.append(town.readable(excluded))
        if telling is not said:
            assert town.log.state.consents.same(token) == {token, her}
    assert readable[0] == readable[1]


def test_her_case_is_told_to_everybody_else(beginning: Played) -> None:
    """Else the comparison above would hold of a log that tells nobody anything."""
    town = Town(beginning)
    hers = written("hers", her_case({"agency": "thames-valley"}))
    for entry in town.log.tell(hers):
        assert entry.recorded.decision is not None
        assert entry.recorded.decision.outcome != "rejected", entry.recorded.decision
    town.log.deliver()
    seen = {view.statement.kind.name for view in town.log.opened("mk-hub")}
    assert {"concern_reported", "statement_corrected", "response_given"} <= seen


@pytest.mark.parametrize("rests", [True, False], ids=["rests on it", "of its own"])
def test_a_threat_to_life_that_rests_on_her_case_goes_to_who_stands_in(*, rests: bool) -> None:
    """He would learn by the second what the first was kept from him for; and somebody is told."""
    town = Founded("rests")
    wall = {"excluded": [{"subjects": [], "agency": "thames-valley"}]}
    town.report(sections={"exclusions": wall}, id=FIRST)
    town.report(
        sections={"cause.1": {"statement": FIRST}} if rests else {}, urgency="threat_to_life"
    )
    told = {one.to for one in town.log.entries[-1].deliveries if one.leg == "emergency"}
    assert told == ({"mk-hub"} if rests else {"mk-hub", "thames-valley"})

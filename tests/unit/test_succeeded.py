"""Succession and the hands it must not join: rights pass on, exclusions hold, two stay two."""

from typing import Any

import pytest

from tests.support.speaking import adopt
from tests.support.stranger import concern, sha
from tests.support.town import CASE, Town
from tests.unit.test_credentials import ORDER
from tests.vectors.ledger import BASIS, POLICE_BASIS, agreement, endorsement, founding

HUB, POLICE = "mk-hub/safeguarding", "thames-valley/intelligence"
Json = dict[str, Any]


def an_id(number: int) -> str:
    """Make a UUIDv7."""
    return f"0132b1a4-9c40-7000-8000-{number:012d}"


class Partners(Town):
    """A town where agencies succeed each other and people govern cases."""

    def act(self, act: Json, *hands: str) -> bool:
        """Propose an act and let others stand behind it; say whether the last was accepted."""
        self.played.govern(hands[0], "act_proposed", {"proposal": act})
        for hand in hands[1:]:
            self.played.govern(hand, "act_endorsed", endorsement(act))
        self.flow()
        decision = self.log.entries[-1].recorded.decision
        return decision is not None and decision.outcome == "accepted"

    def succeed(self, agency: str, successor: str, *hands: str) -> None:
        """Let one agency take another's place."""
        act = {"act": "agency_succeeded", "agency": agency, "successor": successor}
        assert self.act(act, *hands)

    def tell(
        self, source: str, event: str, facts: Json, *, by: str = "w",
        causes: tuple[str, ...] = (), **context: Any,
    ) -> list[str]:  # fmt: skip
        """Say what a named person decides; give the reasons for which it was refused."""
        person = {"token": sha(by.encode())[:22], "name": by}
        provenance = concern(self.played.draw)["provenance"] | {"practitioner": person}
        caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
        sections = {"event": facts, **caused, "provenance": provenance}
        self.played.say(source, event, sections, **context)
        self.flow()
        recorded = self.log.entries[-1].recorded
        return [str(given.code) for item in recorded.items for given in item.reasons]

    def tell_of(self, subject: str | None = None, **context: Any) -> str:
        """Report a concern, about somebody known before where a token is given; give the token."""
        sections = concern(self.played.draw)
        was = sections["person.1.identity"]["subject"]
        exclusions = context.pop("excluded", None)
        if subject is not None:
            for name in ("person.1.identity", "person.1.part"):
                sections[name]["subject"] = subject
            sections["use_limits"]["limits"][0]["subject"] = subject
        if exclusions is not None:
            sections["exclusions"] = {"excluded": [{"subjects": [was], "agency": exclusions}]}
        self.played.say(CASE, "concern_reported", sections, **context)
        self.flow()
        return subject or was

    def reached(self) -> set[str]:
        """List whom the last entry was delivered to, its publisher apart."""
        return {one.to for one in self.log.entries[-1].deliveries if one.leg != "own"}


def test_who_takes_an_excluded_agencys_place_is_kept_out_as_it_was() -> None:
    """He works there still: the new name on the door changes nothing."""
    town = Partners("succeeded-excluded")
    subject = town.tell_of(id=an_id(1))
    excluded = [{"subjects": [subject], "agency": "thames-valley"}]
    facts = {"excluded": excluded, "reason": "he works there", "by": "A. Lead"}
    assert not town.tell(CASE, "exclusion_recorded", facts, causes=(an_id(1),))
    town.succeed("thames-valley", "mk-hub", "mk-csp", "tv-probation")
    for urgency in ("routine", "threat_to_life"):
        town.tell_of(subject, urgency=urgency)
        assert "mk-hub" not in town.reached()


def test_what_a_successor_is_excluded_from_is_not_handed_over_to_it() -> None:
    """The predecessor held it rightly; the successor was never to see it."""
    town = Partners("succeeded-owed")
    town.tell_of(id=an_id(1), excluded="mk-hub")
    assert town.reached() == {"thames-valley"}
    town.tell_of(id=an_id(2))
    before = town.log.entries[-1].recorded.head.statement
    town.succeed("thames-valley", "mk-hub", "mk-csp", "tv-probation")
    handed = [one for one in town.log.entries[-1].deliveries if "inherited" in one.marks]
    assert [one.statement for one in handed if one.to == "mk-hub"] == [before]


def test_nobodys_statement_is_erased_by_adding_ones_own_to_the_list() -> None:
    """Whoever proposes must have said what is erased, or what it derives from."""
    town = Partners("erased-with")
    leg = dict(agreement()["agreement"]["legs"][0])
    bases = {"basis": POLICE_BASIS, "recipient_basis": BASIS}
    changes = {"id": "p", "from": ["thames-valley"], "to": ["mk-hub"], **bases}
    adopt(town, id="police-isa", legs=[leg | changes])
    town.tell_of(id=an_id(1))
    theirs = concern(town.played.draw)
    town.played.say(POLICE, "concern_reported", theirs, id=an_id(2), basis=POLICE_BASIS)
    town.flow()
    for named in ([an_id(1), an_id(2)], [an_id(2)]):
        facts = {"statements": named, "ground": "mistaken", "reason": "r", "by": "A. Lead"}
        assert town.tell(CASE, "erasure_proposed", facts) == ["control.not_entitled"]
    facts = {"statements": [an_id(1)], "ground": "mistaken", "reason": "r", "by": "A. Lead"}
    assert not town.tell(CASE, "erasure_proposed", facts)


def test_a_successor_is_not_the_second_hand_of_its_predecessors_erasure() -> None:
    """Two agencies that became one are one."""
    town = Partners("erased-alone")
    town.tell_of(id=an_id(1))
    facts = {"statements": [an_id(1)], "ground": "mistaken", "reason": "r", "by": "A. Lead"}
    assert not town.tell(CASE, "erasure_proposed", facts, by="a", id=an_id(3))
    town.succeed("tv-probation", "mk-hub", "mk-csp", "thames-valley")
    facts = {"proposal": an_id(3), "statements": [an_id(1)], "by": "B. Lead"}
    assert town.tell(HUB, "erasure_endorsed", facts, by="b") == ["control.same_hand"]


def test_two_agencies_that_became_one_are_one_hand_of_a_quorum() -> None:
    """A ruleset that needs two needs two that are two."""
    town = Partners("one-hand")
    town.succeed("tv-probation", "mk-csp", "mk-csp", "thames-valley")
    act = {"act": "ruleset_adopted", "rules": founding()["rules"] | {"version": "2"}}
    assert not town.act(act, "mk-csp", "tv-probation")
    rules = town.log.state.rules
    assert rules is not None
    assert rules.version != "2"
    assert town.act(act | {"rules": act["rules"] | {"version": "3"}}, "mk-csp", "thames-valley")
    assert town.log.state.rules is not None
    assert town.log.state.rules.version == "3"


@pytest.mark.parametrize("event", ["consent_recorded", "exclusion_recorded", "legal_hold_set"])
def test_a_successor_governs_the_cases_that_it_took_over(event: str) -> None:
    """Somebody known to the CRC must be able to take her word back with who follows it."""
    town = Partners("succeeded-case")
    subject = town.tell_of(id=an_id(1))
    town.succeed("tv-probation", "mk-hub", "mk-csp", "thames-valley")
    view = {"subject": subject, "state": "withdrawn"}
    excluded = {"subjects": [subject], "agency": "mk-csp"}
    every: dict[str, Json] = {
        "consent_recorded": {"views": [view], "asked_by": "A. Lead", "asked_alone": True},
        "exclusion_recorded": {"excluded": [excluded], "reason": "works there", "by": "A. Lead"},
        "legal_hold_set": {
            "subjects": [subject], "authority": "coroner", "reference": "1", "by": "A. Lead",
        },
    }  # fmt: skip
    assert not town.tell(HUB, event, every[event], causes=(an_id(1),))


@pytest.mark.parametrize(("level", "reached"), [(None, [1, 1]), ("credentialed", [0, 0])])
def test_an_emergency_that_names_nobody_reaches_no_more_than_one_that_does(
    level: str | None, reached: list[int]
) -> None:
    """A leg that takes no less than a credential is given no less: police and the hub have it."""
    town = Partners("emergency-level")
    first = agreement()["agreement"]["legs"][0]
    members = {"id": "cred", "to": ["mk-csp"], "recipient_basis": BASIS, "provenance": level}
    leg = {name: value for name in ORDER if (value := (first | members).get(name)) is not None}
    contact = {"telephone": "01632 960001"}
    names = ("tv-probation", "thames-valley", "mk-hub", "mk-csp")
    parties = [{"agency": one, "contact": contact} for one in names]
    adopt(town, id="cred-isa", parties=parties, legs=[leg])
    assert "cred-isa" in town.log.state.agreements.versions
    found = []
    for drop in ((), ("provenance",)):
        town.report(urgency="threat_to_life", drop=drop)
        found.append(sum("cred-isa" in one.leg for one in town.log.entries[-1].deliveries))
    assert found == reached


def test_what_is_erased_is_handed_over_to_nobody() -> None:
    """An answer was owed on it; its sections are gone, and nobody is asked for one any more."""
    town = Partners("succeeded-erased")
    town.tell_of(id=an_id(1))
    facts = {"statements": [an_id(1)], "ground": "mistaken", "reason": "r", "by": "A. Lead"}
    assert not town.tell(CASE, "erasure_proposed", facts, by="a", id=an_id(3))
    assert town.log.state.waiting.owed
    facts = {"proposal": an_id(3), "statements": [an_id(1)], "by": "B. Lead"}
    assert not town.tell(HUB, "erasure_endorsed", facts, by="b")
    assert not town.log.state.waiting.owed
    town.succeed("thames-valley", "mk-hub", "mk-csp", "tv-probation")
    assert not [one for one in town.log.entries[-1].deliveries if "inherited" in one.marks]


def test_a_correction_reaches_nobody_who_is_kept_out_since() -> None:
    """They hold the first words; what she says now is not for them."""
    town = Partners("corrected-excluded")
    sections = concern(town.played.draw)
    subject = sections["person.1.identity"]["subject"]
    town.played.say(CASE, "concern_reported", sections, id=an_id(1))
    town.flow()
    taken_back = {"statement": an_id(1), "reason": "mistaken", "by": "A. Lead"}
    assert not town.tell(CASE, "statement_retracted", taken_back, causes=(an_id(1),))
    assert town.reached() == {"thames-valley"}
    excluded = [{"subjects": [subject], "agency": "thames-valley"}]
    facts = {"excluded": excluded, "reason": "he works there", "by": "A. Lead"}
    assert not town.tell(CASE, "exclusion_recorded", facts, causes=(an_id(1),))
    assert not town.tell(CASE, "statement_retracted", taken_back, causes=(an_id(1),))
    assert town.reached() == set()

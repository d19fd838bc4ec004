"""What the desk's word frees, and what then rests on it; a key whose theft is found late."""

from typing import Any

import pytest

from contracts.credential import Credential, issue
from contracts.credential import digest_of as credential_digest
from contracts.entry import ReasonGiven
from contracts.statement import digest_of
from tests.support.speaking import adopt
from tests.support.stranger import concern, sha, text_of
from tests.support.town import CASE, Town
from tests.vectors.ledger import POLICE_BASIS, agreement, key, source_key

DESK, POLICE = "mk-csp/desk", "thames-valley/intelligence"
REPORT = "0132b1a4-9c40-7000-8000-000000000001"
ROLE = "provenance.role_missing"


def provenance(town: Town, who: str = "", *, role: bool = True) -> dict[str, Any]:
    """Name a practitioner; the same `who` is the same person."""
    given = dict(concern(town.played.draw)["provenance"])
    given["practitioner"] = {"token": sha(who.encode())[:22], "name": "B. Officer"}
    return {name: value for name, value in given.items() if role or name != "role"}


def say(town: Town, source: str, event: str, sections: dict[str, Any], **changes: Any) -> bytes:
    """Say something and let it flow."""
    raw = town.played.say(source, event, sections, **changes)
    town.flow()
    return raw


def decide(town: Town, raw: bytes, who: str, *, shows: str | None = None, **changes: Any) -> Any:
    """Say the desk's word, a credential shown or not; give what was decided on it."""
    event = {"statement": digest_of(raw), "decision": "release", "waived": [ROLE],
             "reason": "known", "by": who, **changes}  # fmt: skip
    by = provenance(town, who) | ({} if shows is None else {"credential": shows})
    say(town, DESK, "release_decided", {"event": event, "provenance": by})
    return town.log.entries[-1].recorded


def redecided(recorded: Any) -> list[tuple[str, list[ReasonGiven]]]:
    """Give what became of the held statement."""
    return [(row.outcome, row.reasons) for row in recorded.decision.redecided]


def test_what_a_release_does_not_free_the_same_two_may_decide_again() -> None:
    """An agreement may come into force later; a small desk has no third and fourth person."""
    town = Town("release")
    raw = town.report(
        sections={"provenance": provenance(town, "author", role=False)}, agreement="other-isa"
    )
    assert redecided(decide(town, raw, "first")) == []
    (stays,) = redecided(decide(town, raw, "second"))
    assert stays == ("quarantined", [ReasonGiven("agreement.none_in_force")])
    adopt(town, id="other-isa")
    assert redecided(decide(town, raw, "first")) == []
    assert redecided(decide(town, raw, "second")) == [("accepted", [])]


NIGHT_MS = 12 * 3_600_000
"""From half past nine in the morning on."""


def at_night(decision: str) -> tuple[Town, bytes, Any]:
    """Hold a report, and let one decide on it alone, at half past nine in the evening."""
    town = Town("alone")
    raw = town.report(sections={"provenance": provenance(town, "author", role=False)})
    early = decide(town, raw, "night", decision=decision, waived=[], alone=True)
    assert [one.code for one in early.items[0].reasons] == ["control.not_night"]
    town.log.clock_ms += NIGHT_MS
    waived = [ROLE] if decision == "release" else []
    return town, raw, decide(town, raw, "night", decision=decision, waived=waived, alone=True)


def said(recorded: Any) -> list[str]:
    """Give why a word was refused."""
    return [one.code for one in recorded.items[0].reasons]


@pytest.mark.parametrize("decision", ["release", "refuse"])
def test_whoever_decides_alone_owes_a_second_word(decision: str) -> None:
    """A report that one person refused at night must be looked at by another too."""
    waived = [ROLE] if decision == "release" else []
    town, raw, alone = at_night(decision)
    duties = [(duty.kind, duty.agency) for duty in alone.decision.duties]
    assert ("second_release", "mk-csp") in duties
    same = decide(town, raw, "night", decision=decision, waived=waived)
    assert [one.code for one in same.items[0].reasons] == ["control.same_hand"]
    second = decide(town, raw, "day", decision=decision, waived=waived)
    assert second.decision.outcome == "accepted"
    ends = [] if decision == "release" else [("rejected", [ReasonGiven("quarantine.refused")])]
    assert redecided(second) == ends
    third = decide(town, raw, "other", decision=decision, waived=waived)
    assert [one.code for one in third.items[0].reasons] == ["control.not_held"]


def test_a_refusal_by_one_alone_is_not_the_end() -> None:
    """What one tired person shut away at night, two others may let go in the morning."""
    town, raw, alone = at_night("refuse")
    waiting, digest = town.log.state.waiting, digest_of(raw)
    assert redecided(alone) == []
    assert digest in waiting.held
    assert digest in waiting.confirming
    assert redecided(decide(town, raw, "day")) == []
    assert digest not in waiting.confirming, "a second has looked"
    assert redecided(decide(town, raw, "another")) == [("accepted", [])]
    assert digest not in waiting.held


def test_a_dissent_from_what_one_let_go_stands_until_somebody_agrees() -> None:
    """It is out: that the second said no must not end the clock as if they had said yes."""
    town, raw, _ = at_night("release")
    waiting, digest = town.log.state.waiting, digest_of(raw)
    assert redecided(decide(town, raw, "day", decision="refuse", waived=[])) == []
    assert digest in waiting.confirming
    assert said(decide(town, raw, "day")) == ["control.same_hand"]
    decide(town, raw, "another")
    assert digest not in waiting.confirming


def test_tokens_alone_are_nobodys_hands_where_the_desk_has_credentials() -> None:
    """Else two invented tokens under one agency's key let anything out."""
    town = Town("hands")
    raw = town.report(sections={"provenance": provenance(town, "author", role=False)})
    assert redecided(decide(town, raw, "first")) == []
    until, owners = "2013-05-01T00:00:00.000Z", {}
    for who in ("second", "third"):
        token = sha(who.encode())[:22]
        owners[who] = issue(
            Credential(iss="mk-csp", partnership="mk-now", sub=token, role="manager",
                       organisation="CSP", until=until),
            {"name": "B. Officer"}, sign=key(DESK).private.sign, kid=key(DESK).kid,
            random_bytes=town.played.draw,
        )  # fmt: skip
        issued = {"credential": credential_digest(owners[who]), "practitioner": token,
                  "role": "manager", "until": until}  # fmt: skip
        town.played.govern("mk-csp", "credential_issued", issued)
    assert said(decide(town, raw, "invented")) == ["control.credential_missing"]
    assert said(decide(town, raw, "third", shows=owners["second"])) == [
        "control.credential_missing"
    ]
    assert redecided(decide(town, raw, "third", shows=owners["third"])) == [("accepted", [])]


@pytest.mark.parametrize("freed", ["released", "supplied"])
def test_what_a_machine_says_may_rest_on_what_was_freed(freed: str) -> None:
    """Police could else ask nobody anything about a report whose form had a slip in it."""
    town = Town("rests")
    leg = {
        **agreement()["agreement"]["legs"][0], "id": "asks", "from": ["thames-valley"],
        "to": ["tv-probation"], "types": ["information_requested"], "basis": POLICE_BASIS,
        "sections": ["event", "provenance"], "recipient_basis": POLICE_BASIS,
    }  # fmt: skip
    del leg["owes_response"]
    kept = [name for name in leg if name != "retention_days"]
    asks = {name: leg[name] for name in kept} | {"provenance": "automated", "retention_days": 90}
    adopt(town, id="asking", legs=[asks])
    raw = town.report(sections={"provenance": provenance(town, "author", role=False)}, id=REPORT)
    if freed == "released":
        decide(town, raw, "first")
        decide(town, raw, "second")
    else:
        supplied = {"event": {"statement": REPORT}, "cause.1": {"statement": REPORT},
                    "provenance": provenance(town, "author")}  # fmt: skip
        say(town, CASE, "provenance_supplied", supplied)
    machine = {"kind": "system", "system": "consumer", "rule": "r", "accountable": "Head"}
    event = {"addressee": "tv-probation", "statement": REPORT, "subject": text_of(bytes(16)),
             "why": "a report", "due_at": 1335900000000}  # fmt: skip
    sections = {"event": event, "cause.1": {"statement": REPORT}, "provenance": machine}
    say(town, POLICE, "information_requested", sections, basis=POLICE_BASIS)
    decision = town.log.entries[-1].recorded.decision
    assert decision is not None
    assert (decision.outcome, decision.recipients) == ("accepted", ["tv-probation"])


def test_a_key_may_be_said_to_be_compromised_after_it_was_rotated() -> None:
    """A theft is often found after the laptop was replaced: whoever holds it must look again."""
    town = Town("late")
    town.report()
    held = key(CASE).kid
    new = source_key("tv-probation", "case", held=key(f"{CASE}/2"))
    propose(town, {"act": "key_rotated", "agency": "tv-probation", "kid": held, "key": new})
    assert town.log.state.keys.held[held].revoked is not None
    ended = town.log.state.keys.held[held].revoked
    late = propose(town, stolen(held))
    assert late.decision.outcome == "accepted"
    owing = {duty.agency for duty in late.decision.duties}
    assert owing == {"tv-probation", "thames-valley"}
    assert town.log.state.keys.held[held].revoked == ended
    again = propose(town, {**stolen(held), "invalid_since": "2012-04-01T00:00:00.000Z"})
    assert [one.fields for one in again.items[0].reasons] == [["kid"]]


def test_who_keeps_count_of_a_recall_sees_all_its_duties_and_nobody_else() -> None:
    """Governance and the key's owner ring who has not looked; others learn of their own alone."""
    town = Town("recall")
    town.report()
    propose(town, stolen(key(CASE).kid))
    shown = {
        agency: [duty.agency for duty in town.log.opened(agency)[-1].delivery.duties]
        for agency in ("mk-csp", "tv-probation", "thames-valley", "mk-hub")
    }
    every = ["thames-valley", "tv-probation"]
    assert shown == {
        "mk-csp": every, "tv-probation": every, "thames-valley": ["thames-valley"], "mk-hub": [],
    }  # fmt: skip
    event = {"kid": key(CASE).kid, "by": "C. Officer", "suspect": 1, "reopened": 0}
    said = {"event": event, "provenance": provenance(town, "police")}
    say(town, POLICE, "recall_acknowledged", said, basis=POLICE_BASIS)
    told = {
        agency: [v.delivery.leg for v in town.log.opened(agency)
                 if v.statement.kind.name == "recall_acknowledged"]
        for agency in shown
    }  # fmt: skip
    assert told == {
        "mk-csp": ["recall"], "tv-probation": ["recall"], "thames-valley": ["own"], "mk-hub": [],
    }  # fmt: skip


def stolen(kid: str) -> dict[str, Any]:
    """Write the act that ends a key which was stolen this morning."""
    return {
        "act": "key_revoked", "agency": "tv-probation", "kid": kid, "reason": "compromised",
        "invalid_since": "2012-05-01T00:00:00.000Z",
    }  # fmt: skip


def propose(town: Town, act: dict[str, Any]) -> Any:
    """Propose an act for probation; give its entry."""
    town.played.govern("tv-probation", "act_proposed", {"proposal": act})
    town.flow()
    return town.log.entries[-1].recorded

"""A threat to life that nobody could verify: one call back, one review, and it can be erased."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from consumers import store as stored
from consumers.responses import rows as responses
from contracts.opened import Notice
from contracts.reason import Reason
from contracts.statement import digest_of
from deploy import clock
from deploy.command.alert import _unverified
from deploy.governing import draft_founding, signed_founding
from producers.home import Home
from tests.support.command import typed
from tests.support.desk import POLICE, Desk, named
from tests.support.running import DEMO, SYSTEMS
from tests.support.stranger import concern
from tests.support.town import CASE, Town
from tests.unit.test_bad_input import receipt_for
from tests.vectors.ledger import key

GOVERNS = "mk-csp/desk"
FIRST = "0132b1a4-9c40-7000-8000-000000000001"


def forged(town: Town, **changes: Any) -> bytes:
    """Report a threat to life through probation's topic under a key that nobody enrolled."""
    outbox = town.played.writer(CASE, key=key("nobody"))
    raw = outbox.write(
        outbox.context("concern_reported", urgency="threat_to_life", **changes),
        concern(town.played.draw),
    )
    town.played.writer(CASE, key=key(CASE))
    town.through("tv-probation", raw)
    return raw


def governed(town: Town, source: str, event: str, value: dict[str, Any]) -> list[str]:
    """Let a named person say something that governs; give the reasons against it."""
    provenance = concern(town.played.draw)["provenance"]
    person = {**provenance["practitioner"], "token": digest_of(source.encode())[:22]}
    sections = {"event": value, "provenance": {**provenance, "practitioner": person}}
    raw = town.played.say(source, event, sections)
    town.flow()
    return [given.code for given in receipt_for(town, source.partition("/")[0], raw).part.reasons]


def test_the_same_octets_again_are_answered_as_the_same_emergency() -> None:
    """An outbox that tries again must not send police out three times."""
    town = Town()
    raw = forged(town)
    first = town.log.entries[-1].recorded
    for _ in range(2):
        town.through("tv-probation", raw)
        assert [item.index for item in town.log.entries[-1].recorded.items] == [first.head.index]
    held = [v for v in town.log.opened(POLICE) if v.statement.digest == digest_of(raw)]
    assert [view.verified for view in held] == [False]
    told = receipt_for(town, "tv-probation", raw)
    assert told.part.outcome == "accepted_emergency"
    assert told.part.remedies[-1] == Reason.SIGNATURE_UNVERIFIED.remedy
    assert told.part.remedies[-1].startswith("Ring the police now")


def test_governance_reviews_it_as_any_other_use_of_the_path() -> None:
    """Every use is counted and reviewed, and this one most of all."""
    town = Town()
    raw = forged(town, id=FIRST)
    (notice,) = [n for n in town.log.told("mk-csp") if n.delivery.statement == digest_of(raw)]
    assert isinstance(notice, Notice)
    assert [duty.kind for duty in notice.delivery.duties] == ["emergency_review"]
    review = {"statement": FIRST, "finding": "rightful", "lesson": "enrol new keys at once",
              "by": "A. Lead"}  # fmt: skip
    entitled = governed(town, "mk-hub/safeguarding", "emergency_reviewed", review)
    assert entitled == ["control.not_entitled"]
    assert governed(town, GOVERNS, "emergency_reviewed", review) == []
    (used,) = town.log.state.waiting.emergencies.values()
    assert (used.agency, used.finding) == ("tv-probation", "rightful")


def test_it_takes_no_place_from_the_one_that_is_signed() -> None:
    """Signed again under a key in force it is accepted, under the same id; each use is counted."""
    town = Town()
    forged(town, id=FIRST)
    again = town.report(id=FIRST, urgency="threat_to_life")
    assert receipt_for(town, "tv-probation", again).part.outcome == "accepted_emergency"
    assert [one.id for one in town.log.state.waiting.emergencies.values()] == [FIRST, FIRST]


def test_police_say_on_the_log_that_they_rang_back() -> None:
    """A duty that nobody can discharge teaches everybody to look past duties."""
    town = Town()
    forged(town, id=FIRST)
    answer = {"statement": FIRST, "received_by": "Sgt", "researched": "no", "actions": []}
    provenance = concern(town.played.draw)["provenance"]
    sections = {"event": answer, "cause.1": {"statement": FIRST}, "provenance": provenance}
    raw = town.played.say("thames-valley/intelligence", "response_given", sections)
    town.flow()
    told = receipt_for(town, POLICE, raw).part
    assert "control.refers_to_unknown" not in [given.code for given in told.reasons]
    assert told.outcome != "rejected"


@pytest.mark.parametrize("signed_too", [False, True])
def test_it_is_erased_by_its_id_wherever_it_went(*, signed_too: bool) -> None:
    """It holds a person's life as any report does, and may be a lie about somebody."""
    town = Town()
    digests = {digest_of(forged(town, id=FIRST))}
    if signed_too:
        digests.add(digest_of(town.report(id=FIRST, urgency="threat_to_life")))
    erased = {"statements": [FIRST], "ground": "mistaken", "reason": "forged", "by": "B. Officer"}
    assert governed(town, GOVERNS, "erasure_proposed", erased) == []
    proposal = town.log.entries[-1].recorded.findings
    assert proposal is not None
    endorsed = {"proposal": proposal.id, "statements": [FIRST], "by": "C. Officer"}
    assert governed(town, "thames-valley/intelligence", "erasure_endorsed", endorsed) == []
    gone = {key for key, value in town.log.views[POLICE] if not value}
    assert gone == {digest.encode() for digest in digests}


def test_a_flood_is_one_alert_and_one_call_back(tmp_path: Path) -> None:
    """Forty lines of the same would hide the one report that is true."""
    desk = Desk(tmp_path)
    writer = desk.played.writer(CASE, key=key("nobody"))
    for _ in range(3):
        context = writer.context("concern_reported", urgency="threat_to_life")
        desk.ledger.submit("tv-probation", writer.write(context, named(desk.draw)))
        desk.ledger.deliver()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        query = select(stored.views.c.id).where(~stored.views.c.verified)
        assert len(db.execute(query).all()) == 3
        ((_, line),) = _unverified(db, None)
        kinds = [one["kind"] for one in responses.all_duties(db)]
    assert line.startswith("3 UNVERIFIED emergencies through tv-probation's topic")
    assert kinds.count("call_back") == 1
    told = [duty.kind for one in desk.ledger.told("mk-csp") for duty in one.delivery.duties]
    assert told.count("emergency_review") == 3


async def test_on_a_plain_kafka_the_rules_that_let_it_through_are_refused(tmp_path: Path) -> None:
    """Where anybody may write to any topic, nothing vouches for who wrote it."""
    homes = [
        Home.create(
            tmp_path / agency, partnership="mk-now", agency=agency, system="control",
            kafka="127.0.0.1:1", random_bytes=clock.random_bytes,
        )
        for agency in SYSTEMS
    ]  # fmt: skip
    keys = [home.source_key(["control"]) for home in homes]
    founding = draft_founding(DEMO / "mk-now.yaml", log_key="A" * 43, keys=keys)
    assert founding.rules.unverified_emergencies
    document = tmp_path / "founding.json"
    document.write_bytes(msgspec.json.encode(founding))
    signed = []
    for home in homes:
        one = tmp_path / f"{home.agency.agency}.json"
        one.write_bytes(msgspec.json.encode(signed_founding(founding, home)))
        signed.append(f"--signature {one}")
    line = f"partnership found {document} {' '.join(signed)} --home {homes[0].folder}"
    told = await typed(line, expect=64)
    assert "unverified_emergencies" in told
    assert "candour kafka secure" in told


def test_what_comes_through_another_agencys_topic_goes_nowhere() -> None:
    """Only the agency's own authenticated topic vouches for what nobody signed."""
    town = Town()
    outbox = town.played.writer(CASE, key=key("nobody"))
    context = outbox.context("concern_reported", urgency="threat_to_life")
    raw = outbox.write(context, concern(town.played.draw))
    town.through("mk-hub", raw)
    recorded = town.log.entries[-1].recorded
    assert recorded.decision is not None
    assert recorded.decision.outcome == "rejected"
    assert not [v for v in town.log.opened(POLICE) if v.statement.digest == digest_of(raw)]

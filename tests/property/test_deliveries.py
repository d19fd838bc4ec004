"""What leaves the log, held to a second reading of the agreements: who holds which sections."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import base64url, signature
from contracts.event import control
from contracts.opened import View, open_receipt, open_view
from contracts.statement import digest_of
from tests.support.story import stories
from tests.support.stranger import concern, octets_of
from tests.support.strategies import PARTIES, fixed, provenance
from tests.support.telling import Story, Telling, id_of, reread, submitted, told, town
from tests.vectors.ledger import AGENCIES, Played, agreement, endorsement, key

CASE, POLICE = "tv-probation/case", "thames-valley"


def named(view: bytes) -> set[str]:
    """Name the sections that a view's bytes hold, whatever it says of itself."""
    texts = view.split(b"\n", 3)[2].split(b"~")[1:-1]
    return {json.loads(octets_of(text.decode()))[1] for text in texts}


@fixed(150)
@given(story=stories())
def test_no_delivery_exceeds_what_an_agreement_or_an_emergency_allows(story: Story) -> None:
    """The promise to whoever confides: it goes where the agreement says and no further."""
    wrong = [one for *_, found in reread(told(story)) for one in found]
    assert wrong == []


@fixed(60)
@given(story=stories())
def test_a_view_holds_just_the_sections_that_were_delivered(story: Story) -> None:
    """What the decision withholds must not travel with the bytes."""
    telling = told(story)
    delivered = {
        (one.to, one.statement.encode(), frozenset(one.sections))
        for written in telling.entries
        for one in written.deliveries
    }
    for name, held in telling.views.items():
        for at, value in held:
            assert (name, at, frozenset(named(value))) in delivered
            assert not named(value) & {"intake", "exclusions"}


@fixed(100)
@given(story=stories())
def test_an_excluded_agency_holds_no_record_of_it(story: Story) -> None:
    """An abuser's colleague must not learn even that there is something."""
    telling = told(story)
    sent = {(one.agency, str(digest_of(one.raw))) for one in story.sent}
    for _, statement, _, _ in reread(telling):
        for name in statement.excluded - {statement.agency}:
            at = statement.digest.encode()
            assert at not in dict(telling.views.get(name, []))
            # Who has the bytes and sends them is told that they are not its own.
            assert (
                at not in dict(telling.receipts.get(name, [])) or (name, statement.digest) in sent
            )


@fixed(70)
@given(story=stories(), batches=st.lists(st.integers(1, 9), max_size=5))
def test_every_view_opens_with_the_keys_of_the_views_before_it(
    story: Story, batches: list[int]
) -> None:
    """A recipient needs nobody's word: what governs reaches it before what it governs."""
    telling = told(story, batches)
    for name, held in telling.views.items():
        keys: dict[str, bytes] = {}
        for _, value in held:
            view = open_view(value, telling.trust, keys.get, to=name)
            if isinstance(view, View) and view.delivery.leg == "public_control":
                keys.update(learned(view.statement.event))
    for name, held in telling.receipts.items():
        asked = {digest_of(one.raw) for one in story.sent if one.agency == name}
        assert {open_receipt(value, telling.trust).part.submission for _, value in held} == asked


def learned(event: Any) -> dict[str, bytes]:
    """Learn keys from what governs, as FORMAT.md says (The view, 8)."""
    act = getattr(event, "proposal", None)
    agencies = event.founding.agencies if hasattr(event, "founding") else []
    if isinstance(act, control.AgencyAdmitted):
        agencies = [act.agency]
    held = [one for agency in agencies for one in agency.keys]
    held += [act.key] if isinstance(act, control.KeyEnrolled) else []
    public = [base64url.decode(one.public_key) for one in held]
    return {signature.thumbprint(one): one for one in public}


def adopt(played: Played, **changes: Any) -> None:
    """Adopt a second version of the agreement, its first leg changed."""
    first = agreement()["agreement"]["legs"][0]
    legs = [{name: changes.get(name, value) for name, value in first.items()}]
    act = agreement(version=2, legs=legs)
    played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in PARTIES:
        played.govern(name, "act_endorsed", endorsement(act))


def told_of(telling: Telling, name: str, raw: bytes) -> tuple[dict[str, Any], int, int, bool]:
    """Give what an agency can tell of a statement, digests apart: its delivery and all sizes."""
    value = dict(telling.views[name])[digest_of(raw).encode()]
    line, part, statement, _ = value.split(b"\n", 3)
    delivery = msgspec.json.decode(part)["delivery"]
    for one in (delivery, *delivery.get("duties", [])):
        del one["statement"]
    payload = octets_of(statement.split(b".")[1].decode()) if statement else b""
    return delivery, len(payload), len(line), name in telling.receipts


@pytest.mark.parametrize("excluded", [*AGENCIES, "mk-homes"])
@pytest.mark.parametrize("urgency", ["routine", "urgent", "threat_to_life"])
@pytest.mark.parametrize("lacking", [None, "practitioner"])
def test_nobody_can_tell_that_somebody_else_is_excluded(
    excluded: str, urgency: str, lacking: str | None
) -> None:
    """A colleague of the excluded who is sent a report must not see that it was kept from him."""
    seen = []
    for name in (excluded, "nobody-here"):
        played, telling = town()
        adopt(played, to=[*PARTIES])
        rows = [{"subjects": [], "agency": name}]
        changed = {"exclusions": {"excluded": rows}, "provenance": provenance(lacking)}
        raw = played.say(
            CASE, "concern_reported", {**concern(played.draw), **changed}, urgency=urgency
        )
        telling.tell(submitted(played, 5))
        telling.deliver()
        at = digest_of(raw).encode()
        holders = {one for one, held in telling.views.items() if at in dict(held)}
        # Its publisher knows, and who governs must see what it would release.
        others = holders - {"tv-probation", "mk-csp"}
        seen.append({one: told_of(telling, one, raw) for one in others})
    kept, everybody = seen
    assert kept == {name: one for name, one in everybody.items() if name != excluded}


def marks(value: bytes) -> list[str]:
    """Give the marks of a notice, which holds no part of its statement."""
    _, part, statement, _ = value.split(b"\n", 3)
    assert statement == b""
    return list(msgspec.json.decode(part)["delivery"]["marks"])


def supply(played: Played, raw: bytes, **more: Any) -> bytes:
    """Supply the provenance of a statement."""
    about = {"statement": id_of(raw)}
    sections = {"event": about, "cause.1": about, "provenance": provenance(None), **more}
    return played.say(CASE, "provenance_supplied", sections)


def test_whom_the_supplied_provenance_excludes_sees_neither_statement() -> None:
    """The publisher says it when it knows it: with the name that was missing."""
    played, telling = town()
    lacking = {**concern(played.draw), "provenance": provenance("practitioner")}
    raw = played.say(CASE, "concern_reported", lacking)
    rows = [{"subjects": [], "agency": POLICE}]
    supplied = supply(played, raw, exclusions={"excluded": rows})
    telling.tell(submitted(played, 5))
    telling.deliver()
    held = [value for key, value in telling.views[POLICE] if key == digest_of(raw).encode()]
    assert [marks(value) for value in held] == [["held"], ["closed"]]
    assert digest_of(supplied).encode() not in dict(telling.views[POLICE])


def test_a_leg_without_provenance_does_not_carry_what_is_supplied_of_it() -> None:
    """A support worker stays unnamed where the agreement leaves the name out."""
    played, telling = town()
    adopt(played, sections=["event", "narrative"])
    lacking = {**concern(played.draw), "provenance": provenance("practitioner")}
    raw = played.say(CASE, "concern_reported", lacking)
    supplied = supply(played, raw)
    telling.tell(submitted(played, 5))
    telling.deliver()
    held = dict(telling.views[POLICE])
    assert named(held[digest_of(raw).encode()]) == {"event", "narrative"}
    assert named(held[digest_of(supplied).encode()]) == {"event"}


def test_an_unverified_emergency_is_delivered_without_its_causes() -> None:
    """Nobody checked what it says it arises from, and police may hold just that."""
    played, telling = town()
    first = played.say(CASE, "concern_reported", concern(played.draw), urgency="threat_to_life")
    played.writer(CASE, key=key("nobody"))
    caused = {**concern(played.draw), "cause.1": {"statement": id_of(first)}}
    raw = played.say(CASE, "concern_reported", caused, urgency="threat_to_life")
    telling.tell(submitted(played, 5))
    telling.deliver()
    held = named(dict(telling.views[POLICE])[digest_of(raw).encode()])
    assert held == set(caused) - {"cause.1"}

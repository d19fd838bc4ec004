"""What an agency's own home believes of who is in its partnership: what the broker does."""

from pathlib import Path

import pytest

from consumers.worker import Voice
from contracts import signature
from contracts.base64url import decode
from producers.home import Home
from producers.outbox import Outbox
from producers.partnership import Partnership
from tests.support.speaking import Speaker, adopt
from tests.vectors.ledger import agency, endorsement

JOINS = {"act": "agency_admitted", "agency": {**agency("impostor"), "kind": "police"}}
"""Two agencies must stand behind it (the vectors' founding)."""


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read that one agency proposes another's admission."""
    found = Speaker(tmp_path / "home")
    found.town.played.govern("mk-csp", "act_proposed", {"proposal": JOINS})
    found.town.flow()
    found.read()
    return found


def kind(home: Home, speaker: Speaker) -> str:
    """Give the kind of the proposed agency, as a consumer of this home sees it."""
    known = speaker.outbox.partnership
    return Voice(home.agency.agency, home.source, "duty manager", known).kind_of("impostor")


def test_who_is_only_proposed_is_in_no_home_admitted(speaker: Speaker) -> None:
    """One hand could else name a police force, and every home would ring it in an emergency."""
    known = speaker.outbox.partnership
    assert "impostor" not in known.agencies
    assert set(known.agencies) == set(speaker.town.log.state.agencies)
    assert kind(speaker.home, speaker) == "other"
    own = {key["public_key"] for key in JOINS["agency"]["keys"]}  # type: ignore[index]
    kids = {signature.thumbprint(decode(one)) for one in own}
    assert kids <= set(known.keys), "its keys are known, so that what the broker delivers proves"
    assert not any(known.held[kid].enrolled for kid in kids)


def test_who_is_proposed_and_known_as_police_is_rung_only_once_admitted(speaker: Speaker) -> None:
    """Without another number the proposed one would be the one to telephone."""
    known = speaker.outbox.partnership
    for one in ("thames-valley", "mk-hub"):
        known.agencies.pop(one)
    assert known.police_to_ring() is None


def test_an_admission_stands_in_every_home_once_enough_hands_are_behind_it(
    speaker: Speaker,
) -> None:
    """From then on the broker takes what it says: so must everybody."""
    speaker.town.played.govern("mk-hub", "act_endorsed", endorsement(JOINS))
    speaker.town.flow()
    speaker.read()
    known = speaker.outbox.partnership
    assert known.agencies == speaker.town.log.state.agencies
    assert kind(speaker.home, speaker) == "police"
    assert {key.enrolled for key in known.held.values() if key.agency == "impostor"} == {True}


def test_control_views_are_folded_once_each_and_give_what_folding_all_gives(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exercise whose time is set often folded all of them again at each reading."""
    folded: list[bytes] = []

    def counting(outbox: Outbox, record: bytes, known: Partnership) -> object:
        folded.append(record)
        return opens(outbox, record, known)

    opens = Outbox._open
    assert "mk-second" not in speaker.outbox.partnership.versions
    monkeypatch.setattr(Outbox, "_open", counting)
    adopt(speaker.town, id="mk-second")
    speaker.read()
    after = speaker.outbox.partnership
    assert "mk-second" in after.versions
    assert len(folded) == len(set(folded)), "what was proved as it came is folded so"
    speaker.close()
    speaker.open()
    assert speaker.outbox.partnership == after


def test_what_an_undone_transaction_folded_is_folded_anew(speaker: Speaker) -> None:
    """A home must not believe what it read in a transaction that never was."""
    known = set(speaker.outbox.partnership.versions)
    adopt(speaker.town, id="mk-second")
    came = [one for one in speaker.came() if one.offset >= speaker.inbox.position(one.topic)]

    def undone() -> None:
        with speaker.outbox.database.write() as db:
            for one in came:
                if one.record is not None and one.topic == speaker.inbox.views:
                    view = speaker.outbox.opened(one.record, speaker.outbox.partnership_in(db))
                    speaker.inbox._take_view(db, view, one)
            assert "mk-second" in speaker.outbox.partnership_in(db).versions
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert set(speaker.outbox.partnership.versions) == known
    speaker.read()
    assert "mk-second" in speaker.outbox.partnership.versions

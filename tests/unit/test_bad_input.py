"""What bad input gets: an entry, a receipt with a remedy, and the next one is served as ever."""

from collections.abc import Callable

import pytest

from contracts.opened import Receipt, open_receipt
from contracts.reason import Reason
from contracts.statement import digest_of
from tests.support.stranger import Writer, concern, seeded, text_of
from tests.support.town import CASE, Town
from tests.vectors import writing
from tests.vectors.ledger import key


def receipt_for(town: Town, agency: str, raw: bytes) -> Receipt:
    """Open the last receipt on a submission."""
    name = digest_of(raw).encode()
    values = [value for at, value in town.log.receipts[agency] if at == name]
    return open_receipt(values[-1], town.log.trust)


def statement(town: Town, **changes: object) -> bytes:
    """Write a complete report and send it nowhere."""
    outbox = town.played.writer(CASE)
    return outbox.write(outbox.context("concern_reported", **changes), concern(town.played.draw))


def altered(raw: bytes) -> bytes:
    """Change what was signed."""
    head, payload, texts = writing.taken_apart(raw)
    jws = raw.partition(b"~")[0].decode()
    changed = text_of(payload.replace(b'"routine"', b'"urgent"'))
    return "~".join([f"{text_of(head)}.{changed}.{jws.rpartition('.')[2]}", *texts, ""]).encode()


def stripped(raw: bytes) -> bytes:
    """Leave the last section out."""
    return b"~".join([*raw.split(b"~")[:-2], b""])


def unsigned(raw: bytes) -> bytes:
    """Empty the signature."""
    jws, _, rest = raw.partition(b"~")
    return jws.rpartition(b".")[0] + b".AA~" + rest


def stranger(raw: bytes) -> bytes:
    """Sign under a key that nobody enrolled."""
    head, payload, texts = writing.taken_apart(raw)
    held = key("nobody")
    outbox = Writer(held, "/agencies/tv-probation/case", "mk-now", seeded("x"))
    return outbox.sign(head.replace(key(CASE).kid.encode(), held.kid.encode()), payload, texts)


def unreferenced(raw: bytes) -> bytes:
    """Add a disclosure that nothing refers to."""
    return raw + text_of(b'["AAAAAAAAAAAAAAAAAAAAAA","health",{}]').encode() + b"~"


BAD: dict[str, tuple[Callable[[bytes], bytes], Reason]] = {
    "unsigned": (unsigned, Reason.SIGNATURE_INVALID),
    "altered": (altered, Reason.SIGNATURE_INVALID),
    "stripped of a section": (stripped, Reason.SECTION_ABSENT),
    "unknown key": (stranger, Reason.KEY_UNKNOWN),
    "oversized": (lambda raw: raw + b"A" * (256 * 1024), Reason.TOO_LARGE),
    "a disclosure nothing refers to": (unreferenced, Reason.DISCLOSURE_UNREFERENCED),
    "plain garbage": (lambda _: b"\x00\xff garbage \n", Reason.NOT_A_STATEMENT),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_an_entry_and_a_remedy_and_holds_nobody_up(what: str) -> None:
    """Whatever arrives, its sender learns why, and the next report is not the one to pay."""
    change, reason = BAD[what]
    town = Town()
    raw = change(statement(town))
    town.through("tv-probation", raw)
    entry = town.log.entries[-1]
    assert entry.recorded.head.kind == "refusals"
    assert raw not in entry.record, "the bytes of a refusal are never kept"
    receipt = receipt_for(town, "tv-probation", raw)
    assert [given.code for given in receipt.part.reasons] == [str(reason)]
    assert receipt.part.remedies == [reason.remedy]
    after = receipt_for(town, "tv-probation", town.report())
    assert after.part.outcome == "accepted"
    assert after.head.index == entry.recorded.head.index + 1


def test_a_flood_of_garbage_shares_entries_and_each_gets_its_own_receipt() -> None:
    """A flood costs the flooder; no receipt opens a neighbour's."""
    town = Town()
    flood = [b"garbage %d" % n for n in range(600)]
    before = len(town.log.entries)
    town.log.submit_all("tv-probation", flood)
    town.log.deliver()
    assert len(town.log.entries) - before == 3
    receipts = [receipt_for(town, "tv-probation", raw) for raw in flood]
    assert {r.part.submission for r in receipts} == {digest_of(raw) for raw in flood}
    assert all(r.item is not None and r.item.length < 20 for r in receipts)
    accepted = receipt_for(town, "tv-probation", town.report())
    assert accepted.part.outcome == "accepted"


def test_an_exact_redelivery_is_answered_with_the_same_decision() -> None:
    """A crash sends again: the answer is the one there was, proved afresh."""
    town = Town()
    raw = town.report()
    first = receipt_for(town, "tv-probation", raw)
    town.through("tv-probation", raw)
    again = receipt_for(town, "tv-probation", raw)
    assert again.head == first.head
    assert again.decision == first.decision
    assert again.part.proof != first.part.proof
    views = [v for v in town.log.opened("thames-valley") if v.statement.digest == digest_of(raw)]
    assert len(views) == 1


@pytest.mark.parametrize("agency", ["mk-hub", "thames-valley"])
def test_a_statement_through_another_agency_is_refused_and_shows_nothing(agency: str) -> None:
    """Who replays another's report must not learn what became of it."""
    town = Town()
    raw = town.report()
    town.through(agency, raw)
    receipt = receipt_for(town, agency, raw)
    assert [g.code for g in receipt.part.reasons] == [str(Reason.SOURCE_MISMATCH)]
    assert receipt.findings is None


def test_a_forked_number_is_refused_and_the_first_stands() -> None:
    """Two statements under one number: the log keeps the one it has."""
    town = Town()
    outbox = town.played.writer(CASE)
    place = outbox.used.get(outbox.stream, (0, None))
    first, second = statement(town), b""
    outbox.used[outbox.stream] = place
    second = statement(town)
    town.through("tv-probation", first)
    town.through("tv-probation", second)
    refused = receipt_for(town, "tv-probation", second)
    assert [g.code for g in refused.part.reasons] == [str(Reason.STREAM_FORKED)]
    assert receipt_for(town, "tv-probation", first).part.outcome == "accepted"


def test_incomplete_provenance_is_held_with_its_fields_named() -> None:
    """Routine: held. Urgent: to police alone, marked. Threat to life: at once."""
    nameless = {"provenance": {"kind": "anonymous"}}
    town = Town()
    held = receipt_for(town, "tv-probation", town.report(sections=nameless))
    assert held.part.outcome == "quarantined"
    assert {g.code for g in held.part.reasons} >= {
        str(Reason.PRACTITIONER_MISSING),
        str(Reason.ROLE_MISSING),
    }
    urgent = town.report(sections=nameless, urgency="urgent")
    assert receipt_for(town, "tv-probation", urgent).part.outcome == "provisional"
    police = [
        v for v in town.log.opened("thames-valley") if v.statement.digest == digest_of(urgent)
    ]
    assert [v.delivery.marks for v in police] == [["provisional"]]
    life = town.report(sections=nameless, urgency="threat_to_life")
    told = receipt_for(town, "tv-probation", life)
    assert told.part.outcome == "accepted_emergency"
    assert told.decision.recipients == ["thames-valley", "mk-hub"]


def test_no_agreement_in_force_says_whom_to_ring() -> None:
    """A held report must not wait for somebody to guess the telephone number."""
    town = Town()
    receipt = receipt_for(town, "tv-probation", town.report(agreement="no-such-isa"))
    assert receipt.part.outcome == "quarantined"
    assert [g.code for g in receipt.part.reasons] == [str(Reason.AGREEMENT_NONE)]
    assert "01632 960000" in (receipt.decision.contact or "")

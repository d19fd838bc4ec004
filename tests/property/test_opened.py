"""Views and receipts that somebody made up or changed: not proved, by name, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts import proof
from contracts.entry import commitment
from contracts.opened import Elapsed, Notice, NotProved, Receipt, View, open_receipt, open_view
from tests.support.hostile import texts
from tests.support.story import stories
from tests.support.stranger import octets_of, text_of
from tests.support.strategies import fixed
from tests.support.telling import FAR_MS, Sent, Story, Telling, submitted, told
from tests.support.town import LOG_SEED
from tests.vectors.ruling import Ruling

POLICE, OWN = "thames-valley", "tv-probation"


def played() -> Telling:
    """Play a report, an emergency that nobody can verify, garbage, and the report again."""
    case = Ruling("", "", "")
    raw = case.report()
    case.report(urgency="threat_to_life")
    jws, _, rest = case.played.submissions[-1]["submission"]["text"].partition(".")
    garbage = [Sent(OWN, f"{jws}.{rest[::-1]}".encode()), Sent(OWN, b"garbage"), Sent(OWN, raw)]
    return told(Story(FAR_MS, (*submitted(case.played), *garbage)))


LOG = played()
KEYS = LOG.state.public_keys
VIEWS = [value for _, value in LOG.views[POLICE]]
RECEIPTS = [value for _, value in LOG.receipts[OWN]]
SALT = bytes(16)


def viewed(record: bytes) -> View | Notice | NotProved:
    """Open a view; what does not prove may raise nothing else."""
    try:
        opened = open_view(record, LOG.trust, KEYS.get, to=POLICE)
    except NotProved as failed:
        return failed
    assert not isinstance(opened, Elapsed)
    return opened


def received(record: bytes) -> Receipt | NotProved:
    """Open a receipt likewise."""
    try:
        return open_receipt(record, LOG.trust)
    except NotProved as failed:
        return failed


def test_what_was_delivered_opens() -> None:
    """Else every change below would be named for nothing."""
    assert all(isinstance(viewed(one), View) for one in VIEWS)
    assert all(isinstance(received(one), Receipt) for one in RECEIPTS)
    assert {one.startswith(b"{") for one in (*VIEWS, *RECEIPTS)} == {True}


@fixed(800)
@given(
    which=st.integers(0, 99),
    where=st.integers(0, 10**6),
    bit=st.integers(0, 7),
    cut=st.sampled_from(["flip", "end", "out", "twice"]),
)
def test_a_changed_record_is_not_proved(which: int, where: int, bit: int, cut: str) -> None:
    """Whoever stands between the log and a recipient can withhold, and change nothing."""
    for held, opened in ((VIEWS, viewed), (RECEIPTS, received)):
        record = held[which % len(held)]
        at = where % len(record)
        changed = {
            "flip": record[:at] + bytes([record[at] ^ 1 << bit]) + record[at + 1 :],
            "end": record[:at],
            "out": record[:at] + record[at + 1 + bit :],
            "twice": record[: at + 1 + bit] + record[at:],
        }[cut]
        found = opened(changed)
        if not isinstance(found, NotProved):
            assert meaning(changed, found) == meaning(record, opened(record))


def meaning(record: bytes, found: View | Notice | Receipt | NotProved) -> Any:
    """Give what a record says: the second line's own spelling is signed by nobody."""
    assert not isinstance(found, NotProved)
    if isinstance(found, Notice):
        return found.head, found.delivery, found.context
    if isinstance(found, View):
        return found.head, found.delivery, found.statement, found.verified
    return found.head, found.decision, found.findings, found.item, found.part.outcome


def under(line: bytes) -> bytes:
    """Sign a log of this one head, as a log whose operator is hostile would."""
    head = proof.Checkpoint(LOG.trust.origin, 1, proof.leaf_hash(line))
    return proof.signed_note(head, LOG_SEED).encode()


def spelled(members: dict[str, Any], **exact: bytes) -> bytes:
    """Write an object, some members of it as exact bytes."""
    plain = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()[:-1]
    parts = [b'"%b":%b' % (name.encode(), value) for name, value in exact.items()]
    return plain + (b"," if members and parts else b"") + b",".join(parts) + b"}"


PLACES = ("head", "member", "part", "delivery", "sections", "statement", "salt", "slot", "note")
PARTS = (
    "position", "findings", "decision", "item", "item_slot", "items", "part", "salts", "reasons",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@fixed(80)
@given(value=texts)
@example(value=b"-1")
@example(value=b"99999999999999999999")
@example(value='"é"'.encode())
def test_a_view_that_a_hostile_log_signed_is_not_proved_or_is_one(place: str, value: bytes) -> None:
    """The log's key opens no way into its readers: they name what is wrong and go on."""
    line, part, statement, _ = VIEWS[-1].split(b"\n", 3)
    delivery = json.loads(part)["delivery"]
    if place == "sections":
        exact = spelled({n: v for n, v in delivery.items() if n != place}, sections=value)
    else:
        exact = value if place == "delivery" else json.dumps(delivery).encode()
    head = {**json.loads(line), "index": 0, "deliveries": [commitment(SALT, exact)]}
    if place == "member":
        line = spelled({n: v for n, v in head.items() if n != "deliveries"}, deliveries=value)
    else:
        line = value if place == "head" else spelled(head)
    members = {"salt": json.dumps(text_of(SALT)).encode(), "slot": b"0", "proof": b'""'}
    members |= {place: value} if place in members else {}
    part = value if place == "part" else spelled({}, delivery=exact, **members)
    note = value if place == "note" else under(line)
    statement = text_of(value).encode() + b"~" if place == "statement" else statement
    found = viewed(b"\n".join([line, part, statement, note]))
    assert isinstance(found, (View, NotProved))


@pytest.mark.parametrize("place", PARTS)
@fixed(80)
@given(value=texts, which=st.integers(0, 99))
@example(value=b"-1", which=0)
@example(value=b"[]", which=0)
def test_a_receipt_that_a_hostile_log_signed_is_not_proved_or_is_one(
    place: str, value: bytes, which: int
) -> None:
    """An outbox that a receipt can stop sends nothing more."""
    line, part, _ = RECEIPTS[which % len(RECEIPTS)].split(b"\n", 2)
    opened = json.loads(part)
    head = {**json.loads(line), "index": 0}
    exact = {n: json.dumps(v).encode() for n, v in opened.items()} | {"proof": b'""'}
    exact[place] = value
    for at, name in enumerate(("position", "findings", "decision")):
        if name in exact:
            head[name] = commitment(octets_of(opened["salts"][at]), exact[name])
    line = spelled(head)
    part = value if place == "part" else spelled({}, **exact)
    found = received(b"\n".join([line, part, under(line)]))
    assert isinstance(found, (Receipt, NotProved))


@fixed(300)
@given(record=st.binary(max_size=200) | st.lists(texts, max_size=5).map(b"\n".join))
def test_any_bytes_are_not_proved(record: bytes) -> None:
    """A topic may hold anything at all."""
    assert isinstance(viewed(record), NotProved)
    assert isinstance(received(record), NotProved)


@fixed(40)
@given(story=stories())
def test_no_view_opens_for_another_agency(story: Story) -> None:
    """A record copied onto another agency's topic is not that agency's to act on."""
    telling = told(story)
    keys = telling.state.public_keys
    for name, held in telling.views.items():
        for _, value in held[-5:]:
            other = POLICE if name != POLICE else OWN
            with pytest.raises(NotProved, match="delivered to another agency"):
                open_view(value, telling.trust, keys.get, to=other)

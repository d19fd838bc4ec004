"""How vectors that need no state are written: one concern, changed in one place."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.stranger import Writer, concern, octets_of, seeded, sha, text_of
from tests.vectors.ledger import PARTNERSHIP, compact, key

KEY = key("tv-probation/case")
SOURCE = "/agencies/tv-probation/case"
Case = tuple[str, str, str, bytes | dict[str, Any], list[str]]
"""Reason code, name, claim, submission, fields."""


def writer(name: str, **changes: Any) -> Writer:
    """Make the outbox of one vector, with a stream of its own."""
    draw = seeded(name)
    held = changes.pop("key", KEY)
    return Writer(held, SOURCE, PARTNERSHIP, draw, stream=text_of(draw(16)), **changes)


def said(name: str, *, drop: tuple[str, ...] = (), **sections: Any) -> bytes:
    """Write a concern with sections changed: `person_1_part` stands for `person.1.part`."""
    outbox = writer(name)
    parts = {**concern(outbox.draw), **{k.replace("_", ".", 2): v for k, v in sections.items()}}
    kept = {k: v for k, v in parts.items() if k not in drop}
    return outbox.write(outbox.context("concern_reported"), kept)


def context(name: str, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Write a concern whose context was changed before it was signed."""
    outbox = writer(name)
    raw = outbox.write(outbox.context("concern_reported"), concern(outbox.draw))
    _, payload, disclosures = taken_apart(raw)
    members = json.loads(payload)
    change(members)
    return outbox.seal(members, disclosures)


def exact(name: str, before: bytes, after: bytes, *, header: bool = False) -> bytes:
    """Write a concern whose signed JSON was changed as text before it was signed."""
    outbox = writer(name)
    raw = outbox.write(outbox.context("concern_reported"), concern(outbox.draw))
    head, payload, disclosures = taken_apart(raw)
    whole = head if header else payload
    if whole.count(before) != 1:
        raise ValueError(name)
    changed = whole.replace(before, after)
    return outbox.sign(changed if header else head, payload if header else changed, disclosures)


def section(name: str, of: str, value: bytes) -> bytes:
    """Write a concern one of whose sections is these exact bytes of JSON."""
    outbox = writer(name)
    texts = [
        text_of(b'["%b","%b",%b]' % (text_of(outbox.draw(16)).encode(), n.encode(), v))
        for n, v in {
            **{n: compact(v) for n, v in concern(outbox.draw).items()}, of: value,
        }.items()
    ]  # fmt: skip
    return around(outbox, texts)


def around(
    outbox: Writer, texts: list[str], *, event: str = "concern_reported", **intake: Any
) -> bytes:
    """Sign a concern of exact disclosures, with an intake that counts them."""
    counted = {"stream": outbox.stream, "sequence": 0, "sections": [sha(t.encode()) for t in texts]}
    every = [outbox.disclosure("intake", {**counted, **intake}), *texts]
    decoys = [text_of(outbox.draw(32)) for _ in range(16 - len(every))]
    digests = sorted([*(sha(t.encode()) for t in every), *decoys])
    return outbox.seal({**outbox.context(event), "_sd": digests}, every)


def taken_apart(raw: bytes) -> tuple[bytes, bytes, list[str]]:
    """Give header, payload and disclosures of a statement."""
    jws, *disclosures, _ = raw.decode().split("~")
    header, payload, _ = jws.split(".")
    return octets_of(header), octets_of(payload), disclosures


def changed_at(raw: bytes, at: int) -> bytes:
    """Put another character of the alphabet in one place."""
    return raw[:at] + (b"B" if raw[at : at + 1] != b"B" else b"C") + raw[at + 1 :]


def spare_bits(raw: bytes, end: int) -> bytes:
    """Set a bit that stands for nothing in the last character before `end`."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(raw[end - 1]) + 1]
    return raw[: end - 1] + bytes([last]) + raw[end:]

"""Every bit of an export counts: flipped, it is named; only README.txt may say anything.

`make test` flips a bit of each byte; `make faults`, every one.
"""

import gc
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from itertools import product
from multiprocessing import get_context
from typing import Any

import pytest

from broker.core.prepare import Prepared, prepare
from consumers.audit import checking
from consumers.audit.container import LOGS, MANIFEST, Export, manifest_of
from consumers.audit.verdict import Trusted
from consumers.audit.verify import verify
from contracts import proof, signature
from tests.support.auditor import export_of
from tests.support.delivering import Delivering
from tests.support.stranger import concern, seeded, text_of
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, Played, compact, founding, key

WORKERS = 2
SIGNED = {"mk-csp": 1, "tv-probation": 2}
"""Founders of the smallest partnership, and how many of their keys it keeps."""


def smallest() -> dict[str, Any]:
    """Write the founding of the smallest partnership there can be."""
    document = founding()
    document["agencies"] = [
        {**one, "contact": {}, "keys": one["keys"][: SIGNED[one["id"]]]}
        for one in document["agencies"]
        if one["id"] in SIGNED
    ]
    document["agencies"][0]["kind"] = "police"
    document["rules"]["roles"] = {"other": "duty_manager"}
    first, other = SIGNED
    document.update(emergency_recipients=[first], alternates={first: other})
    text = b"candour-founding\n" + compact(document)
    held = {name: key(f"{name}/control") for name in SIGNED}
    return {
        "founding": document,
        "signatures": [
            {"agency": name, "kid": one.kid, "signature": text_of(one.private.sign(text))}
            for name, one in held.items()
        ],
    }


def small() -> tuple[dict[str, bytes], Trusted]:
    """Export a founding, a held report, and garbage."""
    draw = seeded("flips")
    seed = hashlib.sha256(b"candour-vector/log").digest()
    playing = Delivering(PARTNERSHIP, CLOCK_MS, lambda: draw(16), log_seed=seed)
    played = Played("flips")
    played.govern("mk-csp", "partnership_founded", smallest())
    event = {"event": concern(played.draw)["event"]}
    identity = {"person.1.identity": concern(played.draw)["person.1.identity"]}
    played.say("tv-probation/case", "concern_reported", {**event, **identity})
    for one in played.submissions:
        playing.submit(one["agency"], one["submission"]["text"].encode())
    playing.submit("tv-probation", b"garbage")
    playing.deliver()
    sections = {
        one.recorded.head.statement or "": one.disclosures
        for one in playing.entries
        if one.disclosures is not None
    }
    ledger = [one.record for one in playing.entries]
    trust = playing.trust
    return export_of(PARTNERSHIP, ledger, sections, playing.checkpoints), Trusted(
        partnership=trust.partnership, origin=trust.origin, log_key=trust.log_key
    )


def unnamed(first: int, step: int, bits: Sequence[int]) -> list[tuple[str, int]]:
    """Flip bits of every so many bytes in turn; give those that the verifier lets pass.

    Args:
        first: the first byte.
        step: how many bytes further the next is.
        bits: which of each byte, counted from one that is another in the next byte.

    A log's manifest is made to fit the flipped file, so that what is under it must tell; where
    the file is no run of records any more, and for the manifest itself, it stays as it was.
    """
    # What was verified once need not be verified again for each bit: the same bytes, the same
    # answer.
    signature.is_valid = lru_cache(maxsize=None)(signature.is_valid)
    proof.open_note = lru_cache(maxsize=None)(proof.open_note)
    keys = lru_cache(maxsize=None)(signature.is_acceptable_public_key)
    signature.is_acceptable_public_key = keys
    seen: dict[bytes, Prepared] = {}

    def once(raw: bytes, known: Mapping[str, bytes]) -> Prepared:
        asked = raw + repr(known).encode()
        if asked not in seen:
            seen[asked] = prepare(raw, known)
        return seen[asked]

    vars(checking)["prepare"] = once
    gc.disable()
    files, trust = small()
    passed = []
    for name in (*LOGS, MANIFEST):
        for byte, bit in product(range(first, len(files[name]), step), bits):
            flipped = bytearray(files[name])
            flipped[byte] ^= 1 << (byte + bit) % 8
            export = Export.held({**files, name: bytes(flipped)})
            if name != MANIFEST and export.logs[name].whole:
                export = replace(export, manifest=manifest_of(trust.partnership, export.logs))
            if not verify(export, trust).exit:
                passed.append((name, byte))
        gc.collect()
        seen.clear()
    return passed


def test_the_export_that_is_flipped_verifies_as_it_is() -> None:
    """Else every flip would be named for nothing. A nameless report held here is no finding."""
    files, trust = small()
    verdict = verify(Export.held(files), trust)
    assert (verdict.exit, verdict.size, verdict.counts["refusals"]) == (0, 3, 1)


@pytest.mark.parametrize(
    "bits", [[0], pytest.param(range(8), marks=pytest.mark.campaign)], ids=["one", "every"]
)
def test_a_flipped_bit_of_any_byte_is_named_even_under_a_manifest_that_fits(
    bits: Sequence[int],
) -> None:
    """A forger writes the manifest anew: what is signed must tell, bit for bit."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        found = [pool.submit(unnamed, first, WORKERS, bits) for first in range(WORKERS)]
        assert [flip for one in found for flip in one.result()] == []

"""The audit of an export, against nothing but its signatures checked on the same cores.

Both read the same export with the same number of processes, alternating in one run.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from consumers.audit.container import LEDGER, opened
from consumers.audit.verdict import read_trust
from consumers.audit.verify import verify
from contracts import signature
from contracts.entry import split_entry
from contracts.statement import parse
from producers.home import Home
from tests.support.command import candour
from tests.support.running import Running

ROUNDS = 3


def measure(town: Running, folder: Path) -> dict[str, float]:
    """Export a partnership and measure, in statements a second, the median of the rounds."""
    export, trust = folder / "export", folder / "broker" / "trust.json"
    made = candour(
        "audit", "export", export, "--partnership", town.partnership, "--kafka", town.kafka
    )
    if made.returncode:
        raise RuntimeError(made.stderr)
    workers = multiprocessing.cpu_count()
    audited, verified = [], []
    home = town.homes["tv-probation/case"]
    for _ in range(ROUNDS):
        audited.append(_audited(export, trust, workers))
        verified.append(_verified(export, home, workers))
    return {
        "audit_per_s": median(audited),
        "verify_per_s": median(verified),
        "audit_ratio": median(a / v for a, v in zip(audited, verified, strict=True)),
    }


def _audited(export: Path, trust: Path, workers: int) -> float:
    began = time.perf_counter()
    with opened(export) as held:
        verdict = verify(held, read_trust(trust), workers=workers)
    took = time.perf_counter() - began
    if verdict.exit or verdict.decided != verdict.size:
        raise RuntimeError(f"the export does not verify: {verdict.found}")
    return verdict.counts["statements"] / took


def _verified(export: Path, home: Home, workers: int) -> float:
    """Check the signatures of one source, which signed all but a handful of statements."""
    signed = []
    with opened(export) as held:
        for record in held.logs[LEDGER]:
            jws = split_entry(record)[2]
            parsed = parse(jws + b"~") if jws else None
            if parsed is not None and parsed.kid == home.kid:
                signed.append((parsed.signed, parsed.signature))
    parts = [signed[at::workers] for at in range(workers)]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_checked, [home.public_key] * workers, [part[:1] for part in parts]))
        took = list(pool.map(_checked, [home.public_key] * workers, parts))
    return len(signed) / max(took)


def _checked(public_key: bytes, signed: list[tuple[bytes, bytes]]) -> float:
    """Give the seconds that checking took; sending the bytes here is not counted."""
    began = time.perf_counter()
    if not all(signature.is_valid(public_key, text, seal) for text, seal in signed):
        raise RuntimeError("signatures do not hold")
    return time.perf_counter() - began

"""A played ledger written as the export that `candour audit export` would make of it."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from tests.support.auditor import export_of
from tests.support.delivering import Delivering


def export_folder(
    log: Delivering, folder: Path, *, erased: Collection[str] = ()
) -> tuple[Path, Path]:
    """Write an export's folder and, beside it, a trust file that names the log's key.

    Args:
        log: as played and delivered so far.
        folder: an empty one.
        erased: digests whose sections are gone from the log.
    """
    sections = {
        one.recorded.head.statement or "": one.disclosures
        for one in log.entries
        if one.disclosures is not None and one.recorded.head.statement not in erased
    }
    ledger = [one.record for one in log.entries]
    made, trust = folder / "export", folder / "trust.json"
    made.mkdir()
    files = export_of(log.partnership, ledger, sections, log.checkpoints)
    for name, exact in {**files, "README.txt": b"read me"}.items():
        (made / name).write_bytes(exact)
    trust.write_bytes(msgspec.json.encode(log.trust))
    return made, trust

"""What somebody did where a demonstration was played: it is not removed without a word."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from contracts.fault import Misuse
from deploy.kafka.server import KafkaServer
from producers.lock import held_beneath, shown_by

MARK = ".candour-demo"
"""In a folder that a demonstration made: empty while it plays, then how it left everything."""
_DERIVED = frozenset({"kafka", "index"})
"""Folders that change where somebody only looks, and hold nothing that is not also elsewhere."""


def leave(folder: Path) -> None:
    """Note how everything was left, so that what is done here later shows."""
    for path in folder.glob("*/*/*.sqlite"):
        with closing(sqlite3.connect(path)) as database:  # else whoever ends last changes the file
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (folder / MARK).write_text(_as_it_stands(folder))


def check_free(folder: Path, *, afresh: bool) -> None:
    """Refuse to play where that would remove something of somebody's.

    Args:
        folder: to be emptied; it may not be there yet.
        afresh: what was done here since the last demonstration may go.

    Raises:
        Misuse: no demonstration made it, something runs in it, whoever asks is in it, or something
            was done in it.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).exists():
        raise Misuse(
            f"{folder} is not empty and no demonstration made it.",
            remedy="Give an empty folder with --folder.",
        )
    if shown := shown_by(folder):
        raise Misuse(
            f"{folder} is in use: {', '.join((*shown, *held_beneath(folder)))}.",
            remedy=f"Ctrl-C where {shown[0]} runs ends all of it, its Kafka too. Or play "
            "elsewhere: candour demo --folder DIR",
        )
    check_idle(folder)
    if Path.cwd().is_relative_to(folder):
        raise Misuse(
            f"This would remove {folder}, and you are in it.", remedy=f"First: cd {folder.parent}"
        )
    left = (folder / MARK).read_text()
    if left and left != _as_it_stands(folder) and not afresh:
        raise Misuse(
            f"Something was done in {folder} since the demonstration, and this would remove it.",
            remedy="Keep it and play elsewhere: candour demo --folder DIR. Or lose it: candour "
            f"demo --afresh --folder {folder}",
        )


def check_idle(folder: Path) -> None:
    """Refuse to go on where somebody works in a demonstration's folder: nothing of theirs stops.

    Raises:
        Misuse: something runs in it; the text says which process.
    """
    working = held_beneath(folder)
    if KafkaServer(folder / "kafka").status().running:
        working.append("its Kafka")
    if working:
        raise Misuse(
            f"{folder} is in use: {', '.join(working)}.",
            remedy=f"Stop each process by its number, then: candour kafka down --home {folder}/"
            "kafka. Or play elsewhere: candour demo --folder DIR",
        )


def _as_it_stands(folder: Path) -> str:
    """Give a digest of what a folder holds."""
    digest = hashlib.sha256()
    for path in sorted(_held(folder)):
        held = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder)} {held}\n".encode())
    return digest.hexdigest()


def nearest(here: Path) -> Path:
    """Find the demonstration that somebody means who names none: the one they stand in, if any."""
    made = (one for one in (here, *here.parents) if (one / MARK).exists())
    return next(made, here / ".candour" / "demo")


def _held(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        passing = path.suffix == ".lock" or path.name.endswith("-shm") or path.name == MARK
        derived = not _DERIVED.isdisjoint(path.relative_to(folder).parts)
        if not passing and not derived and path.is_file() and path.stat().st_size:
            yield path

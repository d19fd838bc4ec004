"""One sender, consumer or broker per home: locks that the system takes back when one dies."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.fault import Misuse

_SENDS = "it sends what is stored here"
_ACTS = "it acts on what comes"
_WATCHES = "it says when something stands still"
_RECORDS = "it records what comes and delivers it"
_SHOWS = "open it in a browser"


class Busy(Misuse):
    """Another process does this for this home already."""


@contextmanager
def sole_sender(folder: Path, *, what: str) -> Iterator[None]:
    """Hold the sender's lock of a home.

    Args:
        folder: the home.
        what: what this process is, for whoever finds the lock held.

    Raises:
        Busy: another process holds it; the text says which.
    """
    with _alone(folder, "sender.lock", what, "sends", _SENDS):
        yield


@contextmanager
def sole_consumer(folder: Path, *, what: str) -> Iterator[None]:
    """Hold the consumer's lock of a home: who empties its database must not meet who fills it.

    Args:
        folder: the home.
        what: what this process is, for whoever finds the lock held.

    Raises:
        Busy: another process holds it; the text says which.
    """
    with _alone(folder, "consumer.lock", what, "acts", _ACTS):
        yield


@contextmanager
def sole_broker(folder: Path, *, what: str) -> Iterator[None]:
    """Hold the lock of a broker's home: on one machine a second broker is told, not fenced.

    A broker on another machine, with a copy of the home, takes over: Kafka fences the first.

    Args:
        folder: the broker's home.
        what: what this process is, for whoever finds the lock held.

    Raises:
        Busy: another process holds it; the text says which.
    """
    with _alone(folder, "broker.lock", what, "runs the log", _RECORDS):
        yield


def is_consumed(folder: Path) -> bool:
    """Say whether a process acts for a home."""
    return _is_held(folder / "consumer.lock")


def is_watched(folder: Path) -> bool:
    """Say whether a process watches a home."""
    return _is_held(folder / "watch.lock")


def _is_held(path: Path) -> bool:
    """Say whether a process holds a lock, without standing in the way of one that begins."""
    try:
        with path.open("r") as file:
            # The lock itself is asked for only where the process is there that had it last.
            os.kill(int(json.loads(file.read())["process"]), 0)
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return False


@contextmanager
def sole_watch(folder: Path, *, what: str) -> Iterator[None]:
    """Hold the watch's lock of a home: two would tell everything twice.

    Args:
        folder: the home.
        what: what this process is, for whoever finds the lock held.

    Raises:
        Busy: another process holds it; the text says which.
    """
    with _alone(folder, "watch.lock", what, "watches", _WATCHES):
        yield


@contextmanager
def sole_demonstration(folder: Path, *, what: str) -> Iterator[None]:
    """Hold the lock of a demonstration that is open: the second would stop the first one's Kafka.

    Args:
        folder: where it was played.
        what: what this process is, for whoever finds the lock held.

    Raises:
        Busy: another process holds it; the text says which.
    """
    with _alone(folder, "open.lock", what, "shows the demonstration", _SHOWS):
        yield


def shown_by(folder: Path) -> list[str]:
    """Give which process shows a demonstration, `process N (what it is)`; nothing where none."""
    return _holders(folder.glob("open.lock"))


def held_beneath(folder: Path) -> list[str]:
    """List which processes work in the homes that stand in the folders of a folder.

    Args:
        folder: that holds folders of homes.

    Returns:
        `process N (what it is)` for each that holds a lock, in the order of paths.
    """
    return _holders(sorted(folder.glob("*/*/*.lock")))


def _holders(paths: Iterable[Path]) -> list[str]:
    holders = []
    for path in paths:
        with path.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                holders.append(_holder(file.read()))
    return list(dict.fromkeys(holders))


@contextmanager
def _alone(folder: Path, name: str, what: str, does: str, meanwhile: str) -> Iterator[None]:
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            named = _holder(file.read())
            raise Busy(
                f"{named[0].upper()}{named[1:]} already {does} for {folder}.",
                remedy=f"Leave it running: {meanwhile}. To take over, stop it by its number, then "
                "give this command again.",
            ) from None
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "what": what}))
        file.flush()
        yield


def _holder(held: str) -> str:
    try:
        holder = json.loads(held)
        return f"process {int(holder['process'])} ({holder['what']})"
    except (ValueError, KeyError, TypeError):
        return "another process"

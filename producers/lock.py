"""One sender per home: a lock that the operating system takes back when its holder dies."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.fault import Misuse


class Busy(Misuse):
    """Another process sends for this home; what is stored here, it sends."""


@contextmanager
def sole_sender(folder: Path, *, what: str) -> Iterator[None]:
    """Hold the sender's lock of a home.

    Args:
        folder: the home.
        what: what this process is, for whoever finds the lock held.

    Raises:
        Busy: another process holds it; the text says which.
    """
    path = folder / "sender.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(folder, file.read()) from None
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "what": what}))
        file.flush()
        yield


def _busy(folder: Path, held: str) -> Busy:
    try:
        holder = json.loads(held)
        named = f"process {int(holder['process'])} ({holder['what']})"
    except (ValueError, KeyError, TypeError):
        named = "another process"
    return Busy(
        f"{named[0].upper()}{named[1:]} already sends for {folder}.",
        remedy="Leave it running: it sends what is stored here. To take over, stop it by its "
        "number, then give this command again.",
    )

"""The log's signed heads: what the ledger must extend before a broker goes on.

The last checkpoint stands on Kafka and, written after its commit, in a file outside Kafka. A
ledger that does not extend both was cut short or rewritten: the broker stops, because going on
would sign a second history.

Source: design.md, Record, then deliver; C2SP tlog-checkpoint.
"""

import os
from pathlib import Path

from broker.core.tree import Tree
from broker.shell.connection import Connection, closed
from broker.shell.reading import end_of, read_between
from contracts import proof, signature, topic
from contracts.fault import Fatal
from contracts.opened import origin_of

_LOOK_BACK = 16


class Signer:
    """Signs and reads the checkpoints of one log."""

    def __init__(self, partnership: str, seed: bytes) -> None:
        """Take the log's key.

        Args:
            partnership: whose log it is.
            seed: the log's Ed25519 private seed, 32 bytes.
        """
        self.public_key = signature.public_key_of(seed)
        self._seed = seed
        self._origin = origin_of(partnership)

    def note(self, tree: Tree) -> str:
        """Sign the tree as it stands."""
        head = proof.Checkpoint(self._origin, tree.size, tree.root())
        return proof.signed_note(head, self._seed)

    def read(self, note: bytes, where: str) -> proof.Checkpoint:
        """Read a checkpoint of this log.

        Raises:
            Fatal: this log's key did not sign it.
        """
        try:
            return proof.open_note(note.decode(), origin=self._origin, public_key=self.public_key)
        except (proof.CheckpointRefused, UnicodeError):
            raise Fatal(
                f"The last checkpoint {where} is not signed with this home's log key.",
                remedy="Start the broker from the home that founded the partnership. If this is "
                "it, ring the governance agency: somebody else wrote a checkpoint.",
            ) from None


def check_extends(tree: Tree, checkpoint: proof.Checkpoint | None, where: str) -> None:
    """Refuse a ledger that does not extend a checkpoint.

    Args:
        tree: of the whole ledger.
        checkpoint: None where there is none yet.
        where: it was found, in words.

    Raises:
        Fatal: entries are missing or were changed.
    """
    if checkpoint is None:
        return
    if checkpoint.size <= tree.size and tree.root(checkpoint.size) == checkpoint.root:
        return
    what = (
        f"holds {tree.size} entries and the log signed {checkpoint.size}"
        if checkpoint.size > tree.size
        else f"differs from what the log signed at {checkpoint.size} entries"
    )
    raise Fatal(
        f"The ledger {what} (checkpoint {where}).",
        remedy="Do not delete the checkpoint and do not start again. Stop Kafka, restore the "
        "ledger topic from its newest backup, and tell the governance agency and the auditor.",
    )


async def last_on_kafka(connection: Connection, partnership: str) -> bytes | None:
    """Read the last committed checkpoint from its topic; None where there is none.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be read.
    """
    name = topic.checkpoints(partnership)
    consumer = await connection.consumer(committed=True, fetch_wait_ms=50)
    try:
        end = await end_of(consumer, name)
        back = _LOOK_BACK
        while end:
            start = max(0, end - back)
            found = None
            async for records in read_between(consumer, name, start, end):
                found = records[-1].value
            if found is not None or not start:
                return found
            back *= _LOOK_BACK  # an outage can leave many aborted records at the end
        return None
    finally:
        await closed(consumer)


class CheckpointFile:
    """The copy outside Kafka."""

    def __init__(self, path: Path) -> None:
        """Keep it at a path; its folder is there."""
        self._path = path

    def read(self) -> bytes | None:
        """Read the copy; None where there is none yet."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, note: str) -> None:
        """Replace the copy: after a power cut there is the old one or the new one, whole.

        Raises:
            Fatal: the file cannot be written.
        """
        beside = self._path.with_suffix(".new")
        try:
            with beside.open("wb") as file:
                file.write(note.encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise Fatal(
                f"The checkpoint cannot be written to {self._path} ({type(error).__name__}).",
                remedy="Free disk space or mend the disk, then start the broker again.",
            ) from None

"""Merkle hashing, the proofs that stand on it, and the log's signed heads.

Owns what a stranger needs to check a ledger: hashes of leaves and nodes, inclusion and
consistency, and C2SP checkpoints. A *path* is its 32-byte hashes joined, lowest first, as views
and receipts carry it. Must never raise on what a stranger sent, except `CheckpointRefused`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from pybase64 import b64decode, b64encode_as_string

from contracts import signature

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
NOTE_CHARACTERS_MAX: Final = 131_072

_ED25519_NOTE: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_SIZE_END: Final = 10**19
_BODY: Final = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n")
_SIGNATURE_LINE: Final = re.compile(r"— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


def leaf_hash(leaf: bytes) -> bytes:
    """Hash one leaf of the log.

    Returns:
        32 bytes.

    Source:
        RFC 9162 section 2.1.1 (RFC 6962 section 2.1).
    """
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees, 32 bytes each, into their parent.

    Returns:
        32 bytes.

    Source:
        RFC 9162 section 2.1.1 (RFC 6962 section 2.1).
    """
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Compute the root over leaf hashes in log order.

    Returns:
        32 bytes; `EMPTY_ROOT` for no leaves.

    Source:
        RFC 9162 section 2.1.1.
    """
    row = list(hashes)
    while len(row) > 1:
        parents = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = parents + row[len(parents) * 2 :]
    return row[0] if row else EMPTY_ROOT


def verify_inclusion(leaf: bytes, index: int, size: int, path: bytes, root: bytes) -> bool:
    """Tell whether the leaf hash stands at the index of the tree; never raises.

    Args:
        leaf: the leaf's hash, 32 bytes.
        index: from 0; False outside 0 to size - 1.
        size: leaves in the tree.
        path: sibling hashes joined, lowest first; empty for a tree of one leaf.
        root: the root at that size, 32 bytes.

    Returns:
        False also for any size, index or length that no tree has.

    Source:
        RFC 9162 section 2.1.3.2.
    """
    hashes = _hashes_of(path)
    if not 0 <= index < size or len(leaf) != HASH_BYTES or hashes is None:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in hashes:
        if not last:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            node, last = _climb(node, last)
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return not last and found == root


def verify_consistency(size_1: int, root_1: bytes, size_2: int, root_2: bytes, path: bytes) -> bool:
    """Tell whether the second tree is the first with leaves only added; never raises.

    Args:
        size_1: leaves in the earlier tree; 0 is consistent with every tree.
        root_1: the earlier root, 32 bytes.
        size_2: leaves in the later tree; False below `size_1`.
        root_2: the later root, 32 bytes.
        path: hashes joined; empty when the sizes are equal or the first is 0.

    Returns:
        False also for any size or length that no tree has.

    Source:
        RFC 9162 section 2.1.4.2.
    """
    hashes = _hashes_of(path)
    if hashes is None or not len(root_1) == len(root_2) == HASH_BYTES:
        return False
    if size_1 == size_2 and not path:
        return root_1 == root_2 and (size_1 > 0 or (size_1 == 0 and root_1 == EMPTY_ROOT))
    if not size_1 and size_2 > 0:
        return not path and root_1 == EMPTY_ROOT
    if not 0 < size_1 < size_2 or not hashes:
        return False
    if not size_1 & (size_1 - 1):
        hashes = [root_1, *hashes]
    node, last = _climb_ones(size_1 - 1, size_2 - 1)
    found_1 = found_2 = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            found_1, found_2 = node_hash(sibling, found_1), node_hash(sibling, found_2)
            node, last = _climb(node, last)
        else:
            found_2 = node_hash(found_2, sibling)
        node, last = node >> 1, last >> 1
    return not last and found_1 == root_1 and found_2 == root_2


def _hashes_of(path: bytes) -> list[bytes] | None:
    """Split a path into its hashes, or None when its length is not a whole number of them."""
    if len(path) % HASH_BYTES:
        return None
    return [path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)]


def _climb(node: int, last: int) -> tuple[int, int]:
    """Rise past the levels where a rightmost node stands alone, to the next right-hand child."""
    zeros = (node & -node).bit_length() - 1
    return node >> zeros, last >> zeros


def _climb_ones(node: int, last: int) -> tuple[int, int]:
    """Rise past the levels where the node is a right-hand child: its subtree is whole."""
    ones = (~node & (node + 1)).bit_length() - 1
    return node >> ones, last >> ones


class CheckpointRefused(ValueError):
    """A checkpoint is malformed, another log's, or not signed by the log's key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's head: which log, how many leaves, what root.

    Args:
        origin: the log's name, also its key's name: no space, plus or control character.
        size: leaves, 0 to 10**19 - 1.
        root: 32 bytes; `EMPTY_ROOT` at size 0.

    Raises:
        CheckpointRefused: a field is outside these bounds.

    Source:
        C2SP tlog-checkpoint, "Note text".
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what could not be written as a note and read back the same."""
        if not self.origin or any(_is_barred(character) for character in self.origin):
            raise CheckpointRefused("The origin is empty or holds a space, plus or control.")
        if not 0 <= self.size < _SIZE_END:
            raise CheckpointRefused("The size is not a count of leaves.")
        if len(self.root) != HASH_BYTES or (not self.size and self.root != EMPTY_ROOT):
            raise CheckpointRefused("The root is not a root of that size.")


def signed_note(checkpoint: Checkpoint, seed: bytes) -> str:
    """Write and sign a checkpoint; the key's name is the origin.

    Args:
        checkpoint: what to sign.
        seed: the log's Ed25519 private seed, 32 bytes.

    Returns:
        The note, ending in a newline.

    Raises:
        ValueError: the seed is not 32 bytes.

    Source:
        C2SP signed-note, "Format" and "Ed25519 signatures"; C2SP tlog-checkpoint.
    """
    root = b64encode_as_string(checkpoint.root)
    body = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"
    key_id = _key_id(checkpoint.origin, signature.public_key_of(seed))
    line = b64encode_as_string(key_id + signature.sign(seed, body.encode()))
    return f"{body}\n— {checkpoint.origin} {line}\n"


def open_note(text: str, *, origin: str, public_key: bytes) -> Checkpoint:
    """Read a checkpoint once the log's own signature on it holds.

    Lines of other keys are ignored. Extension lines are refused: this log writes none, and
    nobody could audit them.

    Args:
        text: the note, at most 131,072 characters.
        origin: the log, and so the key name, that is expected.
        public_key: the log's key, 32 bytes.

    Returns:
        What the log signed.

    Raises:
        CheckpointRefused: malformed, of another origin, unsigned by the key, or any line in the
            key's name and id fails to verify.

    Source:
        C2SP signed-note, "Format" and "Signatures"; C2SP tlog-checkpoint.
    """
    return _opened(text, origin, public_key)


# One batch's records all carry the same note; each recipient reads them one after the other, and
# where several read in one process, as in a replay, each batch by batch.
@lru_cache(maxsize=256)
def _opened(text: str, origin: str, public_key: bytes) -> Checkpoint:
    if len(text) > NOTE_CHARACTERS_MAX or _CONTROLS.search(text):
        raise CheckpointRefused("The note is too long or holds a control character.")
    head, _, lines = text.rpartition("\n\n")
    body = _BODY.fullmatch(head + "\n")
    if body is None or not lines.endswith("\n"):
        raise CheckpointRefused("The note is not origin, size, root, empty line, signatures.")
    if body[1] != origin:
        raise CheckpointRefused("The checkpoint is another log's.")
    key_id, signed = _key_id(origin, public_key), body[0].encode()
    held = [
        signature.is_valid(public_key, signed, raw[_KEY_ID_BYTES:])
        for name, raw in map(_signature_line, lines[:-1].split("\n"))
        if name == origin and raw[:_KEY_ID_BYTES] == key_id
    ]
    if not held or not all(held):
        raise CheckpointRefused("The log's key has not signed the checkpoint.")
    return Checkpoint(origin, int(body[2]), _octets(body[3]))


def _signature_line(line: str) -> tuple[str, bytes]:
    """Split a signature line into its key's name and the octets after it (id, signature)."""
    parts = _SIGNATURE_LINE.fullmatch(line)
    if parts is None or any(_is_barred(character) for character in parts[1]):
        raise CheckpointRefused("A signature line is malformed.")
    raw = _octets(parts[2])
    if len(raw) <= _KEY_ID_BYTES:
        raise CheckpointRefused("A signature line holds no signature.")
    return parts[1], raw


def _key_id(name: str, public_key: bytes) -> bytes:
    """Compute the id under which a note names an Ed25519 key."""
    return sha256(name.encode() + b"\n" + _ED25519_NOTE + public_key).digest()[:_KEY_ID_BYTES]


def _octets(text: str) -> bytes:
    """Read standard base64 with padding, in its one canonical spelling."""
    try:
        return b64decode(text, validate=True, canonical=True)
    except ValueError as error:
        raise CheckpointRefused("A line is not canonical base64.") from error


def _is_barred(character: str) -> bool:
    """Tell whether a key's name may not hold the character."""
    return character.isspace() or character == "+" or _CONTROLS.match(character) is not None

"""The ledger's Merkle tree, in memory, with the proofs that go out with every batch.

Owns the hashes of all complete subtrees, one row of 32-byte nodes a level (64 bytes a leaf).
What is incomplete, the *tail* of a level, is computed for the size that is asked for, so the
tree answers for every earlier size too. Must never be appended to before its batch is certain
to be written, or else be truncated when the transaction failed.
"""

from collections.abc import Sequence
from hashlib import sha256

from contracts.fault import InvariantBroken
from contracts.proof import EMPTY_ROOT, HASH_BYTES, node_hash


class Tree:
    """An append-only Merkle tree of leaf hashes.

    A path is its hashes joined, lowest first: what `contracts.proof` verifies and what a view
    carries in base64url.

    Source:
        RFC 9162 section 2.1 (RFC 6962 section 2.1).
    """

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        """Begin empty."""
        self._rows = [bytearray()]

    def copy(self) -> "Tree":
        """Give a second tree that stands where this one does."""
        again = Tree()
        again._rows = [bytearray(row) for row in self._rows]
        return again

    @property
    def size(self) -> int:
        """Count the leaves."""
        return len(self._rows[0]) // HASH_BYTES

    def append(self, leaf_hashes: Sequence[bytes]) -> None:
        """Add leaves in order; adding none changes nothing.

        Args:
            leaf_hashes: 32 bytes each, from `contracts.proof.leaf_hash`.

        Raises:
            InvariantBroken: a hash is not 32 bytes; nothing was added.
        """
        if not {HASH_BYTES}.issuperset(map(len, leaf_hashes)):
            raise InvariantBroken("A leaf hash is not 32 bytes.", remedy="Report a defect.")
        self._rows[0] += b"".join(leaf_hashes)
        level = 0
        while (complete := len(self._rows[level]) // (2 * HASH_BYTES)) > 0:
            if level + 1 == len(self._rows):
                self._rows.append(bytearray())
            parents = self._rows[level + 1]
            known = len(parents) // HASH_BYTES
            pairs = bytes(self._rows[level][known * 2 * HASH_BYTES : complete * 2 * HASH_BYTES])
            parents += b"".join([
                sha256(b"\x01" + pairs[at : at + 2 * HASH_BYTES]).digest()
                for at in range(0, len(pairs), 2 * HASH_BYTES)
            ])
            level += 1

    def truncate(self, size: int) -> None:
        """Take back every leaf from `size` on, after a transaction that failed.

        Raises:
            InvariantBroken: the tree never had that size.
        """
        self._known(size)
        for level, row in enumerate(self._rows):
            del row[(size >> level) * HASH_BYTES :]

    def root(self, size: int | None = None) -> bytes:
        """Compute the root now, or as it stood at an earlier size.

        Returns:
            32 bytes; `EMPTY_ROOT` at size 0.

        Raises:
            InvariantBroken: the tree never had that size.
        """
        return self._tails(self._known(size))[-1] or EMPTY_ROOT

    def inclusion_path(self, index: int, size: int | None = None) -> bytes:
        """Prove one leaf, from 0, in the tree of a size (by default the present one).

        Returns:
            Its path; empty in a tree of one leaf.

        Raises:
            InvariantBroken: no such size, or no such leaf in it.

        Source:
            RFC 9162 section 2.1.3.1.
        """
        return self.inclusion_paths(index, index + 1, size)[0]

    def inclusion_paths(self, first: int, end: int, size: int | None = None) -> list[bytes]:
        """Prove the leaves `first` to `end - 1`, sharing what their paths have in common.

        Args:
            first: from 0.
            end: one past the last leaf; at least `first + 1`.
            size: the tree to prove them in; by default the present one.

        Returns:
            One path a leaf, in log order.

        Raises:
            InvariantBroken: no such size, or no such leaves in it.

        Source:
            RFC 9162 section 2.1.3.1.
        """
        size = self._known(size)
        if not 0 <= first < end <= size:
            raise InvariantBroken("No such leaves to prove.", remedy="Report a defect.")
        tails = self._tails(size)
        paths = [b""]
        for level in range((size - 1).bit_length() - 1, -1, -1):
            low, high = first >> level, (end - 1) >> level
            # Whole sibling pairs around [low, high]; the paths above are those of their parents.
            row = self._row(level, low & ~1, high | 1, size, tails)
            paths = [
                sibling + above
                for pair, above in enumerate(paths)
                for sibling in (row[2 * pair + 1], row[2 * pair])
            ]
            paths = paths[low & 1 : (low & 1) + high - low + 1]
        return paths

    def consistency_path(self, size_1: int, size_2: int | None = None) -> bytes:
        """Prove that the tree of `size_2` is that of `size_1` with leaves only added.

        Args:
            size_1: the earlier size.
            size_2: the later size; by default the present one.

        Returns:
            The path; empty where nothing needs proof: from 0, or between equal sizes.

        Raises:
            InvariantBroken: no such sizes, or the earlier is the larger.

        Source:
            RFC 9162 section 2.1.4.1.
        """
        size_2 = self._known(size_2)
        if not 0 <= size_1 <= size_2:
            raise InvariantBroken("The earlier size is the larger.", remedy="Report a defect.")
        if size_1 in {0, size_2}:
            return b""
        # The last complete subtree of the earlier tree, whose path leads through all others.
        level = (size_1 & -size_1).bit_length() - 1
        node = (size_1 - 1) >> level
        tails = self._tails(size_2)
        path = self._row(level, node, node, size_2, tails) if node else []
        for at in range(level, (size_2 - 1).bit_length()):
            sibling = node ^ 1
            path += self._row(at, sibling, sibling, size_2, tails)
            node >>= 1
        return b"".join(path)

    def _known(self, size: int | None) -> int:
        """Return a size the tree has had, the present one for None."""
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise InvariantBroken("The tree never had that size.", remedy="Report a defect.")
        return size

    def _row(self, level: int, low: int, high: int, size: int, tails: list[bytes]) -> list[bytes]:
        """Read the nodes `low` to `high` of a level.

        Returns:
            Complete nodes, then the tail, then no bytes for a node beyond the size, which adds
            nothing to a path.
        """
        complete = min(size >> level, high + 1)
        held = bytes(self._rows[level][low * HASH_BYTES : complete * HASH_BYTES])
        row = [held[at : at + HASH_BYTES] for at in range(0, len(held), HASH_BYTES)]
        beyond = range(max(complete, low), high + 1)
        return row + [tails[level] if at == size >> level else b"" for at in beyond]

    def _tails(self, size: int) -> list[bytes]:
        """Hash what is incomplete at each level: `tails[k]` covers the last `size % 2**k` leaves.

        Returns:
            One more than there are levels; the last covers the whole tree. No bytes where
            nothing is incomplete.
        """
        tails = [b""]
        for level in range(size.bit_length()):
            tail = tails[-1]
            if size >> level & 1:
                at = ((size >> level) - 1) * HASH_BYTES
                node = bytes(self._rows[level][at : at + HASH_BYTES])
                tail = node_hash(node, tail) if tail else node
            tails.append(tail)
        return tails

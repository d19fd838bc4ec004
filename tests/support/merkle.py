"""A second implementation of the Merkle tree, word for word from RFC 6962, slow and recursive.

It shares nothing with `contracts.proof` or `broker.core.tree`, so that neither can be wrong in
the same way. A leaf here is the leaf's input, not its hash; a path is a list of hashes.
"""

import hashlib


def _split(size: int) -> int:
    """Return k, the largest power of two smaller than n ("k < n <= 2k")."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    """Compute the Merkle Tree Hash of D[n] (RFC 6962 section 2.1)."""
    n = len(leaves)
    if n == 0:
        return hashlib.sha256().digest()
    if n == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = _split(n)
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Compute PATH(m, D[n]), the audit path (RFC 6962 section 2.1.1)."""
    n = len(leaves)
    if n == 1:
        return []
    k = _split(n)
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    """Compute PROOF(m, D[n]), the consistency proof (RFC 6962 section 2.1.2)."""
    return _subproof(m, leaves, whole=True)


def _subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """Compute SUBPROOF(m, D[n], b)."""
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = _split(n)
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]

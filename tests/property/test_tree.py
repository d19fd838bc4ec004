"""The tree against two other implementations, and what must hold for every size."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from broker.core.tree import Tree
from contracts import proof
from contracts.fault import InvariantBroken
from tests.support import merkle

LEAVES = [sha256(bytes([at & 255, at >> 8])).digest()[: at % 33] for at in range(600)]
HASHES = [proof.leaf_hash(leaf) for leaf in LEAVES]
WHOLE = Tree()
WHOLE.append(HASHES)


def grown(*batches: int) -> Tree:
    """Grow a tree by batches of these sizes."""
    tree = Tree()
    for batch in batches:
        tree.append(HASHES[tree.size : tree.size + batch])
    return tree


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int, int]:
    """Draw first < end <= size."""
    size = draw(st.integers(1, len(LEAVES)))
    first = draw(st.integers(0, size - 1))
    return first, draw(st.integers(first + 1, size)), size


def flip(octets: bytes, where: int) -> bytes:
    """Flip one bit."""
    changed = bytearray(octets)
    changed[where // 8 % len(changed)] ^= 1 << where % 8
    return bytes(changed)


def test_every_root_and_path_up_to_forty_leaves_is_the_rfcs() -> None:
    """All sizes, all leaves, all earlier sizes, against the RFC's own recursion."""
    for size in range(41):
        leaves = LEAVES[:size]
        assert WHOLE.root(size) == grown(size).root() == merkle.mth(leaves)
        for at in range(size):
            assert WHOLE.inclusion_path(at, size) == b"".join(merkle.path(at, leaves))
            assert WHOLE.consistency_path(at + 1, size) == b"".join(merkle.proof(at + 1, leaves))


def test_roots_and_inclusion_paths_are_pymerkles() -> None:
    """A published implementation; it counts leaves from one and puts the leaf before the path.

    Its consistency proofs are of its own form, so those have the RFC's recursion as oracle.
    """
    published = InmemoryTree(algorithm="sha256")
    published.append_entries(LEAVES[:150])
    for size in (1, 2, 3, 7, 8, 64, 99, 127, 128, 129, 150):
        assert WHOLE.root(size) == published.get_root(size)
        for at in range(size):
            leaf, *path = published.prove_inclusion(at + 1, size).path
            assert (leaf, b"".join(path)) == (HASHES[at], WHOLE.inclusion_path(at, size))


@given(batches=st.lists(st.integers(0, 90), max_size=6))
def test_batching_changes_nothing(batches: list[int]) -> None:
    """However the sequencer cut its batches, the log is the same."""
    tree = grown(*batches)
    assert tree.size == sum(batches)
    assert tree.root() == proof.root_of(HASHES[: sum(batches)]) == WHOLE.root(sum(batches))


@given(which=ranges())
def test_paths_of_a_batch_are_those_of_its_leaves(which: tuple[int, int, int]) -> None:
    """Sharing work between the leaves of a batch must not show."""
    first, end, size = which
    single = [WHOLE.inclusion_path(index, size) for index in range(first, end)]
    assert WHOLE.inclusion_paths(first, end, size) == single


@given(which=ranges(), where=st.integers(0, 10**6))
def test_inclusion_verifies_and_no_changed_bit_does(
    which: tuple[int, int, int], where: int
) -> None:
    """One bit of leaf, path or root, or another place, and it is proof of nothing."""
    index, _, size = which
    leaf, path, root = HASHES[index], WHOLE.inclusion_path(index, size), WHOLE.root(size)
    assert proof.verify_inclusion(leaf, index, size, path, root)
    assert not proof.verify_inclusion(flip(leaf, where), index, size, path, root)
    assert not proof.verify_inclusion(leaf, index, size, path, flip(root, where))
    assert not path or not proof.verify_inclusion(leaf, index, size, flip(path, where), root)
    for other in {where % size, index ^ 1, index + 1, size - 1} - {index}:
        assert not proof.verify_inclusion(leaf, other, size, path, root)


@given(which=ranges(), where=st.integers(0, 10**6))
def test_consistency_verifies_and_no_changed_bit_does(
    which: tuple[int, int, int], where: int
) -> None:
    """A log that forgot or changed one leaf cannot show that it only grew."""
    _, size_1, size_2 = which
    root_1, root_2 = WHOLE.root(size_1), WHOLE.root(size_2)
    path = WHOLE.consistency_path(size_1, size_2)
    assert proof.verify_consistency(size_1, root_1, size_2, root_2, path)
    changed_1, changed_2 = flip(root_1, where), flip(root_2, where)
    assert not proof.verify_consistency(size_1, changed_1, size_2, root_2, path)
    assert not proof.verify_consistency(size_1, root_1, size_2, changed_2, path)
    assert not path or not proof.verify_consistency(
        size_1, root_1, size_2, root_2, flip(path, where)
    )


@given(before=st.integers(0, 300), failed=st.integers(0, 200), after=st.integers(0, 100))
def test_truncate_then_append_equals_fresh(before: int, failed: int, after: int) -> None:
    """A batch whose transaction failed leaves nothing behind."""
    tree = grown(before)
    tree.append([proof.leaf_hash(b"failed")] * failed)
    tree.truncate(before)
    assert (tree.size, tree.root()) == (before, WHOLE.root(before))
    tree.append(HASHES[before : before + after])
    fresh = grown(before + after)
    assert tree.root() == fresh.root()
    if fresh.size:
        everything = tree.inclusion_paths(0, tree.size)
        assert everything == fresh.inclusion_paths(0, fresh.size)


def test_what_the_tree_does_not_hold_stops_the_broker() -> None:
    """A question about leaves that are not there is a defect, never an answer."""
    tree = grown(5)
    asked = (
        lambda: tree.root(6),
        lambda: tree.root(-1),
        lambda: tree.truncate(6),
        lambda: tree.inclusion_path(5),
        lambda: tree.inclusion_path(-1),
        lambda: tree.inclusion_path(3, 3),
        lambda: tree.inclusion_paths(2, 2),
        lambda: tree.consistency_path(4, 3),
        lambda: tree.append([bytes(31), bytes(33)]),
    )
    for question in asked:
        with pytest.raises(InvariantBroken):
            question()
    assert tree.root() == WHOLE.root(5)

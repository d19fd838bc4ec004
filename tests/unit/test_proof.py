"""Proofs and checkpoints against published roots, RFC text, and hostile input."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import proof, signature
from contracts.proof import Checkpoint, CheckpointRefused
from tests.support import merkle

# The eight leaves and roots that implementations of RFC 6962 have tested with since
# google/certificate-transparency (merkletree/merkle_tree_test.cc).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [proof.leaf_hash(leaf) for leaf in LEAVES]
SEED = bytes(range(32))
KEY = signature.public_key_of(SEED)
ORIGIN = "candour.example/milton-keynes"
KEY_ID = "f61d0551"  # printf name, newline, 01, key | sha256sum
HEAD = Checkpoint(ORIGIN, 8, bytes.fromhex(ROOTS[7]))
NOTE = proof.signed_note(HEAD, SEED)


def test_roots_are_the_published_ones() -> None:
    """A stranger's implementation must find the same roots."""
    for size, root in enumerate(ROOTS, 1):
        assert proof.root_of(HASHES[:size]).hex() == merkle.mth(LEAVES[:size]).hex() == root


def test_empty_tree_has_the_hash_of_nothing() -> None:
    """RFC 6962 section 2.1: "the hash of an empty list is the hash of an empty string"."""
    assert proof.root_of([]) == proof.EMPTY_ROOT == merkle.mth([])


def test_every_small_proof_of_the_rfc_verifies() -> None:
    """PATH and PROOF as RFC 6962 prints them, for all sizes up to eight."""
    for size in range(1, 9):
        root = bytes.fromhex(ROOTS[size - 1])
        for index in range(size):
            path = b"".join(merkle.path(index, LEAVES[:size]))
            assert proof.verify_inclusion(HASHES[index], index, size, path, root)
        for earlier in range(1, size + 1):
            path = b"".join(merkle.proof(earlier, LEAVES[:size]))
            root_1 = bytes.fromhex(ROOTS[earlier - 1])
            assert proof.verify_consistency(earlier, root_1, size, root, path)


def test_nothing_is_consistent_with_everything_and_only_by_an_empty_path() -> None:
    """The empty tree is a beginning of every log; no root but its own may claim that."""
    root = bytes.fromhex(ROOTS[7])
    assert proof.verify_consistency(0, proof.EMPTY_ROOT, 8, root, b"")
    assert proof.verify_consistency(0, proof.EMPTY_ROOT, 0, proof.EMPTY_ROOT, b"")
    assert not proof.verify_consistency(0, root, 8, root, b"")
    assert not proof.verify_consistency(0, root, 0, root, b"")
    assert not proof.verify_consistency(0, proof.EMPTY_ROOT, 8, root, root)


@given(
    sizes=st.tuples(st.integers(), st.integers()),
    hashes=st.tuples(st.binary(max_size=40), st.binary(max_size=40)),
    path=st.binary(max_size=200),
)
def test_hostile_proofs_are_false_and_never_raise(
    sizes: tuple[int, int], hashes: tuple[bytes, bytes], path: bytes
) -> None:
    """A view comes from a stranger: no number and no length may stop the one who checks it."""
    assert not proof.verify_inclusion(hashes[0], *sizes, path, hashes[1])
    assert not proof.verify_consistency(sizes[0], hashes[0], sizes[1], hashes[1], path)


def test_a_path_of_any_other_length_is_false() -> None:
    """Neither a hash too many, nor one too few, nor part of one."""
    root = bytes.fromhex(ROOTS[7])
    path = b"".join(merkle.path(5, LEAVES))
    chain = b"".join(merkle.proof(5, LEAVES))
    for wrong in (lambda p: p + bytes(32), lambda p: p[:-32], lambda p: p[:-1], lambda _: b""):
        assert not proof.verify_inclusion(HASHES[5], 5, 8, wrong(path), root)
        assert not proof.verify_consistency(5, bytes.fromhex(ROOTS[4]), 8, root, wrong(chain))
    assert not proof.verify_inclusion(HASHES[5], 2**70, 2**70 + 1, path, root)
    assert not proof.verify_inclusion(HASHES[5], -3, 8, path, root)


def test_a_proof_for_a_smaller_tree_is_none_for_a_larger() -> None:
    """The path leads to a true root, but not of the tree that was claimed."""
    four = bytes.fromhex(ROOTS[3])
    path = b"".join(merkle.path(1, LEAVES[:4]))
    assert proof.verify_inclusion(HASHES[1], 1, 4, path, four)
    assert not proof.verify_inclusion(HASHES[1], 1, 8, path, four)
    chain = b"".join(merkle.proof(1, LEAVES[:4]))
    assert proof.verify_consistency(1, HASHES[0], 4, four, chain)
    assert not proof.verify_consistency(1, HASHES[0], 8, four, chain)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_leaf_hash_of_another_length_is_no_leaf(length: int) -> None:
    """In a tree of one the leaf is the root: only its length says whether it is a hash."""
    assert not proof.verify_inclusion(bytes(length), 0, 1, b"", bytes(length))
    assert not proof.verify_consistency(1, bytes(length), 1, bytes(length), b"")


def test_note_is_written_as_c2sp_prints_it() -> None:
    """Byte for byte: body, empty line, em dash, name, id and signature."""
    body = f"{ORIGIN}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    head, line = NOTE.split("\n\n")
    assert head + "\n" == body
    dash, name, encoded = line.removesuffix("\n").split(" ")
    raw = base64.b64decode(encoded)
    assert (dash, name, len(raw)) == ("\u2014", ORIGIN, 68)
    assert raw[:4] == bytes.fromhex(KEY_ID)
    assert signature.is_valid(KEY, body.encode(), raw[4:])


def open_ours(text: str) -> Checkpoint:
    """Open a note as our log's."""
    return proof.open_note(text, origin=ORIGIN, public_key=KEY)


@given(size=st.integers(1, 10**19 - 1), root=st.binary(min_size=32, max_size=32))
def test_note_opens_to_the_checkpoint_that_was_signed(size: int, root: bytes) -> None:
    """Any size and root survive the text."""
    head = Checkpoint(ORIGIN, size, root)
    assert open_ours(proof.signed_note(head, SEED)) == head


def test_lines_of_others_are_ignored_wherever_they_stand() -> None:
    """Witnesses add lines; a key that shares only our name, or only our id, is not ours."""
    body, line = NOTE.split("\n\n")
    raw = base64.b64decode(line.split(" ")[2])
    same_name = f"\u2014 {ORIGIN} {base64.b64encode(b'abcd' + raw[4:]).decode()}\n"
    same_id = f"\u2014 witness.example {base64.b64encode(raw[:4] + b'?').decode()}\n"
    many = "".join(same_id for _ in range(40))
    assert open_ours(f"{body}\n\n{same_name}{line}{same_id}{many}") == HEAD
    with pytest.raises(CheckpointRefused, match="not signed"):
        open_ours(f"{body}\n\n{same_name}{same_id}")


def test_one_false_line_in_our_name_and_id_refuses_the_note() -> None:
    """Signed-note: where a known key's signature fails, reject the whole note."""
    body, line = NOTE.split("\n\n")
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[-1] ^= 1
    forged = f"\u2014 {ORIGIN} {base64.b64encode(raw).decode()}\n"
    for lines in (forged + line, line + forged):
        with pytest.raises(CheckpointRefused):
            open_ours(f"{body}\n\n{lines}")


def resigned(body: str) -> str:
    """Sign any body with the log's own key, so that only its form can be refused."""
    raw = bytes.fromhex(KEY_ID) + signature.sign(SEED, body.encode("utf-8", "surrogatepass"))
    return f"{body}\n\u2014 {ORIGIN} {base64.b64encode(raw).decode()}\n"


ROOT_TEXT = base64.b64encode(HEAD.root).decode()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        f"{ORIGIN}\n8\n",
        f"{ORIGIN}\n8\n{ROOT_TEXT}",
        f"{ORIGIN}\n8\n{ROOT_TEXT}\nextension\n",
        f"{ORIGIN}\n\n8\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n08\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n+8\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n-8\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n 8\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n8_0\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n\u0668\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n0\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n8\n{ROOT_TEXT[:-1]}\n",
        f"{ORIGIN}\n8\n{ROOT_TEXT[:-2]}h=\n",
        f"{ORIGIN}\n8\n{ROOT_TEXT[:-4]}\n",
        f"{ORIGIN}\n8\n{ROOT_TEXT.replace('+', '-').replace('/', '_')}\n",
        f"{ORIGIN}\r\n8\n{ROOT_TEXT}\n",
        f"{ORIGIN}\ud800\n8\n{ROOT_TEXT}\n",
        f"another.example\n8\n{ROOT_TEXT}\n",
    ],
)
def test_a_signed_body_in_any_other_form_is_refused(body: str) -> None:
    """Even our own key cannot make a second spelling of a head acceptable."""
    with pytest.raises(CheckpointRefused):
        open_ours(resigned(body))


@pytest.mark.parametrize(
    "line",
    ["", "\n", "x\n", "- a.example QUJDREVG\n", "\u2014 a.example  QUJDREVG\n",
     "\u2014 a.example QUJDRA==\n", "\u2014 a.example QUJDREV\n", "\u2014 a+b QUJDREVG\n",
     "\u2014 a\u00a0b QUJDREVG\n", "\u2014  QUJDREVG\n", "\u2014 a.example QUJDREVG"],
)  # fmt: skip
def test_a_malformed_signature_line_refuses_the_note(line: str) -> None:
    """A note is read whole or not at all."""
    with pytest.raises(CheckpointRefused):
        open_ours(NOTE + line if line else NOTE[:-1])


@given(where=st.integers(0, len(NOTE) - 1), other=st.characters())
def test_any_changed_character_of_a_note_is_refused(where: int, other: str) -> None:
    """Nothing on a signed head is decoration."""
    changed = NOTE[:where] + other + NOTE[where + 1 :]
    if changed != NOTE:
        with pytest.raises(CheckpointRefused):
            open_ours(changed)


@given(text=st.text(max_size=300))
def test_any_text_is_refused_by_name(text: str) -> None:
    """Nothing but the named error leaves `open_note`."""
    with pytest.raises(CheckpointRefused):
        open_ours(text)


def test_an_overlong_note_and_a_strange_key_are_refused() -> None:
    """Bounds come before work, and a key of the wrong length is merely not the key."""
    with pytest.raises(CheckpointRefused, match="too long"):
        open_ours(NOTE + "x" * proof.NOTE_CHARACTERS_MAX)
    with pytest.raises(CheckpointRefused, match="control"):
        proof.open_note(NOTE.replace(ORIGIN, "\ud800"), origin="\ud800", public_key=KEY)
    for key in (b"", KEY + b"\0", bytes(32)):
        with pytest.raises(CheckpointRefused):
            proof.open_note(NOTE, origin=ORIGIN, public_key=key)


@pytest.mark.parametrize(
    "fields",
    [("", 1, bytes(32)), ("a b", 1, bytes(32)), ("a+b", 1, bytes(32)), ("a\nb", 1, bytes(32)),
     ("a\ud800", 1, bytes(32)), ("a", -1, bytes(32)), ("a", 10**19, bytes(32)),
     ("a", 1, bytes(31)), ("a", 0, bytes(32))],
)  # fmt: skip
def test_a_checkpoint_that_could_not_be_read_back_is_not_made(fields: tuple[Any, ...]) -> None:
    """The same bounds hold for the writer."""
    with pytest.raises(CheckpointRefused):
        Checkpoint(*fields)

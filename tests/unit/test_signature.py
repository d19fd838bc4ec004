"""Signatures: one strict answer for every input, equal to libsodium's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from contracts import base64url, signature
from tests.support import edwards

PUBLISHED = json.loads((edwards.VECTORS / "rfc8032.json").read_text())["cases"]
ADVERSARIAL = json.loads((edwards.VECTORS / "adversarial.json").read_text())["cases"]
SEED = bytes(range(32))


def octets(case: dict[str, Any], *names: str) -> tuple[bytes, ...]:
    """Read a case's hexadecimal members."""
    return tuple(bytes.fromhex(case[name]) for name in names)


def named(case: dict[str, Any]) -> str:
    """Name a case in the test's own name."""
    return str(case["name"])


@pytest.mark.parametrize("case", PUBLISHED, ids=named)
def test_published_signatures_are_made_and_verified(case: dict[str, Any]) -> None:
    """Other people's libraries made these: ours must give and take the same bytes."""
    seed, key, signed, made = octets(case, "seed", "public_key", "signed", "signature")
    assert signature.public_key_of(seed) == key
    assert signature.sign(seed, signed) == made
    assert signature.is_valid(key, signed, made)
    assert signature.is_acceptable_public_key(key)


@pytest.mark.parametrize("case", ADVERSARIAL, ids=named)
def test_signatures_on_which_libraries_differ_get_libsodiums_answer(case: dict[str, Any]) -> None:
    """An auditor with another library must reach the broker's verdict, so neither may be lax."""
    key, signed, made = octets(case, "public_key", "signed", "signature")
    assert signature.is_valid(key, signed, made) is case["valid"]


@pytest.mark.parametrize("case", ADVERSARIAL, ids=named)
def test_every_ambiguous_case_is_stopped_at_enrolment_or_at_verification(
    case: dict[str, Any],
) -> None:
    """What only some libraries accept cannot happen under an enrolled key."""
    key, signed, made = octets(case, "public_key", "signed", "signature")
    enrolled = signature.is_acceptable_public_key(key)
    assert not (enrolled and signature.is_valid(key, signed, made))


def test_adversarial_vectors_are_those_the_arithmetic_gives() -> None:
    """The file is for strangers; this keeps it from drifting from how it was built."""
    assert [vars(case) for case in edwards.cases()] == ADVERSARIAL


@pytest.mark.parametrize("encoding", edwards.small_order_encodings(), ids=bytes.hex)
def test_no_spelling_of_a_small_order_point_serves_as_key_or_nonce(encoding: bytes) -> None:
    """Under such a key one signature fits many texts: deniability where we promise proof."""
    assert not signature.is_acceptable_public_key(encoding)
    key = signature.public_key_of(SEED)
    for text in (bytes([at]) for at in range(32)):
        assert not signature.is_valid(encoding, text, encoding + bytes(32))
        assert not signature.is_valid(key, text, encoding + bytes(32))


@pytest.mark.parametrize("y", range(edwards.P, 2**255))
def test_no_y_beyond_the_field_serves_as_key(y: int) -> None:
    """Two spellings of one key would be two thumbprints of one holder."""
    for sign in (0, 1):
        assert not signature.is_acceptable_public_key(edwards.spell(y, sign))


def test_key_off_the_curve_is_not_acceptable() -> None:
    """About half of all strings are no point at all; the arithmetic says which."""
    for y in range(2, 40):
        point = edwards.recover(y, 0)
        expected = point is not None and edwards.times(edwards.L, point) == edwards.NEUTRAL
        assert signature.is_acceptable_public_key(edwards.spell(y, 0)) is expected


@given(key=st.binary(max_size=70), signed=st.binary(max_size=70), made=st.binary(max_size=70))
def test_any_lengths_are_false_and_never_raise(key: bytes, signed: bytes, made: bytes) -> None:
    """A short key makes libsodium read past its end: lengths are checked first."""
    assert signature.is_valid(key, signed, made) is False
    assert signature.is_acceptable_public_key(key) in {False, len(key) == 32}


def test_a_true_signature_with_a_byte_more_or_less_is_false() -> None:
    """A key or signature that is right as far as it goes is another string all the same."""
    key, made = signature.public_key_of(SEED), signature.sign(SEED, b"text")
    for other in (key + b"\0", key[:-1], key + key):
        assert not signature.is_valid(other, b"text", made)
    assert not signature.is_valid(key, b"ext", made + b"t")
    assert not signature.is_valid(key, made[63:] + b"text", made[:63])


@given(
    seed=st.binary(min_size=32, max_size=32),
    signed=st.binary(max_size=200),
    where=st.integers(0, (32 + 64) * 8 - 1),
)
def test_verdict_equals_nacl_when_any_bit_of_key_or_signature_flips(
    seed: bytes, signed: bytes, where: int
) -> None:
    """The published high-level interface is the oracle, and every flip is refused."""
    key, made = signature.public_key_of(seed), signature.sign(seed, signed)
    assert made == SigningKey(seed).sign(signed).signature
    assert signature.is_valid(key, signed, made)
    flipped = bytearray(key + made)
    flipped[where // 8] ^= 1 << where % 8
    key, made = bytes(flipped[:32]), bytes(flipped[32:])
    try:
        expected = VerifyKey(key).verify(signed, made) == signed
    except BadSignatureError:
        expected = False
    assert signature.is_valid(key, signed, made) is expected is False


@given(signed=st.binary(min_size=1, max_size=200), where=st.integers(min_value=0))
def test_any_flipped_bit_of_the_signed_bytes_is_refused(signed: bytes, where: int) -> None:
    """A statement changed by one bit is not the publisher's."""
    flipped = bytearray(signed)
    flipped[where // 8 % len(signed)] ^= 1 << where % 8
    made = signature.sign(SEED, signed)
    assert not signature.is_valid(signature.public_key_of(SEED), bytes(flipped), made)


def test_thumbprint_is_that_of_the_rfc() -> None:
    """RFC 8037 appendix A.3 prints the thumbprint of the key of RFC 8032 test 1."""
    (key,) = octets(PUBLISHED[0], "public_key")
    assert signature.thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    """A 64-byte secret key in place of a seed is a mistake, not a request."""
    with pytest.raises(ValueError, match="32 bytes"):
        signature.sign(bytes(length), b"")
    with pytest.raises(ValueError, match="32 bytes"):
        signature.public_key_of(bytes(length))


@given(octets=st.binary(max_size=400))
def test_base64url_reads_back_what_it_wrote(octets: bytes) -> None:
    """One spelling there, the same octets back, from text and from bytes."""
    text = base64url.encode(octets)
    assert base64url.decode(text) == base64url.decode(text.encode()) == octets


@given(octets=st.binary(min_size=1, max_size=400), where=st.integers(0), odd=st.characters())
def test_base64url_has_no_second_spelling(octets: bytes, where: int, odd: str) -> None:
    """Whatever else decodes must decode to other octets, or a digest would name two texts."""
    text = base64url.encode(octets)
    at = where % len(text)
    for other in (text[:at] + odd + text[at + 1 :], text[:at] + odd + text[at:], text + "="):
        if other != text:
            try:
                assert base64url.encode(base64url.decode(other)) == other
            except ValueError:
                continue


@pytest.mark.parametrize("length", [0, 4, 64, 256, 4096])
@pytest.mark.parametrize("tail", ["QQ==", "QQ=", "QR", "Q", "QU J", "QUJ\n", "+/AA", "QUé", "Q\0A"])
def test_base64url_refuses_what_is_not_its_spelling(length: int, tail: str) -> None:
    """Padding, loose bits, spaces and the other alphabet, also past the vectorised stretch."""
    with pytest.raises(ValueError):
        base64url.decode("A" * length + tail)
    with pytest.raises(ValueError):
        base64url.decode(("A" * length + tail).encode())

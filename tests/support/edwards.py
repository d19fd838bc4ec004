"""Edwards25519 in plain integers, to build the signatures on which libraries disagree.

Written from RFC 8032 section 5.1; shares nothing with libsodium. `python -m
tests.support.edwards` writes tests/vectors/signature/adversarial.json anew.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha512
from pathlib import Path

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
VECTORS = Path(__file__).parents[1] / "vectors" / "signature"

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)
EDGE = bytes.fromhex("ec" + "ff" * 31)  # y = -1 with the sign of x set although x = 0


@dataclass(frozen=True)
class Case:
    """One signature: what it shows, its bytes in hexadecimal, and libsodium's answer."""

    name: str
    public_key: str
    signed: str
    signature: str
    valid: bool


def add(left: Point, right: Point) -> Point:
    """Add two points in affine coordinates (the complete law of RFC 8032 section 5.1.4)."""
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(scalar: int, point: Point) -> Point:
    """Multiply a point by a scalar that is not negative."""
    found = NEUTRAL
    while scalar:
        if scalar & 1:
            found = add(found, point)
        point, scalar = add(point, point), scalar >> 1
    return found


def recover(y: int, sign: int) -> Point | None:
    """Find the point with this y and sign of x, or None when there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return (P - x if x & 1 != sign else x) % P, y


def encode(point: Point) -> bytes:
    """Encode a point (RFC 8032 section 5.1.2)."""
    return spell(point[1], point[0] & 1)


def spell(y: int, sign: int) -> bytes:
    """Encode any y below 2**255, canonical or not, with a sign bit."""
    return (y | sign << 255).to_bytes(32, "little")


def generator() -> Point:
    """Return the base point B: y = 4/5, x even."""
    point = recover(4 * pow(5, -1, P) % P, 0)
    if point is None:
        raise ArithmeticError("B is on the curve")
    return point


def torsion() -> Point:
    """Return a point of order 8."""
    for y in range(2, 100):
        point = recover(y, 0)
        if point is not None and times(4, times(L, point)) != NEUTRAL:
            return times(L, point)
    raise ArithmeticError("a quarter of all points serve")


def small_order_encodings() -> list[bytes]:
    """Return the 14 spellings of the 8 points of small order, canonical or not."""
    y = torsion()[1]
    return [spell(at, sign) for at in (0, 1, P - 1, P, P + 1, y, P - y) for sign in (0, 1)]


def challenge(nonce: bytes, key: bytes, signed: bytes) -> int:
    """Compute k of RFC 8032 section 5.1.7."""
    return int.from_bytes(sha512(nonce + key + signed).digest(), "little") % L


def build(
    name: str,
    key: bytes,
    nonce: bytes,
    answer: Callable[[int], int],
    *,
    fits: int = 7,
    hashed: tuple[bytes, bytes] | None = None,
    valid: bool = False,
) -> Case:
    """Search for a text whose challenge makes the torsion behave as the class needs.

    Args:
        name: what the case shows.
        key: A as sent.
        nonce: R as sent.
        answer: S as a function of the challenge k.
        fits: k modulo 8 that is wanted; with 7, the torsion of A and that of R cancel out.
        hashed: R and A as the challenge takes them, where not as sent.
        valid: libsodium's answer.

    Returns:
        The case, in hexadecimal.
    """
    counter = 0
    while challenge(*(hashed or (nonce, key)), str(counter).encode()) % 8 != fits:
        counter += 1
    signed = str(counter).encode()
    scalar = answer(challenge(*(hashed or (nonce, key)), signed))
    signature = nonce + scalar.to_bytes(32, "little")
    return Case(name, key.hex(), signed.hex(), signature.hex(), valid)


def cases() -> list[Case]:
    """Build the twelve classes of "Taming the many EdDSAs" (2020), section 5, in its order."""
    a, r = (int.from_bytes(sha512(name).digest(), "little") % L for name in (b"a", b"r"))
    point, nonce, eighth = times(a, generator()), times(r, generator()), torsion()
    key, prime, small = encode(point), encode(nonce), encode(eighth)
    mixed_key, mixed = encode(add(point, eighth)), encode(add(nonce, eighth))
    # EDGE spells the point of order 2, so the other half must carry the same torsion.
    second = times(4, eighth)
    half, halved_key, halved = (encode(add(second, at)) for at in (NEUTRAL, point, nonce))

    def honest(k: int) -> int:
        return (r + k * a) % L

    return [
        build("A and R of small order, S = 0", small, small, lambda _: 0),
        build("A of small order, R of mixed order", small, mixed, lambda _: r),
        build("A of mixed order, R of small order", mixed_key, small, lambda k: k * a % L),
        build("A and R of mixed order, equation holds", mixed_key, mixed, honest, valid=True),
        build("A and R of mixed order, only with cofactor", mixed_key, mixed, honest, fits=0),
        build("A of mixed order, only with cofactor", mixed_key, prime, honest, fits=1),
        build("S above L", key, prime, lambda k: honest(k) + L),
        build("S far above L", key, prime, lambda k: honest(k) + 14 * L),
        build("R not canonical, hashed as sent", halved_key, EDGE, lambda k: k * a % L),
        build(
            "R not canonical, hashed reduced",
            halved_key,
            EDGE,
            lambda k: k * a % L,
            hashed=(half, halved_key),
        ),
        build("A not canonical, hashed as sent", EDGE, halved, lambda _: r),
        build("A not canonical, hashed reduced", EDGE, halved, lambda _: r, hashed=(halved, half)),
    ]


def write() -> None:
    """Write the cases as JSON, with where they come from."""
    document = {
        "source": "Built by tests/support/edwards.py, one for each of the twelve classes of "
        "Chalkias, Garillot, Nikolaenko, 'Taming the many EdDSAs', SSR 2020, section 5.",
        "valid_means": "libsodium's crypto_sign_verify_detached accepts",
        "cases": [asdict(case) for case in cases()],
    }
    (VECTORS / "adversarial.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    write()

"""A statement between strangers: ours read by published libraries, theirs read by us."""

import json
from typing import Any

import pytest
from jwcrypto import jwk, jws
from sd_jwt.verifier import SDJWTVerifier

from contracts import signature
from contracts.agreement import Basis
from contracts.context import Context
from contracts.event import report
from contracts.form import Section
from contracts.section import Identity, Name, Narrative, PersonPart, Provenance
from contracts.statement import Refused, Statement, build, interpret, parse, verify
from tests.support import stranger

SEED = bytes(range(32))
KEY = stranger.Key.of(SEED)
SOURCE = "/agencies/tv-probation/case"
SUBJECT = "AAAAAAAAAAAAAAAAAAAAAA"


def context(**changes: Any) -> Context:
    """Make a context as our own code holds one."""
    members: dict[str, Any] = {
        "specversion": "1.0",
        "id": "0132b1a4-9c40-7000-8000-000000000001",
        "source": SOURCE,
        "type": "uk.candour.concern_reported.v1",
        "time": "2012-05-01T09:30:00.000Z",
        "partnership": "mk-now",
        "purpose": "safeguarding",
        "classification": "OFFICIAL-SENSITIVE",
        "urgency": "urgent",
        "digests": [],
        "digest_algorithm": "sha-256",
        "basis": Basis("uk_gdpr", "uk_gdpr.6.1.e"),
    }
    return Context(**{**members, **changes})


def sections() -> dict[str, Section]:
    """Make sections as our own code holds them."""
    return {
        "provenance": Provenance("anonymous"),
        "event": report.ConcernReported(
            occurred=report.Occurred("day", "2012-05-01"),
            known_to_agency="2012-05-01",
            recorded="2012-05-01",
            concern="separation",
        ),
        "person.1.identity": Identity(SUBJECT, [Name("Daniel")]),
        "person.1.part": PersonPart(SUBJECT, "unassessed"),
        "narrative": Narrative('He said "soon" – \u2028 and\tleft \\ \x01 \U0001f600', "summary"),
    }


def built(parts: dict[str, Section] | None = None, *, seed: str = "built") -> bytes:
    """Build and sign a statement with our own code."""
    return build(
        context=context(),
        sections=parts or sections(),
        stream=SUBJECT,
        sequence=0,
        previous=None,
        sign=lambda signed: signature.sign(SEED, signed),
        kid=KEY.kid,
        random_bytes=stranger.seeded(seed),
    )


def writer(**spelling: Any) -> stranger.Writer:
    """Make a stranger's outbox."""
    return stranger.Writer(KEY, SOURCE, "mk-now", stranger.seeded("stranger"), **spelling)


def verified(raw: bytes) -> Statement:
    """Verify under the one key."""
    return verify(raw, {KEY.kid: KEY.public}.get)


def test_kid_is_the_thumbprint_that_jwcrypto_finds() -> None:
    """RFC 7638 is the name by which other software knows our keys."""
    published = jwk.JWK(kty="OKP", crv="Ed25519", x=stranger.text_of(KEY.public))
    assert signature.thumbprint(KEY.public) == KEY.kid == published.thumbprint()


def older(raw: bytes) -> bytes:
    """Sign again under the older name of the algorithm, the one that the libraries know."""
    jws_text, _, disclosures = raw.decode().partition("~")
    header, payload, _ = jws_text.split(".")
    renamed = stranger.octets_of(header).replace(b'"Ed25519"', b'"EdDSA"')
    signed = f"{stranger.text_of(renamed)}.{payload}"
    sealed = stranger.text_of(signature.sign(SEED, signed.encode()))
    return f"{signed}.{sealed}~{disclosures}".encode()


def test_jwcrypto_verifies_what_we_sign() -> None:
    """A statement's signed part is a plain JWS to any library that knows RFC 8037."""
    raw = older(built())
    public = jwk.JWK(kty="OKP", crv="Ed25519", x=stranger.text_of(KEY.public))
    token = jws.JWS()
    token.allowed_algs = ["EdDSA"]
    token.deserialize(raw.partition(b"~")[0].decode())
    token.verify(public)
    assert json.loads(token.payload)["id"] == verified(raw).context.id


def test_sd_jwt_library_reads_every_section_we_disclose() -> None:
    """The published SD-JWT library finds each section under its own digest."""
    public = jwk.JWK(kty="OKP", crv="Ed25519", x=stranger.text_of(KEY.public))
    outbox = writer(alg="EdDSA")
    theirs = outbox.write(outbox.context("concern_reported"), stranger.concern(outbox.draw))
    for raw in (older(built()), theirs, verified(theirs).disclose(["event", "narrative"])):
        payload = SDJWTVerifier(raw.decode(), lambda *_: public).get_verified_payload()
        for name, value in stranger.read(raw, KEY.public)[1].items():
            assert payload[name] == value


def test_stranger_reads_what_we_build() -> None:
    """FORMAT.md suffices to verify our statements without our code."""
    found, parts = stranger.read(built(), KEY.public)
    assert found["source"] == SOURCE
    assert set(parts) == {"intake", *sections()}
    assert parts["narrative"]["text"] == 'He said "soon" – \u2028 and\tleft \\ \x01 \U0001f600'
    assert parts["intake"]["sequence"] == 0


@pytest.mark.parametrize(
    "spelling",
    [
        {},
        {"separators": (", ", ": ")},
        {"separators": (" ,\n\t", "  :\r\n ")},
        {"ascii_only": True},
        {"backwards": True},
        {"alg": "EdDSA"},
    ],
    ids=["compact", "spaces", "newlines", "escapes", "backwards", "older-alg-name"],
)
def test_we_read_what_a_stranger_writes(spelling: dict[str, Any]) -> None:
    """Spacing, order and escapes are the writer's own: the bytes signed are the bytes read."""
    outbox = writer(**spelling)
    raw = outbox.write(outbox.context("concern_reported"), stranger.concern(outbox.draw))
    statement = verified(raw)
    found, parts = stranger.read(raw, KEY.public)
    assert statement.context.id == found["id"]
    assert list(statement.sections) == list(parts)
    assert statement.disclose(statement.sections) == raw


def test_disclosed_subset_still_verifies_and_shows_nothing_else() -> None:
    """A recipient checks the publisher's signature over what it may see, and sees no more."""
    statement = verified(built())
    part = statement.disclose(["event", "person.1.part"])
    _, seen = stranger.read(part, KEY.public)
    assert set(seen) == {"event", "person.1.part"}
    assert set(interpret(parse(part), whole=False).sections) == {"event", "person.1.part"}
    assert b"Daniel" not in b"".join(
        stranger.octets_of(text.decode()) for text in part.split(b"~")[1:-1]
    )


def test_digests_do_not_show_how_many_sections_there_are() -> None:
    """One section and fifteen look alike from outside; sixteen is the next step."""
    few = parse(built({"event": sections()["event"]})).context
    many = {**sections(), **{f"person.{n}.part": _part(n) for n in range(2, 12)}}
    assert len(few.digests) == len(parse(built(many)).context.digests) == 16
    more = {**many, "person.12.part": _part(12)}
    assert len(parse(built(more)).context.digests) == 32
    assert few.digests == sorted(few.digests)


def _part(number: int) -> PersonPart:
    return PersonPart(f"{number:022}", "unassessed")


def test_a_statement_holds_at_most_31_sections_beside_its_intake() -> None:
    """More would need a third size of padding, which a view would show."""
    most: dict[str, Section] = {f"person.{n}.part": _part(n) for n in range(1, 32)}
    assert len(parse(built(most)).context.digests) == 32
    with pytest.raises(ValueError, match="at most 31"):
        built({**most, "person.32.part": _part(32)})


def test_the_same_octets_build_the_same_statement() -> None:
    """Nothing but the random source differs between two builds."""
    assert built() == built() != built(seed="other")


def test_a_statement_holds_no_newline() -> None:
    """Views are lines: a newline within a statement would end it early."""
    raw = built()
    assert b"\n" not in raw
    for at in (1, raw.index(b"~") + 1, len(raw)):
        for newline in (b"\n", b"\r", b"\x85", "\u2028".encode()):
            with pytest.raises(Refused):
                parse(raw[:at] + newline + raw[at:])

"""The statement in exact bytes: build one, verify one, disclose a subset.

`<JWS>~<disclosure>~...~`, RFC 9901 compact form without key binding, Ed25519 over exact bytes.
`verify` is the only way to a `Statement`; whatever else arrives is `Refused` with a reason code.
What is checked here needs no state: that a key is active, fits its source, and that a stream is
not forked is `broker.core`'s, in the order that design.md fixes.

Source: RFC 9901, RFC 7515, RFC 8037, RFC 9864; CloudEvents 1.0; design.md, The statement.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NoReturn, TypeVar

import msgspec

from contracts import base64url, signature
from contracts.context import DIGEST_COUNTS, TYP, Context, Header
from contracts.credential import endorse
from contracts.event import CATALOGUE, Audience, EventType
from contracts.form import Section, is_too_deep, json_defect
from contracts.identifier import Digest, is_digest, is_token
from contracts.reason import Reason
from contracts.section import Cause, Intake, kind_of, mixed_subject, number_of, shape_of

STATEMENT_BYTES_MAX = 256 * 1024
_STATEMENT = re.compile(
    rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)~(?:[A-Za-z0-9_-]+~)*\Z"
)
_PATH = re.compile(r"`\$((?:\.[a-z_]+|\[\.*\d*\])*)`")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Statement:
    """A verified statement: signature, digests and schema hold; keys in force are not judged.

    Attributes:
        digest: SHA-256 of the JWS's ASCII bytes, base64url.
        kid: thumbprint of the signing key.
        context: the signed part.
        kind: the catalogue's row for its type.
        time_ms: `time` in milliseconds since 1970 (UTC).
        intake: where it stands in its stream.
        sections: value by section name, `intake` and `event` included, as sent.
        jws: the exact signed bytes and signature.
        disclosures: the exact disclosure by section name, as sent.
    """

    digest: Digest
    kid: str
    context: Context
    kind: EventType
    time_ms: int
    intake: Intake
    sections: dict[str, Section]
    jws: bytes
    disclosures: dict[str, bytes] = field(repr=False)

    @property
    def event(self) -> Section:
        """The facts of the type."""
        return self.sections["event"]

    @property
    def causes(self) -> list[str]:
        """Ids of the statements this one arises from, in number order."""
        numbered = ((k, v) for k, v in self.sections.items() if isinstance(v, Cause))
        return [v.statement for _, v in sorted(numbered, key=lambda kv: int(kv[0][6:]))]

    def disclose(self, names: Iterable[str]) -> bytes:
        """Give the statement with only these sections; the signature still verifies."""
        return b"~".join([self.jws, *(self.disclosures[name] for name in names), b""])


class Refused(Exception):
    """A submission that is no valid statement, with what was learned before it failed.

    Attributes:
        reason: the first defect in the fixed order of checks.
        fields: sections or members concerned, never content.
        kid: the key, once the signature held.
        context: the signed part, once the signature held.
        intake: the place in the stream, once the digests held.
    """

    def __init__(self, reason: Reason, fields: Sequence[str] = ()) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.fields = list(fields)
        self.kid: str | None = None
        self.context: Context | None = None
        self.intake: Intake | None = None


_decode_header = msgspec.json.Decoder(Header).decode
_decode_context = msgspec.json.Decoder(Context).decode
_decode_intake = msgspec.json.Decoder(Intake).decode
_decode_disclosure = msgspec.json.Decoder(tuple[str, str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_decoders: dict[type[Section], Callable[[bytes], Section]] = {}


def digest_of(submission: bytes) -> Digest:
    """Give the digest a submission is known by: SHA-256 up to its first `~`."""
    return Digest(base64url.encode(sha256(submission.partition(b"~")[0]).digest()))


@dataclass(frozen=True, slots=True)
class Unverified:
    """A statement whose form holds and whose signature nobody has checked."""

    kid: str
    context: Context
    time_ms: int
    jws: bytes
    signed: bytes
    signature: bytes
    sections: dict[str, tuple[bytes, bytes]]
    """Exact disclosure and exact JSON value, by section name."""
    digests: dict[str, str]  # of the disclosure, likewise


def parse(raw: bytes) -> Unverified:  # noqa: PLR0914 - one pass over one text
    """Check size and form only: the stages before any key is looked up.

    Raises:
        Refused: at stage SIZE or FORM.
    """
    if len(raw) > STATEMENT_BYTES_MAX:
        raise Refused(Reason.TOO_LARGE)
    found = _STATEMENT.match(raw)
    if found is None:
        raise Refused(Reason.NOT_A_STATEMENT)
    jws, *disclosures, _ = raw.split(b"~")
    head, body, tail = found.groups()
    header_json, context_json = _json(head, "header"), _json(body, "payload")
    header = _closed(_decode_header, header_json, "header")
    if not is_digest(header.kid):
        raise Refused(Reason.BAD_MEMBER, ["header.kid"])
    context = _closed(_decode_context, context_json, "payload")
    defect = context.defect()
    if defect is not None:
        raise Refused(Reason.BAD_MEMBER, [f"payload.{defect}"])
    sections: dict[str, tuple[bytes, bytes]] = {}
    digests: dict[str, str] = {}
    unopened = set(context.digests)
    for text in disclosures:
        digest = base64url.encode(sha256(text).digest())
        if digest not in unopened:
            raise Refused(Reason.DISCLOSURE_UNREFERENCED)
        unopened.remove(digest)
        decoded = _json(text, "disclosure")
        try:
            salt, name, value = _decode_disclosure(decoded)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            _refuse_json(decoded, "disclosure")
        if not is_token(salt) or name in sections:
            raise Refused(Reason.BAD_MEMBER, ["disclosure"])
        sections[name], digests[name] = (text, bytes(value)), digest
    return Unverified(
        header.kid, context, context.time_ms, jws, head + b"." + body,
        _decoded(tail, "signature"), sections, digests,
    )  # fmt: skip


def verify(raw: bytes, key_of: Callable[[str], bytes | None]) -> Statement:
    """Check every stage that needs no state, in the fixed order.

    Args:
        raw: the exact bytes, as submitted or stored.
        key_of: the raw public key of a kid, None for an unknown one.

    Returns:
        The statement. Whether its key was in force is not judged here.

    Raises:
        Refused: with the first defect; `kid` and `context` set if the signature held.
    """
    parsed = parse(raw)
    public_key = key_of(parsed.kid)
    if public_key is None:
        raise Refused(Reason.KEY_UNKNOWN)
    if not signature.is_valid(public_key, parsed.signed, parsed.signature):
        raise Refused(Reason.SIGNATURE_INVALID)
    return interpret(parsed)


def interpret(parsed: Unverified, *, whole: bool = True) -> Statement:
    """Check digests, type and schema of a statement whose signature was checked or waived.

    Args:
        parsed: from `parse`.
        whole: False for a view, where sections were lawfully withheld.

    Raises:
        Refused: at stage DIGESTS or SCHEMA; `kid` and `context` are set.
    """
    intake: Intake | None = None
    try:
        intake = _intake(parsed) if whole else Intake("", 0, [])
        kind = CATALOGUE.get(parsed.context.type)
        if kind is None:
            raise Refused(Reason.TYPE_UNKNOWN)
        sections = {
            name: _typed(name, value, kind) if name != "intake" or not whole else intake
            for name, (_, value) in parsed.sections.items()
        }
        if whole:
            _check_sections(kind, sections)
    except Refused as refused:
        refused.kid, refused.context, refused.intake = parsed.kid, parsed.context, intake
        raise
    return Statement(
        digest_of(parsed.jws), parsed.kid, parsed.context, kind, parsed.time_ms, intake,
        sections, parsed.jws, {name: text for name, (text, _) in parsed.sections.items()},
    )  # fmt: skip


def build(  # noqa: PLR0913 - a statement has this many independent parts
    *,
    context: Context,
    sections: Mapping[str, Section],
    stream: str,
    sequence: int,
    previous: str | None,
    sign: Callable[[bytes], bytes],
    kid: str,
    random_bytes: Callable[[int], bytes],
    endorser: bytes | None = None,
    texts: Mapping[str, bytes] = {},
) -> bytes:
    """Write and sign a statement.

    Args:
        context: with empty `digests`; they are filled in, decoys included.
        sections: by name, `event` included and `intake` not; at most 31.
        stream: the writer's chain.
        sequence: the number in it, from 0.
        previous: digest of the stream's last statement, None at 0.
        sign: Ed25519 over the bytes it is given.
        kid: thumbprint of the key that signs.
        random_bytes: a source of random bytes for salts and decoys.
        endorser: the private seed of the practitioner's own key, where they sign what is said.
        texts: disclosures to be used again as they are, by section: what a practitioner signed
            stays signed where only the agency's key changes.

    Raises:
        ValueError: more sections than 32 digests can hold.
    """

    def disclosed(name: str, value: Section) -> tuple[bytes, str]:
        text = texts.get(name)
        if text is None:
            salt = base64url.encode(random_bytes(16))
            text = base64url.encode(_encode([salt, name, value])).encode()
        return text, base64url.encode(sha256(text).digest())

    real = [disclosed(name, value) for name, value in sections.items()]
    if endorser is not None:
        signed_off = endorse(context.id, [digest for _, digest in real], seed=endorser)
        real.append(disclosed("endorsement", signed_off))
    intake = disclosed(
        "intake", Intake(stream, sequence, sorted(digest for _, digest in real), previous)
    )
    count = next((n for n in DIGEST_COUNTS if n > len(real)), None)
    if count is None:
        raise ValueError("a statement holds at most 31 sections beside its intake")
    decoys = [base64url.encode(random_bytes(32)) for _ in range(count - len(real) - 1)]
    digests = sorted([intake[1], *(digest for _, digest in real), *decoys])
    full = msgspec.structs.replace(context, digests=digests)
    header = _encode(Header("Ed25519", kid, TYP))
    signed = f"{base64url.encode(header)}.{base64url.encode(_encode(full))}".encode()
    jws = signed + b"." + base64url.encode(sign(signed)).encode()
    return b"~".join([jws, intake[0], *(text for text, _ in real), b""])


def _decoded(text: bytes, where: str) -> bytes:
    try:
        return base64url.decode(text)
    except ValueError:
        raise Refused(Reason.NOT_CANONICAL, [where]) from None


def _json(text: bytes, where: str) -> bytes:
    """Decode a JSON text, refusing one nested deeper than every reader can follow."""
    exact = _decoded(text, where)
    if is_too_deep(exact):
        raise Refused(Reason.NOT_CANONICAL, [where])
    return exact


def _closed(decode: Callable[[bytes], _T], exact: bytes, where: str) -> _T:
    """Decode a closed object, refusing duplicate keys, which no decoder does by itself."""
    try:
        value = decode(exact)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        _refuse_json(exact, where, str(error))
    if _encode(value) != exact and (defect := json_defect(exact)):
        raise Refused(defect, [where])
    return value


def _refuse_json(exact: bytes, where: str, error: str = "") -> NoReturn:
    """Refuse a text that did not decode: as JSON where that is the fault, else as a member."""
    if defect := json_defect(exact):
        raise Refused(defect, [where])
    if "unknown field" in error:
        raise Refused(Reason.UNKNOWN_MEMBER, [where])
    path = _PATH.search(error)
    raise Refused(Reason.BAD_MEMBER, [where + (path[1] if path else "")])


def _intake(parsed: Unverified) -> Intake:
    """Read the intake and check that every section it counts is here, and no other."""
    found = parsed.sections.get("intake")
    if found is None:
        raise Refused(Reason.SECTION_ABSENT, ["intake"])
    try:
        intake = _decode_intake(found[1])
        unlike = _encode(intake) != found[1] and json_defect(found[1]) is not None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        unlike = True
    if unlike:
        raise Refused(Reason.SECTION_ABSENT, ["intake"])
    counted = sorted(digest for name, digest in parsed.digests.items() if name != "intake")
    if counted != sorted(intake.sections):
        raise Refused(Reason.SECTION_ABSENT)
    return intake


def _typed(name: str, exact: bytes, kind: EventType) -> Section:
    """Decode one section as its name and the statement's type demand."""
    shape = kind.shape if name == "event" else shape_of(name)
    if shape is None:
        raise Refused(Reason.SCHEMA_BROKEN, ["unknown section"])
    decode = _decoders.get(shape)
    if decode is None:
        decode = _decoders[shape] = msgspec.json.Decoder(shape).decode
    try:
        value = decode(exact)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        if json_defect(exact):
            raise Refused(Reason.SECTION_NOT_I_JSON, [name]) from None
        path = _PATH.search(str(error))
        raise Refused(Reason.SCHEMA_BROKEN, [name + (path[1] if path else "")]) from None
    if _encode(value) != exact:
        if json_defect(exact):
            raise Refused(Reason.SECTION_NOT_I_JSON, [name])
        # What other hands endorse by digest has one spelling: the one that is signed.
        if kind.audience is Audience.PUBLIC_CONTROL and name == "event":
            raise Refused(Reason.SCHEMA_BROKEN, [name])
    return value


def _check_sections(kind: EventType, sections: dict[str, Section]) -> None:
    """Check what the type needs of a statement that is whole."""
    if "event" not in sections:
        raise Refused(Reason.SCHEMA_BROKEN, ["event"])
    if kind.audience is Audience.PUBLIC_CONTROL:
        # It goes whole to everybody: what names a person, a source or an exclusion may not.
        private = next((name for name in sections if name not in {"intake", "event"}), None)
        if private is not None:
            raise Refused(Reason.SCHEMA_BROKEN, [private])
    names = {kind_of(name) for name in sections}
    if kind.refers and "cause" not in names:
        raise Refused(Reason.CAUSE_MISSING, ["cause.1"])
    causes = sorted(number_of(name) for name in sections if kind_of(name) == "cause")
    if causes != list(range(1, len(causes) + 1)):
        raise Refused(Reason.SCHEMA_BROKEN, ["cause"])
    if kind.persons and "person.identity" not in names:
        raise Refused(Reason.PERSON_MISSING, ["person.1.identity"])
    mixed = mixed_subject(sections)
    if mixed is not None:
        raise Refused(Reason.SCHEMA_BROKEN, [f"{mixed}.subject"])

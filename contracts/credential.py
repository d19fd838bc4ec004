"""A practitioner's credential, and their own signature on what they say.

A credential is an SD-JWT by the employer: its signed part holds the practitioner's token, role,
qualifications and key; names and register numbers are disclosures that its holder may show. That
it is in force the log says (`credential_issued`, `credential_revoked`), by its digest.

Source: RFC 9901; RFC 7800 (cnf); domain.md 1.11; design.md, Examine and decide (levels).
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

import msgspec

from contracts import base64url, signature
from contracts.event.control import Held
from contracts.form import Instant, Section, Sha256, Slug, Token
from contracts.section import Endorsement, Practitioner

TYP = "candour-credential+sd-jwt"
CREDENTIAL_BYTES_MAX = 16 * 1024


class Credential(Section, frozen=True, kw_only=True):
    """The signed part of a credential; `iss` is the employer, `sub` the practitioner's token.

    `digests` are the salted digests of what may be disclosed beside it: `name`, `register`.
    """

    iss: Slug
    partnership: Slug
    sub: Token
    role: str
    organisation: str
    until: Instant
    qualifications: list[Held] = []
    public_key: Sha256 | None = None
    digests: list[Sha256] = msgspec.field(name="_sd", default_factory=list)


class NoCredential(ValueError):
    """A text that is no credential, or whose signature or disclosures do not hold."""


class Shown(Section, frozen=True):
    """A credential as its holder shows it: what is signed, and what was disclosed of the rest."""

    digest: Sha256
    credential: Credential
    disclosed: dict[str, str]


_encode = msgspec.json.Encoder().encode


def issue(
    credential: Credential,
    private: Mapping[str, str],
    *,
    sign: Callable[[bytes], bytes],
    kid: str,
    random_bytes: Callable[[int], bytes],
) -> str:
    """Write and sign a credential.

    Args:
        credential: without `digests`.
        private: what its holder may disclose, by name: `name`, `register`.
        sign: the employer's Ed25519.
        kid: of the employer's key.
        random_bytes: for salts.

    Returns:
        `<JWS>~<disclosure>~...~`.
    """
    texts = [
        base64url.encode(_encode([base64url.encode(random_bytes(16)), name, value]))
        for name, value in private.items()
    ]
    digests = sorted(_digest(text.encode()) for text in texts)
    header = {"alg": "Ed25519", "kid": kid, "typ": TYP}
    full = msgspec.structs.replace(credential, digests=digests)
    signed = f"{base64url.encode(_encode(header))}.{base64url.encode(_encode(full))}"
    return "~".join([f"{signed}.{base64url.encode(sign(signed.encode()))}", *texts, ""])


def digest_of(credential: str) -> str:
    """Give the digest a credential is known by on the log: SHA-256 up to its first `~`."""
    return _digest(credential.partition("~")[0].encode())


def show(credential: str, names: Sequence[str]) -> str:
    """Give a credential with only these of its disclosures.

    Raises:
        NoCredential: it is none.
    """
    jws, *texts = _parts(credential)
    kept = [text for text in texts if _disclosure(text)[0] in names]
    return "~".join([jws, *kept, ""])


def open_credential(text: str, key_of: Callable[[str], bytes | None]) -> Shown:
    """Check an employer's signature and what was disclosed.

    Args:
        text: as shown.
        key_of: public key by kid, of agencies' keys.

    Raises:
        NoCredential: anything that does not hold.
    """
    shown = _read(text)
    try:
        head, body, tail = text.partition("~")[0].split(".")
        header = msgspec.json.decode(base64url.decode(head), type=dict[str, str])
        seal = base64url.decode(tail)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise NoCredential("It is no credential.") from error
    key = key_of(header.get("kid", ""))
    signed = f"{head}.{body}".encode()
    if header.get("typ") != TYP or key is None or not signature.is_valid(key, signed, seal):
        raise NoCredential("Its employer's signature does not hold.")
    return shown


def shown_by(text: str | None, practitioner: Practitioner) -> str | None:
    """Give the digest of a credential that vouches for just the person who is named beside it.

    Whether it is in force, and whose employer issued it, its digest on the log says.

    Args:
        text: as shown; any text.
        practitioner: whom the statement names.

    Returns:
        None for another's, one that does not disclose the name that the statement gives, and
        what is none at all.
    """
    try:
        shown = _read(text or "")
    except NoCredential:
        return None
    person = (shown.credential.sub, shown.disclosed.get("name"))
    return shown.digest if person == (practitioner.token, practitioner.name) else None


def _parts(text: str) -> list[str]:
    *parts, end = text.split("~")
    if not parts or end or len(text) > CREDENTIAL_BYTES_MAX:
        raise NoCredential("It is no credential.")
    return parts


def _read(text: str) -> Shown:
    """Read a credential and what it discloses; its signature is not checked."""
    jws, *texts = _parts(text)
    try:
        body = base64url.decode(jws.split(".")[1])
        credential = msgspec.json.decode(body, type=Credential)
    except (ValueError, LookupError, msgspec.MsgspecError, RecursionError) as error:
        raise NoCredential("It is no credential.") from error
    disclosed: dict[str, str] = {}
    for one in texts:
        name, value = _disclosure(one)
        if _digest(one.encode()) not in credential.digests or name in disclosed:
            raise NoCredential("It discloses what was not signed.")
        disclosed[name] = value
    return Shown(digest_of(text), credential, disclosed)


def endorsement_text(statement: str, sections: Sequence[str]) -> bytes:
    """Give the bytes a practitioner signs: the statement's id and the digests of its sections."""
    return "\n".join(["candour-endorsement", statement, *sections, ""]).encode()


def endorse(statement: str, sections: Sequence[str], *, seed: bytes) -> Endorsement:
    """Sign what a statement says with a practitioner's own key.

    Args:
        statement: its id.
        sections: the digests of its disclosures, without `intake` and `endorsement`.
        seed: the practitioner's private seed, 32 bytes.
    """
    ordered = sorted(sections)
    signed = signature.sign(seed, endorsement_text(statement, ordered))
    public_key = base64url.encode(signature.public_key_of(seed))
    return Endorsement(public_key, ordered, base64url.encode(signed))


def endorsed_by(endorsement: Endorsement, statement: str, sections: Sequence[str]) -> str | None:
    """Give the thumbprint of the key that signed exactly these sections; None for any other.

    Args:
        endorsement: as the statement carries it.
        statement: the statement's id.
        sections: the digests of its disclosures, without `intake` and `endorsement`.
    """
    try:
        public_key = base64url.decode(endorsement.public_key)
        seal = base64url.decode(endorsement.signature)
    except ValueError:
        return None
    ordered = sorted(sections)
    if endorsement.sections != ordered or not signature.is_acceptable_public_key(public_key):
        return None
    if not signature.is_valid(public_key, endorsement_text(statement, ordered), seal):
        return None
    return signature.thumbprint(public_key)


def _digest(octets: bytes) -> str:
    return base64url.encode(sha256(octets).digest())


def _disclosure(text: str) -> tuple[str, str]:
    try:
        _, name, value = msgspec.json.decode(base64url.decode(text), type=tuple[str, str, str])
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise NoCredential("A disclosure cannot be read.") from error
    return name, value

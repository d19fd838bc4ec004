"""Statements written and read by somebody who has FORMAT.md and none of our code.

Standard library and `cryptography` only, and nothing of `contracts`: what this module and ours
agree on is the format, not a shared mistake.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = Any
COMPACT = (",", ":")


def text_of(octets: bytes) -> str:
    """Spell octets as base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets_of(text: str) -> bytes:
    """Read base64url without padding, refusing every spelling but one."""
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if text_of(octets) != text:
        raise ValueError("not the one spelling")
    return octets


def sha(octets: bytes) -> str:
    """Digest octets as every digest on the log is written."""
    return text_of(hashlib.sha256(octets).digest())


@dataclass
class Seeded:
    """A source of octets that a seed fixes, in place of random ones; a copy goes on apart."""

    seed: str
    count: int = 0

    def __call__(self, size: int) -> bytes:
        """Draw so many."""
        self.count += 1
        return hashlib.shake_256(f"{self.seed}/{self.count}".encode()).digest(size)


seeded = Seeded


@dataclass(frozen=True)
class Key:
    """An Ed25519 key: FORMAT.md, Keys."""

    private: Ed25519PrivateKey

    @classmethod
    def of(cls, seed: bytes) -> "Key":
        """Make the key of a 32-byte seed."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @cached_property
    def public(self) -> bytes:
        """Give the raw public key."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @cached_property
    def kid(self) -> str:
        """Give the RFC 7638 thumbprint."""
        members = {"crv": "Ed25519", "kty": "OKP", "x": text_of(self.public)}
        return sha(json.dumps(members, separators=COMPACT, sort_keys=True).encode())


@dataclass(frozen=True)
class Writer:
    """One outbox: a key, a source and a stream, and how it likes to spell JSON."""

    key: Key
    source: str
    partnership: str
    draw: Callable[[int], bytes]
    stream: str = ""
    separators: tuple[str, str] = COMPACT
    ascii_only: bool = False
    backwards: bool = False
    alg: str = "Ed25519"
    used: dict[str, tuple[int, str | None]] = field(default_factory=dict)

    def spell(self, value: Json) -> bytes:
        """Write JSON in this writer's own spelling."""
        if self.backwards:
            value = _backwards(value)
        return json.dumps(value, separators=self.separators, ensure_ascii=self.ascii_only).encode()

    def disclosure(self, name: str, value: Json) -> str:
        """Write one disclosure: salt, section name, value (RFC 9901 section 4.2.1)."""
        return text_of(self.spell([text_of(self.draw(16)), name, value]))

    def context(self, event: str, **changes: Json) -> dict[str, Json]:
        """Make a context for an event; a change to None leaves the member out."""
        draw = self.draw(16).hex()
        context = {
            "specversion": "1.0",
            "id": f"{draw[:8]}-{draw[8:12]}-7{draw[13:16]}-8{draw[17:20]}-{draw[20:32]}",
            "source": self.source,
            "type": f"uk.candour.{event}.v1",
            "time": "2012-05-01T09:30:00.000Z",
            "partnership": self.partnership,
            "purpose": "safeguarding",
            "classification": "OFFICIAL-SENSITIVE",
            "urgency": "routine",
            "_sd_alg": "sha-256",
            "basis": {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e", "gateway": "cda_1998.115"},
        }
        context.update(changes)
        return {name: value for name, value in context.items() if value is not None}

    def write(
        self,
        context: Mapping[str, Json],
        sections: Mapping[str, Json],
        *,
        intake: Mapping[str, Json] | None = None,
        decoys: int | None = None,
    ) -> bytes:
        """Write and sign one statement, and take the stream's next number.

        Args:
            context: the signed part but for `_sd`.
            sections: value by name, `intake` apart.
            intake: changes to the intake; a member of None is left out.
            decoys: how many, else as many as fill up to 16 or 32.
        """
        stream = self.stream or text_of(hashlib.sha256(self.source.encode()).digest()[:16])
        sequence, previous = self.used.get(stream, (0, None))
        real = [self.disclosure(name, value) for name, value in sections.items()]
        first = {
            "stream": stream,
            "sequence": sequence,
            "sections": sorted(sha(text.encode()) for text in real),
            "previous": previous,
            **(intake or {}),
        }
        shown = {k: v for k, v in first.items() if v is not None}
        every = [self.disclosure("intake", shown), *real]
        if decoys is None:
            decoys = (16 if len(every) <= 16 else 32) - len(every)
        hidden = [text_of(self.draw(32)) for _ in range(decoys)]
        digests = sorted([*(sha(text.encode()) for text in every), *hidden])
        raw = self.seal({"_sd": digests, **context}, every)
        self.used[stream] = (sequence + 1, sha(raw.partition(b"~")[0]))
        return raw

    def credential(self, signed: Mapping[str, Json], private: Mapping[str, str]) -> str:
        """Write and sign a practitioner's credential: FORMAT.md, Credentials."""
        texts = [self.disclosure(name, value) for name, value in private.items()]
        digests = sorted(sha(text.encode()) for text in texts)
        payload = {**signed, "_sd": digests}
        return self.seal(payload, texts, typ="candour-credential+sd-jwt").decode()

    def seal(self, payload: Json, disclosures: list[str], *, typ: str = "candour+sd-jwt") -> bytes:
        """Sign any payload and append any disclosures."""
        header = {"alg": self.alg, "kid": self.key.kid, "typ": typ}
        return self.sign(self.spell(header), self.spell(payload), disclosures)

    def sign(self, header: bytes, payload: bytes, disclosures: list[str]) -> bytes:
        """Sign exact bytes as they are."""
        signed = f"{text_of(header)}.{text_of(payload)}"
        signature = text_of(self.key.private.sign(signed.encode()))
        return "~".join([f"{signed}.{signature}", *disclosures, ""]).encode()


def _backwards(value: Json) -> Json:
    """Turn every object's members round."""
    if isinstance(value, dict):
        return {name: _backwards(value[name]) for name in reversed(value)}
    return [_backwards(item) for item in value] if isinstance(value, list) else value


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Refuse an object that names a member twice."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def read(raw: bytes, public_key: bytes) -> tuple[dict[str, Json], dict[str, Json]]:
    """Verify a statement, whole or disclosed in part; give its context and sections.

    Raises:
        ValueError: or `cryptography`'s InvalidSignature, for anything that does not hold.
    """
    jws, *disclosures, end = raw.decode("ascii").split("~")
    if end:
        raise ValueError("no tilde at the end")
    header, payload, signature = jws.split(".")
    Ed25519PublicKey.from_public_bytes(public_key).verify(
        octets_of(signature), f"{header}.{payload}".encode()
    )
    context = json.loads(octets_of(payload), object_pairs_hook=_once)
    sections: dict[str, Json] = {}
    for text in disclosures:
        if context["_sd"].count(sha(text.encode())) != 1:
            raise ValueError("a disclosure that nothing refers to")
        _, name, value = json.loads(octets_of(text), object_pairs_hook=_once)
        if name in sections:
            raise ValueError("a section twice")
        sections[name] = value
    intake = sections.get("intake")
    if intake is not None:
        found = sorted(sha(t.encode()) for t in disclosures if _name_of(t) != "intake")
        if found != sorted(intake["sections"]):
            raise ValueError("sections taken out or put in")
    return context, sections


def _name_of(disclosure: str) -> str:
    return str(json.loads(octets_of(disclosure))[1])


def concern(draw: Callable[[int], bytes]) -> dict[str, Json]:
    """Make the sections of a report that nothing is missing from."""
    daniel, tracey = text_of(draw(16)), text_of(draw(16))
    return {
        "provenance": {
            "kind": "practitioner",
            "practitioner": {"token": text_of(draw(16)), "name": "A. Officer"},
            "role": "probation officer",
            "employer": "Thames Valley Probation",
            "contact": {"mailbox": "duty@probation.example"},
            "how_known": "told_by_subject",
            "said": "summary",
        },
        "event": {
            "occurred": {"precision": "day", "at": "2012-05-01"},
            "known_to_agency": "2012-05-01",
            "recorded": "2012-05-01T09:12:00+01:00",
            "standing": "held_then",
            "concern": "separation",
            "relationship": "partners",
            "asked": ["research"],
        },
        "use_limits": {
            "limits": [{"subject": daniel, "may_be_told": "ring_first", "origin_may_be_told": "no"}]
        },
        "person.1.identity": {"subject": daniel, "names": [{"given": "Daniel"}]},
        "person.1.part": {"subject": daniel, "part": "unassessed"},
        "person.2.identity": {"subject": tracey, "names": [{"given": "Tracey"}]},
        "person.2.part": {"subject": tracey, "part": "unassessed"},
        "narrative": {"text": "Intends to end the relationship – soon.", "form": "summary"},
    }

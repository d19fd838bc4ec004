"""The signed part of a statement, without personal data: header, context and their vocabularies.

Source: CloudEvents 1.0; RFC 7515; RFC 8037, RFC 9864; design.md, The statement.
"""

import re
from itertools import pairwise
from typing import Literal

import msgspec

from contracts.agreement import Basis
from contracts.form import milliseconds
from contracts.identifier import agency_of, is_slug, is_statement_id

DIGEST_COUNTS = (16, 32)
"""How many digests `_sd` holds, decoys included."""
TYP: Literal["candour+sd-jwt"] = "candour+sd-jwt"

Classification = Literal["OFFICIAL", "OFFICIAL-SENSITIVE"]
Urgency = Literal["routine", "urgent", "threat_to_life"]
Use = Literal["safeguarding", "supervision", "law_enforcement", "governance"]
"""What a statement is shared for; a leg names the purposes it takes."""

_DIGESTS = re.compile(r"(?:[A-Za-z0-9_-]{43} )+\Z")


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JWS header: how it is signed and by which key."""

    alg: Literal["Ed25519", "EdDSA"]
    kid: str
    typ: Literal["candour+sd-jwt"]


class Context(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The signed part without personal data: a closed vocabulary, members in this order."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: str
    partnership: str
    purpose: Use
    urgency: Urgency
    digests: list[str] = msgspec.field(name="_sd")
    digest_algorithm: Literal["sha-256"] = msgspec.field(name="_sd_alg")
    classification: Classification | None = None
    basis: Basis | None = None
    agreement: str | None = None

    @property
    def time_ms(self) -> int:
        """`time` in milliseconds since 1970 (UTC), once it has no defect."""
        return milliseconds(self.time) or 0

    def defect(self) -> str | None:
        """Name the first member whose text is not of its kind; None where all are."""
        digests = self.digests
        checks = (
            ("id", is_statement_id(self.id)),
            ("source", agency_of(self.source) is not None),
            ("time", milliseconds(self.time) is not None),
            ("partnership", is_slug(self.partnership)),
            ("agreement", self.agreement is None or is_slug(self.agreement)),
            ("_sd", len(digests) in DIGEST_COUNTS),
            ("_sd", _DIGESTS.match(" ".join([*digests, ""])) is not None),
            ("_sd", all(a < b for a, b in pairwise(digests))),
        )
        return next((member for member, holds in checks if not holds), None)

"""Keys and credentials over time: who may sign as whom, judged at the ledger's index.

A key is never forgotten: what it signed while it was in force stays checked by it. What it signed
from `invalid_since` on, before it was revoked, is suspect to whoever holds it.

Source: design.md, Control statements; domain.md 1.11.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from contracts import base64url, signature
from contracts.agreement import LEVELS, Level
from contracts.event.control import CredentialIssued, KeyRevoked, SourceKey
from contracts.finding import Findings
from contracts.form import milliseconds


@dataclass(frozen=True, slots=True)
class KeyHeld:
    """A key as the log knows it.

    Attributes:
        kid: its thumbprint.
        agency: whose it is.
        source: as which source it signs.
        purposes: what it may sign.
        public_key: raw, 32 bytes.
        enrolled: the index that enrolled it.
        revoked: the index that revoked it.
        invalid_since: ledger time from which on what it signed is suspect.
    """

    kid: str
    agency: str
    source: str
    purposes: tuple[str, ...]
    public_key: bytes
    enrolled: int
    revoked: int | None = None
    invalid_since: int | None = None


@dataclass(frozen=True, slots=True)
class CredentialHeld:
    """A credential as its employer issued it; `revoked` is the index that revoked it."""

    agency: str
    issued: CredentialIssued
    revoked: int | None = None

    def is_in_force(self, at: int) -> bool:
        """Say whether it vouches for anybody at a ledger time."""
        return self.revoked is None and at < (milliseconds(self.issued.until) or 0)

    def qualifications(self, at: int) -> set[str]:
        """List the training and vetting that hold at a ledger time."""
        held = self.issued.qualifications
        return {one.name for one in held if at < (milliseconds(one.until) or 0)}


@dataclass(slots=True)
class Keys:
    """Every key and credential that the log ever knew."""

    held: dict[str, KeyHeld] = field(default_factory=dict)
    credentials: dict[str, CredentialHeld] = field(default_factory=dict)

    def enrol(self, agency: str, key: SourceKey, index: int) -> None:
        """Take a key in."""
        public_key = base64url.decode(key.public_key)
        kid = signature.thumbprint(public_key)
        self.held[kid] = KeyHeld(kid, agency, key.source, tuple(key.purpose), public_key, index)

    def revoke(self, act: KeyRevoked, index: int) -> None:
        """End a key, from here on and, where the act says so, from before; once ended it stays."""
        held = self.held[act.kid]
        since = None if act.invalid_since is None else milliseconds(act.invalid_since)
        ended = index if held.revoked is None else held.revoked
        self.held[act.kid] = replace(held, revoked=ended, invalid_since=since)

    def rotate(self, kid: str, agency: str, key: SourceKey, index: int) -> None:
        """Put a key in another's place."""
        self.held[kid] = replace(self.held[kid], revoked=index)
        self.enrol(agency, key, index)

    def issue(self, agency: str, issued: CredentialIssued) -> None:
        """Take a credential in; the same again changes nothing."""
        self.credentials.setdefault(issued.credential, CredentialHeld(agency, issued))

    def withdraw(self, credential: str, index: int) -> None:
        """End a credential."""
        self.credentials[credential] = replace(self.credentials[credential], revoked=index)

    def shown(
        self, findings: Findings, agency: str, at: int, acting: Callable[[str], str]
    ) -> CredentialHeld | None:
        """Give the credential that a statement shows, where it is its author's and in force."""
        held = self.credentials.get(findings.credential or "")
        if held is None or acting(held.agency) != agency or not held.is_in_force(at):
            return None
        return held if held.issued.practitioner == findings.practitioner else None

    def level(
        self, findings: Findings, agency: str, at: int, rests_on: Mapping[int, str | None],
        acting: Callable[[str], str],
    ) -> Level:  # fmt: skip
        """Give the level of provenance that the state bears out.

        Args:
            findings: what the statement claims.
            agency: its publisher.
            at: the ledger time of its entry.
            rests_on: the level of each statement that it names as a cause; None where unknown.
            acting: gives who acts in an agency's place now: its credentials go on counting.

        Returns:
            Never above the claim; of what a machine says, never above what that rests on.
        """
        if findings.level == "automated":
            lowest = min((LEVELS.index(_level(one)) for one in rests_on.values()), default=1)
            return LEVELS[min(lowest, LEVELS.index("automated"))]
        if findings.level not in {"credentialed", "endorsed"}:
            return findings.level
        held = self.shown(findings, agency, at, acting)
        if held is None:
            return "named"
        own = held.issued.public_key
        endorsed = own is not None and findings.endorsed_by == _thumbprint(own)
        return "endorsed" if endorsed else "credentialed"


def _level(text: str | None) -> Level:
    return next((level for level in LEVELS if level == text), "anonymous")


def _thumbprint(public_key: str) -> str | None:
    try:
        return signature.thumbprint(base64url.decode(public_key))
    except ValueError:
        return None

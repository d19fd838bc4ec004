"""What governs a partnership: its founding, acts that need several hands, streams and links.

An *act* is proposed with its document and then endorsed by digest until the quorum that entry 0
sets for that act is met; it takes effect at the index that meets it. Public control names no
subject and goes whole to every agency.
"""

from typing import Literal

import msgspec

from contracts.agreement import Agreement
from contracts.form import Days, Hands, Hours, Instant, Sha256, StatementId, Token
from contracts.section import Contact, Section

Purpose = Literal["statements", "control"]
"""What a key may sign: statements of its source, or control for its agency."""


class SourceKey(Section, frozen=True):
    """One key of one source: raw Ed25519 public key in base64url, and proof it is held.

    `possession` is the key's own signature over `possession_text`.
    """

    source: str
    public_key: str
    purpose: list[Purpose]
    possession: str


AgencyKind = Literal[
    "police", "probation", "safeguarding_hub", "community_safety", "health", "housing",
    "social_care", "support_service", "other",
]  # fmt: skip


class Agency(Section, frozen=True):
    """One agency as admitted: what it is, who answers for it, which keys it signs with."""

    id: str
    title: str
    kind: AgencyKind
    contact: Contact
    keys: list[SourceKey]


class Quorums(Section, frozen=True):
    """How many agencies must stand behind each kind of act, the proposer counted."""

    agency_admitted: Hands = 1
    key_enrolled: Hands = 1
    key_revoked: Hands = 1


class Rules(Section, frozen=True):
    """What can change a decision and is not in an agreement: the ruleset, by its digest.

    Hours count from ledger time. `roles` name who owns a duty in an agency of a kind.
    `unverified_emergencies` lets a readable emergency through whose signature fails: only where
    listeners are secured, since then the agency's own authenticated topic vouches for it.
    """

    version: str
    response_hours: Hours
    response_hours_urgent: Hours
    provenance_hours: Hours
    provenance_hours_urgent: Hours
    emergency_hours: Hours
    research_hours_urgent: Hours
    research_hours_routine: Hours
    alert_hours: Hours
    same_origin_days: Days
    roles: dict[str, str]
    unverified_emergencies: bool = False


class Founding(Section, frozen=True):
    """What a partnership is, agreed by its founding agencies; entry 0 holds it."""

    id: str
    title: str
    exercise: bool
    law_as_of: str
    time_zone: str
    log_key: str
    governance: str
    agencies: list[Agency]
    quorums: Quorums
    emergency_recipients: list[str]
    alternates: dict[str, str]
    rules: Rules


class FoundingSignature(Section, frozen=True):
    """One founding agency's signature over `founding_text`, by one of its control keys."""

    agency: str
    kid: Sha256
    signature: str


class PartnershipFounded(Section, frozen=True):
    """Entry 0: the founding and every founding agency's signature on it."""

    founding: Founding
    signatures: list[FoundingSignature]


class AgencyAdmitted(Section, frozen=True, tag_field="act", tag="agency_admitted"):
    """An act: this agency joins with these keys."""

    agency: Agency


class KeyEnrolled(Section, frozen=True, tag_field="act", tag="key_enrolled"):
    """An act: an agency signs with one more key."""

    agency: str
    key: SourceKey


class KeyRevoked(Section, frozen=True, tag_field="act", tag="key_revoked"):
    """An act: this key signs nothing from here on."""

    agency: str
    kid: Sha256
    reason: Literal["compromised", "retired", "left_service"]


class AgreementAdopted(Section, frozen=True, tag_field="act", tag="agreement_adopted"):
    """An act: this agreement, in force when every party has endorsed it and its dates hold."""

    agreement: Agreement


Act = AgencyAdmitted | KeyEnrolled | KeyRevoked | AgreementAdopted


class ActProposed(Section, frozen=True):
    """One agency proposes an act, and thereby stands behind it."""

    proposal: Act


ActName = Literal["agency_admitted", "key_enrolled", "key_revoked", "agreement_adopted"]


class ActEndorsed(Section, frozen=True):
    """Another agency stands behind a proposed act, by the digest of its document."""

    act: ActName
    digest: Sha256


class StreamOpened(Section, frozen=True):
    """A writer's chain begins: for `emergencies` apart, so that they never queue."""

    stream: Token
    use: Literal["ordinary", "emergencies"]
    reason: Literal["first", "restored", "replica"]


class PersonsLinked(Section, frozen=True):
    """A named matcher says that tokens are one person: reach of consent and exclusions follows."""

    subjects: list[Token]
    matcher: str
    basis: str
    key: str | None = None


class PersonsUnlinked(Section, frozen=True):
    """A named matcher undoes a link, by the id of the `persons_linked` statement."""

    link: StatementId
    subjects: list[Token]
    matcher: str
    basis: str
    key: str | None = None


class ExerciseTimeSet(Section, frozen=True):
    """Moves an exercise partnership's ledger time forward; refused anywhere else."""

    at: Instant


def possession_text(partnership: str, source: str, public_key: str) -> bytes:
    """Give the bytes a key signs to prove that its holder enrols it here and as this source."""
    return f"candour-key-possession\n{partnership}\n{source}\n{public_key}\n".encode()


def founding_text(founding: Founding) -> bytes:
    """Give the bytes each founding agency signs: the founding document's exact JSON."""
    return b"candour-founding\n" + msgspec.json.encode(founding)


def name_of_act(act: Act) -> ActName:
    """Give the name an act is proposed and endorsed under."""
    names: dict[type[Act], ActName] = {
        AgencyAdmitted: "agency_admitted",
        KeyEnrolled: "key_enrolled",
        KeyRevoked: "key_revoked",
        AgreementAdopted: "agreement_adopted",
    }
    return names[type(act)]


def act_text(act: Act) -> bytes:
    """Give the bytes whose SHA-256 an endorsement names: the act's exact JSON."""
    return msgspec.json.encode(act)

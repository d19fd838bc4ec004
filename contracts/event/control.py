"""What governs a partnership: its founding, acts that need several hands, streams and links.

An *act* is proposed with its document and then endorsed by digest until the quorum that entry 0
sets for that act is met; it takes effect at the index that meets it. Public control names no
subject and goes whole to every agency.
"""

from collections.abc import Callable, Collection
from typing import Literal

import msgspec

from contracts.agreement import Agreement
from contracts.form import (
    Day,
    Days,
    Hands,
    Hour,
    Hours,
    Instant,
    Minutes,
    Qualification,
    Section,
    Sha256,
    Token,
    Whole,
)
from contracts.law import Law
from contracts.section import Contact

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
    key_rotated: Hands = 1
    agency_succeeded: Hands = 2
    agreement_suspended: Hands = 1
    ruleset_adopted: Hands = 2
    decider_adopted: Hands = 2


class RuleTerm(Section, frozen=True, kw_only=True):
    """How one rule runs: a term of the ruleset on the log, so that no threshold is a constant.

    `kinds` of agency run it over what they were sent; `owners` name the role whose duty its alert
    is, by kind of agency (`other` for the rest), and `fallback` who has it next. `window_days`
    looks back by when things happened, `hours` runs in ledger time; `threshold`, `since` and
    `words`, lists by name, are as each rule says. What interrupts and has `unacknowledged_minutes`
    goes on to the next role when nobody has it by then, and again while nobody has.

    Source: domain.md 4, 7 (Attention).
    """

    id: str
    version: str
    kinds: list[AgencyKind]
    attention: Literal["interrupt", "duty", "note"]
    hours: Hours
    owners: dict[str, str]
    fallback: str
    threshold: Whole | None = None
    window_days: Days | None = None
    since: Day | None = None
    words: dict[str, list[str]] | None = None
    unacknowledged_minutes: Minutes | None = None


class Rules(Section, frozen=True):
    """What can change a decision and is not in an agreement: the ruleset, by its digest.

    Hours count from ledger time. `roles` name who owns a duty in an agency of a kind.
    One duty manager may release alone from `night_begins_hour` until `night_ends_hour`, both in
    UTC whatever the season: no table of time zones decides, and alike, they are the whole day.
    `unverified_emergencies` lets a readable emergency through whose signature fails: only where
    listeners are secured, since then the agency's own authenticated topic vouches for it. `law` is
    the catalogue of bases that agreements and statements are held to; without one none is checked.
    `watch` are the terms of the rules that consumers run (domain.md 4); `national_index` is where
    convictions are looked up, by an operator who holds `index_qualification`. A disclosure is to be
    decided within `disclosure_days`, by who holds `disclosure_qualification`; a handover falls due
    `handover_days` before a known end; an agency that publishes nothing for `silent_hours` is asked
    after. An answer may be given again for `reuse_days`. A look that one took alone is reviewed
    within `look_review_hours`, a sanitised copy has its second hand within `copy_hours`.
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
    quarantine_hours: Hours = 72
    second_release_hours: Hours = 24
    night_begins_hour: Hour = 17
    night_ends_hour: Hour = 8
    acknowledgement_hours: Hours = 72
    erasure_hours: Hours = 720
    kept_days: Days | None = None
    law: Law | None = None
    watch: list[RuleTerm] | None = None
    research_hours_immediate: Hours = 4
    national_index: Literal["pnc", "leds"] = "pnc"
    index_qualification: Qualification | None = None
    disclosure_days: Days = 28
    handover_days: Days = 28
    silent_hours: Hours | None = None
    reuse_days: Days = 90
    disclosure_qualification: Qualification | None = None
    look_review_hours: Hours = 24
    copy_hours: Hours = 24


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
    decider: str


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
    """An act: this key signs nothing from here on.

    What it signed from `invalid_since` on is suspect: everybody who holds it looks again.
    """

    agency: str
    kid: Sha256
    reason: Literal["compromised", "retired", "left_service"]
    invalid_since: Instant | None = None


class KeyRotated(Section, frozen=True, tag_field="act", tag="key_rotated"):
    """An act: one key of a source is replaced by another, for the same purpose."""

    agency: str
    kid: Sha256
    key: SourceKey


class AgencySucceeded(Section, frozen=True, tag_field="act", tag="agency_succeeded"):
    """An act: an admitted agency takes another's place, its duties and its part in agreements.

    Source: domain.md 1.11 (CRC to the Probation Service, 26 June 2021).
    """

    agency: str
    successor: str


class AgreementSuspended(Section, frozen=True, tag_field="act", tag="agreement_suspended"):
    """An act: an agreement lets nothing flow from here on, until a later version is in force."""

    agreement: str
    version: Whole
    reason: str


class RulesetAdopted(Section, frozen=True, tag_field="act", tag="ruleset_adopted"):
    """An act: these rules decide from here on; what was decided before stays as it is."""

    rules: Rules


class DeciderAdopted(Section, frozen=True, tag_field="act", tag="decider_adopted"):
    """An act: this version of the decision decides from here on."""

    decider: str


class AgreementAdopted(Section, frozen=True, tag_field="act", tag="agreement_adopted"):
    """An act: this agreement, in force when every party has endorsed it and its dates hold."""

    agreement: Agreement


Act = (
    AgencyAdmitted
    | KeyEnrolled
    | KeyRevoked
    | KeyRotated
    | AgencySucceeded
    | AgreementAdopted
    | AgreementSuspended
    | RulesetAdopted
    | DeciderAdopted
)


class ActProposed(Section, frozen=True):
    """One agency proposes an act, and thereby stands behind it."""

    proposal: Act


ActName = Literal[
    "agency_admitted", "key_enrolled", "key_revoked", "key_rotated", "agency_succeeded",
    "agreement_adopted", "agreement_suspended", "ruleset_adopted", "decider_adopted",
]  # fmt: skip


class ActEndorsed(Section, frozen=True):
    """Another agency stands behind a proposed act, by the digest of its document."""

    act: ActName
    digest: Sha256


class Held(Section, frozen=True):
    """Training or vetting that a practitioner has, and until when."""

    name: Qualification
    until: Instant


class CredentialIssued(Section, frozen=True, kw_only=True):
    """An employer vouches for a practitioner by token: role, training and vetting, and their key.

    `credential` is the digest of the credential itself (contracts.credential), which the
    practitioner shows with what they say; names and register numbers stand in it alone.
    `household` is for exclusions.
    """

    credential: Sha256
    practitioner: Token
    role: str
    until: Instant
    qualifications: list[Held] = []
    public_key: Sha256 | None = None
    household: Token | None = None


class CredentialRevoked(Section, frozen=True, kw_only=True):
    """A credential vouches for nobody from here on."""

    credential: Sha256
    reason: Literal["left_service", "suspended", "lost", "superseded"]


class StreamOpened(Section, frozen=True):
    """A writer's chain begins: for `emergencies` apart, so that they never queue."""

    stream: Token
    use: Literal["ordinary", "emergencies"]
    reason: Literal["first", "restored", "replica", "rotated"]


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
        KeyRotated: "key_rotated",
        AgencySucceeded: "agency_succeeded",
        AgreementAdopted: "agreement_adopted",
        AgreementSuspended: "agreement_suspended",
        RulesetAdopted: "ruleset_adopted",
        DeciderAdopted: "decider_adopted",
    }
    return names[type(act)]


def act_text(act: Act) -> bytes:
    """Give the bytes whose SHA-256 an endorsement names: the act's exact JSON."""
    return msgspec.json.encode(act)


def is_backed(
    act: Act, backers: Collection[str], quorums: Quorums, acting: Callable[[str], str]
) -> bool:
    """Say whether enough hands stand behind an act for it to take effect.

    Args:
        act: as proposed.
        backers: agencies that proposed or endorsed it.
        quorums: of the founding.
        acting: gives who acts in an agency's place now.

    Source:
        design.md, Control statements.
    """
    behind = {acting(one) for one in backers}
    if isinstance(act, AgreementAdopted):
        return {acting(party.agency) for party in act.agreement.parties} <= behind
    hands: int = getattr(quorums, name_of_act(act))
    return len(behind) >= hands

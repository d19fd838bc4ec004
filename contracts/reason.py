"""Reason codes: why a statement was not simply accepted, in order of precedence.

A code is permanent: retired, never reused. Declaration order is precedence and stages ascend, so
that two implementations name the same first defect. Each has the remedy a tired person reads and
the rule's source. Remedies name fields, never content, and never say if a record exists elsewhere.
"""

from enum import IntEnum, StrEnum, unique
from typing import Literal, Self


@unique
class Stage(IntEnum):
    """The fixed order of checks (design.md, The statement; Examine and decide)."""

    SIZE = 1
    FORM = 2
    KEY = 3
    SIGNATURE = 4
    KEY_USE = 5
    DIGESTS = 6
    STREAM = 7
    SCHEMA = 8
    CONTROL = 9
    PROVENANCE = 10
    AGREEMENT = 11
    BASIS = 12
    CONSENT = 13
    MINIMISATION = 14


Again = Literal["never", "corrected", "same_bytes"]
"""When to submit again: never; as a new corrected statement; or the same bytes later."""


@unique
class Reason(StrEnum):
    """Why a statement was not simply accepted.

    Attributes:
        stage: the check that found it.
        remedy: one instruction to the publisher.
        source: where the rule comes from.
        again: when submitting again can help.
    """

    stage: Stage
    remedy: str
    source: str
    again: Again

    def __new__(
        cls, code: str, stage: Stage, remedy: str, source: str, again: Again = "corrected"
    ) -> Self:
        """Make a member of its code, with what a reader of the code needs."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.stage = stage
        member.remedy = remedy
        member.source = source
        member.again = again
        return member

    @classmethod
    def of(cls, code: str) -> "Reason":
        """Look a code up, which the table must have: `known` and `told` ask nothing."""
        return _BY_CODE[code]

    @classmethod
    def known(cls, code: str) -> "Reason | None":
        """Look a code up; None for one that a newer release of the broker gives."""
        return _BY_CODE.get(code)

    @classmethod
    def told(cls, code: str) -> tuple[str, str]:
        """Give a code's remedy and source; of a newer release's, whom to ask."""
        known = cls.known(code)
        return (known.remedy, known.source) if known else (NEWER, "not known")

    # fmt: off
    TOO_LARGE = (
        "size.too_large", Stage.SIZE,
        "Shorten the statement to 256 KiB or less: send long records as a reference.",
        "design.md, The statement",
    )
    NOT_A_STATEMENT = (
        "form.not_a_statement", Stage.FORM,
        "Send one statement per record, in the form <JWS>~<disclosure>~...~.",
        "RFC 9901 section 4",
    )
    NOT_CANONICAL = (
        "form.not_canonical", Stage.FORM,
        "Encode as base64url without padding or spare bits, and as UTF-8 JSON (I-JSON).",
        "RFC 7515 section 2; RFC 7493",
    )
    DUPLICATE_KEY = (
        "form.duplicate_key", Stage.FORM,
        "Write each JSON member once: two members of one name can be read in two ways.",
        "RFC 7493 section 2.3",
    )
    UNKNOWN_MEMBER = (
        "form.unknown_member", Stage.FORM,
        "Remove the member: the signed part takes only the members FORMAT.md lists.",
        "design.md, The statement",
    )
    BAD_MEMBER = (
        "form.bad_member", Stage.FORM,
        "Write the named member as FORMAT.md describes it.",
        "contracts/FORMAT.md",
    )
    DISCLOSURE_UNREFERENCED = (
        "form.disclosure_unreferenced", Stage.FORM,
        "Send only disclosures whose digests stand in the signed part, each once.",
        "RFC 9901 section 7.1",
    )
    KEY_UNKNOWN = (
        "key.unknown", Stage.KEY,
        "Ask the governance agency to enrol this key, then send the same statement again.",
        "design.md, Control statements",
        "same_bytes",
    )
    SIGNATURE_INVALID = (
        "signature.invalid", Stage.SIGNATURE,
        "Sign the exact bytes that are sent. If life is at risk, telephone the police now.",
        "RFC 8032; RFC 9901 section 7.1",
    )
    KEY_REVOKED = (
        "key_use.revoked", Stage.KEY_USE,
        "Sign with a key in force: this one was revoked. If it was stolen, tell governance now.",
        "design.md, Control statements",
    )
    SOURCE_MISMATCH = (
        "key_use.wrong_source", Stage.KEY_USE,
        "Sign with the key enrolled for this source, and send through its own agency's topic.",
        "design.md, The statement; review rec. 16",
    )
    PARTNERSHIP_MISMATCH = (
        "key_use.wrong_partnership", Stage.KEY_USE,
        "Make a new statement for this partnership: one signed for another does not count here.",
        "design.md, One partnership, one ledger",
    )
    KEY_PURPOSE = (
        "key_use.wrong_purpose", Stage.KEY_USE,
        "Sign control statements with a control key, reports with a statement key.",
        "design.md, The statement",
    )
    SECTION_ABSENT = (
        "form.section_absent", Stage.DIGESTS,
        "Send every section that was signed: a copy with sections taken out is refused.",
        "design.md, Sections (intake)",
    )
    STREAM_FORKED = (
        "stream.forked", Stage.STREAM,
        "Stop this outbox: its stream or id was used twice. Open a new stream and send again.",
        "design.md, The statement (stream)",
    )
    TYPE_UNKNOWN = (
        "schema.type_unknown", Stage.SCHEMA,
        "Use an event type FORMAT.md lists, in a version it lists.",
        "contracts/FORMAT.md",
    )
    SCHEMA_BROKEN = (
        "schema.broken", Stage.SCHEMA,
        "Write the named section as FORMAT.md describes it.",
        "contracts/FORMAT.md",
    )
    SECTION_NOT_I_JSON = (
        "schema.not_i_json", Stage.SCHEMA,
        "Write the named section as I-JSON: UTF-8, each member once, whole numbers below 2^53.",
        "RFC 7493 section 2",
    )
    CAUSE_MISSING = (
        "schema.cause_missing", Stage.SCHEMA,
        "Name the statement this one answers or arises from (cause.1).",
        "design.md, Sections (causes)",
    )
    PERSON_MISSING = (
        "schema.person_missing", Stage.SCHEMA,
        "Name at least one person the report is about (person.1.identity).",
        "review rec. 15",
    )
    NOT_ENTITLED = (
        "control.not_entitled", Stage.CONTROL,
        "Ask the agency whose act this is (governance, or a party) to propose it.",
        "design.md, Control statements",
    )
    ACT_INVALID = (
        "control.act_invalid", Stage.CONTROL,
        "Correct the act: it does not fit what is already in force (see the named field).",
        "design.md, Control statements",
    )
    ACT_UNKNOWN = (
        "control.act_unknown", Stage.CONTROL,
        "Endorse the digest of an act that was proposed and is still open.",
        "design.md, Control statements",
    )
    EXERCISE_ONLY = (
        "control.exercise_only", Stage.CONTROL,
        "Set the time only in an exercise partnership: a live one takes time from its log.",
        "design.md, Ledger time",
        "never",
    )
    REFERS_TO_UNKNOWN = (
        "control.refers_to_unknown", Stage.CONTROL,
        "Name, as cause.1, a statement of your own that is held, or that was sent to you.",
        "design.md, Examine and decide",
    )
    NOT_ORIGINATOR = (
        "control.not_originator", Stage.CONTROL,
        "Let the agency that said it correct it or take it back: nobody else may.",
        "design.md, Control statements; issue 4, correction and retraction",
    )
    PERSON_MIXED = (
        "control.person_mixed", Stage.CONTROL,
        "Give each person the number and token that they have in the corrected statement, and "
        "their identity with whatever else of theirs is corrected.",
        "issue 4, correction and retraction; domain.md 5 (trap 4)",
    )
    NOT_HELD = (
        "control.not_held", Stage.CONTROL,
        "Name a statement that is held now: see candour quarantine list.",
        "design.md, Examine and decide (quarantined)",
    )
    AUTHOR_DECIDES = (
        "control.author_decides", Stage.CONTROL,
        "Let two practitioners decide, neither of whom wrote the held statement.",
        "design.md, Examine and decide (quarantined)",
    )
    CREDENTIAL_MISSING = (
        "control.credential_missing", Stage.CONTROL,
        "Let somebody decide who shows a credential in force: this agency issues them, and here a "
        "token alone is nobody's hand.",
        "design.md, Control statements (distinct practitioners)",
    )
    NOT_WAIVABLE = (
        "control.not_waivable", Stage.CONTROL,
        "Waive only what provenance lacks, or a consent that nobody asked for: a refusal, the "
        "signature and exclusions stand.",
        "design.md, Examine and decide (quarantined)",
    )
    SAME_HAND = (
        "control.same_hand", Stage.CONTROL,
        "Let another practitioner stand behind this; for an erasure, one of another agency.",
        "design.md, Control statements",
    )
    NOT_NIGHT = (
        "control.not_night", Stage.CONTROL,
        "Say it without `alone`: at this hour two decide. One alone may from the hour at which "
        "the ruleset's night begins.",
        "issue 4, the quarantine desk",
    )
    STILL_HELD = (
        "control.still_held", Stage.CONTROL,
        "It is held still: take it back (statement_retracted) and say it anew.",
        "design.md, Examine and decide (quarantined)",
    )
    ERASURE_OPEN = (
        "control.erasure_open", Stage.CONTROL,
        "Erase all that derives from it too: `candour erasure plan` lists it.",
        "design.md, Control statements; issue 4, retention and erasure",
    )
    UNDER_HOLD = (
        "control.under_hold", Stage.CONTROL,
        "Lift the legal hold first, with whoever set it: nothing under it may be erased.",
        "domain.md 1.6",
    )
    CLASSIFICATION_MISSING = (
        "provenance.classification_missing", Stage.PROVENANCE,
        "Classify it (classification): OFFICIAL, or OFFICIAL-SENSITIVE where it could do harm.",
        "Government Security Classifications policy; domain.md 1.9",
    )
    PRACTITIONER_MISSING = (
        "provenance.practitioner_missing", Stage.PROVENANCE,
        "Name the practitioner who holds this (provenance.practitioner), with their token.",
        "review rec. 16",
    )
    ROLE_MISSING = (
        "provenance.role_missing", Stage.PROVENANCE,
        "Give the practitioner's role (provenance.role).",
        "review rec. 16",
    )
    EMPLOYER_MISSING = (
        "provenance.employer_missing", Stage.PROVENANCE,
        "Give the employer (provenance.employer) and for whom they act, if another.",
        "review rec. 16; domain.md 1.11",
    )
    HOW_KNOWN_MISSING = (
        "provenance.how_known_missing", Stage.PROVENANCE,
        "Say how this is known (provenance.how_known).",
        "review rec. 16; domain.md 4, M02",
    )
    CONTACT_MISSING = (
        "provenance.contact_missing", Stage.PROVENANCE,
        "Give a role mailbox or telephone that is answered (provenance.contact).",
        "review rec. 16; domain.md 4, M02",
    )
    ACCOUNTABLE_MISSING = (
        "provenance.accountable_missing", Stage.PROVENANCE,
        "Name the system, its rule and the accountable officer (provenance).",
        "design.md, Sections (provenance)",
    )
    PROVENANCE_BELOW_LEG = (
        "provenance.below_leg", Stage.PROVENANCE,
        "Raise the provenance to what the agreement's leg takes, or ask its SPoC.",
        "design.md, An agreement",
    )
    QUALIFICATION_MISSING = (
        "provenance.qualification_missing", Stage.PROVENANCE,
        "Let somebody send this whose credential holds the training and vetting that the "
        "agreement asks for.",
        "review rec. 8-13; domain.md 1.11",
    )
    AGREEMENT_NONE = (
        "agreement.none_in_force", Stage.AGREEMENT,
        "No agreement is in force for this. Ring the named contact; if life is at risk, send it "
        "as threat_to_life: it flows now and is reviewed.",
        "review rec. 14; domain.md 4, M16",
    )
    AGREEMENT_NO_LEG = (
        "agreement.no_leg", Stage.AGREEMENT,
        "The agreement lets nobody receive this type for this purpose. Ring its contact to amend "
        "it; if life is at risk, send it as threat_to_life: it flows now and is reviewed.",
        "review rec. 14; domain.md 4, M16",
    )
    AGREEMENT_SUSPENDED = (
        "agreement.suspended", Stage.AGREEMENT,
        "The agreement is suspended. Ring the named contact; if life is at risk, send it as "
        "threat_to_life: it flows now and is reviewed.",
        "domain.md 1.8, 4 (M16)",
    )
    AGREEMENT_CONDITION = (
        "agreement.condition_unmet", Stage.AGREEMENT,
        "Say who is involved and how (involvement), which part each person played, or the level "
        "of risk: the agreement shares this only then.",
        "domain.md 7, Default matrix",
    )
    BASIS_UNFIT = (
        "basis.unfit", Stage.BASIS,
        "Ask your information governance lead to name the lawful basis that the agreement's leg "
        "has for your agency (basis).",
        "domain.md 1.7; ICO Data Sharing Code",
    )
    BASIS_NOT_IN_FORCE = (
        "basis.not_in_force", Stage.BASIS,
        "Name a lawful basis that an agency of your kind may rely on today: ask your information "
        "governance lead.",
        "domain.md 1.7",
    )
    CONSENT_REFUSED = (
        "consent.refused", Stage.CONSENT,
        "Somebody whose consent this needs has said no. Respect it, or have your Caldicott "
        "Guardian decide an override that protects somebody else.",
        "domain.md 1.7, Consent and Override; Caldicott principle 7",
    )
    OVERRIDE_UNFIT = (
        "consent.override_unfit", Stage.CONSENT,
        "An override names whose refusal it is of, whom it protects beside them, and a ground "
        "that the agreement takes.",
        "domain.md 1.7, Override; GMC, disclosures for the protection of others",
    )
    CONSENT_ABSENT = (
        "consent.absent", Stage.CONSENT,
        "This leg needs the subject's consent, or an override with ground, author and reason.",
        "domain.md 1.7, Consent and Override",
    )
    EXCLUDED = (
        "minimisation.nobody_left", Stage.MINIMISATION,
        "Nobody who may receive this is left. Ring the named contact of the agreement.",
        "design.md, Sections (exclusions)",
    )
    QUARANTINE_REFUSED = (
        "quarantine.refused", Stage.MINIMISATION,
        "The quarantine desk refused this. Ring the governance agency; if something changed, say "
        "it anew.",
        "design.md, Examine and decide (quarantined)",
    )
    RETRACTED = (
        "quarantine.retracted", Stage.MINIMISATION,
        "Its originator took it back while it was held: nothing more is to be done.",
        "issue 4, correction and retraction",
        "never",
    )
    SIGNATURE_UNVERIFIED = (
        "emergency.signature_unverified", Stage.MINIMISATION,
        "Ring the police now: they hold this unverified, and cannot be sure that it is yours.",
        "design.md, Examine and decide",
    )
    NOBODY_TOLD = (
        "emergency.nobody_told", Stage.MINIMISATION,
        "Ring 999 now and say who is in danger: this reached nobody who acts.",
        "design.md, The five ideas (threat to life is never stopped)",
    )
    # fmt: on


NEWER = "This program is older than this reason: ask your IT desk what a newer one says of it."
"""What is told where a code has no remedy here."""
_BY_CODE = {str(reason): reason for reason in Reason}

"""Reason codes: why a statement was not simply accepted, in order of precedence.

A code is permanent: retired, never reused. Declaration order is precedence and stages ascend, so
that two implementations name the same first defect. Each carries the remedy a tired person reads
and the source of the rule. Remedies name fields, never their content, and never say whether a
record exists elsewhere.
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
        """Look a code up.

        Raises:
            KeyError: the table has no such code.
        """
        return _BY_CODE[code]

    TOO_LARGE = (
        "size.too_large",
        Stage.SIZE,
        "Shorten the statement to 256 KiB or less: send long records as a reference.",
        "design.md, The statement",
    )
    NOT_A_STATEMENT = (
        "form.not_a_statement",
        Stage.FORM,
        "Send one statement per record, in the form <JWS>~<disclosure>~...~.",
        "RFC 9901 section 4",
    )
    NOT_CANONICAL = (
        "form.not_canonical",
        Stage.FORM,
        "Encode as base64url without padding or spare bits, and as UTF-8 JSON (I-JSON).",
        "RFC 7515 section 2; RFC 7493",
    )
    DUPLICATE_KEY = (
        "form.duplicate_key",
        Stage.FORM,
        "Write each JSON member once: two members of one name can be read in two ways.",
        "RFC 7493 section 2.3",
    )
    UNKNOWN_MEMBER = (
        "form.unknown_member",
        Stage.FORM,
        "Remove the member: the signed part takes only the members FORMAT.md lists.",
        "design.md, The statement",
    )
    BAD_MEMBER = (
        "form.bad_member",
        Stage.FORM,
        "Write the named member as FORMAT.md describes it.",
        "contracts/FORMAT.md",
    )
    DISCLOSURE_UNREFERENCED = (
        "form.disclosure_unreferenced",
        Stage.FORM,
        "Send only disclosures whose digests stand in the signed part, each once.",
        "RFC 9901 section 7.1",
    )
    KEY_UNKNOWN = (
        "key.unknown",
        Stage.KEY,
        "Ask the governance agency to enrol this key, then send the same statement again.",
        "design.md, Control statements",
        "same_bytes",
    )
    SIGNATURE_INVALID = (
        "signature.invalid",
        Stage.SIGNATURE,
        "Sign the exact bytes that are sent. If life is at risk, telephone the police now.",
        "RFC 8032; RFC 9901 section 7.1",
    )
    KEY_REVOKED = (
        "key_use.revoked",
        Stage.KEY_USE,
        "Sign with a key in force: this one was revoked. If it was stolen, tell governance now.",
        "design.md, Control statements",
    )
    SOURCE_MISMATCH = (
        "key_use.wrong_source",
        Stage.KEY_USE,
        "Sign with the key enrolled for this source, and send through its own agency's topic.",
        "design.md, The statement; review rec. 16",
    )
    PARTNERSHIP_MISMATCH = (
        "key_use.wrong_partnership",
        Stage.KEY_USE,
        "Make a new statement for this partnership: one signed for another does not count here.",
        "design.md, One partnership, one ledger",
    )
    KEY_PURPOSE = (
        "key_use.wrong_purpose",
        Stage.KEY_USE,
        "Sign control statements with a control key, reports with a statement key.",
        "design.md, The statement",
    )
    SECTION_ABSENT = (
        "form.section_absent",
        Stage.DIGESTS,
        "Send every section that was signed: a copy with sections taken out is refused.",
        "design.md, Sections (intake)",
    )
    STREAM_FORKED = (
        "stream.forked",
        Stage.STREAM,
        "Stop this outbox: its stream or id was used twice. Open a new stream and send again.",
        "design.md, The statement (stream)",
    )
    TYPE_UNKNOWN = (
        "schema.type_unknown",
        Stage.SCHEMA,
        "Use an event type FORMAT.md lists, in a version it lists.",
        "contracts/FORMAT.md",
    )
    SCHEMA_BROKEN = (
        "schema.broken",
        Stage.SCHEMA,
        "Write the named section as FORMAT.md describes it.",
        "contracts/FORMAT.md",
    )
    SECTION_NOT_I_JSON = (
        "schema.not_i_json",
        Stage.SCHEMA,
        "Write the named section as I-JSON: UTF-8, each member once, whole numbers below 2^53.",
        "RFC 7493 section 2",
    )
    CAUSE_MISSING = (
        "schema.cause_missing",
        Stage.SCHEMA,
        "Name the statement this one answers or arises from (cause.1).",
        "design.md, Sections (causes)",
    )
    PERSON_MISSING = (
        "schema.person_missing",
        Stage.SCHEMA,
        "Name at least one person the report is about (person.1.identity).",
        "review rec. 15",
    )
    NOT_ENTITLED = (
        "control.not_entitled",
        Stage.CONTROL,
        "Ask the agency whose act this is (governance, or a party) to propose it.",
        "design.md, Control statements",
    )
    ACT_INVALID = (
        "control.act_invalid",
        Stage.CONTROL,
        "Correct the act: it does not fit what is already in force (see the named field).",
        "design.md, Control statements",
    )
    ACT_UNKNOWN = (
        "control.act_unknown",
        Stage.CONTROL,
        "Endorse the digest of an act that was proposed and is still open.",
        "design.md, Control statements",
    )
    EXERCISE_ONLY = (
        "control.exercise_only",
        Stage.CONTROL,
        "Set the time only in an exercise partnership: a live one takes time from its log.",
        "design.md, Ledger time",
        "never",
    )
    REFERS_TO_UNKNOWN = (
        "control.refers_to_unknown",
        Stage.CONTROL,
        "Name, as cause.1, a statement of your own that is held, or that was sent to you.",
        "design.md, Examine and decide",
    )
    PRACTITIONER_MISSING = (
        "provenance.practitioner_missing",
        Stage.PROVENANCE,
        "Name the practitioner who holds this (provenance.practitioner), with their token.",
        "review rec. 16",
    )
    ROLE_MISSING = (
        "provenance.role_missing",
        Stage.PROVENANCE,
        "Give the practitioner's role (provenance.role).",
        "review rec. 16",
    )
    EMPLOYER_MISSING = (
        "provenance.employer_missing",
        Stage.PROVENANCE,
        "Give the employer (provenance.employer) and for whom they act, if another.",
        "review rec. 16; domain.md 1.11",
    )
    HOW_KNOWN_MISSING = (
        "provenance.how_known_missing",
        Stage.PROVENANCE,
        "Say how this is known (provenance.how_known).",
        "review rec. 16; domain.md 4, M02",
    )
    CONTACT_MISSING = (
        "provenance.contact_missing",
        Stage.PROVENANCE,
        "Give a role mailbox or telephone that is answered (provenance.contact).",
        "review rec. 16; domain.md 4, M02",
    )
    ACCOUNTABLE_MISSING = (
        "provenance.accountable_missing",
        Stage.PROVENANCE,
        "Name the system, its rule and the accountable officer (provenance).",
        "design.md, Sections (provenance)",
    )
    PROVENANCE_BELOW_LEG = (
        "provenance.below_leg",
        Stage.PROVENANCE,
        "Raise the provenance to what the agreement's leg takes, or ask its SPoC.",
        "design.md, An agreement",
    )
    AGREEMENT_NONE = (
        "agreement.none_in_force",
        Stage.AGREEMENT,
        "No agreement is in force for this. Ring the named contact; if life is at risk, send it "
        "as threat_to_life: it flows now and is reviewed.",
        "review rec. 14; domain.md 4, M16",
    )
    AGREEMENT_NO_LEG = (
        "agreement.no_leg",
        Stage.AGREEMENT,
        "The agreement lets nobody receive this type for this purpose. Ring its contact to amend "
        "it; if life is at risk, send it as threat_to_life: it flows now and is reviewed.",
        "review rec. 14; domain.md 4, M16",
    )
    BASIS_UNFIT = (
        "basis.unfit",
        Stage.BASIS,
        "Name the lawful basis that the agreement's leg names for you (basis).",
        "domain.md 1.7; ICO Data Sharing Code",
    )
    CONSENT_ABSENT = (
        "consent.absent",
        Stage.CONSENT,
        "This leg needs the subject's consent, or an override with ground, author and reason.",
        "domain.md 1.7, Consent and Override",
    )
    EXCLUDED = (
        "minimisation.nobody_left",
        Stage.MINIMISATION,
        "Nobody who may receive this is left. Ring the named contact of the agreement.",
        "design.md, Sections (exclusions)",
    )
    SIGNATURE_UNVERIFIED = (
        "emergency.signature_unverified",
        Stage.MINIMISATION,
        "Call back now on a number you already hold: the signature could not be checked.",
        "design.md, Examine and decide",
    )


_BY_CODE = {str(reason): reason for reason in Reason}

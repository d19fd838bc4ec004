"""What an audit can find wrong: each has a name, each name a class, each class an exit code.

Precedence, highest first: trust (5), integrity (2), decision (3), incomplete (4), finding (1). Who
signed comes before what is said; what is said before what follows from it; what follows before
what is missing; and all of them before what the log truthfully shows to be amiss.
"""

from enum import IntEnum, StrEnum, unique
from typing import Self


@unique
class Exit(IntEnum):
    """What `candour audit verify` ends with."""

    VERIFIED = 0
    FINDINGS = 1
    INTEGRITY = 2
    DECISION = 3
    INCOMPLETE = 4
    TRUST = 5


PRECEDENCE = (Exit.TRUST, Exit.INTEGRITY, Exit.DECISION, Exit.INCOMPLETE, Exit.FINDINGS)
"""Where several apply, the first of these is the exit code; the verdict lists all."""


@unique
class Defect(StrEnum):
    """One thing that does not hold.

    Attributes:
        exit: the class it is in.
        meaning: one plain sentence for a reader who was not there.
    """

    exit: Exit
    meaning: str

    def __new__(cls, name: str, exit_code: Exit, meaning: str) -> Self:
        """Make a member of its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.exit = exit_code
        member.meaning = meaning
        return member

    @classmethod
    def of(cls, name: str) -> "Defect":
        """Look a name up.

        Raises:
            KeyError: the table has no such name.
        """
        return _BY_NAME[name]

    PARTNERSHIP_OTHER = (
        "trust.partnership",
        Exit.TRUST,
        "The export is of another partnership than the trust file names.",
    )
    UNTRUSTED = (
        "trust.log_key",
        Exit.TRUST,
        "No checkpoint is signed by the trusted key under the trusted origin.",
    )
    FOUNDED_ON_OTHER_KEY = (
        "trust.founding",
        Exit.TRUST,
        "The founding names another log key than the trust file.",
    )
    NOT_EXTENDED = (
        "trust.earlier_checkpoint",
        Exit.TRUST,
        "The log does not extend the earlier checkpoint in the trust file: history was rewritten.",
    )
    FILE_UNKNOWN = (
        "export.file_unknown",
        Exit.INTEGRITY,
        "The folder holds something that is no part of an export.",
    )
    FILE_BROKEN = (
        "export.file_broken",
        Exit.INTEGRITY,
        "A file is not a run of whole records.",
    )
    MANIFEST_DIFFERS = (
        "export.manifest_differs",
        Exit.INTEGRITY,
        "The manifest does not describe the file as it is.",
    )
    ENTRY_UNREADABLE = (
        "entry.unreadable",
        Exit.INTEGRITY,
        "The record cannot be read as an entry.",
    )
    INDEX_WRONG = (
        "entry.index",
        Exit.INTEGRITY,
        "The entry does not stand where it says it stands, or is another partnership's.",
    )
    COMMITMENT_UNOPENED = (
        "entry.commitment",
        Exit.INTEGRITY,
        "The entry's body is not what its head commits to.",
    )
    CHECKPOINT_UNSIGNED = (
        "checkpoint.signature",
        Exit.INTEGRITY,
        "A checkpoint is not signed by the trusted key, though others are.",
    )
    ROOT_DIFFERS = (
        "checkpoint.root",
        Exit.INTEGRITY,
        "The entries do not hash to what the log signed.",
    )
    CHECKPOINT_FELL = (
        "checkpoint.order",
        Exit.INTEGRITY,
        "A checkpoint is smaller than the one before it.",
    )
    SIGNATURE_INVALID = (
        "statement.signature",
        Exit.INTEGRITY,
        "The publisher's signature does not hold under the key that the log knew.",
    )
    DISCLOSURE_ALTERED = (
        "disclosure.altered",
        Exit.INTEGRITY,
        "A section is not one that the publisher signed.",
    )
    DISCLOSURE_UNKNOWN = (
        "disclosure.unknown",
        Exit.INTEGRITY,
        "Sections stand in the export that belong to no entry, or stand there twice.",
    )
    FINDINGS_DIFFER = (
        "decision.findings",
        Exit.DECISION,
        "The recorded findings are not what the statement shows.",
    )
    KEY_NOT_IN_FORCE = (
        "decision.key",
        Exit.DECISION,
        "The key was not known to the log at this entry.",
    )
    POSITION_WRONG = (
        "decision.position",
        Exit.DECISION,
        "The entry does not continue its submissions topic: something was passed over or repeated.",
    )
    TIME_WRONG = (
        "decision.time",
        Exit.DECISION,
        "Ledger time does not follow its rule here.",
    )
    OUTCOME_WRONG = (
        "decision.outcome",
        Exit.DECISION,
        "The recorded decision does not follow from the findings and the log before it.",
    )
    DELIVERIES_WRONG = (
        "decision.deliveries",
        Exit.DECISION,
        "What was delivered does not follow from the decision and the agreements in force.",
    )
    ENTRY_WRONG = (
        "decision.entry",
        Exit.DECISION,
        "The entry is not the one that the log before it gives.",
    )
    ITEM_WRONG = (
        "decision.item",
        Exit.DECISION,
        "A refusal or redelivery contradicts the log before it.",
    )
    DECIDER_UNKNOWN = (
        "decision.decider_unknown",
        Exit.INCOMPLETE,
        "A version of the decision is adopted that this release does not know: verify by a later.",
    )
    FILE_MISSING = (
        "export.file_missing",
        Exit.INCOMPLETE,
        "A file of the export is missing.",
    )
    CHECKPOINTS_NONE = (
        "checkpoint.none",
        Exit.INCOMPLETE,
        "There is no checkpoint, so nothing is signed.",
    )
    ENTRIES_MISSING = (
        "entry.missing",
        Exit.INCOMPLETE,
        "The log signed more entries than are here.",
    )
    ENTRIES_UNSIGNED = (
        "checkpoint.missing",
        Exit.INCOMPLETE,
        "The last entries stand under no checkpoint: recorded, not delivered, or cut off.",
    )
    FOUNDING_MISSING = (
        "founding.missing",
        Exit.INCOMPLETE,
        "No founding stands on the log, so nobody was entitled to anything.",
    )
    DISCLOSURES_MISSING = (
        "disclosure.missing",
        Exit.INCOMPLETE,
        "The sections of a recorded statement are missing, and nothing on the log erased them.",
    )
    SECTION_MISSING = (
        "disclosure.section_missing",
        Exit.INCOMPLETE,
        "Some sections of a recorded statement are missing, and nothing on the log erased them.",
    )
    NOT_ERASED = (
        "disclosure.not_erased",
        Exit.FINDINGS,
        "Sections stand here that the log erased: destroy this copy, and export again.",
    )
    STREAM_GAP = (
        "stream.gap",
        Exit.FINDINGS,
        "Numbers of a writer's stream never reached the log: its publisher must say why.",
    )
    STREAM_UNCHAINED = (
        "stream.unchained",
        Exit.FINDINGS,
        "Statements of a stream do not name the one before them.",
    )
    STREAM_FORKED = (
        "stream.forked",
        Exit.FINDINGS,
        "A number or id was used twice; the second was refused.",
    )
    INTAKE_GAP = (
        "intake.gap",
        Exit.FINDINGS,
        "Submissions were lost before the log could read them.",
    )
    UNVERIFIED = (
        "emergency.unverified",
        Exit.FINDINGS,
        "A threat to life went to the police though its signature failed.",
    )
    QUARANTINE_OVERDUE = (
        "quarantine.overdue",
        Exit.FINDINGS,
        "A held statement waits past its clock: for its provenance, a decision, or a second hand.",
    )
    DUTY_OVERDUE = (
        "duty.overdue",
        Exit.FINDINGS,
        "An emergency was not reviewed, or a recall, correction or erasure not answered, in time.",
    )
    SILENCE = (
        "heartbeat.missing",
        Exit.FINDINGS,
        "The log stood still for longer than its heartbeat allows.",
    )
    CLOCK_FELL = (
        "clock.fell",
        Exit.FINDINGS,
        "The sequencer's clock ran backwards.",
    )
    CLOCK_SKEW = (
        "clock.skew",
        Exit.FINDINGS,
        "Submissions were stamped later than the sequencer's clock allows.",
    )


_BY_NAME = {str(defect): defect for defect in Defect}

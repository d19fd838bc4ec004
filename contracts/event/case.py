"""What governs a case: who is one person, consent, exclusion, release, correction, erasure.

Unlike public control each of these may be about somebody, so it goes to its publisher, and to
others only as the decision that it causes says or a leg of an agreement lets it.

Source: design.md, The ledger (case control), Control statements; domain.md 1.6, 1.7, 5, 7.
"""

from typing import Literal

from contracts.form import (
    DayOrMoment,
    Instant,
    Millis,
    Section,
    Sha256,
    StatementId,
    Token,
    Whole,
    is_real,
)
from contracts.sharing import ConsentView, Exclusion

TWO = 2


class PersonsLinked(Section, frozen=True):
    """A named matcher says that tokens are one person: reach of consent and exclusions follows."""

    subjects: list[Token]
    matcher: str
    basis: str
    key: str | None = None


class PersonsUnlinked(Section, frozen=True, kw_only=True):
    """A named matcher says that tokens are not one person.

    With `link`, the id of a `persons_linked`, that is undone. Without one nobody joined them: two
    tokens are judged to be two people's, and nothing else changes.
    """

    link: StatementId | None = None
    subjects: list[Token]
    matcher: str
    basis: str
    key: str | None = None

    def __post_init__(self) -> None:
        """Refuse a judgement that undoes no link and is not about two tokens."""
        if self.link is None and len(set(self.subjects)) != TWO:
            raise ValueError("two people are judged by two tokens")


class ConsentRecorded(Section, frozen=True, kw_only=True):
    """What subjects said of sharing, or why nobody asked: holds until the same agency says more.

    A withdrawal stops what later needs consent and undoes nothing.
    """

    views: list[ConsentView]
    asked_by: str
    asked_alone: bool
    asked_at: DayOrMoment | None = None

    def __post_init__(self) -> None:
        """Refuse a day that the calendar has not."""
        if self.asked_at is not None and not is_real(self.asked_at):
            raise ValueError("the calendar has no such day")


class ExclusionRecorded(Section, frozen=True, kw_only=True):
    """Somebody must never see anything about these subjects, whoever publishes it.

    Source: domain.md 5, traps 14 and 16.
    """

    excluded: list[Exclusion]
    reason: str
    by: str


class ExclusionLifted(Section, frozen=True, kw_only=True):
    """An exclusion ends: `exclusion` is the id of the statement that recorded it."""

    exclusion: StatementId
    reason: str
    by: str


class ReleaseDecided(Section, frozen=True, kw_only=True):
    """The quarantine desk releases a held statement, or refuses it.

    It takes effect when two different practitioners have decided alike, neither of them its
    author; `alone` is for one duty manager at night: it takes effect at once, and a second
    decides within the ruleset's hours. `statement` is the held one's digest, `waived` are reason
    codes; signature and exclusions cannot be waived.
    """

    statement: Sha256
    decision: Literal["release", "refuse"]
    waived: list[str]
    reason: str
    by: str
    alone: bool = False


class StatementRetracted(Section, frozen=True, kw_only=True):
    """The originator takes a statement back: it was wrong, or never should have been said."""

    statement: StatementId
    reason: Literal["mistaken", "wrong_person", "unlawful", "withdrawn_by_source", "other"]
    by: str


class StatementCorrected(Section, frozen=True, kw_only=True):
    """The originator says a statement rightly: its sections stand in place of those named alike.

    Which they are stands nowhere else: who was not given a section must not learn that there is
    one. Persons keep their numbers and tokens. What is taken out is left empty. The event and who
    said it are not corrected so: they are taken back and said anew.
    """

    statement: StatementId
    reason: Literal["mistaken", "misheard", "incomplete", "other"]
    by: str


class CorrectionAcknowledged(Section, frozen=True, kw_only=True):
    """A recipient has read a correction or retraction, and acted on what depended on it."""

    correction: StatementId
    by: str
    affected: Whole


class RecallAcknowledged(Section, frozen=True, kw_only=True):
    """A recipient has looked at everything it holds under a compromised key."""

    kid: Sha256
    by: str
    suspect: Whole
    reopened: Whole


class EmergencyReviewed(Section, frozen=True, kw_only=True):
    """Governance has looked at a use of the emergency path, and found it rightful or not."""

    statement: StatementId
    finding: Literal["rightful", "avoidable", "misused"]
    lesson: str
    by: str


class ErasureProposed(Section, frozen=True, kw_only=True):
    """One practitioner would erase statements; `closure` counts all that derive from them too.

    It takes effect when somebody of another agency endorses it by its digest.
    """

    statements: list[StatementId]
    ground: Literal["retention_ended", "unlawful", "court_order", "data_subject", "mistaken"]
    reason: str
    by: str


class ErasureEndorsed(Section, frozen=True, kw_only=True):
    """Somebody of another agency stands behind an erasure: its proposal, and all it erases."""

    proposal: StatementId
    statements: list[StatementId]
    by: str


class ErasureConfirmed(Section, frozen=True, kw_only=True):
    """A recipient has erased what it held; `backups_until` is when its last backup ends."""

    erasure: StatementId
    by: str
    backups_until: Instant


class LegalHoldSet(Section, frozen=True, kw_only=True):
    """Nothing about these subjects is erased while it stands: inquest, review, prosecution."""

    subjects: list[Token]
    authority: Literal["coroner", "homicide_review", "court", "inquiry", "other"]
    reference: str
    by: str


class LegalHoldLifted(Section, frozen=True, kw_only=True):
    """A hold ends: `hold` is the id of the statement that set it."""

    hold: StatementId
    reason: str
    by: str


class LooksRecorded(Section, frozen=True, kw_only=True):
    """How many looks people of an agency took at what it holds, and a digest over each of them.

    Times in milliseconds since 1970 (UTC). The looks themselves stay with the agency: who they
    were is nobody else's, that none was taken out afterwards can be proved.
    """

    since: Millis
    until: Millis
    count: Whole
    digest: Sha256
    key: str | None = None

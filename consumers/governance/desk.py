"""What a named person decides about the log: release or refuse what is held, review, confirm.

The desk sees what is missing and never what a held statement says. It refuses only its own
buttons, for what the log would refuse anyway, so that a person learns it before they sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, RowMapping

from broker.core.case import WAIVABLE
from consumers import standing
from consumers import store as stored
from consumers.arising import resting_on
from consumers.governance import rows
from consumers.responses import rows as duties
from consumers.responses.owed import second_looks
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.entry import ReasonGiven
from contracts.event import case
from contracts.fault import Misuse
from contracts.form import Section
from contracts.section import Practitioner, Provenance

Finding = Literal["rightful", "avoidable", "misused"]
FOUND: dict[Finding, str] = {
    "rightful": "rightful: life was at risk, and it could not wait",
    "avoidable": "avoidable: what was missing could have been there",
    "misused": "misused: no life was at risk",
}
"""What a review finds of a use of the emergency path."""


@dataclass(frozen=True)
class Governing:
    """Where an agency's people decide about the log."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]

    def release(  # noqa: PLR0913 - a decision has this many independent parts
        self,
        digest: str,
        decision: Literal["release", "refuse"],
        *,
        waived: Sequence[str],
        reason: str,
        by: Practitioner,
        role: str,
        alone: bool = False,
    ) -> list[Wanted]:
        """Release or refuse a held statement; it takes effect when a second person says the same.

        Args:
            digest: of the held statement.
            decision: which.
            waived: reason codes; a release takes effect only with all that hold it, now.
            reason: why, in words.
            by: who decides; not its author, and not twice.
            role: their role.
            alone: one duty manager at night: a release goes at once, a refusal waits; a second
                decides within the clock.

        Raises:
            Misuse: nothing is held under this digest here, or this person may not decide.

        Source:
            design.md, Examine and decide (quarantined); domain.md 7, Provenance.
        """
        event = case.ReleaseDecided(
            statement=digest, decision=decision, waived=list(waived), reason=reason,
            by=by.name or "", alone=alone,
        )  # fmt: skip
        with self.store.write() as db:
            held = rows.held_one(db, digest)
            confirms = any(duties.is_open(db, key) for key in second_looks(digest))
            if digest in standing.hidden_from(db, self.voice.viewer(by)):
                held, confirms = None, False
            if not confirms and (held is None or not held["decides"]):
                raise Misuse(
                    "Nothing is held here under this digest for this agency to decide.",
                    remedy="Take the digest from: candour quarantine list",
                )
            if confirms and alone:
                raise Misuse(
                    "One person decided this alone already.",
                    remedy="Say the second person's word without --alone.",
                )
            self._check_hand(db, held, digest, by)
            _check_waived(waived)
            if decision == "release" and held is not None:
                _check_whole(waived, rows.reasons_of(held))
            about = self._arises_from(db, held, digest)
            wanted = self._said(event, "release_decided", by, role, about)
            stored.want(db, wanted)
        return [wanted]

    def review(
        self,
        statement: str,
        finding: Finding,
        *,
        lesson: str,
        by: Practitioner,
        role: str,
    ) -> list[Wanted]:
        """Say what became of a use of the emergency path.

        Raises:
            Misuse: no such use waits for this agency's review.
        """
        event = case.EmergencyReviewed(
            statement=statement, finding=finding, lesson=lesson, by=by.name or ""
        )
        with self.store.write() as db:
            used = rows.emergency(db, statement)
            hidden = standing.hidden_from(db, self.voice.viewer(by))
            if used is None or statement in hidden or used["finding"] is not None:
                raise Misuse(
                    "No use of the emergency path of this id waits for review here.",
                    remedy="Take the id from: candour emergency list",
                )
            wanted = self._said(event, "emergency_reviewed", by, role, [statement])
            stored.want(db, wanted)
        return [wanted]

    def acknowledge_correction(
        self, correction: str, *, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Say that a correction or retraction was read, and what rested on it looked at again.

        Raises:
            Misuse: no such correction was sent here.
        """
        with self.store.write() as db:
            hidden = standing.hidden_from(db, self.voice.viewer(by))
            row = None if correction in hidden else stored.row_of(db, correction)
            if row is None or row["event"] not in {"statement_corrected", "statement_retracted"}:
                raise Misuse(
                    "No correction of this id was sent to this agency.",
                    remedy="Take the id from: candour response list",
                )
            held = stored.held(db, correction)
            corrected = held.causes[0] if held is not None and held.causes else correction
            event = case.CorrectionAcknowledged(
                correction=correction, by=by.name or "", affected=self._resting_on(db, corrected)
            )
            wanted = self._said(event, "correction_acknowledged", by, role, [correction])
            stored.want(db, wanted)
        return [wanted]

    def acknowledge_recall(self, kid: str, *, by: Practitioner, role: str) -> list[Wanted]:
        """Say that everything held under a compromised key was looked at again.

        Raises:
            Misuse: the log says of no such key that it was compromised.
        """
        if kid not in self.voice.partners.suspect:
            raise Misuse(
                "No compromised key of this thumbprint is on the log.",
                remedy="Take it from: candour recall list",
            )
        with self.store.write() as db:
            found = standing.marked_by(db, kid)
            event = case.RecallAcknowledged(
                kid=kid, by=by.name or "", suspect=len(found),
                reopened=sum(self._resting_on(db, one) for one in found),
            )  # fmt: skip
            wanted = self._said(event, "recall_acknowledged", by, role)
            stored.want(db, wanted)
        return [wanted]

    def _check_hand(
        self, db: Connection, held: RowMapping | None, digest: str, by: Practitioner
    ) -> None:
        """Refuse who decided already, and who wrote what is held where this agency did."""
        if any(one["practitioner"] == by.token for one in rows.said_of(db, digest)):
            raise Misuse(
                "You have decided on this already.",
                remedy="Let a second practitioner decide: two must say the same.",
            )
        own = stored.held(db, held["id"]) if held is not None and held["id"] else None
        written = own.sections.get("provenance") if own is not None else None
        author = written.practitioner if isinstance(written, Provenance) else None
        if author is not None and author.token == by.token:
            raise Misuse(
                "You wrote what is held.", remedy="Let two practitioners decide who did not."
            )

    def _arises_from(self, db: Connection, held: RowMapping | None, digest: str) -> list[str]:
        """Give the id of what is, or was, held: why it was let go is erased with it."""
        if held is not None:
            return [held["id"]] if held["id"] else []
        words = (stored.held(db, one["id"]) for one in rows.said_of(db, digest))
        return next((one.causes[:1] for one in words if one is not None and one.causes), [])

    def _resting_on(self, db: Connection, statement: str) -> int:
        return resting_on(db, statement, self.voice.agency)

    def _said(
        self, event: Section, name: str, by: Practitioner, role: str, causes: Sequence[str] = ()
    ) -> Wanted:
        said_id = self.new_id()
        provenance = self.voice.signed_by(by, role=role)
        return personal(
            said_id, f"{name}/{said_id}", name, event, causes=causes, provenance=provenance
        )


def _check_waived(waived: Sequence[str]) -> None:
    """Refuse a code that no desk may waive."""
    wrong = [code for code in waived if code not in WAIVABLE]
    if wrong:
        raise Misuse(
            f"This cannot be waived: {', '.join(wrong)}.",
            remedy="Waive only what provenance lacks, or a consent that nobody asked for, by the "
            "codes that the list shows. A refusal is its publisher's Caldicott Guardian's.",
        )


def _check_whole(waived: Sequence[str], holding: Sequence[ReasonGiven]) -> None:
    """Refuse a release that leaves something unwaived, which would free nothing."""
    left = [one.code for one in holding if one.code in WAIVABLE and one.code not in waived]
    if left:
        raise Misuse(
            f"This would stay held for: {', '.join(left)}.",
            remedy="Waive each with --waive, or leave it held until its agency supplies what is "
            "missing.",
        )

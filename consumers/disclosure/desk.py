"""What a named officer records of a disclosure, and who of them may know who asked."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from consumers import reading, standing
from consumers import store as stored
from consumers.disclosure import course, rows
from consumers.disclosure.course import Step
from consumers.research import board
from consumers.store import Store, Wanted
from consumers.worker import Voice, hand, personal, practitioner_of
from contracts.event.action import DisclosureStaged
from contracts.fault import Misuse
from contracts.section import Practitioner, SourceIdentity
from contracts.statement import Statement

ABSENT = "The applicant was not there. "
"""What stands before the reason of the first checks."""
IN_PERSON = "In person, in confidence, nothing written handed over. "
"""What stands before the reason of a disclosure."""


@dataclass(frozen=True)
class Disclosing:
    """The disclosure desk of one force."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    read: str | None = None
    """The newest correction that the page showed to who records; None where there was no page."""

    def stage(
        self, application: str, step: Step, *, by: Practitioner, role: str, reason: str
    ) -> list[Wanted]:
        """Record one stage, by a named officer.

        Args:
            application: its id.
            step: the stage and what makes it safe.
            by: the officer.
            role: theirs.
            reason: in words; it goes on the log, and never says who asked.

        Raises:
            Misuse: there is no such application, the stage may not come now, the decision is not
                this officer's to make, it says that nothing is held while a look is to be made,
                or it was corrected since the page was opened.
        """
        with self.store.write() as db:
            row = self._application(db, application, by)
            reached = rows.stages_of(db, application)
            done = [one["stage"] for one in reached]
            decision = rows.decision_of(reached)
            course.check(
                step, right=row["right"], done=done, decision=decision, ours=self.voice.agency
            )
            if step.stage == "decided":
                self._check_decider(db, application, reached, by, role)
            if not set(step.agencies) <= set(self.voice.partners.agencies):
                raise Misuse(
                    "--with names what is no agency of this partnership.",
                    remedy="Take its id from: candour partnership show",
                )
            viewer, causes = self.voice.viewer(by), [application, *self._report(db, row)]
            if step.decision == "nothing_to_disclose":
                course.check_looked([
                    look for one in causes for look in board.tasks_seen(db, viewer, one)
                ])
            # Each stage names those that it rests on: where one of them falls, it falls.
            causes += [one["id"] for one in reached]
            if step.stage in reading.DECIDING:
                reading.insist_is_read(db, self.read, causes, viewer=viewer)
                causes = reading.as_read(db, causes, viewer=viewer)
            said_id = self.new_id()
            before = {"initial_checks": ABSENT, "disclosed": IN_PERSON}.get(step.stage, "")
            event = DisclosureStaged(
                application=application, stage=step.stage, power=row["power"],
                decision=step.decision, told=step.told, identity_proved=step.identity_proved,
                safety_plan=step.safety_plan, agencies=list(step.agencies) or None,
                reason=f"{before}{reason}", by=by.name or "", role=role,
            )  # fmt: skip
            said = personal(
                said_id, f"disclosure_staged/{application}/{step.stage}/{said_id}",
                "disclosure_staged", event, causes=causes,
                provenance=self.voice.signed_by(by, role=role),
            )  # fmt: skip
            rows.stage(db, said_id, event)
            stored.want(db, said)
        return [said]

    def _report(self, db: Connection, row: RowMapping) -> list[str]:
        """Give the report that an application arises from, where it is held.

        What asked for a decision on it (M04) sees that there is one.
        """
        about = row["statement"]
        return [about] if about and stored.row_of(db, about) is not None else []

    def applicant(self, application: str, *, by: Practitioner) -> SourceIdentity | None:
        """Give who asked, to an officer of the case alone.

        Args:
            application: its id.
            by: who looks: whoever took the application, or recorded a stage of it in a role that
                decides; to record one makes nobody else an officer of the case.

        Returns:
            None where the police or an agency began it.

        Raises:
            Misuse: there is no such application, or it is not this officer's.

        Source:
            domain.md 1.3, 5 (trap 7): that there is an applicant is hidden from the subject.
        """
        with self.store.read() as db:
            self._application(db, application, by)
            held = stored.held(db, application)
            deciders = self._deciders()
            deciding = {
                one["by"] for one in rows.stages_of(db, application) if one["role"] in deciders
            }
            officers = {_took(held), *deciding}
            if hand(by.name) not in {hand(one) for one in officers if one}:
                raise Misuse(
                    "Who asked is known to the officers of this disclosure alone.",
                    remedy="Ask one of them: candour disclosure show names who recorded what.",
                )
            sealed = held.sections.get("source_identity") if held else None
            return sealed if isinstance(sealed, SourceIdentity) else None

    def _deciders(self) -> frozenset[str]:
        voice = self.voice
        return course.deciders_of(voice.rules, kind=voice.kind, role=voice.role_of(voice.agency))

    def _check_decider(
        self, db: Connection, application: str, reached: list[RowMapping], by: Practitioner,
        role: str,
    ) -> None:  # fmt: skip
        """Insist on a deciding role, a second hand and what the ruleset asks whoever decides."""
        took = _took(stored.held(db, application))
        hands = [took or "", *(one["by"] for one in reached)]
        course.check_decider(by.name or "", role, deciders=self._deciders(), hands=hands)
        needed, now = self.voice.rules.disclosure_qualification, stored.ledger_time(db)
        if needed is not None and not self.voice.partners.holds(
            self.voice.agency, by.token or "", needed, now
        ):
            raise Misuse(
                f"A disclosure is decided by who holds `{needed}`, by a credential in force; "
                "nobody of this name does.",
                remedy="Let somebody decide who holds it: candour credential list shows who.",
            )

    def _application(self, db: Connection, said: str, by: Practitioner) -> RowMapping:
        row = rows.application(db, said)
        hidden = standing.hidden_from(db, self.voice.viewer(by))
        if row is None or not hidden.isdisjoint((said, row["statement"])):
            raise no_application()
        return row


def no_application() -> Misuse:
    """Say that there is no such application: in the same words where it is kept from somebody."""
    return Misuse(
        "There is no application of this id.", remedy="Take the id from: candour disclosure list"
    )


def _took(application: Statement | None) -> str | None:
    """Give who took an application, by name."""
    who = practitioner_of(application)
    return who.name if who is not None else None

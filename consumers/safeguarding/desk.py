"""What a named person decides here: of an alert, of who is one person, of what is one origin."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from consumers import reading, standing
from consumers import store as stored
from consumers.research import board, plan
from consumers.safeguarding import life, links, rows
from consumers.safeguarding.life import Said, Standing, next_role
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.duration import HOUR_MS
from contracts.event.action import AlertClosed, AlertEscalated, AlertHandedOver, AlertSnoozed
from contracts.event.case import PersonsLinked, PersonsUnlinked
from contracts.event.work import AlertAcknowledged, SameOriginDecided
from contracts.fault import Misuse
from contracts.section import Practitioner

TOKENS_MIN = 2


@dataclass(frozen=True)
class Deciding:
    """Where an agency's people decide what no machine may."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    read: str | None = None
    """The newest correction that the page showed to who decides; None where there was no page."""

    def acknowledge(self, alert_id: str, *, by: Practitioner, role: str) -> list[Wanted]:
        """Say that a named person has an alert.

        Raises:
            Misuse: there is no such alert, it is closed, or somebody has it.
        """
        with self.store.write() as db:
            now = self._open(db, alert_id, by)
            if now.acknowledged_by is not None:
                raise Misuse(
                    "Somebody has this alert already.",
                    remedy="See who: candour alert list; ring them.",
                )
            event = AlertAcknowledged(alert=alert_id, by=by.name or "", role=role)
            return [self._say(db, event, by, role)]

    def hand_over(
        self, alert_id: str, *, to_role: str, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Give an alert to another role, which has yet to take it; its clock begins anew.

        Raises:
            Misuse: there is no such alert, it is closed, or it is that role's already.
        """
        with self.store.write() as db:
            now = self._open(db, alert_id, by)
            if now.role == to_role:
                raise Misuse(
                    f"It is the {to_role}'s already.",
                    remedy="Name another role with --to, or ring whoever is on duty in it.",
                )
            event = AlertHandedOver(alert=alert_id, to_role=to_role, by=by.name or "", role=role)
            return [self._say(db, event, by, role)]

    def snooze(
        self, alert_id: str, *, hours: int, reason: str, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Put an alert off; it ends by itself, and then presses again.

        Args:
            alert_id: the alert.
            hours: of ledger time from now, 1 or more.
            reason: why, in words; it goes on the log.
            by: who does.
            role: theirs.

        Raises:
            Misuse: there is no such alert, it is closed, nothing says why, or it interrupts and
                would be put off for longer in all, by whomever, than the ruleset's hours for it.
        """
        if not reason.strip():
            raise Misuse(
                "An alert is not put off without a reason.", remedy="Give --words with the reason."
            )
        with self.store.write() as db:
            now, row = self._open(db, alert_id, by), rows.alert(db, alert_id)
            at = stored.ledger_time(db)
            until = at + hours * HOUR_MS
            whole = now.put_off_until(until, at)
            if row and row["attention"] == "interrupt" and whole > now.span:
                raise Misuse(
                    f"What interrupts is put off for {now.span // HOUR_MS} hours in all; this one "
                    f"was for {now.put_off // HOUR_MS} already.",
                    remedy="See to it now, or let somebody else: candour alert hand-over, or "
                    "candour alert escalate.",
                )
            event = AlertSnoozed(
                alert=alert_id, until=until, reason=reason, by=by.name or "", role=role
            )
            return [self._say(db, event, by, role)]

    def escalate(self, alert_id: str, *, by: Practitioner, role: str) -> list[Wanted]:
        """Let the next role have an alert now: its fallback first, then the duty manager.

        Raises:
            Misuse: there is no such alert, or it is closed.
        """
        with self.store.write() as db:
            now = self._open(db, alert_id, by)
            event = AlertEscalated(
                alert=alert_id, to_role=next_role(db, self.voice, alert_id, now.rung),
                step=now.steps + 1, reason="by_person", by=by.name or "",
            )  # fmt: skip
            return [self._say(db, event, by, role)]

    def close(  # noqa: PLR0913 - a closure has this many independent parts
        self,
        alert_id: str,
        outcome: Literal["done", "not_needed", "duplicate"],
        *,
        useful: Literal["useful", "not_useful", "not_said"],
        reason: str | None,
        by: Practitioner,
        role: str,
    ) -> list[Wanted]:
        """Say that an alert is done with, and whether it was worth somebody's while.

        Args:
            alert_id: the alert.
            outcome: how it ended; only what was done, by who had said that they have it, needs no
                reason.
            useful: whether it was, in the eyes of who closes it.
            reason: why, in words; it goes on the log.
            by: who does.
            role: theirs.

        Raises:
            Misuse: there is no such alert, it is closed, nothing says why nothing was done, or what
                was of one that interrupts and that nobody has, or it asked for research and a look
                is still to be made.

        Source:
            domain.md 7, Attention: useful and not useful are measured.
        """
        said = bool((reason or "").strip())
        if outcome != "done" and not said:
            raise Misuse(
                "Nothing was done and nothing says why.", remedy="Give --words with the reason."
            )
        with self.store.write() as db:
            now, row = self._open(db, alert_id, by), rows.alert(db, alert_id)
            untaken = now.acknowledged_by is None and not said
            if untaken and row and row["attention"] == "interrupt":
                raise Misuse(
                    "This alert presses now, nobody has it, and nothing says what was done.",
                    remedy="Give --words with the reason: what you did. Or say first that you have "
                    "it (candour alert ack).",
                )
            if outcome == "done":
                self._check_looked(db, alert_id, by)
            event = AlertClosed(
                alert=alert_id, outcome=outcome, useful=useful, reason=reason, by=by.name or "",
                role=role,
            )  # fmt: skip
            return [self._say(db, event, by, role)]

    def _check_looked(self, db: Connection, alert_id: str, by: Practitioner) -> None:
        """Refuse that the research was done that an alert asked for, where a look is still open.

        Source:
            review 5.6.4 (iii)-(v); domain.md 4 (M01).
        """
        row = rows.alert(db, alert_id)
        if row is None or row["act"] != "research":
            return
        tasks = board.tasks_seen(db, self.voice.viewer(by), row["statement"])
        if any(one["open"] for one in tasks):
            raise Misuse(
                f"The research that it asks for is not done: {plan.standing(tasks)}.",
                remedy="Make the looks: candour research list. Or let another role have it, put it "
                "off, or say not_needed, and why.",
            )

    def _open(self, db: Connection, alert_id: str, by: Practitioner) -> Standing:
        """Give how an alert stands that somebody may see and that is open.

        Raises:
            Misuse: there is none.
        """
        now = life.stands(db, alert_id)
        if now is None or self._is_hidden(db, by, alert_id, *rows.statements_of(db, alert_id)):
            raise Misuse(
                "There is no alert of this id.", remedy="Take the id from: candour alert list"
            )
        if now.closed is not None:
            raise Misuse(
                f"This alert is closed: {now.closed.outcome.replace('_', ' ')}.",
                remedy=f"Where that was wrong: candour retract {now.closure} takes it back, and it "
                "is open again.",
            )
        return now

    def _say(self, db: Connection, event: Said, by: Practitioner, role: str) -> Wanted:
        """Note what somebody says of an alert, and that it is to be said."""
        said_id, name = self.new_id(), life.NAMES[type(event)]
        first = rows.alert(db, event.alert)
        causes = [event.alert] if first is None else [first["statement"], event.alert]
        rests_on, viewer = rows.statements_of(db, event.alert), self.voice.viewer(by)
        decides = not isinstance(event, AlertEscalated)
        if decides:
            reading.insist_is_read(db, self.read, causes, *rests_on, viewer=viewer)
        said = personal(
            said_id, f"{name}/{event.alert}/{said_id}", name, event,
            causes=reading.as_read(db, causes, *rests_on, viewer=viewer, decides=decides),
            provenance=self.voice.signed_by(by, role=role),
        )  # fmt: skip
        at = stored.ledger_time(db)
        life.say(db, said_id, event.alert, event, at=at, settled=False)
        stored.want(db, said)
        return said

    def link(
        self, subjects: list[str], *, by: Practitioner, role: str, basis: str,
        causes: Sequence[str] = (),
    ) -> list[Wanted]:  # fmt: skip
        """Say that subject tokens are one person.

        Args:
            subjects: their tokens.
            by: the matcher.
            role: theirs.
            basis: why, in words.
            causes: statements that name each of them: the log refuses a link of strangers.

        Raises:
            Misuse: fewer than two different tokens.
        """
        tokens = sorted(set(subjects))
        if len(tokens) < TOKENS_MIN:
            raise Misuse("A link joins two tokens.", remedy="Give two different subject tokens.")
        said_id = self.new_id()
        event = PersonsLinked(subjects=tokens, matcher=by.name or "", basis=basis)
        said = personal(
            said_id, f"persons_linked/{said_id}", "persons_linked", event, causes=list(causes),
            provenance=self.voice.signed_by(by, role=role),
        )  # fmt: skip
        with self.store.write() as db:
            links.link(db, said_id, event)
            stored.want(db, said)
        return [said]

    def unlink(self, link_id: str, *, by: Practitioner, role: str, basis: str) -> list[Wanted]:
        """Undo a link.

        Raises:
            Misuse: no such link stands.
        """
        with self.store.write() as db:
            found = links.standing_links(db, only=link_id)
            if not found or self._is_hidden(db, by, link_id):
                raise Misuse(
                    "No link of this id stands.", remedy="Take the id from: candour person list"
                )
            event = PersonsUnlinked(
                link=link_id, subjects=found[0]["subjects"].split(), matcher=by.name or "",
                basis=basis,
            )  # fmt: skip
            said = personal(
                self.new_id(), f"persons_unlinked/{link_id}", "persons_unlinked", event,
                causes=[link_id], provenance=self.voice.signed_by(by, role=role),
            )  # fmt: skip
            links.unlink(db, link_id, said.draft.id)
            stored.want(db, said)
        return [said]

    def tell_apart(  # noqa: PLR0913 - a judgement has this many independent parts
        self, one: str, other: str, *, by: Practitioner, role: str, basis: str,
        causes: Collection[str],
    ) -> list[Wanted]:  # fmt: skip
        """Judge that two tokens, which nobody joined, are two people's.

        Args:
            one: of one record.
            other: of the other.
            by: the matcher.
            role: theirs.
            basis: on what grounds.
            causes: the statements that they looked at.
        """
        said_id = self.new_id()
        event = PersonsUnlinked(
            subjects=sorted([one, other]), matcher=by.name or "", basis=basis
        )  # fmt: skip
        said = personal(
            said_id, f"persons_unlinked/{said_id}", "persons_unlinked", event,
            causes=list(causes), provenance=self.voice.signed_by(by, role=role),
        )  # fmt: skip
        with self.store.write() as db:
            links.part(db, said_id, event, causes)
            stored.want(db, said)
        return [said]

    def decide_origin(
        self,
        proposal: str,
        decision: Literal["same", "different", "cannot_tell"],
        *,
        by: Practitioner,
        role: str,
        reason: str,
    ) -> list[Wanted]:
        """Judge whether two reports are one source heard twice; a later judgement replaces it.

        Raises:
            Misuse: there is no such proposal.

        Source:
            domain.md 4, M03: a person decides; corroboration stays at one until then.
        """
        with self.store.write() as db:
            found = rows.origin(db, proposal)
            named = () if found is None else (found["first"], found["second"])
            if found is None or self._is_hidden(db, by, proposal, *named):
                raise Misuse(
                    "There is no proposal of this id.",
                    remedy="Take the id from: candour person list",
                )
            said_id = self.new_id()
            event = SameOriginDecided(
                proposal=proposal, statements=[found["first"], found["second"]],
                decision=decision, by=by.name or "", reason=reason,
            )  # fmt: skip
            said = personal(
                said_id, f"same_origin_decided/{proposal}/{said_id}", "same_origin_decided", event,
                causes=[found["first"], found["second"], proposal],
                provenance=self.voice.signed_by(by, role=role),
            )  # fmt: skip
            rows.decide_origin(db, said_id, event)
            stored.want(db, said)
        return [said]

    def _is_hidden(self, db: Connection, by: Practitioner, *statements: str) -> bool:
        """Say whether somebody is kept from any of these: to them it is as if it were not there."""
        return not standing.hidden_from(db, self.voice.viewer(by)).isdisjoint(statements)

"""What a named person decides here: has an alert, joins or parts persons, judges one origin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from consumers import standing
from consumers import store as stored
from consumers.safeguarding import rows
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.event.control import PersonsLinked, PersonsUnlinked
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

    def acknowledge(self, alert_id: str, *, by: Practitioner, role: str) -> list[Wanted]:
        """Say that a named person has an alert.

        Raises:
            Misuse: there is no such alert, or somebody has it.
        """
        with self.store.write() as db:
            alert = rows.alert(db, alert_id)
            if alert is None or self._is_hidden(db, by, alert_id, alert["statement"]):
                raise Misuse(
                    "There is no alert of this id.", remedy="Take the id from: candour alert list"
                )
            if alert["acknowledged_by"] is not None:
                raise Misuse(
                    "Somebody has this alert already.",
                    remedy="See who: candour alert list; ring them.",
                )
            said = personal(
                self.new_id(), f"alert_acknowledged/{alert_id}", "alert_acknowledged",
                AlertAcknowledged(alert=alert_id, by=by.name or "", role=role),
                causes=[alert["statement"], alert_id],
                provenance=self.voice.signed_by(by, role=role),
            )  # fmt: skip
            rows.acknowledge(db, alert_id, by=by.name or "", acknowledgement=said.draft.id)
            stored.want(db, said)
        return [said]

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
            rows.link(db, said_id, event)
            stored.want(db, said)
        return [said]

    def unlink(self, link_id: str, *, by: Practitioner, role: str, basis: str) -> list[Wanted]:
        """Undo a link.

        Raises:
            Misuse: no such link stands.
        """
        with self.store.write() as db:
            found = [one for one in rows.standing_links(db) if one["id"] == link_id]
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
            rows.unlink(db, link_id, said.draft.id)
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

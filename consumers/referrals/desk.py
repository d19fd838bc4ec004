"""What a person decides about referring: whether to, and what housing is told to do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from consumers import reading, said_anew, standing
from consumers import store as stored
from consumers.referrals import rows
from consumers.responses import given
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.event.action import HousingNoticeGiven, ReferralConsidered
from contracts.event.report import Referral
from contracts.fault import Misuse
from contracts.section import Identity, Practitioner

NOTIFIERS = frozenset({"police", "safeguarding_hub"})
"""Who may tell housing to ring before anybody visits."""


@dataclass(frozen=True)
class Referring:
    """Where an agency's people decide whom to refer, and whom to warn."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    read: str | None = None
    """The newest correction that the page showed to who decides; None where there was no page."""

    def consider(  # noqa: PLR0913 - a decision has this many independent parts
        self,
        statement: str,
        referral: Referral,
        *,
        by: Practitioner,
        role: str,
        reason: str,
        referred: str | None = None,
    ) -> list[Wanted]:
        """Decide whether to refer; a decision not to is recorded like one to.

        Args:
            statement: the report that raises the question.
            referral: the kind of referral.
            by: who decides.
            role: theirs.
            reason: in words; it goes on the log.
            referred: the id of the referral, where one was made.

        Raises:
            Misuse: no such report is held here, or somebody decided already; to refer, and what
                was referred so is put to somebody still.

        Source:
            review 5.6.3 (iii); domain.md 1.10, 4 (M17).
        """
        with self.store.write() as db:
            self._insist_on(db, by, statement)
            if rows.is_considered(db, statement, referral):
                raise Misuse(
                    "Whether to refer there on this report was decided already.",
                    remedy="See by whom: candour referral list. To decide otherwise, take that "
                    "back first: candour retract ID.",
                )
            if referred is not None:
                made = rows.referral(db, referred)
                if made is None or (made["direction"], made["kind"]) != ("made", referral):
                    raise Misuse(
                        "No referral of that kind and id was made by this agency.",
                        remedy="Take the id from: candour referral list",
                    )
            viewer = self.voice.viewer(by)
            reading.insist_is_read(db, self.read, [statement], viewer=viewer)
            said_id = self.new_id()
            event = ReferralConsidered(
                statement=statement, referral=referral, reason=reason, by=by.name or "", role=role,
                decision="not_made" if referred is None else "made", referred=referred,
            )  # fmt: skip
            said = personal(
                said_id, f"referral_considered/{statement}/{referral}/{said_id}",
                "referral_considered", event,
                causes=reading.as_read(
                    db, [statement, *([referred] if referred else [])], viewer=viewer
                ),
                provenance=self.voice.signed_by(by, role=role),
            )  # fmt: skip
            rows.consider(db, said_id, event)
            stored.want(db, said)
        return [said]

    def notify_housing(  # noqa: PLR0913 - a notice has this many independent parts
        self,
        statement: str,
        subject: str,
        *,
        to: str,
        act: Literal["ring_police_contact", "ring_safeguarding_hub"],
        ring: str,
        by: Practitioner,
        role: str,
    ) -> list[Wanted]:
        """Tell housing to ring before anybody visits somebody: who, whom to ring, nothing else.

        Args:
            statement: the report that it rests on; housing is not sent it.
            subject: the token of the person in that report.
            to: the housing agency.
            act: what housing is to do.
            ring: the number or mailbox of a desk.
            by: who says so.
            role: theirs.

        Raises:
            Misuse: this is neither police nor hub, that is no housing agency, no such report or
                person is held here, or a notice that was given before stands.

        Source:
            review rec. 18, 5.7.3; domain.md 4 (M12), 7 (household: no tenancy mark).
        """
        if self.voice.kind not in NOTIFIERS:
            raise Misuse(
                "Only the police and the safeguarding hub give such a notice.",
                remedy="Report what you know; they decide whom housing is to ring.",
            )
        if self.voice.kind_of(self.voice.partners.acting(to)) != "housing":
            raise Misuse(
                "--to is no housing agency of this partnership.",
                remedy="Take its id from: candour partnership show",
            )
        with self.store.write() as db:
            self._insist_on(db, by, statement)
            report = standing.held(db, statement)
            named = report.sections.values() if report else ()
            people = (one for one in named if isinstance(one, Identity))
            found = next((one for one in people if one.subject == subject), None)
            if found is None:
                raise Misuse(
                    "This report names no such person.",
                    remedy="Give --person with the token or reference of somebody it names.",
                )
            key = f"housing_notice_given/{statement}/{subject}/{to}"
            said = said_anew.said_under(db, key)
            if stands := next(self._that_stand(db, by, said), None):
                raise _given_before(stands)
            event = HousingNoticeGiven(addressee=to, statement=statement, act=act, ring=ring)
            who = Identity(subject, found.names, found.born)
            wanted = personal(
                self.new_id(), said_anew.following(key, said), "housing_notice_given", event,
                causes=[statement], provenance=self.voice.signed_by(by, role=role),
                sections={"person.1.identity": who},
            )  # fmt: skip
            if not stored.want(db, wanted):
                raise _given_before(stored.id_of(db, wanted.key) or "")
        return [wanted]

    def _that_stand(self, db: Connection, by: Practitioner, said: Sequence[str]) -> Iterator[str]:
        """Give those of what was said that stand, as far as somebody may know, or are on their way.

        What was taken back, or refused by whoever decides on what is held, stands no more.
        """
        held, hidden = stored.rows_of(db, said), standing.hidden_from(db, self.voice.viewer(by))
        for one in said:
            row = held.get(one)
            closed = row is not None and "closed" in given.delivery_of(row).marks
            if not closed and one not in hidden and not standing.does_not_stand(db, one):
                yield one

    def _insist_on(self, db: Connection, by: Practitioner, statement: str) -> None:
        """Insist that a report is held here, as far as somebody may know."""
        row = stored.row_of(db, statement)
        if row is None or statement in standing.hidden_from(db, self.voice.viewer(by)):
            raise Misuse(
                "No report of this id is held here.",
                remedy="Take the id from: candour response list, or candour outbox",
            )


def _given_before(notice: str) -> Misuse:
    return Misuse(
        "Housing was given this notice already. Nothing more was said.",
        remedy=f"See what became of it: candour outbox show {notice}. To give another, take that "
        "back first: candour retract ID",
    )

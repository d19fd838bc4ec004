"""What a person answers: to whoever reported, and to whoever asked."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from consumers import reading, standing
from consumers import store as stored
from consumers.research import board, plan
from consumers.research.found import SAYS_WHY
from consumers.responses import asked, reuse, rows
from consumers.responses.owed import REQUESTS, discharged_by
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.context import Use
from contracts.event.action import VictimInformationRequested
from contracts.event.work import (
    InformationRequested,
    InformationSupplied,
    ResearchOutcome,
    ResponseGiven,
)
from contracts.fault import Misuse
from contracts.form import Section
from contracts.section import Practitioner


@dataclass(frozen=True)
class Answering:
    """Where an agency answers."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    read: str | None = None
    """The newest correction that the page showed to who answers; None where there was no page."""

    def give(
        self, event: ResponseGiven, *, by: Practitioner, role: str, again: bool = False
    ) -> list[Wanted]:
        """Tell a report's publisher what became of it.

        Args:
            event: the answer.
            by: who answers.
            role: their role.
            again: although it was answered before.

        Raises:
            Misuse: the report was not sent here, nothing was done and nothing says why, it was
                answered before, it says that every look was made and one was not, or that some
                were and none was, or it was corrected since the page was opened, or by what is
                kept from who answers.
        """
        with self.store.write() as db:
            row, viewer = stored.row_of(db, event.statement), self.voice.viewer(by)
            hidden = standing.hidden_from(db, viewer)
            if row is None or event.statement in hidden or row["agency"] == self.voice.agency:
                raise no_report()
            before = stored.id_under(db, f"response_given/{event.statement}/")
            if before is not None and not again:
                raise Misuse(
                    f"This report was answered already, by {before}. Nothing more was said.",
                    remedy="Where there is more to tell, or another answer: give --again.",
                )
            if event.actions == ["no_action"] and not event.no_action_reason:
                raise Misuse(
                    "Nothing was done and nothing says why.",
                    remedy="Say why: `reason` in --words FILE.",
                )
            _check_researched(event, board.tasks_seen(db, viewer, event.statement))
            _check_referral(event, is_referral=row["event"] == "referral_made")
            reading.insist_is_read(db, self.read, [event.statement], viewer=viewer)
            causes = reading.as_read(db, [event.statement], viewer=viewer)
            return [self._said(db, "response_given", event, causes, by, role)]

    def supply(  # noqa: PLR0913 - an answer has this many independent parts
        self,
        request_id: str,
        outcome: ResearchOutcome | None = None,
        *,
        by: Practitioner,
        role: str,
        why: str | None = None,
        told: Callable[[str], Mapping[str, Section]] = lambda _: {},
        reuses: str | None = None,
    ) -> list[Wanted]:
        """Answer a request; what it is about is taken from it.

        That nobody could look is told to whoever asked, and ends nothing: the answer is owed still.

        Args:
            request_id: the id of the `information_requested`.
            outcome: typed: `nil` is not a finding of safety; left out, that of what is reused.
            by: who answers.
            role: their role.
            why: in words, where nothing is supplied.
            told: makes the sections that hold what is supplied, given the subject's token.
            reuses: the id of an answer that was given before and still holds.

        Raises:
            Misuse: no such request was put to this agency, or what is to be reused is no answer to
                this question that this agency may give again.
        """
        with self.store.write() as db:
            viewer = self.voice.viewer(by)
            request, purpose = self._put_to_us(db, viewer, request_id)
            sections = told(request.subject)
            if reuses is not None:
                again = self._again(db, viewer, request_id, reuses)
                if outcome not in {None, again.outcome}:
                    raise Misuse(
                        f"The earlier answer was {again.outcome}, and this says otherwise.",
                        remedy="Leave --outcome out, or answer anew without --reuses.",
                    )
                outcome, why = again.outcome, why or reuse.why_of(db, again)
                sections = {**reuse.said_again(db, again, request.subject), **sections}
            if outcome is None:
                raise Misuse("Nothing says what was found.", remedy="Give --outcome.")
            if outcome in SAYS_WHY and not why:
                raise Misuse(
                    "Nothing is supplied and nothing says why.",
                    remedy="Give --words with the reason.",
                )
            event = InformationSupplied(
                request=request_id, statement=request.statement, subject=request.subject,
                outcome=outcome, supplied_by=by.name or "", why=why, reuses=reuses,
            )  # fmt: skip
            # An answer is for the purpose of its question: a line of enquiry is no safeguarding.
            said = self._said(
                db, "information_supplied", event, [request_id], by, role, sections, purpose
            )
            asked.answer(db, said.draft.id, event, at=stored.ledger_time(db))
            return [said]

    def _put_to_us(
        self, db: Connection, viewer: Collection[str], request_id: str
    ) -> tuple[InformationRequested | VictimInformationRequested, Use | None]:
        hidden = request_id in standing.hidden_from(db, viewer)
        held = None if hidden else stored.held(db, request_id)
        request = held.sections.get("event") if held is not None else None
        acting, ours = self.voice.partners.acting, self.voice.agency
        if held and isinstance(request, REQUESTS) and acting(request.addressee) == ours:
            return request, held.context.purpose
        raise Misuse(
            "No request of this id was put to this agency.",
            remedy="Take the id from: candour response list",
        )

    def _again(
        self, db: Connection, viewer: Collection[str], request_id: str, reuses: str
    ) -> reuse.Earlier:
        """Find the earlier answer that is to be given again, if it may be."""
        row = asked.request(db, request_id)
        found = [] if row is None else reuse.earlier(db, self.voice, viewer, row)
        again = next((one for one in found if one.answer == reuses), None)
        if again is None:
            raise Misuse(
                "No answer of this id may be given again to this question: it must be this "
                f"agency's own, about the same person and period, not marked since, and no more "
                f"than {self.voice.rules.reuse_days} days old.",
                remedy="Take the id from: candour response list; or search, and answer anew.",
            )
        return again

    def _said(  # noqa: PLR0913 - as its callers
        self,
        db: Connection,
        event: str,
        value: ResponseGiven | InformationSupplied,
        causes: Sequence[str],
        by: Practitioner,
        role: str,
        sections: Mapping[str, Section] | None = None,
        purpose: Use | None = None,
    ) -> Wanted:
        """Note one answer to its first cause, and the duty it discharges, if it does."""
        said_id, about = self.new_id(), causes[0]
        said = personal(
            said_id, f"{event}/{about}/{said_id}", event, value, causes=causes,
            provenance=self.voice.signed_by(by, role=role), sections=sections, purpose=purpose,
        )  # fmt: skip
        if (key := f"{event}/{about}") in discharged_by(value):
            rows.discharge(db, key, said_id)
        stored.want(db, said)
        return said


def _check_researched(event: ResponseGiven, tasks: Sequence[RowMapping]) -> None:
    """Refuse that looks were made that were not: whoever reported would rest on it.

    Args:
        event: the answer.
        tasks: the looks of its report, as far as who answers may know; whoever has none to make
            is believed about its own records.

    Source:
        review 5.6.4 (iii)-(v); domain.md 4 (M01).
    """
    made = [one for one in tasks if one["outcome"] in plan.LOOKED]
    may = {"yes": len(made) == len(tasks), "part": bool(made) or not tasks, "no": True}
    if not may[event.researched]:
        raise Misuse(
            f"{'Not every' if made else 'No'} look was made: {plan.standing(tasks)}. Nothing was "
            "sent.",
            remedy=f"Say {'`part` or `no`' if made else '`no`'}. Or make the looks first: candour "
            "research list.",
        )


def _check_referral(event: ResponseGiven, *, is_referral: bool) -> None:
    """Insist that a referral is decided, that only one is, and that a refusal says why."""
    if is_referral and event.referral is None:
        raise Misuse(
            "This is a referral, and nothing says what became of it.",
            remedy="Give --referral accepted, refused or redirected.",
        )
    if event.referral is not None and not is_referral:
        raise Misuse(
            "This is no referral: there is nothing to accept or refuse.",
            remedy="Leave --referral out.",
        )
    if event.referral in {"refused", "redirected"} and not event.no_action_reason:
        raise Misuse(
            f"The referral is {event.referral} and nothing says why, or where to.",
            remedy="Give --words with the reason; whoever referred is told it.",
        )


def no_report() -> Misuse:
    """Say that a report is not known here: in the same words whether it is kept, or is none."""
    return Misuse(
        "No report of this id was sent to this agency.",
        remedy="Take the id from: candour response list",
    )

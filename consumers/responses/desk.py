"""What a person answers: to whoever reported, and to whoever asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from consumers import standing
from consumers import store as stored
from consumers.responses import rows
from consumers.responses.owed import REQUESTS
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.event.work import (
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
            Misuse: the report was not sent here, nothing was done and nothing says why, or it was
                answered before.
        """
        with self.store.write() as db:
            row = stored.row_of(db, event.statement)
            hidden = standing.hidden_from(db, self.voice.viewer(by))
            if row is None or event.statement in hidden or row["agency"] == self.voice.agency:
                raise no_report()
            before = stored.id_under(db, f"response_given/{event.statement}/")
            if before is not None and not again:
                raise Misuse(
                    f"This report was answered already, by {before}. Nothing more was said.",
                    remedy="Where there is more to tell, or another answer: give --again.",
                )
            if event.actions == ["no_action"] and not event.no_action_reason:
                raise Misuse("Nothing was done and nothing says why.", remedy="Give --reason.")
            return [self._said(db, "response_given", event, event.statement, by, role)]

    def supply(  # noqa: PLR0913 - an answer has this many independent parts
        self,
        request_id: str,
        outcome: ResearchOutcome,
        *,
        by: Practitioner,
        role: str,
        why: str | None = None,
        told: Callable[[str], Mapping[str, Section]] = lambda _: {},
    ) -> list[Wanted]:
        """Answer a request; what it is about is taken from it.

        Args:
            request_id: the id of the `information_requested`.
            outcome: typed: `nil` is not a finding of safety.
            by: who answers.
            role: their role.
            why: in words, where nothing is supplied.
            told: makes the sections that hold what is supplied, given the subject's token.

        Raises:
            Misuse: no such request was put to this agency.
        """
        with self.store.write() as db:
            hidden = standing.hidden_from(db, self.voice.viewer(by))
            asked = None if request_id in hidden else stored.held(db, request_id)
            request = asked.sections.get("event") if asked is not None else None
            if not isinstance(request, REQUESTS):
                raise Misuse(
                    "No request of this id was put to this agency.",
                    remedy="Take the id from: candour response list",
                )
            if outcome in {"not_searched", "unavailable", "refused"} and not why:
                raise Misuse(
                    "Nothing is supplied and nothing says why.",
                    remedy="Give --words with the reason.",
                )
            event = InformationSupplied(
                request=request_id, statement=request.statement, subject=request.subject,
                outcome=outcome, supplied_by=by.name or "", why=why,
            )  # fmt: skip
            sections = told(request.subject)
            return [self._said(db, "information_supplied", event, request_id, by, role, sections)]

    def _said(  # noqa: PLR0913 - as its callers
        self,
        db: Connection,
        event: str,
        value: ResponseGiven | InformationSupplied,
        about: str,
        by: Practitioner,
        role: str,
        sections: Mapping[str, Section] | None = None,
    ) -> Wanted:
        """Note one answer and the duty it discharges; a later answer is one more."""
        said_id = self.new_id()
        said = personal(
            said_id, f"{event}/{about}/{said_id}", event, value, causes=[about],
            provenance=self.voice.signed_by(by, role=role), sections=sections,
        )  # fmt: skip
        rows.discharge(db, f"{event}/{about}", said_id)
        stored.want(db, said)
        return said


def no_report() -> Misuse:
    """Say that a report is not known here: in the same words whether it is kept, or is none."""
    return Misuse(
        "No report of this id was sent to this agency.",
        remedy="Take the id from: candour response list",
    )

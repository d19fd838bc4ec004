"""Where a named person asks another agency what it holds about somebody.

Which agency is asked a machine never decides, but for a report's own publisher: who is kept from
a report is told to nobody, so that to ask could tell exactly whom it must not.

Source: domain.md 1.5, 7 (What comes back).
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from consumers import standing
from consumers import store as stored
from consumers.responses import asked
from consumers.responses.period import checked
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.context import Use
from contracts.duration import HOUR_MS
from contracts.event.work import InformationRequested
from contracts.fault import Misuse
from contracts.form import Section
from contracts.section import Identity, PersonPart, Practitioner
from contracts.sharing import UseLimits, limits_on
from contracts.statement import Statement


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        to: the agency.
        about: the id of the report that raises it, held here.
        subject: the token of whom it is about, as the report has it.
        why: in words.
        period: as `consumers.responses.period`; None for any time.
        due_at: ledger milliseconds; None for the hours that the rules give.
        purpose: where the agreements leave more than one.
    """

    to: str
    about: str
    subject: str
    why: str
    period: str | None = None
    due_at: int | None = None
    purpose: Use | None = None


@dataclass(frozen=True)
class Asking:
    """Where an agency's people ask."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]

    def ask(self, question: Question, *, by: Practitioner, role: str) -> list[Wanted]:
        """Ask an agency; the question carries who is meant and what may be put to them.

        Raises:
            Misuse: no such report is held here, it names no such person, the agency is none that
                could be asked, or the time is past.
        """
        said_id = self.new_id()
        with self.store.write() as db:
            report = self._report(db, question.about, by)
            sections = named(report, question.subject)
            event = InformationRequested(
                addressee=addressee(self.voice, question.to), statement=question.about,
                subject=question.subject, why=question.why, period=checked(question.period),
                due_at=due_by(db, self.voice, report, question.due_at),
            )  # fmt: skip
            said = personal(
                said_id, f"information_requested/{question.about}/{question.subject}/{said_id}",
                "information_requested", event, causes=[question.about],
                provenance=self.voice.signed_by(by, role=role), sections=sections,
                urgency="routine" if report.context.urgency == "routine" else "urgent",
            )  # fmt: skip
            draft = msgspec.structs.replace(said.draft, purpose=question.purpose)
            wanted = Wanted(said.key, draft)
            asked.ask(db, said_id, event, asker=self.voice.agency)
            stored.want(db, wanted)
        return [wanted]

    def _report(self, db: Connection, about: str, by: Practitioner) -> Statement:
        hidden = standing.hidden_from(db, self.voice.viewer(by))
        report = None if about in hidden else standing.held(db, about, but=hidden)
        if report is None:
            raise Misuse(
                "No report of this id is held here.",
                remedy="Take the id from: candour response list, or candour outbox",
            )
        return report


def addressee(voice: Voice, agency: str) -> str:
    """Give who is asked: an agency, or who acts in its place.

    Raises:
        Misuse: it is this one, or none of the partnership.
    """
    partners = voice.partners
    if agency not in partners.agencies or partners.acting(agency) == voice.agency:
        others = sorted(set(partners.agencies) - {voice.agency})
        raise Misuse(
            "--to names no other agency of this partnership.",
            remedy=f"Give one of: {', '.join(others)}.",
        )
    return partners.acting(agency)


def due_by(db: Connection, voice: Voice, report: Statement, given: int | None) -> int:
    """Give by when an answer is due, in ledger milliseconds: as given, else by the rules.

    Raises:
        Misuse: the time is past.
    """
    now, rules = stored.ledger_time(db), voice.rules
    routine = report.context.urgency == "routine"
    hours = rules.response_hours if routine else rules.response_hours_urgent
    due_at = now + hours * HOUR_MS if given is None else given
    if due_at <= now:
        raise Misuse(
            "The time by which an answer is due is past.", remedy="Give a later one as --due."
        )
    return due_at


def named(report: Statement, subject: str) -> dict[str, Section]:
    """Give the sections that say who is meant, and what may be put to whom."""
    own = [v for v in report.sections.values() if getattr(v, "subject", None) == subject]
    identity = next((value for value in own if isinstance(value, Identity)), None)
    if identity is None:
        raise Misuse(
            "This report names nobody of that token.",
            remedy="Take the token from the report: candour research list shows it, or `candour "
            "outbox show`.",
        )
    part = next((value for value in own if isinstance(value, PersonPart)), None)
    limits = report.sections.get("use_limits")
    found: dict[str, Section] = {"person.1.identity": identity}
    if part is not None:
        found["person.1.part"] = part
    if isinstance(limits, UseLimits):
        found["use_limits"] = limits_on(limits, [subject])
    return found

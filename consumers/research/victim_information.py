"""A request for a victim's information, for a line of enquiry: never research, and typed apart.

Research looks after somebody; this looks into her. It opens no task and closes none: the answer
goes to whoever asked, and what research still has to be done is to be done all the same.

Source: Police, Crime, Sentencing and Courts Act 2022 ss44A-44E; domain.md 1.5.
"""

from collections.abc import Callable
from dataclasses import dataclass

from consumers import acting, standing
from consumers import store as stored
from consumers.research import plan
from consumers.responses import asked
from consumers.responses.asking import addressee, due_by, named
from consumers.store import Store, Wanted
from consumers.whereabouts import SHELTERED
from consumers.worker import Voice, hand, personal
from contracts.event.action import Excepted, VictimInformationRequested
from contracts.fault import Misuse
from contracts.section import Practitioner

KINDS = frozenset({"police"})
ASKED_ABOUT = SHELTERED | {"unassessed"}
"""The parts of whom it may be about: nobody of another is a victim."""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is sought, and why no less would do.

    Attributes:
        addressee: the agency that is asked.
        statement: the report's id.
        subject: the victim's token in it.
        line_of_enquiry: which, in words.
        period: of the records that are sought, in words.
        why: why it is believed that they hold what bears on it.
        less_intrusive: what else was considered, and why it does not do.
        exception: why the victim has no notice; None where she has it, on or before this.
        counselling: why counselling records are proportionate; None: they are not asked for.
        authorised_by: who authorised it, by name; not who asks.
        due_at: ledger milliseconds; None for the hours that the rules give.
    """

    addressee: str
    statement: str
    subject: str
    line_of_enquiry: str
    period: str
    why: str
    less_intrusive: str
    authorised_by: str
    exception: Excepted | None = None
    counselling: str | None = None
    due_at: int | None = None


@dataclass(frozen=True)
class Requesting:
    """Where a force asks for a victim's information."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]

    def request(self, sought: Sought, *, by: Practitioner, role: str) -> list[Wanted]:
        """Ask an agency for what it holds about a victim; the question names her and nobody else.

        Args:
            sought: what, and why no less.
            by: who asks.
            role: their role.

        Returns:
            What is to be said.

        Raises:
            Misuse: no such report or person, nobody else authorised it, the person is not one whom
                a report names as harmed (of a suspect this is not the way to ask), the agency is
                none that could be asked, or the time is past.
        """
        said_id = self.new_id()
        with self.store.write() as db:
            acting.check(db, self.voice)
            hidden = standing.hidden_from(db, self.voice.viewer(by))
            report = None if sought.statement in hidden else standing.held(db, sought.statement)
            people = {} if report is None else {one.subject: one for one in plan.persons(report)}
            person = people.get(sought.subject)
            if report is None or person is None:
                raise Misuse(
                    "No report of this id that was sent here names this person.",
                    remedy="Take the report's id and the person's token from: candour research "
                    "list --all",
                )
            to = addressee(self.voice, sought.addressee)
            self._check(sought, person.part, by)
            event = VictimInformationRequested(
                addressee=to, statement=sought.statement, subject=sought.subject,
                line_of_enquiry=sought.line_of_enquiry, period=sought.period, why=sought.why,
                less_intrusive=sought.less_intrusive, authorised_by=sought.authorised_by,
                notice="excepted" if sought.exception else "given", exception=sought.exception,
                counselling=sought.counselling,
                due_at=due_by(db, self.voice, report, sought.due_at),
            )  # fmt: skip
            said = personal(
                said_id, f"victim_information_requested/{sought.statement}/{said_id}",
                "victim_information_requested", event, causes=[sought.statement],
                provenance=self.voice.signed_by(by, role=role), purpose="law_enforcement",
                sections=named(report, sought.subject),
            )  # fmt: skip
            asked.ask(db, said_id, event, asker=self.voice.agency)
            stored.want(db, said)
        return [said]

    def _check(self, sought: Sought, part: str, by: Practitioner) -> None:
        """Refuse a request that nobody else stands behind, or about a suspect."""
        if part not in ASKED_ABOUT:
            raise Misuse(
                "This person is no victim in the report: this request is about victims alone.",
                remedy="Research on anybody else: candour research list. What an agency holds on "
                "them it is asked as a request for information.",
            )
        if hand(sought.authorised_by) == hand(by.name):
            raise Misuse(
                "Who asks does not authorise it.",
                remedy="Let somebody else authorise it, and name them with --authorised-by.",
            )

"""What police look up for a report: which person in which system, by when, and when it is done.

Pure. The systems are configuration of this module's tables, not of a worker; a national service
level was not found, so the hours are the ruleset's, as is where convictions are indexed.

Source: review 5.6.4 (iii)-(v) and rec. 15; domain.md 1.5, 4 (M01), 7 (Research results).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contracts.context import Urgency
from contracts.duration import HOUR_MS
from contracts.event.control import Rules
from contracts.event.report import ClosureNotified, ContactRecorded
from contracts.event.work import ResearchCompleted, System
from contracts.section import PLACES, Identity, PersonPart, Risk
from contracts.statement import Statement

Priority = Literal["immediate", "urgent", "routine"]

INDEXES: frozenset[System] = frozenset({"pnc", "leds", "pnd"})
"""What police alone search, by hand, vetted where the ruleset says so: no connector reaches it."""

GATEWAY = "common_law.policing"
"""The power that police look under (domain.md 1.7)."""


def full(rules: Rules) -> tuple[System, ...]:
    """List every system, for a concern (rec. 15: PNC, PND and local, on every report)."""
    return (rules.national_index, "pnd", "mash", "niche", "local", "probation", "iom_mappa")


def first(rules: Rules) -> tuple[System, ...]:
    """List where to look first on a change of relationship, household or standing.

    Niche is local: incidents and warnings stand there, not in the index. PND follows on a hit.
    """
    return ("niche", "local", rules.national_index)


CHILD: tuple[System, ...] = ("mash", "local")
"""For a child: never an index of convictions."""

FULL_EVENTS = frozenset({"concern_reported", "intelligence_logged", "disclosure_applied"})
FIRST_EVENTS = frozenset({
    "contact_recorded", "relationship_noted", "household_changed", "risk_assessed",
    "release_notified", "closure_notified",
})  # fmt: skip
REPORTS = FULL_EVENTS | FIRST_EVENTS
"""The events that open research; what police themselves hold (`police_record_noted`) is what
research finds, and opens none."""

_GRAVE = frozenset({"allegation_by_other", "threat", "counter_allegation"})
"""What makes a contact a concern; threats to kill make any report one."""

HITS = frozenset({"match", "possible_match"})
TELLING = {"nil": 1, "destroyed": 2, "refused": 3, "possible_match": 4, "match": 5}
"""How much each outcome tells that ends a task: of two looks in one system the more is shown."""
LOOKED = frozenset(TELLING)
"""Outcomes that end a task; after `unavailable` and `not_searched` the look is still to be made."""

WORDS: dict[str, str] = {
    "match": "match: a record that is this person's",
    "possible_match": "possible match: a record that may be this person's; a person decides",
    "nil": "nil: nothing found in this system; not a finding of safety",
    "not_searched": "not searched: nobody has looked; not a finding of safety",
    "unavailable": "unavailable: the system could not be asked; look again; not a finding",
    "refused": "refused: there may be a record, and its holder would not say",
    "destroyed": "destroyed: there was a record and it is gone; not the same as nil",
}
"""Each outcome as a reader must take it (domain.md 5, trap 13)."""

NOT_SAFE = "none of them is a finding of safety"

GONE = "no other is to be made: whoever reported has taken it back"

NOBODY_LOOKED = "PARTIAL: nothing was looked up; that is not a finding of safety"
BARE_NAME = "only a first name is known: a search would find somebody else, or nobody"
NAMED_SINCE = "only a first name was known then, and more is known now"
UNASKED = "no family name is known, and this connector cannot ask by every number that is"


@dataclass(frozen=True, slots=True)
class Person:
    """One person in a report, by the publisher's token.

    Attributes:
        subject: the token.
        identity: names and the rest, as delivered; None where none was.
        part: the part played, `unassessed` where none was given.
    """

    subject: str
    identity: Identity | None
    part: str

    @property
    def is_bare(self) -> bool:
        """Say whether no name has a family name and no identifier was given."""
        told = self.identity
        return told is None or not (told.identifiers or any(one.family for one in told.names))


@dataclass(frozen=True, slots=True)
class Task:
    """One person in one system, by a ledger time in milliseconds."""

    statement: str
    subject: str
    system: System
    priority: Priority
    due_at: int

    @property
    def key(self) -> str:
        """The natural key of the task's statement."""
        return f"research_requested/{self.statement}/{self.subject}/{self.system}"


def persons(statement: Statement) -> list[Person]:
    """List the persons of a statement: those whom it names, in the order of their numbers.

    After them come those of whom no identity reached us: somebody has to ask who they are.
    """
    sections = statement.sections
    parts = {v.subject: v.part for v in sections.values() if isinstance(v, PersonPart)}
    named = {v.subject: v for v in sections.values() if isinstance(v, Identity)}
    others = [v.subject for v in sections.values() if isinstance(v, (*PLACES, PersonPart))]
    whom = dict.fromkeys([*named, *others])
    return [Person(one, named.get(one), parts.get(one, "unassessed")) for one in whom]


def tasks(statement: Statement, *, rules: Rules, at: int) -> list[Task]:
    """Plan the research of one report.

    Args:
        statement: as delivered to police.
        rules: the founding's, for the hours.
        at: the ledger time of its delivery, from which the clock runs.

    Returns:
        A task per person per system; none for what is no report.
    """
    if statement.kind.name not in REPORTS:
        return []
    if _is_plain_end(statement):
        return []
    grave = statement.kind.name in FULL_EVENTS or _is_grave(statement)
    adult = full(rules) if grave else first(rules)
    return [
        task_for(statement, person.subject, system, rules=rules, at=at)
        for person in persons(statement)
        for system in (CHILD if person.part == "child" else adult)
    ]


def task_for(statement: Statement, subject: str, system: System, *, rules: Rules, at: int) -> Task:
    """Plan one look, with the clock of the report's urgency."""
    priority = _priority(statement.context.urgency)
    hours = {
        "immediate": rules.research_hours_immediate,
        "urgent": rules.research_hours_urgent,
        "routine": rules.research_hours_routine,
    }[priority]
    return Task(statement.context.id, subject, system, priority, at + hours * HOUR_MS)


def standing(tasks: Sequence[Mapping[Any, Any]]) -> str:
    """Say how far the research of one report has come: never so that it reads as done or safe.

    Args:
        tasks: every row of one report that its reader may know of, with `outcome` and `open`, and
            `retracted` where it was taken back.
    """
    if not tasks:
        return NOBODY_LOOKED
    made = [task["outcome"] for task in tasks if task["outcome"] in LOOKED]
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in _counted(made))
    said = f"{len(made)} of {len(tasks)} looks made"
    said += f" ({told}; {NOT_SAFE})" if made else ""
    if len(made) == len(tasks):
        return said
    if any(task.get("retracted") for task in tasks):
        return f"{said}; {GONE}"
    still = Counter(task["outcome"] or "not begun" for task in tasks if task["open"])
    never = sum(not task["open"] and task["outcome"] not in LOOKED for task in tasks)
    left = [f"{count} {name.replace('_', ' ')}" for name, count in sorted(still.items())]
    left += [f"{never} that could never be made"] if never else []
    return f"{said}; PARTIAL: {', '.join(left)}"


def why_of(task: Mapping[Any, Any], *, is_bare: bool) -> str | None:
    """Say why a look was not made, as it is true now; None where nothing says why.

    Args:
        task: its row.
        is_bare: whether nothing but a first name is known of its person still.
    """
    why: str | None = task["why"]
    return NAMED_SINCE if why == BARE_NAME and not is_bare else why


def authority(ruleset: str) -> str:
    """Say by what a look was asked for: each is, by its report's kind, and by no person's word."""
    return (
        f"a standing authority: ruleset {ruleset} asks it of every such report, and nobody "
        "authorised this look by hand"
    )


def follow_up(
    statement: Statement, done: ResearchCompleted, *, rules: Rules, at: int
) -> Task | None:
    """Plan PND after a hit in one of the first systems; None where nothing follows.

    Source:
        domain.md 7, Research results: local and PNC first, PND on a hit.
    """
    begun = statement.kind.name in FIRST_EVENTS and not _is_grave(statement)
    if not begun or done.system not in first(rules) or done.outcome not in HITS:
        return None
    return task_for(statement, done.subject, "pnd", rules=rules, at=at)


def asks_publisher(task: Task, *, publisher_kind: str) -> bool:
    """Say whether a task is put to the report's own publisher: only it knows its tokens.

    A third agency is asked by a person, never by the system: who is excluded from a report is
    told to nobody, so that asking another agency could tell exactly whom it must not.
    """
    return task.system == "probation" and publisher_kind == "probation"


def _priority(urgency: Urgency) -> Priority:
    if urgency == "threat_to_life":
        return "immediate"
    return "urgent" if urgency == "urgent" else "routine"


def _counted(outcomes: Sequence[str]) -> list[tuple[str, int]]:
    return sorted(Counter(outcomes).items())


def _is_plain_end(statement: Statement) -> bool:
    """Say whether this only says that something ends, and that nobody knows of a risk that stays.

    What is not known is no: a closure that does not say so is looked at.
    """
    event = statement.sections.get("event")
    return isinstance(event, ClosureNotified) and event.risk_recognised == "no"


def _is_grave(statement: Statement) -> bool:
    if statement.context.urgency == "threat_to_life":
        return True
    risk, event = statement.sections.get("risk"), statement.sections.get("event")
    if isinstance(risk, Risk) and "threats_to_kill" in (risk.factors or []):
        return True
    return isinstance(event, ContactRecorded) and bool(_GRAVE & set(event.disclosed or []))

"""Assessments that held only unless circumstances changed: who made one is asked to assess again.

The changes are the instrument's own (`reassess_on` of a band). Each asks once of one assessment; a
new one takes the old one's place, and what is asked of it begins anew.

Source: review 5.6.2 (iii), Medium; domain.md 1.1 (each change is a re-assessment trigger), 4 (M09).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from consumers import aside, store
from consumers.history import Past
from consumers.safeguarding import anew, rows
from consumers.safeguarding.rules import is_automated, terms
from consumers.safeguarding.rules.good import GOOD
from consumers.safeguarding.rules.reading import adults, among, factors, is_account, told
from consumers.safeguarding.rules.seen import History, Seen
from consumers.store import Wanted
from consumers.worker import Voice, Worker
from contracts.duration import HOUR_MS
from contracts.event.control import RuleTerm
from contracts.event.report import Report, RiskAssessed
from contracts.event.work import AlertRaised
from contracts.instrument.assessed import Instrument, Trigger, triggers
from contracts.opened import View

RULE = "M09"
"""The rule whose second half this is: a new factor asks for DASH, at Medium for another one."""
WHY = (
    "The level of this assessment held only unless circumstances changed, and something reported "
    "since says that they did: {when}. Whoever made it assesses again, on the account of whoever "
    "may be at risk, alone and safely."
)
_OURS = WHY.partition("{")[0]
"""How what is asked here begins: the rule's own alerts are others."""


class Due(NamedTuple):
    """One assessment that is to be made again: why, by whom, about whom."""

    assessment: str
    trigger: Trigger
    owner: str
    subjects: list[str]


def due(
    seen: Seen, history: History, instrument_of: Callable[[str], Instrument | None]
) -> Iterator[Due]:
    """List the assessments of this agency that a report makes due anew.

    Args:
        seen: a report that a person made.
        history: assessments on the account of whoever is at risk; the newest of each couple counts.
        instrument_of: gives an instrument by its id, None for one that is not known here.

    Yields:
        One for each change: only where it is of the very couple, and not from before it.
    """
    changed = factors(seen.statement)
    if told(seen, Report) is None or not changed or is_account(seen):
        return
    asked: set[str] = set()
    for subject in adults(seen.statement):
        made = [one for one in history.of(subject, "risk_assessed") if one.is_ours]
        last = next((one for one in reversed(made) if is_account(one)), None)
        event = told(last, RiskAssessed) if last is not None else None
        if last is None or event is None or last.id in asked or not _is_of(seen, last, history):
            continue
        asked.add(last.id)
        instrument = instrument_of(event.instrument)
        bands = instrument.bands if instrument is not None else []
        for band in (one for one in bands if one.level == event.level):
            for one in triggers(band, changed):
                yield Due(last.id, one, band.owner, adults(last.statement))


def _is_of(seen: Seen, assessment: Seen, history: History) -> bool:
    """Say whether a report is of the people of an assessment, and not from before it.

    What he does with somebody else is her own assessment's, unless both of this one are named.
    """
    couple, named = adults(assessment.statement), adults(seen.statement)
    earlier = seen.day is not None and assessment.day is not None and seen.day < assessment.day
    within = all(among(history, one, couple) for one in named)
    return not earlier and (within or all(among(history, one, named) for one in couple))


class Reassessing(Worker):
    """Assessments to be made again, for an agency of any kind; it comes after the rules."""

    def __init__(self, voice: Voice, instrument_of: Callable[[str], Instrument | None]) -> None:
        """Look changes up in the instruments of one agency."""
        super().__init__(voice)
        self._instrument_of = instrument_of

    def take(self, db: Connection, view: View, /) -> list[Wanted]:
        """Look at what came; the rules' own worker shows what is corrected or linked (`again`)."""
        statement = view.statement
        if not isinstance(statement.sections.get("event"), Report):
            return []
        past = Past(db, self._voice.agency, of=statement.context.id)
        seen = past.as_it_stands(view)
        return [] if seen is None else self._asked(db, seen, past, view.head.ledger_time)

    def again(self, db: Connection, statements: Iterable[str], at: int, /) -> list[Wanted]:
        """Look at statements that are otherwise now; nothing is asked twice."""
        wanted: list[Wanted] = []
        for one in statements:
            row = store.row_of(db, one)
            if row is None:
                continue
            with aside.contained(db, row["digest"], one, worker=type(self).__name__):
                past = Past(db, self._voice.agency, of=one, before=row["entry"])
                seen = past.seen(one)
                wanted += [] if seen is None else self._asked(db, seen, past, at)
        return wanted

    def _asked(self, db: Connection, seen: Seen, past: Past, at: int) -> list[Wanted]:
        """Ask for assessments anew; where the rule asks of this report and couple, that will do."""
        if is_automated(seen.statement):
            return []
        asked = [
            {past.person(one) for one in rows.subjects_of(db, row["id"])}
            for row in rows.raised(db, RULE, seen.id, by=self._voice.agency)
            if not (row["why"] or "").startswith(_OURS)
        ]
        return [
            alert
            for one in due(seen, past, self._instrument_of)
            if {past.person(subject) for subject in one.subjects} not in asked
            for alert in self._alert(db, seen, one, at)
        ]

    def _owner(self, term: RuleTerm, owner: str) -> str:
        """Give whose duty it is: the band's, where the ruleset has that desk here.

        An instrument names roles of police and of whoever was there: nobody elsewhere reads them.
        """
        voice = self._voice
        if voice.kind in terms.desks(voice.rules, owner):
            return owner
        role = terms.named(term, voice.kind)
        at_home = role is not None and terms.may_be_at(voice.rules, role, voice.kind)
        return role if role is not None and at_home else voice.role_of(voice.agency)

    def _alert(self, db: Connection, seen: Seen, one: Due, at: int) -> list[Wanted]:
        """Make the alert, under the next key where one went with its report; else once."""
        voice, why = self._voice, WHY.format(when=one.trigger.when)
        stand = [rows.alert(db, alert) for alert in rows.resting_on(db, one.assessment)]
        if any(row and (row["raised_by"], row["why"]) == (voice.agency, why) for row in stand):
            return []
        once = f"reassess/{one.trigger.id}"
        key = anew.free_key(db, anew.alert_key(RULE, one.assessment, once))
        if key is None:
            return []
        rules = voice.rules
        term = next(term for term in terms.DEFAULT if term.id == RULE)
        term = next((one for one in terms.in_force(rules) if one.id == RULE), term)
        event = AlertRaised(
            rule=RULE, rule_version=term.version, act="dash", attention=term.attention,
            statements=[seen.id, one.assessment], subjects=one.subjects,
            owner_role=self._owner(term, one.owner), fallback_role=term.fallback,
            due_at=at + term.hours * HOUR_MS, good=GOOD["dash"],
            why=why,
        )  # fmt: skip
        wanted = voice.derived(
            key, "alert_raised", event, causes=event.statements, rule=f"{RULE}/{term.version}"
        )
        anew.add(db, wanted.draft.id, event, by=voice.agency, at=at)
        return [wanted]

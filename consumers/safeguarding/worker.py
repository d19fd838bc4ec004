"""Watching: for every agency, the rules over what it was sent, and the clocks of its alerts.

Each view is shown to every rule whose term names this kind of agency; what a rule asks for becomes
an alert, once for its natural key. Nothing here decides: the rules do, and people.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import aside, history, store
from consumers.history import Past
from consumers.research import rows as research
from consumers.safeguarding import life, links, origins, rows, watched
from consumers.safeguarding.anew import add, alert_key, free_key, in_place, went
from consumers.safeguarding.rules import is_automated, same_origin, terms, unresearched
from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.good import GOOD, OWED_BY
from consumers.safeguarding.rules.seen import Alarm, Seen
from consumers.store import Wanted
from consumers.worker import CAUSES_MAX, Voice, Worker
from contracts.duration import HOUR_MS
from contracts.event.action import AlertClosed, AlertEscalated
from contracts.event.case import PersonsLinked, PersonsUnlinked, StatementCorrected
from contracts.event.control import Rules, RuleTerm
from contracts.event.report import Report
from contracts.event.work import (
    AlertRaised,
    PossibleSameOrigin,
    ResearchCompleted,
    SameOriginDecided,
)
from contracts.form import Section
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.sharing import Involved, Involvements

RULE = "alert_clock/1"
SHOWN = (Report, ResearchCompleted)
"""What a machine may say that a rule is shown: it decides itself whether it names machines."""
LOOKED_AGAIN = 32
"""How many reports rules look at again at once when persons are found to be one: the newest, and
each minute of ledger time as many more, until they have seen each; so that one link, of somebody of
whom thousands of reports are held, stops nothing else."""

Again = Callable[[Connection, Iterable[str], int], list[Wanted]]
"""What looks at statements that are otherwise now, by id, at a ledger time."""


class Watching(Worker):
    """Rules and alerts, for an agency of any kind."""

    _held: tuple[Rules, str, list[RuleTerm]] | None = None
    """The terms of the ruleset that was in force when they were last asked for."""

    def __init__(self, voice: Voice, also: Again | None = None) -> None:
        """Watch for one agency; what is looked at again is shown to one more besides."""
        super().__init__(voice)
        self._also = also

    def take(self, db: Connection, view: View, /) -> list[Wanted]:
        """Run the rules over what came; take alerts, links and decisions in."""
        statement, event = view.statement, view.statement.sections.get("event")
        ours = agency_of(statement.context.source) == self._voice.agency
        wanted: list[Wanted] = []
        if isinstance(event, AlertRaised):
            self._raised(db, view, event, ours=ours)
        elif ours:
            wanted += self._said(db, view)
        if view.delivery.leg == "public_control":
            return wanted
        history.remember(db, view)
        if isinstance(event, StatementCorrected):
            return wanted + self._look_again(db, [event.statement], view.head.ledger_time)
        past = self._past(db, statement.context.id)
        seen = past.as_it_stands(view)
        at = view.head.ledger_time
        return wanted if seen is None else wanted + self._watch(db, seen, past, at)

    def pass_time(self, db: Connection, at: int, /) -> list[Wanted]:
        """Alert to each report whose research ran out of time; let the clocks of alerts run.

        What a link is still to show the rules anew is shown, some at a time.
        """
        wanted = self._unresearched(db, at)
        wanted += self._look_again(db, watched.next_to_look_at(db, LOOKED_AGAIN), at)
        return wanted + self._each(db, life.run_out(db, at), partial(self._ran_out, at=at))

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let nobody have an alert any more that rested on what has changed.

        What was said of an alert, or judged of two reports, by what does not stand is undone.
        """
        at = store.ledger_time(db)
        life.refused(db, statement)
        tokens = self._judged(db, statement)
        rows.undecided(db, statement)
        self._show_later(db, tokens)
        life.reopen_resting_on(db, statement, at=at, exercise=self._voice.exercise)
        watched.again(db, self._reports(db, statement))

    def refused(self, db: Connection, statement: str, /) -> None:
        """Take back what was said of an alert, a link or a judgement that was not accepted.

        What a link or a judgement silenced is shown to the rules anew.
        """
        tokens = self._judged(db, statement) | links.touched(db, statement)
        rows.refused(db, statement)
        self._show_later(db, tokens)
        life.refused(db, statement)
        watched.again(db, self._reports(db, statement))

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop an erased statement's alerts and proposals, and whom it named.

        What else they rested on is shown to the rules anew.
        """
        resting = rows.resting_on(db, statement)
        tokens = {one for alert in resting for one in rows.subjects_of(db, alert)}
        went(db, resting)
        life.forget(db, statement, rows.forget(db, statement))
        history.forget(db, statement)
        watched.forget(db, statement)
        self._show_later(db, tokens)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Let the research be watched of what stands again: its time may be over, unnoticed."""
        if any(one.id == unresearched.ID for one in self._terms()):
            at = store.ledger_time(db)
            unsaid = (s for s in statements if not store.id_of(db, alert_key(unresearched.ID, s)))
            watched.again(db, [one for one in unsaid if research.is_overdue(db, one, at)])

    def _terms(self) -> list[RuleTerm]:
        """Give the terms in force that name this kind of agency."""
        rules, kind = self._voice.rules, self._voice.kind
        if self._held is None or self._held[0] is not rules or self._held[1] != kind:
            mine = [one for one in terms.in_force(rules) if kind in one.kinds]
            self._held = rules, kind, mine
        return self._held[2]

    def _past(self, db: Connection, statement: str, before: int | None = None) -> Past:
        voice = self._voice
        return Past(
            db, voice.agency, of=statement, before=before, terms=self._terms(),
            kind_of=voice.kind_of,
        )  # fmt: skip

    def _watch(self, db: Connection, seen: Seen, past: Past, at: int) -> list[Wanted]:
        """Show a statement to every rule; what one fails on is set aside, the others go on.

        What a machine derived is no rule's to see, but for looks: a rule may name a machine's.
        """
        if is_automated(seen.statement) and not isinstance(_event_of(seen), SHOWN):
            return []
        wanted, about = list[Wanted](), (seen.statement.digest, seen.id)
        for term in self._terms():
            rule, name, alarms = RULES.get(term.id), f"rule {term.id}", list[Alarm]()
            if term.id == same_origin.ID:
                with aside.contained(db, *about, worker=name):
                    wanted += origins.proposed(db, self._voice, seen, past, term)
            elif rule is not None:
                with aside.heard(db, *about, worker=name):
                    alarms = list(rule(seen, past, term))
            for one in alarms:
                with aside.contained(db, *about, worker=name):
                    wanted += self._alert(db, term, one, at)
        return wanted

    def _look_again(self, db: Connection, statements: Iterable[str], at: int) -> list[Wanted]:
        """Show rules what was delivered before and is otherwise now; nothing is said twice."""
        again, wanted = list(statements), list[Wanted]()
        for statement in again:
            row = store.row_of(db, statement)
            if row is None:
                continue
            with aside.contained(db, row["digest"], statement, worker=type(self).__name__):
                past = self._past(db, statement, row["entry"])
                seen = past.seen(statement)
                if seen is not None:
                    wanted += self._watch(db, seen, past, at)
        return wanted if self._also is None else wanted + self._also(db, again, at)

    def _alert(self, db: Connection, term: RuleTerm, alarm: Alarm, at: int) -> list[Wanted]:
        """Make an alert of what a rule asks for, by its term; none where one was erased alone."""
        voice, statements = self._voice, list(dict.fromkeys(alarm.statements))[:CAUSES_MAX]
        key = free_key(db, alert_key(term.id, statements[0], alarm.once))
        if key is None:
            return []
        interrupts = alarm.louder or term.attention == "interrupt"
        addressed = self._addressed(db, alarm, statements[0])
        event = AlertRaised(
            rule=term.id, rule_version=term.version, statements=statements,
            attention="interrupt" if interrupts else term.attention,
            owner_role=self._owner(term, alarm, leaves=bool(addressed)),
            fallback_role=term.fallback,
            due_at=at + term.hours * HOUR_MS, good=GOOD[alarm.act], act=alarm.act, why=alarm.why,
            subjects=list(dict.fromkeys(alarm.subjects)) or None,
            unacknowledged_minutes=term.unacknowledged_minutes if interrupts else None,
        )  # fmt: skip
        wanted = voice.derived(
            key, "alert_raised", event, causes=statements, rule=f"{term.id}/{term.version}",
            urgency="urgent" if interrupts else "routine", sections=addressed,
        )  # fmt: skip
        add(db, wanted.draft.id, event, by=voice.agency, at=at)
        return [wanted]

    def _owner(self, term: RuleTerm, alarm: Alarm, *, leaves: bool) -> str:
        """Give whose duty an alert is: where it stays here, no desk of another agency's alone."""
        voice = self._voice
        named = alarm.role or terms.named(term, voice.kind)
        is_mine = leaves or terms.may_be_at(voice.rules, named, voice.kind)
        return named if named and is_mine else voice.role_of(voice.agency)

    def _addressed(self, db: Connection, alarm: Alarm, statement: str) -> dict[str, Involvements]:
        """Say whom a leg may carry the alert to: the publisher, where the act is its own."""
        row = store.row_of(db, statement)
        if row is None:
            return {}
        publisher = self._voice.partners.acting(row["agency"])
        if publisher == self._voice.agency:
            return {}
        if self._voice.kind_of(publisher) not in OWED_BY[alarm.act]:
            return {}
        return {"involvement": Involvements([Involved(publisher, "addressee")])}

    def _raised(self, db: Connection, view: View, event: AlertRaised, *, ours: bool) -> None:
        """Take an alert in: our own, or another agency's for an act that is ours.

        Where our own rule found the same in the same statement, ours is enough. Whose desk another
        agency's is here, its sender need not know: what it said stays as it came on the log.
        """
        by = agency_of(view.statement.context.source) or ""
        voice = self._voice
        if not ours:
            owed = event.act is not None and voice.kind in OWED_BY[event.act]
            if not owed or rows.raised(db, event.rule, event.statements[0], by=voice.agency):
                return
            event = self._at_home(event)
        else:
            in_place(db, event, by=by)
        said, at = view.statement.context.id, view.head.ledger_time
        life.begins(db, said, at)
        add(db, said, event, by=by, at=at, on_log=True)

    def _at_home(self, event: AlertRaised) -> AlertRaised:
        """Give another agency's alert roles of ours, where it names one that is not to be here."""
        voice = self._voice
        role = terms.at_home(voice.rules, event.rule, event.owner_role, voice.kind)
        fallback = life.fallback_at_home(voice, role)
        return msgspec.structs.replace(event, owner_role=role, fallback_role=fallback)

    def _said(self, db: Connection, view: View) -> list[Wanted]:
        """Take in what this agency said itself, by a worker, a command or another source."""
        event, said = view.statement.sections.get("event"), view.statement.context.id
        at = view.head.ledger_time
        if isinstance(event, life.Said):
            life.say(db, said, event.alert, event, at=at, settled=True)
        elif isinstance(event, PossibleSameOrigin):
            rows.propose(db, said, event)
        elif isinstance(event, SameOriginDecided):
            rows.decide_origin(db, said, event)
            return self._anew(db, self._judged(db, said), at)
        elif isinstance(event, PersonsLinked):
            links.link(db, said, event)
            return self._anew(db, event.subjects, at)
        elif isinstance(event, PersonsUnlinked):
            parted = links.part(db, said, event, view.statement.causes)
            self._parted(db, parted, at)
            return self._anew(db, parted, at)
        return []

    def _anew(self, db: Connection, tokens: Collection[str], at: int) -> list[Wanted]:
        """Show the rules what names some persons: who they are, or what counts, is otherwise now.

        What more there is than can be shown at once is shown as time passes.
        """
        self._show_later(db, tokens)
        return self._look_again(db, watched.next_to_look_at(db, LOOKED_AGAIN), at)

    def _show_later(self, db: Connection, tokens: Collection[str]) -> None:
        """Let the rules be shown what names some persons as time passes."""
        watched.look_again(db, self._past(db, "").naming(tokens))

    def _judged(self, db: Connection, judgement: str) -> set[str]:
        """Give whom the two reports name of which a judgement says whether they are one source."""
        named = history.named_in(db, rows.judged(db, judgement))
        return {token for tokens in named.values() for token in tokens}

    def _parted(self, db: Connection, tokens: frozenset[str], at: int) -> None:
        """Reopen alerts that rest on a statement about none of whom they are any more."""
        past = self._past(db, "")
        reached = {token for one in tokens for token in past.person(one)}
        for alert in rows.about(db, reached):
            # No clock of the alert's that works says that this did: it has a name of its own.
            with aside.contained(db, alert, alert, worker="unlinking"):
                if not hangs_together(db, past, alert):
                    life.reopen(db, alert, at=at, exercise=self._voice.exercise)

    def _unresearched(self, db: Connection, at: int) -> list[Wanted]:
        """Alert to each report whose research ran out of time (M01): once, and again once closed.

        Closed by the log, that is: whoever reads all anew reopens the same.
        """
        term = next((one for one in self._terms() if one.id == unresearched.ID), None)
        if term is None:
            return []
        due = research.overdue_reports(db, at, since=watched.until(db))
        due += [one for one in watched.taken_again(db) if research.is_overdue(db, one, at)]
        watched.pass_to(db, at)
        named, wanted = history.named_in(db, due), list[Wanted]()
        for one in dict.fromkeys(due):
            # Where it fails it is looked at again: no later minute finds that its time is over.
            watched.again(db, [one])
            with aside.contained(db, one, one, worker=f"rule {term.id}"):
                raised = store.id_of(db, alert_key(unresearched.ID, one))
                if raised is None:
                    alarm = unresearched.unresearched(one, sorted(named.get(one, set())))
                    wanted += self._alert(db, term, alarm, at)
                elif (now := life.stands(db, raised, settled=True)) is not None and now.closed:
                    life.reopen(db, raised, at=at, exercise=self._voice.exercise)
                watched.looked(db, one)
                aside.worked(db, one, worker=f"rule {term.id}")
        return wanted

    def _reports(self, db: Connection, statement: str) -> list[str]:
        """List the reports whose research a statement may have closed: itself, or its causes."""
        held = store.held(db, statement)
        if held is None:
            return [statement]
        about: str | None = getattr(held.sections.get("event"), "statement", None)
        return [statement, *held.causes, *([about] if about else [])]

    def _ran_out(self, db: Connection, row: RowMapping, *, at: int) -> list[Wanted]:
        """Say of one alert what time alone makes of it: the next role has it, or it is over."""
        alert, attention, wanted = row["id"], row["attention"], list[Wanted]()
        while (now := life.stands(db, alert, settled=True)) is not None:
            when = now.next_at(attention)
            if when is None or when >= at:
                break
            event: AlertClosed | AlertEscalated
            if attention == "note":
                event = AlertClosed(alert=alert, outcome="expired")
                key = f"alert_closed/{alert}/{now.rounds}"
            else:
                late = when >= now.due_at and not now.overdue
                event = AlertEscalated(
                    alert=alert, to_role=life.next_role(db, self._voice, alert, now.rung),
                    step=now.steps + 1, reason="overdue" if late else "unacknowledged",
                )  # fmt: skip
                key = f"alert_escalated/{alert}/{now.steps + 1}"
            name = "alert_closed" if attention == "note" else "alert_escalated"
            causes = [*sorted(rows.statements_of(db, alert))[: CAUSES_MAX - 1], alert]
            said = self._voice.derived(
                key, name, event, causes=causes, rule=RULE,
                urgency="routine" if attention == "note" else "urgent",
            )  # fmt: skip
            life.say(db, said.draft.id, alert, event, at=when, settled=True)
            wanted.append(said)
        return wanted


def hangs_together(db: Connection, past: Past, alert: str) -> bool:
    """Say whether each statement that an alert rests on names somebody whom it is about.

    After an unlink one may be about somebody else.
    """
    persons = {token for one in rows.subjects_of(db, alert) for token in past.person(one)}
    named = history.named_in(db, rows.statements_of(db, alert))
    return not persons or all(persons & whom for whom in named.values())


def _event_of(seen: Seen) -> Section | None:
    return seen.statement.sections.get("event")

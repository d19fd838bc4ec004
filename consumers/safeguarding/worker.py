"""The safeguarding workers: police rules over what police were sent, the hub's over its own."""

from sqlalchemy import Connection

from consumers import store
from consumers.research import rows as research
from consumers.safeguarding import rows
from consumers.safeguarding.rules import nameless, same_origin, separation, unresearched
from consumers.safeguarding.rules.same_origin import Account
from consumers.store import Wanted
from consumers.worker import Voice, Worker
from contracts.context import Urgency
from contracts.event.control import PersonsLinked, PersonsUnlinked
from contracts.event.work import (
    AlertAcknowledged,
    AlertRaised,
    PossibleSameOrigin,
    SameOriginDecided,
)
from contracts.identifier import agency_of
from contracts.opened import View


class _Rules(Worker):
    """What the rules of any agency do with what changes after they fired."""

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let nobody have an alert any more that rested on what has changed."""
        rows.reopen(db, statement)

    def refused(self, db: Connection, statement: str, /) -> None:
        """Take back an acknowledgement, a link or a judgement that was not accepted."""
        rows.refused(db, statement)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop an erased statement's alerts and proposals."""
        rows.forget(db, statement)


class PoliceRules(_Rules):
    """M01, M02 and M03, for a police agency."""

    kinds = frozenset({"police"})

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Run the rules over a report; take our own alerts and decisions in."""
        _take_own(db, view, self._voice)
        raised = nameless.nameless(
            view.statement, view.delivery, rules=self._voice.rules, owner=_owner(self._voice),
            at=view.head.ledger_time,
        )  # fmt: skip
        wanted = [] if raised is None else [_alert(db, self._voice, raised)]
        account = same_origin.account_of(view.statement)
        return wanted if account is None else wanted + self._origins(db, account)

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Alert to each report whose research ran out of time, once."""
        return [
            _alert(
                db, self._voice,
                unresearched.unresearched(
                    one, rules=self._voice.rules, owner=_owner(self._voice), at=at
                ),
            )
            for one in research.overdue_reports(db, at)
            if store.id_of(db, _alert_key(unresearched.ID, one)) is None
        ]  # fmt: skip

    def _origins(self, db: Connection, account: Account) -> list[Wanted]:
        days_max = self._voice.rules.same_origin_days
        linked = [frozenset(one["subjects"].split()) for one in rows.standing_links(db)]
        rows.add_account(db, account)
        wanted: list[Wanted] = []
        for near in rows.near(db, account, days=days_max):
            held = store.held(db, near)
            other = same_origin.account_of(held) if held is not None else None
            if other is None:
                continue
            days = same_origin.same_origin(account, other, days_max=days_max, links=linked)
            if days is not None:
                wanted.append(self._possible(db, sorted([other, account], key=_by_day), days))
        return wanted

    def _possible(self, db: Connection, pair: list[Account], days: int) -> Wanted:
        ids = [one.statement for one in pair]
        event = PossibleSameOrigin(statements=ids, days_apart=days)
        wanted = self._voice.derived(
            f"possible_same_origin/{'/'.join(sorted(ids))}", "possible_same_origin", event,
            causes=ids, rule=f"{same_origin.ID}/{same_origin.VERSION}",
        )  # fmt: skip
        rows.propose(db, wanted.draft.id, event)
        return wanted


class HubRules(_Rules):
    """The separation alert, for a safeguarding hub."""

    kinds = frozenset({"safeguarding_hub"})

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Alert to a separation; take our own alerts and decisions in."""
        _take_own(db, view, self._voice)
        raised = separation.separation(
            view.statement, rules=self._voice.rules, owner=_owner(self._voice),
            at=view.head.ledger_time,
        )  # fmt: skip
        return [] if raised is None else [_alert(db, self._voice, raised)]


def _owner(voice: Voice) -> str:
    return voice.role_of(voice.agency)


def _alert_key(rule: str, statement: str) -> str:
    return f"alert_raised/{rule}/{statement}"


def _alert(db: Connection, voice: Voice, event: AlertRaised) -> Wanted:
    urgency: Urgency = "urgent" if event.attention == "interrupt" else "routine"
    wanted = voice.derived(
        _alert_key(event.rule, event.statements[0]), "alert_raised", event,
        causes=event.statements, rule=f"{event.rule}/{event.rule_version}", urgency=urgency,
    )  # fmt: skip
    rows.raise_alert(db, wanted.draft.id, event)
    return wanted


def _take_own(db: Connection, view: View, voice: Voice) -> None:
    """Take in what this agency said itself, by a worker, a command or another of its sources."""
    statement = view.statement
    if agency_of(statement.context.source) != voice.agency:
        return
    said, event = statement.context.id, statement.sections.get("event")
    if isinstance(event, AlertRaised):
        rows.raise_alert(db, said, event)
    elif isinstance(event, AlertAcknowledged):
        rows.acknowledge(db, event.alert, by=event.by, acknowledgement=said)
    elif isinstance(event, PossibleSameOrigin):
        rows.propose(db, said, event)
    elif isinstance(event, SameOriginDecided):
        rows.decide_origin(db, said, event)
    elif isinstance(event, PersonsLinked):
        rows.link(db, said, event)
    elif isinstance(event, PersonsUnlinked):
        rows.unlink(db, event.link, said)


def _by_day(account: Account) -> tuple[str, str]:
    return account.day.isoformat(), account.statement

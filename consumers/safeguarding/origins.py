"""Reports that may be one source (M03), proposed for a person to judge: each pair of them once.

Source: domain.md 4 (M03).
"""

from sqlalchemy import Connection

from consumers.history import Past
from consumers.safeguarding import rows
from consumers.safeguarding.rules import same_origin
from consumers.safeguarding.rules.same_origin import Account
from consumers.safeguarding.rules.seen import Seen
from consumers.store import Wanted
from consumers.worker import Voice
from contracts.event.control import RuleTerm
from contracts.event.work import PossibleSameOrigin


def proposed(db: Connection, voice: Voice, seen: Seen, past: Past, term: RuleTerm) -> list[Wanted]:
    """Propose that a report and another of the same pair are one source."""
    account = same_origin.account_of(seen.statement)
    if account is None:
        return []
    rows.add_account(db, account)
    days_max = term.window_days or 0
    linked = [past.person(one.subject) for one in account.people]
    pairs = same_origin.pairs_of(account, past.person)
    wanted: list[Wanted] = []
    for near in rows.near(db, account, pairs, days=days_max):
        found = past.seen(near)
        other = same_origin.account_of(found.statement) if found is not None else None
        if other is None:
            continue
        days = same_origin.same_origin(account, other, days_max=days_max, links=linked)
        if days is not None:
            two = sorted([other, account], key=_by_day)
            wanted.append(_possible(db, voice, term, two, days))
    return wanted


def _possible(
    db: Connection, voice: Voice, term: RuleTerm, pair: list[Account], days: int
) -> Wanted:
    ids = [one.statement for one in pair]
    event = PossibleSameOrigin(statements=ids, days_apart=days)
    wanted = voice.derived(
        f"possible_same_origin/{'/'.join(sorted(ids))}", "possible_same_origin", event,
        causes=ids, rule=f"{term.id}/{term.version}",
    )  # fmt: skip
    rows.propose(db, wanted.draft.id, event)
    return wanted


def _by_day(account: Account) -> tuple[str, str]:
    return account.day.isoformat(), account.statement

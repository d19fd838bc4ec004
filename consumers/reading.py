"""What whoever decides had read: the corrections that a decision names, and those that it does not.

A decision is staged at the desk and logged later: log order does not say what was known to whoever
made it, so it names that itself. One that does not name what the log has before it is open again.

Source: deploy/decisions/0035.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, Column, Connection, Table, Text, select

from consumers.inserting import upsert
from consumers.standing import corrections_of, hidden_from, standing
from consumers.store import causes as arises
from consumers.store import metadata
from contracts.event.action import DisclosureStaged
from contracts.fault import Misuse
from contracts.statement import Statement

READ_MAX = 16
"""How many corrections a decision names at most, the newest: a statement has at most 32."""

DECISIONS = frozenset({
    "no_further_action_decided", "alert_acknowledged", "alert_snoozed", "alert_handed_over",
    "alert_closed", "referral_considered",
})  # fmt: skip
"""What a person decides on what was said, and what a correction of that leaves open again.

So are the last stages of a disclosure (`decides`).
"""
DECIDING: frozenset[str] = frozenset({"decided", "disclosed"})
"""The stages of a disclosure that rest on what is said of them; the others are work done."""

revoked = Table(
    "revoked",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("statement", Text, nullable=False),
    Column("entry", BigInteger, nullable=False),
)
"""By which statement a key came to be known as compromised here, and in which entry."""


def revoke(db: Connection, kid: str, statement: str, entry: int) -> None:
    """Remember by which statement a key came to be known as compromised; the first counts."""
    row = upsert(db, revoked).values(kid=kid, statement=statement, entry=entry)
    db.execute(row.on_conflict_do_nothing())


def decides(statement: Statement) -> bool:
    """Say whether a person decides by a statement on what was said."""
    event = statement.sections.get("event")
    if isinstance(event, DisclosureStaged):
        return event.stage in DECIDING
    return statement.kind.name in DECISIONS


def as_read(
    db: Connection, causes: Sequence[str], *more: str, viewer: Collection[str],
    decides: bool = True,
) -> list[str]:  # fmt: skip
    """Give the causes of what a person decides, and what corrects what it rests on, as far as read.

    So the log shows what was known to them: a decision that does not name a correction was made
    before it reached the desk (`is_outdated`). What says that a key was compromised counts as one.

    Args:
        db: an open transaction.
        causes: what the decision is about.
        more: what it rests on besides, without being said so.
        viewer: the tokens of who decides, as `hidden_from`; what is kept from them they never read.
        decides: whether a correction that is not named opens it again.

    Raises:
        Misuse: a correction is kept from who decides: it would be open again for ever.
    """
    since, hidden = _corrected_since(db, causes, more), hidden_from(db, viewer)
    if decides and not hidden.isdisjoint(since):
        raise Misuse(  # in words that do not say that anything is kept from them
            "You cannot decide this.", remedy="Ask a colleague to look at it and decide."
        )
    return list(dict.fromkeys([*causes, *(one for one in since if one not in hidden)]))


def last_read(db: Connection, causes: Sequence[str], *more: str, viewer: Collection[str]) -> str:
    """Give the newest of what `as_read` names besides: what a page that asks for a decision shows.

    Returns:
        Its id; empty where nothing is corrected as far as who looks may know.
    """
    hidden = hidden_from(db, viewer)
    shown = [one for one in _corrected_since(db, causes, more) if one not in hidden]
    return shown[-1] if shown else ""


def insist_is_read(
    db: Connection, shown: str | None, causes: Sequence[str], *more: str, viewer: Collection[str]
) -> None:
    """Insist that whoever decides was shown the newest of what the decision will name as read.

    Args:
        db: an open transaction.
        shown: what `last_read` gave for the page that they decide on; None where there was none.
        causes: as `as_read`.
        more: as `as_read`.
        viewer: as `as_read`.

    Raises:
        Misuse: it was corrected since the page was opened.
    """
    if shown not in {None, last_read(db, causes, *more, viewer=viewer)}:
        raise Misuse(
            "What this rests on was corrected since you opened this page, or is suspect since. "
            "Nothing was said.",
            remedy="Read the report as it stands now, then decide here.",
        )


def is_outdated(db: Connection, decision: Statement, entry: int | None = None) -> bool:
    """Say whether a decision was made without a correction that the log has before it.

    Args:
        db: an open transaction.
        decision: as it came.
        entry: its own; None to ask of whatever corrects by now what it rests on.
    """
    known = _corrected_since(db, decision.causes, before=entry)
    return not set(known) <= set(decision.causes)


def _corrected_since(
    db: Connection, statements: Collection[str], more: Collection[str] = (), *,
    before: int | None = None,
) -> list[str]:  # fmt: skip
    """List what corrects or takes back statements, or what they arise from, in log order.

    And what says that a key was compromised that signed any of that; and what corrects or takes
    back that, however far: so it is the same list whether it begins with what a decision is about
    or with the corrections that it names too.
    """
    found, named = list[str](), set(statements)
    while True:
        its = select(arises.c.cause).where(arises.c.statement.in_(sorted(named)))
        rests_on = sorted({*named, *more, *db.execute(its).scalars()})
        since = {one["id"]: one["entry"] for one in corrections_of(db, rests_on)}
        since |= _revoked_of(db, rests_on)
        found = [one for one in since if before is None or since[one] < before]
        found.sort(key=lambda one: since[one])
        if named.issuperset(found):
            return found[-READ_MAX:]
        named.update(found)


def _revoked_of(db: Connection, statements: Collection[str]) -> dict[str, int]:
    """Give what says that keys were compromised that signed any of some statements: its entries."""
    suspect = standing.c.statement.in_(statements) & (standing.c.mark == "suspect")
    its = standing.c.by == revoked.c.kid
    query = select(revoked.c.statement, revoked.c.entry).join(standing, its).where(suspect)
    return {one.statement: one.entry for one in db.execute(query)}

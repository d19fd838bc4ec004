"""What this program failed on, as far as each may know, and that a named person saw to it by hand.

Source: ADR 0039.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, RowMapping, exists

from consumers import aside
from consumers.aside import SEEN, STILL, unworked
from consumers.safeguarding.rows import alert_statements
from consumers.standing import is_shown
from consumers.store import Store, causes
from consumers.worker import Voice
from contracts.fault import Misuse
from contracts.section import Practitioner


def failed_seen(
    db: Connection, viewer: Collection[str] | None, *, count: int | None = None,
    by_hand: bool = False,
) -> list[RowMapping]:  # fmt: skip
    """List what a part of this program failed on, as far as somebody may know: all, or so many.

    What is kept from them of an alert's reports, or of what something arises from, keeps it too.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        count: at most so many; None for all.
        by_hand: what somebody saw to by hand (`SEEN`); else what nobody did yet.
    """
    its, shown = unworked.c, list[ColumnElement[bool]]()
    rests = (
        (alert_statements.c.alert, alert_statements.c.statement),
        (causes.c.statement, causes.c.cause),
    )
    for name in (its.digest, its.id):
        shown.append(is_shown(name, viewer))
        shown += [~exists().where(one == name, ~is_shown(on, viewer)) for one, on in rests]
    query = (SEEN if by_hand else STILL).where(*shown).order_by(its.digest, its.worker)
    return list(db.execute(query.limit(count)).mappings())


def see_to(  # noqa: PLR0913 - what is seen to has this many independent parts
    store: Store, voice: Voice, name: str, *, by: Practitioner, role: str, reason: str,
    worker: str | None = None, what: str | None = None,
) -> None:  # fmt: skip
    """Say that a named person saw to by hand what was set aside: here, and on no log.

    It closes nothing: an alert that the log refused is closed as any other, for the log knows
    the report that it is about.

    Args:
        store: the agency's.
        voice: theirs.
        name: as it is listed.
        by: who did.
        role: theirs.
        reason: what they did, in words.
        worker: which part of this program failed on it; None where one did.
        what: how, as a page showed it; None where there was no page.

    Raises:
        Misuse: nothing says what was done, nothing of that name was set aside, somebody saw to
            it, several parts failed on it and none is named, or it is all the clocks of a part.
    """
    if not reason.strip():
        raise Misuse("Nothing says what you did.", remedy="Give --words with the reason.")
    with store.write() as db:
        still, seen = (
            [
                row for row in failed_seen(db, voice.viewer(by), by_hand=by_hand)
                if aside.named(row) == name and worker in {None, row["worker"]}
                and what in {None, row["what"]}
            ]
            for by_hand in (False, True)
        )  # fmt: skip
        if not still and seen:
            raise Misuse(
                f"{seen[0]['by']} saw to it already.",
                remedy="Ring them. What they did, and when: candour consumer status",
            )
        if not still:
            raise Misuse(
                "Nothing of this name was set aside, or it failed in another way since.",
                remedy="Take the name from: candour consumer status",
            )
        if len(parts := sorted({row["worker"] for row in still})) > 1:
            raise Misuse(
                f"Several parts of this program failed on it: {', '.join(parts)}.",
                remedy="See to each, and say so with --worker and its name.",
            )
        for row in still:
            aside.see_to(db, row, by=by.name or "", token=by.token or "", role=role, reason=reason)

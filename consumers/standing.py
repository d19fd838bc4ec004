"""How a held statement stands now, and whom it is kept from: what every list and desk looks at.

A statement is never edited: a correction, a retraction or a compromised key marks it, and every
task and alert that rests on it shows the mark. What was corrected, or completed by who says so, is
read as its originator says it now (`held`, `corrected`), by whoever shows it, acts on it or sends
it on. What is kept from somebody looks to them as if it were not there.

What a delivery keeps from whom is decided in `contracts.entry.Delivery`, for this store and for an
outbox's (`producers.withheld`, which says why the question is asked in both).

Source: domain.md 5 (traps 14, 16), 7; design.md, Control statements (SUSPECT);
deploy/decisions/0020.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    select,
    union_all,
)

from consumers import store as stored
from consumers.arising import arising
from consumers.inserting import upsert
from consumers.store import metadata, views
from contracts.context import Urgency
from contracts.form import Section
from contracts.section import Cause
from contracts.statement import Statement

_NOT_SAID = frozenset({"quarantined", "provisional", "closed"})

Mark = Literal["corrected", "retracted", "suspect", "unsaid"]

WORDS: dict[str, str] = {
    "corrected": "CORRECTED by its originator: read the correction before acting",
    "retracted": "RETRACTED by its originator: it should not have been said; do not act on it",
    "suspect": "SUSPECT: signed while its key was compromised; confirm it by telephone",
    "unsaid": "NOT ON THE LOG: it was refused there, and nobody else was told: see to it yourself",
}
"""Each mark as a reader must take it."""

CORRECTING: dict[str, Mark] = {
    "statement_corrected": "corrected", "statement_retracted": "retracted",
}  # fmt: skip
"""How an event marks the statement that it is about."""

_ITS_OWN = frozenset({"event", "provenance", "intake", "endorsement"})
"""Sections of a correction that are its own, and stand in place of nothing."""

standing = Table(
    "standing",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("by", Text, nullable=False, index=True),
)
"""Marks by statement id; `by` is the id of the statement, or the key, that set it."""
_UNMARK = delete(standing).where(
    standing.c.statement == bindparam("its"), standing.c.mark == bindparam("given")
)

RETRACTED = select(standing.c.statement).where(standing.c.mark == "retracted")
"""The ids of what was taken back."""

withheld = Table(
    "withheld",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("token", Text, primary_key=True, index=True),
)
"""Practitioners and households, by token, that a statement, by id and by digest, is kept from."""


def mark(db: Connection, statement: str, given: Mark, by: str) -> bool:
    """Mark a statement; False where the same marked it so before."""
    row = upsert(db, standing).values(statement=statement, mark=given, by=by)
    anew = row.on_conflict_do_update(
        index_elements=["statement", "mark"], set_={"by": by}, where=standing.c.by != by
    )
    return bool(db.execute(anew).rowcount)


def corrects(db: Connection, statement: str) -> str | None:
    """Give what a correction or retraction is about, by id; None of anything else."""
    row = stored.row_of(db, statement)
    if row is None or row["event"] not in CORRECTING:
        return None
    cause = stored.reread(row["record"]).sections.get("cause.1")
    return cause.statement if isinstance(cause, Cause) else None


def unmark(db: Connection, statement: str, given: Mark) -> bool:
    """Take a mark off a statement; False where it was not so marked."""
    return bool(db.execute(_UNMARK, {"its": statement, "given": given}).rowcount)


def settle(db: Connection, statement: str) -> bool:
    """Mark a statement taken back where a retraction of it stands, else let it stand again.

    A retraction stands that was not taken back itself, nor signed by a compromised key.

    Returns:
        Whether it stands otherwise than it did.
    """
    by = [
        one.id
        for one in arising(db, statement)
        if one.verified and CORRECTING.get(one.event) == "retracted"
        and corrects(db, one.id) == statement and not does_not_stand(db, one.id)
    ]  # fmt: skip
    return mark(db, statement, "retracted", by[-1]) if by else unmark(db, statement, "retracted")


def otherwise(db: Connection, statement: str, given: Mark, by: str) -> list[str]:
    """Mark what a correction is about; give it, and what it corrects itself, however far, by id."""
    gone = given == "retracted"
    is_new = settle(db, statement) if gone else mark(db, statement, given, by)
    return _upwards(db, statement) if is_new else []


def _upwards(db: Connection, statement: str) -> list[str]:
    """Let a statement, and what it is a correction of, stand by the retractions that stand."""
    found: list[str] = []
    about: str | None = statement
    while about is not None:
        settle(db, about)
        found.append(about)
        about = corrects(db, about)
    return found


def is_retracted(statement: ColumnElement[str]) -> ColumnElement[bool]:
    """Ask, in a query, that the statement was taken back that a column names by id."""
    its = (standing.c.statement == statement, standing.c.mark == "retracted")
    # One row by its index, for each row: `exists` may read the whole table first.
    return select(standing.c.mark).where(*its).limit(1).scalar_subquery().is_not(None)


def suspect(db: Connection, kid: str, since_ms: int) -> list[str]:
    """Mark what a compromised key signed from a ledger time on.

    Returns:
        The ids that were not so marked before, and what stands again that one of them took back.
    """
    signed = (views.c.kid == kid, views.c.ledger_time >= since_ms)
    found = db.execute(select(views.c.id).where(*signed).order_by(views.c.place)).scalars().all()
    fresh = [one for one in found if mark(db, one, "suspect", kid)]
    about = [its for one in fresh if (its := corrects(db, one)) is not None and settle(db, its)]
    return [*fresh, *(one for its in about for one in _upwards(db, its))]


def is_unsaid(marks: Collection[str], urgency: Urgency) -> bool:
    """Say whether what is ours counts as not said: it is held, or was decided against.

    Of a threat to life nothing is held: who acts on emergencies has it at once, whatever it lacks.

    Args:
        marks: of its delivery to ourselves.
        urgency: its own.
    """
    return urgency != "threat_to_life" and not _NOT_SAID.isdisjoint(marks)


def held(db: Connection, statement: str, *, but: Collection[str] = ()) -> Statement | None:
    """Give a statement as it stands; None where it is not held. `but` as `corrected`."""
    was = stored.held(db, statement)
    return None if was is None else corrected(db, [was], but=but)[0]


def corrected(
    db: Connection, given: Sequence[Statement], *, but: Collection[str] = ()
) -> list[Statement]:
    """Put what its originator says since in place of what it said, the newest of each section.

    That is what corrections say, and who says so where it lacked and was supplied.

    Args:
        db: an open transaction.
        given: statements as they were delivered.
        but: ids of what to leave out: what is kept from who looks.

    Returns:
        The statements in the same order; what nothing was said of since is as it was.
    """
    anew: dict[str, dict[str, Section]] = {}
    ids = [one.context.id for one in given]
    rows = _arising(db, ids, "statement_corrected", "provenance_supplied")
    found = [stored.reread(row["record"]) for row in rows if row["id"] not in but]
    for one in corrected(db, found, but=but) if found else ():
        anew.setdefault(one.causes[0], {}).update(_said_anew(one))
    return [
        replace(one, sections={**one.sections, **anew[one.context.id]})
        if one.context.id in anew else one
        for one in given
    ]  # fmt: skip


def _said_anew(later: Statement) -> dict[str, Section]:
    """Give the sections that stand in place of those of the statement that a later one is about."""
    if later.kind.name == "provenance_supplied":
        return {name: value for name, value in later.sections.items() if name == "provenance"}
    return {
        name: value
        for name, value in later.sections.items()
        if name not in _ITS_OWN and not name.startswith("cause.")
    }


def corrections_of(db: Connection, statements: Collection[str]) -> list[RowMapping]:
    """List the views that correct statements or take them back, in log order."""
    return _arising(db, statements, "statement_corrected", "statement_retracted")


def completions_of(db: Connection, statement: str) -> list[RowMapping]:
    """List the views that supply what a statement lacked of who says so, in log order."""
    return _arising(db, [statement], "provenance_supplied")


def _arising(db: Connection, statements: Collection[str], *events: str) -> list[RowMapping]:
    """List the views of some events that arise from statements, in log order.

    What was taken back itself says nothing any more.
    """
    arisen = [one.id for one in arising(db, *statements) if one.verified and one.event in events]
    if not arisen:
        return []
    here = (views.c.id.in_(arisen), views.c.verified, ~is_retracted(views.c.id))
    query = select(views).where(*here)
    return list(db.execute(query.order_by(views.c.place)).mappings())


def does_not_stand(db: Connection, statement: str) -> bool:
    """Say whether a statement was taken back, or signed by a compromised key."""
    gone = standing.c.mark.in_(["retracted", "suspect"])
    query = select(standing.c.mark).where(standing.c.statement == statement, gone)
    return db.execute(query).first() is not None


def marks_of(db: Connection, statement: str) -> list[str]:
    """List how a statement is marked, in words."""
    query = select(standing.c.mark).where(standing.c.statement == statement)
    return [WORDS[one] for one in sorted(db.execute(query).scalars())]


def marks_of_all(db: Connection, statements: Collection[str]) -> dict[str, list[str]]:
    """List how statements are marked, in words, by id; those that are."""
    found: dict[str, list[str]] = {}
    query = select(standing.c.statement, standing.c.mark).where(
        standing.c.statement.in_(statements)
    )
    for statement, given in db.execute(query.order_by(standing.c.statement, standing.c.mark)):
        found.setdefault(statement, []).append(WORDS[given])
    return found


def marked_by(db: Connection, by: str) -> list[str]:
    """List the statements that a key, or a statement, marked."""
    query = select(standing.c.statement).where(standing.c.by == by)
    return list(db.execute(query.order_by(standing.c.statement)).scalars())


def marked_some(
    db: Connection, viewer: Collection[str] | None, by: str, *, count: int
) -> list[str]:
    """List some of the statements that a key, or a statement, marked: at most so many."""
    query = select(standing.c.statement).where(standing.c.by == by)
    shown = query.where(is_shown(standing.c.statement, viewer)).order_by(standing.c.statement)
    return list(db.execute(shown.limit(count)).scalars())


def keep_from(db: Connection, statements: Iterable[str], tokens: Iterable[str]) -> None:
    """Keep statements, each by its id or digest, from practitioners or households."""
    kept = list(tokens)
    for statement in statements:
        for token in kept:
            row = upsert(db, withheld).values(statement=statement, token=token)
            db.execute(row.on_conflict_do_nothing())


def show_again(db: Connection, statements: Collection[str], tokens: Collection[str]) -> None:
    """Let practitioners or households see statements again from whom they were kept."""
    kept = withheld.c.statement.in_(statements) & withheld.c.token.in_(tokens)
    db.execute(delete(withheld).where(kept))


def hidden_from(db: Connection, viewer: Collection[str] | None) -> frozenset[str]:
    """List the ids and digests of the statements that are kept from somebody.

    Args:
        db: an open transaction.
        viewer: the tokens that they are known by: their own, and their household's; None for
            somebody who is not known, from whom is kept what is kept from anybody.
    """
    query = select(withheld.c.statement)
    if viewer is not None:
        query = query.where(withheld.c.token.in_(viewer))
    return frozenset(db.execute(query).scalars())


def kept_further(db: Connection, statement: str) -> frozenset[str]:
    """List from whom something is kept, and this statement is not: by their tokens.

    Args:
        db: an open transaction.
        statement: by id.
    """
    here = select(withheld.c.token).where(withheld.c.statement == statement)
    query = select(withheld.c.token).where(withheld.c.token.not_in(here)).distinct()
    return frozenset(db.execute(query).scalars())


def is_shown(statement: ColumnElement[str], viewer: Collection[str] | None) -> ColumnElement[bool]:
    """Ask, in a query, that a statement is not kept from who looks: so that no limit counts it.

    Args:
        statement: the column that names it, by id.
        viewer: as `hidden_from`.
    """
    kept = [withheld.c.statement == statement]
    if viewer is not None:
        kept.append(withheld.c.token.in_(sorted(viewer)))
    return ~exists().where(*kept)


def visible(
    db: Connection, viewer: Collection[str] | None, listed: Iterable[RowMapping], *columns: str
) -> list[RowMapping]:
    """Leave out of a list what is kept from who looks at it.

    Args:
        db: an open transaction.
        viewer: as `hidden_from`.
        listed: rows.
        columns: of the rows, those that name statements, by id or digest.
    """
    hidden = hidden_from(db, viewer)
    return [row for row in listed if hidden.isdisjoint(row[name] for name in columns)]


def shown(db: Connection, viewer: Collection[str] | None, *events: str) -> list[RowMapping]:
    """List the verified views of some events that may be shown to who looks, in log order.

    Args:
        db: an open transaction.
        viewer: as `hidden_from`.
        events: by name.
    """
    query = select(views).where(views.c.event.in_(events), views.c.verified)
    return visible(db, viewer, db.execute(query.order_by(views.c.place)).mappings(), "id")


def newest(
    db: Connection, viewer: Collection[str] | None, event: str, agencies: Collection[str], *,
    count: int,
) -> list[RowMapping]:  # fmt: skip
    """List the verified views of one event that may be shown to who looks, the newest first.

    Args:
        db: an open transaction.
        viewer: as `hidden_from`.
        event: by name.
        agencies: whose: of each the newest are looked for, as the index has them.
        count: at most so many.
    """
    query = select(views.c.place).where(
        views.c.event == event, views.c.verified, is_shown(views.c.id, viewer)
    )
    each = (query.where(views.c.agency == one) for one in sorted(agencies))
    some = [one.order_by(views.c.place.desc()).limit(count).subquery() for one in each]
    places = db.execute(union_all(*(select(one) for one in some))).scalars() if some else ()
    found = select(views).where(views.c.place.in_(sorted(places, reverse=True)[:count]))
    return list(db.execute(found.order_by(views.c.place.desc())).mappings())


def forget(db: Connection, statement: str) -> None:
    """Drop what is known of an erased statement, and how it marked others: as one before it did."""
    for table in (standing, withheld):
        db.execute(delete(table).where(table.c.statement == statement))
    its = standing.c.by == statement
    for row in db.execute(select(standing).where(its)).all():
        unmark(db, row.statement, row.mark)
        if row.mark == "retracted":
            _upwards(db, row.statement)
            continue
        found = arising(db, row.statement)
        before = [one.id for one in found if one.verified and CORRECTING.get(one.event) == row.mark]
        if before:
            mark(db, row.statement, row.mark, before[-1])

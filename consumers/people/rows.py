"""People rows: who is named by which statement, and the keys that they are found by.

Most statements name somebody as others did before. What keys somebody is found by is their guise;
its keys are held once, by token, and count as long as anything that counts names them so.

Every query has its index: what one person's candidates cost follows from how many share a key
with them, and no more than the settings' `block_max` of those are ever read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from hashlib import sha256
from itertools import groupby, islice
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    LargeBinary,
    RowMapping,
    ScalarSelect,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from consumers import standing
from consumers import store as stored
from consumers.inserting import once
from consumers.people.facts import Mention, stay_of
from consumers.safeguarding import links
from consumers.standing import is_shown
from consumers.store import metadata
from contracts import base64url

LOOKED_THROUGH = 500
"""How many of the newest statements are looked through for whom they name, at most."""

people_named = Table(
    "people_named",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("guise", Text, nullable=False),
    Column("mention", LargeBinary, nullable=False),
    Index("people_named_so", "token", "guise", "statement"),
)
"""Everybody as each statement names them, by subject token; `guise` as in `people_keys`."""

people_keys = Table(
    "people_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("guise", Text, primary_key=True),
    Index("people_keys_of", "token", "guise"),
)
"""What people are found by: a key, whose it is, and the guise (`_guise_of`) that it belongs to."""

people_places = Table(
    "people_places",
    metadata,
    Column("place", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
)
"""Who else is at an address: nobody's page shows one that is somebody else's too."""

people_settings = Table("people_settings", metadata, Column("digest", Text, primary_key=True))
"""The settings that the keys were made under."""

_TABLES = (people_named, people_keys, people_places)
_NAMED_SO = (
    people_named.c.token == people_keys.c.token, people_named.c.guise == people_keys.c.guise
)  # fmt: skip
_UNNAMED = ~exists().where(*_NAMED_SO)
_GUISES = select(people_named.c.token, people_named.c.guise).where(
    people_named.c.statement == bindparam("its")
)
_KEY = select(people_keys.c.key).where(*(one == bindparam(one.name) for one in people_keys.c))


def add(db: Connection, mentions: Iterable[Mention], keys: Iterable[Collection[str]]) -> None:
    """Add everybody whom a statement names, with their keys; the same again changes nothing."""
    added: dict[Table, list[dict[str, Any]]] = {table: [] for table in _TABLES}
    for one, found in zip(mentions, keys, strict=True):
        token, guise = one.identity.subject, _guise_of(found)
        who = {"token": token, "statement": one.statement}
        added[people_named].append({**who, "guise": guise, "mention": msgspec.json.encode(one)})
        its = [{"key": key, "token": token, "guise": guise} for key in sorted(found)]
        # All keys of a guise come and go together: where one is, all are.
        added[people_keys] += its if its and db.execute(_KEY, its[0]).first() is None else []
        stay = stay_of(one)
        added[people_places] += [{"place": stay.place, **who}] if stay is not None else []
    for table, held in added.items():
        if held:
            db.execute(once(db, table), held)


def drop(db: Connection, statement: str) -> None:
    """Drop everybody as one statement names them, and the keys that nothing else gives them."""
    named = db.execute(_GUISES, {"its": statement}).all()
    if not named:
        return
    for table in (people_named, people_places):
        db.execute(delete(table).where(table.c.statement == statement))
    for token, guise in named:
        whose = (people_keys.c.token == token, people_keys.c.guise == guise)
        db.execute(delete(people_keys).where(*whose, _UNNAMED))


def made_under(db: Connection, digest: str) -> None:
    """Remember the settings that keys are made under."""
    db.execute(once(db, people_settings), {"digest": digest})


def is_of(db: Connection, digest: str) -> bool:
    """Say whether every key here was made under these settings."""
    return set(db.execute(select(people_settings.c.digest)).scalars()) <= {digest}


def mentions_of(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str], *, sound: bool,
    untold: Collection[str] = (),
) -> list[Mention]:  # fmt: skip
    """List how statements name people, as far as somebody may see them.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        tokens: of those people.
        sound: leave out what was taken back, or signed by a compromised key.
        untold: leave out statements of these events.
    """
    found: list[Mention] = []
    where = _stands if sound else is_shown
    for some in links.chunks(sorted(tokens)):
        query = select(people_named.c.mention).where(
            people_named.c.token.in_(some), where(people_named.c.statement, viewer)
        )
        query = query.where(_may_be_told(untold)) if untold else query
        order = (people_named.c.token, people_named.c.statement)
        held = db.execute(query.order_by(*order)).scalars()
        found += [msgspec.json.decode(one, type=Mention) for one in held]
    return found


def newest(
    db: Connection, viewer: Collection[str] | None, *, after: str | None, count: int
) -> tuple[list[str], str | None]:
    """List the newest statements that name somebody, and where a list goes on that ends there.

    Of statements that name nobody so many are passed over, and no more: a list goes on behind them.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        after: the statement that the list before ended with; None from the newest.
        count: at most so many.
    """
    held = stored.views.c
    names = _probe(select(people_named.c.token).where(people_named.c.statement == held.id))
    query = select(held.id, names).where(is_shown(held.id, viewer)).order_by(held.place.desc())
    if after is not None:
        last = select(held.place).where(held.id == after, is_shown(held.id, viewer))
        query = query.where(held.place < _probe(last.order_by(held.place)))
    passed = db.execute(query.limit(LOOKED_THROUGH)).all()
    found = [row[0] for row in passed if row[1] is not None]
    if len(found) > count:
        return found[:count], found[count - 1]
    return found, passed[-1][0] if len(passed) == LOOKED_THROUGH else None


def tokens_in(db: Connection, statements: Collection[str]) -> frozenset[str]:
    """List whom statements name."""
    query = select(people_named.c.token).where(people_named.c.statement.in_(statements))
    return frozenset(db.execute(query).scalars())


def sharing(
    db: Connection,
    viewer: Collection[str] | None,
    whose: ColumnElement[bool],
    *,
    at_most: int,
) -> list[frozenset[str]]:
    """Give who shares each key of some people, as some statements name them.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        whose: asks of a row of `people_named` whether it is one of them.
        at_most: one more than so many share a key where more do; nobody looks further.
    """
    held = select(people_keys.c.key).select_from(people_named.join(people_keys, and_(*_NAMED_SO)))
    its = held.where(whose, _stands(people_named.c.statement, viewer)).distinct().subquery()
    under = _under(its, partial(_stands, viewer=viewer), at_most=at_most)
    found = db.execute(select(under).select_from(its)).scalars()
    return [frozenset(one.split()) for one in found]


def knowing(
    db: Connection, viewer: Collection[str] | None, keys: Collection[str], *, at_most: int
) -> dict[str, frozenset[str]]:
    """Give whom a search finds by each of some keys: one more than at most, where there are more.

    Also by what was taken back: whoever searches is shown it, marked.
    """
    if not keys:
        return {}
    its = union_all(*(select(literal(key).label("key")) for key in sorted(keys))).subquery()
    under = _under(its, partial(is_shown, viewer=viewer), at_most=at_most)
    found = db.execute(select(its.c.key, under))
    return {key: frozenset((tokens or "").split()) for key, tokens in found}


def _under(
    its: Subquery, counts: Callable[[ColumnElement[str]], ColumnElement[bool]], *, at_most: int
) -> ScalarSelect[str]:
    """Ask for whom each key is, joined by spaces: of what counts, and no more than is needed."""
    other = people_keys.alias()
    shares = (
        select(other.c.token)
        .where(other.c.key == its.c.key, _is_named(other.c, counts))
        .distinct().order_by(other.c.token).limit(at_most + 1).correlate(its).subquery()
    )  # fmt: skip
    return select(func.aggregate_strings(shares.c.token, " ")).scalar_subquery()


def named_in(
    db: Connection, viewer: Collection[str] | None, statement: str, *, untold: Collection[str]
) -> list[str]:
    """List whom a statement names, by token, as far as somebody may see it; none of some events."""
    shown = (is_shown(people_named.c.statement, viewer), _may_be_told(untold))
    query = select(people_named.c.token).where(people_named.c.statement == statement, *shown)
    return list(db.execute(query.order_by(people_named.c.token)).scalars())


def _may_be_told(untold: Collection[str]) -> ColumnElement[bool]:
    views = stored.views
    is_one = (views.c.id == people_named.c.statement, views.c.event.in_(sorted(untold)))
    return ~exists().where(*is_one)


def blocks(
    db: Connection, viewer: Collection[str] | None, *, at_most: int
) -> Iterator[tuple[str, list[str]]]:
    """Give every key with who shares it: two at least, and one more than at most where more do."""
    columns = (people_keys.c.key, people_keys.c.token)
    stands = _is_named(people_keys.c, partial(_stands, viewer=viewer))
    query = select(*columns).where(stands).distinct().order_by(*columns)
    for key, rows in groupby(db.execute(query), key=lambda row: row.key):
        tokens = [row.token for row in islice(rows, at_most + 1)]
        if len(tokens) > 1:
            yield key, tokens


def others_at(
    db: Connection, viewer: Collection[str] | None, place: str, tokens: Collection[str]
) -> list[str]:
    """List who is, or was, at an address besides some people."""
    here = (people_places.c.place == place, people_places.c.token.not_in(sorted(tokens)))
    query = select(people_places.c.token).where(*here, is_shown(people_places.c.statement, viewer))
    return list(db.execute(query.distinct().order_by(people_places.c.token)).scalars())


def persons(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str]
) -> dict[str, frozenset[str]]:
    """Give who is one person with each token, by the links that somebody may see."""
    return links.persons(db, tokens, is_shown(links.link_tokens.c.link, viewer))


def links_of(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str]
) -> list[RowMapping]:
    """List the links that stand and name any of some tokens, the oldest first."""
    named = select(links.link_tokens.c.link).where(links.link_tokens.c.token.in_(sorted(tokens)))
    # Not by the index of who undid one, in which almost all stand alike.
    stand = (links.links.c.id.in_(named), func.coalesce(links.links.c.undone_by, "-") == "-")
    query = (
        select(links.links)
        .where(*stand, is_shown(links.links.c.id, viewer))
        .order_by(links.links.c.id)
    )
    return list(db.execute(query).mappings())


def gone_from(db: Connection, statements: Collection[str]) -> dict[str, int]:
    """Count what some statements arise from and is not held here, by their ids; where any is."""
    causes = stored.causes
    gone = _probe(select(stored.views.c.id).where(stored.views.c.id == causes.c.cause)).is_(None)
    query = select(causes.c.statement, func.count()).where(causes.c.statement.in_(statements))
    return {row[0]: row[1] for row in db.execute(query.where(gone).group_by(causes.c.statement))}


def judged_apart(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str]
) -> list[RowMapping]:
    """List the judgements that stand of whom some tokens are two people's, the newest last."""
    found: list[RowMapping] = []
    judged = links.judged_apart
    for some in links.chunks(sorted(tokens)):
        query = select(judged).where(judged.c.one.in_(some), _stands(judged.c.id, viewer))
        found += db.execute(query.order_by(judged.c.through, judged.c.id)).mappings()
    return found


def newest_place(db: Connection, statements: Collection[str]) -> tuple[int, str]:
    """Give the place of the newest of some statements that are held, and its id."""
    found = [(0, "")]
    held = stored.views.c
    for some in links.chunks(sorted(statements)):
        query = select(held.place, held.id).where(held.id.in_(some))
        row = db.execute(query.order_by(held.place.desc()).limit(1)).first()
        found += [] if row is None else [(row.place, row.id)]
    return max(found)


def partings(
    db: Connection, viewer: Collection[str] | None, ours: Collection[str], theirs: Collection[str]
) -> list[str]:
    """List the statements that undid a link of one of some tokens with one of others.

    And those by which somebody judged that they are two people, whom nobody had joined.
    """
    one, other = links.link_tokens.alias(), links.link_tokens.alias()
    query = (
        select(links.links.c.undone_by)
        .join(one, one.c.link == links.links.c.id)
        .join(other, other.c.link == links.links.c.id)
        .where(one.c.token.in_(sorted(ours)), other.c.token.in_(sorted(theirs)))
        .where(links.links.c.undone_by.is_not(None), is_shown(links.links.c.id, viewer))
        .distinct().order_by(links.links.c.undone_by)
    )  # fmt: skip
    judged = judged_apart(db, viewer, {*ours, *theirs})
    both = [row["id"] for row in judged
            if len({row["one"], row["other"]} & {*ours}) == 1
            and len({row["one"], row["other"]} & {*theirs}) == 1]  # fmt: skip
    return sorted([*db.execute(query).scalars(), *both])


def _stands(statement: ColumnElement[str], viewer: Collection[str] | None) -> ColumnElement[bool]:
    """Ask that somebody may see a statement, and that nothing speaks against it."""
    marks = standing.standing.c
    undone = marks.mark.in_(["retracted", "suspect"])
    return and_(
        is_shown(statement, viewer),
        _probe(select(marks.mark).where(marks.statement == statement, undone)).is_(None),
    )


def _guise_of(keys: Collection[str]) -> str:
    """Digest the keys that somebody is found by: 64 bits, to tell one person's few guises apart."""
    return base64url.encode(sha256("\n".join(sorted(keys)).encode()).digest()[:8])


def _is_named(
    keys: ReadOnlyColumnCollection[str, Column[Any]],
    counts: Callable[[ColumnElement[str]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    """Ask of a key whether any statement that counts names its person in its guise."""
    named = people_named.c
    so = (named.token == keys.token, named.guise == keys.guise, counts(named.statement))
    return _probe(select(named.token).where(*so)).is_not(None)


def _probe(query: Select[Any]) -> ScalarSelect[Any]:
    """Look one row up by its index, for each row: `exists` may become a join over a whole table."""
    return query.limit(1).scalar_subquery()

"""Links of tokens: who is one person, because a named matcher said so and nobody undid it.

Nothing merges by itself, and an unlink restores. Everybody who asks who is one person asks here.

Source: domain.md 1.11 (matching), 7 (Others: `persons_linked`, `persons_unlinked`).
"""

from collections.abc import Collection, Iterator

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)

from consumers.inserting import upsert
from consumers.store import metadata, views
from contracts.event.case import PersonsLinked, PersonsUnlinked

CHUNK = 500
"""How many tokens one query asks for: SQLite takes no more than some thousands."""

links = Table(
    "links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subjects", Text, nullable=False),
    Column("matcher", Text, nullable=False),
    Column("undone_by", Text),
)
"""Tokens that a named matcher said are one person, joined by spaces."""
Index("links_standing", links.c.undone_by, links.c.id)

link_tokens = Table(
    "link_tokens",
    metadata,
    Column("token", Text, primary_key=True),
    Column("link", Text, primary_key=True, index=True),
)
"""Which links name a token."""


judged_apart = Table(
    "judged_apart",
    metadata,
    Column("id", Text, primary_key=True),
    Column("one", Text, nullable=False, index=True),
    Column("other", Text, nullable=False),
    Column("matcher", Text, nullable=False),
    Column("through", BigInteger, nullable=False),
)
"""Two tokens that a named matcher judged to be two people's, whom nobody had joined; `through` is
the place of the newest statement that they looked at."""


# Looked up for each link that is found: as a join it may become the first thing that is read, and
# almost all links stand.
_stands = (
    select(links.c.id)
    .where(links.c.id == link_tokens.c.link, links.c.undone_by.is_(None))
    .limit(1)
    .scalar_subquery()
)
_STANDING = (
    select(link_tokens.c.link)
    .where(link_tokens.c.token.in_(bindparam("some", expanding=True)), _stands.is_not(None))
    .distinct()
)
_TOKENS = select(link_tokens.c.link, link_tokens.c.token).where(
    link_tokens.c.link.in_(bindparam("some", expanding=True))
)


def link(db: Connection, link_id: str, event: PersonsLinked) -> None:
    """Add a link; the same again changes nothing."""
    row = upsert(db, links).values(
        id=link_id, subjects=" ".join(event.subjects), matcher=event.matcher
    )
    db.execute(row.on_conflict_do_nothing())
    for token in event.subjects:
        named = upsert(db, link_tokens).values(token=token, link=link_id)
        db.execute(named.on_conflict_do_nothing())


def part(
    db: Connection, said: str, event: PersonsUnlinked, causes: Collection[str]
) -> frozenset[str]:
    """Undo a link, or keep the judgement that two people are two; give whom it parts.

    Args:
        db: an open transaction.
        said: the statement's id.
        event: what it says.
        causes: what it rests on: a judgement counts until something newer names either.
    """
    if event.link is not None:
        unlink(db, event.link, said)
        return tokens_of(db, event.link)
    held = select(func.max(views.c.place)).where(views.c.id.in_(sorted(causes)))
    one, other = event.subjects
    row = upsert(db, judged_apart).values(
        id=said, one=one, other=other, matcher=event.matcher, through=db.execute(held).scalar() or 0
    )
    db.execute(row.on_conflict_do_nothing())
    return frozenset()


def unlink(db: Connection, link_id: str, undone_by: str) -> None:
    """Undo a link."""
    db.execute(update(links).where(links.c.id == link_id).values(undone_by=undone_by))


def refused(db: Connection, said: str) -> None:
    """Take back a link, an unlink or a judgement by a statement that was not accepted."""
    db.execute(update(links).where(links.c.undone_by == said).values(undone_by=None))
    forget(db, said)


def forget(db: Connection, link_id: str) -> None:
    """Drop an erased link or judgement."""
    db.execute(delete(judged_apart).where(judged_apart.c.id == link_id))
    db.execute(delete(links).where(links.c.id == link_id))
    db.execute(delete(link_tokens).where(link_tokens.c.link == link_id))


def tokens_of(db: Connection, link_id: str) -> frozenset[str]:
    """Give the tokens that a link joins or joined."""
    query = select(link_tokens.c.token).where(link_tokens.c.link == link_id)
    return frozenset(db.execute(query).scalars())


def touched(db: Connection, said: str) -> frozenset[str]:
    """Give the tokens of the link that a statement makes, or undoes."""
    query = select(links.c.id).where(links.c.undone_by == said)
    undone = db.execute(query).scalars().all()
    return frozenset().union(*(tokens_of(db, one) for one in (said, *undone)))


def standing_links(
    db: Connection, *shown: ColumnElement[bool], only: str | None = None, count: int | None = None
) -> list[RowMapping]:
    """List the links that nobody undid, the newest first; or that of one id alone.

    Args:
        db: an open transaction.
        shown: what each must meet besides, such as that who looks may see it.
        only: that of this id.
        count: at most so many; None for all.
    """
    query = select(links).where(links.c.undone_by.is_(None), *shown).order_by(links.c.id.desc())
    query = query if only is None else query.where(links.c.id == only)
    return list(db.execute(query.limit(count)).mappings())


def persons(
    db: Connection, tokens: Collection[str], *shown: ColumnElement[bool]
) -> dict[str, frozenset[str]]:
    """Give, for each token, those that standing links make one person's, itself included.

    Args:
        db: an open transaction.
        tokens: of whomever; one that no link names is a person alone.
        shown: what each link must meet besides, such as that who looks may see it; by
            `link_tokens.link`.
    """
    groups = {token: frozenset({token}) for token in tokens}
    new = set(tokens)
    standing = _STANDING.where(*shown) if shown else _STANDING
    while new:
        joined: dict[str, set[str]] = {}
        for some in chunks(sorted(new)):
            named = list(db.execute(standing, {"some": some}).scalars())
            for link, token in _tokens_of(db, named):
                joined.setdefault(link, set()).add(token)
        new = {token for group in joined.values() for token in group} - set(groups)
        for group in joined.values():
            whole = frozenset(group).union(*(groups.get(token, ()) for token in group))
            groups.update(dict.fromkeys(whole, whole))
    return {token: groups[token] for token in tokens}


def _tokens_of(db: Connection, named: list[str]) -> Iterator[Row[str, str]]:
    """Give each link of some with each of its tokens: asked only where there is a link."""
    for some in chunks(named):
        yield from db.execute(_TOKENS, {"some": some})


def chunks(tokens: list[str]) -> Iterator[list[str]]:
    """Cut a list of tokens into what one query may ask for."""
    for first in range(0, len(tokens), CHUNK):
        yield tokens[first : first + CHUNK]

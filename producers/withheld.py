"""Whom what this home holds is kept from: what every list of an outbox looks at.

Learnt from what was said here and from every view of the agency, so that it holds on a home on
which no consumer acts. To whom something is kept from, it looks as if it were not there.

What a delivery keeps, and shows again, is decided in one place (`contracts.entry.Delivery`);
a consumer's store (`consumers.standing`) takes it from there too. What is kept from somebody is
asked in both: neither part may import the other, and `contracts`, which is beneath both, no SQL.
They are two databases; the rows of this one are by digest alone.

Source: domain.md 5 (traps 14, 16).
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from contracts.entry import Delivery
from contracts.event.case import ExclusionRecorded
from contracts.form import Section
from contracts.sharing import Exclusions
from producers.tables import withheld


def keep_own(db: Connection, digest: str, sections: Mapping[str, Section]) -> None:
    """Keep what is said here from whom it names as excluded, before anything came back."""
    for one in sections.values():
        if isinstance(one, (Exclusions, ExclusionRecorded)):
            named = [token for row in one.excluded for token in (row.practitioner, row.household)]
            _keep(db, [digest], [token for token in named if token])


def keep(db: Connection, delivery: Delivery) -> None:
    """Take in from whom a view or notice keeps what it tells and covers, and who may see again."""
    _keep(db, delivery.kept, delivery.withheld_from)
    if delivery.shown_again:
        again = withheld.c.digest.in_(delivery.shown_again)
        db.execute(delete(withheld).where(again, withheld.c.token.in_(delivery.lifted)))


def hidden_from(db: Connection, viewer: Collection[str] | None) -> frozenset[str]:
    """List the digests of what is kept from somebody.

    Args:
        db: an open transaction on the outbox's database.
        viewer: the tokens that they are known by; None for somebody unknown, from whom is kept
            what is kept from anybody.
    """
    query = select(withheld.c.digest)
    if viewer is not None:
        query = query.where(withheld.c.token.in_(viewer))
    return frozenset(db.execute(query).scalars())


def forget(db: Connection, digest: str) -> None:
    """Drop what is known of an erased statement."""
    db.execute(delete(withheld).where(withheld.c.digest == digest))


def _keep(db: Connection, digests: Iterable[str], tokens: Collection[str]) -> None:
    for digest in digests:
        for token in tokens:
            row = upsert(withheld).values(digest=digest, token=token)
            db.execute(row.on_conflict_do_nothing())

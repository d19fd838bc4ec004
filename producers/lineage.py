"""Which copy of the outbox database this is: generations, their streams, and the marker beside it.

A file beside the database, `outbox.generation`, says how far the database had come. It is written
after each commit: it may lag behind, and is never ahead of the database, unless the database is an
older copy put back from a backup. Then a new generation begins, with new streams, so that no
number of a stream is ever used for two statements. One begins too where the source's key changes.
"""

import json
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, union_all, update

from producers.tables import generations, meta, put, statements, streams, superseded

_MARKER = "outbox.generation"
_LATEST = select(generations).order_by(generations.c.place.desc()).limit(1)
_WRITTEN = select(meta.c.number).where(meta.c.key == "written")
_STREAM = select(streams).where(
    streams.c.generation == bindparam("generation"), streams.c.use == bindparam("use")
)


def read_marker(folder: Path) -> tuple[str, int] | None:
    """Read the marker: generation and statements signed; None where there is none yet.

    A marker that cannot be read counts as another generation's: new streams are the safe answer.
    """
    path = folder / _MARKER
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_bytes())
        return str(found["generation"]), int(found["written"])
    except (ValueError, KeyError, TypeError):
        return "", 0


def write_marker(folder: Path, db: Connection, unique: str) -> None:
    """Put the marker where the database stands; `unique` names the file it is first written to."""
    token = latest(db)["token"]
    written = db.execute(_WRITTEN).scalar_one()
    if read_marker(folder) == (token, written):
        return
    beside = folder / f"{_MARKER}.{unique}"
    beside.touch(mode=0o600)
    beside.write_text(json.dumps({"generation": token, "written": written}))
    Path(beside).replace(folder / _MARKER)


def why_anew(db: Connection, marker: tuple[str, int] | None) -> str | None:
    """Say why a new generation must begin; None where database and marker agree."""
    ours = set(db.execute(select(generations.c.token)).scalars())
    if not ours and marker is None:
        return "first"
    written = db.execute(_WRITTEN).scalar() or 0
    agrees = marker is not None and marker[0] in ours and marker[1] <= written
    return None if agrees else "restored"


def open_generation(
    db: Connection, token: str, reason: str, *, written: int = 0, resend: bool = True
) -> None:
    """Begin anew: new streams, and what has no receipt is sent again, the same bytes.

    Args:
        db: an open transaction.
        token: random, unique.
        reason: `first`, `restored` or `rotated`.
        written: how far the marker says the database had come.
        resend: False where what was sent is known to be with Kafka.
    """
    db.execute(insert(generations).values(token=token, reason=reason))
    found = db.execute(_WRITTEN).scalar() or 0
    put(db, "written", number=max(found, written))
    if resend:
        db.execute(update(statements).where(statements.c.state == "sent").values(state="waiting"))


def latest(db: Connection) -> RowMapping:
    """Give the generation that is open."""
    return db.execute(_LATEST).mappings().one()


def stream_for(db: Connection, use: str) -> RowMapping | None:
    """Give the open generation's stream for a use; None where it has not spoken yet."""
    of = {"generation": latest(db)["place"], "use": use}
    return db.execute(_STREAM, of).mappings().first()


def add_stream(db: Connection, stream: str, use: str, kid: str) -> RowMapping:
    """Begin a stream in the open generation; its first statement must say that it opened."""
    place = {"generation": latest(db)["place"], "use": use, "kid": kid}
    db.execute(insert(streams).values(stream=stream, next=0, **place))
    query = select(streams).where(streams.c.stream == stream)
    return db.execute(query).mappings().one()


def is_open(db: Connection, stream: str) -> bool:
    """Say whether a stream is one that the open generation writes."""
    where = (streams.c.stream == stream, streams.c.generation == latest(db)["place"])
    return db.execute(select(streams.c.place).where(*where)).first() is not None


def digests_of(db: Connection, ids: Collection[str]) -> dict[str, str]:
    """Give the ids of what was said here of some, by each digest that it was signed under."""
    found = (
        select(one.c.digest, one.c.id).where(one.c.id.in_(ids)) for one in (statements, superseded)
    )
    return {row.digest: row.id for row in db.execute(union_all(*found))}

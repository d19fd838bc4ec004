"""What is said anew where what was said before does not stand: once each time, under its own key.

The key of what is said anew ends with the id of what it follows: two who say it at once, and one
who says it again after a crash, have one key. So a key is no reason to say nothing; what stands is.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, or_, select

from consumers.store import to_publish


def said_under(db: Connection, key: str) -> list[str]:
    """List the ids of what was said, or is to be, under a key or one that follows it, in order."""
    its = to_publish.c.key
    # An id is hexadecimal: nothing under this prefix is past it with a `g`. So an index finds it.
    follows = its.startswith(f"{key}/", autoescape=True) & its.between(f"{key}/", f"{key}/g")
    query = select(to_publish.c.id).where((its == key) | follows)
    return list(db.execute(query.order_by(to_publish.c.place)).scalars())


def following(key: str, said: Sequence[str]) -> str:
    """Give the key of what follows all that was said under a key; the key itself where none was."""
    return "/".join([key, *said[-1:]])


def let_go(db: Connection, statement: str, *begins: str) -> None:
    """Let an erased statement's key go, where it begins so: it says no more that there is one."""
    keyed = or_(*(to_publish.c.key.startswith(one, autoescape=True) for one in begins))
    db.execute(delete(to_publish).where(to_publish.c.id == statement, keyed))

"""Records of people as a worker indexes them, written short."""

import hashlib
from typing import Any

import msgspec

from consumers.people.facts import Facts, Mention
from tests.support.stranger import text_of

PIVOT = 40
PRECISION = {10: "day", 7: "month", 4: "year"}


def token(name: str) -> str:
    """Make the token that a name stands for in a test."""
    return text_of(hashlib.sha256(name.encode()).digest()[:16])


def record(  # one record has this many independent parts
    *names: str, born: str | None = None, sex: str | None = None, at: str | None = None,
    known: str | None = None, beside: str = "", key: str = "", statement: str = "",
    agency: str = "tv-probation", day: str = "2012-05-01", part: str = "unassessed",
    corrects: str | None = None, **numbers: str,
) -> Mention:  # fmt: skip
    """Make one record of one person.

    Args:
        names: `Given Family`; `Given -` or `- Family` where half of it is known.
        born: 1970-03-02, 1970-03, 1970 or an age.
        sex: as the log has it.
        at: an address.
        known: the day on which they were there, if not `day`.
        beside: given names of who is named beside them, each known by a token of that name.
        key: what their token is made of; else all of this.
        statement: the id of the statement.
        agency: who published it.
        day: of which it speaks.
        part: theirs in it.
        corrects: what it stands in place of.
        numbers: by register.
    """
    subject = token(key or repr((names, born, at, beside, agency, day, numbers)))
    where = {"subject": subject, "address": at, "known_at": known}
    value: dict[str, Any] = {
        "statement": statement or f"of {subject}",
        "digest": f"digest of {statement or subject}",
        "agency": agency,
        "day": day,
        "part": part,
        "corrects": corrects,
        "identity": {
            "subject": subject,
            "names": [_name(one) for one in names],
            "born": {"value": born, "precision": PRECISION.get(len(born), "age")} if born else None,
            "sex": sex,
            "identifiers": [{"scheme": k, "value": v} for k, v in numbers.items()] or None,
        },
        "whereabouts": {k: v for k, v in where.items() if v} if at else None,
        "beside": [{"subject": token(one), "given": [one]} for one in beside.split()],
    }
    return msgspec.convert(value, Mention)


def facts(*records: Mention) -> Facts:
    """Gather records as one person's."""
    return Facts.of({one.identity.subject for one in records}, records, pivot=PIVOT)


def _name(text: str) -> dict[str, str]:
    given, _, family = text.rpartition(" ")
    return {k: v for k, v in (("given", given), ("family", family)) if v not in {"", "-"}}

"""With whom somebody is connected, by what, who says so, from when to when: drawn, and as a table.

Of one person alone nobody else is named: each is a number, whoever they are. Of a couple, what
names nobody of age but them, children named. Never an address (domain.md 5, traps 4 and 8).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.chronology import rows
from consumers.chronology.ties import (
    CHILD,
    NAMED,
    NOBODY,
    Says,
    Word,
    by_agency,
    disputes,
)
from consumers.desk.drawn import Line, Picture, picture
from consumers.desk.pages.chronology import asked_for
from consumers.desk.person import Person
from consumers.desk.shown import capital, when
from consumers.desk.station import Station
from consumers.desk.whom import Whom, name_of, whom
from consumers.people import rows as people
from contracts.event.report import Occurred

UNNAMED = "Not named by anybody"
GONE = standing.WORDS["retracted"]


@dataclass(frozen=True)
class Other:
    """Somebody with whom a person is connected.

    Attributes:
        label: a name, inside a wall; else a number, or that nobody names them.
        token: one that opens the two together; None where they are not known, or together already.
        sayers: what each agency says.
        disputes: what of it cannot all be so.
        is_child: whether every word on them is of a child.
    """

    label: str
    token: str | None
    sayers: list[Says]
    disputes: list[str]
    is_child: bool


def routes(station: Station) -> list[Route]:
    """Give the routes of one person's picture and of a couple's."""

    def page(request: Request) -> Response:
        found = _shown(station, request)
        if found is None:
            return station.nothing(request)
        return station.page(request, "picture.html", title="Relationships", **found)

    path = "/persons/{token}/picture"
    return [Route(path, page), Route(f"{path}/{{other}}", page)]


def _shown(station: Station, request: Request) -> dict[str, Any] | None:
    """Read it, and record a look at every report that it rests on; None where there is nothing."""
    person, asked = station.person(request), asked_for(request)
    with station.looking(request, person) as (db, look):
        about = whom(db, person.viewer, asked)
        found: list[list[RowMapping]] = []
        if about is not None:
            inside = about.every if about.is_pair else None
            found = [rows.tied(db, person.viewer, one, inside) for one in about.tokens]
        ids = list(dict.fromkeys(row["statement"] for one in found for row in one))
        look("picture", ids or asked)
        if about is None:
            return None
        marks = standing.marks_of_all(db, ids)
        sides = []
        for n, (name, tied) in enumerate(zip(about.names, found, strict=True)):
            # What connects the two stands on the side of the first of them.
            theirs = [row for row in tied if n == 0 or row["other"] not in about.tokens[0]]
            if theirs or n == 0:
                others = _others(db, person, about, theirs, marks)
                sides.append((name, others, _drawn(station, name, others)))
        return {
            "whom": about, "as_of": stored.ledger_time(db), "sides": sides,
            "is_whole": all(len(one) < rows.TIES_MAX for one in found), "most": rows.TIES_MAX,
            "when": spelled, "since": _since, "until": _until, "partners": station.partners,
        }  # fmt: skip


def _others(
    db: Connection, person: Person, about: Whom, tied: Iterable[RowMapping],
    marks: Mapping[str, list[str]],
) -> list[Other]:  # fmt: skip
    """Put the words on each other person together, by links that stand."""
    listed = list(tied)
    joined = people.persons(db, person.viewer, {row["other"] for row in listed} - {NOBODY})
    words: dict[frozenset[str], list[Word]] = {}
    asked: dict[frozenset[str], str] = {}
    for row in listed:
        other = joined.get(row["other"], frozenset())
        asked.setdefault(other, row["other"])
        word = _word(row, marks.get(row["statement"], []))
        if word not in words.setdefault(other, []):
            words[other].append(word)
    found, number = [], 0
    for other, said in words.items():
        known = [one for one in said if one.relation not in {NAMED, CHILD}]
        is_child = all(one.relation == CHILD for one in said)
        number += bool(other)
        label = UNNAMED if not other else f"{'Child' if is_child else 'Person'} {number}"
        if other and about.is_pair:
            label = name_of(db, person.viewer, other)
        sayers = by_agency(known or said)
        opens = asked[other] if other and not about.is_pair and not is_child else None
        found.append(Other(label, opens, sayers, list(disputes(sayers)), is_child))
    return found


def _word(row: RowMapping, marks: list[str]) -> Word:
    return Word(
        row["agency"], row["relation"], row["state"], row["begins"], row["precision"],
        row["statement"], marks, GONE not in marks,
    )  # fmt: skip


def spelled(word: Word) -> str:
    """Spell when what a word tells of was, as exactly as it is known."""
    if word.precision == "undated":
        return f"undated; known {when(Occurred('day', word.begins[:10]))}"
    at = word.begins[:10] if word.precision in {"day", "instant"} else word.begins
    precision: Any = "day" if word.precision == "instant" else word.precision
    return when(Occurred(precision, at))


def _since(one: Says) -> str:
    """Say from when, by what one agency says."""
    if not one.counted:
        return "not said"
    began = one.began
    return f"from {spelled(began)}" if began else f"by {spelled(one.counted[0])} at the latest"


def _until(one: Says) -> str:
    """Say until when, by what one agency says; not said to have ended is not going on."""
    if not one.counted:
        return "not said"
    last = one.counted[-1]
    if one.is_over:
        return f"ended: {spelled(last)}"
    return f"not said to have ended; last told of {spelled(last)}"


def _drawn(station: Station, name: str, others: Iterable[Other]) -> Picture:
    """Draw it: a line to each, by how they are connected, and what is said of it."""
    return picture(name, [(_line(one), list(_texts(station, one))) for one in others])


def _line(one: Other) -> Line:
    if one.disputes:
        return "disputed"
    counted = [says for says in one.sayers if says.counted]
    if not counted:
        return "named"
    return "over" if all(says.is_over for says in counted) else "stands"


def _texts(station: Station, one: Other) -> Iterable[str]:
    """Give the texts of a box: who, the newest word, from when to when; disputed, all sides."""
    yield one.label
    counted = [says for says in one.sayers if says.counted]
    words = (word for says in counted or one.sayers for word in says.words)
    yield capital(max(words, key=lambda word: word.begins).text)
    if one.disputes:
        yield "DISPUTED"
    for says in counted:
        by = station.partners.get(says.agency, says.agency)
        yield f"{by}: {_since(says)}; {_until(says)}"

"""One person's chronology, or a couple's: happened, known, shared, seen here, acted, not told.

The auditor's is told from the whole ledger (`consumers.audit.chronology`); a desk knows its own
views alone, and says so.

Source: domain.md 3, 5 (trap 8), 7 (Four times).
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import store as stored
from consumers.chronology import rows
from consumers.chronology.rows import Place
from consumers.chronology.times import HAPPENED, KNOWN, RECORDED, SHARED, Times, days, waits
from consumers.chronology.untold import untold
from consumers.desk.beside import Beside
from consumers.desk.drawn import TICKS, at, strip
from consumers.desk.person import Person
from consumers.desk.rows import Opened, first_opened
from consumers.desk.shown import day, says, title_of, when
from consumers.desk.station import Station
from consumers.desk.whom import Whom, whom
from consumers.disclosure.course import APPLICATIONS
from consumers.listed import PAGE
from contracts.event.report import Report, ReturnMade
from contracts.form import Section
from contracts.statement import Statement

MACHINE = frozenset({
    "research_requested", "alert_raised", "alert_escalated", "possible_same_origin", "duty_overdue",
})  # fmt: skip
"""What only machines open, and what runs out: nobody has acted by it."""
UNLISTED = APPLICATIONS | {
    "persons_linked", "persons_unlinked", "exclusion_recorded", "exclusion_lifted",
}  # fmt: skip
"""What is no act about a report, or is never shown: from whom a case is kept (design.md)."""
CLOSED = (
    "concern", "contact", "disclosed", "relationship", "state", "change", "level", "release",
    "closure", "topic", "attendance", "enquiry", "status", "referral", "record", "offence",
    "returned", "source", "action",
)  # fmt: skip
"""Facts of a report that are words of ours, and so name nobody."""
CANNOT_KNOW = "Whether anybody else was told, this desk cannot know."
CALLED = {"happened": HAPPENED, "known": KNOWN, "recorded": RECORDED, "shared": SHARED}


class Acted(NamedTuple):
    """What arose from a report, in words, with the first time of it, and whether by a machine."""

    words: str
    first: int
    by_machine: bool


class Untold(NamedTuple):
    """Who cannot have been told something, by name; and in a sentence how many they are."""

    agencies: list[str]
    brief: str


def routes(station: Station) -> list[Route]:
    """Give the routes of one person's chronology and of a couple's."""

    def page(request: Request) -> Response:
        found = _told(station, request)
        if found is None:
            return station.nothing(request)
        return station.page(request, "chronology.html", title="Chronology", **found)

    path = "/persons/{token}/chronology"
    return [Route(path, page), Route(f"{path}/{{other}}", page)]


def asked_for(request: Request) -> list[str]:
    """Give the tokens that an address has: of one person, or of two."""
    given = request.path_params
    return [given[name] for name in ("token", "other") if name in given]


def _told(station: Station, request: Request) -> dict[str, Any] | None:
    """Read one page, and record a look at every report on it; None where there is nothing."""
    person, asked = station.person(request), asked_for(request)
    after = Place.read(request.query_params.get("after", ""))
    with station.looking(request, person) as (db, look):
        about = whom(db, person.viewer, asked)
        found: list[Place] = []
        if about is not None:
            every, pair = about.every, about.is_pair
            found = rows.happened(db, person.viewer, every, walled=pair, after=after)
        ids = [one.statement for one in found[:PAGE]]
        # By report, so that who may not see one does not learn that somebody looked at its people.
        look("chronology", ids or asked)
        if about is None:
            return None
        events = _Events(station, db, person, about, ids)
        return {
            "whom": about, "events": [events.one(each) for each in ids], "ticks": _ticks(),
            "first_page": after is None,
            "more": found[PAGE - 1] if len(found) > PAGE else None, "as_of": events.now,
            "called": CALLED,
        }  # fmt: skip


def _ticks() -> list[tuple[str, float]]:
    return [(words, at(count)) for words, count in TICKS]


class _Events:
    """What stands on one page, read in a handful of questions."""

    def __init__(
        self, station: Station, db: Connection, person: Person, about: Whom, ids: list[str]
    ) -> None:
        self._station, self._about = station, about
        hidden = station.hidden(db, person)
        self._beside = Beside(db, ids, hidden)
        self._named = rows.named_in(db, ids)
        self._opened: Mapping[str, Opened] = first_opened(db, ids)
        self._followed: dict[str, list[RowMapping]] = {}
        for row in rows.followed(db, person.viewer, ids, but=UNLISTED):
            self._followed.setdefault(row["cause"], []).append(row)
        self.now = stored.ledger_time(db)
        founding = station.voice.partners.founding
        self._zone = ZoneInfo(founding.time_zone) if founding else UTC

    def one(self, said: str) -> dict[str, Any]:
        """Tell one report."""
        row, station = self._beside.row(said), self._station
        if row is None:  # a chronology is of what is held
            return {}
        statement = self._beside.text(said) or stored.reread(row["record"])
        event = statement.sections.get("event")
        report = event if isinstance(event, Report) else None
        agency, zone = station.partners.get(row["agency"], row["agency"]), station.zone
        times = Times.of(report, self._day(row["ledger_time"]))
        acted = self._acted(said)
        opened = self._opened.get(said)
        first = min((one.first for one in acted if not one.by_machine), default=None)
        return {
            "id": said, "kind": title_of(row["event"]), "agency": agency, "row": row,
            "ours": row["agency"] == station.voice.agency,
            "said": "; ".join(_closed(event)), "says": says(statement),
            "happened": when(report.occurred, zone) if report else "not told to this desk",
            "known": day(report.known_to_agency, zone) if report else "not told to this desk",
            "recorded": day(report.recorded, zone) if report else "not told to this desk",
            "standing": report.standing if report else None,
            "destroyed": isinstance(event, ReturnMade) and event.returned == "destroyed",
            "urgency": statement.context.urgency, "came_with": self._beside.came_with(said),
            "stands": self._beside.stands(said), "names": self._names(said),
            "waits": list(waits(times, agency)), "opened": opened,
            "opened_after": self._after(times, opened.first if opened else None),
            "acted": [one.words for one in acted if not one.by_machine],
            "opened_by_systems": [one.words for one in acted if one.by_machine],
            "untold": self._untold(statement, row["agency"]),
            "strip": strip(
                times, opened=self._day_or_none(opened.first if opened else None),
                acted=self._day_or_none(first), today=self._day(self.now),
            ),
        }  # fmt: skip

    def _day(self, milliseconds: int) -> date:
        return datetime.fromtimestamp(milliseconds / 1000, self._zone).date()

    def _day_or_none(self, milliseconds: int | None) -> date | None:
        return None if milliseconds is None else self._day(milliseconds)

    def _after(self, times: Times, milliseconds: int | None) -> str | None:
        """Say how many days after it was shared something was; None where it was not."""
        if milliseconds is None:
            return None
        count = (self._day(milliseconds) - times.shared).days
        return f"{days(count)} after it was shared" if count > 0 else "the day it was shared"

    def _acted(self, said: str) -> list[Acted]:
        """List what arose from a report."""
        found = []
        for row in self._followed.get(said, []):
            agency = self._station.partners.get(row["agency"], row["agency"])
            by_itself = row["by_machine"] or row["event"] in MACHINE
            times = f", {row['count']} times" if row["count"] > 1 else ""
            by = f", by {agency}'s system" if by_itself else f", by {agency}"
            words = f"{title_of(row['event'])}{times}{by}: {self._station.at(row['first'])}"
            found.append(Acted(words, row["first"], by_itself))
        return found

    def _untold(self, statement: Statement, by: str) -> Untold:
        """Say who cannot have been told: not who is here, nor who did something about it."""
        voice, partners = self._station.voice, self._station.partners
        here = {voice.agency, *(r["agency"] for r in self._followed.get(statement.context.id, []))}
        left = [one for one in untold(voice.partners, statement, by=by) if one not in here]
        if not left:
            return Untold([], CANNOT_KNOW)
        if {*left, *here, by} >= partners.keys():
            return Untold([], "Every other agency: no agreement carries it to any of them")
        many = f"{len(left)} agencies" if len(left) > 1 else "1 agency"
        names = [partners.get(one, one) for one in left]
        return Untold(names, f"{many}, to which no agreement carries it. {CANNOT_KNOW}")

    def _names(self, said: str) -> str:
        """Say whom a report names, as far as the wall lets this page."""
        named, about = self._named.get(said, {}), self._about
        theirs = [
            name for name, tokens in zip(about.names, about.tokens, strict=True)
            if not tokens.isdisjoint(named)
        ]  # fmt: skip
        others = [is_child for token, is_child in named.items() if token not in about.every]
        told = [*theirs, *_counted(others)]
        return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)


def _counted(others: Collection[bool]) -> list[str]:
    """Count who else is named, children apart: nobody of them by name."""
    children, grown = sum(others), len(others) - sum(others)
    found = []
    if grown:
        found.append("one other person" if grown == 1 else f"{grown} other people")
    if children:
        found.append("one child" if children == 1 else f"{children} children")
    return found


def _closed(event: Section | None) -> list[str]:
    """List the facts of a report that are words of a closed list."""
    found = []
    for name in CLOSED:
        value = getattr(event, name, None)
        listed = value if isinstance(value, list) else [value]
        words = [str(one).replace("_", " ") for one in listed if one not in {None, "not_known"}]
        if words:
            found.append(f"{name.replace('_', ' ')}: {', '.join(words)}")
    return found

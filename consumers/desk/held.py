"""What is held of persons as a page shows it: who says so, when, and how what they said stands."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from consumers.desk.beside import Beside
from consumers.desk.limits import Limits, joined
from consumers.desk.person import Person
from consumers.desk.shown import PARTS, capital, day, title_of
from consumers.desk.station import Station
from consumers.disclosure.course import APPLICATIONS
from consumers.disclosure.worker import Disclosures
from consumers.listed import PAGE
from consumers.people import rows
from consumers.people.facts import Facts
from consumers.people.judging import Candidate, parts_of
from consumers.people.likeness import WORDS
from consumers.people.page import Line, Page, Told, by_agency, held_of, told_by
from contracts.event.case import PersonsLinked, PersonsUnlinked

DAY = re.compile(r"(\d{4}(?:-\d\d){0,2}) \((?:day|month|year)\)|(\d{4}-\d\d-\d\d)")
"""A day in what is held, or a birth as closely as it is known."""
NAMES = 3
"""How many names of somebody stand above their page; all of them stand on it."""


def spelled(text: str) -> str:
    """Spell every day in a text as people here read it: a month or a year alone stays alone."""
    return DAY.sub(lambda found: day(found[1] or found[2]), text)


def ids_of(*pages: Page) -> set[str]:
    """List every statement that pages rest on."""
    return {one.statement for page in pages for one in page.told}


def newest_of(people: Iterable[Facts]) -> set[str]:
    """List the newest statement of each agency that names each: what a list of people leads to.

    How every statement of somebody stands is on their own page.
    """
    told = (by_agency(told_by(one.mentions)) for one in people)
    return {said[-1].statement for groups in told for said in groups.values()}


class Held:
    """What is held of persons, for one who looks, with what stands beside each statement."""

    def __init__(
        self, station: Station, db: Connection, person: Person, statements: Collection[str]
    ) -> None:
        """Read what stands beside some statements: none of them is kept from who looks."""
        self._station, self._db, self._viewer = station, db, person.viewer
        self._hidden = station.hidden(db, person)
        self._ids = sorted(statements)
        self._beside = Beside(db, self._ids, self._hidden)

    def page(self, page: Page) -> dict[str, Any]:
        """Spell what is held of one person."""
        partners = self._station.partners
        parts = [Line(capital(PARTS[one.text]), one.told) for one in page.parts]
        sections = (
            ("Names", page.names), ("Born", page.births), ("Sex", page.sexes),
            ("Numbers", page.numbers), ("Addresses", page.addresses), ("Parts played", parts),
        )  # fmt: skip
        return {
            "names": [one.text for one in page.names[:NAMES]], "unshown": page.unshown,
            "ask": [partners.get(one, one) for one in page.unshown_by],
            "sections": [(title, [self._line(one) for one in found]) for title, found in sections],
            "contradictions": [
                (capital(title), [self._line(one) for one in found])
                for title, found in page.contradictions
            ],
            "tokens": page.tokens,
        }  # fmt: skip

    def marks(self) -> list[tuple[str, int]]:
        """Count how the statements are marked: each mark in words, and of how many it is."""
        marks = Counter(mark for one in self._ids for mark in self._beside.marks(one))
        came = sum("provisional" in self._beside.came_with(one) for one in self._ids)
        provisional = {"PROVISIONAL: who says so is not complete": came} if came else {}
        return sorted({**marks, **provisional}.items())

    def reports(self, page: Page, after: str) -> tuple[list[dict[str, Any]], str | None]:
        """List the statements that name somebody, the newest first, from behind one on.

        Returns:
            A page of them, and the last one's id where more follow.
        """
        ids = [one.statement for one in reversed(page.told)]
        days = {one.statement: one.day for one in page.told}
        first = ids.index(after) + 1 if after in days else 0
        some = ids[first : first + PAGE]
        listed = [self._report(one, days[one]) for one in some]
        return listed, some[-1] if len(ids) > first + PAGE else None

    def limits(self, statements: Iterable[str], tokens: Collection[str]) -> Limits:
        """Join what some statements say may be put to some people."""
        texts = (self._beside.text(one) for one in statements)
        return joined((one for one in texts if one is not None), tokens=tokens)

    def links(self, tokens: Collection[str]) -> list[dict[str, Any]]:
        """Say which links join some tokens: who said so, when and why."""
        found = rows.links_of(self._db, self._viewer, tokens)
        ids = [row["id"] for row in found]
        said, gone = Beside(self._db, ids, self._hidden), rows.gone_from(self._db, ids)
        return [
            {
                "id": row["id"], "by": row["matcher"], "count": len(row["subjects"].split()),
                "gone": gone.get(row["id"], 0), **self._basis(said, row["id"]),
            }
            for row in found
        ]  # fmt: skip

    def partings(self, found: Candidate) -> list[dict[str, Any]]:
        """Say who parted two people before, and why."""
        both = (found.one.tokens, found.other.tokens)
        ids = rows.partings(self._db, self._viewer, *both)
        said = Beside(self._db, ids, self._hidden)
        return [self._basis(said, one) for one in ids]

    def candidate(self, one: Candidate, token: str | None = None) -> dict[str, Any]:
        """Spell who may be one person, and what was found of them.

        Args:
            one: the two.
            token: of whom the page is: of them nothing is said again.
        """
        sides = [self.side(each) for each in (one.one, one.other) if token not in each.tokens]
        first, second = token or sides[0]["token"], sides[-1]["token"]
        evidence = one.likeness.evidence
        return {
            "bits": one.likeness.bits, "sides": sides, "judged": self._judgement(one),
            "link": f"/persons/{first}/beside/{second}",
            "apart": [WORDS[each] for each in one.likeness.apart],
            "speaks": [each.words for each in evidence if each.bits > 0],
            "against": [each.words for each in evidence if each.bits <= 0],
        }  # fmt: skip

    def _judgement(self, one: Candidate) -> dict[str, Any] | None:
        """Say who judged that two are two people, when and why; None where that does not hold."""
        if one.judged is None:
            return None
        found = self._basis(Beside(self._db, [one.judged], self._hidden), one.judged)
        return {**found, "when": self._station.at(found["at"])}

    def side(self, one: Facts) -> dict[str, Any]:
        """Spell one record, to judge by: by the token of the newest statement of it."""
        name, *held = map(spelled, held_of(one))
        token = max(one.mentions, key=lambda m: (m.day, m.statement)).identity.subject
        return {
            "token": token, "name": name, "held": held, "told": self._groups(told_by(one.mentions))
        }  # fmt: skip

    def _line(self, line: Line) -> dict[str, Any]:
        return {"text": spelled(line.text), "told": self._groups(line.told)}

    def _groups(self, told: Iterable[Told]) -> list[dict[str, Any]]:
        """Say who says so: each agency once, by its newest statement, with every mark in short."""
        return [
            {
                "agency": self._station.partners.get(agency, agency), "count": len(said),
                "first": day(said[0].day), "last": day(said[-1].day),
                "link": self._link(said[-1].statement), "marks": self._short(said),
            }
            for agency, said in by_agency(told).items()
        ]  # fmt: skip

    def _short(self, told: Iterable[Told]) -> list[str]:
        ids = [one.statement for one in told]
        marks = {mark.partition(":")[0] for one in ids for mark in self._beside.marks(one)}
        if any("provisional" in self._beside.came_with(one) for one in ids):
            marks.add("PROVISIONAL")
        return sorted(marks)

    def _link(self, statement: str) -> str | None:
        """Give the page of a statement; None where it has none here."""
        row = self._beside.row(statement)
        if row is None:
            return None
        if row["event"] not in APPLICATIONS:
            return f"/reports/{statement}"
        has_page = self._station.voice.kind in Disclosures.kinds
        return f"/disclosures/{statement}" if has_page else None

    def _report(self, statement: str, of: str) -> dict[str, Any]:
        row, beside = self._beside.row(statement), self._beside
        agency = row["agency"] if row is not None else ""
        return {
            "id": statement, "link": self._link(statement), "day": day(of),
            "kind": title_of(row["event"]) if row is not None else "Not held here any more",
            "agency": self._station.partners.get(agency, agency),
            "urgency": beside.urgency(statement), "marks": beside.came_with(statement),
            "stands": beside.stands(statement),
        }  # fmt: skip

    @staticmethod
    def _basis(said: Beside, statement: str) -> dict[str, Any]:
        """Say when and why somebody joined or parted people; nothing until it is on the log."""
        row, text = said.row(statement), said.text(statement)
        event = text.sections.get("event") if text is not None else None
        if row is None or not isinstance(event, PersonsLinked | PersonsUnlinked):
            return {"at": None, "reason": "", "shown": ""}
        reason, shown = parts_of(event.basis)
        return {
            "matcher": event.matcher, "at": row["ledger_time"], "reason": reason, "shown": shown,
            "was_joined": event.link is not None if isinstance(event, PersonsUnlinked) else True,
        }  # fmt: skip

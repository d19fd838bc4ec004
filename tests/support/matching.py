"""People named to the played partnership's police and hub, and whoever matches them there."""

from typing import Any

from consumers.people.desk import Matching
from contracts.section import Practitioner
from deploy.matching import SHIPPED, weighing_of
from tests.support.desk import POLICE, SOURCES, Desk, named
from tests.support.people import token

WEIGHING = weighing_of(SHIPPED.parent)
MATCHER = "N. Matcher"
SEEN = frozenset({"nobody in particular"})
HOME = "12 Elm Road, Milton Keynes MK1 1AA"
Json = Any


def matching(desk: Desk, agency: str = POLICE) -> Matching:
    """Sit where an agency's people match persons."""
    acting = desk.acting(agency)
    return Matching(acting.store, acting.voice, desk.new_id, WEIGHING)


def matcher(desk: Desk) -> Practitioner:
    """Name the matcher."""
    return Practitioner(token(MATCHER), MATCHER)


def about(desk: Desk, *people: Json, day: str = "2012-05-01", **event: Json) -> dict[str, Json]:
    """Make a report's sections that name just these people."""
    sections = named(desk.draw, occurred={"precision": "day", "at": day}, **event)
    kept = {name: value for name, value in sections.items() if not name.startswith("person.")}
    del kept["use_limits"]
    for n, given in enumerate(people, 1):
        where = {"address", "known_at"}
        identity = {k: v for k, v in given.items() if k not in {*where, "part"}}
        kept[f"person.{n}.identity"] = {"names": [], **identity}
        part = {"subject": given["subject"], "part": given.get("part", "unassessed")}
        kept[f"person.{n}.part"] = part
        if where & set(given):
            told = {k: given[k] for k in ("address", "known_at") if k in given}
            kept[f"person.{n}.whereabouts"] = {"subject": given["subject"], **told}
    return kept


def who(key: str, given: str | None = None, family: str | None = None, **more: Json) -> Json:
    """Name one person by the token that a key stands for."""
    name = {k: v for k, v in (("given", given), ("family", family)) if v}
    return {"subject": token(key), "names": [name] if name else [], **more}


def born(day: str) -> Json:
    """Give a birth known to the day."""
    return {"value": day, "precision": "day"}


def log(desk: Desk, *people: Json, day: str = "2012-05-02") -> str:
    """Let police log intelligence about people (E19)."""
    sections = about(desk, *people, day=day)
    sections["event"] = {
        "occurred": {"precision": "day", "at": day}, "known_to_agency": day, "recorded": day,
        "scheme": "ungraded", "source": "anonymous", "action": "none",
    }  # fmt: skip
    return desk.report(sections, source=SOURCES[POLICE], event="intelligence_logged")

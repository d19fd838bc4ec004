"""A month in a partnership, generated: what agencies write down about people on ordinary days.

The mix is an assumption to measure alarms with, not a statistic: nobody has published one. A seed
fixes all of it. Names are syllables, so that they are nobody's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.support.stranger import sha

Json = Any

SHARES: dict[tuple[str, str], float] = {
    ("thames-valley", "police_record_noted"): 0.13,
    ("thames-valley", "intelligence_logged"): 0.10,
    ("thames-valley", "concern_reported"): 0.03,
    ("nps-thames-valley", "contact_recorded"): 0.24,
    ("nps-thames-valley", "relationship_noted"): 0.02,
    ("nps-thames-valley", "household_changed"): 0.02,
    ("nps-thames-valley", "risk_assessed"): 0.03,
    ("nps-thames-valley", "release_notified"): 0.01,
    ("nps-thames-valley", "concern_reported"): 0.01,
    ("mkucs", "attendance_recorded"): 0.10,
    ("grove-surgery", "attendance_recorded"): 0.06,
    ("mkuhft", "attendance_recorded"): 0.04,
    ("mkc-housing", "contact_recorded"): 0.12,
    ("mkc-housing", "household_changed"): 0.02,
    ("compass", "treatment_recorded"): 0.04,
    ("mkc-children", "concern_reported"): 0.01,
    ("mk-act", "concern_reported"): 0.02,
}
"""How much of the month is what, by agency and kind; together one."""
URGENT, LIFE = 0.02, 0.001
"""Of concerns: how many are urgent, and a threat to life."""
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo")


@dataclass(frozen=True)
class Ordinary:
    """One statement of the month: when it is said, by whom, and what."""

    at: int
    source: str
    event: str
    urgency: str
    sections: dict[str, Json]


def month(seed: int, count: int, *, begins: str, days: int = 30) -> Iterator[Ordinary]:
    """Generate a month's statements in the order in which they are said.

    Args:
        seed: fixes it all.
        count: how many.
        begins: the first day.
        days: over how many days they are spread; nights have fewer.
    """
    draw = Random(seed)
    start = datetime.fromisoformat(f"{begins}T00:00:00+00:00")
    times = sorted(_moment(draw, start, days) for _ in range(count))
    kinds, weights = list(SHARES), list(SHARES.values())
    for at in times:
        agency, event = draw.choices(kinds, weights)[0]
        yield _said(draw, at, agency, event, pairs=max(50, count // 8))


def _moment(draw: Random, start: datetime, days: int) -> datetime:
    hours = [1] * 7 + [3] * 2 + [8] * 9 + [4] * 4 + [2] * 2
    hour = draw.choices(range(24), hours)[0]
    return start + timedelta(
        days=draw.randrange(days),
        hours=hour,
        minutes=draw.randrange(60),
        seconds=draw.randrange(60),
    )


def _said(draw: Random, at: datetime, agency: str, event: str, *, pairs: int) -> Ordinary:
    day = f"{at.astimezone(UTC):%Y-%m-%d}"
    pair = draw.randrange(pairs)
    alone = event in {"attendance_recorded", "treatment_recorded", "police_record_noted"}
    people = [f"{pair}/his"] if alone and event != "attendance_recorded" else [f"{pair}/hers"]
    if not alone:
        people = [f"{pair}/his", f"{pair}/hers"]
    sections: dict[str, Json] = {
        "event": {
            "occurred": {"precision": "day", "at": day}, "known_to_agency": day, "recorded": day,
            **_facts(draw, event, agency, day),
        },
        "provenance": _who(agency),
        "risk": {"danger_now": "unknown", "children": "not_asked", **_risk(draw, event)},
    }  # fmt: skip
    tokens = [sha(f"{agency}/{person}".encode())[:22] for person in people]
    limits = [
        {"subject": t, "may_be_told": "ring_first", "origin_may_be_told": "no"} for t in tokens
    ]
    sections["use_limits"] = {"limits": limits, "ring": "the duty desk"}
    for number, (person, token) in enumerate(zip(people, tokens, strict=True), 1):
        sections[f"person.{number}.identity"] = _identity(person, token)
        sections[f"person.{number}.part"] = {"subject": token, "part": "unassessed"}
    urgency = "routine"
    if event == "concern_reported":
        urgency = draw.choices(
            ["threat_to_life", "urgent", "routine"], [LIFE, URGENT, 1 - URGENT - LIFE]
        )[0]
    ms = round(at.timestamp() * 1000)
    return Ordinary(ms, f"{agency}/case", event, urgency, sections)


def _facts(draw: Random, event: str, agency: str, day: str) -> dict[str, Json]:
    def one(*values: str, weights: tuple[int, ...] = ()) -> str:
        return draw.choices(values, weights or None)[0]

    match event:
        case "concern_reported":
            return {"concern": one("other", "controlling_behaviour", "violence", "separation",
                                   "neighbour_report", weights=(5, 2, 2, 1, 2))}  # fmt: skip
        case "contact_recorded" if agency == "mkc-housing":
            return {"contact": one("tenancy", "benefits", "letter")}
        case "contact_recorded":
            told = one("", "alcohol", "relationship", "threat", weights=(80, 10, 8, 1))
            return {"contact": one("supervision", "call", "letter", "joint_attendance",
                                   weights=(80, 12, 6, 2)), **({"disclosed": [told]} if told
                                                               else {})}  # fmt: skip
        case "relationship_noted":
            return {"relationship": "partners", "state": one("started", "continuing", "ended")}
        case "household_changed":
            return {"change": one("joined", "left", "address_found", "tenancy_changed")}
        case "risk_assessed":
            return {"instrument": "oasys", "version": "4", "level": one("low", "medium", "high",
                    weights=(6, 3, 1)), "considered": ["history"]}  # fmt: skip
        case "release_notified":
            return {"release": "licence", "released_on": day, "accommodation": "own"}
        case "attendance_recorded":
            return {"attendance": one("illness", "injury", "review", weights=(7, 2, 3)),
                    "accompanied": one("alone", "partner", "family", weights=(7, 2, 2)),
                    "companion": "partners",
                    "enquiry": one("asked_none", "not_asked", weights=(8, 2))}  # fmt: skip
        case "treatment_recorded":
            return {"status": one("attending", "not_attending"), "service": "substance"}
        case "police_record_noted":
            return {"record": one("arrest", "nfa_allegation", "conviction", "warning"),
                    "offence": one("property", "drugs", "violence", weights=(6, 3, 2)),
                    "domestic": one("no", "yes", weights=(9, 1))}  # fmt: skip
    return {"scheme": "3x5x2", "grade": "2 B P", "source": "officer", "action": "researched"}


def _risk(draw: Random, event: str) -> dict[str, Json]:
    if event == "contact_recorded" and draw.random() < 0.05:
        return {"factors": [draw.choice(["alcohol", "debt", "anger", "separation"])]}
    return {"seen_alone": "yes"} if draw.random() < 0.5 else {}


def _who(agency: str) -> Json:
    return {
        "kind": "practitioner",
        "practitioner": {"token": sha(f"officer of {agency}".encode())[:22], "name": "A. Officer"},
        "role": "officer", "employer": agency, "contact": {"telephone": "01632 960999"},
        "how_known": "record", "said": "summary",
    }  # fmt: skip


def _identity(person: str, token: str) -> Json:
    drawn = Random(person)
    given, family = (
        "".join(drawn.choice(SYLLABLES) for _ in range(length)).title() for length in (2, 3)
    )
    born = f"{drawn.randrange(1950, 2005)}-{drawn.randrange(1, 13):02}-{drawn.randrange(1, 28):02}"
    return {
        "subject": token, "names": [{"given": given, "family": family}],
        "born": {"value": born, "precision": "day"},
        "sex": "male" if person.endswith("his") else "female",
    }  # fmt: skip

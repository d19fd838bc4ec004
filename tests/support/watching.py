"""One agency's rules over the review's own events: what it was told before, and what it then sees.

Each event of domain.md 3 that a rule is tested on is written here once, with what the review says
and no more: where the review is silent on who was asked or looked up, nobody was.
"""

from functools import cache
from pathlib import Path
from typing import Any

from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.seen import Alarm, Seen
from contracts.event.control import RuleTerm
from contracts.form import Section
from producers.document import convert, load_file
from tests.support.past import MACHINE, Past, Telling, Told, at_ms, token

Json = Any
TERMS_FILE = Path(__file__).parents[2] / "deploy" / "governance" / "rules.yaml"
D, T, N, EX = token("D"), token("T"), token("N"), token("Ex")


class Terms(Section, frozen=True):
    """The file of terms."""

    watch: list[RuleTerm]


LIMITS: dict[str, dict[str, Json]] = {
    "M03": {"window_days": 7},
    "M04": {"window_days": 14, "since": "2014-03-08"}, "M05": {"threshold": 16},
    "M06": {"window_days": 90}, "M09": {"window_days": 365},
    "M10": {"threshold": 3, "window_days": 365}, "M11": {"threshold": 2, "window_days": 365},
    "M12": {"window_days": 28}, "M14": {"window_days": 365}, "M15": {"window_days": 28},
    "M18": {"window_days": 730}, "M19": {"window_days": 365},
    "M21": {"threshold": 2, "window_days": 365}, "M22": {"threshold": 12},
}  # fmt: skip
"""Thresholds and windows that the tests of each rule go up to, whatever a partnership adopts."""


def limited(rule: str) -> RuleTerm:
    """Write the term of a rule by the limits of its tests."""
    return RuleTerm(
        id=rule, version="1", kinds=[], attention="duty", hours=1, owners={},
        fallback="duty_manager", words=shipped()[rule].words, **LIMITS.get(rule, {}),
    )  # fmt: skip


@cache
def shipped() -> dict[str, RuleTerm]:
    """Read the terms that are shipped, by rule."""
    value, lines = load_file(TERMS_FILE)
    found = convert(value, lines, Terms, name=TERMS_FILE.name)
    return {term.id: term for term in found.watch}


def contact(day: str, *people: str, **rest: Json) -> dict[str, Json]:
    """Write a supervision contact; `disclosed` and `contact` are of its event."""
    facts = {"contact": rest.pop("contact", "supervision")}
    if "disclosed" in rest:
        facts["disclosed"] = rest.pop("disclosed")
    return {"event": "contact_recorded", "day": day, "people": people, "facts": facts, **rest}


def record(day: str, *people: str, **facts: Json) -> dict[str, Json]:
    """Write what police hold on the first person."""
    event = {"offence": "violence", "domestic": "no", **facts}
    return {
        "event": "police_record_noted", "day": day, "people": people, "facts": event,
        "agency": "thames-valley",
    }  # fmt: skip


def report(event: str, day: str, *people: str, agency: str = "tv-probation", **facts: Json) -> Json:
    """Write any other report."""
    rest = {key: facts.pop(key) for key in ("risk", "provenance") if key in facts}
    return {
        "event": event, "day": day, "people": people, "facts": facts, "agency": agency, **rest
    }  # fmt: skip


COUPLE = {"relationship": "partners"}
REVIEW: dict[str, Json] = {
    "E01": record("1987-06-01", "D", record="conviction"),
    "E03": report(
        "return_made", "1997-01-23", "T", agency="mkc-adult-care", returned="destroyed"
    ),
    "E04": report(
        "household_changed", "1999-05-24", "T", agency="mkc-housing", change="tenancy_changed"
    ),
    "E05": report("household_changed", "2001-04-30", "T", agency="mkc-housing", change="left"),
    "E06": report("household_changed", "2004-10-13", "T", agency="mkc-housing", change="left"),
    "E07": report("household_changed", "2004-12-31", "T", agency="mkc-housing", change="left"),
    "E08": record(
        "2005-03-01", "D/alleged_perpetrator", "Ex/victim", record="nfa_allegation",
        offence="threats", domestic="yes",
    ),
    "E09": record(
        "2005-06-01", "D/alleged_perpetrator", "Ex/victim", record="warning",
        offence="harassment", domestic="yes",
    ),
    "E10": record("2008-04-01", "D", record="conviction", offence="drugs"),
    "E10-arrest": record("2008-04-01", "D", record="arrest", offence="homicide"),
    "E14": report(
        "release_notified", "2011-11-21", "D", release="home_detention_curfew",
        released_on="2011-11-21", accommodation="bail_support",
    ),
    "E16": contact(
        "2012-02-08", "D", "Ex", "Child/child",
        disclosed=["allegation_by_other", "own_denial", "child"],
    ),
    "E17": report(
        "relationship_noted", "2012-02-15", "D", "T", state="started", disclosed_by="subject",
        **COUPLE,
    ),
    "E18": report("concern_reported", "2012-05-01", "D", "T", concern="separation", **COUPLE),
    "E19": report(
        "intelligence_logged", "2012-05-02", "D", "T", agency="thames-valley", scheme="ungraded",
        source="anonymous", action="none", risk={"factors": ["separation"]},
    ),
    "E20": report("health_noted", "2012-05-25", "D", topic="alcohol"),
    "E21": report(
        "risk_assessed", "2012-06-12", "D", instrument="oasys", version="1", level="low",
        considered=["employment", "accommodation"],
    ),
    "E22": contact("2012-07-12", "D", "T", disclosed=["relationship", "counter_allegation"]),
    "E23": report("household_changed", "2012-07-17", "D", "T", change="address_found"),
    "E24": report(
        "household_changed", "2012-11-29", "D", "N", change="address_approved", **COUPLE
    ),
    "E25": report(
        "household_changed", "2013-03-20", "D", "T", change="moved_in_together", **COUPLE
    ),
    "E26": report(
        "closure_notified", "2013-09-28", "D", closure="licence", ends_on="2013-09-28",
        risk_recognised="not_asked",
    ),
    "E27": report(
        "attendance_recorded", "2014-10-09", "T", agency="mkucs", attendance="injury",
        accompanied="alone", enquiry="not_asked",
    ),
    "E31": report(
        "household_changed", "2016-06-13", "D", "T", change="address_approved", **COUPLE
    ),
    "E32": report(
        "release_notified", "2016-06-28", "D", release="home_detention_curfew",
        released_on="2016-06-28", accommodation="with_partner",
    ),
    "E33": report(
        "household_changed", "2016-07-01", "D", "T", agency="mkc-housing", change="joined"
    ),
    "E34": contact("2016-07-07", "D", "T", contact="joint_attendance", disclosed=["other"]),
    "E35": report(
        "risk_assessed", "2016-07-12", "D", instrument="oasys", version="1", level="medium",
        considered=["offending history"], risk={"factors": ["revenge"]},
    ),
    "E36": contact(
        "2016-07-20", "D", "T", disclosed=["relationship"],
        risk={"factors": ["belittling", "care_needs"]},
    ),
    "E37": contact(
        "2016-08-17", "D", "T", disclosed=["relationship", "counter_allegation"],
        risk={"factors": ["separation"]},
    ),
    "E38": contact("2016-09-26", "D", "T", disclosed=["relationship", "alcohol"]),
    "E39": contact(
        "2016-10-03", "D", "T", contact="call", disclosed=["other"],
        risk={"factors": ["unexplained_injury"]},
    ),
    "E40": report(
        "attendance_recorded", "2016-10-03", "T", agency="mkucs", attendance="illness",
        accompanied="other", enquiry="not_asked", unexplained=True,
    ),
    "E41": contact(
        "2016-10-28", "D", "T", contact="joint_attendance", disclosed=["other"],
        risk={"factors": ["debt", "care_needs"]}, provenance={"how_known": "observed"},
    ),
    "E42": report(
        "closure_notified", "2016-11-10", "D", closure="step_down", ends_on="2016-11-10",
        risk_recognised="no",
    ),
    "E43": contact("2016-12-08", "D", "T", contact="joint_attendance", disclosed=["alcohol"]),
    "E44": contact("2016-12-16", "T", agency="mkc-housing", contact="benefits"),
    "E46": contact(
        "2017-04-03", "D", disclosed=["alcohol", "drugs", "health"], risk={"factors": ["anger"]}
    ),
    "E50": report(
        "closure_notified", "2017-09-15", "D", closure="post_sentence", ends_on="2017-09-15",
        risk_recognised="yes",
    ),
    "E54": contact("2018-02-01", "D", agency="compass", contact="letter"),
    "E56": contact("2018-03-05", "D", agency="compass", contact="letter"),
    "E58": report(
        "concern_reported", "2018-01-10", "D", "T", agency="thames-valley",
        concern="neighbour_report",
    ),
    "E59": report(
        "concern_reported", "2018-05-15", "D", "T", agency="thames-valley", concern="other",
        risk={"factors": ["jealousy", "grooming_family"]}, **COUPLE,
    ),
    "E60": report(
        "concern_reported", "2018-05-24", "D/alleged_perpetrator", "Man/associate",
        agency="thames-valley", concern="threat", risk={"factors": ["jealousy", "alcohol"]},
    ),
    "E69": report(
        "concern_reported", "2018-01-12", "D", "T", agency="thames-valley", concern="other",
        provenance={"relay": [{"role": "parish councillor", "organisation": "Parish"}]},
    ),
}  # fmt: skip
"""Events of domain.md 3 by their id, as delivered in full."""


@cache
def review(event: str) -> Seen:
    """Give an event of the review as it stands, signed once for all tests."""
    drawn = dict(REVIEW[event])
    people = drawn.pop("people")
    return Telling(f"review/{event}").say(drawn.pop("event"), drawn.pop("day"), *people, **drawn)


class Watch:
    """What one agency was told, in order, and what its rules make of the next."""

    def __init__(self, *before: str) -> None:
        """Tell it events of the review."""
        terms = {rule: limited(rule) for rule in ("M03", *RULES)}
        self.told, self.telling = Told(terms=terms), Telling("watching")
        for one in before:
            self.tell(review(one))

    def say(self, event: str, **changes: Json) -> Seen:
        """Write an event of the review, or of its own name, changed; it is not told yet."""
        drawn = {**REVIEW.get(event, {"event": event, "people": ()}), **changes}
        facts = {**REVIEW.get(event, {}).get("facts", {}), **changes.get("facts", {})}
        name, day, people = drawn.pop("event"), drawn.pop("day"), drawn.pop("people")
        return self.telling.say(name, day, *people, **{**drawn, "facts": facts})

    def tell(self, event: str | Seen, **changes: Json) -> Seen:
        """Tell the agency an event, or what `say` wrote."""
        seen = event if isinstance(event, Seen) else self.say(event, **changes)
        self.told.seen.append(seen)
        return seen

    def alert(
        self, rule: str, *subjects: str, about: str | None = None, due: str = "2100-01-01"
    ) -> str:
        """Have an alert of a rule about some persons, and a statement, be open; give its id."""
        raised = self.telling.say("contact_recorded", "2012-01-01", "D", facts={"contact": "call"})
        if about is not None:
            raised = self.tell(
                "alert_raised", day="2012-01-01", causes=[about], work=True, is_ours=True,
                provenance=MACHINE, agency="thames-valley", facts={
                    "rule": rule, "rule_version": "1", "statements": [about], "attention": "duty",
                    "owner_role": "lead", "fallback_role": "lead", "due_at": 1, "good": "done",
                },
            )  # fmt: skip
        self.told.alerts.append((rule, raised.id, frozenset(subjects)))
        self.told.due[raised.id] = at_ms(due)
        return raised.id

    def sees(self, rule: str, event: str | Seen, **changes: Json) -> list[Alarm]:
        """Tell the agency an event, and give what a rule asks for by the limits of the tests."""
        seen = self.tell(event, **changes)
        return self.run(rule, seen)

    def run(self, rule: str, seen: Seen, term: RuleTerm | None = None) -> list[Alarm]:
        """Run a rule over a statement, by the limits of the tests or by a term."""
        return list(RULES[rule](seen, Past(self.told, seen.id), term or self.told.terms[rule]))

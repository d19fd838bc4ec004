"""Statements that hold every kind of section, so that whatever a leg lets through shows.

Written by somebody who has FORMAT.md alone. The text of each section says which it is; persons
are named by the part they play.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.stranger import sha, text_of

Draw = Callable[[int], bytes]
Sections = dict[str, Any]

PARTS = {
    "V": "victim",
    "P": "alleged_perpetrator",
    "C": "child",
    "A": "associate",
    "U": "unassessed",
}
"""Persons by a letter each: `PV` is a statement whose person.1 is the alleged perpetrator."""

_REPORT = {
    "occurred": {"precision": "day", "at": "2026-12-09"},
    "known_to_agency": "2026-12-09",
    "recorded": "2026-12-10",
}
_REPORTS: dict[str, dict[str, Any]] = {
    "concern_reported": {"concern": "separation", "relationship": "partners", "asked": ["visit"]},
    "contact_recorded": {"contact": "supervision", "disclosed": ["relationship", "health"]},
    "relationship_noted": {"relationship": "partners", "state": "ending"},
    "risk_assessed": {
        "instrument": "oasys",
        "version": "4",
        "level": "medium",
        "considered": ["history"],
        "not_considered": ["dependence"],
    },
    "release_notified": {
        "release": "licence",
        "released_on": "2026-12-09",
        "accommodation": "not_known",
    },
    "closure_notified": {
        "closure": "licence",
        "ends_on": "2026-12-31",
        "risk_recognised": "yes",
    },
    "household_changed": {"change": "joined", "relationship": "partners"},
    "health_noted": {"topic": "alcohol"},
    "attendance_recorded": {
        "attendance": "injury",
        "accompanied": "partner",
        "enquiry": "disclosed",
    },
    "treatment_recorded": {"status": "not_attending", "service": "substance"},
    "referral_made": {"referral": "mash", "criterion": "a criterion"},
    "intelligence_logged": {
        "scheme": "3x5x2",
        "grade": "2 B P",
        "source": "partner_agency",
        "action": "researched",
    },
}


@dataclass
class Saying:
    """One statement to be written: its event, its persons, and what makes a case of it.

    Attributes:
        event: its name.
        persons: letters of `PARTS`, person.1 first.
        cause: the statement it arises from; `about` what its event speaks of, else the cause.
        addressee: of a request or referral.
        level: of a risk assessment.
        views: consent by person number; `override` as (ground, of, at risk) by person number, 0
            who is in its cause.
        involved: (agency, how).
        excluded: agencies that must not see it.
        last: the token of the last person, for what arises from it to name.
    """

    event: str
    persons: str
    cause: str | None = None
    addressee: str | None = None
    level: str | None = None
    views: Mapping[int, str] = field(default_factory=dict)
    override: tuple[str, Sequence[int], Sequence[int]] | None = None
    involved: Sequence[tuple[str, str]] = ()
    excluded: Sequence[str] = ()
    last: str | None = None

    def sections(self, draw: Draw) -> Sections:
        """Write every section there is."""
        tokens = {n: text_of(draw(16)) for n in range(len(self.persons) + 1)}
        if self.cause is not None:
            tokens[0] = token_in(self.cause)
        if self.last is not None:
            tokens[len(self.persons)] = self.last
        sections: Sections = {"event": self._event(tokens)}
        if self.cause is not None:
            sections["cause.1"] = {"statement": self.cause}
        sections |= _who_says(draw)
        for number, letter in enumerate(self.persons, 1):
            sections |= _person(number, PARTS[letter], tokens[number])
        return sections | self._rest(draw, tokens)

    def _rest(self, draw: Draw, tokens: Mapping[int, str]) -> Sections:
        officer, key = text_of(draw(16)), sha(draw(8))
        limits = [
            {"subject": tokens[n], "may_be_told": "ring_first", "origin_may_be_told": "no"}
            for n in range(1, len(self.persons) + 1)
        ]
        excluded = [{"subjects": [tokens[0]], "agency": one} for one in self.excluded]
        return {
            "use_limits": {"limits": limits, "ring": "the duty desk"},
            "narrative": {"text": "a narrative", "form": "summary"},
            "risk": {"danger_now": "unknown", "children": "none_known"},
            "consent": self._consent(tokens),
            "health": {"text": "health", "standing": "self_reported"},
            "exclusions": {"excluded": [{"subjects": [tokens[0]], "practitioner": officer},
                                        *excluded]},
            "involvement": {"involved": [{"agency": a, "how": how} for a, how in self.involved]},
            "necessity": {"necessary": "a reason", "proportionate": "a reason"},
            "endorsement": {"public_key": key, "sections": [], "signature": "none"},
            "source_identity": {"name": "a source"},
        }  # fmt: skip

    def _consent(self, tokens: Mapping[int, str]) -> dict[str, Any]:
        views = [{"subject": tokens[n], "state": state} for n, state in self.views.items()]
        if self.override is None:
            return {"views": views}
        ground, of, at_risk = self.override
        override = {
            "ground": ground,
            "by": "A. Guardian",
            "role": "Caldicott Guardian",
            "reason": "a reason",
            "of": [tokens[n] for n in of],
            "at_risk": [tokens[n] for n in at_risk],
        }
        return {"views": views, "override": override}

    def _event(self, tokens: Mapping[int, str]) -> dict[str, Any]:
        if self.event in _REPORTS:
            event = {**_REPORT, **_REPORTS[self.event]}
            if self.addressee is not None:
                event["addressee"] = self.addressee
            if self.level is not None:
                event["level"] = self.level
            return event
        return _work(self.event, self.cause or "", tokens[min(1, len(self.persons))],
                     self.addressee or "")  # fmt: skip


def _work(event: str, cause: str, subject: str, addressee: str) -> dict[str, Any]:
    """Write the event of what is done about a statement."""
    about = {"statement": cause, "subject": subject}
    works: dict[str, dict[str, Any]] = {
        "information_requested": {
            **about, "addressee": addressee, "why": "what is held?", "due_at": 1,
        },
        "information_supplied": {
            **about, "request": cause, "outcome": "match", "supplied_by": "A. Officer",
        },
        "response_given": {
            "statement": cause, "received_by": "A. Officer", "researched": "yes",
            "actions": ["visit_planned"], "avoid": "the telephone",
        },
        "research_completed": {
            **about, "task": cause, "system": "pnc", "outcome": "match", "operator": "A. Officer",
            "searched_at": 1, "kinds": ["conviction"], "reference": "a reference",
        },
        "product_released": {
            **about, "of": [cause], "product": "sanitised words", "sanitised_by": "A. Officer",
            "authorised_by": "B. Officer", "handling": "P",
        },
        "victim_information_requested": {
            **about, "addressee": addressee, "line_of_enquiry": "a line", "period": "2026",
            "why": "a reason", "less_intrusive": "none", "authorised_by": "B. Officer",
            "notice": "given", "due_at": 1,
        },
        "housing_notice_given": {
            "addressee": addressee, "statement": cause, "act": "ring_police_contact",
            "ring": "the police contact",
        },
        "duty_overdue": {
            "duty": "response_given", "statement": cause, "owner_agency": "mk-mash",
            "owner_role": "duty", "due_at": 1,
        },
        "alert_raised": {
            "rule": "M20", "rule_version": "1", "statements": [cause], "attention": "interrupt",
            "owner_role": "duty", "fallback_role": "duty", "due_at": 1, "good": "a visit",
        },
    }  # fmt: skip
    return works[event]


def token_in(statement: str) -> str:
    """Give the token by which a statement that others arise from names its last person."""
    return sha(statement.encode())[:22]


def _who_says(draw: Draw) -> Sections:
    return {
        "provenance": {
            "kind": "practitioner",
            "practitioner": {"token": text_of(draw(16)), "name": "A. Officer"},
            "role": "officer",
            "employer": "an agency",
            "contact": {"telephone": "01632 960999"},
            "relay": [{"role": "neighbour", "organisation": "none"}],
            "how_known": "told_by_other",
            "said": "summary",
        }
    }


def _person(number: int, part: str, token: str) -> Sections:
    name = f"person.{number}"
    return {
        f"{name}.identity": {"subject": token, "names": [{"given": part}]},
        f"{name}.whereabouts": {"subject": token, "address": f"where the {part} is"},
        f"{name}.part": {"subject": token, "part": part},
    }

"""A busy force: everything that its desk lists, played and really signed, for the desk's pages."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from consumers.intelligence.desk import Grading, Product
from consumers.intelligence.waiting import copies_waiting
from consumers.research.rows import research_tasks
from consumers.safeguarding.desk import Deciding
from consumers.safeguarding.rows import alerts, origins
from contracts.duration import HOUR_MS
from contracts.section import Practitioner
from contracts.statement import interpret, parse
from deploy import clock
from tests.matrix.partnership import PARTNERSHIP, basis_of, key
from tests.support.played import token_of
from tests.support.stranger import Writer, concern, seeded, text_of
from tests.support.visiting import Visitor
from tests.support.working import Working, files_in

POLICE, HUB, PROBATION = "thames-valley", "mk-mash", "nps-thames-valley"
CASE, FORCE = "nps-thames-valley/case", "thames-valley/case"
HOUSED = "mkc-housing/case"
DAY = "2026-12-09"
CANARY = "Quillfeather"
"""The family name of him whom every report here is about: no page shows it to who must not know."""
ASKS = "Zebedee Mother"
"""Who asked for a disclosure: an officer of it alone may know."""

Json = Any


@dataclass
class Busy:
    """A played partnership, and what was said in it by name.

    Attributes:
        town: everybody at work.
        draw: fixes every token.
        said: ids by what they are: `concern`, `referral`, `application`...
        sections: what was said under each name.
    """

    town: Working
    draw: Callable[[int], bytes]
    said: dict[str, str] = field(default_factory=dict)
    sections: dict[str, Json] = field(default_factory=dict)

    def apart(self, folder: Path) -> "Busy":
        """Go on from here apart, in another folder."""
        held = deepcopy((self.draw, self.said, self.sections))
        return Busy(self.town.apart(folder), *held)

    def say(self, name: str, source: str, event: str, sections: Json, **context: Json) -> str:
        """Say one thing, let everybody read it, and remember its id under a name."""
        raw = self.town.say(source, event, sections, **context)
        self.town.settle()
        self.said[name] = interpret(parse(raw), whole=False).context.id
        self.sections[name] = sections
        return self.said[name]

    def concern(self, name: str) -> str:
        """Let probation report a concern about two people whom nothing else is about."""
        return self.say(name, CASE, "concern_reported", couple(self.draw))

    def ask_again(self, source: str = CASE) -> str:
        """Let probation, or who is named, ask the same of the police once more."""
        return self.say("again", source, "information_requested", self.sections["question"])

    def notify_housing(self) -> str:
        """Let the force tell housing to ring before anybody visits him of the concern."""
        told = self.sections["concern"]
        notice = {
            "event": {"addressee": HOUSED.partition("/")[0], "statement": self.said["concern"],
                      "act": "ring_police_contact", "ring": "01632 960010"},
            "cause.1": {"statement": self.said["concern"]}, "provenance": told["provenance"],
            "person.1.identity": told["person.1.identity"],
        }  # fmt: skip
        return self.say("notice", FORCE, "housing_notice_given", notice)

    def exclude(self, name: str, report: str, *, source: str = CASE) -> None:
        """Keep what is about the people of a report from somebody of the force."""
        told = self.sections[report]
        subjects = [told[f"person.{n}.identity"]["subject"] for n in (1, 2)]
        event = {
            "excluded": [
                {"subjects": subjects, "practitioner": token_of(POLICE, name)}
            ],
            "reason": "he is her brother", "by": "A. Officer",
        }  # fmt: skip
        about = {"statement": self.said[report]}
        wall = {"event": event, "cause.1": about, "provenance": told["provenance"]}
        self.say("exclusion", source, "exclusion_recorded", wall)

    def forged(self) -> str:
        """Let somebody report a threat to life in probation's name; give the id."""
        salt = text_of(b"s" * 16)
        made = Writer(key("nobody"), f"/agencies/{CASE}", PARTNERSHIP, self.draw, salt)
        given = {"time": self.town.time, "basis": basis_of(PROBATION), "urgency": "threat_to_life"}
        context = made.context("concern_reported", **given)
        self.town.submissions.append((PROBATION, made.write(context, couple(self.draw))))
        self.town.settle()
        return str(context["id"])

    def compromise(self, source: str) -> str:
        """Let governance revoke the key of a source that said something before; give its kid."""
        kid = key(source).kid
        revoked = {"act": "key_revoked", "agency": source.partition("/")[0], "kid": kid,
                   "reason": "compromised", "invalid_since": f"{DAY}T00:00:00.000Z"}  # fmt: skip
        self.town.govern("mk-csp", "act_proposed", {"proposal": revoked})
        self.town.settle()
        return kid

    def token(self, report: str, number: int = 1) -> str:
        """Give the token of one person of a report."""
        return str(self.sections[report][f"person.{number}.identity"]["subject"])

    def joined(self, report: str, number: int = 1) -> str:
        """Let an analyst of the force join a person of the concern with one of another report."""
        consumer = self.town.consumers[POLICE]
        tokens = [self.token(one, number) for one in ("concern", report)]
        (said,) = Deciding(consumer.store, consumer.voice, clock.uuid7).link(
            tokens, by=Practitioner(token_of(POLICE, "N. Analyst"), "N. Analyst"), role="analyst",
            basis="rang probation", causes=[self.said["concern"], self.said[report]],
        )  # fmt: skip
        self.town.settle()
        return said.draft.id

    def echo(self) -> str:
        """Let a landlord report of the concern's own pair; give the proposal that M03 makes."""
        self.say("echo", HOUSED, "concern_reported", couple(self.draw))
        found: str = one(self, select(origins.c.id))
        return found

    def pass_hours(self, hours: float) -> None:
        """Let time pass, and everybody act on it."""
        self.town.move(self.town.log.clock_ms + round(hours * HOUR_MS))
        self.town.settle()


def couple(draw: Callable[[int], bytes], *, given: str = "Daniel", **event: Json) -> Json:
    """Write a complete report of him and her, by their whole names; he may not be told of it."""
    sections = concern(draw)
    sections["event"] |= {
        "occurred": {"precision": "day", "at": DAY}, "known_to_agency": DAY, "recorded": DAY,
        **event,
    }  # fmt: skip
    his, hers = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
    for n, (first, family) in enumerate(((given, CANARY), ("Tracey", "Hill")), 1):
        sections[f"person.{n}.identity"] |= {
            "names": [{"given": first, "family": family}],
            "born": {"value": "1975-06-17", "precision": "day"},
        }
    sections["person.1.part"]["part"], sections["person.2.part"]["part"] = (
        "alleged_perpetrator", "victim",
    )  # fmt: skip
    sections["person.2.whereabouts"] = {"subject": hers, "address": "1 Invented Row"}
    sections["use_limits"] = {
        "limits": [
            {"subject": his, "may_be_told": "no", "origin_may_be_told": "no"},
            {"subject": hers, "may_be_told": "ring_first", "origin_may_be_told": "no"},
        ],
        "ring": "the duty desk on 01632 960010",
    }
    sections["risk"] = {"danger_now": "unknown", "children": "not_asked"}
    return sections


def facts(**event: Json) -> Json:
    """Write the facts that every report has, and more."""
    dated = {"occurred": {"precision": "day", "at": DAY}, "known_to_agency": DAY, "recorded": DAY}
    return {**dated, **event}


def busy(folder: Path, *, seed: str = "busy", **opened: Any) -> Busy:
    """Play it: an urgent concern, a referral, a handover, a question, a disclosure, a correction.

    Args:
        folder: for the databases.
        seed: fixes every salt and id.
        opened: in place of what `Working` is given.
    """
    given: dict[str, Any] = {"store": files_in(folder), "acting": [POLICE, PROBATION], **opened}
    draw = seeded(f"{seed}/sections")
    made = Busy(Working(seed, **given), draw)
    sections = couple(draw)
    made.say("concern", CASE, "concern_reported", sections, urgency="urgent")
    made.say("separated", CASE, "concern_reported", couple(draw, given="Damian"))
    made.say(
        "correction", CASE, "statement_corrected",
        {"event": {"statement": made.said["separated"], "reason": "misheard", "by": "A. Officer"},
         "cause.1": {"statement": made.said["separated"]}, "provenance": sections["provenance"],
         "narrative": {"text": "She means to stay, and asks for advice.", "form": "summary"}},
    )  # fmt: skip
    referral = {**couple(draw), "event": facts(addressee=POLICE, referral="daiu",
                                              criterion="professional judgement")}  # fmt: skip
    made.say("referral", CASE, "referral_made", referral)
    application = {**couple(draw), "event": facts(right="to_ask", applicant="third_party"),
                   "source_identity": {"name": ASKS, "contact": "01632 960999"}}  # fmt: skip
    application["provenance"]["practitioner"]["name"] = "Lee Hart (name invented)"
    made.say("application", FORCE, "disclosure_applied", application)
    question = {
        "event": {"addressee": POLICE, "statement": made.said["concern"],
                  "subject": sections["person.1.identity"]["subject"],
                  "why": "whether he is known for violence",
                  "due_at": made.town.log.clock_ms + 24 * HOUR_MS},
        "cause.1": {"statement": made.said["concern"]}, "provenance": sections["provenance"],
        "use_limits": sections["use_limits"],
        "person.1.identity": sections["person.1.identity"],
    }  # fmt: skip
    made.say("question", CASE, "information_requested", question)
    end = {**couple(draw), "event": facts(closure="case", ends_on="2026-12-20",
                                         risk_recognised="yes")}  # fmt: skip
    made.say("end", FORCE, "closure_notified", end)
    return made


def one(force: Busy, query: Any) -> Any:
    """Read one value from the police's store."""
    with force.town.consumers[POLICE].store.read() as db:
        return db.execute(query).scalars().first()


def task(force: Busy, system: str = "niche", report: str = "concern") -> str:
    """Give the first open look of a report in a system."""
    its = (research_tasks.c.statement == force.said[report], research_tasks.c.system == system)
    found: str = one(force, select(research_tasks.c.id).where(*its, research_tasks.c.open))
    return found


def copy_waiting(force: Busy) -> str:
    """Let an officer of the force grade the concern and write a copy of it; give its id."""
    consumer, said = force.town.consumers[POLICE], force.said["concern"]
    grades = Grading(consumer.store, consumer.voice, clock.uuid7)
    by = Practitioner(token_of(POLICE, "N. Analyst"), "N. Analyst")
    codes = {"scheme": "3x5x2", "source": "1", "assessment": "B", "handling": "P"}
    grades.grade(said, codes, by=by, role="analyst")
    force.town.settle()
    text = "A couple may be parting. Let somebody trained speak to each alone."
    grades.submit(
        Product(statement=said, of=[said], subject=force.token("concern", 2), text=text,
                sanitised_by=by, handling="P"),
        at=force.town.log.clock_ms,
    )  # fmt: skip
    found: str = one(force, select(copies_waiting.c.id))
    return found


def alert(force: Busy) -> str:
    """Let research run out of time; give the id of an alert that the police raised."""
    force.pass_hours(80)
    which = (alerts.c.rule == "M01", alerts.c.statement == force.said["concern"])
    found: str = one(force, select(alerts.c.id).where(*which))
    return found


def told(visitor: Visitor, answer: Any) -> str:
    """Follow a form that was taken to the next page; give its text."""
    assert answer.status_code == 303, answer.text
    found: str = visitor.get(answer.headers["location"]).text
    return found


def refused(answer: Any) -> str:
    """Give the page that shows a form again."""
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    return str(answer.text)

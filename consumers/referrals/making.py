"""A referral of somebody whom a report names: what its kind needs is checked before it is said.

Who they are, their parts and what may be put to them go as the report stands, under its own
tokens; where anybody is stays out: whoever takes the referral asks whoever reported.

Source: domain.md 1.2, 1.10, 7 (Default matrix: referral; Children: always; use_limits).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, select

from consumers import said_anew, standing
from consumers import store as stored
from consumers.people.rows import people_named
from consumers.referrals import rows
from consumers.store import Store, Wanted, views
from consumers.worker import Voice, personal
from contracts.context import Urgency
from contracts.event.report import Occurred, Referral, ReferralMade, RiskAssessed
from contracts.fault import Misuse
from contracts.form import Section
from contracts.instrument.assessed import Instrument, yes_count
from contracts.instrument.marac import Criterion, Incident, Known, MaracCriteria, met
from contracts.instrument.referred import Lack, Need, Put, ReferralCriteria, lacking, spelled
from contracts.section import (
    Answer,
    Children,
    Identity,
    Narrative,
    PersonPart,
    Practitioner,
    Risk,
    RiskLevel,
)
from contracts.sharing import (
    Consent,
    ConsentView,
    Involved,
    Involvements,
    UseLimits,
    limits_on,
)
from contracts.statement import Statement

ASSESSED_MAX = 10


class Criteria(NamedTuple):
    """What is asked of a referral here; deploy reads it from the home."""

    referrals: Callable[[], ReferralCriteria]
    marac: Callable[[], MaracCriteria]
    instrument: Callable[[str], Instrument]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A referral as somebody means to make it.

    Attributes:
        referral: its kind; `to` the agency that takes it.
        people: whom it names, by the report's tokens.
        meets: the criteria that hold.
        danger_now: as asked, and `children`.
        words: why, and what is asked.
        is_urgent: whether it waits for no ordinary day.
        agreed: whether each of them, asked alone, agreed.
        assessed: the id of an assessment of the risk.
        incidents: days of abuse of the pair; `last_referral` to MARAC.
        ends_on: the day on which this agency's part ends: YYYY-MM-DD.
    """

    referral: Referral
    to: str
    people: Sequence[str]
    meets: Collection[str]
    danger_now: Answer
    children: Children
    words: str
    is_urgent: bool = False
    agreed: bool = False
    assessed: str | None = None
    incidents: Sequence[date] = field(default=())
    last_referral: date | None = None
    ends_on: str | None = None

    @property
    def in_danger(self) -> bool:
        """Whether somebody is: then nothing that lacks may stop it."""
        return self.danger_now == "yes"


@dataclass(frozen=True)
class Making:
    """Where an agency's people refer somebody whom a report names."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    criteria: Criteria

    def assessments(
        self, db: Connection, viewer: Collection[str] | None, people: Collection[str]
    ) -> list[RowMapping]:
        """List the newest assessments of the risk that name some people: their views."""
        named = select(people_named.c.statement).where(people_named.c.token.in_(sorted(people)))
        its = (views.c.id.in_(named), views.c.event == "risk_assessed", views.c.verified)
        query = select(views).where(*its, standing.is_shown(views.c.id, viewer))
        newest = query.order_by(views.c.place.desc()).limit(ASSESSED_MAX)
        return list(db.execute(newest).mappings())

    def lacks(self, db: Connection, viewer: Collection[str] | None, asked: Asked) -> list[Lack]:
        """List what a referral lacks; empty where nothing does, or somebody is in danger now."""
        put = self._put(db, self._own(db, viewer, asked))
        return [] if asked.in_danger else lacking(put, self.criteria.referrals())

    def make(self, statement: str, asked: Asked, *, by: Practitioner, role: str) -> list[Wanted]:
        """Refer somebody.

        Args:
            statement: the report that it rests on.
            asked: what is meant.
            by: who refers.
            role: theirs.

        Raises:
            Misuse: no such report or person is held here, it was referred there already and that
                stands, or something lacks (`lacks`); danger now waits for neither of the two.
        """
        viewer = self.voice.viewer(by)
        with self.store.write() as db:
            hidden = standing.hidden_from(db, viewer)
            report = None if statement in hidden else standing.held(db, statement, but=hidden)
            if report is None:
                raise Misuse("No report of this id is held here.", remedy="Open it from the inbox.")
            key = self._insist_first(db, viewer, statement, asked)
            if self.lacks(db, viewer, asked):
                raise Misuse("This referral lacks something.", remedy="Say what is missing.")
            asked = self._own(db, viewer, asked)
            put, criteria = self._put(db, asked), self.criteria.referrals()
            day = datetime.fromtimestamp(stored.ledger_time(db) / 1000, UTC).date().isoformat()
            marac = self.criteria.marac().version if criteria.kind(asked.referral).marac else None
            event = ReferralMade(
                occurred=Occurred("undated"), known_to_agency=day, recorded=day,
                addressee=asked.to, referral=asked.referral, ends_on=asked.ends_on,
                criterion=spelled(put, criteria, in_danger=asked.in_danger, marac_version=marac),
            )  # fmt: skip
            said_id = self.new_id()
            said = personal(
                said_id, f"{key}/{said_id}" if asked.in_danger else key, "referral_made", event,
                causes=[statement, *([asked.assessed] if asked.assessed else [])],
                provenance=self.voice.signed_by(by, role=role), urgency=_urgency(asked),
                sections=_sections(report, asked),
            )  # fmt: skip
            if not stored.want(db, said):
                raise _made_before()
        return [said]

    def _own(self, db: Connection, viewer: Collection[str] | None, asked: Asked) -> Asked:
        """Let a referral rest on an assessment of whom it names, that who refers may see."""
        listed = {row["id"] for row in self.assessments(db, viewer, asked.people)}
        return asked if asked.assessed in listed else replace(asked, assessed=None)

    def _insist_first(
        self, db: Connection, viewer: Collection[str], statement: str, asked: Asked
    ) -> str:
        """Insist that no other that was made there because of the same report stands.

        Where somebody is in danger now none is in the way.

        Returns:
            The natural key, which ends with the last before it: so it is said once.
        """
        key = f"referral_made/{statement}/{asked.referral}/{asked.to}"
        said = said_anew.said_under(db, key)
        on_their_way = set(said) - stored.rows_of(db, said).keys()
        stands = on_their_way or rows.still_put(db, viewer, statement, asked.referral, asked.to)
        if stands and not asked.in_danger:
            raise _made_before()
        return said_anew.following(key, said)

    def _put(self, db: Connection, asked: Asked) -> Put:
        level, yes = self._assessed(db, asked)
        has: list[Need] = ["words", "causes"]
        has += ["consent"] if asked.agreed else []
        has += ["ends_on"] if asked.ends_on else []
        return Put(
            referral=asked.referral, meets=asked.meets, marac=self._marac(asked, yes), level=level,
            children=asked.children, has=has if asked.words else has[1:],
        )  # fmt: skip

    def _assessed(self, db: Connection, asked: Asked) -> tuple[RiskLevel | None, int | None]:
        """Give an assessment's level, and its count of yes where the answers are the victim's."""
        held = standing.held(db, asked.assessed) if asked.assessed else None
        event = held.sections.get("event") if held is not None else None
        risk = held.sections.get("risk") if held is not None else None
        if not isinstance(event, RiskAssessed):
            return None, None
        if not isinstance(risk, Risk) or risk.account != "victim" or not risk.answers:
            return event.level, None
        return event.level, yes_count(self.criteria.instrument(event.instrument), risk.answers)

    def _marac(self, asked: Asked, yes: int | None) -> list[Criterion]:
        if not self.criteria.referrals().kind(asked.referral).marac:
            return []
        known = Known(
            judged="judgement" in asked.meets, yes=yes,
            incidents=[Incident(one) for one in asked.incidents],
            referrals=[asked.last_referral] if asked.last_referral else [],
        )  # fmt: skip
        return met(known, criteria=self.criteria.marac())


def _made_before() -> Misuse:
    return Misuse(
        "This agency was referred to already because of this report. Nothing was said.",
        remedy="See how it stands among the referrals that were made. To make another all the "
        "same, take that back first: candour retract ID. Where somebody is in danger now, say so: "
        "then nothing is in the way.",
    )


def _urgency(asked: Asked) -> Urgency:
    return "threat_to_life" if asked.in_danger else "urgent" if asked.is_urgent else "routine"


def _sections(report: Statement, asked: Asked) -> dict[str, Section]:
    """Write what a referral says of people, from the report that names them.

    Raises:
        Misuse: the report names somebody not, or nobody is referred.
    """
    held = report.sections.values()
    known = {one.subject: one for one in held if isinstance(one, Identity)}
    parts = {one.subject: one for one in held if isinstance(one, PersonPart)}
    if not asked.people or not set(asked.people) <= set(known):
        raise Misuse("This report names no such person.", remedy="Choose whom the referral names.")
    found: dict[str, Section] = {}
    for number, subject in enumerate(asked.people, 1):
        found[f"person.{number}.identity"] = known[subject]
        found[f"person.{number}.part"] = parts.get(subject, PersonPart(subject, "unassessed"))
    limits = report.sections.get("use_limits")
    said = limits if isinstance(limits, UseLimits) else UseLimits([])
    found["use_limits"] = limits_on(said, asked.people)
    found["risk"] = Risk(asked.danger_now, asked.children)
    found["involvement"] = Involvements([Involved(asked.to, "addressee")])
    if asked.words:
        found["narrative"] = Narrative(asked.words, "summary")
    if asked.agreed:
        found["consent"] = Consent([ConsentView(one, "given") for one in asked.people])
    return found

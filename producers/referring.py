"""The file of a referral: a report with its criteria, checked before anything is stored.

Source: domain.md 1.2, 1.10; review 5.6.3 (iii): agencies push a referral, the victim need not.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal

from contracts.event.report import Referral, RiskAssessed
from contracts.fault import Misuse
from contracts.instrument.assessed import yes_count
from contracts.instrument.marac import Criterion, Incident, Known, met
from contracts.instrument.referred import Need, Put, ReferralKind, lacking, spelled
from contracts.section import Answer, Risk, RiskLevel
from contracts.statement import Statement
from producers.assessing import WHO
from producers.document import Document
from producers.field import AgencyId, Id, LocalDay
from producers.filed import InvolvedAgency, Report
from producers.instruments import instrument, marac_criteria, referral_criteria
from producers.report import Written, opened_as

Finds = Callable[[str], Statement | None]
"""Gives a statement that this agency holds, by its id; None where it holds none."""


class Abuse(Document):
    """Abuse of the pair on one day; `criminal` is whether it would be a crime."""

    day: LocalDay
    criminal: Answer = "unknown"


class Referring(Report):
    """The file. `meets` are the criteria that hold; `assessed` is the id of one of the risk."""

    report: Literal["referral"] = "referral"
    referral: Referral
    to: AgencyId
    meets: list[str] = []
    assessed: Id | None = None
    incidents: list[Abuse] = []
    last_referral: LocalDay | None = None
    marac_version: str | None = None
    ends_on: LocalDay | None = None


def read_referral(path: Path, home: Path, finds: Finds, *, now_ms: int) -> Written:
    """Read a referral's file, and check that its kind's least criteria are met.

    Args:
        path: the YAML file (`candour referral form KIND`).
        home: the folder of the home that refers; its own criteria come first.
        finds: gives what this agency holds.
        now_ms: this machine's clock, in milliseconds since 1970.

    Raises:
        Misuse: it cannot be used, each defect by line and field; or a criterion is missing, with
            what to do about it.
    """
    filed, lines = opened_as(path, Referring, now_ms=now_ms)
    unread = Written(filed, lines, path.name)
    if filed.facts:
        raise unread.unusable(("facts",), "`facts`: a referral's are worked out; leave them out.")
    if any(one.agency == filed.to for one in filed.excluded if not one.about):
        raise unread.unusable(
            ("to",), "`to`: this agency is excluded from it. Choose another, or ring governance."
        )
    criteria = referral_criteria(home)
    kind = criteria.kind(filed.referral)
    level, yes = _assessment(filed, unread, home, finds)
    found = _marac(filed, kind, home, yes)
    put = Put(
        referral=filed.referral, meets=filed.meets, marac=found, level=level,
        children=filed.children, has=_has(filed),
    )  # fmt: skip
    lacks = lacking(put, criteria)
    if lacks and not filed.is_in_danger:
        raise Misuse(
            f"This referral to {kind.title} lacks: {'; '.join(one.what for one in lacks)}.",
            remedy=" ".join(dict.fromkeys(one.remedy for one in lacks)),
        )
    version = marac_criteria(home, filed.marac_version).version if kind.marac else None
    facts = {
        "addressee": filed.to,
        "referral": filed.referral,
        "criterion": spelled(put, criteria, in_danger=filed.is_in_danger, marac_version=version),
        "ends_on": filed.ends_on,
    }
    addressed = InvolvedAgency(agency=filed.to, how="addressee")
    changed = {
        "facts": {name: value for name, value in facts.items() if value is not None},
        "causes": [*([filed.assessed] if filed.assessed else []), *filed.causes],
        "involved": [addressed, *(one for one in filed.involved if one != addressed)],
    }
    return Written(filed.model_copy(update=changed), lines, path.name)


def _assessment(
    filed: Referring, unread: Written, home: Path, finds: Finds
) -> tuple[RiskLevel | None, int | None]:
    """Give the level of the assessment it names, and the yes count where the answers are hers."""
    if filed.assessed is None:
        return None, None
    held = finds(filed.assessed)
    event = held.sections.get("event") if held is not None else None
    if held is None or not isinstance(event, RiskAssessed):
        raise unread.unusable(
            ("assessed",), "`assessed`: no assessment of this id is held here. Take the id "
            "from: candour risk show",
        )  # fmt: skip
    risk = held.sections.get("risk")
    if not isinstance(risk, Risk) or risk.account != "victim" or not risk.answers:
        return event.level, None
    return event.level, yes_count(instrument(event.instrument, home), risk.answers)


def _marac(filed: Referring, kind: ReferralKind, home: Path, yes: int | None) -> list[Criterion]:
    """Work out the criteria of MARAC from what the file holds."""
    if not kind.marac:
        return []
    days = [Incident(date.fromisoformat(one.day), one.criminal) for one in filed.incidents]
    last = [date.fromisoformat(filed.last_referral)] if filed.last_referral else []
    known = Known(judged="judgement" in filed.meets, yes=yes, incidents=days, referrals=last)
    return met(known, criteria=marac_criteria(home, filed.marac_version))


def _has(filed: Referring) -> set[Need]:
    found: dict[Need, bool] = {
        "words": bool((filed.words or "").strip()),
        "causes": bool(filed.causes or filed.assessed),
        "ends_on": filed.ends_on is not None,
        "consent": filed.override is not None
        or any(one.consent == "given" for one in filed.people),
    }
    return {need for need, is_there in found.items() if is_there}


def blank(referral: Referral, home: Path) -> str:
    """Write the form of one kind of referral to fill.

    Args:
        referral: its kind.
        home: the folder of a home, whose own criteria come first.
    """
    criteria = referral_criteria(home)
    kind = criteria.kind(referral)
    which = "one of these at least" if kind.any_of else "each of these"
    lines = [
        f"# A referral to {kind.title}. Give this file to: candour referral make FILE --home DIR",
        f"# `meets`: {which}, as far as it holds:",
        *(f"#   {one}: {criteria.criterion(one).holds}" for one in (*kind.any_of, *kind.all_of)),
        f"referral: {referral}",
        "to:                            # the agency, as candour partnership show names it",
        "meets: []",
        WHO,
        "people:",
        "  - {reference: , given: , family: , part: unassessed}",
        "children: not_asked            # household contact cares_for_others pregnant none_known",
    ]
    if any(criteria.criterion(one).level_min for one in (*kind.any_of, *kind.all_of)):
        lines.append("# assessed: the id of an assessment of the risk")
    if kind.marac:
        lines += [
            "# assessed: the id of an assessment that she answered herself",
            "# incidents: [{day: 2012-05-01, criminal: unknown}]",
            "# last_referral: 2011-09-01",
        ]
    if "consent" in kind.needs:
        lines.append("# In `people`, where it was asked alone: consent: given")
    if "ends_on" in kind.needs:
        lines.append("ends_on:                       # the day on which your part ends")
    return "\n".join([*lines, "words:                         # why, and what is asked"]) + "\n"

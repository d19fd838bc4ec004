"""The terms of the rules: where each runs, by which clock, whose duty it raises.

They are the ruleset's, on the log. Where a ruleset has none, these stand: the same as
deploy/governance/rules.yaml, which a partnership adopts or changes. Windows look back by when
things happened; hours run in ledger time. Every figure is configuration: no national one was found
for any of them but where domain.md names its source.

Source: domain.md 1.2, 1.3, 4, 7 (Attention: who owes what by default).
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from consumers.safeguarding.rules import same_origin, unresearched
from contracts.event.control import AgencyKind, Rules, RuleTerm

FOUND: dict[str, str] = {
    "M01": "a report whose research is not done",
    "M02": "a report came before it said all of who says so",
    "M03": "two reports that may be one source",
    "M04": "something stands on record against somebody in a couple",
    "M05": "an injury was treated and nobody asked in private",
    "M06": "a low level was given and what is held was not considered",
    "M07": "an address was approved without the looks or a talk in private",
    "M08": "two came together and the partner was not seen alone",
    "M09": "something new bears on danger in a couple",
    "M10": "separate incidents between two people reach the number for a review",
    "M11": "a partner left a tenancy",
    "M12": "somebody with a record joins a household",
    "M13": "somebody came along and it is not recorded who",
    "M14": "an informal report was closed as if it were none",
    "M15": "each of two is said to have harmed the other",
    "M16": "a report of ours reached nobody",
    "M17": "somebody disclosed abuse and no referral was decided",
    "M18": "supervision or a case ends with a risk that stays",
    "M19": "an assessment after custody without the record of therapy there",
    "M20": "somebody warns of jealousy or of a threat",
    "M21": "signs that somebody may need care and support, and abuse reported",
    "M22": "abuse again within the repeat period after MARAC",
    "separation": "somebody means to end a relationship",
    "high": "somebody is at High on their own account and not referred to MARAC",
}
"""What each rule found, by its id, as a person on duty reads it."""

_CLINICIAN, _HEALTH = "treating_clinician", "safeguarding_lead"
_CONTACT, _UNIT = "police_single_point_of_contact", "domestic_abuse_investigation_unit"
_HOUSING, _INSPECTOR = "domestic_abuse_hub_officer", "duty_intelligence_inspector"
_LEAD, _PLANNER = "duty_safeguarding_lead", "safety_planner"
_PROBATION, _SERVICE = "duty_senior_probation_officer", "duty_service_manager"
_SOCIAL = "duty_social_worker"


def _term(  # noqa: PLR0913 - a term has this many independent parts
    rule: str, kinds: Sequence[AgencyKind], hours: int, owners: dict[str, str], *,
    attention: Literal["interrupt", "duty", "note"] = "duty", fallback: str = "duty_manager",
    threshold: int | None = None, window_days: int | None = None, since: str | None = None,
    version: str = "1", words: dict[str, str] | None = None, minutes: int | None = None,
) -> RuleTerm:  # fmt: skip
    listed = {name: text.split(", ") for name, text in (words or {}).items()}
    return RuleTerm(
        id=rule, version=version, kinds=list(kinds), attention=attention, hours=hours,
        owners=owners, fallback=fallback, threshold=threshold, window_days=window_days,
        since=since, words=listed or None, unacknowledged_minutes=minutes,
    )  # fmt: skip


_SUBSTANCE = "substance misuse, substances, substance use, dependence, dependency"
_CONSIDERED = {
    "history": "history, offending history, previous offending, previous convictions, convictions, "
    "criminal history, violence history, domestic abuse history, previous partner abuse, "
    "police history, police records, previous allegations",
    "alcohol": f"alcohol, drinking, alcohol use, alcohol dependence, {_SUBSTANCE}",
    "drugs": f"drugs, drug use, drug dependence, {_SUBSTANCE}",
    "breakdown": "breakdown, relationship breakdown, relationship, relationships, separation, "
    "relationship status, partner",
}
_ABUSE = "concern, claim, row, injury, disclosure, record"
_HEARD = {
    "informal": "neighbour, councillor, pcso, community support officer, warden, landlady, "
    "landlord, friend, family, member of the public",
    "dismissed": "anecdotal, hearsay, gossip, rumour, unsubstantiated, uncorroborated",
}


DEFAULT: tuple[RuleTerm, ...] = (
    _term("M01", ["police"], 4, {}, version="2"),
    _term("M02", ["police"], 4, {}, minutes=10, version="3"),
    _term("M03", ["police", "safeguarding_hub"], 72, {}, attention="note", window_days=7),
    _term(
        "M04", ["police", "safeguarding_hub"], 24, {"police": _UNIT, "other": _LEAD},
        window_days=14, since="2014-03-08",
        version="2",
    ),
    _term(
        "M05", ["health"], 4, {"health": _CLINICIAN, "other": _HEALTH}, fallback=_HEALTH,
        threshold=16,
        version="2",
    ),
    _term(
        "M06", ["probation", "police", "safeguarding_hub"], 72, {"probation": _PROBATION,
        "police": _UNIT, "other": _LEAD}, window_days=90, version="3", words=_CONSIDERED,
    ),
    _term("M07", ["probation", "safeguarding_hub"], 72, {"other": _PROBATION}),
    _term(
        "M08", ["probation", "police", "safeguarding_hub", "social_care",
        "support_service"], 168, {"social_care": _SOCIAL, "support_service": _PLANNER,
        "other": _PROBATION}, version="3",
    ),
    _term(
        "M09", ["police", "safeguarding_hub", "probation"], 72, {"police": _UNIT,
        "probation": _PROBATION, "other": _LEAD}, window_days=365,
        version="3",
    ),
    _term(
        "M10", ["police", "safeguarding_hub"], 72, {"police": _UNIT, "other": _LEAD},
        threshold=3, window_days=365, version="4",
        words={"incidents": f"{_ABUSE}, separation, log"},
    ),
    _term(
        "M11", ["housing", "safeguarding_hub", "support_service"], 168, {"housing": _HOUSING,
        "support_service": _PLANNER, "other": _LEAD}, threshold=2, window_days=365, version="3",
    ),
    _term(
        "M12", ["police", "safeguarding_hub"], 24, {"police": _CONTACT, "other": _LEAD},
        window_days=28,
        version="2",
    ),
    _term(
        "M13", ["health"], 24, {"health": _CLINICIAN, "other": _HEALTH}, fallback=_HEALTH,
        version="3",
    ),
    _term(
        "M14", ["police", "safeguarding_hub"], 24, {"police": _INSPECTOR, "other": _LEAD},
        window_days=365, version="2", words=_HEARD,
    ),
    _term(
        "M15", ["police", "safeguarding_hub", "probation"], 72, {"police": _UNIT,
        "probation": _PROBATION, "other": _LEAD}, window_days=28, version="2",
    ),
    _term(
        "M16", ["police", "probation", "safeguarding_hub", "health", "housing",
        "social_care", "support_service", "other"], 24, {"police": _INSPECTOR,
        "probation": _PROBATION, "safeguarding_hub": _LEAD, "health": _HEALTH, "housing":
        _HOUSING, "social_care": _SOCIAL, "support_service": _SERVICE, "other":
        "duty_manager"},
    ),
    _term("M17", ["health"], 24, {"health": _CLINICIAN, "other": _HEALTH}, fallback=_HEALTH),
    _term(
        "M18", ["probation", "safeguarding_hub", "police", "social_care",
        "support_service"], 72, {"social_care": _SOCIAL, "support_service": _SERVICE,
        "other": _PROBATION}, window_days=730,
        version="3",
    ),
    _term(
        "M19", ["probation"], 168, {"probation": _PROBATION, "other": "duty_manager"},
        window_days=365, version="2",
    ),
    _term(
        "M20", ["police", "safeguarding_hub"], 4, {"police": _INSPECTOR, "other": _LEAD},
        minutes=10, version="2",
    ),
    _term(
        "M21", ["safeguarding_hub", "social_care", "police"], 72, {"social_care": _SOCIAL,
        "police": _UNIT, "other": _LEAD}, threshold=2, window_days=365,
        version="3",
    ),
    _term(
        "M22", ["police", "safeguarding_hub"], 24, {"police": _UNIT, "other": _LEAD},
        threshold=12, version="4", words={"incidents": _ABUSE},
    ),
    _term("separation", ["safeguarding_hub"], 4, {}, minutes=10, version="2"),
    _term(
        "high", ["police", "safeguarding_hub"], 24, {"police": _UNIT, "other": _LEAD}, minutes=10,
    ),
)  # fmt: skip
"""The terms where a ruleset has none, in the order in which the rules run."""


def in_force(rules: Rules) -> list[RuleTerm]:
    """Give the terms that a ruleset runs the rules by.

    A ruleset without any has its own older clocks: `alert_hours`, `provenance_hours_urgent` and
    `same_origin_days`; the last stands too where the term of M03 names no window.

    Args:
        rules: the ruleset in force.
    """
    if rules.watch is not None:
        return completed(rules.watch, rules)
    hours = {
        unresearched.ID: rules.alert_hours, "separation": rules.alert_hours,
        "M02": rules.provenance_hours_urgent,
    }  # fmt: skip
    clocked = (msgspec.structs.replace(one, hours=hours.get(one.id, one.hours)) for one in DEFAULT)
    window = {same_origin.ID: rules.same_origin_days}
    return [
        msgspec.structs.replace(one, window_days=window.get(one.id, one.window_days))
        for one in clocked
    ]


def roles_of(rules: Rules) -> list[str]:
    """List every role that a ruleset knows, by name.

    Args:
        rules: the ruleset in force.
    """
    terms = in_force(rules)
    owners = {role for one in terms for role in one.owners.values()}
    return sorted({*rules.roles.values(), *owners, *(one.fallback for one in terms)})


def roles_at(rules: Rules, kind: str) -> list[str]:
    """List the roles that own something in agencies of a kind, by name: an alert has one of them.

    Args:
        rules: the ruleset in force.
        kind: of agency.
    """
    other = rules.roles.get("other", "duty_manager")
    roles = {rules.roles.get(kind, other), other}
    for term in in_force(rules):
        owner = term.owners.get(kind)
        roles |= {term.fallback, *([owner] if owner else [])} if kind in term.kinds else set()
    return sorted(roles)


def completed(listed: Sequence[RuleTerm], rules: Rules) -> list[RuleTerm]:
    """Give terms with what they leave out and their rules need.

    For M03 that is the ruleset's own window; else what stands here: a term that names no words, or
    no threshold or window, must not make its rule deaf, nor let an interrupt wait for hours. Its
    version is never below that of the rule's code here: an alert says which raised it.
    """
    shipped = {one.id: one for one in DEFAULT}
    days = rules.same_origin_days
    m03 = same_origin.ID
    shipped[m03] = msgspec.structs.replace(shipped[m03], window_days=days)
    return [
        msgspec.structs.replace(
            one, version=_newest(one.version, ours.version),
            words=one.words if one.words is not None else ours.words,
            threshold=one.threshold if one.threshold is not None else ours.threshold,
            window_days=one.window_days if one.window_days is not None else ours.window_days,
            unacknowledged_minutes=one.unacknowledged_minutes or ours.unacknowledged_minutes,
        )
        for one in listed
        for ours in [shipped.get(one.id, one)]
    ]  # fmt: skip


def _newest(adopted: str, ours: str) -> str:
    """Give the later of a term's version and the code's; a word of a partnership's own stands."""
    numbers = adopted.isdecimal() and ours.isdecimal()
    return max(adopted, ours, key=int) if numbers else adopted


def named(term: RuleTerm, kind: str) -> str | None:
    """Give the role that a term names for a kind of agency; None where it names none."""
    return term.owners.get(kind) or term.owners.get("other")


def may_be_at(rules: Rules, role: str | None, kind: str) -> bool:
    """Say whether no ruleset has a role's desk in agencies of other kinds alone."""
    kinds = desks(rules, role) if role else frozenset()
    return not kinds or kind in kinds


def desks(rules: Rules, role: str) -> frozenset[str]:
    """Give the kinds of agency in which the ruleset has a role's desk; empty for none."""
    owned = [pair for term in in_force(rules) for pair in term.owners.items()]
    every = [*owned, *rules.roles.items()]
    return frozenset(kind for kind, name in every if name == role and kind != "other")


def at_home(rules: Rules, rule: str, role: str, kind: str) -> str:
    """Give whose an alert is at an agency that did not raise it.

    Args:
        rules: the ruleset in force.
        rule: which raised it.
        role: whose it is by whoever raised it.
        kind: of the agency whose act it is.

    Returns:
        That role, where it may be there; else whom the rule's term names for that kind, else whom
        the ruleset does.
    """
    if may_be_at(rules, role, kind):
        return role
    owners = (named(one, kind) for one in in_force(rules) if one.id == rule)
    owner = next(owners, None)
    at_hand = owner if may_be_at(rules, owner, kind) else None
    return at_hand or rules.roles.get(kind) or rules.roles.get("other", "duty_manager")

"""The stages of a disclosure in their order, under which power, and by when.

Pure. Nothing to disclose is not safe. Who asks is known to the officers of the case alone.

Source: DVDS guidance, April 2023 (28 days overall); Domestic Abuse Act 2021 s77; domain.md 1.3.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

from consumers.chronology.times import last_day
from consumers.safeguarding.rules import terms
from consumers.worker import hand
from contracts.duration import DAY_MS
from contracts.event.control import Rules
from contracts.event.report import Occurred
from contracts.fault import Misuse
from contracts.section import Answer

DUTY = "disclosure_decision"
"""The duty that runs out."""
SCHEME_SINCE = date(2014, 3, 8)
"""From when the scheme was national; a ruleset's term for M04 may say otherwise (`since`)."""

Stage = Literal["initial_checks", "met", "assessed", "decided", "disclosed"]
Power = Literal["dvds", "common_law_only"]
Decision = Literal["disclose", "nothing_to_disclose", "refuse"]
Told = Literal["person_at_risk", "third_party"]
STAGES: tuple[Stage, ...] = get_args(Stage)
APPLICATIONS = frozenset({"disclosure_applied", "disclosure_staged"})
"""What tells that somebody applied to know: the case's own officers alone see it."""

WORDS: dict[str, str] = {
    "initial_checks": "checked for danger now, the applicant not there",
    "met": "met face to face, identity proved",
    "assessed": "risk assessed in full",
    "disclose": "to be disclosed, in person, nothing written handed over",
    "nothing_to_disclose": "nothing to disclose: nothing is held that may be told. NOT a finding "
    "of safety: say so, and give her a safety plan and whom to ring",
    "refuse": "refused, with the reason on the log. NOT a finding of safety",
    "disclosed": "disclosed in person, in confidence",
    "common_law_only": "COMMON LAW ONLY: the scheme was not there; police may disclose where it "
    "is lawful, necessary and proportionate",
    "to_ask": "right to ask",
    "to_know": "right to know",
}
"""Each stage, decision and power as a reader must take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage as an officer means to record it.

    Attributes:
        stage: which.
        decision: at `decided`.
        told: whom, at `disclosed`: who can best protect, not who asked.
        applicant_absent: whether the applicant was not there, at the first checks.
        identity_proved: whether who asks proved who they are, when met.
        agencies: who decided together, at `decided`.
        safety_plan: whether there is one, at `disclosed`.
        in_person: at `disclosed`: told in person, with nothing written handed over, and in
            confidence.
    """

    stage: Stage
    decision: Decision | None = None
    told: Told | None = None
    applicant_absent: bool = False
    identity_proved: Answer = "not_asked"
    agencies: Sequence[str] = ()
    safety_plan: Answer = "not_asked"
    in_person: bool = False


def power_at(occurred: Occurred, at: int, *, since: date = SCHEME_SINCE) -> Power:
    """Give the power under which something is disclosed.

    Args:
        occurred: of the application.
        at: the ledger time of its recording; an exercise's is the day that is played.
        since: the day from which the scheme is there.

    Returns:
        Common law alone where either day was before it.

    Source:
        domain.md 1.3: no scheme existed for E19; common-law disclosure was available.
    """
    recorded = datetime.fromtimestamp(at / 1000, UTC).date()
    return "common_law_only" if min(last_day(occurred) or recorded, recorded) < since else "dvds"


def since_of(rules: Rules) -> date:
    """Give the day from which the scheme is there, as the ruleset has it."""
    found = (one.since for one in terms.in_force(rules) if one.id == "M04" and one.since)
    return next((date.fromisoformat(since) for since in found), SCHEME_SINCE)


def due_at(at: int, *, rules: Rules) -> int:
    """Give the ledger time by which it is over, from its application, in milliseconds."""
    return at + rules.disclosure_days * DAY_MS


def next_stages(right: str, done: Sequence[str], decision: str | None) -> list[Stage]:
    """List what may come next; empty where it is over: every stage before its end stands.

    Args:
        right: `to_ask` or `to_know`: where police think of it, nobody who asks is met.
        done: the stages that were recorded.
        decision: that stands, None where nobody decided.
    """
    order = _order(right)
    if is_end("decided", decision):
        order.remove("disclosed")
    return [one for one in order if one not in done][:1]


def before(right: str, stage: str) -> list[Stage]:
    """List the stages that one rests on, in their order."""
    order = _order(right)
    return order[: order.index(stage)] if stage in order else order


def is_end(stage: str, decision: str | None) -> bool:
    """Say whether a stage ends a disclosure, where all before it stand: nothing comes after it."""
    return stage == "disclosed" or decision in {"nothing_to_disclose", "refuse"}


def check_looked(looks: Sequence[Mapping[Any, Any]]) -> None:
    """Refuse that there is nothing to disclose while a look is still to be made.

    To disclose is never refused for it: a warning waits for no paper.

    Args:
        looks: those of the application and of its report, as far as who decides may know.

    Raises:
        Misuse: with how many, where, and what to do.

    Source:
        domain.md 1.3, 4 (M01); review 5.6.4 (iii)-(v).
    """
    still = Counter(_called(one["system"]) for one in looks if one["open"])
    if still:
        listed = ", ".join(f"{count} {system}" for system, count in sorted(still.items()))
        raise Misuse(
            f"`nothing_to_disclose` is refused: {still.total()} of {len(looks)} looks are still to "
            f"be made ({listed}). Nobody knows yet what is held.",
            remedy="Make each look, then decide: candour research list, or Research at the desk. "
            "Where something is known already, decide `disclose`: that waits for no look.",
        )


def deciders_of(rules: Rules, *, kind: str, role: str) -> frozenset[str]:
    """Give the roles that a disclosure is decided in: M04's owner, and the agency's own.

    Args:
        rules: the ruleset in force.
        kind: of agency.
        role: the one that owns a duty in that agency.

    Source:
        domain.md 4 (M04: by named officer), 7 (Attention: DV police).
    """
    owners = next((one.owners for one in rules.watch or [] if one.id == "M04"), {})
    return frozenset({role, owners.get(kind) or owners.get("other") or role})


def check_decider(
    name: str, role: str, *, deciders: Collection[str], hands: Collection[str]
) -> None:
    """Refuse a decision that is not its maker's to make: the desk's own button.

    Args:
        name: of who decides.
        role: theirs.
        deciders: the roles that a disclosure is decided in.
        hands: who took the application or recorded a stage before.

    Raises:
        Misuse: another role, or no second hand.

    Source:
        domain.md 7 (Machine or person: a named human decides, who is not who looked).
    """
    ours = " or the ".join(sorted(deciders))
    if role not in deciders:
        raise Misuse(
            f"A disclosure is decided by the {ours}.",
            remedy=f"Let the {ours} decide, with that role. Where danger is now, do not wait for "
            "it: ring 999.",
        )
    if not hand(name) or hand(name) in {hand(one) for one in hands}:
        raise Misuse(
            "Who took an application, or recorded a stage of it, does not decide it too.",
            remedy=f"Let another {ours} decide, who took no part in it. Where danger is now, do "
            "not wait for it: ring 999.",
        )


def check(step: Step, *, right: str, done: Sequence[str], decision: str | None, ours: str) -> None:
    """Refuse a stage out of its order, or without what makes it safe; the desk's own button.

    Args:
        step: as it is meant.
        right: of the application.
        done: the stages that were recorded.
        decision: that stands.
        ours: the agency whose desk it is.

    Raises:
        Misuse: with what to do first.

    Source:
        domain.md 1.3 (stages), 5 (trap 7).
    """
    coming = next_stages(right, done, decision)
    if step.stage not in coming:
        told = f"next is {coming[0]}" if coming else "it is over"
        raise Misuse(
            f"{step.stage} does not come now: {told}.",
            remedy="See how it stands: candour disclosure show. Where danger is now, do not wait "
            "for a stage: ring 999, and publish a concern with danger_now: yes.",
        )
    needs = {
        "initial_checks": (
            step.applicant_absent, "The first checks are made while the applicant is not there.",
            "Make them so, then give --applicant-absent.",
        ),
        "met": (
            step.identity_proved == "yes", "Who asks has not proved who they are.",
            "See proof of identity and address, then give --identity yes. Tell nothing before.",
        ),
        "assessed": (True, "", ""),
        "decided": (
            bool(set(step.agencies) - {ours}), "No other agency decided with the police.",
            "Decide together, and name each with --with: probation, the hub, whoever knows.",
        ),
        "disclosed": (
            step.in_person and step.safety_plan == "yes",
            "A disclosure is made in person, in confidence, with nothing written handed over and "
            "a safety plan.",
            "Make the plan with her, tell her so, then give --in-person and --safety-plan yes.",
        ),
    }  # fmt: skip
    holds, text, remedy = needs[step.stage]
    if not holds:
        raise Misuse(text, remedy=remedy)
    if (step.stage == "decided") != (step.decision is not None):
        raise Misuse(
            "A decision is given at `decided`, and only there.",
            remedy="Give --decision disclose, nothing_to_disclose or refuse, with that stage.",
        )
    if (step.stage == "disclosed") != (step.told is not None):
        raise Misuse(
            "Whom it was disclosed to is given at `disclosed`, and only there.",
            remedy="Give --told person_at_risk or third_party: who can best protect, which need "
            "not be who asked.",
        )


def _order(right: str) -> list[Stage]:
    return [one for one in STAGES if right == "to_ask" or one != "met"]


def _called(system: str) -> str:
    return system.upper().replace("_", " ")

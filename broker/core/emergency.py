"""A threat to life: delivered at once to those who can act; what is missing becomes a duty.

No agreement, consent, provenance or classification stops it. Exclusions hold: an excluded force
is replaced by the alternate that entry 0 names. Sealed sections stay sealed.

Source: design.md, Examine and decide; domain.md 5 (Blocking would be dangerous).
"""

from collections.abc import Sequence

import msgspec

from broker.core.legs import (
    Asked,
    Passed,
    governed,
    governor,
    handling_of,
    marked,
    owed_by,
    own_delivery,
    provenance_owed,
    response_owed,
    try_legs,
    visible,
)
from contracts.entry import Delivery, Duty, DutyKind, ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.finding import Findings
from contracts.reason import Reason, Stage
from contracts.section import SEALED


def is_one(findings: Findings) -> bool:
    """Say whether nothing may stop a statement: a threat to life, in any report or request."""
    return findings.urgency == "threat_to_life" and is_about_people(findings.event)


def is_about_people(event: str) -> bool:
    """Say whether an event tells or asks something of people, by its name."""
    row = BY_NAME[event]
    return row.persons or row.audience is Audience.SHARED


def decide(asked: Asked) -> Passed:
    """Deliver to every emergency recipient and every leg; name what is missing as duties."""
    tried = try_legs(asked)
    missing = [ReasonGiven(code) for code in asked.findings.missing if code not in asked.waived]
    marks = ["provisional"] if missing else []
    direct = [_delivery(asked, to, ["emergency", *marks]) for to in recipients(asked)]
    served = {delivery.to for delivery in direct}
    others = [marked(d, *marks) for d in tried.deliveries if d.to not in served]
    reasons = sorted([*missing, *tried.reasons], key=lambda given: Reason.of(given.code).stage)
    own = own_delivery(asked)
    duties = [provenance_owed(asked)] if missing else []
    own = marked(_owing(own, duties), *marks)
    review = _reviews(asked, tried.reasons)
    others = [d for d in others if d.to != own.to]
    told = [own, *direct, *others]
    if not direct and not others:
        reasons.append(ReasonGiven(Reason.NOBODY_TOLD))
    deliveries = governed(asked, told, review, reasons, ["emergency"])
    return Passed(deliveries, reasons, [*duties, *review], tried.contact)


def unverified(asked: Asked, *, reasons: Sequence[ReasonGiven]) -> Passed:
    """Deliver to the police duty role alone, marked, with a duty to call back.

    Where police are kept from it, to who stands in their place. It changes no state and triggers
    no rule: nobody can be sure who wrote it. Its causes are withheld: what they refer to was not
    checked either. Whoever governs reviews it as any other use of the path.

    Args:
        asked: as it can be read.
        reasons: why it is not to be relied on.
    """
    state = asked.state
    places = _places(asked)
    police = [to for _, to in places if state.kind_of(to) == "police"]
    police = police or [to for first, to in places if state.kind_of(first) == "police"]
    missing = ["provisional"] if asked.findings.missing else []
    marks = ["emergency", "unverified", *missing]
    deliveries = [
        msgspec.structs.replace(
            one,
            sections=[name for name in one.sections if not name.startswith("cause.")],
            duties=[owed_by(asked, "call_back", one.to, _hours(asked))],
        )
        for one in (_delivery(asked, to, marks) for to in dict.fromkeys(police))
    ]
    told = Reason.SIGNATURE_UNVERIFIED if deliveries else Reason.NOBODY_TOLD
    given, review = [*reasons, ReasonGiven(told)], _reviews(asked, [])
    return Passed(governed(asked, deliveries, review, given, marks), given, review)


def recipients(asked: Asked) -> list[str]:
    """List who is told, an excluded one replaced by its alternate, the publisher apart."""
    return list(dict.fromkeys(to for _, to in _places(asked)))


def _places(asked: Asked) -> list[tuple[str, str]]:
    """Pair each emergency recipient with who is told in its place: itself, or its alternate."""
    state, founding = asked.state, asked.state.founding
    if founding is None:
        return []
    alternates = {state.acting(one): state.acting(to) for one, to in founding.alternates.items()}
    first = [state.acting(to) for to in founding.emergency_recipients]
    # Nobody is told instead of a publisher: it would see by whom that it is excluded itself.
    others = [to for to in first if to != asked.agency]
    told = [(to, alternates.get(to, "") if to in asked.barred else to) for to in others]
    barred = {asked.agency, "", *asked.barred}
    return [(first, to) for first, to in told if to not in barred]


def _delivery(asked: Asked, to: str, marks: list[str]) -> Delivery:
    names = [name for name in asked.findings.sections if name not in SEALED]
    return Delivery(
        statement=asked.findings.statement,
        to=to,
        leg="emergency",
        sections=visible(asked, to, names),
        handling=handling_of(asked.findings),
        marks=marks,
        duties=[response_owed(asked, to)],
        withheld_from=asked.withheld_from,
    )


def _reviews(asked: Asked, reasons: Sequence[ReasonGiven]) -> list[Duty]:
    kinds: list[DutyKind] = ["emergency_review"]
    if any(Reason.of(given.code).stage > Stage.PROVENANCE for given in reasons):
        kinds.insert(0, "agreement_review")
    return [owed_by(asked, kind, governor(asked), _hours(asked)) for kind in kinds]


def _owing(delivery: Delivery, duties: Sequence[Duty]) -> Delivery:
    return msgspec.structs.replace(delivery, duties=list(duties))


def _hours(asked: Asked) -> int:
    return asked.state.rules.emergency_hours if asked.state.rules else 0

"""What each leg of the agreements in force lets its recipient have of one statement.

A recipient gets what the first leg that passes allows. Exclusions beat every leg, in silence.

Source: domain.md 1.7, 1.8, 7 (Default matrix); design.md, Examine and decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from broker.core.agreements import day_of
from broker.core.index import Known
from broker.core.state import State
from contracts.agreement import LEVELS, Agreement, Leg, When, allowed_by
from contracts.duration import HOUR_MS
from contracts.entry import Delivery, Duty, DutyKind, ReasonGiven
from contracts.finding import Findings
from contracts.identifier import agency_of
from contracts.law import Law, basis_defects
from contracts.reason import Reason
from contracts.section import NEVER_DELIVERED, Contact, number_of

ADDRESSED = frozenset({
    "information_requested", "information_supplied", "response_given", "referral_made",
    "victim_information_requested", "housing_notice_given",
})  # fmt: skip
"""Types that go only to the one agency they are put to, or answer.

That somebody answered, and what they will do, a minimal leg tells others who act."""

Causes = Mapping[int, Known | None]
"""What is known of each statement that one names as a cause, by the cause's number."""


@dataclass(slots=True)
class Asked:
    """One statement to be decided, and all that its decision rests on.

    Attributes:
        findings: what it shows, with the level that the state bears out.
        state: the fold before it.
        causes: what it arises from.
        at: the ledger time of the entry it becomes, in milliseconds.
        waived: reason codes that the quarantine desk waived.
        entry: where it stands, of one that is decided anew: its own words on consent are of then.
        holders: who was given it already, its publisher included, of one that is decided anew.
        as_named: try the legs as if nothing were missing of the provenance: the caller judges it.
        unheard: whose views on consent, taken out of the findings, its publisher may not speak of.
        agency: its publisher.
        barred: agencies that must not see it; `withheld_from` practitioner and household tokens,
            `own_withheld` those of them that the publisher itself may know of.
    """

    findings: Findings
    state: State
    causes: Causes
    at: int
    waived: frozenset[str] = frozenset()
    entry: int | None = None
    holders: frozenset[str] = frozenset()
    as_named: bool = True
    unheard: list[str] = field(default_factory=list)
    agency: str = field(init=False)
    barred: set[str] = field(init=False)
    withheld_from: list[str] = field(init=False)
    own_withheld: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Work out whose it is, and who must not see it."""
        self.agency = agency_of(self.findings.source) or ""
        causes = [known for known in self.causes.values() if known is not None]
        people = {token for known in causes for token in known.people}
        people.update(self.findings.subjects.values())
        consents, own = self.state.consents, self.findings.exclusions
        acting = self.state.acting
        self.barred, tokens = consents.excluded(own, people, acting=acting)
        self.barred.update(acting(one) for known in causes for one in known.barred)
        self.withheld_from = sorted(tokens.union(*(known.withheld for known in causes)))
        self.own_withheld = self.withheld_from
        if self.agency in self.barred:
            _, tokens = consents.excluded(own, people, acting=acting, untold=self.agency)
            self.own_withheld = sorted(tokens.union(*(known.withheld for known in causes)))


@dataclass(slots=True)
class Passed:
    """What passed the legs, and why nothing did where nothing did."""

    deliveries: list[Delivery] = field(default_factory=list)
    reasons: list[ReasonGiven] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    contact: str | None = None


def try_legs(asked: Asked) -> Passed:
    """Try every leg in force; `reasons` are those of the first failing stage, if none passed."""
    findings, state = asked.findings, asked.state
    bound = state.agreements.ways(
        asked.at, state.successors,
        sender=asked.agency, event=findings.event, purpose=findings.purpose,
    )  # fmt: skip
    ways = [one for one in bound if findings.agreement in {None, one[0].id}]
    if not ways:
        return Passed(reasons=[ReasonGiven(_none_binds(asked))], contact=_ring(state))
    passed = Passed()
    failed: list[Reason] = []
    served: set[str] = set()
    for agreement, legs in ways:
        for to, leg in legs:
            if to in served or not _is_addressed(asked, leg, to):
                continue
            refused = _refusal(asked, agreement, leg, to)
            if refused is not None:
                failed.append(refused)
                continue
            served.add(to)
            passed.deliveries.append(_delivery(asked, agreement, leg, to))
    if not passed.deliveries:
        codes = failed or [Reason.AGREEMENT_NO_LEG]
        first = min(code.stage for code in codes)
        passed.reasons = [ReasonGiven(code) for code in dict.fromkeys(codes) if code.stage == first]
        passed.contact = _ring(state)
    return passed


def own_delivery(asked: Asked) -> Delivery:
    """Give the publisher its own statement back: an agency's views include what it said."""
    findings = asked.findings
    return Delivery(
        statement=findings.statement,
        to=asked.agency,
        leg="own",
        sections=[name for name in findings.sections if name not in NEVER_DELIVERED],
        handling=handling_of(findings),
        withheld_from=asked.own_withheld,
    )


def governor(asked: Asked) -> str:
    """Give the agency that decides and reviews: governance, or its alternate where excluded.

    Its own statement governance decides itself: another's hand would show it that it is excluded.
    """
    state, founding = asked.state, asked.state.founding
    kept = asked.barred - {asked.agency}
    if founding is None or state.governance not in kept:
        return state.governance
    alternate = founding.alternates.get(founding.governance)
    return state.acting(alternate) if alternate else ""


def governed(
    asked: Asked, deliveries: Sequence[Delivery], duties: Sequence[Duty],
    reasons: Sequence[ReasonGiven], marks: Sequence[str],
) -> list[Delivery]:  # fmt: skip
    """Tell whoever governs that it must decide or review: the signed part, no section.

    Where it is given the statement anyway, its delivery says so; nobody is left where it, and
    its alternate, are excluded.
    """
    to = governor(asked)
    if not to or to in asked.barred - {asked.agency}:
        return list(deliveries)
    said = (asked.findings.statement, to)
    if all((one.statement, one.to) != said for one in deliveries):
        notice = Delivery(
            statement=asked.findings.statement, to=to, leg="governance", sections=[],
            handling="OFFICIAL", marks=list(marks), duties=list(duties), reasons=list(reasons),
            withheld_from=asked.withheld_from,
        )  # fmt: skip
        return [*deliveries, notice]
    return [
        one if (one.statement, one.to) != said else msgspec.structs.replace(
            one, duties=[*one.duties, *duties], reasons=list(reasons)
        )
        for one in deliveries
    ]  # fmt: skip


def carried(delivery: Delivery, names: Sequence[str], state: State, at: int) -> list[str]:
    """Give those of a statement's sections that another delivery's authority carries too.

    Args:
        delivery: under a leg of an agreement in force, or of an emergency, which carries all.
        names: none of them a person's.
        state: the fold that it was decided on.
        at: ledger time, in milliseconds.
    """
    agreement, _, leg_id = delivery.leg.partition("/")
    held = next((a for a in state.in_force(at) if f"{a.id}@{a.version}" == agreement), None)
    leg = next((one for one in held.legs if one.id == leg_id), None) if held else None
    return list(names if leg is None else allowed_by(tuple(leg.sections), tuple(names), ()))


def owed_by(asked: Asked, kind: DutyKind, agency: str, hours: int) -> Duty:
    """Say what an agency owes on a statement, by a clock of ledger time."""
    due_at = asked.at + hours * HOUR_MS
    return Duty(kind, asked.findings.statement, agency, role_of(asked.state, agency), due_at)


def provenance_owed(asked: Asked) -> Duty:
    """Say what the publisher owes whose statement named nobody: the rest, by a clock."""
    rules = asked.state.rules
    urgent = asked.findings.urgency != "routine"
    hours = 0
    if rules is not None:
        hours = rules.provenance_hours_urgent if urgent else rules.provenance_hours
    return owed_by(asked, "provenance_supplied", asked.agency, hours)


def response_owed(asked: Asked, to: str) -> Duty:
    """Say what an acting recipient owes the publisher: an answer, by a clock."""
    rules = asked.state.rules
    urgent = asked.findings.urgency != "routine"
    hours = 0
    if rules is not None:
        hours = rules.response_hours_urgent if urgent else rules.response_hours
    return owed_by(asked, "response_given", to, hours)


def role_of(state: State, agency: str) -> str:
    """Give the role that owns a duty in an agency, from the ruleset."""
    roles = state.rules.roles if state.rules else {}
    return roles.get(state.kind_of(agency), roles.get("other", "duty_manager"))


def handling_of(findings: Findings) -> str:
    """Give a statement's classification; one that has none is treated as could do harm."""
    return findings.classification or "OFFICIAL-SENSITIVE"


def visible(asked: Asked, to: str, names: list[str]) -> list[str]:
    """Drop the causes that a recipient does not hold itself."""
    if not asked.causes:
        return names
    return [
        name
        for name in names
        if not name.startswith("cause.") or holds(asked, to, asked.causes.get(number_of(name)))
    ]


def holds(asked: Asked, agency: str, known: Known | None) -> bool:
    """Say whether an agency holds a statement: its own, or sent to it or to whom it acts for."""
    if known is None:
        return False
    return any(asked.state.acting(one) == agency for one in (known.agency, *known.recipients))


def told_of(asked: Asked) -> set[str]:
    """List the tokens in the statements that are named as causes and that the publisher holds."""
    found = (known for known in asked.causes.values() if holds(asked, asked.agency, known))
    return {token for known in found if known is not None for _, token in known.subjects}


def _none_binds(asked: Asked) -> Reason:
    state = asked.state
    suspended = state.agreements.is_suspended(asked.agency, asked.at, state.successors)
    return Reason.AGREEMENT_SUSPENDED if suspended else Reason.AGREEMENT_NONE


def _is_addressed(asked: Asked, leg: Leg, to: str) -> bool:
    event = asked.findings.event
    if event not in ADDRESSED or (event == "response_given" and leg.level == "minimal"):
        return True
    answered = asked.causes.get(1)
    addressee = asked.findings.addressee or (answered.agency if answered else None)
    return to == (asked.state.acting(addressee) if addressee else None)


def _refusal(asked: Asked, agreement: Agreement, leg: Leg, to: str) -> Reason | None:
    """Give the first stage at which a leg does not carry a statement to a recipient."""
    findings, waived = asked.findings, asked.waived
    if not _is_borne_out(asked, leg) and Reason.PROVENANCE_BELOW_LEG not in waived:
        return Reason.PROVENANCE_BELOW_LEG
    if not _is_qualified(asked, leg) and Reason.QUALIFICATION_MISSING not in waived:
        return Reason.QUALIFICATION_MISSING
    if leg.when is not None and not _is_met(leg.when, findings, to):
        return Reason.AGREEMENT_CONDITION
    if leg.about is not None and not _is_about(leg.about, findings):
        return Reason.AGREEMENT_CONDITION
    if findings.basis is None or findings.basis.authority != leg.basis.authority:
        return Reason.BASIS_UNFIT
    if not _is_lawful(asked, agreement, leg, to):
        return Reason.BASIS_NOT_IN_FORCE
    if leg.consent is not None:
        refused = asked.state.consents.refusal(
            findings, asked.agency, leg.consent, acting=asked.state.acting, told=told_of(asked),
            entry=asked.entry,
        )  # fmt: skip
        if refused is not None and refused not in waived:
            return refused
    return Reason.EXCLUDED if to in asked.barred else None


def _is_borne_out(asked: Asked, leg: Leg) -> bool:
    if asked.as_named and asked.findings.missing:
        # Of an emergency, which waits for nobody: what is missing may come, a credential does not.
        waits = asked.findings.urgency != "threat_to_life"
        return waits or LEVELS.index(leg.provenance) <= LEVELS.index("named")
    return LEVELS.index(asked.findings.level) >= LEVELS.index(leg.provenance)


def _is_qualified(asked: Asked, leg: Leg) -> bool:
    if not leg.qualifications:
        return True
    held = asked.state.keys.shown(asked.findings, asked.agency, asked.at, asked.state.acting)
    return held is not None and set(leg.qualifications) <= held.qualifications(asked.at)


def _is_met(when: When, findings: Findings, to: str) -> bool:
    involved = {one.how for one in findings.involved if one.agency == to}
    return bool(
        set(when.parts or ()) & set(findings.parts.values())
        or findings.risk in (when.levels or ())
        or set(when.involved or ()) & involved
    )


def _is_about(parts: Sequence[str], findings: Findings) -> bool:
    """Say whether a statement names somebody, and everybody it names plays one of these parts."""
    played = [findings.parts.get(number, "unassessed") for number in findings.subjects]
    return bool(played) and set(played) <= set(parts)


def _is_lawful(asked: Asked, agreement: Agreement, leg: Leg, to: str) -> bool:
    """Say whether both bases of a leg stand on the day, as the catalogue has it."""
    state = asked.state
    law = state.rules.law if state.rules else None
    if law is None or state.founding is None:
        return True
    day = state.founding.law_as_of if state.founding.exercise else day_of(asked.at)
    key = (agreement.id, agreement.version, leg.id, asked.agency, to, day)
    known = state.agreements.lawful.get(key)
    if known is None:
        known = not any(leg_defects(leg, law, state.kind_of(asked.agency), state.kind_of(to), day))
        state.agreements.lawful[key] = known
    return known


def leg_defects(leg: Leg, law: Law, sender: str, recipient: str, day: str) -> Iterator[str]:
    """Name what keeps a leg's bases from standing between agencies of two kinds on a day.

    Args:
        leg: of an agreement.
        law: the catalogue in force.
        sender: the kind of agency that sends.
        recipient: the kind of agency that receives.
        day: ISO 8601.
    """
    needed = leg.categories or []
    for member, basis, kind, to in (
        ("basis", leg.basis, sender, [recipient]),
        ("recipient_basis", leg.recipient_basis, recipient, list[str]()),
    ):
        for defect in basis_defects(basis, law, kind=kind, day=day, to=to, categories=needed):
            yield f"{member}.{defect}"


def _delivery(asked: Asked, agreement: Agreement, leg: Leg, to: str) -> Delivery:
    findings = asked.findings
    allowed = allowed_by(
        tuple(leg.sections), tuple(findings.sections), tuple(findings.parts.items())
    )
    return Delivery(
        statement=findings.statement,
        to=to,
        leg=f"{agreement.id}@{agreement.version}/{leg.id}",
        sections=visible(asked, to, list(allowed)),
        handling=leg.handling or handling_of(findings),
        basis=leg.recipient_basis.article,
        gateway=leg.basis.gateway,
        marks=leg.marks or [],
        duties=[response_owed(asked, to)] if leg.owes_response else [],
        withheld_from=asked.withheld_from,
        onward=leg.onward,
        retention_days=leg.retention_days,
    )


def marked(delivery: Delivery, *marks: str) -> Delivery:
    """Give a delivery with more marks."""
    return msgspec.structs.replace(delivery, marks=[*delivery.marks, *marks])


def _ring(state: State) -> str | None:
    """Say whom to ring about an agreement: the governance agency, as it was founded."""
    governance = state.agencies.get(state.governance)
    return f"{governance.title}: {reached(governance.contact)}" if governance else None


def reached(contact: Contact) -> str:
    """Write a contact in one line, night number last."""
    night = f"out of hours {contact.out_of_hours}" if contact.out_of_hours else None
    return ", ".join(way for way in (contact.telephone, contact.mailbox, night) if way)

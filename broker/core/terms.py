"""The terms of an agreement: what keeps one from ever being in force, and from being so here, now.

Who signs an agreement reads what goes to whom: it names nothing that never goes, no purpose or
handling that no statement has, and no consent that nobody is asked for.

Source: design.md, Examine and decide (An agreement); domain.md 1.7, 1.8.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import get_args

from broker.core.agreements import day_of
from broker.core.legs import leg_defects
from broker.core.state import State
from contracts.agreement import LEVELS, Agreement, Basis, Leg, When
from contracts.context import Classification, Use
from contracts.event import BY_NAME
from contracts.identifier import is_slug
from contracts.law import Law
from contracts.section import NUMBERED, PLAIN, SEALED, Part

CRIMINAL = frozenset({
    "intelligence_logged", "release_notified", "research_completed", "risk_assessed",
})  # fmt: skip
"""Events that tell of offences, convictions or proceedings."""
PARTS = frozenset(get_args(Part))
PURPOSES, HANDLING = get_args(Use), get_args(Classification)
SECTION_KINDS = frozenset(
    {*PLAIN, "event", "cause", *(f"person.{kind}" for kind in NUMBERED)} - SEALED
)
"""What a leg may name: what is sealed is its publisher's alone."""
CONSENT = frozenset({"uk_gdpr.6.1.a", "uk_gdpr.9.2.a"})
"""Provisions that are somebody's consent."""


def agreement_defects(agreement: Agreement) -> Iterator[str]:
    """Name what keeps an agreement from ever being in force, whoever is admitted."""
    parties = [party.agency for party in agreement.parties]
    try:
        dates = [
            date.fromisoformat(text)
            for text in (agreement.effective, agreement.review, agreement.expires)
        ]
    except ValueError:
        dates = []
    checks = (
        ("agreement.id", not is_slug(agreement.id)),
        ("agreement.parties", not parties or len(set(parties)) != len(parties)),
        ("agreement.version", agreement.version < 1),
        ("agreement.purposes", not set(agreement.purposes) <= set(PURPOSES)),
        ("agreement.effective, review, expires", not dates or not dates[0] < dates[2]),
        ("agreement.legs (id twice)",
         len({leg.id for leg in agreement.legs}) != len(agreement.legs)),
    )  # fmt: skip
    yield from (name for name, unfit in checks if unfit)
    for leg in agreement.legs:
        yield from _leg_defects(leg, set(parties), set(agreement.purposes))


def unfit_here(agreement: Agreement, state: State, at: int) -> Iterator[str]:
    """Name what keeps an agreement from being in force in this partnership, now."""
    earlier = state.agreements.newest(agreement.id)
    if not {party.agency for party in agreement.parties} <= set(state.agencies):
        yield "agreement.parties (not admitted)"
    if earlier is not None and agreement.version <= earlier.version:
        yield "agreement.version (not above the last)"
    law = state.rules.law if state.rules else None
    if law is None or state.founding is None:
        return
    lawful = state.founding.law_as_of if state.founding.exercise else day_of(at)
    day = max(agreement.effective, lawful) if not state.founding.exercise else lawful
    yield from unlawful(agreement, law, state.kind_of, day)


def unlawful(
    agreement: Agreement, law: Law, kind_of: Callable[[str], str], day: str
) -> Iterator[str]:
    """Name every leg whose bases cannot stand between the kinds of agency that it joins."""
    for leg in agreement.legs:
        found: dict[tuple[str, str], list[str]] = {}
        for sender in leg.sender:
            for to in leg.to:
                kinds = kind_of(sender), kind_of(to)
                if to == sender:
                    continue
                if kinds not in found:
                    found[kinds] = list(leg_defects(leg, law, *kinds, day))
                yield from (f"leg {leg.id}.{defect}" for defect in found[kinds])


def _categories(leg: Leg) -> set[str]:
    """List the kinds of data that a leg's sections and types bring along."""
    special = {"special"} if {"health"} & set(leg.sections) else set[str]()
    return special | ({"criminal"} if CRIMINAL & set(leg.types) else set())


def _are_sections(leg: Leg) -> bool:
    """Say whether a leg names sections, and of a full product the event among them."""
    whole = "event" in leg.sections or leg.level == "minimal"
    return bool(leg.sections) and whole and all(map(is_section, leg.sections))


def is_section(named: str) -> bool:
    """Say whether a leg may name this: a kind of section, a person's also by the part played."""
    kind, at, part = named.partition("@")
    return kind in SECTION_KINDS and (not at or (kind.startswith("person.") and part in PARTS))


def _leg_defects(leg: Leg, parties: set[str], purposes: set[str]) -> Iterator[str]:
    named = f"leg {leg.id}" if is_slug(leg.id) else "leg"
    checks = (
        ("id", not is_slug(leg.id)),
        ("from", not leg.sender or not set(leg.sender) <= parties),
        ("to", not leg.to or not set(leg.to) <= parties),
        ("types", not leg.types or not set(leg.types) <= set(BY_NAME)),
        ("purposes", not leg.purposes or not set(leg.purposes) <= purposes),
        ("sections", not _are_sections(leg)),
        ("provenance", leg.provenance not in LEVELS[1:]),
        ("when", leg.when is not None and leg.when == When()),
        ("about", leg.about is not None and not leg.about),
        ("consent", _rests_on_consent(leg) if leg.consent is None else not leg.consent.of),
        ("handling", leg.handling not in {None, *HANDLING}),
        ("categories", not _categories(leg) <= set(leg.categories or [])),
        ("retention_days", leg.retention_days < 1),
    )
    yield from (f"{named}.{name}" for name, unfit in checks if unfit)


def _rests_on_consent(leg: Leg) -> bool:
    """Say whether a leg's bases are somebody's consent."""
    return not CONSENT.isdisjoint({*citations(leg.basis), *citations(leg.recipient_basis)})


def citations(basis: Basis) -> list[str]:
    """List the provisions that a basis cites."""
    conditions = [*(basis.special_category or []), *(basis.criminal_offence or [])]
    return [basis.article, *([basis.gateway] if basis.gateway else []), *conditions]

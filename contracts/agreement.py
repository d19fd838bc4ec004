"""An Information Sharing Agreement as the log carries it: parties, purposes, legs, dates.

An information-governance lead writes it as YAML (deploy reads that); here is its exact shape and
the pure questions asked of it. It is in force when every party has endorsed its digest and its
dates hold at ledger time (design.md, Examine and decide; domain.md 1.8).
"""

from functools import lru_cache
from typing import Literal

import msgspec

from contracts.form import Citation, Day, Days, Qualification, Section, Whole
from contracts.section import SEALED, Contact, Part, RiskLevel, kind_of, number_of
from contracts.sharing import Ground, Involvement


class Basis(Section, frozen=True):
    """A lawful basis as one party claims it (domain.md 1.7).

    Provisions are spelled as the ruleset's catalogue spells them (contracts.law): `uk_gdpr.6.1.e`.
    `gateway` is the power to disclose, for example `cda_1998.115`; `special_category` and
    `criminal_offence` are the conditions for data of these kinds.
    """

    regime: Literal["uk_gdpr", "dpa_2018_part_3"]
    article: Citation
    gateway: Citation | None = None
    special_category: list[Citation] | None = None
    criminal_offence: list[Citation] | None = None

    @property
    def authority(self) -> tuple[str, str, str | None]:
        """What a statement's basis must have in common with its leg's."""
        return self.regime, self.article, self.gateway


Level = Literal["anonymous", "automated", "named", "credentialed", "endorsed"]
"""How well a statement's provenance is borne out, least first."""

LEVELS: tuple[Level, ...] = ("anonymous", "automated", "named", "credentialed", "endorsed")


Category = Literal["special", "criminal"]
"""Kinds of personal data that need a condition beside the article."""


Whose = Literal["victim", "alleged_perpetrator", "child", "associate", "unassessed", "person.1"]
"""Whose consent: of whoever plays a part, or of `person.1`, whom the record is first about."""


class ConsentRule(Section, frozen=True):
    """Whose consent a leg needs, and which grounds override its absence.

    `of` are parts played: the consent of each person who plays one is needed. `person.1` is the
    patient, the client or whoever is referred, whatever their part; where a statement has none,
    the consent is absent. An alleged perpetrator's refusal and a victim's are not alike: see
    contracts.consent.
    """

    of: list[Whose]
    overrides: list[Ground] | None = None


class When(Section, frozen=True):
    """What must hold of a statement for a leg to carry it; one of the members is enough.

    `parts`: a person plays one of these. `levels`: the risk was given one of these. `involved`:
    the statement says that the recipient is involved in one of these ways.
    """

    parts: list[Part] | None = None
    levels: list[RiskLevel] | None = None
    involved: list[Involvement] | None = None


class Leg(Section, frozen=True, kw_only=True):
    """Who may send what to whom, and what of it.

    `sections` names what is delivered, by kind (`event`, `person.identity`, `cause`, ...); a
    whereabouts may be limited to parts: `person.whereabouts@alleged_perpetrator`. `level` says in
    a word whether that is the full or the minimal product; a minimal one may leave out even the
    event, where its facts are more than the recipient needs. `about` are the only parts that
    anybody in the statement may play: one about somebody else is not carried. `categories` are
    the kinds of data in it that need a condition in both bases. `qualifications` are training and
    vetting that the practitioner's credential must hold. `handling` is the statement's own
    classification where the leg names none. `owes_response` puts the duty of `response_given` on
    the recipient.
    """

    id: str
    sender: list[str] = msgspec.field(name="from")
    to: list[str]
    types: list[str]
    purposes: list[str]
    level: Literal["full", "minimal"]
    sections: list[str]
    basis: Basis
    recipient_basis: Basis
    categories: list[Category] | None = None
    provenance: Level = "named"
    qualifications: list[Qualification] | None = None
    when: When | None = None
    about: list[Part] | None = None
    consent: ConsentRule | None = None
    handling: str | None = None
    marks: list[str] | None = None
    retention_days: Days
    onward: Literal["none", "originator_agrees", "safeguarding"] = "originator_agrees"
    owes_response: bool = False


class Party(Section, frozen=True):
    """One party and the single point of contact that answers for the agreement there."""

    agency: str
    contact: Contact


class Agreement(Section, frozen=True, kw_only=True):
    """One version of an agreement. `effective` and `expires` are ISO dates, `expires` exclusive."""

    id: str
    version: Whole
    title: str
    parties: list[Party]
    purposes: list[str]
    legs: list[Leg]
    effective: Day
    review: Day
    expires: Day

    def contact_of(self, agency: str) -> Contact | None:
        """Give a party's contact, None for an agency that is no party."""
        return next((p.contact for p in self.parties if p.agency == agency), None)


def legs_for(
    agreement: Agreement, *, sender: str, event: str, purpose: str
) -> list[tuple[str, Leg]]:
    """List (recipient, leg) for a statement, in the agreement's order.

    Args:
        agreement: one that is in force.
        sender: the publishing agency.
        event: the event's name (`concern_reported`).
        purpose: as the statement names it.
    """
    return [
        (recipient, leg)
        for leg in agreement.legs
        if sender in leg.sender and event in leg.types and purpose in leg.purposes
        for recipient in leg.to
        if recipient != sender
    ]


@lru_cache(maxsize=4096)
def allowed_by(
    sections: tuple[str, ...], names: tuple[str, ...], parts: tuple[tuple[int, str], ...]
) -> tuple[str, ...]:
    """Give the sections of a statement that a leg delivers, in the statement's order.

    Args:
        sections: the leg's `sections`.
        names: the statement's, for example `person.2.whereabouts`.
        parts: the part each person `n` plays in this statement.
    """
    played = dict(parts)

    def is_allowed(name: str) -> bool:
        kind = kind_of(name)
        if kind is None or kind in SEALED:
            return False
        if kind in sections:
            return True
        part = played.get(number_of(name)) if kind.startswith("person.") else None
        return part is not None and f"{kind}@{part}" in sections

    return tuple(name for name in names if is_allowed(name))

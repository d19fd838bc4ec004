"""The sections that say who may learn of this, and against what: limits, consent, exclusions.

Source: design.md, The statement; domain.md 1.7, 5, 7 (use_limits).
"""

from collections.abc import Iterable
from typing import Literal

from contracts.form import Section, Slug, Token


class UseLimit(Section, frozen=True):
    """May this be put to one person, and may its origin be, and by whom.

    `subject` is a subject token. Where nobody decided, the publisher writes `ring_first`.
    """

    subject: Token
    may_be_told: Literal["yes", "no", "ring_first"]
    origin_may_be_told: Literal["yes", "no", "ring_first"]
    by: str | None = None


class UseLimits(Section, frozen=True):
    """What may be put to whom: the first line of every task (domain.md 7, use_limits)."""

    limits: list[UseLimit]
    ring: str | None = None
    note: str | None = None


def limits_on(given: UseLimits, subjects: Iterable[str]) -> UseLimits:
    """Give what may be put to some people, and to nobody besides: what an agency needs of it.

    To whom nothing is said of, nothing is put before somebody has rung.
    """
    its = {one.subject: one for one in given.limits}
    kept = [its.get(one, UseLimit(one, "ring_first", "no")) for one in subjects]
    return UseLimits(kept, given.ring, given.note)


ConsentState = Literal["given", "refused", "withdrawn", "unsafe_to_ask", "not_sought"]


class ConsentView(Section, frozen=True):
    """What one subject said of sharing, or why nobody asked."""

    subject: Token
    state: ConsentState
    reason: str | None = None


Ground = Literal[
    "serious_harm_to_others", "serious_crime", "child", "legal_duty", "coerced_or_incapacitous"
]


class ConsentOverride(Section, frozen=True):
    """A named decision to share against or without consent (domain.md 1.7, Override).

    `by` and `role` name who decided: the publisher's Caldicott Guardian or the DPO's delegate.
    `of` are the subjects whose refusal or silence it overrides, `at_risk` those whom it protects:
    each in this statement, or in one that the publisher holds and names as a cause.
    """

    ground: Ground
    by: str
    role: str
    reason: str
    of: list[Token]
    at_risk: list[Token] | None = None

    def __post_init__(self) -> None:
        """Refuse an override that nobody stands behind, or that gives no reason."""
        if not all(text.strip() for text in (self.by, self.role, self.reason)):
            raise ValueError("an override says who decided, as what, and why")


class Consent(Section, frozen=True):
    """Views sought, by subject token, and an override where one was decided."""

    views: list[ConsentView]
    override: ConsentOverride | None = None


class Exclusion(Section, frozen=True):
    """One agency, practitioner or household that must never see this, and for which subjects.

    A practitioner is named by the token that their employer issued a credential to; a household
    by a token that practitioners' credentials may carry.
    """

    subjects: list[Token]
    agency: Slug | None = None
    practitioner: Token | None = None
    household: Token | None = None

    def __post_init__(self) -> None:
        """Refuse an exclusion that names nobody: it would protect nobody."""
        if self.agency is None and self.practitioner is None and self.household is None:
            raise ValueError("an exclusion names an agency, a practitioner or a household")


class Exclusions(Section, frozen=True):
    """For enforcement only: delivered to nobody, rendered nowhere."""

    excluded: list[Exclusion]


Involvement = Literal[
    "supervising", "open_case", "care", "referrer", "addressee", "history", "triaged"
]
"""How an agency is involved with somebody in a statement, as its publisher knows."""


class Involved(Section, frozen=True):
    """One agency that is involved, and how: some legs carry a statement only then."""

    agency: Slug
    how: Involvement


class Involvements(Section, frozen=True):
    """Who else is involved: what makes a conditional leg carry this."""

    involved: list[Involved]


class Necessity(Section, frozen=True):
    """Why sharing this is necessary and proportionate, and what less was considered.

    Source: ICO Data Sharing Code, request and decision templates; domain.md 1.7.
    """

    necessary: str
    proportionate: str
    less_intrusive: str | None = None
    decided_by: str | None = None

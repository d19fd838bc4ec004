"""What is done about a report: research, requests, responses, alerts, duties and decisions.

Derived statements refer to others by id and never quote them. A natural key (`key`) names what a
derived statement is about, so that a rebuilt consumer never says it twice.
"""

from typing import Annotated, Literal

from msgspec import Meta

from contracts.context import Use
from contracts.form import (
    Citation,
    Millis,
    Minutes,
    Section,
    Sha256,
    Slug,
    StatementId,
    Token,
    Whole,
)

System = Literal["pnc", "pnd", "leds", "mash", "niche", "local", "probation", "iom_mappa"]
"""Where police look, each apart (review 5.6.4 v, rec. 15); `leds` in place of `pnc` by ruleset."""

ResearchOutcome = Literal[
    "match", "possible_match", "nil", "not_searched", "unavailable", "refused", "destroyed"
]
"""How one look in one system ended. `nil` is not safe; `destroyed` is not `nil`."""


class Work(Section, frozen=True, kw_only=True):
    """What every derived statement has: its natural key, where it has one."""

    key: str | None = None


class ResearchRequested(Work, frozen=True, kw_only=True):
    """One task: one person, one system. Times in ledger milliseconds since 1970 (UTC).

    Names, births, addresses and identifiers are those of the report, which it names: a task
    quotes none. `requester` is the role that asks, `authoriser` the one that answers for asking,
    `purpose` why, and `gateway` the power that it is asked under.
    """

    statement: StatementId
    subject: Token
    system: System
    priority: Literal["immediate", "urgent", "routine"]
    due_at: Millis
    requester: str | None = None
    authoriser: str | None = None
    purpose: Use | None = None
    gateway: Citation | None = None


class ResearchCompleted(Work, frozen=True, kw_only=True):
    """How a task ended; the result itself stays in the force's own store.

    `terms` is the digest of what was searched for, `reference` the record in the force's store,
    `kinds` what sort of record it is. `why` is required for an outcome other than a look that
    was made (`not_searched`, `unavailable`, `refused`). `grade` is the record's own, with its
    scheme (`3x5x2 1 A P`), `handling` its code; `retry_at` when a system that was down is asked
    again.
    """

    task: StatementId
    statement: StatementId
    subject: Token
    system: System
    outcome: ResearchOutcome
    operator: str
    searched_at: Millis
    terms: Sha256 | None = None
    reference: str | None = None
    kinds: (
        list[Literal["conviction", "warning", "nfa_allegation", "intelligence", "custody", "other"]]
        | None
    ) = None
    confidence: Literal["confirmed", "probable", "possible"] | None = None
    why: str | None = None
    grade: str | None = None
    handling: Literal["P", "C"] | None = None
    retry_at: Millis | None = None

    def __post_init__(self) -> None:
        """Refuse a look that was not made and does not say why: it would read as `nil`."""
        if self.outcome in {"not_searched", "unavailable", "refused"} and not self.why:
            raise ValueError("an outcome without a look says why")


class InformationRequested(Work, frozen=True, kw_only=True):
    """One agency asks another what it holds about a subject; the reply is typed."""

    addressee: Slug
    statement: StatementId
    subject: Token
    why: str
    due_at: Millis
    period: str | None = None


class InformationSupplied(Work, frozen=True, kw_only=True):
    """The reply to an `information_requested`; what is held stands in its own sections.

    `reuses` names an answer that was given before and still holds: it is not given again.
    """

    request: StatementId
    statement: StatementId
    subject: Token
    outcome: ResearchOutcome
    supplied_by: str
    reference: str | None = None
    why: str | None = None
    reuses: StatementId | None = None


class ResponseGiven(Work, frozen=True, kw_only=True):
    """What the acting recipient tells the publisher: never PNC or PND content (domain.md 7).

    `referral` is the decision on a referral; of a handover, `accepted` is its acknowledgement.
    """

    statement: StatementId
    received_by: str
    researched: Literal["yes", "part", "no"]
    actions: list[
        Literal[
            "research_opened", "visit_planned", "dash_planned", "disclosure_considered",
            "safeguarding_alert", "referral", "no_action",
        ]
    ]  # fmt: skip
    no_action_reason: str | None = None
    say: str | None = None
    avoid: str | None = None
    next_contact: str | None = None
    referral: Literal["accepted", "refused", "redirected"] | None = None


class NoFurtherAction(Work, frozen=True, kw_only=True):
    """A supervisor's decision, refused by the desk while a research task is open (M01)."""

    statement: StatementId
    decided_by: str
    researched_by: list[str]
    reason: str


Act = Literal[
    "research", "provenance", "same_origin", "private_enquiry", "dash", "disclosure",
    "housing_notice", "risk_review", "separate_contact", "companion", "care_screen", "handover",
    "marac_review", "marac_referral", "support_referral", "therapy_record", "visit_check",
    "family_response", "agreement", "police_now", "reconsider",
]  # fmt: skip
"""What an alert asks for, in a word: each is a duty that a person discharges (domain.md 3, 4)."""


class AlertRaised(Work, frozen=True, kw_only=True):
    """A rule fired: on what and why, what is asked, whose duty, by when, and what good looks like.

    `subjects` are the tokens of whom it is about: alerts about one pair are one thread. `why`
    says it in plain words and names nobody. `unacknowledged_minutes` is how long an interrupt waits
    for somebody to have it.
    """

    rule: str
    rule_version: str
    statements: Annotated[list[StatementId], Meta(min_length=1)]
    attention: Literal["interrupt", "duty", "note"]
    owner_role: str
    fallback_role: str
    due_at: Millis
    good: str
    act: Act | None = None
    why: str | None = None
    subjects: list[Token] | None = None
    unacknowledged_minutes: Minutes | None = None


class AlertAcknowledged(Work, frozen=True, kw_only=True):
    """A named person has the alert; `alert` is the id of the `alert_raised` statement."""

    alert: StatementId
    by: str
    role: str


class PossibleSameOrigin(Work, frozen=True, kw_only=True):
    """Two reports of one pair that may be one source: for a person to decide (M03)."""

    statements: Annotated[list[StatementId], Meta(min_length=2, max_length=2)]
    days_apart: Whole


class SameOriginDecided(Work, frozen=True, kw_only=True):
    """A named person's decision on a `possible_same_origin`."""

    proposal: StatementId
    statements: list[StatementId]
    decision: Literal["same", "different", "cannot_tell"]
    by: str
    reason: str


class ProvenanceSupplied(Work, frozen=True, kw_only=True):
    """The originator completes a held statement: its `provenance` section has what was missing."""

    statement: StatementId


class FindingsDisputed(Work, frozen=True, kw_only=True):
    """The publisher examined again and found otherwise than the receipt says."""

    submission: Sha256
    index: Whole
    ours: Sha256
    theirs: Sha256
    differs: list[str]


class DutyOverdue(Work, frozen=True, kw_only=True):
    """A duty ran out: time, too, is on the log.

    `about` is the digest of a held statement, or a compromised key, where the duty is about that.
    Whoever owes it says so, and of a question or a referral of their own whoever waits for it too.
    """

    duty: str
    statement: StatementId | None = None
    about: Sha256 | None = None
    owner_agency: Slug
    owner_role: str
    due_at: Millis

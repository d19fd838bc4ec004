"""Case control: what may be said that governs a case, and what it does.

Consent, exclusions, holds, links, corrections, releases and erasures are statements like any
other; whoever says one must hold what it is about.

Source: design.md, The ledger (case control), Control statements; domain.md 1.6, 1.7, 5.
"""

from collections.abc import Iterable

from broker.core.index import Index, under
from broker.core.legs import Asked, told_of
from broker.core.state import MATCHERS
from broker.core.waiting import Held
from contracts.duration import HOUR_MS
from contracts.entry import ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.event.control import Rules
from contracts.finding import Findings, ReleaseFinding
from contracts.reason import Reason, Stage
from contracts.section import number_of

ABOUT_PEOPLE = frozenset({
    "consent_recorded", "exclusion_recorded", "legal_hold_set", "persons_linked",
})  # fmt: skip
"""Events whose subjects must stand in statements that their publisher holds and names."""
REACHES_BACK = frozenset({
    "exclusion_recorded", "exclusion_lifted", "persons_linked", "persons_unlinked",
})  # fmt: skip
"""Events after which what is held already must be kept from somebody, or no more."""
CORRECTING = frozenset({"statement_retracted", "statement_corrected"})
NAMED_ALONE = CORRECTING | ABOUT_PEOPLE | {
    "release_decided", "emergency_reviewed", "erasure_proposed", "erasure_endorsed",
    "exclusion_lifted", "legal_hold_lifted", "persons_unlinked",
}  # fmt: skip
"""Events that a named practitioner must stand behind."""
UNDONE = {
    "exclusion_lifted": "exclusions", "legal_hold_lifted": "holds", "persons_unlinked": "links",
}  # fmt: skip
WAIVABLE = frozenset({
    Reason.CONSENT_ABSENT, *(one for one in Reason if one.stage is Stage.PROVENANCE),
})  # fmt: skip
"""What a quarantine desk may waive unread: whoever refused, only an override answers."""


def defects(asked: Asked, index: Index) -> list[ReasonGiven]:
    """List why a statement that governs a case cannot stand; empty where it can, or governs none.

    Args:
        asked: the statement.
        index: what was decided before.
    """
    findings, state = asked.findings, asked.state
    event = findings.event
    parts = event == "persons_unlinked" and findings.about is None
    if event in UNDONE:
        if not parts and findings.about not in getattr(state.consents, UNDONE[event]):
            return [ReasonGiven(Reason.REFERS_TO_UNKNOWN, ["event"])]
        if not _may_undo(asked, index):
            return [ReasonGiven(Reason.NOT_ENTITLED)]
    if (parts or event in ABOUT_PEOPLE) and not _subjects(findings) <= told_of(asked):
        return [ReasonGiven(Reason.REFERS_TO_UNKNOWN, ["event.subjects"])]
    if event == "release_decided":
        reason = _release_defect(asked)
    elif event in CORRECTING:
        reason = _correction_defect(asked)
    elif event in {"erasure_proposed", "erasure_endorsed"}:
        reason = _erasure_defect(asked, index)
    else:
        reason = _answer_defect(asked)
    if reason is not None:
        return [ReasonGiven(reason)]
    if event not in NAMED_ALONE:
        return []
    # A machine's word that rests on an anonymous one is anonymous, with nothing missing.
    if findings.level == "automated" or (findings.level == "anonymous" and not findings.missing):
        return [ReasonGiven(Reason.PRACTITIONER_MISSING)]
    return [ReasonGiven(code) for code in findings.missing]


def unheard(asked: Asked, index: Index) -> list[str]:
    """List the subjects of views on consent that are not its publisher's to speak of.

    An agency speaks of the statement's own subjects, each by a token that it drew itself or that
    stands in a statement which it holds and names. What governs people was judged by itself.
    """
    findings = asked.findings
    if findings.event in ABOUT_PEOPLE or not findings.consent:
        return []
    told, own = told_of(asked), set(findings.subjects.values())
    return sorted({
        one.subject
        for one in findings.consent
        if one.subject not in own
        or not (one.subject in told or _is_drawn_here(asked, one.subject, index))
    })  # fmt: skip


def _is_drawn_here(asked: Asked, token: str, index: Index) -> bool:
    """Say whether no other agency spoke of somebody by this token first."""
    found = (index.by_id(one) for one in index.tagged(token))
    spoke = [k for k in found if k is not None and k.kid and token in dict(k.subjects).values()]
    first = min(spoke, key=lambda known: known.first, default=None)
    return first is None or asked.state.acting(first.agency) == asked.agency


def agrees(held: Held, released: ReleaseFinding) -> bool:
    """Say whether the same was said of a held statement before: nobody speaks twice (SAME_HAND)."""
    return any(
        (said.decision, set(said.waived)) == (released.decision, set(released.waived))
        for _, said in held.said
    )


def _subjects(findings: Findings) -> set[str]:
    """List the tokens that a statement governs."""
    named = {view.subject for view in findings.consent}
    named |= {token for one in findings.exclusions for token in one.subjects}
    return named | set(findings.linked) | set(findings.held)


def _may_undo(asked: Asked, index: Index) -> bool:
    """Say whether an agency may undo this: its own, or as a matcher any link."""
    findings, state = asked.findings, asked.state
    if findings.event == "persons_unlinked":
        return state.kind_of(asked.agency) in MATCHERS
    known = index.by_id(findings.about or "")
    return known is not None and state.acting(known.agency) == asked.agency


def _answer_defect(asked: Asked) -> Reason | None:
    """Check that a review or an acknowledgement answers something that was asked of somebody."""
    findings, state = asked.findings, asked.state
    about = findings.about or ""
    if findings.event == "emergency_reviewed":
        used = state.waiting.used(about).values()
        if not used:
            return Reason.REFERS_TO_UNKNOWN
        entitled = any(state.acting(one.reviews) == asked.agency for one in used)
        return None if entitled else Reason.NOT_ENTITLED
    if findings.event == "recall_acknowledged":
        key = state.keys.held.get(about)
        return None if key and key.invalid_since is not None else Reason.REFERS_TO_UNKNOWN
    if findings.event == "erasure_confirmed":
        return None if state.waiting.erasure(about) else Reason.REFERS_TO_UNKNOWN
    if findings.event == "correction_acknowledged":
        known = asked.causes.get(1)
        read = known is not None and known.event in CORRECTING and about == findings.refers[0]
        return None if read else Reason.REFERS_TO_UNKNOWN
    return None


def _release_defect(asked: Asked) -> Reason | None:
    findings, state = asked.findings, asked.state
    released = findings.released
    if released is None:
        return Reason.NOT_HELD
    waiting = state.waiting
    held = waiting.held.get(released.statement) or waiting.confirming.get(released.statement)
    if held is None or not held.decides:
        return Reason.NOT_HELD
    if state.acting(held.decides) != asked.agency:
        return Reason.NOT_ENTITLED
    if findings.practitioner is not None and findings.practitioner in held.authors:
        return Reason.AUTHOR_DECIDES
    checks = (
        (Reason.CREDENTIAL_MISSING, not _is_vouched_for(asked)),
        (Reason.NOT_WAIVABLE, not WAIVABLE.issuperset(released.waived)),
        (Reason.SAME_HAND, findings.practitioner in {who for who, _ in held.said}),
        (Reason.NOT_NIGHT, released.alone and not is_night(state.rules, asked.at)),
    )
    return next((code for code, unfit in checks if unfit), None)


def _is_vouched_for(asked: Asked) -> bool:
    """Say whether a credential in force stands behind who speaks, where their agency issues any."""
    keys, acting = asked.state.keys, asked.state.acting
    issues = any(acting(one.agency) == asked.agency for one in keys.credentials.values())
    return not issues or keys.shown(asked.findings, asked.agency, asked.at, acting) is not None


def is_night(rules: Rules | None, at: int) -> bool:
    """Say whether one may decide alone at a ledger time, by the ruleset's hours (UTC)."""
    if rules is None:
        return False
    hour, begins, ends = at // HOUR_MS % 24, rules.night_begins_hour, rules.night_ends_hour
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def _correction_defect(asked: Asked) -> Reason | None:
    findings, known = asked.findings, asked.causes.get(1)
    if known is None or known.event not in BY_NAME or findings.about != findings.refers[0]:
        return Reason.REFERS_TO_UNKNOWN
    if asked.state.acting(known.agency) != asked.agency:
        return Reason.NOT_ORIGINATOR
    if BY_NAME[known.event].audience is Audience.PUBLIC_CONTROL:
        return Reason.REFERS_TO_UNKNOWN
    if findings.event == "statement_retracted":
        return None
    if not _numbered(findings) <= set(known.subjects):
        return Reason.PERSON_MIXED
    held = asked.state.waiting.held.get(known.submission)
    return Reason.STILL_HELD if held is not None and held.decides else None


def _numbered(findings: Findings) -> set[tuple[int, str]]:
    """List the persons of whom a statement says anything, by number and token."""
    numbers = {number_of(name) for name in findings.sections if name.startswith("person.")}
    return {(number, findings.subjects.get(number, "")) for number in numbers}


def _erasure_defect(asked: Asked, index: Index) -> Reason | None:
    """Check what would be erased: known, whole with all that derives from it, under no hold."""
    findings, state = asked.findings, asked.state
    named = set(findings.erases)
    found = [under(index, one) for one in findings.erases]
    known = [held for some in found for held in some]
    if not named or not all(found) or any(held.event not in BY_NAME for held in known):
        return Reason.REFERS_TO_UNKNOWN
    if any(BY_NAME[held.event].audience is Audience.PUBLIC_CONTROL for held in known):
        return Reason.REFERS_TO_UNKNOWN
    if not all(set(index.tagged(one)) <= named for one in named):
        return Reason.ERASURE_OPEN
    if any(state.consents.is_held(held.people) for held in known):
        return Reason.UNDER_HOLD
    if findings.event == "erasure_proposed":
        own = [one for one in named if _is_own(asked, index, one)]
        entitled = asked.agency == state.governance or named <= _closure(index, own)
        return None if entitled else Reason.NOT_ENTITLED
    proposed = state.waiting.erasures.get(findings.about or "")
    if proposed is None or proposed.endorsement is not None or set(proposed.statements) != named:
        return Reason.REFERS_TO_UNKNOWN
    same = (
        asked.agency == state.acting(proposed.agency)
        or findings.practitioner == proposed.practitioner
    )
    return Reason.SAME_HAND if same else None


def _is_own(asked: Asked, index: Index, statement: str) -> bool:
    return any(asked.state.acting(one.agency) == asked.agency for one in under(index, statement))


def _closure(index: Index, statements: Iterable[str]) -> set[str]:
    """List statements with all that derives from them, however far."""
    found: set[str] = set()
    waiting = list(statements)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += index.tagged(one)
    return found

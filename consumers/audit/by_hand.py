"""What a person or an agency did by hand, as the record of its decision names it: what, and why.

Acts of governance are named by their documents, keys by thumbprint; who released what was held by
their own statements, of which the first is on the log before the one that takes effect.

Source: design.md, Control statements; ADR 0019.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from broker.core.state import State
from consumers.audit.telling import words
from contracts import base64url
from contracts.event import control
from contracts.event.case import ReleaseDecided
from contracts.finding import Findings
from contracts.signature import thumbprint

ERASED = "erased"


def by_hand(
    findings: Findings, event: Any, state: State, earlier: Sequence[tuple[int, str, Any]]
) -> Iterator[str]:
    """Say what a statement did by hand, line by line; nothing for one that only tells.

    Args:
        findings: of the statement.
        event: its facts, None where they were erased.
        state: the fold before it.
        earlier: entry, source and facts of each release said of the same held statement before.
    """
    if findings.proposal is not None:
        yield f"Act: {_named(findings.proposal)}"
    elif findings.endorsed is not None:
        held = state.proposals.get(findings.endorsed.digest)
        act = _named(held.act) if held else f"{words(findings.endorsed.act)}, never proposed"
        yield f"Act: endorses {act}"
        yield f"Behind it before: {', '.join(held.backers) if held else 'nobody'}"
    elif findings.revoked is not None:
        yield f"Act: ends the credential {findings.revoked}"
    elif findings.issued is not None:
        yield f"Act: issues the credential {findings.issued.credential}, {findings.issued.role}"
    elif findings.released is not None:
        said = findings.released
        yield f"Act: says {said.decision} of the held statement {said.statement}"
        yield from _release(event, waived=said.waived, alone=said.alone)
        for entry, source, first in earlier:
            given = isinstance(first, ReleaseDecided)
            word = f"{first.decision}, by {first.by}: {first.reason}" if given else ERASED
            waived = f"; waived: {', '.join(first.waived) or 'nothing'}" if given else ""
            yield f"Hand before: entry {entry}, {source}: {word}{waived}"
        if not earlier:
            yield "Hand before: none, this is the first"
    elif findings.founding is not None:
        founded = findings.founding.founding
        yield f"Act: founds {founded.id} with {', '.join(one.id for one in founded.agencies)}"
    elif findings.erases:
        yield f"Act: {words(findings.event)}: {', '.join(findings.erases)}"
    reason = getattr(event, "reason", None)
    if isinstance(reason, str):
        by = getattr(event, "by", None)
        yield f"Why: {words(reason)}" + (f", says {by}" if isinstance(by, str) else "")


def _release(event: Any, *, waived: list[str], alone: bool) -> Iterator[str]:
    yield f"Waived: {', '.join(waived) or 'nothing'}"
    if alone:
        yield "Alone: it took effect at once, and a second hand is owed"
    if event is None:
        yield f"Why: {ERASED}"


def _named(act: control.Act) -> str:
    """Name an act by what it is about, and why where it says so."""
    name = words(control.name_of_act(act))
    match act:
        case control.AgencyAdmitted():
            return f"{name}: {act.agency.id} ({act.agency.title})"
        case control.KeyEnrolled():
            return f"{name}: {_key(act.key)}"
        case control.KeyRotated():
            return f"{name}: {act.kid} of {act.agency}, by {_key(act.key)}"
        case control.KeyRevoked():
            since = f", suspect since {act.invalid_since}" if act.invalid_since else ""
            return f"{name}: {act.kid} of {act.agency}, because {words(act.reason)}{since}"
        case control.AgencySucceeded():
            return f"{name}: {act.agency} by {act.successor}"
        case control.AgreementAdopted():
            return f"{name}: {act.agreement.id}@{act.agreement.version} ({act.agreement.title})"
        case control.AgreementSuspended():
            return f"{name}: {act.agreement}@{act.version}, because: {act.reason}"
        case control.RulesetAdopted():
            return f"{name}: {act.rules.version}"
        case control.DeciderAdopted():
            return f"{name}: {act.decider}"


def _key(key: control.SourceKey) -> str:
    return f"{thumbprint(base64url.decode(key.public_key))} of {key.source}"

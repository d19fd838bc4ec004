"""The checks between the signature and the decision that need state, in the fixed order.

Key in force and fit for source and purpose, duplicate, stream. A refusal found by `prepare` at a
later stage waits until these have passed, so that every implementation names the same defect.
"""

from typing import NamedTuple

from broker.core.index import Index, Known
from broker.core.prepare import Prepared, stage_of
from broker.core.state import State
from contracts.event import BY_NAME, Audience
from contracts.identifier import agency_of
from contracts.reason import Reason, Stage

OF_THE_OUTBOX = frozenset({"stream_opened", "findings_disputed"})
"""What an outbox says by itself, under whichever key it has."""


class Refusal(NamedTuple):
    """Why a submission is refused before any policy; `consumes` if it takes its number."""

    reasons: tuple[tuple[Reason, tuple[str, ...]], ...]
    consumes: bool


def admit(
    prepared: Prepared, agency: str, partnership: str, state: State, index: Index
) -> Refusal | Known | None:
    """Judge a prepared submission up to policy.

    Args:
        prepared: from `prepare`.
        agency: whose submissions topic it came through.
        partnership: whose ledger this is.
        state: the fold so far.
        index: what was decided so far.

    Returns:
        A refusal; what is known of an exact duplicate; or None where policy decides.
    """
    stage = stage_of(prepared)
    found = () if prepared.reason is None else ((Reason.of(prepared.reason), prepared.fields),)
    if stage is not None and stage <= Stage.SIGNATURE:
        return Refusal(found, consumes=False)
    own = agency_of(prepared.source or "") == agency
    here = prepared.partnership == partnership
    known = index.by_id(prepared.id or "")
    if own and here and known is not None and known.submission == prepared.submission:
        return known
    unfit = _key_use(prepared, agency, state, here=here)
    if unfit:
        return Refusal(tuple((reason, ()) for reason in unfit), consumes=False)
    if stage is Stage.DIGESTS:
        return Refusal(found, consumes=False)
    taken = index.number(prepared.stream or "", prepared.sequence or 0)
    if known is not None or taken is not None:
        return Refusal(((Reason.STREAM_FORKED, ()),), consumes=False)
    return Refusal(found, consumes=True) if stage is Stage.SCHEMA else None


def _key_use(prepared: Prepared, agency: str, state: State, *, here: bool) -> list[Reason]:
    """List every way in which the key does not fit, in the table's order."""
    key = state.keys.held.get(prepared.kid or "")
    row = BY_NAME.get(prepared.event or "")
    purpose = "control" if row and row.audience is Audience.PUBLIC_CONTROL else "statements"
    # Before entry 0 no key is held: a founding brings its own, and is judged as control.
    checks = (
        (Reason.KEY_REVOKED, key is None or key.revoked is None),
        (
            Reason.SOURCE_MISMATCH,
            agency_of(prepared.source or "") == agency
            and (key is None or (key.source == prepared.source and key.agency == agency)),
        ),
        (Reason.PARTNERSHIP_MISMATCH, here),
        (
            Reason.KEY_PURPOSE,
            key is None or purpose in key.purposes or prepared.event in OF_THE_OUTBOX,
        ),
    )
    return [reason for reason, holds in checks if not holds]

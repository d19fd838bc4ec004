"""The part of a decision that needs no state: exact bytes to findings, once per submission.

Stateless, so that worker processes can do it; what comes back is flat, so that it crosses
cheaply. The order of checks is contracts.statement's; what needs state is `admit`'s.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from broker.core.emergency import is_one
from contracts import base64url, signature
from contracts.event import BY_NAME, name_of
from contracts.event.control import PartnershipFounded
from contracts.finding import examine
from contracts.reason import Reason, Stage
from contracts.statement import (
    Refused,
    Statement,
    Unverified,
    digest_of,
    interpret,
    parse,
)

_FOUNDED = BY_NAME["partnership_founded"].type


class Prepared(NamedTuple):
    """One submission, ready to be decided.

    Attributes:
        submission: digest of its bytes up to the first `~`.
        length: of its bytes.
        reason: the first defect that needs no state to see, as a code; None where there is none.
        fields: what that reason names.
        kid: the key, once the signature held; likewise id, source and partnership.
        stream: the writer's chain, once the digests held; likewise sequence.
        event: the event's name where the type is known.
        findings: exact JSON; empty where refused, but for a threat to life.
        threat_to_life: a threat to life about people, that can be read whether or not it holds.
    """

    submission: str
    length: int
    reason: str | None = None
    fields: tuple[str, ...] = ()
    kid: str | None = None
    id: str | None = None
    source: str | None = None
    partnership: str | None = None
    stream: str | None = None
    sequence: int | None = None
    event: str | None = None
    findings: bytes = b""
    threat_to_life: bool = False


def prepare(raw: bytes, keys: Mapping[str, bytes]) -> Prepared:
    """Check and examine one submission; whatever the bytes are, this returns.

    Args:
        raw: the record's value as it stood on the topic.
        keys: raw public key by kid, revoked ones too (whether a key is in force, the state says).

    Returns:
        Findings, or the first defect in the fixed order of checks.
    """
    submission = digest_of(raw)
    try:
        parsed = parse(raw)
    except Refused as refused:
        return _refused(submission, raw, refused)
    public_key = keys.get(parsed.kid)
    if public_key is None and parsed.context.type == _FOUNDED and not keys:
        public_key = _founding_key(parsed)
    if public_key is None:
        return _unverified(submission, raw, parsed, Reason.KEY_UNKNOWN)
    if not signature.is_valid(public_key, parsed.signed, parsed.signature):
        return _unverified(submission, raw, parsed, Reason.SIGNATURE_INVALID)
    try:
        statement = interpret(parsed)
    except Refused as refused:
        return _refused(submission, raw, refused)
    return _examined(submission, raw, statement)


def stage_of(prepared: Prepared) -> Stage | None:
    """Give the stage at which a submission failed, None where it did not."""
    return None if prepared.reason is None else Reason.of(prepared.reason).stage


def _examined(submission: str, raw: bytes, statement: Statement) -> Prepared:
    context = statement.context
    findings = examine(statement)
    return Prepared(
        submission,
        len(raw),
        kid=statement.kid,
        id=context.id,
        source=context.source,
        partnership=context.partnership,
        stream=statement.intake.stream,
        sequence=statement.intake.sequence,
        event=statement.kind.name,
        findings=msgspec.json.encode(findings),
        threat_to_life=is_one(findings),
    )


def _refused(submission: str, raw: bytes, refused: Refused) -> Prepared:
    context, intake = refused.context, refused.intake
    return Prepared(
        submission,
        len(raw),
        reason=str(refused.reason),
        fields=tuple(refused.fields),
        kid=refused.kid,
        id=context.id if context else None,
        source=context.source if context else None,
        partnership=context.partnership if context else None,
        stream=intake.stream if intake else None,
        sequence=intake.sequence if intake else None,
        event=name_of(context.type) if context else None,
    )


def _unverified(submission: str, raw: bytes, parsed: Unverified, reason: Reason) -> Prepared:
    """Refuse, and read a threat to life all the same: the state says whether it may go on."""
    refusal = Prepared(submission, len(raw), reason=str(reason))
    if parsed.context.urgency != "threat_to_life":
        return refusal
    try:
        statement = interpret(parsed)
    except Refused:
        return refusal
    read = _examined(submission, raw, statement)
    return read._replace(reason=str(reason), kid=None) if read.threat_to_life else refusal


def _founding_key(parsed: Unverified) -> bytes | None:
    """Find the key that founds in the founding itself: before it, no key is known."""
    try:
        event = interpret(parsed).event
        if not isinstance(event, PartnershipFounded):
            return None
        held = (base64url.decode(k.public_key) for a in event.founding.agencies for k in a.keys)
        return next((key for key in held if signature.thumbprint(key) == parsed.kid), None)
    except (Refused, ValueError):
        return None

"""From a draft to signed bytes: context, sections, the next number of a stream."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, RowMapping

from contracts.agreement import Basis
from contracts.context import Context
from contracts.draft import Draft
from contracts.event import BY_NAME, Audience, EventType
from contracts.fault import Misuse
from contracts.form import Section
from contracts.reason import Reason
from contracts.section import shape_of
from contracts.statement import STATEMENT_BYTES_MAX, Refused, build, digest_of, verify
from producers.home import Home
from producers.partnership import Partnership
from producers.tables import WRITTEN, add


def row_of(event: str) -> EventType:
    """Find an event in the catalogue.

    Raises:
        Misuse: there is none of that name.
    """
    row = BY_NAME.get(event)
    if row is None:
        raise Misuse(
            "This event is not in the catalogue.",
            remedy="Use an event that contracts/FORMAT.md lists.",
        )
    return row


def context_of(
    draft: Draft, home: Home, known: Partnership, *, at_ms: int, basis: Basis | None
) -> Context:
    """Write the signed part; what the draft leaves open comes from the agreements.

    Raises:
        Misuse: the draft's event is not in the catalogue.
    """
    row = row_of(draft.event)
    public = row.audience is Audience.PUBLIC_CONTROL
    purpose, agreement = draft.purpose, None
    if not public:
        choices = known.choices(
            sender=home.agency.agency, event=draft.event, at_ms=at_ms, purpose=purpose
        )
        chosen = next((c for c in choices if basis is None or c.basis == basis), None)
        if chosen is not None:
            purpose, basis, agreement = chosen.purpose, chosen.basis, chosen.agreement
        basis = basis or home.basis
    return Context(
        specversion="1.0",
        id=draft.id,
        source=home.source,
        type=row.type,
        time=spelled(at_ms),
        partnership=home.agency.partnership,
        purpose=purpose or ("governance" if public else "safeguarding"),
        classification=draft.classification,
        urgency=draft.urgency,
        digests=[],
        digest_algorithm="sha-256",
        basis=basis,
        agreement=agreement,
    )


def sections_of(draft: Draft) -> dict[str, Section]:
    """Decode a draft's sections into their types.

    Raises:
        Misuse: a section is unknown or not of its shape; its content is not repeated.
    """
    found: dict[str, Section] = {}
    for name, exact in draft.sections.items():
        shape = row_of(draft.event).shape if name == "event" else shape_of(name)
        try:
            if shape is None or name == "intake":
                raise msgspec.ValidationError
            found[name] = msgspec.json.decode(exact, type=shape)
        except msgspec.MsgspecError:
            raise Misuse(
                f"The section `{name if shape else 'unknown'}` of this {draft.event} is not of "
                "its shape.",
                remedy="Write the section as contracts/FORMAT.md describes it.",
            ) from None
    return found


def sign_next(  # noqa: PLR0913 - a statement has this many independent parts
    db: Connection,
    stream: RowMapping,
    *,
    context: Context,
    sections: Mapping[str, Section],
    home: Home,
    random_bytes: Callable[[int], bytes],
    endorser: bytes | None = None,
    texts: Mapping[str, bytes] = {},
) -> tuple[bytes, str]:
    """Write the next statement of a stream, and check it as the broker will.

    Args:
        db: an open transaction.
        stream: the stream's row.
        context: the signed part, without digests.
        sections: by name.
        home: whose key signs.
        random_bytes: for salts and decoys.
        endorser: the practitioner's own seed, where they sign what is said.
        texts: disclosures to be used again as they are.

    Returns:
        The exact bytes and their digest; the stream's row stands one further.

    Raises:
        Misuse: it is no statement that could be accepted; the remedy names what to change.
    """
    try:
        raw = build(
            context=context, sections=sections, stream=stream["stream"], sequence=stream["next"],
            previous=stream["previous"], sign=home.sign, kid=home.kid, random_bytes=random_bytes,
            endorser=endorser, texts=texts,
        )  # fmt: skip
    except ValueError:
        raise Misuse(
            "This has more sections than one statement holds (31).",
            remedy="Write about fewer persons in one report; send the others in a second.",
        ) from None
    if len(raw) > STATEMENT_BYTES_MAX:
        raise Misuse("This is larger than 256 KiB.", remedy=Reason.TOO_LARGE.remedy)
    try:
        verify(raw, {home.kid: home.public_key}.get)
    except Refused as refused:
        fields = ", ".join(refused.fields)
        raise Misuse(
            f"This is no statement yet ({refused.reason}{': ' + fields if fields else ''}).",
            remedy=refused.reason.remedy,
        ) from None
    digest = digest_of(raw)
    written = {"of": stream["stream"], "number": stream["next"] + 1, "digest": digest}
    db.execute(WRITTEN, written)
    add(db, "written", 1)
    return raw, digest


def spelled(at_ms: int) -> str:
    """Spell a time as the signed part does: UTC, to the millisecond."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"

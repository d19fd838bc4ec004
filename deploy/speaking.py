"""Saying one thing from a home and waiting for what was decided.

The only place that joins this machine's clock and randomness to an outbox.
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from contracts.draft import Draft, draft
from contracts.entry import ReasonGiven
from contracts.event import Audience
from contracts.event.control import Purpose
from contracts.fault import Misuse, Transient, Undelivered
from contracts.form import Section
from contracts.opened import open_receipt
from contracts.reason import Reason
from deploy import clock
from deploy.kafka.plan import Governed
from producers.home import Home
from producers.inbox import Inbox
from producers.lock import Busy
from producers.outbox import Outbox
from producers.partnership import Partnership
from producers.sender import Sender, until
from producers.signing import row_of

WAIT_S_MAX = 60.0
"""How long a command waits for a receipt (design.md, A receipt)."""

READ_S_MAX = 5.0
"""How long it waits to have read what the partnership says first."""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a statement: its id, outcome, entry, and reasons where there are any."""

    id: str
    outcome: str
    entry: int
    reasons: list[ReasonGiven]


def outbox_of(home: Home) -> Outbox:
    """Open a home's outbox with this machine's clock and randomness."""
    return Outbox(home, now_ms=clock.now_ms, random_bytes=clock.random_bytes, new_id=clock.uuid7)


def clear(outbox: Outbox, digests: Collection[str]) -> None:
    """Insist that nothing of some statements is in an outbox, and write its database anew.

    Raises:
        Misuse: something is still there.
        Transient: somebody is reading or writing meanwhile.
    """
    if Inbox(outbox).left(digests):
        raise Misuse(
            f"Something of it is still in the outbox of {outbox.home.folder}.",
            remedy=f"Run: candour outbox catch-up --home {outbox.home.folder}",
        )
    outbox.database.settle(whole=True)


async def say(
    outbox: Outbox, said: Draft, *, time_ms: int | None = None, wait_s: float = WAIT_S_MAX
) -> Said:
    """Publish a draft, send it, and wait for its receipt.

    Args:
        outbox: of the home that speaks.
        said: the draft; its id makes saying it again harmless.
        time_ms: the statement's time, in an exercise.
        wait_s: how long to wait for its receipt.

    Raises:
        Undelivered: no receipt came in time; it is stored and goes on being sent.
        Misuse: it is no statement that could be accepted, or this home's key signs no such thing.
    """

    def is_decided() -> bool:
        row = outbox.row(said.id)
        return row is not None and row["state"] == "decided"

    sender = Sender(outbox, what="a command")
    try:
        async with sender.running():
            # What the agreements in force say of basis and purpose stands in the views.
            await sender.caught_up(min(READ_S_MAX, wait_s))
            _insist_on_key(outbox, said.event)
            outbox.publish(said, time_ms=time_ms)
            await until(lambda: is_decided() or sender.refused is not None, wait_s)
            decided = is_decided()
    except Busy:
        _insist_on_key(outbox, said.event)
        outbox.publish(said, time_ms=time_ms)
        decided = await until(is_decided, wait_s)
    row = outbox.row(said.id)
    if sender.refused is not None and not decided:
        raise refused(sender.refused, stored(outbox, said.id))
    if row is None or not decided:
        raise Undelivered(
            f"No receipt came within {wait_s:.0f} seconds. Is the broker running, and Kafka?",
            remedy=stored(outbox, said.id),
        )
    receipt = open_receipt(row["receipt"], outbox.home.trust)
    return Said(said.id, row["outcome"], row["entry"], receipt.part.reasons)


def _insist_on_key(outbox: Outbox, event: str) -> None:
    """Insist that the key which signs here is for such an event, as far as is known here."""
    with outbox.database.read() as db:
        home, known = outbox.speaking(db), outbox.partnership_in(db)
    governs = row_of(event).audience is Audience.PUBLIC_CONTROL
    needed: Purpose = "control" if governs else "statements"
    held = known.held.get(home.kid)
    if held is None or not held.enrolled or needed in held.key.purpose:
        return
    fit = sorted({
        one.key.source
        for one in known.held.values()
        if one.agency == home.agency.agency
        and one.enrolled and not one.ended and needed in one.key.purpose
    })  # fmt: skip
    if governs:
        told = f"{home.folder} speaks of cases: its key governs nothing, and this governs."
    else:
        told = f"{home.folder} governs: its key says nothing of a case, and this does."
    remedy = f"Give --home with the home of {' or '.join(fit)}."
    if not fit:
        remedy = "Enrol such a key first: candour home make, candour home key, agency enrol-key."
    raise Misuse(f"{told} Nothing was sent.", remedy=remedy)


def stored(outbox: Outbox, statement: str) -> str:
    """Say of what has no receipt that it is kept and goes out by itself, and is not said again."""
    return (
        f"It is stored: {statement}. Do not give it again: "
        f"`candour outbox run --home {outbox.home.folder}` goes on sending it."
    )


def refused(why: Misuse | Transient, kept: str) -> Undelivered:
    """Say why nothing goes out until somebody acts, and that what was said is kept."""
    return Undelivered(f"{why.text} {why.remedy}", remedy=kept)


async def govern(home: Home, event: str, value: Section, *, time_ms: int | None = None) -> Said:
    """Say public control with a control home, and insist that it was accepted.

    Raises:
        Misuse: it was refused; the text gives each reason's remedy.
        Transient: no receipt came in time.
    """
    control = draft(
        id=clock.uuid7(), event=event, sections={"event": value}, classification="OFFICIAL"
    )
    return insisted(await say(outbox_of(home), control, time_ms=time_ms))


async def speak(home: Home, drafted: Callable[[Outbox], Draft]) -> Said:
    """Say what a named person of an agency decides about a case, from any of its homes.

    Args:
        home: whose reporter says it.
        drafted: drafts it, once the agency's views are read.

    Raises:
        Misuse: it was refused; the text gives each reason's remedy.
        Transient: no receipt came in time, or Kafka does not let this agency in.
    """
    await known_to(home)
    outbox = outbox_of(home)
    return insisted(await say(outbox, drafted(outbox)))


def insisted(said: Said) -> Said:
    """Give what was said where it was accepted.

    Raises:
        Misuse: it was not; the text gives each reason's remedy.
    """
    if said.outcome != "accepted":
        listed = "; ".join(
            f"{given.code} {', '.join(given.fields)}".strip() for given in said.reasons
        )
        remedies = dict.fromkeys(Reason.told(given.code)[0] for given in said.reasons)
        stands = (
            "is held, and nobody else was told" if said.outcome == "quarantined" else "was refused"
        )
        raise Misuse(f"This {stands} (entry {said.entry}): {listed}.", remedy=" ".join(remedies))
    return said


async def known_to(home: Home, *, old: Callable[[], object] = lambda: None) -> Partnership:
    """Read what an agency was sent of its partnership, to the end as of now.

    Args:
        home: whose.
        old: called where it could not be read, so that what was read before may be old.

    Raises:
        Transient: Kafka does not let this agency in.
    """
    outbox = outbox_of(home)
    sender = Sender(outbox, what="a command")
    is_read = True
    with suppress(Busy):  # whoever sends reads too
        is_read = await sender.catch_up(READ_S_MAX)
    if sender.refused is not None:
        raise Transient(sender.refused.text, remedy=sender.refused.remedy)
    if not is_read:
        old()
    return outbox.partnership


async def governed_by(home: Home, wait_s: float) -> Governed:
    """Say who is in a partnership, from an agency's views read to their end.

    Raises:
        Transient: they could not be read to their end, or Kafka does not let this agency in.
        Misuse: the partnership is not founded yet.
    """
    outbox = outbox_of(home)
    sender = Sender(outbox, what="candour kafka")
    with suppress(Busy):  # whoever sends reads too
        if not await sender.catch_up(wait_s):
            why = sender.refused
            # What was read half could take rights away from somebody who has them by now.
            raise Transient(
                why.text if why else "This home's views could not be read to their end.",
                remedy=why.remedy if why else "Is Kafka running? Then give this again.",
            )
    with outbox.database.read() as db:
        found = Governed.known(outbox.partnership_in(db), at_ms=outbox.time_ms(db))
    if found is None:
        raise Misuse(
            f"{home.folder} knows of no founding yet.",
            remedy="Before entry 0 give --founding with what `candour partnership draft` wrote.",
        )
    return found


@asynccontextmanager
async def sending(outbox: Outbox) -> AsyncIterator[None]:
    """Send for a home while the block runs, unless another process does."""
    sender = Sender(outbox, what="candour consumer catch-up")
    async with AsyncExitStack() as stack:
        with suppress(Busy):  # whoever sends reads too
            await stack.enter_async_context(sender.running())
        yield

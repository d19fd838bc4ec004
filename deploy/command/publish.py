"""`candour publish FILE`: a practitioner's report, signed, stored, sent, and what became of it.

Exit codes: 0 accepted, 3 held (quarantined or provisional), 4 refused, 64 the file or an option
cannot be used, 75 no receipt in time.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn

import typer
from sqlalchemy import RowMapping

from contracts.agreement import Basis
from contracts.draft import Draft
from contracts.entry import ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.fault import Misuse
from contracts.opened import open_receipt
from contracts.reason import Reason
from deploy import clock
from deploy.command import EXIT_NOT_DELIVERED
from deploy.command.consumer import at
from deploy.command.partnership import moment
from deploy.speaking import READ_S_MAX, WAIT_S_MAX, outbox_of, stored
from producers.filed import warned
from producers.home import Home
from producers.keys import read_own
from producers.lock import Busy
from producers.outbox import Outbox
from producers.repeated import said_before
from producers.report import Written, drafted, opened, read_report
from producers.sender import Sender, until
from producers.signing import spelled
from producers.unanswered import telephone

EXIT_ACCEPTED, EXIT_HELD, EXIT_REFUSED = 0, 3, 4
OUTCOMES = {
    "accepted": ("ACCEPTED", EXIT_ACCEPTED),
    "accepted_emergency": ("ACCEPTED as an emergency: delivered at once", EXIT_ACCEPTED),
    "provisional": ("HELD for all but police, who have it marked provisional", EXIT_HELD),
    "quarantined": ("HELD: nobody was sent it yet", EXIT_HELD),
    "rejected": ("REFUSED: nobody was sent it", EXIT_REFUSED),
}
FILED: dict[str, str] = {
    Reason.PRACTITIONER_MISSING: "`who_says.name`, and `who_says.reference` where there is one",
    Reason.ROLE_MISSING: "`who_says.role`",
    Reason.EMPLOYER_MISSING: "`who_says.employer`",
    Reason.HOW_KNOWN_MISSING: "`who_says.how_known`",
    Reason.CONTACT_MISSING: "`who_says.mailbox` or `who_says.telephone`",
}
"""Where a report's file says what is missing of who says so (producers/report.yaml), by code."""
NOBODY_LEFT = (
    "RECORDED, AND NOBODY COULD BE SENT IT. Ring 999 now where somebody is in danger, else the "
    "police by telephone"
)
"""What is said of an emergency from which everybody is excluded who would be sent one."""

VOUCHED = {
    "named": "named; no credential in force vouches for them",
    "credentialed": "their employer's credential, in force, vouches for them",
    "endorsed": "their employer's credential vouches for them, and they signed it themselves",
}
"""Each level of a practitioner's provenance, as the log bears it out."""


def publish(  # noqa: PLR0913 - each is an independent option
    file: Annotated[Path, typer.Argument(help="The report, as YAML (producers/report.yaml).")],
    home: Annotated[Path, typer.Option("--home", help="The home that reports.")],
    time: Annotated[str | None, typer.Option(help="Exercise only: the statement's time.")] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the receipt.")
    ] = WAIT_S_MAX,
    sign_with: Annotated[
        Path | None, typer.Option(help="The practitioner's own key: they endorse what is said.")
    ] = None,
    secret: Annotated[
        Path | None, typer.Option(help="Its passphrase's file; else beside it, FILE.secret.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Say it although the very same was said before.")
    ] = False,
) -> None:
    """Sign, store and send a report, and say what was decided.

    Ends with 0 where it was accepted, 3 held, 4 refused, 64 not usable, 75 no receipt in time.
    """
    outbox = outbox_of(Home.open(home))
    check_reports(outbox)
    report, _ = opened(file, now_ms=outbox.now_ms())  # before anything waits for Kafka
    for text in warned(report):
        typer.echo(f"NOTE: {text}")

    def read(at_ms: int, at: str) -> tuple[Draft, Basis | None]:
        return read_report(file, outbox, new_id=clock.uuid7, at_ms=at_ms, at=at)

    own = read_own(sign_with, secret) if sign_with else None
    send(outbox, read, time=time, wait=wait, endorser=own, again=again)


Reads = Callable[[int, str], tuple[Draft, Basis | None]]
"""Drafts what a file says at a time, in milliseconds and as text; gives the basis chosen too."""

Moment = Annotated[str | None, typer.Option("--time", help="Exercise only: its time.")]
Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the receipt.")]
Once = Annotated[
    bool, typer.Option("--again", help="Say it although the very same was said before.")
]


def filed(
    outbox: Outbox, written: Written, *, time: str | None, wait: float, again: bool
) -> NoReturn:
    """Publish a form that was read as a report, and end as `candour publish` does.

    Args:
        outbox: of the home that speaks.
        written: the form, read and checked.
        time: of an exercise, as typed.
        wait: seconds to wait for the receipt.
        again: although the very same was said before.
    """

    def read(at_ms: int, at: str) -> tuple[Draft, Basis | None]:
        return drafted(written, outbox, new_id=clock.uuid7, at_ms=at_ms, at=at)

    send(outbox, read, time=time, wait=wait, again=again)


def send(  # noqa: PLR0913 - each is an independent option
    outbox: Outbox,
    read: Reads,
    *,
    time: str | None = None,
    wait: float = WAIT_S_MAX,
    endorser: bytes | None = None,
    again: bool = False,
) -> NoReturn:
    """Store and send what a file says, say what was decided, and end with its exit code.

    Args:
        outbox: of the home that speaks.
        read: drafts what the file says.
        time: of an exercise, as typed.
        wait: seconds to wait for the receipt.
        endorser: the practitioner's own key.
        again: although the very same was said before.

    Raises:
        Misuse: it cannot be used, or was said before.
    """
    given = _Given(read, moment(time) if time else None, endorser, again)
    raise typer.Exit(asyncio.run(_publish(outbox, given, wait)))


class _Given(NamedTuple):
    """What is to be published: what drafts it, its time, who endorses it, whether once more."""

    read: Reads
    time_ms: int | None
    endorser: bytes | None
    again: bool


def check_reports(outbox: Outbox) -> None:
    """Refuse a home that governs, before anything is stored that could only be refused.

    Raises:
        Misuse: its key, or its name where nothing was read yet, is for control.
    """
    home = outbox.home
    held = outbox.partnership.held.get(home.kid)
    if home.agency.system == "control" if held is None else "statements" not in held.key.purpose:
        raise Misuse(
            f"{home.folder} governs, it reports nothing. Nothing was stored.",
            remedy="Give --home with the home of this agency's case system.",
        )


async def _publish(outbox: Outbox, given: _Given, wait: float) -> int:
    sender = Sender(outbox, what="candour publish")
    try:
        async with sender.running():
            # What the agreements in force say of basis and purpose stands in the views.
            try:
                await sender.caught_up(min(READ_S_MAX, wait))
            except asyncio.CancelledError:  # whoever waits gave up, or reading died
                typer.echo("Broken off: nothing was stored, nothing is sent. Publish it again.")
                raise
            said = _store(outbox, given)
            return await _wait(outbox, said, wait, sender)
    except Busy:  # whoever sends for this home sends this too
        return await _wait(outbox, _store(outbox, given), wait)


def _store(outbox: Outbox, given: _Given) -> Draft:
    said, basis, at_ms = _drafted(outbox, given.read, given.time_ms)
    before = None if given.again else said_before(outbox, said, at=spelled(at_ms))
    if before is not None:
        _told_before(outbox, before, said.urgency)
    outbox.publish(said, time_ms=at_ms, basis=basis, endorser=given.endorser)
    if said.urgency == "threat_to_life":
        typer.echo("IF SOMEBODY IS IN DANGER NOW: ring 999 first, then give this reference.")
    home = outbox.home.agency
    ours = outbox.partnership.agencies.get(home.agency)
    typer.echo(f"Stored as {said.id}; sending, as {ours.title if ours else home.agency} says it.")
    return said


def _told_before(outbox: Outbox, before: RowMapping, urgency: str) -> None:
    """Say that the very same was said before; a threat to life is said once more all the same.

    Raises:
        Misuse: it is no threat to life.
    """
    words = OUTCOMES[before["outcome"]][0] if before["outcome"] else "no receipt yet"
    text = (
        f"The very same was said from here at {at(before['stored_at'])}, as {before['id']}: {words}"
    )
    if urgency != "threat_to_life":
        home = outbox.home.folder
        raise Misuse(
            f"{text}. Nothing more was stored.",
            remedy=f"Do not publish it again: candour outbox show {before['id']} --home {home} "
            f"says what became of it, candour outbox run --home {home} goes on sending. If it "
            "happened once more, change the file; to say it again as it is, give --again.",
        )
    typer.echo(f"{text}. It is sent once more.")


async def _wait(outbox: Outbox, said: Draft, wait: float, sender: Sender | None = None) -> int:
    def is_decided() -> bool:
        row = outbox.row(said.id)
        return row is not None and row["state"] == "decided"

    def is_refused() -> bool:
        return sender is not None and sender.refused is not None

    try:
        ends = lambda: is_decided() or is_refused()  # noqa: E731 - both waits end alike
        await until(ends, wait - await _told_to_wait(outbox, said, wait, sender, ends))
    except asyncio.CancelledError:  # sending died, or whoever waits gave up
        typer.echo(_not_delivered(outbox, said, "", sender))
        raise
    if is_decided():
        return told(outbox, said.id)
    within = "" if is_refused() else f" within {wait:.0f} seconds"
    typer.echo(_not_delivered(outbox, said, within, sender))
    if sender is not None and sender.refused is not None:
        typer.echo(str(sender.refused))
    return EXIT_NOT_DELIVERED


async def _told_to_wait(
    outbox: Outbox, said: Draft, wait: float, sender: Sender | None, ends: Callable[[], bool]
) -> float:
    """Say early that Kafka does not take it, before the long wait: somebody can ring meanwhile.

    Returns:
        How many seconds of the wait are over.
    """

    def is_away() -> bool:
        row = outbox.row(said.id)
        away = sender is not None and sender.trouble is not None
        return away and row is not None and row["state"] == "waiting"

    if wait <= READ_S_MAX:
        return 0
    over = 0 if await until(lambda: ends() or is_away(), READ_S_MAX) else READ_S_MAX
    if is_away() and not ends():
        typer.echo(_not_delivered(outbox, said, " yet", sender))
        typer.echo(f"It is still tried, for {wait - over:.0f} seconds more.")
    return over


def _not_delivered(outbox: Outbox, said: Draft, within: str, sender: Sender | None) -> str:
    """Say that something is not delivered, why, and what to do now."""
    row, agency = outbox.row(said.id), outbox.home.agency
    ring = [] if said.urgency == "routine" else [telephone(outbox.partnership)]
    if sender is not None and sender.refused is not None:
        why = "Kafka does not take it, or this home cannot be used: see below."
    elif row is not None and row["state"] == "sent":
        why = f"Kafka ({agency.kafka}) has it, and no broker has answered: is it running?"
    else:
        known = sender.trouble if sender is not None else "another process sends for this home"
        why = f"Kafka ({agency.kafka}) does not have it{f': {known}' if known else ''}."
    return "\n".join([
        " ".join([f"NOT DELIVERED{within}.", *ring, why]),
        stored(outbox, said.id),
    ])


def _drafted(outbox: Outbox, read: Reads, time_ms: int | None) -> tuple[Draft, Basis | None, int]:
    """Draft the report, at the time given, else now or, in an exercise, at the ledger's time."""
    with outbox.database.read() as db:
        newest = outbox.time_ms(db)
    founding = outbox.partnership.founding
    if time_ms is not None and founding is not None and not founding.exercise:
        raise Misuse("Only an exercise takes its time from here.", remedy="Leave --time out.")
    at_ms = newest if time_ms is None else time_ms
    said, basis = read(at_ms, spelled(at_ms))
    return said, basis, at_ms


def told(outbox: Outbox, statement: str) -> int:
    """Say what was decided on a statement; give the exit code.

    Args:
        outbox: that holds its receipt.
        statement: its id.
    """
    row = outbox.row(statement)
    if row is None or row["receipt"] is None:
        late = any(one["id"] == statement for one in outbox.undelivered())
        ring = f" NOT DELIVERED. {telephone(outbox.partnership)}" if late else ""
        typer.echo(f"No receipt yet.{ring}")
        return EXIT_NOT_DELIVERED
    receipt = open_receipt(row["receipt"], outbox.home.trust)
    words, code = OUTCOMES[receipt.part.outcome]
    decision = receipt.decision
    recipients = decision.recipients
    again = next((r for r in decision.redecided if r.statement == row["digest"]), None)
    if again is not None:
        recipients = again.recipients
    if receipt.part.outcome == "accepted_emergency" and not recipients:
        words, code = NOBODY_LEFT, EXIT_NOT_DELIVERED
    typer.echo(f"{words} (entry {receipt.head.index}, reference {statement}).")
    if again is None and decision.level in VOUCHED:
        typer.echo(f"Who says so: {VOUCHED[decision.level]}.")
    if code != EXIT_REFUSED:
        typer.echo(f"Delivered to: {', '.join(recipients) or _nobody(row)}.")
    for given in receipt.part.reasons:
        typer.echo(f"  {reason_line(given, filed=True)}")
    if code == EXIT_HELD and any(given.code in FILED for given in receipt.part.reasons):
        typer.echo(
            f"  To complete it: write a file with `report: provenance`, `completes: {statement}` "
            f"and all of `who_says`; then candour publish FILE --home {outbox.home.folder}"
        )
    if code == EXIT_HELD:
        typer.echo(
            f"  Said from the wrong home, or by mistake? candour retract {statement} --reason "
            f"mistaken --by WHO --role ROLE --home {outbox.home.folder}"
        )
    if decision.contact and receipt.part.reasons:
        typer.echo(f"  Ring {decision.contact}")
    return code


def _nobody(row: RowMapping) -> str:
    """Say that nobody was sent a statement, and why where it could be recorded all the same."""
    if row["outcome"] == "accepted" and BY_NAME[row["event"]].audience is Audience.OWN:
        return "nobody: no agreement in force names anybody for it. It is on the log"
    return "nobody"


def reason_line(given: ReasonGiven, *, filed: bool = False) -> str:
    """Write one reason: what to do first, then its code and the fields it names.

    Args:
        given: the reason.
        filed: whether who reads it wrote the report's file, and corrects it there.
    """
    fields = f": {', '.join(given.fields)}" if given.fields else ""
    where = f" In the file: {FILED[given.code]}." if filed and given.code in FILED else ""
    return f"{Reason.told(given.code)[0]}{where} [{given.code}{fields}]"

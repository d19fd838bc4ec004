"""`candour consumer`: what acts on an agency's views; and how every list here is laid out."""

import asyncio
import signal
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from sqlalchemy import RowMapping

from consumers import aside
from consumers import store as stored
from consumers.desk.rows import look_at_each
from consumers.seen_to import failed_seen, see_to
from contracts.fault import Misuse, Transient
from deploy.speaking import known_to
from deploy.wiring import Acting, open_acting
from producers.home import Home
from producers.lock import is_consumed, sole_consumer
from producers.outbox import Outbox
from producers.partnership import Partnership
from producers.saying import known_as, viewer_of
from producers.unanswered import unanswered

app = typer.Typer(no_args_is_help=True, help="Act on what an agency is sent.")

ActingHome = Annotated[Path, typer.Option("--home", help="The agency's home that acts.")]

Looks = Annotated[
    str | None,
    typer.Option("--by", help="Who looks, as their credential names them: some things may be kept "
                 "from them. Believed as typed: only the desk checks it. Without it nothing is "
                 "shown that is kept from anybody."),
]  # fmt: skip


First = Annotated[int, typer.Option("--first", min=1, help="How many are shown.")]
"""How far a list goes: it reads no more than that."""
FIRST = 50

PASTED = {"ignore_unknown_options": True}
"""Context settings of a command that takes a digest or thumbprint: one may begin with `-`."""

COMMAND = "command_line"
"""What stands for role and purpose of who looks by a command: nobody is asked either."""

TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Act here from now on, where another home of this agency did "
                 "and is stopped."),
]  # fmt: skip


@app.command()
def run(home: ActingHome, take_over: TakeOver = False) -> None:
    """Act and send until stopped (Ctrl-C or SIGTERM); survives Kafka being away.

    One consumer acts for an agency: run it on one home only. On another it says nothing, names the
    one that acts, and stops.
    """
    with sole_consumer(home, what="candour consumer run"):
        asyncio.run(_run(home, take_over=take_over))


async def _run(home: Path, *, take_over: bool) -> None:
    running = asyncio.ensure_future(open_acting(Home.open(home)).run(take_over=take_over))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


@app.command("catch-up")
def catch_up(home: ActingHome, take_over: TakeOver = False) -> None:
    """Read to the end, act, send and wait for receipts, until nothing new comes; then stop."""
    acting = open_acting(Home.open(home))
    with sole_consumer(home, what="candour consumer catch-up"):
        said = asyncio.run(acting.catch_up(take_over=take_over))
    typer.echo(f"Caught up: {said} statement{'' if said == 1 else 's'} said.")


@app.command()
def rebuild(home: ActingHome) -> None:
    """Forget every row that the views bring back, and read them again; stop the consumer first.

    Also where another version of this program made the database. Research results, looks, what was
    seen to by hand and who was told are kept: they are on no log. Nothing is said meanwhile.
    """
    opened = Home.open(home)
    with sole_consumer(home, what="candour consumer rebuild"):
        count = asyncio.run(open_acting(opened, anew=True).read())
    typer.echo(
        f"Rebuilt from {count} record{'' if count == 1 else 's'}; results and looks are kept. "
        f"Now: candour consumer run --home {home}"
    )


@app.command()
def status(home: ActingHome, by: Looks = None) -> None:
    """Say how far time has come here, what waits to be sent, and what this could not work on.

    That is named to who says who looks, as far as they may know, and else counted. Ends with 1
    where something has had no receipt for a minute, where no consumer runs and something was sent
    that nobody read here, or where a person must see to something.
    """
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by) if by else None
    with acting.store.read() as db:
        now, broken = stored.ledger_time(db), aside.all_unproved(db)
        failed = failed_seen(db, viewer) if by else aside.all_unworked(db)
        seen = failed_seen(db, viewer, by_hand=True) if by else aside.all_seen_to(db)
    if by:
        looked(acting, by, "set_aside", map(aside.named, (*failed, *seen)))
    late = tell_unsent(acting.outbox)
    typer.echo(f"The newest ledger time here: {at(now) if now else 'nothing was read yet'}.")
    waits = not is_consumed(home) and tell_unread(acting)
    for line in _named(failed, seen, home) if by else _counted(failed, seen, home):
        typer.echo(line)
    for one in broken:
        typer.echo(
            f"NOT PROVED, and acted on in nothing: {one['topic']} {one['offset']}: {one['what']}. "
            "Ring the governance agency."
        )
    if failed or broken or late or waits:
        raise typer.Exit(1)
    typer.echo(
        "Nothing is left to see to by hand." if seen else "Everything that came was worked on."
    )


def _named(failed: Iterable[RowMapping], seen: Iterable[RowMapping], home: Path) -> Iterator[str]:
    def then(one: RowMapping) -> str:
        mended = f"; once mended: candour consumer rebuild --home {home}"
        return "" if one["worker"] == aside.THE_LOG else mended

    for one in failed:
        yield f"{aside.words(one)}{then(one)}"
    for one in seen:
        who = f"{one['by']} saw to it by hand, {at(one['at'])}: {one['reason']}"
        yield f"{aside.named(one)}: {one['worker']} ({one['what']}); {who}{then(one)}"


def _counted(failed: Sequence[RowMapping], seen: Sequence[RowMapping], home: Path) -> Iterator[str]:
    which = f"Which: candour consumer status --by YOUR_NAME --home {home}"
    if failed:
        yield f"TO BE SEEN TO BY HAND: {len(failed)}. {which}"
    if seen:
        yield f"Seen to by hand: {len(seen)}. {which}"


@app.command("seen-to", context_settings=PASTED)
def seen_to(  # noqa: PLR0913 - what is said has this many independent parts
    which: Annotated[str, typer.Argument(help="As candour consumer status names it.")],
    by: Annotated[str, typer.Option(help="Your name, believed as typed: only the desk checks it.")],
    role: Annotated[str, typer.Option(help="Your role, believed as typed.")],
    words: Annotated[str, typer.Option(help="What you did, in words. Name nobody else.")],
    home: ActingHome,
    worker: Annotated[
        str | None, typer.Option(help="Which part failed on it, where several did.")
    ] = None,
) -> None:
    """Say that you saw to by hand what this program could not, or what the log refused.

    It is kept here, with your name and when, and goes on no log. It leaves the list of what is to
    be seen to until it fails anew, or still after four hours, and closes nothing: close an alert
    by candour alert close.
    """
    acting = open_acting(Home.open(home))
    see_to(
        acting.store, acting.voice, which, by=acting.practitioner(by), role=role, reason=words,
        worker=worker,
    )  # fmt: skip
    typer.echo(f"It is said here, with your name, and on no log. {aside.SEEN_TO}")


def tell_unsent(outbox: Outbox) -> int:
    """Say that something said here has had no receipt for a minute; give how much.

    Not what: it may be that somebody is to be kept from something, and who looks may be they.
    """
    with outbox.database.read() as db:
        # What was said a moment ago has its receipt in the next: nobody has to do anything.
        late = unanswered(db, outbox.now_ms(), late=True)
    if late:
        typer.echo(
            f"NOT DELIVERED for a minute or more: {late} of what was said here. Nobody has it yet. "
            "If it was you, do not do it again: "
            f"`candour outbox run --home {outbox.home.folder}` goes on sending it."
        )
    return late


def tell_unread(acting: Acting) -> bool:
    """Say that no consumer runs here and something was sent that nobody read, where that is so."""
    home = acting.home.folder
    try:
        count = asyncio.run(acting.unread())
    except Transient as away:
        why = f"no consumer runs here, and what waits is not known: {away.text}"
        typer.echo(f"NOTE: {why}\n{away.remedy}", err=True)
        return False
    if count:
        typer.echo(
            f"NOT READ: no consumer runs here, and {count} "
            f"{'record waits' if count == 1 else 'records wait'}: nobody acts on what they say. "
            f"candour consumer run --home {home}"
        )
    return bool(count)


def failing(acting: Acting, by: str | None, viewer: frozenset[str] | None) -> None:
    """Say first, above any list, what nobody has yet and what could not be worked on.

    As far as who looks may know; it is a look of its own, recorded before any of it is said.
    """
    tell_unsent(acting.outbox)
    with acting.store.read() as db:
        names = [aside.named(one) for one in failed_seen(db, viewer)]
    looked(acting, by, "set_aside", names)
    for name in names:
        see = "See: candour consumer status --by YOUR_NAME"
        typer.echo(f"SEE TO {name} BY HAND: this program could not. {see}")


def looking(outbox: Outbox, by: str | None) -> frozenset[str] | None:
    """Give the tokens of who looks at a list, and say so where nobody can tell who it is.

    What it says follows from the name alone, so that it shows nothing of what is held.
    """
    viewer = viewer_of(outbox, by)
    if viewer is None:
        who = "Nobody says who looks (--by)" if by is None else "Nobody of this name is known here"
        typer.echo(f"{who}: what is kept from anybody is not shown.")
    return viewer


def see_more(first: int) -> None:
    """Say, under a list that goes on, how to have more of it."""
    typer.echo(f"\nMORE follow: --first {2 * first}")


def looked(acting: Acting, by: str | None, what: str, about: Iterable[str]) -> None:
    """Record who looked at what by a command: it is shown and proved as the desk's looks are.

    Args:
        acting: the agency's.
        by: who looks, as typed; nobody where it was left out.
        what: what sort of list or page, as the desk calls it.
        about: what stands on it, by id.
    """
    outbox = acting.outbox
    token = outbox.token_of("practitioner", known_as(outbox, by)) if by else None
    look = {"at": acting.time_ms(), "token": token or "", "role": COMMAND, "purpose": COMMAND,
            "what": what}  # fmt: skip
    with acting.store.write() as db:
        look_at_each(db, [{**look, "about": one} for one in dict.fromkeys(about)])


def known_of(home: Home) -> Partnership:
    """Read what an agency was sent of its partnership; say so where it could not be read now."""

    def old() -> None:
        kafka = home.agency.kafka
        typer.echo(
            f"NOTE: Kafka ({kafka}) could not be read: this is what was read here before.", err=True
        )

    return asyncio.run(known_to(home, old=old))


def as_of(home: Path, now: int) -> None:
    """Say, under an empty list, until when it holds, and how to have what came since.

    Args:
        home: whose list it is.
        now: the newest ledger time there, in milliseconds; 0 where nothing was read.
    """
    until = f"As of ledger time {at(now)} here" if now else "Nothing was read here yet"
    typer.echo(f"{until}; where no consumer runs, first: candour consumer catch-up --home {home}")


def insist_on(outbox: Outbox, kinds: Collection[str], desk: str) -> None:
    """Insist that a home's agency is of a kind that has such a desk, as far as is known here.

    Raises:
        Misuse: it is of another: an empty list would read as if there were nothing.
    """
    ours = outbox.partnership.agencies.get(outbox.home.agency.agency)
    if ours is not None and ours.kind not in kinds:
        raise Misuse(
            f"{outbox.home.folder} is no home of {desk}: {ours.title} has none.",
            remedy=f"Give --home with the home of {desk}.",
        )


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay rows out in columns as wide as their widest cell; the last is not padded."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def at(milliseconds: int) -> str:
    """Spell a ledger time to the minute, in UTC, and say so: the desk shows local time."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def chosen(given: Sequence[str], closed: object, option: str) -> list[str]:
    """Check a repeated option against the words of a closed vocabulary.

    Args:
        given: as typed.
        closed: a `Literal`.
        option: the option's name.

    Raises:
        Misuse: a word that the vocabulary has not.
    """
    words = get_args(closed)
    if not set(given) <= set(words):
        raise Misuse(
            f"{option} has a word that is not known here.", remedy=f"Use: {', '.join(words)}."
        )
    return list(given)

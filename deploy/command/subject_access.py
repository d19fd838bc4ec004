"""`candour subject-access`: answer one person who asks what the agency holds about them."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from broker.core.legs import reached
from consumers import aside
from consumers import store as stored
from consumers.governance.subject_access import WHY, Controller, Pack
from consumers.governance.subject_access import subject_access as pack_of
from consumers.safeguarding import links
from contracts.fault import Misuse
from contracts.section import Contact
from deploy.command.consumer import ActingHome, at
from deploy.command.spelling import By, Role
from deploy.wiring import Acting, open_acting
from producers.home import Home
from producers.keys import check_private, replace_private
from producers.saying import viewer_of

ANSWER, RECORD = "answer.txt", "record.json"


def subject_access(  # noqa: PLR0913 - an answer rests on this many independent parts
    subject: Annotated[str, typer.Argument(help="Your reference for the person, or a token.")],
    by: By,
    role: Role,
    home: ActingHome,
    out: Annotated[Path, typer.Option(help="A folder for the answer and its record.")],
    read: Annotated[
        list[str] | None,
        typer.Option(help="STATEMENT:SECTION of words that you have read, and that are of nobody "
                     "but this person; repeat it."),
    ] = None,
) -> None:  # fmt: skip
    """Write what one person may be told, and why the rest is withheld.

    The answer is the same in words and length where nothing is held and where nothing may be
    told. The record says what was withheld and why; it stays with the agency. Nothing is answered
    from a home that governs, or that has not read all that its agency was sent.
    """
    acting = open_acting(Home.open(home))
    words = [_place(one) for one in read or ()]
    viewer = _searching(acting, by)
    known = acting.outbox.token_of("subject", subject)
    with acting.store.read() as db:
        # Who was never known here is answered as anybody of whom nothing is held.
        asked = known or subject
        tokens = links.persons(db, [asked])[asked]
        now, unproved = stored.ledger_time(db), len(aside.all_unproved(db))
        pack = pack_of(db, tokens, _controller(acting), viewer=viewer, read=words)
    out.mkdir(parents=True, mode=0o700, exist_ok=True)
    check_private(out)
    replace_private(out / ANSWER, pack.text.encode())
    unused = [f"{one[0]}:{one[1]}" for one in words if one not in pack.told]
    others = _other_homes(acting)
    record = {
        "answered_by": by,
        "role": role,
        "as_of": at(now),
        "reference_known_here": known is not None or bool(pack.told or pack.withheld),
        "searched_for": "what may be shown to who answered: anything kept from them is as if not "
        "held",
        "homes_not_searched": others,
        "records_not_proved": unproved,
        "read_but_not_told": unused,
        **_weighed(pack, words),
    }
    replace_private(out / RECORD, msgspec.json.format(msgspec.json.encode(record)) + b"\n")
    _say(out, unused, others)
    if unproved:
        typer.echo(
            f"NOT SEARCHED: {unproved} records that could not be proved. "
            f"See: candour consumer status --home {home}"
        )


def _searching(acting: Acting, by: str) -> frozenset[str]:
    """Give the tokens of who searches, where an answer from this home would be whole and true.

    Raises:
        Misuse: the home governs, it has not read everything, or nobody knows who searches.
        Transient: Kafka is away, so nobody can tell whether it has.
    """
    folder, known = acting.home.folder, acting.outbox.partnership
    held = [known.held[kid] for kid in acting.home.kids if kid in known.held]
    if any("control" in one.key.purpose for one in held):
        raise Misuse(
            f"{folder} governs: what its agency was sent about people is read at another home.",
            remedy="Give --home with the home at which the agency works on its cases.",
        )
    viewer = viewer_of(acting.outbox, by)
    if viewer is None:
        raise Misuse(
            "Nobody is known here by the name in --by, so nobody can tell what is kept from them.",
            remedy="Write it as their credential has it; who has none: candour credential issue",
        )
    unread = asyncio.run(acting.unread())
    if unread or not acting.consumer.position():
        raise Misuse(
            f"{folder} has not read all that its agency was sent ({unread} records are left): the "
            "answer would be false.",
            remedy=f"candour consumer catch-up --home {folder}; then give this again.",
        )
    return viewer


def _other_homes(acting: Acting) -> list[str]:
    """List the agency's other sources that speak of cases: each keeps references of its own."""
    home = acting.home
    return sorted({
        one.key.source
        for one in acting.outbox.partnership.held.values()
        if one.agency == home.agency.agency
        and one.key.source != home.source
        and "statements" in one.key.purpose
    })


def _say(out: Path, unused: list[str], others: list[str]) -> None:
    """Tell who searched what to see to; without --read, the same words whoever it is about."""
    typer.echo(
        f"{out / ANSWER} is the answer: let a second person read it before it is handed over, and "
        f"agree with whoever asked on a way to hand it over that is safe for them.\n{out / RECORD} "
        "says what was searched, told and withheld, and why: it stays with the agency."
    )
    typer.echo(
        "Check the spelling of the reference: one that nobody here knows is answered as a person "
        f"of whom nothing is held. `reference_known_here` in {RECORD} says which it was.\n"
        "What is kept from whoever searches was not searched for: where that could be, let a "
        "second person search too."
    )
    for one in others:
        typer.echo(f"NOT SEARCHED: {one}, which keeps references of its own. Search there too.")
    for one in unused:
        typer.echo(
            f"--read {one} was NOT followed: it is not of this person, or is withheld for more "
            f"than its words. `withheld` in {RECORD} says why, where it is theirs."
        )


def _place(text: str) -> tuple[str, str]:
    statement, colon, section = text.partition(":")
    if not (statement and colon and section):
        raise Misuse("--read names no section.", remedy="Write it as the record does: ID:SECTION.")
    return statement, section


def _controller(acting: Acting) -> Controller:
    ours = acting.voice.partners.agencies.get(acting.voice.agency)
    contact = reached(ours.contact) if ours else reached(Contact())
    return Controller(ours.title if ours else acting.voice.agency, contact)


def _weighed(pack: Pack, words: list[tuple[str, str]]) -> dict[str, object]:
    """Write what was decided on each section and why, without its content."""
    return {
        "statements_searched": pack.searched,
        "told": [f"{statement}:{section}" for statement, section in pack.told],
        "read_by_a_person": [f"{statement}:{section}" for statement, section in words],
        "withheld": [
            {
                "section": f"{one.statement}:{one.section}",
                "because": [WHY[e] for e in one.exemptions],
            }
            for one in pack.withheld
        ],
    }

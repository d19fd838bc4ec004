"""`candour agency`: who is in a partnership, and with which keys."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from contracts.event.control import (
    AgencyAdmitted,
    AgencySucceeded,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
)
from contracts.fault import Misuse
from contracts.identifier import agency_of
from deploy import clock
from deploy.command.consumer import PASTED, at, known_of
from deploy.command.partnership import ControlHome, moment, propose
from deploy.governing import read_agency, read_keys
from producers.home import Home
from producers.signing import spelled

app = typer.Typer(no_args_is_help=True, help="Admit agencies; enrol, rotate and revoke keys.")


@app.command()
def admit(
    document: Annotated[Path, typer.Argument(help="YAML: id, title, kind, contact.")],
    key: Annotated[list[Path], typer.Option(help="A key file (candour home key); repeat it.")],
    home: ControlHome,
    prepared: Annotated[
        bool, typer.Option("--prepared", help="Operations has made the agency's topics.")
    ] = False,
) -> None:
    """Propose an agency's admission; a running broker hears it by itself.

    On a plain Kafka this makes its topics first. On a secured one operations does.
    """
    agency = read_agency(document, key)
    opened = Home.open(home)
    if opened.agency.kafka_secret is not None and not prepared:
        raise Misuse(
            "An agency's topics must be there before it is admitted, else nothing is delivered to "
            "anybody until they are; on a secured Kafka operations makes them.",
            remedy=f"Have operations run: candour kafka apply --agency-home HOME --admitting "
            f"{agency.id}; then give this again with --prepared. Once it is admitted, operations "
            "runs candour kafka apply again and hands its secret over.",
        )
    if opened.agency.kafka_secret is None:
        asyncio.run(_make_topics(opened, agency.id))
    propose(home, AgencyAdmitted(agency))


async def _make_topics(home: Home, agency: str) -> None:
    from broker.shell.connection import Connection
    from broker.shell.topics import ensure_agency_topics

    connection = Connection(home.agency.kafka)
    await ensure_agency_topics(connection, home.agency.partnership, agency)


@app.command("enrol-key")
def enrol_key(
    key: Annotated[Path, typer.Argument(help="The key file that `candour home key` printed.")],
    home: ControlHome,
) -> None:
    """Propose that an agency signs with one more key."""
    (held,) = read_keys([key])
    agency = agency_of(held.source)
    if agency is None:
        raise Misuse(f"{key} names no source.", remedy="Ask the agency for its key file again.")
    propose(home, KeyEnrolled(agency, held))


@app.command("rotate-key")
def rotate_key(
    folder: Annotated[Path, typer.Argument(help="The home whose key is to be replaced.")],
    home: ControlHome,
) -> None:
    """Make a new key in a home, prove that it is held, and propose that it ends the old one.

    What waits under the old key is signed again under the new one by itself. Given again after a
    crash it goes on where it was.
    """
    rotating = Home.open(folder)
    known = known_of(Home.open(home))
    old = rotating.speaking(known.ended).kid
    held = known.held.get(old)
    if held is None or not held.enrolled or held.ended:
        raise Misuse(
            f"No key of {folder} is in force, so none can be rotated.",
            remedy="Enrol its newest key: candour home key, then candour agency enrol-key.",
        )
    newest = rotating.newest
    used = known.held.get(newest.kid)
    if newest.kid == old or (used is not None and used.enrolled):
        newest = rotating.add_key(clock.random_bytes).newest
    key = newest.source_key(list(held.key.purpose))
    propose(home, KeyRotated(rotating.agency.agency, old, key))


@app.command("revoke-key", context_settings=PASTED)
def revoke_key(
    kid: Annotated[str, typer.Argument(help="The key's thumbprint (candour agency list).")],
    agency: Annotated[str, typer.Option(help="Whose key it is.")],
    reason: Annotated[Literal["compromised", "retired", "left_service"], typer.Option()],
    home: ControlHome,
    invalid_since: Annotated[
        str | None,
        typer.Option(
            help="From when on it was not the agency's alone, 2012-05-01T09:30:00Z: what it "
            "signed since is SUSPECT, and everybody who holds it looks again."
        ),
    ] = None,
) -> None:
    """Propose that a key signs nothing from now on."""
    since = spelled(moment(invalid_since)) if invalid_since else None
    propose(home, KeyRevoked(agency, kid, reason, since))


@app.command()
def succeed(
    agency: Annotated[str, typer.Argument(help="Whose place is taken.")],
    successor: Annotated[str, typer.Argument(help="Who takes it; already admitted.")],
    home: ControlHome,
) -> None:
    """Propose that an agency takes another's place: its part in agreements, and what it owes."""
    propose(home, AgencySucceeded(agency, successor))


@app.command("list")
def listed(home: Annotated[Path, typer.Option("--home", help="Any home.")]) -> None:
    """List agencies, whom to ring, and every key that was ever known, with how it stands."""
    known = known_of(Home.open(home))
    for agency in known.agencies.values():
        ring = agency.contact.telephone or agency.contact.mailbox or "no contact"
        typer.echo(f"{agency.id:<16} {agency.kind:<18} {agency.title}: {ring}")
        if agency.id in known.successors:
            typer.echo(f"    its place was taken by {known.successors[agency.id]}")
        for kid, key in known.held.items():
            if key.agency == agency.id:
                stands = "ended" if key.ended else "in force" if key.enrolled else "not in force"
                if kid in known.suspect:
                    stands = f"COMPROMISED since {at(known.suspect[kid])}"
                typer.echo(f"    {kid}  {key.key.source}  {', '.join(key.key.purpose)}  {stands}")

"""`candour agency`: who is in a partnership, and with which keys."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from broker.core.state import digest_of_act
from contracts.event.control import Act, ActProposed, AgencyAdmitted, KeyEnrolled, KeyRevoked
from contracts.fault import Misuse
from contracts.identifier import agency_of
from deploy.command.partnership import ControlHome
from deploy.governing import read_agency, read_keys
from deploy.speaking import govern, known_to
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Admit agencies; enrol and revoke keys.")


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
    entry = asyncio.run(_admit(opened, AgencyAdmitted(agency)))
    _told(entry, AgencyAdmitted(agency))


async def _admit(home: Home, act: AgencyAdmitted) -> int:
    from broker.shell.connection import Connection
    from broker.shell.topics import ensure_agency_topics

    if home.agency.kafka_secret is None:
        connection = Connection(home.agency.kafka)
        await ensure_agency_topics(connection, home.agency.partnership, act.agency.id)
    return (await govern(home, "act_proposed", ActProposed(act))).entry


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
    act = KeyEnrolled(agency, held)
    _told(asyncio.run(govern(Home.open(home), "act_proposed", ActProposed(act))).entry, act)


@app.command("revoke-key")
def revoke_key(
    kid: Annotated[str, typer.Argument(help="The key's thumbprint (candour agency list).")],
    agency: Annotated[str, typer.Option(help="Whose key it is.")],
    reason: Annotated[Literal["compromised", "retired", "left_service"], typer.Option()],
    home: ControlHome,
) -> None:
    """Propose that a key signs nothing from now on."""
    act = KeyRevoked(agency, kid, reason)
    _told(asyncio.run(govern(Home.open(home), "act_proposed", ActProposed(act))).entry, act)


@app.command("list")
def listed(home: Annotated[Path, typer.Option("--home", help="Any home.")]) -> None:
    """List agencies, whom to ring, and every key that was ever enrolled."""
    known = asyncio.run(known_to(Home.open(home)))
    for agency in known.agencies.values():
        ring = agency.contact.telephone or agency.contact.mailbox or "no contact"
        typer.echo(f"{agency.id:<16} {agency.kind:<18} {agency.title}: {ring}")
        for key in agency.keys:
            typer.echo(f"    {key.source}  {', '.join(key.purpose)}")


def _told(entry: int, act: Act) -> None:
    digest = digest_of_act(act)
    typer.echo(
        f"Proposed: entry {entry}. If this act needs more hands, another agency runs:\n"
        f"candour act endorse {digest} --home ITS-CONTROL-HOME"
    )

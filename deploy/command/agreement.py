"""`candour agreement`: an information sharing agreement, from a file to force."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from broker.core.control import agreement_defects
from broker.core.state import digest_of_act
from contracts.event.control import ActEndorsed, ActProposed
from contracts.fault import Misuse
from deploy.command.partnership import ControlHome
from deploy.governing import read_agreement
from deploy.speaking import govern, known_to
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Check, propose and endorse agreements.")

Document = Annotated[Path, typer.Argument(help="The agreement, as YAML.")]


@app.command()
def check(document: Document) -> None:
    """Say whether a file is an agreement that could be in force, and give its digest."""
    act = read_agreement(document)
    agreement = act.agreement
    defects = list(agreement_defects(agreement))
    if defects:
        raise Misuse(
            f"{document.name} cannot be in force: {'; '.join(defects)}.",
            remedy="Correct these fields; contracts/FORMAT.md says what each may hold.",
        )
    typer.echo(f"{agreement.id}@{agreement.version}  {digest_of_act(act)}")
    for leg in agreement.legs:
        consent = "consent needed" if leg.consent else "no consent needed"
        typer.echo(
            f"  {leg.id}: {', '.join(leg.sender)} to {', '.join(leg.to)}: {', '.join(leg.types)}; "
            f"{leg.level} ({', '.join(leg.sections)}); {leg.basis.article}; {consent}"
        )


@app.command()
def propose(document: Document, home: ControlHome) -> None:
    """Propose an agreement; it binds when every party has endorsed exactly this document."""
    act = read_agreement(document)
    said = asyncio.run(govern(Home.open(home), "act_proposed", ActProposed(act)))
    typer.echo(f"Proposed {act.agreement.id}@{act.agreement.version}: entry {said.entry}.")


@app.command()
def endorse(document: Document, home: ControlHome) -> None:
    """Endorse exactly this document for one party."""
    act = read_agreement(document)
    event = ActEndorsed("agreement_adopted", digest_of_act(act))
    said = asyncio.run(govern(Home.open(home), "act_endorsed", event))
    typer.echo(f"Endorsed {act.agreement.id}@{act.agreement.version}: entry {said.entry}.")


@app.command()
def show(
    agreement: Annotated[str, typer.Argument(help="The agreement's id.")],
    home: Annotated[Path, typer.Option("--home", help="Any home.")],
) -> None:
    """Print an agreement that every party stands behind, as it stands on the log."""
    found = asyncio.run(known_to(Home.open(home))).agreements.get(agreement)
    if found is None:
        raise Misuse(
            "No agreement of this id has every party behind it.",
            remedy=f"See who has not endorsed: candour act list --home {home}",
        )
    typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())

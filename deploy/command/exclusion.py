"""`candour exclusion`: who must never see anything about somebody."""

import asyncio
from typing import Annotated

import typer

from consumers.governance.excluding import check_agency, check_one, check_tokens
from contracts.draft import Draft
from contracts.event.case import ExclusionLifted, ExclusionRecorded
from contracts.sharing import Exclusion
from deploy.casework import lifted, standing
from deploy.command.consent import About, AnyHome
from deploy.command.consumer import Looks, known_of, looking
from deploy.command.spelling import By, Role
from deploy.command.words import Reason
from deploy.speaking import outbox_of, speak
from producers.home import Home
from producers.outbox import Outbox
from producers.saying import known_as, said_by, statements_on, subject_of

app = typer.Typer(no_args_is_help=True, help="Who must never see anything about somebody.")


@app.command()
def record(  # noqa: PLR0913 - an exclusion has this many independent parts
    subject: Annotated[
        list[str], typer.Argument(help="Whom it protects: your references, or tokens.")
    ],
    reason: Reason,
    by: By,
    role: Role,
    home: AnyHome,
    agency: Annotated[str | None, typer.Option(help="An agency that must see nothing.")] = None,
    practitioner: Annotated[
        str | None, typer.Option(help="Somebody at work here, by name or reference.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="Somebody at work elsewhere, by their credential's token.")
    ] = None,
    household: Annotated[
        str | None, typer.Option(help="A household, by the token that credentials carry.")
    ] = None,
    about: About = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--yes-the-whole-agency",
            help="Where --agency is your own, or one that an emergency goes to, or that governs.",
        ),
    ] = False,
) -> None:
    """Keep everything about somebody from an agency, a practitioner or a household: one of them.

    It holds for whatever anybody says of them, and for what is held already. Nothing shows those
    who are excluded that there is something.
    """
    home_ = Home.open(home)
    known = known_of(home_)
    check_one(agency, practitioner, token, household)
    if agency is not None:
        check_agency(
            agency, own=home_.agency.agency, agencies=known.agencies, founding=known.founding,
            acting=known.acting, whole=whole,
        )  # fmt: skip
    check_tokens(practitioner=token, household=household)

    def drafted(outbox: Outbox) -> Draft:
        tokens = [subject_of(outbox, one) for one in subject]
        hand = token
        if practitioner is not None:
            hand = outbox.token_for("practitioner", known_as(outbox, practitioner))
        event = ExclusionRecorded(
            excluded=[Exclusion(tokens, agency, hand, household)], reason=reason, by=by
        )
        causes = about or statements_on(outbox, tokens)
        return said_by(outbox, "exclusion_recorded", event, name=by, role=role, causes=causes)

    said = asyncio.run(speak(home_, drafted))
    typer.echo(f"Excluded: {said.id} (entry {said.entry}). It holds from now on, and for all held.")


@app.command()
def lift(
    exclusion: Annotated[str, typer.Argument(help="The exclusion's id.")],
    reason: Reason,
    by: By,
    role: Role,
    home: AnyHome,
) -> None:
    """End an exclusion that this agency recorded; what one report says of itself stays."""
    event = ExclusionLifted(exclusion=exclusion, reason=reason, by=by)
    said = lifted(home, event, of=exclusion, role=role)
    typer.echo(f"Lifted (entry {said.entry}).")


@app.command("list")
def listed(home: AnyHome, by: Looks = None) -> None:
    """List the exclusions that were recorded from this home and stand."""
    outbox = outbox_of(Home.open(home))
    viewer = looking(outbox, by)
    found = standing(outbox, "exclusion_recorded", "exclusion_lifted", "exclusion", viewer)
    for said, event in found:
        if isinstance(event, ExclusionRecorded):
            typer.echo(f"{said.row['id']}  by {event.by}: {event.reason}")
            for one in event.excluded:
                people = [outbox.reference_of(token) or token for token in one.subjects]
                who = " ".join(
                    f"{kind} {outbox.reference_of(value) or value}"
                    for kind, value in (
                        ("agency", one.agency), ("practitioner", one.practitioner),
                        ("household", one.household),
                    )
                    if value
                )  # fmt: skip
                typer.echo(f"    {who}: nothing about {', '.join(people)}")
    if not found:
        typer.echo("No exclusion that may be shown stands from here.")

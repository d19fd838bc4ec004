"""`candour exclusion`: who must never see anything about somebody."""

import asyncio
from typing import Annotated

import typer

from broker.core.state import MATCHERS
from contracts.draft import Draft
from contracts.event.case import ExclusionLifted, ExclusionRecorded
from contracts.fault import Misuse
from contracts.identifier import is_slug, is_token
from contracts.sharing import Exclusion
from deploy.casework import lifted, standing
from deploy.command.consent import About, AnyHome
from deploy.command.consumer import Looks, looking
from deploy.command.research import By, Role
from deploy.command.words import Reason
from deploy.speaking import known_to, outbox_of, speak
from producers.home import Home
from producers.outbox import Outbox
from producers.partnership import Partnership
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
    known = asyncio.run(known_to(home_))
    _check_one(agency, practitioner, token, household)
    if agency is not None:
        _check_agency(home_, known, agency, whole=whole)
    for text, option in ((token, "--token"), (household, "--household")):
        if text is not None and not is_token(text):
            raise Misuse(
                f"{option} is no token: nobody would be excluded.",
                remedy="Ask the agency that employs them for the token of their credential.",
            )

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


def _check_one(*named: str | None) -> None:
    """Refuse nobody, and two at once: of each everything would be kept from, by itself."""
    given = sum(one is not None for one in named)
    if not given or not all(one for one in named if one is not None):
        raise Misuse(
            "Nobody is named whom this excludes.",
            remedy="Give --agency, --practitioner, --token or --household.",
        )
    if given > 1:
        raise Misuse(
            "This names more than one whom it excludes, and would exclude each of them: with "
            "--agency everybody there, not one person.",
            remedy="For one person give --practitioner (at work here) or --token (elsewhere) "
            "without --agency; for several, give this once for each.",
        )


def _check_agency(home: Home, known: Partnership, agency: str, *, whole: bool) -> None:
    """Refuse an agency that nobody knows, and, unless it is meant, one that is needed."""
    if not (is_slug(agency) and agency in known.agencies):
        raise Misuse(
            "No agency of this id is in the partnership: nobody would be excluded.",
            remedy=f"Take it from: candour agency list --home {home.folder}",
        )
    acting, founding, held = known.acting(agency), known.founding, known.agencies[agency]
    told = map(known.acting, founding.emergency_recipients) if founding else ()
    governs = founding is not None and acting == known.acting(founding.governance)
    own, rung = acting == known.acting(home.agency.agency), acting in told
    if whole or not (own or governs or rung or held.kind in MATCHERS):
        return
    text = f"This keeps everything about them from the WHOLE of {held.title}, not from one person"
    text += ": your own agency." if own else "."
    if founding is not None and rung:
        places = {known.acting(one): known.acting(to) for one, to in founding.alternates.items()}
        instead = known.agencies.get(places.get(acting, ""))
        text += f" Of a threat to life {instead.title if instead else 'nobody'} is told instead."
    raise Misuse(
        text,
        remedy="For one person give --practitioner (at work here) or --token (elsewhere) without "
        "--agency. Where the whole agency is meant: --yes-the-whole-agency.",
    )


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

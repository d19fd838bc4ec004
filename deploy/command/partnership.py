"""`candour partnership`: found one, in three steps that need several hands."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from broker.core.state import digest_of_act
from consumers import safeguards
from contracts.agreement import Agreement
from contracts.event.control import (
    Act,
    ActProposed,
    AgreementSuspended,
    DeciderAdopted,
    ExerciseTimeSet,
    Founding,
    PartnershipFounded,
    Quorums,
    Rules,
    RulesetAdopted,
    is_backed,
)
from contracts.fault import Misuse
from contracts.opened import Trust, origin_of
from deploy.command.consumer import known_of
from deploy.governing import (
    check_law,
    draft_founding,
    read_drafted,
    read_founding,
    read_keys,
    read_rules,
    signed_founding,
)
from deploy.speaking import govern
from producers.home import Home
from producers.keys import write_private
from producers.partnership import Partnership
from producers.signing import spelled

app = typer.Typer(no_args_is_help=True, help="Found a partnership, and see what governs it.")

ControlHome = Annotated[Path, typer.Option("--home", help="A home whose key governs.")]


@app.command()
def draft(
    plan: Annotated[Path, typer.Argument(help="YAML: who founds what, under which rules.")],
    out: Annotated[Path, typer.Argument(help="The founding to write, for all to sign.")],
    trust: Annotated[Path, typer.Option(help="The broker's trust.json: names the log's key.")],
    key: Annotated[list[Path], typer.Option(help="A key file (candour home key); repeat it.")],
) -> None:
    """Complete a plan with the log's key and every founder's keys."""
    try:
        pinned = msgspec.json.decode(trust.read_bytes(), type=Trust)
    except (OSError, msgspec.MsgspecError):
        raise Misuse(
            f"{trust} is not a trust file.", remedy="Give the trust.json of the broker's home."
        ) from None
    founding = draft_founding(plan, log_key=pinned.log_key, keys=read_keys(key))
    if founding.id != pinned.partnership:
        raise Misuse(
            f"The plan founds {founding.id}, the broker's home is for {pinned.partnership}.",
            remedy="Give both the same id.",
        )
    out.write_bytes(msgspec.json.format(msgspec.json.encode(founding), indent=2) + b"\n")
    _say_off(founding.rules)
    typer.echo(f"Drafted {out}. Each founding agency reads it and runs: candour partnership sign")


@app.command()
def sign(
    founding: Annotated[Path, typer.Argument(help="What `draft` wrote.")],
    out: Annotated[Path, typer.Argument(help="The signature to write.")],
    home: ControlHome,
) -> None:
    """Sign a founding for one agency, with its control key."""
    document = read_drafted(founding)
    out.write_bytes(msgspec.json.encode(signed_founding(document, Home.open(home))) + b"\n")
    typer.echo(f"Signed into {out}. Send it to the governance agency.")


@app.command()
def found(
    founding: Annotated[Path, typer.Argument(help="What `draft` wrote.")],
    signature: Annotated[list[Path], typer.Option(help="What `sign` wrote; once per founder.")],
    home: ControlHome,
    time: Annotated[
        str | None, typer.Option(help="Exercise only: when it begins, 2012-02-01T09:00:00Z.")
    ] = None,
) -> None:
    """Write entry 0: the partnership is founded. The broker must be running.

    On a plain Kafka this makes the topics. On a secured one nobody but operations may: it has run
    `candour kafka apply --founding FILE` before, and handed each agency its secret.
    """
    founded = read_founding(founding, signature)
    opened = Home.open(home)
    only_secured(opened, founded.founding.rules)
    _pin(opened, founded.founding)
    at = moment(time) if time else None
    if founded.founding.exercise == (at is None):
        raise Misuse(
            "An exercise begins at a time that its statements then follow; another partnership "
            "takes the time from Kafka.",
            remedy="Give --time for an exercise, and only for one.",
        )
    said = asyncio.run(_found(opened, founded, at))
    _say_off(founded.founding.rules)
    typer.echo(f"Founded {founded.founding.id}: entry {said}. Now propose an agreement.")


async def _found(home: Home, founded: PartnershipFounded, at: int | None) -> int:
    from broker.shell.connection import Connection
    from broker.shell.topics import ensure_agency_topics, ensure_partnership_topics

    if home.agency.kafka_secret is None:
        connection = Connection(home.agency.kafka)
        await ensure_partnership_topics(connection, founded.founding.id)
        for agency in founded.founding.agencies:
            await ensure_agency_topics(connection, founded.founding.id, agency.id)
    return (await govern(home, "partnership_founded", founded, time_ms=at)).entry


@app.command()
def clock(
    to: Annotated[str, typer.Argument(help="The new time, 2012-05-02T08:00:00Z.")],
    home: ControlHome,
) -> None:
    """Move an exercise's time forward; clocks of duties then run out."""
    event = ExerciseTimeSet(spelled(moment(to)))
    said = asyncio.run(govern(Home.open(home), "exercise_time_set", event))
    typer.echo(f"The exercise's time is {to}: entry {said.entry}.")


@app.command("adopt-rules")
def adopt_rules(
    document: Annotated[Path, typer.Argument(help="The ruleset, as YAML; `law` names its file.")],
    home: ControlHome,
) -> None:
    """Propose rules that decide from then on; what was decided before stays as it is."""
    propose(home, read_rules(document))


@app.command("adopt-decider")
def adopt_decider(
    decider: Annotated[str, typer.Argument(help="Its version, as a release of Candour names it.")],
    home: ControlHome,
) -> None:
    """Propose the version of the decision that decides from then on."""
    propose(home, DeciderAdopted(decider))


def propose(home: Path, act: Act) -> None:
    """Propose an act with a home that governs, and say whether it needs more hands.

    Raises:
        Misuse: it was refused.
        Transient: no receipt came in time.
    """
    opened = Home.open(home)
    if isinstance(act, RulesetAdopted):
        only_fit(opened, act.rules)
        _say_off(act.rules)
    said = asyncio.run(govern(opened, "act_proposed", ActProposed(act)))
    known, agency = known_of(opened), opened.agency.agency
    quorums = known.founding.quorums if known.founding else Quorums()
    if is_backed(act, {agency}, quorums, known.acting):
        typer.echo(f"Proposed: entry {said.entry}. It is in force.")
    else:
        typer.echo(
            f"Proposed: entry {said.entry}. This act needs more hands; another agency runs:\n"
            f"candour act endorse {digest_of_act(act)} --home ITS-CONTROL-HOME"
        )


def _say_off(rules: Rules) -> None:
    """Say which safeguards rules leave out, before anybody relies on them."""
    for one in safeguards.off(rules):
        typer.echo(one)


def only_fit(home: Home, rules: Rules) -> None:
    """Refuse rules that a live partnership may not adopt, or that this Kafka does not bear.

    Raises:
        Misuse: as `only_secured` and `deploy.governing.check_law`.
    """
    only_secured(home, rules)
    founding = known_of(home).founding
    check_law(rules, exercise=founding is not None and founding.exercise)


def only_secured(home: Home, rules: Rules) -> None:
    """Refuse rules that let an unverified emergency through a Kafka that lets anybody write.

    Raises:
        Misuse: they do, and this home has no secret for Kafka.
    """
    if rules.unverified_emergencies and home.agency.kafka_secret is None:
        raise Misuse(
            "unverified_emergencies is on and this Kafka is plain: anybody could send police out "
            "in any agency's name.",
            remedy="Set it to false, or secure Kafka first: candour kafka secure.",
        )


@app.command()
def show(home: Annotated[Path, typer.Option("--home", help="Any home.")]) -> None:
    """List who is admitted and what is agreed, as this home's agency was sent it."""
    known = known_of(Home.open(home))
    if known.founding is None:
        typer.echo("Nothing is known yet: the partnership is not founded, or Kafka is away.")
        raise typer.Exit(1)
    kind = "an exercise (REPLAY)" if known.founding.exercise else "live"
    typer.echo(f"{known.founding.title} ({known.founding.id}), {kind}")
    for agency in known.agencies.values():
        typer.echo(f"  agency     {agency.id:<16} {agency.kind:<18} {agency.title}")
    for agreement in filter(None, map(known.newest, known.versions)):
        typer.echo(
            f"  agreement  {agreement.id}@{agreement.version}  {agreement.effective} to "
            f"{agreement.expires}, review {agreement.review}"
        )
        if why := suspended(agreement, known):
            typer.echo(f"    {why}")


def suspended(agreement: Agreement, known: Partnership) -> str | None:
    """Say that a version of an agreement is suspended, and why; None where it is not."""
    if agreement.version > known.suspended.get(agreement.id, 0):
        return None
    quorums = known.founding.quorums if known.founding else Quorums()
    why = [
        act.reason
        for digest, act in known.acts.items()
        if isinstance(act, AgreementSuspended)
        and (act.agreement, act.version) == (agreement.id, known.suspended[agreement.id])
        and is_backed(act, known.backers(digest), quorums, known.acting)
    ]
    return (
        "SUSPENDED: nothing flows under it until a higher version is in force. Why: "
        f"{'; '.join(why)}"
    )


def moment(text: str) -> int:
    """Read a date-time with its offset as milliseconds since 1970.

    Raises:
        Misuse: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Misuse(
            "The time is not a date-time with its offset.",
            remedy="Write it like 2012-05-01T09:30:00Z or 2012-05-01T10:30:00+01:00.",
        )
    return round(at.timestamp() * 1000)


def _pin(home: Home, founding: Founding) -> None:
    """Pin the log key that the founders sign, unless the home pins one already."""
    pinned = home.folder / "trust.json"
    if not pinned.exists():
        trust = Trust(founding.id, origin_of(founding.id), founding.log_key)
        write_private(pinned, msgspec.json.encode(trust) + b"\n")
    if home.trust.log_key != founding.log_key:
        raise Misuse(
            f"{pinned} pins another log key than the founding names.",
            remedy="Ring whoever drafted the founding: one of the two is wrong.",
        )

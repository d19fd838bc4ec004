"""`candour agreement`: an information sharing agreement, from a file to force."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from broker.core.state import digest_of_act
from consumers.audit.container import LEDGER
from consumers.audit.simulation import Changed, simulate
from consumers.audit.telling import words
from contracts.agreement import Agreement
from contracts.event.control import (
    Act,
    ActEndorsed,
    ActProposed,
    AgreementAdopted,
    AgreementSuspended,
)
from contracts.fault import Misuse
from deploy import clock
from deploy.agreement_check import Setting, advice, defects
from deploy.agreement_diff import differences, leg_line
from deploy.command.audit import Folder, TrustFile, verified
from deploy.command.consumer import known_of
from deploy.command.partnership import ControlHome, suspended
from deploy.governing import check_unendorsed, missing, read_agreement
from deploy.speaking import govern
from producers.document import convert, load_file, unusable
from producers.home import Home
from producers.partnership import Partnership

app = typer.Typer(
    no_args_is_help=True,
    help="Check, compare, simulate, propose, endorse and suspend agreements.",
)

DIFFERS = 1
"""Exit code of `diff` and `simulate` where something differs."""

Document = Annotated[Path, typer.Argument(help="The agreement, as YAML.")]
AnyHome = Annotated[
    Path | None, typer.Option("--home", help="Any home: hold it to its partnership as it is now.")
]


@app.command()
def check(
    document: Document,
    home: AnyHome = None,
    plan: Annotated[
        Path | None, typer.Option(help="Before there is a log: the founding plan, with its law.")
    ] = None,
) -> None:
    """Say whether a file is an agreement that could be in force, and give its digest.

    Without --home or --plan only the document is judged: not its bases, who is admitted, or
    whether a higher version was adopted before.
    """
    setting = _setting(home, plan)
    act = _checked(document, setting)
    agreement = act.agreement
    typer.echo(f"{agreement.id}@{agreement.version}  {digest_of_act(act)}")
    for leg in agreement.legs:
        typer.echo(f"  {leg_line(leg)}")
    _, lines = load_file(document)
    for line, told in advice(agreement, lines, setting):
        typer.echo(f"Look at line {line}: {told}", err=True)
    if setting is None:
        typer.echo("Its lawful bases were not judged: give --home, or --plan.", err=True)
    elif setting.law is None:
        typer.echo(
            "Its lawful bases were not judged: the partnership's rules have no `law`, so nothing "
            "checks them.",
            err=True,
        )


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A file, or ID@VERSION on the log (with --home).")],
    new: Annotated[str, typer.Argument(help="A file, or ID@VERSION on the log (with --home).")],
    home: AnyHome = None,
) -> None:
    """Say in words what one document has otherwise than another; exit code 1 where they differ."""
    known = known_of(Home.open(home)) if home is not None else None
    told = list(differences(_named(old, known), _named(new, known)))
    typer.echo("\n".join(told) if told else "Nothing differs.")
    raise typer.Exit(DIFFERS if told else 0)


@app.command("simulate")
def simulated(document: Document, folder: Folder, trust: TrustFile) -> None:
    """Replay an export as if this agreement had always bound: each delivery gained, lost, changed.

    Exit codes: 0 nothing would change, 1 something would, 2 to 5 as `candour audit verify`.
    """
    proposal = _checked(document, None).agreement
    with verified(folder, trust) as (held, _):
        ledger = held.logs[LEDGER]
        found = simulate(ledger, proposal, say=lambda done: _progress(done, len(ledger)))
    for one in found.changed:
        typer.echo(_told(one))
    counts = Counter((one.to, one.change) for one in found.changed)
    for to in sorted({one.to for one in found.changed}):
        listed = ", ".join(f"{counts[to, how]} {how}" for how in ("gained", "lost", "changed"))
        typer.echo(f"{to}: {listed}")
    for (was, would), count in sorted(found.outcomes.items()):
        typer.echo(f"{count} statements {words(was)} would be {words(would)}")
    typer.echo(
        f"{found.decided} statements decided again: {len(found.changed)} deliveries would differ."
    )
    _, lines = load_file(document)
    for line, told in defects(proposal, lines, Setting.of_log(found.state)):
        typer.echo(f"It could not be adopted on this log: line {line}: {told}", err=True)
    raise typer.Exit(DIFFERS if found.changed else 0)


@app.command()
def propose(document: Document, home: ControlHome) -> None:
    """Propose an agreement; it binds when every party has endorsed exactly this document."""
    act = _checked(document, _setting(home, None))
    opened = Home.open(home)
    said = asyncio.run(govern(opened, "act_proposed", ActProposed(act)))
    told = f"Proposed {act.agreement.id}@{act.agreement.version}: entry {said.entry}."
    typer.echo(f"{told} {_awaited(act, document, opened)}")


@app.command()
def endorse(document: Document, home: ControlHome) -> None:
    """Endorse exactly this document for one party."""
    act, opened = read_agreement(document), Home.open(home)
    digest, name = digest_of_act(act), f"{act.agreement.id}@{act.agreement.version}"
    known = known_of(opened)
    if digest not in known.acts:  # what was proposed this moment may reach one party before another
        known = known_of(opened)
    if digest not in known.acts:
        raise Misuse(
            f"Nothing of these very bytes is proposed: {document.name}, {name}, digest {digest}. "
            "Nothing was sent.",
            remedy=f"Propose it first: candour agreement propose {document} --home HOME. Where "
            f"another was proposed, see which: candour act list --home {home}",
        )
    check_unendorsed(digest, known, opened)
    said = asyncio.run(govern(opened, "act_endorsed", ActEndorsed("agreement_adopted", digest)))
    typer.echo(f"Endorsed {name}: entry {said.entry}. {_awaited(act, document, opened)}")


@app.command()
def suspend(
    agreement: Annotated[str, typer.Argument(help="The agreement's id.")],
    reason: Annotated[
        str, typer.Option(help="Why, for every party to read, for good: no names of people.")
    ],
    home: ControlHome,
) -> None:
    """Let nothing flow under an agreement any more, until a later version of it is in force.

    A threat to life reaches police and the hub all the same. It is lifted by no act of its own:
    the parties propose and endorse a higher version, which may be the same text.
    """
    if not reason.strip():
        raise Misuse("--reason is empty.", remedy="Say why: every party reads it, for good.")
    opened = Home.open(home)
    known = known_of(opened)
    newest = _newest(known, agreement, home)
    if suspended(newest, known):
        raise Misuse(
            f"{agreement}@{newest.version} is suspended already.",
            remedy=f"See why: candour agreement show {agreement} --home {home}",
        )
    act = AgreementSuspended(agreement, newest.version, reason)
    said = asyncio.run(govern(opened, "act_proposed", ActProposed(act)))
    known = known_of(opened)
    name = f"{agreement}@{newest.version}"
    if known.suspended.get(agreement, 0) >= newest.version:
        typer.echo(
            f"Suspended {name}: entry {said.entry}. To lift it, raise `version` in its document, "
            "then: candour agreement propose, and each party: candour agreement endorse"
        )
    else:
        typer.echo(
            f"Proposed that {name} be suspended: entry {said.entry}. It still binds. Others "
            f"stand behind it by: candour act endorse {digest_of_act(act)}"
        )


@app.command()
def show(
    agreement: Annotated[str, typer.Argument(help="The agreement's id, or ID@VERSION.")],
    home: Annotated[Path, typer.Option("--home", help="Any home.")],
) -> None:
    """Print an agreement as it stands on the log; saved to a file, it can be checked and compared.

    Its first lines say how it stands. What was proposed and not yet endorsed by all is shown too.
    """
    known = known_of(Home.open(home))
    named = agreement if "@" in agreement else None
    found = _named(named, known) if named else _newest(known, agreement, home)
    for line in _standing(found, known):
        typer.echo(f"# {line}")
    typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def _setting(home: Path | None, plan: Path | None) -> Setting | None:
    """Say where an agreement is to be in force, as far as that was given."""
    if home is not None and plan is not None:
        raise Misuse(
            "--home and --plan were both given.",
            remedy="Give --home once the partnership is founded, --plan before.",
        )
    if home is not None:
        known = known_of(Home.open(home))
        if known.founding is None:
            raise Misuse(
                f"{home} knows of no founding yet.",
                remedy="Is Kafka running, and the partnership founded? Before that give --plan.",
            )
        return Setting.known(known, now_ms=clock.now_ms())
    return None if plan is None else Setting.of_plan(plan, now_ms=clock.now_ms())


def _checked(document: Path, setting: Setting | None) -> AgreementAdopted:
    """Read an agreement that could be in force.

    Raises:
        Misuse: it could not; each defect with its line.
    """
    value, lines = load_file(document)
    agreement = convert(value, lines, Agreement, name=document.name, tells_keys=True)
    found = defects(agreement, lines, setting)
    if found:
        raise unusable(document.name, found)
    return AgreementAdopted(agreement)


def _named(text: str, known: Partnership | None) -> Agreement:
    """Give what a file or ID@VERSION names: adopted, or proposed."""
    name, at, version = text.rpartition("@")
    if Path(text).is_file() or not at:
        return read_agreement(Path(text)).agreement
    if known is None:
        raise Misuse(
            f"There is no file {text}, and no home was given to look on the log.",
            remedy="Give a file, or --home with any home.",
        )
    held = known.versions.get(name, {})
    adopted = {str(number): one for number, one in held.items()}
    found = adopted.get(version) or next(
        (one for one in _proposed(known) if (one.id, str(one.version)) == (name, version)), None
    )
    if found is None:
        raise Misuse(
            f"The log shows no {text}.",
            remedy="See what was proposed and adopted: candour act list, candour partnership show",
        )
    return found


def _proposed(known: Partnership) -> list[Agreement]:
    acts: list[Act] = list(known.acts.values())
    return [act.agreement for act in acts if isinstance(act, AgreementAdopted)]


def _newest(known: Partnership, agreement: str, home: Path) -> Agreement:
    found = known.newest(agreement)
    if found is None:
        raise Misuse(
            "No agreement of this id has every party behind it.",
            remedy=f"See who has not endorsed: candour act list --home {home}",
        )
    return found


def _awaited(act: AgreementAdopted, document: Path, home: Home) -> str:
    """Say who must still endorse an agreement, by which command; or that all have."""
    absent = missing(act, digest_of_act(act), known_of(home))
    if not absent:
        return f"Every party stands behind it: it binds from {act.agreement.effective}."
    return (
        f"It binds once these have endorsed it too: {', '.join(absent)}; each by: candour "
        f"agreement endorse {document} --home HOME"
    )


def _standing(agreement: Agreement, known: Partnership) -> list[str]:
    """Say how an agreement stands: who is behind it, since when, and whether it is suspended."""
    name = f"{agreement.id}@{agreement.version}"
    digest = digest_of_act(AgreementAdopted(agreement))
    absent = missing(AgreementAdopted(agreement), digest, known)
    told = [f"{name}, digest {digest}", f"behind it: {', '.join(known.backers(digest))}"]
    if agreement.version not in known.versions.get(agreement.id, {}):
        told.append(f"PROPOSED, it does not bind: not yet endorsed by {', '.join(absent)}")
    if why := suspended(agreement, known):
        told.append(why)
    newest = known.newest(agreement.id)
    if newest is not None and newest.version > agreement.version:
        told.append(f"version {newest.version} takes its place from {newest.effective}")
    told.append(f"dated {agreement.effective} to {agreement.expires}, review {agreement.review}")
    return told


def _told(one: Changed) -> str:
    """Write one delivery that would differ."""
    more = f" also {', '.join(one.more)};" if one.more and one.change == "changed" else ""
    less = f" no longer {', '.join(one.less)};" if one.less and one.change == "changed" else ""
    other = f" otherwise {', '.join(one.otherwise)};" if one.otherwise else ""
    whole = ", ".join(one.more or one.less) or "no section"
    what = f"{more}{less}{other}" if one.change == "changed" else f" {whole};"
    return (
        f"entry {one.index}, {one.event} from {one.source}, statement {one.id}: "
        f"{one.to} {one.change}:{what}"
    ).removesuffix(";")


def _progress(done: int, entries: int) -> None:
    if done:
        typer.echo(f"{done} of {entries} entries", err=True)

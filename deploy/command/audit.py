"""`candour audit`: a partnership's log in a folder, proved by somebody who trusts nobody here."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from broker.shell.connection import Connection
from consumers.audit.chronology import chronology
from consumers.audit.container import Export, opened
from consumers.audit.defect import Exit
from consumers.audit.export import Exported, Stood, export, prepared
from consumers.audit.verdict import Trusted, Verdict, read_trust, summary
from consumers.audit.verify import verify
from consumers.figures import exported
from consumers.figures.suppression import LEAST
from contracts.fault import Misuse, Transient
from contracts.identifier import is_slug
from deploy import clock
from deploy.command import figures
from deploy.kafka.access import service_connection

app = typer.Typer(no_args_is_help=True, help="Export a log, verify it, read it as a chronology.")

PAUSE_S, PAUSES = 0.2, 75
"""How often, and how many times, an export looks for the checkpoint of what it read."""
ENTRIES_A_WORKER = 2_000
"""Below this many entries each, a worker process costs more than it does."""

Folder = Annotated[Path, typer.Argument(help="The folder of the export.")]
"""Shared, with the trust file, by every command that tells something from an export."""
TrustFile = Annotated[
    Path, typer.Option("--trust", help="Your own trust file: partnership, origin, log_key.")
]
Workers = Annotated[
    int | None, typer.Option(help="Processes for signatures; by default what pays.", min=0, max=64)
]


@app.command("export")
def export_log(
    folder: Annotated[Path, typer.Argument(help="A new folder; it will hold personal data.")],
    partnership: Annotated[str, typer.Option(help="The partnership's id, for example mk-now.")],
    kafka: Annotated[str, typer.Option(help="Kafka's address for services, host:port.")],
    ca: Annotated[
        Path | None, typer.Option(help="Secured Kafka: the certificate of its authority.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Secured Kafka: the auditor's key and certificate.")
    ] = None,
) -> None:
    """Copy a partnership's log, sections and checkpoints into a folder that proves itself."""
    if not is_slug(partnership):
        raise Misuse(
            "A partnership's id is lower-case words joined by hyphens.",
            remedy="Give --partnership as the trust file has it, for example: mk-now",
        )
    if (ca is None) != (certificate is None):
        raise Misuse(
            "--ca and --certificate go together.",
            remedy="Give both, as operations handed them over, or none for a plain Kafka.",
        )
    connection = Connection(kafka)
    if ca is not None and certificate is not None:
        connection = service_connection(
            kafka, authority=ca, certificate=certificate, now=clock.now()
        )
    with prepared(folder):
        done = asyncio.run(_exported(folder, partnership, connection))
    typer.echo(
        f"Exported {done.entries} entries, {done.statements} statements and {done.checkpoints} "
        f"checkpoints to {folder}.\nIt holds personal data; its README.txt says how to verify it."
    )
    if done.unsigned:
        typer.echo(
            f"The last {done.unsigned} entries stand under no checkpoint: the broker does not "
            "deliver. Start it and export again, or keep this as it is: verify will say so.",
            err=True,
        )


@app.command("verify")
def verify_export(
    folder: Folder,
    trust: TrustFile,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the verdict; beside the folder if absent.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Prove an export and decide it anew; exit codes 0 to 5 as its README.txt lists them."""
    trusted = read_trust(trust)
    out = out or folder.resolve().parent / f"{folder.resolve().name}.verdict.json"
    if out.resolve().is_relative_to(folder.resolve()):
        raise Misuse(
            "The verdict may not be written into the folder that it judges.",
            remedy="Give --out as a file outside of it.",
        )
    if not out.resolve().parent.is_dir():
        raise Misuse(
            f"{out.parent} is no folder, so no verdict could be written.",
            remedy="Give --out as a file in a folder that is there.",
        )
    with opened(folder) as held:
        verdict = _verified(held, trusted, workers)
    out.write_bytes(verdict.encoded())
    typer.echo(summary(verdict) + f"Verdict: {out}")
    raise typer.Exit(verdict.exit)


@app.command("chronology")
def chronology_of(
    folder: Folder,
    trust: TrustFile,
    statement: Annotated[
        str | None, typer.Option(help="One statement's id, and what became of it.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Say in plain English what happened, who knew, and what was shared; only what verifies."""
    with verified(folder, trust, workers=workers) as (held, verdict):
        for line in chronology(held, statement=statement):
            typer.echo(line)
    if verdict.exit:
        typer.echo(summary(verdict), err=True)
    raise typer.Exit(verdict.exit)


@app.command("figures")
def figures_of(  # noqa: PLR0913 - as its options
    folder: Folder,
    trust: TrustFile,
    first: figures.First = "",
    last: figures.Last = "",
    csv: figures.CsvFile = None,
    least: figures.Least = LEAST,
    workers: Workers = None,
) -> None:
    """Count by quarter what stands on a log that verifies; small numbers say `suppressed`."""
    with verified(folder, trust, workers=workers) as (held, verdict):
        found, now = exported.facts(held)
    whose = "each statement on the log once, whoever said it"
    figures.tell(found, whose, now=now, quarters=(first, last), least=least, csv=csv)
    raise typer.Exit(verdict.exit)


@contextmanager
def verified(
    folder: Path, trust: Path, *, workers: int | None = None
) -> Iterator[tuple[Export, Verdict]]:
    """Open an export from which something may be told: one that verifies, with findings or none.

    Raises:
        Exit: it does not verify; the verdict was told, and its exit code is that of `verify`.
        Misuse: the folder or the trust file cannot be read.
    """
    trusted = read_trust(trust)
    with opened(folder) as held:
        verdict = _verified(held, trusted, workers)
        if verdict.exit > Exit.FINDINGS:
            typer.echo(summary(verdict) + "Nothing is told from what does not verify.", err=True)
            raise typer.Exit(verdict.exit)
        yield held, verdict


def _verified(held: Export, trusted: Trusted, workers: int | None) -> Verdict:
    entries = len(held.logs["ledger.log"])
    if workers is None:
        workers = min(multiprocessing.cpu_count(), entries // ENTRIES_A_WORKER)
    return verify(held, trusted, workers=workers, say=_progress)


def _progress(done: int, entries: int) -> None:
    if entries > ENTRIES_A_WORKER:
        typer.echo(f"{done} of {entries} entries", err=True)


async def _exported(folder: Path, partnership: str, connection: Connection) -> Exported:
    """Export, or say what an auditor can do where Kafka does not answer."""
    try:
        return await _export(folder, partnership, connection)
    except Transient as fault:
        why = await connection.refusal()
        if why is None:
            remedy = "Ask operations whether Kafka runs, and for its services' address."
        elif connection.security:
            remedy = why.remedy
        else:
            remedy = "A secured Kafka needs --ca and --certificate, as operations handed them over."
        raise Transient(fault.text, remedy=remedy) from None


async def _export(folder: Path, partnership: str, connection: Connection) -> Exported:
    from broker.shell.connection import closed
    from broker.shell.topics import find_topics
    from contracts import topic

    names = {topic.ledger(partnership), topic.disclosures(partnership)}
    if not {*names, topic.checkpoints(partnership)} <= set(await find_topics(connection)):
        raise Misuse(
            f"This Kafka shows no log of {partnership}.",
            remedy="Check --kafka and --partnership, and that you are a named auditor of it.",
        )
    consumer = await connection.consumer(committed=True, fetch_wait_ms=50)
    try:
        topics = _Topics(consumer)
        return await export(
            topics, partnership, folder, say=lambda line: typer.echo(line, err=True)
        )
    finally:
        await closed(consumer)


class _Topics:
    """A partnership's topics on Kafka, as committed."""

    def __init__(self, consumer: object) -> None:
        self._consumer = consumer
        self._pauses = PAUSES

    async def end(self, name: str) -> int:
        from broker.shell.reading import end_of

        return await end_of(self._consumer, name)

    async def between(self, name: str, start: int, end: int) -> AsyncIterator[Sequence[Stood]]:
        from broker.shell.reading import read_between

        async for records in read_between(self._consumer, name, start, end):
            yield [Stood(one.offset, one.key, one.value) for one in records]

    async def pause(self) -> bool:
        self._pauses -= 1
        await asyncio.sleep(PAUSE_S)
        return self._pauses > 0

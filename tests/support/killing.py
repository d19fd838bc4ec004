"""A campaign: a partnership under load whose parts are killed at seeded points, then judged.

What judges is what stands on Kafka afterwards, never what the parts say of themselves.
"""

import asyncio
import os
import random
import signal
import subprocess
from base64 import b64encode
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from broker.core.tree import Tree
from contracts import proof, topic
from contracts.entry import Body, Head, split_entry
from contracts.finding import decode_findings
from deploy.kafka.server import KafkaServer
from producers.outbox import Outbox
from producers.sender import Sender, until
from tests.support.command import CANDOUR, ROOT
from tests.support.reports import concern
from tests.support.running import Running
from tests.support.topics import read_topic

DRAIN_S_MAX = 180.0


class Started:
    """One process of the `candour` command, killed and started again at will."""

    def __init__(self, arguments: Iterable[object], log: Path) -> None:
        """Start it; what it writes goes to a file."""
        self._arguments, self.log = list(map(str, arguments)), log
        self._start()

    def _start(self) -> None:
        with self.log.open("ab") as out:
            self._run = subprocess.Popen(
                [*CANDOUR, *self._arguments], stdout=out, stderr=out, start_new_session=True,
                cwd=ROOT,
            )  # fmt: skip

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        if self._run.poll() is None:
            os.killpg(self._run.pid, signal.SIGKILL)
        self._run.wait()

    def again(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self._start()


@dataclass
class Stood:
    """What stands on the topics.

    Attributes:
        entries: (index, statement id or None) of every committed entry, in order; `lines` their
            heads' exact bytes.
        checkpoints: (size, root) of every one, the aborted ones too.
        viewed: (index, head's exact bytes) of every view, the aborted ones too.
    """

    entries: list[tuple[int, str | None]] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    checkpoints: list[tuple[int, str]] = field(default_factory=list)
    viewed: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def unfounded(self) -> list[int]:
        """List what was sent out of entries that are not final: sizes and indices.

        The ledger has long passed them by the time that anybody looks, so that numbers alone would
        show nothing: the bytes of what was aborted are other bytes.
        """
        tree = Tree()
        tree.append([proof.leaf_hash(line) for line in self.lines])
        sizes = [
            size
            for size, root in self.checkpoints
            if size > tree.size or b64encode(tree.root(size)).decode() != root
        ]
        heads = [at for at, line in self.viewed if self.lines[at : at + 1] != [line]]
        return sizes + heads

    @property
    def ids(self) -> list[str]:
        """Every statement id on the log, as often as it stands there."""
        return [found for _, found in self.entries if found]


class Load:
    """Publishes through one outbox, as fast as the log decides."""

    def __init__(self, outbox: Outbox) -> None:
        """Publish from this outbox."""
        self.outbox, self.sender = outbox, Sender(outbox)
        self.ids: list[str] = []

    async def run(self) -> None:
        """Keep some ten statements undecided, until cancelled."""
        while True:
            if self.outbox.undecided() < 10:
                for _ in range(5):
                    self.ids.append(self.outbox.publish(concern(self.outbox)))
            await asyncio.sleep(0.02)


async def campaign(
    town: Running, server: KafkaServer, started: dict[str, Started], *, kills: int, seed: int
) -> list[str]:
    """Publish from two sources while each part is killed so many times; give every id said.

    Args:
        town: founded and agreed; its broker is not the one in this process.
        server: its Kafka, killed as often as each part.
        started: the parts by name.
        kills: of each part, and of Kafka.
        seed: of the order and of the points, in decided statements.
    """
    chance = random.Random(seed)
    order = [*started, "kafka"] * kills
    chance.shuffle(order)
    loads = [Load(await town.outbox(name)) for name in ("tv-probation/case", "mk-hub/safeguarding")]
    async with AsyncExitStack() as stack:
        for load in loads:
            await stack.enter_async_context(load.sender.running())
        group = await stack.enter_async_context(asyncio.TaskGroup())
        work = [group.create_task(load.run()) for load in loads]
        decided = 0

        async def reached(count: int) -> None:
            def holds() -> bool:
                return sum(len(load.ids) - load.outbox.undecided() for load in loads) >= count

            if not await until(holds, DRAIN_S_MAX):
                logs = [part.log for part in started.values()] + [server.log]
                raise TimeoutError(_stuck(loads, logs))

        for name in order:
            decided += chance.randint(4, 16)
            await reached(decided)
            if name == "kafka":
                server.kill()
                server.start()
            else:
                started[name].again()
        await reached(decided + 10)
        for task in work:
            task.cancel()
        await reached(sum(len(load.ids) for load in loads))
    return [said for load in loads for said in load.ids]


def _stuck(loads: list[Load], logs: Iterable[Path]) -> str:
    """Say all that is known of a log that stopped deciding: nobody sees it a second time."""
    lines = [
        f"{load.outbox.home.folder.name}: {len(load.ids)} published, {load.outbox.undecided()} "
        f"undecided; {load.sender.trouble or 'no trouble'}"
        for load in loads
    ]
    for log in logs:
        lines += [f"{log.name}:", *log.read_text(errors="replace").splitlines()[-8:]]
    return "\n".join(["the log stopped deciding", *lines])


async def stood(town: Running, agencies: Iterable[str]) -> Stood:
    """Read what stands on Kafka: the ledger as committed, the rest also uncommitted."""
    found = Stood()
    for record in await read_topic(town.kafka, topic.ledger(town.partnership)):
        line, body, _ = split_entry(record.value)
        head = msgspec.json.decode(line, type=Head)
        parts = msgspec.json.decode(body, type=Body)
        said = (
            None if parts.findings is msgspec.UNSET else decode_findings(bytes(parts.findings)).id
        )
        found.entries.append((head.index, said))
        found.lines.append(line)
    checkpoints = topic.checkpoints(town.partnership)
    for record in await read_topic(town.kafka, checkpoints, committed=False):
        _, size, root, *_ = record.value.decode().split("\n")
        found.checkpoints.append((int(size), root))
    for agency in agencies:
        name = topic.views(town.partnership, agency)
        for record in await read_topic(town.kafka, name, committed=False):
            if record.value:
                line = record.value.partition(b"\n")[0]
                found.viewed.append((msgspec.json.decode(line, type=Head).index, line))
    return found

"""Agencies at work on a real partnership: commands as typed, in its homes; time moved by command.

For tests of what people decide: `Offices.do` is what somebody types, and what they read.
"""

from datetime import UTC, datetime
from pathlib import Path

from contracts.duration import HOUR_MS
from contracts.opened import View
from tests.support.command import typed
from tests.support.running import Running
from tests.support.topics import views_of

TEMPLATE = Path(__file__).parents[2] / "producers" / "report.yaml"
CASE, POLICE, HUB, DESK = (
    "tv-probation/case",
    "thames-valley/desk",
    "mk-hub/safeguarding",
    "mk-csp/desk",
)


class Offices:
    """What somebody at a desk of an agency does, over a running exercise partnership."""

    def __init__(self, town: Running) -> None:
        """Work over a partnership whose broker runs in this process."""
        self.town = town
        self.folder = town.folder

    async def open_desk(self, name: str = DESK) -> None:
        """Make one more home, and have governance enrol its key."""
        agency, _, system = name.partition("/")
        home = self.town.home(agency, system)
        key = self.folder / f"{agency}-{system}.key.json"
        key.write_text(await typed(f"home key {home.folder}"))
        assert "It is in force" in await self.do(f"agency enrol-key {key}", "mk-csp/control")

    async def do(self, line: str, home: str, *, expect: int = 0) -> str:
        """Run a command with a home; give what it says."""
        return await typed(f"{line} --home {self.town.homes[home].folder}", expect=expect)

    async def settle(self, *homes: str) -> None:
        """Let consumers read, act and say until nothing new comes."""
        for home in homes:
            await self.do("consumer catch-up", home)

    async def report(
        self, *, lacks: str = "", home: str = CASE, expect: int = 0, **changes: str
    ) -> str:
        """Publish the template's report, some of its lines changed or left out; give its id.

        The same again is one more report.
        """
        file = self.write_report(lacks=lacks, **changes)
        told = await self.do(f"publish {file} --again", home, expect=expect)
        return told.split("Stored as ")[1].split(";")[0]

    def write_report(self, *, lacks: str = "", **changes: str) -> Path:
        """Write such a report to its file."""
        kept = [
            line
            for line in TEMPLATE.read_text().splitlines()
            if not (lacks and line.startswith((f"  {lacks}:", "  reference: staff-0001")))
        ]
        for field, value in changes.items():
            kept = [f"{field}: {value}" if line.startswith(f"{field}:") else line for line in kept]
        file = self.folder / "report.yaml"
        file.write_text("\n".join(kept))
        return file

    async def pass_hours(self, hours: float) -> None:
        """Move the exercise's time forward."""
        known = await self.town.outbox("mk-csp/control")
        with known.database.read() as db:
            at = known.time_ms(db) + round(hours * HOUR_MS)
        text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
        await self.do(f"partnership clock {text}", "mk-csp/control")

    async def view(self, agency: str, statement: str) -> View | None:
        """Give what an agency holds of a statement, its newest; None where it holds nothing."""
        found = [v for v in await self._views(agency) if v.statement.context.id == statement]
        return found[-1] if found else None

    async def seen(self, agency: str, event: str) -> list[View]:
        """List what an agency holds of one event."""
        return [v for v in await self._views(agency) if v.statement.kind.name == event]

    async def _views(self, agency: str) -> list[View]:
        await self.town.outbox(f"{agency}/control")  # it reads the keys that were enrolled since
        return await views_of(self.town, agency)

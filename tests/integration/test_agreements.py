"""An agreement's life on a real log, through the command line: proposed, suspended, lifted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.command import invoked
from tests.support.running import DEMO, Running, running

REPORT = Path(__file__).parents[2] / "producers" / "report.yaml"
FIRST = (DEMO / "agreement.yaml").read_text(encoding="utf-8")
NEXT = FIRST.replace("version: 1", "version: 2").replace("review: 2030", "review: 2031")


@pytest.fixture
async def town(
    request: pytest.FixtureRequest, kafka: str, tmp_path: Path
) -> AsyncIterator[Running]:
    """Run a live partnership under the demonstration's agreement."""
    name = f"mk-{request.node.name.removeprefix('test_').replace('_', '-')}"[:40].rstrip("-")
    async with running(kafka, tmp_path / "town", name) as town:
        yield town


class Desk:
    """A control home at the command line; the broker goes on running meanwhile."""

    def __init__(self, town: Running, name: str = "mk-csp/control") -> None:
        self.home = town.homes[name].folder

    async def does(self, *arguments: object, expect: int = 0) -> str:
        """Run `candour agreement` with this home, and give what it said."""
        return await self.runs("agreement", *arguments, expect=expect)

    async def runs(self, *arguments: object, expect: int = 0) -> str:
        """Run any command with this home."""
        ran = await asyncio.to_thread(invoked, *arguments, "--home", self.home)
        assert ran.returncode == expect, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr


async def test_an_agreement_is_suspended_and_a_later_version_lifts_it(
    town: Running, tmp_path: Path
) -> None:
    """What one party finds broken stops for all at once, and starts again with all hands."""
    desk, case = Desk(town), Desk(town, "tv-probation/case")
    first, later = tmp_path / "first.yaml", tmp_path / "next.yaml"
    first.write_text(FIRST)
    later.write_text(NEXT)

    shown = await desk.does("show", "mk-isa")
    assert shown.startswith("# mk-isa@1, digest ")
    assert "# behind it: mk-csp, mk-hub, thames-valley, tv-probation\n# dated 2011-01-01" in shown
    saved = tmp_path / "saved.yaml"
    saved.write_text(shown)
    assert await desk.does("diff", saved, first) == "Nothing differs.\n"
    assert "ACCEPTED" in await case.runs("publish", REPORT)

    # Never a lower version after a higher, and never the same again.
    told = await desk.does("check", first, expect=64)
    assert "`version`: version 1 of it is adopted already: write 2, or a higher one." in told
    assert "cannot be used yet" in await desk.does("propose", first, expect=64)

    suspended = await desk.does("suspend", "mk-isa", "--reason", "a breach is looked into")
    assert "Suspended mk-isa@1: entry " in suspended
    assert "# SUSPENDED: nothing flows under it" in await desk.does("show", "mk-isa")
    listed = await desk.runs("partnership", "show")
    assert "SUSPENDED: nothing flows" in listed
    assert "Why: a breach is looked into" in listed
    again = await desk.does("suspend", "mk-isa", "--reason", "more", expect=64)
    assert "mk-isa@1 is suspended already." in again
    assert "--reason is empty" in await desk.does("suspend", "mk-isa", "--reason", " ", expect=64)
    held = await case.runs("publish", REPORT, "--again", expect=3)
    assert "HELD: nobody was sent it yet" in held
    assert "[agreement.suspended]" in held

    assert "Proposed mk-isa@2: entry " in await desk.does("propose", later)
    told = await desk.does("show", "mk-isa@2")
    assert "# PROPOSED, it does not bind: not yet endorsed by tv-probation, thames-valley," in told
    assert await desk.does("diff", "mk-isa@1", "mk-isa@2", expect=1) == (
        "version: 2, was 1\nreview: 2031-01-01, was 2030-01-01\n"
    )
    for party in ("tv-probation", "thames-valley", "mk-hub"):
        await Desk(town, f"{party}/control").does("endorse", later)
    told = await desk.does("show", "mk-isa")
    assert told.startswith("# mk-isa@2, ")
    assert "SUSPENDED" not in told
    assert "SUSPENDED" not in await desk.runs("partnership", "show")
    assert "ACCEPTED" in await case.runs("publish", REPORT, "--again")
    told = await desk.does("show", "mk-isa@1")
    assert "# version 2 takes its place from 2011-01-01" in told

    assert "The log shows no mk-isa@9." in await desk.does("show", "mk-isa@9", expect=64)
    none = await desk.does("suspend", "mk-none", "--reason", "none", expect=64)
    assert "No agreement of this id has every party behind it." in none


async def test_who_is_missing_is_said_and_nobody_endorses_what_is_not_there(
    town: Running, tmp_path: Path
) -> None:
    """Endorsed before it was proposed, or twice, it went to the log and came back with a riddle."""
    desk, later = Desk(town), tmp_path / "next.yaml"
    later.write_text(NEXT)
    none = await Desk(town, "mk-hub/control").does("endorse", later, expect=64)
    assert "Nothing of these very bytes is proposed: next.yaml, mk-isa@2, digest " in none
    assert f"Propose it first: candour agreement propose {later} --home HOME." in none

    wanted = "tv-probation, thames-valley, mk-hub"
    proposed = await desk.does("propose", later)
    assert f"endorsed it too: {wanted}; each by: candour agreement endorse {later}" in proposed
    listed = await desk.runs("act", "list")
    assert "  adopted  agreement_adopted mk-isa@1  behind it: mk-csp, mk-hub, thames-" in listed
    assert "  OPEN  agreement_adopted mk-isa@2  behind it: mk-csp\n" in listed
    assert f"  missing: {wanted}; each by: candour act endorse " in listed
    twice = await desk.does("endorse", later, expect=64)
    assert "This agency stands behind it already (digest " in twice
    assert "Nothing more is to be done here." in twice
    assert await desk.runs("act", "list") == listed
    for party in wanted.split(", "):
        told = await Desk(town, f"{party}/control").does("endorse", later)
    assert "Every party stands behind it: it binds from 2011-01-01." in told

"""What is broken off, and what waits: said in few words, and never as a defect of ours."""

import asyncio
import gc
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from broker.shell import broker
from broker.shell.broker import TOLD_EVERY, Broker
from broker.shell.connection import Connection
from deploy import clock
from deploy.command import invoke
from producers.sender import until
from tests.support.command import CANDOUR, ROOT
from tests.support.speaking import Speaker

BREAKS = """
import os, signal, sys
class Breaks:
    def find_spec(self, name, *_):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Breaks())
from deploy.command import main
main()
"""


def test_ctrl_c_while_the_command_still_starts_is_no_traceback() -> None:
    """Half a second of reading modules is when a slip is noticed."""
    ran = subprocess.run(
        [sys.executable, "-c", BREAKS, "outbox"], capture_output=True, text=True, check=False,
        cwd=ROOT,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


async def test_a_report_broken_off_before_it_is_stored_is_said_not_to_be(tmp_path: Path) -> None:
    """Who does not know whether it went publishes it twice, or not at all."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    speaker.close()
    home = speaker.home.folder
    publishing = [*CANDOUR, "publish", "producers/report.yaml", "--home", str(home)]
    run = await asyncio.create_subprocess_exec(
        *publishing, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    held = home / "sender.lock"  # from then on it reads what governs, before it stores anything
    assert await until(lambda: held.exists() and bool(held.read_text()), 60)
    run.send_signal(signal.SIGINT)
    told, failed = await run.communicate()
    assert run.returncode == 130
    assert told == b"Broken off: nothing was stored, nothing is sent. Publish it again.\n"
    assert b"Traceback" not in failed


@pytest.mark.parametrize("verb", [["show", "an-id"], ["catch-up"], ["run"]])
def test_the_home_may_stand_before_or_after_what_is_done_there(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--home` was given: to say that it is missing helps nobody."""
    home = tmp_path / "not-there"
    assert invoke(["outbox", "--home", str(home), *verb]) == 64
    before = capsys.readouterr()
    assert invoke(["outbox", *verb, "--home", str(home)]) == 64
    assert before == capsys.readouterr()
    assert f"{home} is not there." in before.err


async def test_a_broker_that_waits_for_kafka_says_so_once_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that grows by a line each five seconds all night hides every other line."""
    monkeypatch.setattr(broker, "RETRY_S_MAX", 0.001)
    structlog.reset_defaults()  # a command that ran before may have told every logger to be quiet
    waiting = Broker(
        partnership="mk-now", connection=Connection("127.0.0.1:1"), home=tmp_path,
        seed=clock.random_bytes(32), workers=0, now_ms=clock.now_ms,
        random_bytes=clock.random_bytes,
    )  # fmt: skip
    with capture_logs() as lines:
        run = asyncio.create_task(waiting.run())
        assert await until(lambda: len(lines) >= 3, 60)
        run.cancel()
        await asyncio.wait({run})
    assert [line["attempt"] for line in lines[:3]] == [1, TOLD_EVERY, 2 * TOLD_EVERY]
    assert {line["event"] for line in lines} == {"broker_waits"}
    assert all("candour kafka status --home KAFKA" in line["remedy"] for line in lines)


@pytest.mark.parametrize("steps", range(12))
async def test_a_client_that_did_not_start_is_closed_whenever_its_broker_is_stopped(
    steps: int,
) -> None:
    """One that is left open keeps its connection until nobody knows whose it was."""
    task = asyncio.ensure_future(Connection("127.0.0.1:1").producer("cut-off"))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    gc.collect()  # an open one warns as it goes, and a warning is an error

"""A test run that is killed: what it started ends too."""

import subprocess
import sys
from pathlib import Path

from tests.support.command import ROOT

SERVER = "import time; print('runs', flush=True); time.sleep(60); print('outlived')"
RUN = f"""
import subprocess, sys
from pathlib import Path
from tests.support.ending import ended_with_us
folder = sys.argv[1]
with ended_with_us(Path(folder)):
    for named, place in (([folder + "/log"], "/"), ([], folder)):
        server = [sys.executable, "-I", "-S", "-c", {SERVER!r}, *named]
        subprocess.Popen(server, cwd=place, start_new_session=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_started_ends_with_it(tmp_path: Path) -> None:
    """An orphaned Kafka eats a developer's memory, and the next run's two cores."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert [run.stdout.readline() for _ in range(2)] == [b"runs\n"] * 2
        run.kill()
        # Nothing more can be read once all have ended: none lived long enough to say so.
        assert run.stdout.read() == b""

"""The `candour` command as a process of its own, as whoever is on duty runs it."""

import asyncio
import io
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from deploy.command import invoke

ROOT = Path(__file__).parents[2]
CANDOUR = [sys.executable, "-c", "from deploy.command import main; main()"]


def candour(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, as a process of its own: a second or two of starting."""
    return subprocess.run(
        [*CANDOUR, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT
    )


def invoked(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end in this process, where that it is another's shows nothing."""
    given, out, err = [*map(str, arguments)], io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = invoke(given)
    return subprocess.CompletedProcess(given, code, out.getvalue(), err.getvalue())


async def typed(line: str, *, expect: int = 0) -> str:
    """Run one command as typed, in a thread of this process, beside a broker that runs in it.

    Args:
        line: its arguments, as in a shell.
        expect: the exit code it must end with.

    Returns:
        What it wrote: to standard output, and to standard error.
    """
    ran = await asyncio.to_thread(invoked, *shlex.split(line))
    told = ran.stdout + ran.stderr
    if ran.returncode != expect:
        raise AssertionError(f"candour {line}\nended with {ran.returncode}, not {expect}:\n{told}")
    return told

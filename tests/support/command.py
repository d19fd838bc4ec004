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
    """Run one command to its end."""
    return subprocess.run(
        [*CANDOUR, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT
    )


async def typed(line: str, *, expect: int = 0) -> str:
    """Run one command as typed, in a thread of this process, beside a broker that runs in it.

    Args:
        line: its arguments, as in a shell.
        expect: the exit code it must end with.

    Returns:
        What it wrote: to standard output, and to standard error.
    """
    code, told = await asyncio.to_thread(_typed, line)
    if code != expect:
        raise AssertionError(f"candour {line}\nended with {code}, not {expect}:\n{told}")
    return told


def _typed(line: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = invoke(shlex.split(line))
    return code, out.getvalue() + err.getvalue()

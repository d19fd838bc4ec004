"""What a test run started ends with it, however it ends: `kill -9` of pytest leaves no server.

A process of its own holds the reading end of a pipe that nobody writes to. The kernel closes it
when the run's process ends; then whatever works in the run's folders is killed: found by where it
stands or by a path on its command line, so that what a command started in its turn is found too.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def ended_with_us(*folders: Path) -> Iterator[None]:
    """End all that works in some folders when this process has ended, or the block has."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, *map(str, folders)], stdin=subprocess.PIPE,
        start_new_session=True,
    ):  # fmt: skip
        yield


def working_in(folders: list[str], *, but: set[int]) -> Iterator[int]:
    """Give every process that stands in a folder, or names something in it."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in but:
            continue
        with suppress(OSError):
            command = os.fsdecode((entry / "cmdline").read_bytes())
            place = (entry / "cwd").readlink()
            if any(f"{one}/" in command or place.is_relative_to(one) for one in folders):
                yield int(entry.name)


def lineage() -> set[int]:
    """Give this process and all that it comes from: pytest may name the folder itself."""
    found, pid = set[int](), os.getpid()
    while pid > 0:
        found.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return found


def main() -> None:
    """Wait for the end of whoever started this, then kill."""
    ours = lineage()
    sys.stdin.buffer.read()
    for _ in range(2):  # what was being started when it ended, too
        for one in working_in(sys.argv[1:], but=ours):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


if __name__ == "__main__":
    main()

"""The `candour` command as a process of its own, as whoever is on duty runs it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CANDOUR = [sys.executable, "-c", "from deploy.command import main; main()"]


def candour(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*CANDOUR, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT
    )

"""A real PostgreSQL for tests: Debian's own, in a folder that goes with the test session.

Installed where we may install; where we may not, the test fails and says what to install: nothing
is skipped. Started as `nobody` where root runs the tests, because PostgreSQL refuses root.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.kafka.jars import _install

PACKAGE = "postgresql"
LIBRARIES = Path("/usr/lib/postgresql")
READY_S_MAX = 60


def programs() -> Path:
    """Give the folder of the newest PostgreSQL's programs; install one where there is none."""
    if not _found():
        _install(PACKAGE, "PostgreSQL", print)
    return _found()[-1]


def _found() -> list[Path]:
    held = [path for path in LIBRARIES.glob("*/bin") if (path / "initdb").exists()]
    return sorted(held, key=lambda path: float(path.parent.name))


@contextmanager
def running() -> Iterator[str]:
    """Run a new PostgreSQL while the block does; give `host:port`, whose superuser is `postgres`.

    It listens on this machine alone, asks nobody for a password, and is not worth keeping: what it
    writes is not flushed.
    """
    where = programs()
    folder = Path(tempfile.mkdtemp(prefix="candour-pg-"))
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    held = str(folder / "db")
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    control = [str(where / "pg_ctl"), "-D", held, "-w", "-t", str(READY_S_MAX)]
    try:
        _run([str(where / "initdb"), "-D", held, "-U", "postgres", "-A", "trust", "-E", "UTF8",
              "--locale=C.UTF-8", "-N"], owner)  # fmt: skip
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], owner)
        yield f"127.0.0.1:{port}"
    finally:
        if (folder / "db" / "postmaster.pid").exists():
            _run([*control, "-m", "immediate", "stop"], owner)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str], owner: pwd.struct_passwd | None) -> None:
    """Run a program of PostgreSQL's to its end, as its owner."""
    # What it starts must hold no pipe of ours, or waiting for its end would wait for the server's.
    with tempfile.TemporaryFile() as out:
        ran = subprocess.run(
            command, stdout=out, stderr=out, check=False, cwd="/",
            user=owner.pw_uid if owner else None, group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        out.seek(0)
        if ran.returncode != 0:
            raise AssertionError(f"{command[0]} failed:\n{out.read().decode(errors='replace')}")

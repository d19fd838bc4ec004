"""A real PostgreSQL of our own: started in a folder, on a socket that nobody else reads, and ended.

The server refuses to run as root, so there it runs as `nobody`. Where no server is installed it
is, with apt-get, as Java is for Kafka.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.ending import ended_with_us

BINARIES = Path("/usr/lib/postgresql")
SETTINGS = "-c fsync=off -c listen_addresses='' -c max_connections=200"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server while the block runs.

    Yields:
        The URL of its database `postgres`, for `made` to make others beside.
    """
    # Not beneath pytest's own folder, which nobody else may enter; and a socket's path is short.
    place = Path(tempfile.mkdtemp(prefix="candour-pg-"))
    if os.geteuid() == 0:
        shutil.chown(place, "nobody")
    cluster = place / "data"
    _run("initdb", "--username=candour", "--auth=trust", "--encoding=UTF8", f"--pgdata={cluster}")
    options = f"{SETTINGS} -c unix_socket_directories='{place}'"
    start = ["--wait", f"--pgdata={cluster}", f"--log={place / 'log'}", f"--options={options}"]
    with ended_with_us(place):
        _run("pg_ctl", "start", *start)
        try:
            yield f"postgresql+psycopg://candour@/postgres?host={place}"
        finally:
            _run("pg_ctl", "stop", "--mode=immediate", f"--pgdata={cluster}")
            shutil.rmtree(place)


def made(server: str, name: str) -> str:
    """Make an empty database; give its URL."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        db.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


def _run(program: str, *arguments: str) -> None:
    command: Sequence[str] = [str(_binaries() / program), *arguments]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    ran = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, cwd="/"
    )
    assert ran.returncode == 0, ran.stderr


def _binaries() -> Path:
    found = sorted(BINARIES.glob("*/bin/initdb"))
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "postgresql"]):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, capture_output=True, check=True, env=quiet)
        found = sorted(BINARIES.glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is not on this machine. Install it: apt-get install postgresql")
    return found[-1].parent

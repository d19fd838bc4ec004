"""The ports that something here is to listen on: taken by nobody else, or said by whom."""

import socket
from pathlib import Path

from contracts.fault import Misuse

_LISTENS = "0A"
"""How Linux spells the state of a socket that listens."""


def check_free(*ports: int, remedy: str) -> None:
    """Refuse, before anything is started or said, where something could not listen.

    Args:
        ports: of this machine.
        remedy: what to do where one is taken.

    Raises:
        Misuse: something else listens there; the text says which process, where it can be told.
    """
    for port in ports:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            raise Misuse(
                f"{_listener(port)} listens on port {port} of this machine.", remedy=remedy
            ) from None


def _listener(port: int) -> str:
    """Name the process that listens on a port, where it is one of the same user's."""
    inodes = set[str]()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if Path(table).exists():
            rows = (line.split() for line in Path(table).read_text().splitlines()[1:])
            inodes |= {
                row[9] for row in rows
                if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port
            }  # fmt: skip
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(held.readlink()) in sockets:
                return f"Process {held.parts[2]}"
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return "Something else"

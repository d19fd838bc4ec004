"""One Kafka node (KRaft) for one machine: own data folder, loopback, free port, readable log.

The server outlives the command that started it; a pid file says which process it is, and nothing
is signalled that is not that Kafka.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contracts.fault import CandourError
from deploy.kafka.jars import jars
from deploy.settings import settings

START_S_MAX = 90.0
STOP_S_MAX = 30.0
_TEMPLATE = Path(__file__).with_name("server.properties")
_LOG4J = Path(__file__).with_name("log4j2.properties")


class KafkaStartFailed(CandourError):
    """Kafka did not become ready; the text ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `candour kafka status` tells."""

    running: bool
    address: str | None
    pid: int | None
    log: Path


class KafkaServer:
    """A Kafka node in a folder of its own.

    Args:
        folder: data, configuration, log and pid file; made where missing.
        heap_mib: the Java heap.
        fast_start: compile lightly and start sooner; False for benchmarks.
        say: told in a line what takes time.
    """

    def __init__(
        self,
        folder: Path,
        *,
        heap_mib: int = 384,
        fast_start: bool = True,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder.resolve()
        self.log = self.folder / "kafka.log"
        self._heap_mib = heap_mib
        self._fast_start = fast_start
        self._say = say
        self._java: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients connect; known once the server was started in this folder."""
        return f"127.0.0.1:{self._ports()[0]}"

    def start(self) -> str:
        """Start, or find started, and wait until it answers.

        Returns:
            The bootstrap address.

        Raises:
            KafkaStartFailed: it stopped, or did not answer within 90 s.
            KafkaUnavailable: Java, Maven or the jars cannot be had.
        """
        if self._pid() is not None:
            self._await_ready(None)
            return self.address
        self._reap()
        libraries = jars(settings().cache, java=settings().java, say=self._say)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configure()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(libraries)
        with (self.folder / "java.out").open("ab") as out:
            java = self._java = subprocess.Popen(
                self._command(libraries), cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        (self.folder / "pid").write_text(str(java.pid))
        self._await_ready(java)
        return self.address

    def stop(self) -> None:
        """Stop in good order; a server that is not running is no error."""
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S_MAX
        while self._pid() is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would; for tests of faults, and after a failed stop."""
        pid = self._pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            while self._pid() is not None:
                time.sleep(0.01)
        self._reap()
        (self.folder / "pid").unlink(missing_ok=True)

    def status(self) -> Status:
        """Say whether it runs, and where."""
        pid = self._pid()
        known = (self.folder / "ports.json").exists()
        return Status(pid is not None, self.address if known else None, pid, self.log)

    def _pid(self) -> int | None:
        """Give the process only if it is alive and is this folder's Kafka."""
        try:
            pid = int((self.folder / "pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError, IndexError):
            return None
        return pid if state != "Z" and str(self.folder).encode() in command else None

    def _reap(self) -> None:
        """Take the end of the server that this process started, if it did."""
        if self._java is not None:
            self._java.kill()
            self._java.wait()
            self._java = None

    def _ports(self) -> tuple[int, int]:
        """Give client and controller port, chosen free at the first start and kept."""
        kept = self.folder / "ports.json"
        if kept.exists():
            client, controller = json.loads(kept.read_text())
            return client, controller
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            ports = one.getsockname()[1], two.getsockname()[1]
        kept.write_text(json.dumps(ports))
        return ports

    def _configure(self) -> None:
        client, controller = self._ports()
        text = _TEMPLATE.read_text().format(
            client=client, controller=controller, data=self.folder / "data"
        )
        (self.folder / "server.properties").write_text(text)

    def _format(self, libraries: Path) -> None:
        identity = "candour-one-machine-01"
        ran = subprocess.run(
            [settings().java, "-XX:TieredStopAtLevel=1", "-cp", f"{libraries}/*",
             "kafka.tools.StorageTool", "format", "-t", identity, "-c", "server.properties"],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            raise KafkaStartFailed(
                f"Kafka could not format {self.folder / 'data'}:\n{ran.stderr[-500:]}\n",
                remedy="Remove that folder if it holds nothing you need, then start again.",
            )

    def _command(self, libraries: Path) -> list[str]:
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] if self._fast_start else []
        archive = libraries / ("quick.jsa" if self._fast_start else "full.jsa")
        shared = "SharedArchiveFile" if archive.exists() else "ArchiveClassesAtExit"
        return [
            settings().java, f"-Xmx{self._heap_mib}m", *quick, f"-XX:{shared}={archive}",
            "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off",
            f"-Dlog4j2.configurationFile={_LOG4J}", f"-Dcandour.log={self.log}",
            "-cp", f"{libraries}/*", "kafka.Kafka", str(self.folder / "server.properties"),
        ]  # fmt: skip

    def _await_ready(self, java: subprocess.Popen[bytes] | None) -> None:
        """Wait until the client port answers the protocol: an ApiVersions request."""
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if java is not None and java.poll() is not None:
                break
            if _answers(self._ports()[0]):
                return
            time.sleep(0.05)
        raise KafkaStartFailed(
            f"Kafka did not become ready on {self.address}. Its log ends:\n{self._log_tail()}\n",
            remedy=f"Read {self.log}; if the port is taken, remove {self.folder / 'ports.json'}.",
        )

    def _log_tail(self) -> str:
        texts = [p.read_text(errors="replace") for p in (self.log, self.folder / "java.out")
                 if p.exists()]  # fmt: skip
        return "\n".join("\n".join(texts).splitlines()[-12:])


def _answers(port: int) -> bool:
    """Ask ApiVersions v0 (key 18) and look for error code 0 in the answer."""
    request = bytes.fromhex("0012000000000001ffff")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(len(request).to_bytes(4) + request)
            answer = connection.recv(64)
    except OSError:
        return False
    return answer[4:10] == bytes.fromhex("000000010000")

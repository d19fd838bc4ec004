"""One Kafka node (KRaft) for one machine: own data folder, free ports, readable log.

Plain on loopback, for tests and benchmarks; secured where its folder was (deploy.kafka.secured):
then one listener for agencies and one for services, and nothing answers without a credential.

The server outlives the command that started it; a pid file says which process it is, and nothing
is signalled that is not that Kafka.
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contracts.fault import CandourError
from deploy.kafka.jars import jars
from deploy.kafka.secured import FOLDER as SECURITY
from deploy.kafka.secured import Security
from deploy.settings import settings

START_S_MAX = 90.0
STOP_S_MAX = 30.0
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_PORTS = "ports.json"
_NODE = Path(__file__).with_name("server.properties")
_PLAIN = Path(__file__).with_name("plain.properties")
_SECURED = Path(__file__).with_name("secured.properties")
_LOG4J = Path(__file__).with_name("log4j2.properties")
_QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_QUIETLY = ("-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")
"""Without the archive where there is none, or none that fits, and not a word about it."""


class KafkaStartFailed(CandourError):
    """Kafka did not become ready; the text ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `candour kafka status` tells; `services` is None where it is not secured."""

    running: bool
    address: str | None
    pid: int | None
    log: Path
    services: str | None = None


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
        """Where agencies connect, or everybody where it is not secured."""
        return f"{self._host}:{self._ports()[0]}"

    @property
    def services(self) -> str:
        """Where broker services, auditors and operations connect, each with a certificate.

        Raises:
            Misuse: it is not secured.
        """
        Security.opened(self.folder)
        return f"{self._host}:{self._ports()[2]}"

    @property
    def is_there(self) -> bool:
        """Whether a Kafka was made in the folder: secured, or started once."""
        return any((self.folder / name).exists() for name in (SECURITY, _PORTS))

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
        known = (self.folder / _PORTS).exists()
        services = self.services if known and self._security else None
        return Status(pid is not None, self.address if known else None, pid, self.log, services)

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

    @property
    def _security(self) -> Security | None:
        return Security.of(self.folder)

    @property
    def _host(self) -> str:
        return self._security.settings.hosts[0] if self._security else "127.0.0.1"

    def _ports(self) -> list[int]:
        """Give the ports of clients, controller and services, chosen free once and kept."""
        kept = self.folder / _PORTS
        ports: list[int] = json.loads(kept.read_text()) if kept.exists() else []
        lacking = (3 if self._security else 2) - len(ports)
        if lacking > 0:
            with ExitStack() as stack:
                held = [stack.enter_context(socket.socket()) for _ in range(lacking)]
                for one in held:
                    one.bind(("127.0.0.1", 0))
                ports += [one.getsockname()[1] for one in held]
            self.folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(ports))
        return ports

    def _configure(self) -> None:
        ports, security = self._ports(), self._security
        listeners = _PLAIN.read_text().format(client=ports[0], controller=ports[1])
        if security is not None:
            abroad = set(security.settings.hosts) - LOOPBACK
            listeners = _SECURED.read_text().format(
                client=ports[0], controller=ports[1], services=ports[2], host=self._host,
                bind="0.0.0.0" if abroad else "127.0.0.1",  # noqa: S104 - as it was told
                reauthentication=round(security.settings.reauthentication_s * 1000),
                security=security.folder,
            )  # fmt: skip
        node = _NODE.read_text().format(controller=ports[1], data=self.folder / "data")
        (self.folder / "server.properties").write_text(node + listeners)

    def _format(self, libraries: Path) -> None:
        identity = "candour-one-machine-01"
        ran = subprocess.run(
            [settings().java, *_QUICK, f"-XX:SharedArchiveFile={self._archive(libraries)}",
             *_QUIETLY, "-cp", f"{libraries}/*",
             "kafka.tools.StorageTool", "format", "-t", identity, "-c", "server.properties"],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            raise KafkaStartFailed(
                f"Kafka could not format {self.folder / 'data'}:\n{ran.stderr[-500:]}\n",
                remedy="Remove that folder if it holds nothing you need, then start again.",
            )

    def _archive(self, libraries: Path) -> Path:
        """Say where classes are kept as Java had them loaded: secured or plain, nearly the same."""
        return libraries / f"{'quick' if self._fast_start else 'full'}.jsa"

    def _command(self, libraries: Path) -> list[str]:
        archive = self._archive(libraries)
        shared = "SharedArchiveFile" if archive.exists() else "ArchiveClassesAtExit"
        return [
            settings().java, f"-Xmx{self._heap_mib}m", *(_QUICK if self._fast_start else ()),
            f"-XX:{shared}={archive}", *_QUIETLY,
            # A certificate that was taken back is refused; one that says nothing of it, too.
            *(["-Dcom.sun.net.ssl.checkRevocation=true", "-Dcom.sun.security.enableCRLDP=true"]
              if self._security else []),
            f"-Dlog4j2.configurationFile={_LOG4J}", f"-Dcandour.log={self.log}",
            "-cp", f"{libraries}/*", "kafka.Kafka", str(self.folder / "server.properties"),
        ]  # fmt: skip

    def _await_ready(self, java: subprocess.Popen[bytes] | None) -> None:
        """Wait until the client port answers the protocol: an ApiVersions request."""
        port, security = self._ports()[0], self._security
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if java is not None and java.poll() is not None:
                break
            if _answers(port, security):
                return
            time.sleep(0.05)
        raise KafkaStartFailed(
            f"Kafka did not become ready on {self.address}. Its log ends:\n{self._log_tail()}\n",
            remedy=f"Read {self.log}; if the port is taken, remove {self.folder / _PORTS}.",
        )

    def _log_tail(self) -> str:
        texts = [p.read_text(errors="replace") for p in (self.log, self.folder / "java.out")
                 if p.exists()]  # fmt: skip
        return "\n".join("\n".join(texts).splitlines()[-12:])


def _answers(port: int, security: Security | None) -> bool:
    """Ask ApiVersions v0 (key 18), which needs no credential, and look for error code 0."""
    request = bytes.fromhex("0012000000000001ffff")
    try:
        with ExitStack() as stack:
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=2)
            )
            if security is not None:
                trusting = ssl.create_default_context(cafile=security.authority)
                connection = stack.enter_context(
                    trusting.wrap_socket(connection, server_hostname="127.0.0.1")
                )
            connection.sendall(len(request).to_bytes(4) + request)
            answer = connection.recv(64)
    except OSError:
        return False
    return answer[4:10] == bytes.fromhex("000000010000")

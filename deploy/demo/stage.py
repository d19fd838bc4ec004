"""The stage: a folder with a Kafka, partnerships and homes, moved by public commands alone.

A command runs in this process, exactly as typed; only the brokers and the last verifier are
processes of their own. What was started here is stopped here.
"""

import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from contracts.fault import Misuse
from deploy.demo.kept import MARK, check_free, leave

HERE = Path(__file__).parent
SYSTEMS = {
    "mk-csp": (),
    "tv-probation": ("case",),
    "thames-valley": ("intelligence", "desk"),
    "mk-hub": ("safeguarding",),
}


class Stage:
    """Runs commands and tells what they say.

    Args:
        folder: emptied first if an earlier demonstration made it.
        tell: prints one line of the story.
        verbose: print every command, the set-up's too.
        afresh: what somebody did there since the last demonstration may go.
    """

    def __init__(
        self, folder: Path, *, tell: Callable[[str], None], verbose: bool, afresh: bool = False
    ) -> None:
        """Make the folder.

        Raises:
            Misuse: it holds something that no demonstration made, or somebody works in it.
        """
        self.folder = folder
        self._tell, self._verbose = tell, verbose
        self._brokers: list[subprocess.Popen[bytes]] = []
        check_free(folder, afresh=afresh)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        (folder / MARK).touch()

    def do(self, line: str, *, quiet: bool = False, expect: int = 0) -> str:
        """Run one command as typed after `candour`, show it and what it says.

        Args:
            line: its arguments, as in a shell.
            quiet: show nothing, for set-up.
            expect: the exit code it must end with.

        Returns:
            What it wrote to standard output.

        Raises:
            Misuse: it ended with another exit code: the demonstration would not be true.
            KeyboardInterrupt: whoever watches has seen enough.
        """
        from deploy.command import EXIT_INTERRUPTED, invoke

        shown = not quiet or self._verbose
        if shown:
            self._tell(f"  $ candour {line.replace(str(self.folder) + '/', '')}")
        said = io.StringIO()
        with redirect_stdout(said):
            code = invoke(shlex.split(line))
        told = said.getvalue()
        if shown:
            self._tell(textwrap.indent(told.rstrip(), "    "))
        if code == EXIT_INTERRUPTED:
            raise KeyboardInterrupt
        if code != expect:
            raise Misuse(
                f"The command ended with {code}, the demonstration needs {expect}: candour {line}",
                remedy=f"Read {self.folder}/*/*.log and report this line to the developers.",
            )
        return told

    def words(self, name: str, **said: str) -> Path:
        """Write a file of words about people: they never stand on a command line.

        Args:
            name: the file's.
            said: by field; JSON's text is YAML's.
        """
        written = self.folder / f"{name}.yaml"
        written.write_text(
            "".join(f"{field}: {json.dumps(text)}\n" for field, text in said.items())
        )
        return written

    def home(self, partnership: str, source: str) -> Path:
        """Give the folder of a home."""
        return self.folder / partnership / source.replace("/", "-")

    def found(self, partnership: str, *, agencies: str, services: str, begins: str) -> None:
        """Make the homes, the topics and rights, run the broker and found a partnership.

        Args:
            partnership: `mk-then` or `mk-now`; its plan stands in this folder.
            agencies: Kafka's `host:port` for agencies.
            services: the one for services.
            begins: when the exercise begins.
        """
        place = self.folder / partnership
        place.mkdir(mode=0o700)
        log = place / "broker"
        self.do(f"broker make {log} --partnership {partnership} --kafka {services}", quiet=True)
        keys, signatures = [], []
        for agency, systems in SYSTEMS.items():
            for system in ("control", *systems):
                home = self.home(partnership, f"{agency}/{system}")
                self.do(
                    f"home make {home} --partnership {partnership} --agency {agency} "
                    f"--system {system} --kafka {agencies}",
                    quiet=True,
                )
                self.do(f"home trust {home} --from {log}/trust.json", quiet=True)
                purpose = " --control" if system == "control" else ""
                key = place / f"{agency}-{system}.key.json"
                key.write_text(self.do(f"home key {home}{purpose}", quiet=True))
                keys.append(f"--key {key}")
        founding = place / "founding.json"
        self.do(
            f"partnership draft {HERE}/{partnership}.yaml {founding} --trust {log}/trust.json "
            + " ".join(keys),
            quiet=True,
        )
        for agency in SYSTEMS:
            signed = place / f"{agency}.signature.json"
            home = self.home(partnership, f"{agency}/control")
            self.do(f"partnership sign {founding} {signed} --home {home}", quiet=True)
            signatures.append(f"--signature {signed}")
        self._let_in(partnership, founding)
        self._run_broker(log)
        home = self.home(partnership, "mk-csp/control")
        self.do(
            f"partnership found {founding} {' '.join(signatures)} --home {home} --time {begins}",
            quiet=True,
        )

    def _let_in(self, partnership: str, founding: Path) -> None:
        """Have operations make topics and rights, and hand secrets and certificates over."""
        handover = self.folder / "handover"
        self.do(
            f"kafka apply --home {self.folder}/kafka --founding {founding} --handover {handover}",
            quiet=True,
        )
        ca = f"--ca {handover}/ca.pem"
        mine = f"{handover}/candour.{partnership}"
        self.do(
            f"broker access {self.folder / partnership / 'broker'} {ca} "
            f"--sequencer {mine}.sequencer.pem --dispatcher {mine}.dispatcher.pem",
            quiet=True,
        )
        for agency, systems in SYSTEMS.items():
            secret = handover / f"{partnership}.{agency}.secret"
            for system in ("control", *systems):
                home = self.home(partnership, f"{agency}/{system}")
                self.do(f"home access {home} {ca} --secret {secret}", quiet=True)
            secret.unlink()

    def govern_kafka(self, partnership: str) -> None:
        """Have operations apply what was agreed, and verify that it stands."""
        source = (
            f"--home {self.folder}/kafka --agency-home {self.home(partnership, 'mk-csp/control')}"
        )
        self.do(f"kafka apply {source} --handover {self.folder}/handover", quiet=True)
        self.do(f"kafka verify {source}")

    def agree(self, partnership: str) -> None:
        """Propose the demonstration's agreement and have every party endorse it."""
        document = HERE / "agreement.yaml"
        home = self.home(partnership, "mk-csp/control")
        self.do(f"agreement propose {document} --home {home}")
        for party in ("tv-probation", "thames-valley", "mk-hub"):
            home = self.home(partnership, f"{party}/control")
            self.do(f"agreement endorse {document} --home {home}")

    def _run_broker(self, home: Path) -> None:
        with (home.parent / "broker.log").open("ab") as out:
            command = [sys.executable, "-m", "deploy.command", "broker", "run", "--home", str(home)]
            broker = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        self._brokers.append(broker)

    def apart(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run one command in a process of its own, and show it and what it says."""
        self._tell(f"  $ candour {line.replace(str(self.folder) + '/', '')}")
        ran = subprocess.run(
            [sys.executable, "-m", "deploy.command", *shlex.split(line)],
            capture_output=True,
            text=True,
            check=False,
        )
        self._tell(textwrap.indent((ran.stdout + ran.stderr).rstrip(), "    "))
        return ran

    def end(self) -> None:
        """Stop every broker that was started here, and note how everything was left."""
        for broker in self._brokers:
            broker.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        for broker in self._brokers:
            try:
                broker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(broker.pid, signal.SIGKILL)
                broker.wait()
        leave(self.folder)

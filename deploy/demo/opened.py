"""The demonstration taken up again, to work in: its Kafka, broker, consumers, desk and report page.

Each is a process of its own, as in service; what was started here is stopped here.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from contracts.fault import Misuse
from deploy.demo.kept import MARK, check_idle
from deploy.kafka.server import KafkaServer
from deploy.ports import check_free
from producers.lock import sole_demonstration

DESK_PORT, REPORT_PORT = 8443, 8453
STOP_S_MAX = 15
PARTS = (
    ("broker", "run", "broker"),
    ("consumer", "run", "thames-valley-desk"),
    ("consumer", "run", "mk-hub-safeguarding"),
)
"""What runs beside the pages: group, command, and the home beneath the partnership."""
JOURNEYS = f"""
The desk of the police, on the review's reports:  http://localhost:{DESK_PORT}
The page on which probation reports:              http://localhost:{REPORT_PORT}

Nobody is asked for a password here: press a name. At the desk an officer looks up and answers, a
supervisor decides, a manager is the duty manager, an auditor sees who looked. As probation pat and
sam report; a visitor may not. Three journeys to try:

  1. As probation (pat): report that he means to end the relationship. As the police (officer): see
     it arrive by itself, open it, and find what may be put to whom before anything else.
  2. As the police (officer): look Daniel up in each system, and say how each look ended. Then as
     supervisor: decide on no further action. While a look is still to be made the page has no such
     button: it says that nobody can decide on that yet.
  3. As the police (officer): open the report that pat made in 1, and answer whoever reported. As
     probation (pat): open that report under Your reports, and read the answer.

Stop with Ctrl-C. What you did stays: candour demo refuses to empty the folder then.
"""
QUESTIONS = """
What the police ask of probation stands on probation's page. Probation's own duty desk, which would
answer, is not opened here. By command, beside this:

  candour consumer catch-up --home {home}
  candour response list --home {home}
"""


def open_desk(folder: Path, *, tell: Callable[[str], None]) -> None:
    """Run everything until Ctrl-C or SIGTERM.

    Args:
        folder: of a demonstration that was played.
        tell: prints a line.

    Raises:
        Misuse: no demonstration was played there, somebody works in it, or a part stopped by
            itself.
    """
    if not (folder / MARK).exists():
        raise Misuse(
            f"No demonstration was played in {folder}.", remedy="First: candour demo (or make demo)"
        )
    server = KafkaServer(folder / "kafka", say=tell)
    with ExitStack() as stack:
        stack.enter_context(sole_demonstration(folder, what="candour demo --desk"))
        check_idle(folder)
        for port in (DESK_PORT, REPORT_PORT):
            check_free(
                port, port + 1,
                remedy="Stop it (another demonstration's desk?), then give this again.",
            )  # fmt: skip
        server.start()
        stack.callback(server.stop)
        place = folder / "mk-now"
        parts = [_run(stack, place, [group, what, "--home", str(place / home)])
                 for group, what, home in PARTS]  # fmt: skip
        for page, home, port in (
            ("desk", "thames-valley-desk", DESK_PORT),
            ("report", "tv-probation-case", REPORT_PORT),
        ):
            line = [page, "--home", str(place / home), "--port", str(port), "--development"]
            parts.append(_run(stack, place, line))
        tell(JOURNEYS + QUESTIONS.format(home=place / "tv-probation-case"))
        _wait(parts, place)
    tell("Everything that was started is stopped. To open it again: make desk")


def _run(stack: ExitStack, place: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    log = stack.enter_context((place / f"{arguments[0]}.log").open("ab"))
    part = subprocess.Popen(
        [sys.executable, "-m", "deploy.command", *arguments], stdout=log, stderr=log,
        start_new_session=True,
    )  # fmt: skip
    stack.callback(_stop, part)
    return part


def _stop(part: subprocess.Popen[bytes]) -> None:
    part.send_signal(signal.SIGINT)
    try:
        part.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        part.kill()
        part.wait()


def _wait(parts: list[subprocess.Popen[bytes]], place: Path) -> None:
    """Wait to be stopped; a part that stops by itself ends it all, and is named."""
    asked = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: asked.set())
    while not asked.wait(1.0):
        ended = [part for part in parts if part.poll() is not None]
        if ended:
            raise Misuse(
                "A part of it stopped by itself.",
                remedy=f"Read the end of {place}/*.log, then: make desk",
            )

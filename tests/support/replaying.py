"""A case played for a test: written as text, read, checked and played, in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

from contracts.fault import Misuse
from deploy.replay.case import Written, read_case
from deploy.replay.founding import agencies_of
from deploy.replay.played import Mode, Played
from deploy.replay.playing import play

SMALL = Path(__file__).parents[1] / "replay" / "cases" / "small.yaml"
"""An invented case of ten items and a link."""


def written(path: Path = SMALL) -> Written:
    """Read a case against the plan that ships."""
    return read_case(path, agencies_of())


def told(text: str, folder: Path) -> list[str]:
    """List what is wrong with a case, a line each; none where nothing is."""
    path = folder / "case.yaml"
    path.write_text(text)
    try:
        written(path)
    except Misuse as unfit:
        return [line.strip() for line in unfit.text.splitlines()[1:] if line.strip()]
    return []


def played(
    folder: Path, mode: Mode, *, case: Path = SMALL, store: str | None = None, keep: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Played:  # fmt: skip
    """Play a case into a folder's `homes`; they are read to the end where they are kept."""
    homes = folder / "homes"
    homes.mkdir(mode=0o700, parents=True)
    return play(written(case), mode=mode, folder=homes, store=store, keep=keep, tell=tell)

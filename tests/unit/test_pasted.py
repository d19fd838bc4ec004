"""What a list shows can be pasted into the next command; an empty list says until when it holds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from deploy.command import application, invoke
from tests.support.speaking import Speaker

DASHED = "-uEC" + "-" * 39
"""A digest that begins as an option does."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home that has read nothing yet."""
    speaker = Speaker(tmp_path / "home")
    speaker.close()
    return tmp_path / "home"


def taking(command: Any, *, name: str = "") -> Iterator[tuple[str, Any]]:
    """List every command that takes a digest or a thumbprint, by its words."""
    for word, one in getattr(command, "commands", {}).items():
        yield from taking(one, name=f"{name} {word}".strip())
    if any(one.name in {"digest", "kid"} for one in getattr(command, "params", ())):
        yield name, command


def test_every_command_that_takes_a_digest_takes_one_that_begins_with_a_dash() -> None:
    """One of 64 does; whoever pastes it at night would be told that there is no such option."""
    found = dict(taking(typer.main.get_command(application())))
    assert {"quarantine release", "act endorse", "recall acknowledge"} <= set(found)
    refusing = {name for name, one in found.items() if not one.context_settings}
    assert refusing == set()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("quarantine show", "Nothing is held here under this digest"),
        ("quarantine refuse --reason r --by B --role r", "Nothing is held here under this digest"),
        ("recall acknowledge --by B --role r", "No compromised key of this thumbprint"),
    ],
)
def test_a_dashed_digest_comes_through_the_command_line(
    home: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    """It is looked for as it was typed; what is mistyped is refused all the same."""
    typed = [*line.split(), DASHED, "--home", str(home)]
    assert invoke(typed) == 64
    assert told in capsys.readouterr().err
    assert invoke([*typed, "--raeson", "x"]) == 64
    assert "--raeson" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["quarantine list", "emergency list", "recall list"])
def test_an_empty_list_says_that_nothing_was_read(
    home: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """Where no consumer runs, nothing is known of what came: that is not the same as nothing."""
    assert invoke([*line.split(), "--home", str(home)]) == 0
    (*_, last) = capsys.readouterr().out.splitlines()
    assert last == (
        "Nothing was read here yet; where no consumer runs, first: candour consumer catch-up "
        f"--home {home}"
    )

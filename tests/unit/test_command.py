"""The `candour` command itself: its list is read without running what it lists."""

import sys
from typing import Any

import pytest
import typer

from deploy.command import HELP, application, invoke


def test_the_list_says_of_each_command_what_it_says_of_itself() -> None:
    """Else somebody at 3 am is sent to a command that does something else."""
    whole: Any = typer.main.get_command(application())
    lines: Any = typer.main.get_command(application(HELP))
    said = {name: (one.help or "").split("\n\n")[0] for name, one in whole.commands.items()}
    listed = {name: one.help for name, one in lines.commands.items()}
    assert {name: " ".join(text.split()) for name, text in said.items()} == listed
    assert all(listed.values())


def test_the_list_reads_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reading them all takes seconds, of every shell that asks what there is."""
    read = [name for name in sys.modules if name.startswith("deploy.command.")]
    for name in read:
        monkeypatch.delitem(sys.modules, name)
    assert invoke([HELP]) == 0
    assert "desk-looks" in capsys.readouterr().out
    assert not [name for name in sys.modules if name.startswith("deploy.command.")]

"""Lists at the command line: as far as they are asked, what follows said; each look recorded."""

from pathlib import Path

import pytest
from sqlalchemy import select, text

from consumers.desk.rows import looks
from consumers.research.found import Found
from consumers.research.rows import tasks_of
from deploy.command import EXIT_USAGE, invoke
from deploy.wiring import open_acting
from producers.home import Home
from tests.support.people import token
from tests.unit.test_person_command import IDS, LOOKS, home, reads

__all__ = ["home"]


@pytest.mark.parametrize(
    ("line", "each"),
    [("research list", "\nReport "), ("research list --all", "\nReport "),
     ("request list", " asks you: "), ("response list", "candour response ")],
)  # fmt: skip
def test_a_list_reads_no_further_than_asked_and_says_that_more_follows(
    home: Path, capsys: pytest.CaptureFixture[str], line: str, each: str
) -> None:
    """A list of everything is one that nobody reads to its end, and takes the longest at night."""
    whole = reads(line, home, capsys)
    assert whole.count(each) > 1
    assert "MORE follow" not in whole
    one = reads(f"{line} --first 1", home, capsys)
    assert one.count(each) == 1
    assert "MORE follow: --first 2" in one


@pytest.mark.parametrize(
    ("line", "what", "about"),
    [
        ("research list", "research_board", "report"),
        ("request list", "questions", "report"), ("response list", "responses", "report"),
        ("person candidates", "candidates", "D"), ("person show D", "person", "D"),
        ("person pair D T", "two_records", "T"),
    ],
)  # fmt: skip
def test_a_look_by_a_command_is_recorded_as_the_desks_are(
    home: Path, capsys: pytest.CaptureFixture[str], line: str, what: str, about: str
) -> None:
    """Whoever is asked who saw her case must not miss whoever typed."""
    words = [token(one) if one in {"D", "T"} else one for one in line.split()]
    reads(" ".join(words), home, capsys)
    acting = open_acting(Home.open(home))
    with acting.store.read() as db:
        found = db.execute(select(looks.c.what, looks.c.token, looks.c.about)).all()
    whose = acting.outbox.token_of("practitioner", LOOKS)
    seen = {row.about for row in found if (row.what, row.token) == (what, whose)}
    assert (IDS["report"] if about == "report" else token(about)) in seen


@pytest.mark.parametrize("line", ["research list", "request list", "response list"])
def test_what_cannot_be_recorded_is_not_shown(
    home: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """Nobody could say later who saw it: each list once told all of it first."""
    with open_acting(Home.open(home)).store.write() as db:
        db.execute(text("ALTER TABLE looks RENAME TO gone"))
    capsys.readouterr()
    assert invoke([*line.split(), "--home", str(home), "--by", LOOKS]) != 0
    assert IDS["report"] not in capsys.readouterr().out


def test_a_look_that_was_said_wrong_is_said_anew_by_a_command_too(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The desk could, the command could not: what was wrong stood."""
    acting = open_acting(Home.open(home))
    with acting.store.read() as db:
        which = next(one["id"] for one in tasks_of(db, IDS["report"]) if one["system"] == "niche")
    found = Found(outcome="match", kinds=["custody"], confidence="probable")
    acting.research.complete(
        which, found, operator=acting.practitioner(LOOKS), role="a", at=acting.time_ms()
    )
    line = f"research complete {which} --outcome nil --kind custody --role a"
    told = reads(line, home, capsys, expect=EXIT_USAGE)
    assert "This task is closed: " in told
    assert "--anew" in told
    told = reads(f"{line} --anew mistaken", home, capsys, expect=EXIT_USAGE)
    assert "nil finds no record, and this tells of one" in told, "it is judged as a look to be made"

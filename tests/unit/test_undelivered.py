"""Kafka is away: what was done at the command line never looks delivered, and is not done again."""

from pathlib import Path

import pytest
from sqlalchemy import update

from consumers.research.rows import tasks_of
from deploy.command import invoke
from deploy.wiring import Acting
from producers.tables import statements
from producers.unanswered import ANSWER_MS_MAX
from tests.unit.test_desk_stuck import reported

ANSWER = ["--received-by", "Lee Hart", "--researched", "no", "--action", "visit_planned"]


def test_what_nobody_has_is_said_first_wherever_it_would_look_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was gone from the list of what is owed, and the reporter had heard nothing."""
    acting, said = reported(tmp_path / "home")
    where = ["--home", str(acting.home.folder)]
    # It waits a minute for a receipt otherwise.
    monkeypatch.setitem(Acting.act.__kwdefaults__ or {}, "wait_s", 0.0)

    def told(*line: str, code: int) -> str:
        assert invoke([*line, *where]) == code
        out, err = capsys.readouterr()
        return out + err

    assert "NOT DELIVERED" not in told("response", "list", code=0)
    status = told("consumer", "status", code=0)
    assert "Everything that came was worked on.\n" in status
    assert "NOTE: no consumer runs here, and what waits is not known" in status
    give = ("response", "give", said, *ANSWER, "--role", "sergeant")
    late = told(*give, code=75)
    row = acting.outbox.rows()[-1]
    assert row["event"] == "response_given"
    assert "NOT DELIVERED. No receipt came within 0 seconds." in late
    assert f"It is stored: {row['id']}. Do not give it again: `candour outbox run --home" in late
    waits = "NOT DELIVERED for a minute or more"
    for listed in (("response", "list"), ("consumer", "status")):
        assert "NOT DELIVERED" not in told(*listed, code=0), "it may be on its way"
    with acting.outbox.database.write() as db:
        db.execute(update(statements).values(stored_at=statements.c.stored_at - ANSWER_MS_MAX))
    for line, code in (
        (("response", "list"), 0), (("research", "list"), 0), (("alert", "list"), 0),
        (("consumer", "status"), 1), (give, 64),
    ):  # fmt: skip
        shown = told(*line, code=code)
        assert f"{waits}: 1 of what was said here. Nobody has it yet." in shown, line
        assert f"`candour outbox run --home {acting.home.folder}` goes on sending it." in shown
    with acting.store.read() as db:
        task = next(one["id"] for one in tasks_of(db, said) if one["open"])
    words = tmp_path / "words.yaml"
    words.write_text("reason: it does not answer\n")
    look = ("research", "complete", task, "--outcome", "unavailable", "--words", str(words),
            "--by", "Lee Hart", "--role", "researcher")  # fmt: skip
    assert waits in told(*look, code=75)
    kinds = [one["event"] for one in acting.outbox.rows()[-3:]]
    assert sorted(kinds) == ["alert_raised", "research_completed", "response_given"], "all of it"


def test_the_research_of_a_report_that_is_not_here_is_not_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A digit was lost in the id: "no task is open" would have closed it."""
    acting, said = reported(tmp_path / "home")
    line = ["research", "list", "--home", str(acting.home.folder), "--report"]
    assert invoke([*line, said]) == 0
    assert said in capsys.readouterr().out
    assert invoke([*line, said[:-1]]) == 64
    assert "No report of this id was sent to this agency." in capsys.readouterr().err

"""A second demonstration: what somebody did in its folder is not removed without a word."""

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from contracts.fault import Misuse
from deploy import clock
from deploy.broker_home import BrokerHome
from deploy.demo import opened
from deploy.demo.kept import MARK, check_free, leave, nearest
from deploy.demo.opened import open_desk
from deploy.demo.stage import Stage
from producers.lock import sole_broker, sole_consumer, sole_demonstration, sole_sender
from tests.support.command import candour, invoked
from tests.support.speaking import Speaker


def played(folder: Path) -> Path:
    """Make what a demonstration leaves, as far as it matters here; give a home in it."""
    stage = Stage(folder, tell=lambda _: None, verbose=False)
    home = folder / "mk-now" / "tv-probation-case"
    for name in ("sender.lock", "../broker/index/data.mdb", "../../kafka/log"):
        path = (home / name).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as the story left it")
    with closing(sqlite3.connect(home / "outbox.sqlite")) as open_yet:
        open_yet.execute("PRAGMA journal_mode=WAL")
        open_yet.execute("CREATE TABLE said (id TEXT)")
        stage.end()
    return home


@pytest.mark.parametrize(
    "work",
    [
        lambda home: (home / "outbox.sqlite").write_text("a report of one's own"),
        lambda home: (home / "outbox.sqlite-wal").write_text("one that a power cut left there"),
        lambda home: (home / "outbox.sqlite").unlink(),
        lambda home: (home.parents[1] / "my-report.yaml").write_text("report: concern"),
    ],
)
def test_what_was_done_since_is_removed_only_where_that_is_said(
    work: Callable[[Path], object], tmp_path: Path
) -> None:
    """The README sends people to work in this folder; `make demo` again must not lose that."""
    home = played(tmp_path)
    work(home)
    with pytest.raises(Misuse, match="Something was done in") as refused:
        Stage(tmp_path, tell=lambda _: None, verbose=False)
    assert f"candour demo --afresh --folder {tmp_path}" in refused.value.remedy
    assert home.exists()
    Stage(tmp_path, tell=lambda _: None, verbose=False, afresh=True)
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_who_only_looked_may_play_again(tmp_path: Path) -> None:
    """Kafka, indexes and locks change with every look, and hold nothing of anybody's own."""
    home = played(tmp_path)
    for path in ("sender.lock", "outbox.sqlite-shm", "../broker/index/data.mdb", "../../kafka/log"):
        (home / path).write_text("changed by looking")
    (home / "outbox.sqlite-wal").touch()
    check_free(tmp_path, afresh=False)
    check_free(tmp_path / "not-there-yet", afresh=False)


def test_nothing_is_removed_beneath_what_runs(tmp_path: Path) -> None:
    """A process whose files are gone goes on saying that all is well."""
    home = played(tmp_path)
    with (
        sole_sender(home, what="candour outbox run"),
        pytest.raises(Misuse, match=r"is in use: process \d+ \(candour outbox run\)\.") as refused,
    ):
        check_free(tmp_path, afresh=True)
    assert f"candour kafka down --home {tmp_path}/kafka" in refused.value.remedy


def test_whose_end_ends_all_is_named_first_and_each_once(tmp_path: Path) -> None:
    """While `make desk` runs, each part holds two locks, and only its parent ends them all."""
    home = played(tmp_path)
    with (
        sole_demonstration(tmp_path, what="candour demo --desk"),
        sole_sender(home, what="candour consumer run"),
        sole_consumer(home, what="candour consumer run"),
        pytest.raises(Misuse) as refused,
    ):
        check_free(tmp_path, afresh=False)
    desk, part = (
        f"process {os.getpid()} (candour {what})" for what in ("demo --desk", "consumer run")
    )
    assert refused.value.text == f"{tmp_path} is in use: {desk}, {part}."
    assert f"Ctrl-C where {desk} runs ends all of it" in refused.value.remedy


def test_a_page_whose_port_is_taken_says_so_before_its_address(tmp_path: Path) -> None:
    """It gave its address and ended with 3 and no word."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for page in ("desk", "report"):
            speaker = Speaker(tmp_path / page)
            speaker.close()
            home = speaker.home.folder
            ran = candour(page, "--home", home, "--port", port, "--development")
            assert (ran.returncode, ran.stdout) == (64, "")
            assert f"Process {os.getpid()} listens on port {port} of this machine.\n" in ran.stderr
            assert "Give another with --port." in ran.stderr


def test_what_no_demonstration_made_stays(tmp_path: Path) -> None:
    """A folder named by mistake is somebody's."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Misuse, match="no demonstration made it"):
        check_free(tmp_path, afresh=True)
    (tmp_path / MARK).touch()  # broken off: nobody worked in it yet
    check_free(tmp_path, afresh=False)
    leave(tmp_path)
    check_free(tmp_path, afresh=False)


def test_a_second_broker_of_one_home_is_told_who_runs_it(tmp_path: Path) -> None:
    """Given twice by mistake, the second must not take over from the first without a word."""
    home = tmp_path / "broker"
    BrokerHome.create(
        home, partnership="mk-now", kafka="127.0.0.1:1", random_bytes=clock.random_bytes
    )
    with sole_broker(home, what="candour broker run"):
        ran = candour("broker", "run", "--home", home)
    assert (ran.returncode, ran.stdout) == (64, "")
    assert f"(candour broker run) already runs the log for {home}." in ran.stderr
    assert "Leave it running" in ran.stderr


def test_a_second_desk_names_the_first_and_touches_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once stopped the first one's Kafka, and said that a part had stopped by itself."""
    home = played(tmp_path)
    with (
        sole_demonstration(tmp_path, what="candour demo --desk"),
        pytest.raises(Misuse, match=r"^Process \d+ \(candour demo --desk\) already shows the demo"),
    ):
        open_desk(tmp_path, tell=lambda _: None)
    with (
        sole_broker(home, what="candour broker run"),
        pytest.raises(Misuse, match=r"is in use: process \d+ \(candour broker run\)\."),
    ):
        open_desk(tmp_path, tell=lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(opened, "DESK_PORT", port)
        with pytest.raises(Misuse, match=f"^Process {os.getpid()} listens on port {port}"):
            open_desk(tmp_path, tell=lambda _: None)
    assert not (tmp_path / "kafka" / "pid").exists()


def test_the_demonstration_that_somebody_stands_in_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README leads into its folder: a second one was played inside it."""
    home = played(tmp_path)
    assert nearest(home) == nearest(tmp_path) == tmp_path
    assert nearest(tmp_path.parent) == tmp_path.parent / ".candour" / "demo"
    monkeypatch.chdir(home)
    ran = invoked("demo")
    assert (ran.returncode, f"This would remove {tmp_path}, and you are in it." in ran.stderr) == (
        64,
        True,
    )
    assert home.exists()

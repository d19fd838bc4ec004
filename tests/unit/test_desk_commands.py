"""What somebody types about a desk: who is signed in, ending it, and whether looks are as told."""

from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import insert
from starlette.applications import Starlette

from consumers.desk import rows
from deploy.command import EXIT_USAGE, invoke
from deploy.desk import DeskSettings, listen, opened_sessions
from deploy.wiring import open_acting
from producers.home import Home
from tests.support.letterboxes import certified
from tests.support.speaking import Speaker
from tests.support.twins import POLICE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Speaker(tmp_path / "home", name=POLICE).close()
    return tmp_path / "home"


def typed(line: str, home: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = invoke([*line.split(" ", 2), "--home", str(home)])
    said = capsys.readouterr()
    return code, said.out + said.err


def signed_in(home: Path, subject: str, name: str) -> str:
    """Sign somebody in at the desk of a home; give what their cookie holds."""
    sessions = opened_sessions(Home.open(home))
    key = sessions.signed_in(sessions.begin(), subject, name=name, roles=[]).key
    sessions.close()
    return key


def test_whatever_serves_pages_offers_authenticated_encryption_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk and the report page listen alike: uvicorn's own ciphers would leave TLS 1.2 open."""
    certified(home)
    given: list[uvicorn.Config] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **how: given.append(uvicorn.Config(app, **how)))
    settings = DeskSettings(
        issuer="https://id.example", client_id="desk", client_secret="desk.secret",
        address="https://desk.example", certificate="server.pem", key="server.pem",
    )  # fmt: skip
    listen(Home.open(home), Starlette(), settings, 8443)
    given[0].load()
    assert given[0].ssl is not None
    offered = {one["name"] for one in given[0].ssl.get_ciphers()}
    assert not [one for one in offered if "GCM" not in one and "CHACHA20" not in one]


def test_every_session_of_somebody_is_ended_by_identifier_or_name(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A telephone is stolen at 3 am: whoever is on duty ends it, and the desk need not stop."""
    keys = [signed_in(home, "s-1", "Lee Hart"), signed_in(home, "s-1", "Lee Hart")]
    other = signed_in(home, "s-2", "Jo Bell")
    code, told = typed("desk-sessions list", home, capsys)
    assert code == 0
    assert told.count("s-1  signed in") == 2
    assert "Lee Hart" not in told, "no name on a terminal that scrolls by"
    code, told = typed("desk-sessions revoke s-1", home, capsys)
    assert (code, told.split(".")[0]) == (0, "Ended 2 sessions")
    sessions = opened_sessions(Home.open(home))
    assert [sessions.find(key) for key in keys] == [None, None]
    assert sessions.find(other) is not None
    assert typed("desk-sessions revoke jo bell", home, capsys)[0] == 0
    assert sessions.find(other) is None
    assert "Nobody is signed in" in typed("desk-sessions list", home, capsys)[1]


def test_a_name_that_two_have_ends_nobodys_session(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor one that nobody has; each says what to give instead."""
    signed_in(home, "s-1", "Lee Hart")
    signed_in(home, "s-3", "lee hart")
    code, told = typed("desk-sessions revoke Lee Hart", home, capsys)
    assert code == EXIT_USAGE
    assert "2 people of this name" in told
    code, told = typed("desk-sessions revoke s-9", home, capsys)
    assert code == EXIT_USAGE
    assert "candour desk-sessions list" in told
    assert typed("desk-sessions list", home, capsys)[1].count("signed in") == 2


def test_a_home_without_a_desk_is_said_to_have_none(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else an empty list would say that nobody is there."""
    code, told = typed("desk-sessions list", home, capsys)
    assert code == EXIT_USAGE
    assert "No desk was ever served" in told
    assert not (home / "desk.sqlite").exists()


def test_looks_are_verified_by_command(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 1 where they are not what was told."""
    assert typed("desk-looks verify", home, capsys) == (
        0, "0 hours with 0 looks: each as the log has it. 0 newer than that.\n",
    )  # fmt: skip
    acting = open_acting(Home.open(home))
    look = {"at": 1, "token": "t", "role": "r", "purpose": "p", "what": "w", "about": "a"}
    with acting.store.write() as db:
        rows.look(db, **look)
    assert "1 newer" in typed("desk-looks verify", home, capsys)[1]
    with acting.store.write() as db:
        db.execute(insert(rows.looks).values(**look, covered_by="nobody said this"))
    code, told = typed("desk-looks verify", home, capsys)
    assert code == 1
    assert "CHANGED: 1 looks name a statement that nobody ever said" in told

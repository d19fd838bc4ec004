"""connectors.yaml: what it says, by line, where it cannot be used; secrets apart and private."""

import asyncio
from pathlib import Path

import pytest

from consumers.research.connectors.connector import Terms
from consumers.research.connectors.http import HttpConnector
from consumers.research.connectors.sql import SqlConnector
from consumers.research.unreachable import Retry
from contracts.fault import Misuse
from contracts.section import Name
from deploy import connecting
from deploy.connecting import connected
from producers.home import Home
from tests.support.answering import people_in_sqlite
from tests.support.letterboxes import certified
from tests.support.speaking import home_of
from tests.support.twins import POLICE

SQL = """\
retry: {first_minutes: 1, most_minutes: 60}
connectors:
  - name: niche-rms
    system: niche
    timeout_s: 30
    sql:
      url: sqlite:///niche.sqlite
      table: person
      reference: id
      given: forename
      family: surname
      born: dob
      numbers: {PNC: pnc_id}
      kinds: [warning, nfa_allegation]
"""
HTTP = """\
connectors:
  - name: mash-search
    system: mash
    http:
      url: https://mash.example/search
      secret: mash.secret
      numbers: [NHS]
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of the force's."""
    return home_of(tmp_path / "home", POLICE)


def write(home: Home, text: str, name: str = "connectors.yaml", mode: int = 0o600) -> None:
    """Write one of the home's files."""
    path = home.folder / name
    path.write_text(text)
    path.chmod(mode)


def test_a_home_without_the_file_looks_nobody_up(home: Home) -> None:
    """Most homes have none."""
    assert connected(home) == ((), Retry())


def test_a_connector_is_what_the_file_says_and_finds_a_file_beside_it(home: Home) -> None:
    """Only a look shows that columns, numbers and paths were read as they stand."""
    people_in_sqlite(home.folder / "niche.sqlite")
    write(home, SQL)
    (niche,), retry = connected(home)
    assert isinstance(niche, SqlConnector)
    assert (niche.name, niche.system, niche.seconds_max, retry) == (
        "niche-rms", "niche", 30, Retry(1, 60),
    )  # fmt: skip
    answer = asyncio.run(niche.look(Terms([Name("Daniel", "Marsh")], [], [])))
    assert [one.reference for one in answer.records] == ["N-1", "N-2"]
    assert [n.scheme for n in answer.records[0].identifiers] == ["pnc"]


def test_a_secret_is_read_from_its_own_private_file_and_shown_nowhere(home: Home) -> None:
    """A secret in a configuration ends in a ticket."""
    write(home, HTTP)
    with pytest.raises(Misuse, match=r"mash\.secret is not there"):
        connected(home)
    write(home, "s3cret-value\n", "mash.secret", 0o644)
    with pytest.raises(Misuse, match="Other users"):
        connected(home)
    write(home, "s3cret-value\n", "mash.secret")
    (mash,), _ = connected(home)
    assert isinstance(mash, HttpConnector)
    assert (mash.secret, mash.numbers) == ("s3cret-value", {"nhs"})
    assert "s3cret" not in repr(mash)
    write(home, SQL.replace("sqlite:///niche.sqlite", "postgresql://reader@db.example/rms\n"
          "      secret: mash.secret"))  # fmt: skip
    (niche,), _ = connected(home)
    assert "s3cret" not in repr(niche)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (SQL.replace("system: niche", "system: pnc"), 4, "write one of"),
        (SQL.replace("system: niche", "system: pnd"), 4, "write one of"),
        (SQL.replace("sqlite:///", "mysql://db/"), 7, "cannot be proved"),
        (SQL.replace("sqlite:///niche.sqlite", "postgresql://a:hunter2@db/rms"), 7, "password"),
        (SQL.replace("sqlite:///niche.sqlite", "postgresql://a@db/r?password=hunter2"), 7,
         "password"),
        (SQL.replace("sqlite:///niche.sqlite", "hunter2"), 7, "write an address"),
        (SQL.replace("timeout_s: 30", "timeout_s: 0"), 5, "1 to 120"),
        (SQL.replace("timeout_s: 30", "timeout_s: soon"), 5, "1 to 120"),
        (SQL.replace("first_minutes: 1", "first_minutes: -1"), 1, "1 to 10080"),
        (SQL.replace("name: niche-rms", "name: Niche RMS"), 3, "lower-case"),
        (SQL.replace("      table: person\n", ""), 6, "`connectors.1.sql.table` is missing"),
        (SQL.replace("warning", "gossip"), 14, "write one of"),
        (SQL.replace("born: dob", "birth: dob"), 12, "not known here"),
        (SQL.replace("    sql:", "    http: {url: https://x.example, secret: s}\n    sql:"), 3,
         "one of `sql` and `http`"),
        (HTTP.replace("https:", "http:"), 5, "write https"),
        (HTTP.replace("mash.example", "a:hunter2@mash.example"), 5, "without a user"),
        (HTTP.replace("/search", "/search?name="), 5, "without a user"),
        (HTTP.replace("      secret: mash.secret\n", ""), 4, "secret` is missing"),
        (HTTP + HTTP.removeprefix("connectors:\n"), 1, "one connector for each system"),
        ("connectors: {}\n", 1, "write a list"),
        ("nothing", 1, "write fields"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_by_line_and_quotes_no_secret(
    home: Home, text: str, line: int, told: str
) -> None:
    """Somebody reads this at 3 am, and copies it into a ticket."""
    write(home, text)
    with pytest.raises(Misuse) as refused:
        connected(home)
    assert f"line {line}: " in refused.value.text, refused.value.text
    assert told in refused.value.text
    assert "hunter2" not in str(refused.value)


def test_a_file_that_others_may_read_is_not_used(home: Home) -> None:
    """It names where the records of a force stand."""
    write(home, SQL, mode=0o644)
    with pytest.raises(Misuse, match="Other users"):
        connected(home)


def test_a_certificate_that_is_none_is_named(home: Home) -> None:
    """Without it the other side could not prove who it is."""
    write(home, HTTP + "      ca: ca.pem\n")
    write(home, "s", "mash.secret")
    for text in (None, "not a certificate"):
        if text:
            write(home, text, "ca.pem")
        with pytest.raises(Misuse, match=r"ca\.pem holds no certificate"):
            connected(home)


def test_the_file_to_copy_can_be_used_as_it_stands(home: Home, tmp_path: Path) -> None:
    """It has both kinds of connector, and every field of each."""
    write(home, (Path(connecting.__file__).parent / "connectors.yaml").read_text())
    for name in ("niche.secret", "mash.secret"):
        write(home, "not a real one", name)
    authority = certified(tmp_path / "tls").ca
    write(home, authority.read_text(), "mash-ca.pem")
    assert [(one.name, one.system) for one in connected(home).connectors] == [
        ("niche-rms", "niche"), ("mash-search", "mash"),
    ]  # fmt: skip

"""An agency home: private, one key, one pinned log, and a remedy for whatever is wrong."""

import json
import os
import shlex
import subprocess
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.fault import Misuse
from contracts.signature import public_key_of
from producers.home import Home
from tests.support.speaking import publish_many
from tests.support.stranger import seeded, text_of

NAMES = {"partnership": "mk-now", "agency": "tv-probation", "system": "case", "kafka": "k:9092"}
SEED = seeded("home")(64)[32:]


def make(folder: Path, **changes: Any) -> Home:
    """Make a home whose key is the one of SEED."""
    octets = iter([seeded("home")(32), SEED])
    return Home.create(folder, **{**NAMES, "random_bytes": lambda _: next(octets), **changes})


def trust_file(path: Path, **changes: str) -> Path:
    """Write a trust file as the broker's home holds it."""
    key = text_of(public_key_of(seeded("log")(32)))
    trust = {"partnership": "mk-now", "origin": "candour/mk-now", "log_key": key, **changes}
    path.write_text(json.dumps(trust))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose log is pinned."""
    made = make(tmp_path / "home")
    made.pin(trust_file(tmp_path / "trust.json"))
    return made


@pytest.fixture
def careless_umask() -> Iterator[None]:
    """Let new files be everybody's unless whoever makes them says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless_umask")
def test_everything_in_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    """A careless umask must not give the key, the reports or the references to a colleague."""
    home = make(tmp_path / "home")
    home.pin(trust_file(tmp_path / "trust.json"))
    publish_many(home.folder, 1)
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.folder.iterdir()}
    assert {"agency.yaml", "key.pem", "outbox.sqlite", "secret", "trust.json"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert home.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["", "agency.yaml", "key.pem", "secret", "trust.json"])
def test_a_home_that_others_can_open_is_refused_until_the_remedy_was_run(
    home: Home, name: str
) -> None:
    """Whoever finds the door open at night needs the command, and it must be the right one."""
    path = home.folder / name
    path.chmod(0o755 if path.is_dir() else 0o640)
    with pytest.raises(Misuse, match="Other users") as refused:
        _ = Home.open(home.folder).trust
    command = refused.value.remedy.removeprefix("Run: ")
    subprocess.run(shlex.split(command), check=True)
    assert Home.open(home.folder).trust == home.trust


def test_the_key_rests_encrypted_and_nowhere_plain(home: Home) -> None:
    """A stolen backup of the folder without its secret must not speak as the agency."""
    pem = (home.folder / "key.pem").read_bytes()
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(pem, None)
    spellings = [SEED, SEED.hex().encode(), b64encode(SEED), urlsafe_b64encode(SEED)]
    for file in home.folder.iterdir():
        octets = file.read_bytes()
        assert not any(one.rstrip(b"=") in octets for one in spellings)
    assert home.public_key == public_key_of(SEED)
    assert repr(SEED) not in repr(home)


def test_another_secret_does_not_open_the_key_and_is_not_repeated(home: Home) -> None:
    """A wrong backup is found at once, and the error may be read by anybody."""
    (home.folder / "secret").write_text("correct horse\n")
    with pytest.raises(Misuse, match="cannot be opened with the secret") as refused:
        Home.open(home.folder)
    assert "correct horse" not in str(refused.value)


def test_a_key_of_another_kind_is_refused(home: Home) -> None:
    """What signs is Ed25519 and nothing else, also when the file can be opened."""
    path = home.folder / "key.pem"
    secret = (home.folder / "secret").read_bytes().strip()
    pem = X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(secret),
    )  # fmt: skip
    path.write_bytes(pem)
    with pytest.raises(Misuse, match="not an Ed25519 key"):
        Home.open(home.folder)


@pytest.mark.parametrize("name", ["agency.yaml", "key.pem", "secret"])
def test_an_incomplete_home_is_refused_by_the_name_of_what_is_not_there(
    home: Home, name: str
) -> None:
    """Half a restored folder must say which half."""
    (home.folder / name).unlink()
    with pytest.raises(Misuse, match=name):
        Home.open(home.folder)


def test_a_home_is_made_once(home: Home) -> None:
    """A second key in the place of the first would orphan all that was signed."""
    held = {path.name: path.read_bytes() for path in home.folder.iterdir()}
    with pytest.raises(Misuse, match="is there already"):
        make(home.folder)
    assert {path.name: path.read_bytes() for path in home.folder.iterdir()} == held


@pytest.mark.parametrize(
    ("field", "line", "text"),
    [
        ("partnership", 2, "Mk Now"),
        ("agency", 3, "tv_probation"),
        ("system", 4, "a" * 41),
        ("kafka", 5, "localhost"),
    ],
)
def test_a_bad_name_is_refused_by_its_field_and_leaves_the_way_free(
    tmp_path: Path, field: str, line: int, text: str
) -> None:
    """What is mistyped once must not stand in the way of typing it right."""
    with pytest.raises(Misuse, match=f"line {line}: `{field}`: ") as refused:
        make(tmp_path / "home", **{field: text})
    assert text not in str(refused.value)
    assert make(tmp_path / "home").source == "/agencies/tv-probation/case"


def test_a_remedy_for_the_secret_leads_to_a_home(tmp_path: Path) -> None:
    """Whoever did what the remedy says gives the same command again, and it must work."""
    secret = tmp_path / "secret"
    secret.write_text("shared by several homes\n")
    secret.chmod(0o644)
    with pytest.raises(Misuse) as refused:
        make(tmp_path / "home", secret=str(secret), random_bytes=lambda _: SEED)
    subprocess.run(shlex.split(refused.value.remedy.removeprefix("Run: ")), check=True)
    home = make(tmp_path / "home", secret=str(secret), random_bytes=lambda _: SEED)
    assert Home.open(home.folder).public_key == public_key_of(SEED)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("agency: Thames Valley", "line 3: `agency`: write lower-case words"),
        ("agancy: tv-probation", "this field is not known here. Did you mean `agency`?"),
    ],
)
def test_an_edited_agency_yaml_is_refused_by_line(home: Home, wrong: str, told: str) -> None:
    """People edit this file by hand: what is wrong in it has a line and an instruction."""
    path = home.folder / "agency.yaml"
    path.write_text(path.read_text().replace("agency: tv-probation", wrong))
    with pytest.raises(Misuse) as refused:
        Home.open(home.folder)
    assert told in str(refused.value)


def test_a_log_is_pinned_once_and_no_other_key_takes_its_place(home: Home, tmp_path: Path) -> None:
    """A log that changes its key is another log or a forged one: somebody must ring first."""
    pinned = home.trust
    assert home.pin(trust_file(tmp_path / "again.json")) == pinned
    other = text_of(public_key_of(seeded("forger")(32)))
    with pytest.raises(Misuse, match="pins another log key"):
        home.pin(trust_file(tmp_path / "other.json", log_key=other))
    assert Home.open(home.folder).trust == pinned


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"partnership": "mk-then"}, "mk-then"),
        ({"log_key": text_of(bytes([1, *[0] * 31]))}, "no safe Ed25519 key"),
        ({"log_key": "AAA="}, "not a trust file"),
        ({"log_kay": "x"}, "not a trust file"),
    ],
)
def test_what_no_receipt_may_be_believed_by_is_not_pinned(
    tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    """Every receipt is judged by this file: a wrong one must not get in at the start."""
    home = make(tmp_path / "home")
    with pytest.raises(Misuse, match=told):
        home.pin(trust_file(tmp_path / "trust.json", **changes))
    with pytest.raises(Misuse, match="pins no log key yet") as refused:
        _ = home.trust
    assert f"candour home trust {home.folder} --from FILE" in refused.value.remedy

"""What a ruleset leaves out is said in words, before anybody relies on it."""

from pathlib import Path

import msgspec
import pytest

from consumers import safeguards
from contracts.event.control import Rules
from contracts.opened import Trust
from deploy import clock
from deploy.command import invoke
from deploy.demo.stage import SYSTEMS
from producers.home import Home
from tests.support.running import DEMO
from tests.vectors import ledger


def test_a_draft_says_which_safeguards_are_off_and_what_that_means(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever signs must not learn in the first bad night that nobody notices a silence."""
    keys = []
    for agency in SYSTEMS:
        home = Home.create(
            tmp_path / agency, partnership="mk-now", agency=agency, system="control",
            kafka="127.0.0.1:1", random_bytes=clock.random_bytes,
        )  # fmt: skip
        keys.append(tmp_path / f"{agency}.key.json")
        keys[-1].write_bytes(msgspec.json.encode(home.source_key(["control"])))
    trust = tmp_path / "trust.json"
    trust.write_bytes(msgspec.json.encode(Trust("mk-now", "candour/mk-now", "A" * 43)))
    given = [word for key in keys for word in ("--key", str(key))]
    out = tmp_path / "founding.json"
    line = [
        "partnership",
        "draft",
        str(DEMO / "mk-now.yaml"),
        str(out),
        "--trust",
        str(trust),
        *given,
    ]
    assert invoke(line) == 0
    told = capsys.readouterr().out
    rules = msgspec.json.decode(out.read_bytes())["rules"]
    for name, means in safeguards.OFF.items():
        assert f"OFF in ruleset {rules['version']}: {means} ({name})." in told


@pytest.mark.parametrize("name", safeguards.OFF)
def test_a_safeguard_that_the_ruleset_names_is_not_said_to_be_off(name: str) -> None:
    """Each by itself: what is said is what this ruleset leaves out."""
    rules = msgspec.convert(ledger.founding()["rules"], Rules)
    named = msgspec.structs.replace(rules, **{name: 48 if name == "silent_hours" else "vetted"})
    assert len(safeguards.off(rules)) == len(safeguards.OFF)
    assert not any(name in one for one in safeguards.off(named))

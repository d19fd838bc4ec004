"""`candour audit`: exit codes, files and words for whoever runs it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from consumers.audit.chronology import chronology
from consumers.audit.container import LEDGER, Export
from consumers.audit.export import README_OF, prepared
from deploy.command import main
from tests.support.auditor import listed, unframed
from tests.support.command import CANDOUR, ROOT
from tests.support.forging import Log, folder_of, further, recorded, run
from tests.support.stranger import concern
from tests.vectors.ledger import PARTNERSHIP


@pytest.fixture
def log() -> Log:
    """Record three concerns in two batches."""
    return recorded()


def test_the_verdict_is_the_same_bytes_whoever_works(log: Log, tmp_path: Path) -> None:
    """A verdict that depends on the machine proves nothing to the next one."""
    log.rewrite(6, further)
    log.resign()
    made, trust = folder_of(log, tmp_path), str(tmp_path / "trust.json")
    for workers in ("0", "1", "2"):
        code, told = run(
            "verify", str(made), "--trust", trust, "--workers", workers,
            "--out", str(tmp_path / f"{workers}.json"),
        )  # fmt: skip
        assert (code, "decision.deliveries" in told) == (3, True)
    verdicts = {(tmp_path / f"{workers}.json").read_bytes() for workers in range(3)}
    assert verdicts == {log.judged().encoded()}
    assert json.loads(verdicts.pop())["exit"] == 3


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """An empty folder reads as a log of nothing; half of one holds names, and proves nothing."""
    mine = tmp_path / "mine"
    mine.mkdir()
    for folder in (tmp_path / "new" / "export", mine):
        asked = ("--partnership", PARTNERSHIP, "--kafka", "127.0.0.1:1")  # nothing listens there
        code, told = run("export", str(folder), *asked)
        assert code
        assert list(tmp_path.iterdir()) == [mine], told
    with pytest.raises(KeyboardInterrupt):
        _stopped(mine)
    assert list(mine.iterdir()) == []


def _stopped(folder: Path) -> None:
    with prepared(folder):
        (folder / LEDGER).write_bytes(b"half of it")
        raise KeyboardInterrupt


def test_the_verdict_stands_beside_the_folder_and_never_in_it(log: Log, tmp_path: Path) -> None:
    """What is judged is not changed by judging it."""
    made, trust = folder_of(log, tmp_path), str(tmp_path / "trust.json")
    assert run("verify", str(made), "--trust", trust)[0] == 0
    assert (tmp_path / "export.verdict.json").read_bytes() == log.judged().encoded()
    assert "It writes THIS-FOLDER.verdict.json beside this folder" in README_OF.read_text()
    assert run("verify", str(made), "--trust", trust)[0] == 0
    (made / "stray.txt").write_text("not part of it")
    code, told = run("verify", str(made), "--trust", trust)
    assert (code, "export.file_unknown" in told) == (2, True)


def test_what_cannot_be_judged_is_a_usage_error(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """64 means that nothing was judged: no verdict may be read out of it."""
    made, trust = folder_of(log, tmp_path), tmp_path / "trust.json"
    half = tmp_path / "half.json"
    half.write_bytes(trust.read_bytes().replace(b"}", b',"size":6}'))
    for arguments in (
        [str(made), "--trust", str(made / "ledger.log")],
        [str(made), "--trust", str(half)],
        [str(made), "--trust", str(trust), "--out", str(made / "verdict.json")],
        [str(made), "--trust", str(trust), "--out", str(tmp_path / "not-there" / "verdict.json")],
        [str(tmp_path / "nothing"), "--trust", str(trust)],
    ):
        monkeypatch.setattr("sys.argv", ["candour", "audit", "verify", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code, capsys.readouterr().out) == (64, "")
    assert not (made / "verdict.json").exists()


def test_a_chronology_says_what_was_known_shared_and_kept_back(log: Log) -> None:
    """A review panel reads times, sources, recipients and reasons, and no names."""
    said = log.played.submissions[-1]["submission"]["text"]
    told = "\n".join(chronology(Export.held(log.files)))
    assert "Happened: 2012-05-01 (day)." in told
    assert "Known to the agency: 2012-05-01. Recorded by it: 2012-05-01T09:12:00+01:00." in told
    assert "Shared through the log: 2012-05-01 09:30:00 UTC." in told
    assert "Given to thames-valley in entry 7 under mk-isa@1/concern-to-police" in told
    assert "Kept back, as mk-isa@1/concern-to-police does not carry it: use_limits." in told
    assert "Tracey" not in told
    assert "A. Officer" not in told
    assert said not in told


def test_a_chronology_says_why_nothing_was_delivered(log: Log) -> None:
    """A held report is the one a review asks about."""
    nameless = concern(log.played.draw)
    nameless["provenance"]["practitioner"].pop("name")
    log.played.say("tv-probation/case", "concern_reported", nameless)
    log.deliver()
    findings = log.playing.entries[-1].recorded.findings
    assert findings is not None
    told = "\n".join(chronology(Export.held(log.files), statement=findings.id))
    assert "Outcome: quarantined; provenance anonymous." in told
    assert "Because provenance.practitioner_missing. Remedy given: Name the practitioner" in told
    assert "Given to nobody but its publisher." in told
    assert "Owed by duty manager of tv-probation: provenance supplied, by 2012-05-04" in told


def test_a_chronology_is_refused_where_the_folder_does_not_verify(log: Log, tmp_path: Path) -> None:
    """Nothing is told from what does not prove itself."""
    made, trust = folder_of(log, tmp_path), str(tmp_path / "trust.json")
    code, told = run("chronology", str(made), "--trust", trust)
    assert (code, "Happened:" in told) == (0, True)
    log.ledger.pop()
    for name, exact in log.files.items():
        (made / name).write_bytes(exact)
    code, told = run("chronology", str(made), "--trust", trust)
    assert (code, "Happened:" in told) == (2, False)


def test_a_strangers_manifest_is_ours(log: Log) -> None:
    """The container is described in README.txt well enough to write one."""
    files = log.files
    assert listed(PARTNERSHIP, files) == files
    assert unframed(files["ledger.log"]) == log.ledger


def test_who_has_read_enough_is_told_nothing_of_the_export(log: Log, tmp_path: Path) -> None:
    """A chronology is read with `| head`: it said that the export could not be read."""
    made, trust = folder_of(log, tmp_path), tmp_path / "trust.json"
    ends, begins = os.pipe()
    os.close(ends)
    ran = subprocess.run(
        [*CANDOUR, "audit", "chronology", made, "--trust", trust], stdout=begins,
        stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    os.close(begins)
    assert not ran.stderr

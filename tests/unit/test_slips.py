"""Slips of the hand of whoever uses it for the first time: told before anything is stored."""

from pathlib import Path
from typing import get_args

import pytest

from consumers.safeguarding.rules import same_origin, unresearched
from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.good import GOOD, OWED_BY
from consumers.safeguarding.rules.terms import DEFAULT, FOUND
from contracts.entry import ReasonGiven
from contracts.event.work import Act
from contracts.reason import Reason
from deploy import speaking
from deploy.command import invoke, publish
from deploy.command.publish import FILED, reason_line
from deploy.speaking import outbox_of
from producers.filed import Report
from producers.home import Home, Reporter
from producers.report import opened
from tests.support.command import ROOT
from tests.support.filing import CANARY, START
from tests.support.reports import concern
from tests.support.speaking import Speaker
from tests.vectors.ledger import CLOCK_MS

ID = "0197a1b2-0000-7000-8000-000000000000"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Probation's home, which has read what governs."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    speaker.close()
    return speaker.home.folder


def said(capsys: pytest.CaptureFixture[str], line: list[str], home: Path, *, code: int = 64) -> str:
    """Run a command with a home; give all that it says."""
    assert invoke([*line, "--home", str(home)]) == code
    told = capsys.readouterr()
    return told.out + told.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["outbox", "show", "nonsense"], "No statement of this id was said from this home."),
        (["outbox", "show", ID], "No statement of this id was said from this home."),
        (
            ["response", "give", "nonsense", "--received-by", "A", "--researched", "no",
             "--action", "referral", "--role", "r"],
            "No report of this id was sent to this agency.",
        ),
        (["research", "list"], "is no home of a police desk: Tv Probation has none."),
        (["alert", "ack", "nonsense", "--by", "A", "--role", "duty_manager"],
         "There is no alert of this id."),
        (["alert", "ack", ID, "--by", "A", "--role", "nonsense"],
         "The ruleset of this partnership has no such role.\nGive one that it has: "),
        (["alert", "hand-over", ID, "--to", "nonsense", "--by", "A", "--role", "duty_manager"],
         "The ruleset of this partnership has no such role."),
        (["alert", "hand-over", ID, "--to", "domestic_abuse_hub_officer", "--by", "A",
          "--role", "duty_manager"],
         "No agency of this kind has a domestic_abuse_hub_officer"),
        (["alert", "snooze", ID, "--by", "A", "--role", "r", "--hours", "0"],
         "Invalid value for '--hours'"),
        (["publish", "nofile.yaml"], "nofile.yaml cannot be read: no such file or directory."),
        (["publish", str(ROOT)], "cannot be read: it is a folder."),
        (["publish", "nofile.yaml", "--wait", "-5"], "Invalid value for '--wait'"),
    ],
)  # fmt: skip
def test_a_slip_is_named_for_what_it_is(
    home: Path, capsys: pytest.CaptureFixture[str], line: list[str], told: str
) -> None:
    """Nothing to report to the developers, nothing that reads as an empty list or as sent."""
    found = said(capsys, line, home)
    assert told.casefold() in found.casefold()
    assert '{"' not in found, "no line of a log before it: Kafka was not asked"


def test_a_list_that_could_not_be_read_now_says_so_in_words(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka is away: lines of a log stood among the answers, and none of them was one."""
    monkeypatch.setattr(speaking, "READ_S_MAX", 0.2)
    found = said(capsys, ["credential", "list"], home, code=0)
    assert "NOTE: Kafka (127.0.0.1:1) could not be read: this is what was read here before" in found
    assert "No credential is on the log, as far as it was read here." in found
    assert '{"' not in found


def test_what_is_held_says_how_it_is_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Probation's report, published from the police's home, was held, and stayed so."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    held = speaker.say(concern(speaker.outbox, named=False))
    speaker.close()
    told = said(capsys, ["outbox", "show", held], speaker.home.folder, code=3)
    assert f"candour retract {held} --reason mistaken" in told


def test_that_kafka_is_away_is_said_before_the_long_wait(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Urgent, and silent for a minute: nobody rang meanwhile."""
    monkeypatch.setattr(publish, "READ_S_MAX", 2.0)
    file = tmp_path / "report.yaml"
    file.write_text((ROOT / "producers" / "report.yaml").read_text())
    told = said(capsys, ["publish", str(file), "--wait", "2.5"], home, code=75)
    early, late = told.index("NOT DELIVERED yet."), told.index("NOT DELIVERED within")
    assert told.index("Stored as ") < early < told.index("It is still tried, for ") < late
    first = told[early:late]
    for words in ("Telephone ", "Kafka (127.0.0.1:1) does not have it", "It is stored: "):
        assert words in first


def test_what_goes_to_nobody_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Accepted, and delivered to nobody, with no reason: it read as a fault."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    speaker.say(concern(speaker.outbox))
    (opened_,) = [one["id"] for one in speaker.outbox.rows() if one["event"] == "stream_opened"]
    speaker.close()
    told = said(capsys, ["outbox", "show", opened_], speaker.home.folder, code=0)
    assert "Delivered to: nobody: no agreement in force names anybody for it." in told


def test_a_home_that_governs_reports_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be stored, sent and refused: the case home is the one that was meant."""
    file = tmp_path / "report.yaml"
    file.write_text(START)
    for reads in (False, True):
        speaker = Speaker(tmp_path / f"home-{reads}", name="tv-probation/control")
        if reads:
            speaker.read()
        speaker.close()
        told = said(capsys, ["publish", str(file)], speaker.home.folder)
        assert "governs, it reports nothing. Nothing was stored." in told
        rows = outbox_of(Home.open(speaker.home.folder)).rows()
        assert "concern_reported" not in {row["event"] for row in rows}


def test_every_line_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    """What is named only when it is alone is corrected in as many rounds as there are lines."""
    file = tmp_path / "report.yaml"
    file.write_text(
        f"report: concern\nfacts: {{concern: {CANARY}}}\nwhen: last tuesday\nrecorded: yesterday\n"
        "who_says:\n  telephone: banana\n  mailbox: nobody\n  out_of_hours: ask\nwrods: b\n"
        "people: [{reference: r}]\n"
    )
    told = said_of(file)
    assert [line.split(":")[0] for line in told] == [
        f"  line {n}" for n in (2, 3, 4, 6, 7, 8, 9)
    ]  # fmt: skip
    assert "write a number that is answered" in told[3]
    assert "write a mailbox that is read" in told[4]


@pytest.mark.parametrize("field", ["recorded", "known", "people: [{reference: r, address: a, seen"])
def test_a_day_still_to_come_is_no_day_of_what_was(tmp_path: Path, field: str) -> None:
    """A slip of a century is one that nobody finds in a chronology."""
    file = tmp_path / "report.yaml"
    end = "}]" if "{" in field else "\npeople: [{reference: r}]"
    file.write_text(f"report: concern\nfacts: {{concern: threat}}\n{field}: 2099-05-01{end}\n")
    (told,) = said_of(file)
    assert told.startswith("  line 3: ")
    assert "this day is still to come" in told


def said_of(file: Path) -> list[str]:
    """List the lines that an unusable file is refused with."""
    with pytest.raises(Exception, match="cannot be used yet") as refused:
        opened(file, now_ms=CLOCK_MS)
    assert CANARY not in str(refused.value)
    return str(refused.value).splitlines()[1:-1]


@pytest.mark.parametrize(("encoding", "told"), [("utf-16", "UTF-16"), ("latin-1", "older")])
def test_a_file_of_another_alphabet_is_told_from_one_that_is_not_there(
    tmp_path: Path, encoding: str, told: str
) -> None:
    """Whoever looks for a lost file does not find that it was saved by another editor."""
    file = tmp_path / "report.yaml"
    file.write_bytes(f"{START}words: Zoë\n".encode(encoding))
    with pytest.raises(Exception, match=f"{told}.*not saved as UTF-8"):
        opened(file, now_ms=CLOCK_MS)


def test_what_is_missing_of_who_says_so_is_named_as_the_file_names_it() -> None:
    """`provenance.practitioner` stands in no file that anybody wrote."""
    assert "who_says" in Report.model_fields
    for code, where in FILED.items():
        assert f"In the file: {where}." in reason_line(ReasonGiven(str(code), []), filed=True)
        for field in where.split("`")[1::2]:
            assert field.removeprefix("who_says.") in Reporter.model_fields
    assert {str(code) for code in FILED} == {
        str(code) for code in Reason if code.startswith("provenance.") and code.endswith("_missing")
    } - {"provenance.accountable_missing", "provenance.classification_missing",
         "provenance.qualification_missing"}  # fmt: skip


def test_every_rule_has_its_words() -> None:
    """A code on a screen at night is looked up nowhere."""
    assert {one.id for one in DEFAULT} == set(FOUND)
    assert set(RULES) | {same_origin.ID, unresearched.ID} == set(FOUND)
    assert set(GOOD) == set(OWED_BY) == set(get_args(Act))

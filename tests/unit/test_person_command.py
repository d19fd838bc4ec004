"""What somebody at a desk reads: who may be one person, whose page, what was asked and answered."""

from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from consumers.consumer import Came
from deploy.command import EXIT_USAGE, invoke
from deploy.wiring import Acting, open_acting
from producers.home import Home
from producers.inbox import Came as Read
from producers.inbox import Inbox
from tests.support.people import token
from tests.support.speaking import Speaker
from tests.support.stranger import concern
from tests.support.telling import id_of
from tests.support.twins import CASE, HUB, POLICE, Town, beginning, say, written
from tests.vectors.ledger import Played, agreement, endorsement

LOOKS = "C. Colleague"
WHY = "What do you hold that bears on her safety?"
IDS: dict[str, str] = {}


def wide() -> Played:
    """Found the town; let everybody tell, ask and answer everybody, use limits included."""
    played = beginning()
    parties = [one.partition("/")[0] for one in (CASE, POLICE, HUB)]
    leg = agreement()["agreement"]["legs"][0]
    sections = ["cause", "use_limits", *leg["sections"]]
    types = ["concern_reported", "information_requested", "information_supplied"]
    legs = [{**leg, "from": parties, "to": parties, "sections": sections, "types": types}]
    act = agreement(version=3, legs=legs)
    played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in parties:
        played.govern(name, "act_endorsed", endorsement(act))
    return played


def her_case(played: Played) -> None:
    """Let probation, and under its own tokens the hub, report the couple; let the hub ask."""
    people = [("D", "Daniel", "Marsh"), ("T", "Tracey", "Hill")]
    reports = []
    for source, suffix in ((CASE, ""), (HUB, " of the hub")):
        sections = concern(played.draw)
        for n, (key, given, family) in enumerate(people, 1):
            subject = token(key + suffix)
            sections[f"person.{n}.identity"] = {
                "subject": subject, "names": [{"given": given, "family": family}],
                "born": {"value": f"197{n}-03-02", "precision": "day"},
            }  # fmt: skip
            sections[f"person.{n}.part"]["subject"] = subject
        sections["use_limits"]["limits"][0]["subject"] = token("D" + suffix)
        reports.append(played.say(source, "concern_reported", sections))
    IDS["report"] = id_of(reports[0])
    question = {
        "addressee": "thames-valley", "statement": IDS["report"], "subject": token("D"),
        "why": WHY, "due_at": 1_335_958_200_000, "period": "2012-01-01/2012-05-01",
    }  # fmt: skip
    asked = [say(played, HUB, "information_requested", question, reports[0]) for _ in range(2)]
    IDS["first"], IDS["second"] = map(id_of, asked)
    answer = {
        "request": IDS["first"], "statement": IDS["report"], "subject": token("D"),
        "outcome": "nil", "supplied_by": "B. Sergeant",
    }  # fmt: skip
    IDS["answer"] = id_of(say(played, POLICE, "information_supplied", answer, asked[0]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Police's home, which has read her case."""
    made = Speaker(tmp_path / "home", name=POLICE)
    made.outbox.token_for("practitioner", LOOKS)
    made.close()
    town = Town(wide())
    town.log.tell(written("case", her_case))
    town.log.deliver()
    held = town.log.views["thames-valley"]
    acting = open_acting(Home.open(tmp_path / "home"))
    acting.consumer.take([Came(n, k, value or None) for n, (k, value) in enumerate(held)])
    inbox = Inbox(acting.outbox)
    inbox.take([Read(inbox.views, n, value or None, k) for n, (k, value) in enumerate(held)])
    return tmp_path / "home"


def reads(line: str, home: Path, capsys: pytest.CaptureFixture[str], *, expect: int = 0) -> str:
    """Type a command at the home; give what it says."""
    capsys.readouterr()
    assert invoke([*line.split(), "--home", str(home), "--by", LOOKS]) == expect
    said = capsys.readouterr()
    return said.out + said.err


def test_a_candidate_is_shown_with_its_evidence_and_who_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number alone is nothing that anybody could sign for."""
    told = reads(f"person candidates --subject {token('D')}", home, capsys)
    assert told.count("MAY BE ONE PERSON") == 1
    for line in (
        "born on the same day", "the same family name", "the same given name",
        f"{token('D')}: Daniel Marsh; born 1971-03-02 (day)", token("D of the hub"),
        f"tv-probation, 2012-05-01, in {IDS['report']}", "mk-hub, 2012-05-01, in",
    ):  # fmt: skip
        assert line in told
    assert "Tracey" not in told
    assert reads("person candidates", home, capsys).count("MAY BE ONE PERSON") == 2


def test_who_was_judged_to_be_two_people_is_said_so_by_whom(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What somebody decided is no candidate like one that nobody looked at."""
    acting = open_acting(Home.open(home))
    acting.matching.tell_apart(
        token("D"), token("D of the hub"), by=acting.practitioner(LOOKS), role="analyst",
        reason="rang both",
    )  # fmt: skip
    told = reads("person candidates", home, capsys)
    assert told.count("MAY BE ONE PERSON") == 1
    judged = told.partition("JUDGED TWO PEOPLE by somebody, not on the log yet")[2]
    assert "Daniel Marsh" in judged
    assert "Tracey" not in judged


def test_a_page_and_a_pair_say_who_says_so_and_what_may_be_put_to_whom(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first line of whatever is worked from: a visit that quotes probation may start it."""
    page = reads(f"person show {token('D')}", home, capsys)
    assert f"name: Daniel Marsh: tv-probation 2012-05-01 ({IDS['report']})" in page
    assert "Tracey" not in page
    pair = reads(f"person pair {token('D')} {token('T')}", home, capsys)
    assert f"Report {IDS['report']} names both.\n  USE: Daniel Marsh: ring first" in pair
    unknown = reads(f"person show {token('nobody')}", home, capsys, expect=EXIT_USAGE)
    assert "Nobody of this token is named" in unknown


def test_questions_say_first_what_may_be_put_to_whom_and_no_outcome_reads_as_safe(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Traps 13: `nil` on a list is read at 3 am as nothing to worry about."""
    told = reads("request list", home, capsys)
    waiting, answered = told.split("\n\n")
    assert waiting.lstrip().startswith(f"{IDS['second']}  mk-hub asks you: ")
    assert "NOT answered; due by 2012-05-02 11:30 UTC\n  USE: " in waiting
    assert f"{IDS['first']}  mk-hub asks you: nil: nothing found in this system; not a " in answered
    assert f"finding of safety ({IDS['answer']}, by B. Sergeant)\n  USE: " in answered
    assert f"about 2012-01-01/2012-05-01: {WHY}" in answered


def test_that_nobody_could_look_is_told_as_no_answer_to_both(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was listed as answered, and nobody asked again."""
    monkeypatch.setattr(Acting, "act", AsyncMock(return_value=Mock(outcome="accepted", entry=1)))
    words = home.parent / "words.yaml"
    words.write_text("reason: Niche is down tonight\n")
    supply = f"response supply {IDS['second']} --role sergeant --words {words} --outcome"
    assert "That nobody could look is no answer: they ask still" in reads(
        f"{supply} unavailable", home, capsys
    )
    waiting = reads("request list", home, capsys).split("\n\n")[0]
    assert f"{IDS['second']}  mk-hub asks you: NOT answered; due by 2012-05-02 11:30" in waiting
    assert "  you could not look: unavailable: the system could not be asked; look " in waiting
    assert f"by {LOOKS}); asked still, until 2012-05-02 11:30 UTC" in waiting
    owed = reads("response list", home, capsys).split(f"{IDS['second']}  information_supplied")[1]
    assert f"{LOOKS} told them that nobody could look: unavailable" in owed
    assert "is no answer" not in reads(f"{supply} refused", home, capsys)
    assert "NOT answered" not in reads("request list", home, capsys)


def test_what_is_owed_says_first_what_may_be_put_to_whom_and_offers_the_earlier_answer(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever answers sees that it was answered, and how it is given again."""
    told = reads("response list", home, capsys)
    (owed,) = told.split(f"{IDS['second']}  information_supplied")[1:]
    assert owed.splitlines()[1].startswith("  USE: ")
    assert "you answered them on 2012-05-01" in owed
    assert "not a finding of safety" in owed
    assert f"candour response supply {IDS['second']} --reuses {IDS['answer']}" in owed
    assert f"{IDS['report']}  response_given" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--to mk-hub --due tomorrow", "--due is no day and no moment."),
        ("--to mk-hub --due 2012-05-03T12:00", "--due is no day and no moment."),
        ("--to mk-hub --due 2012-04-30", "is past"),
        ("--to nobody", "--to names no other agency of this partnership."),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_in_plain_words(
    home: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    """Whoever types it at night is told what to type instead."""
    words = home.parent / "words.yaml"
    words.write_text(f"reason: {WHY}\n")
    asked = f"request make --about {IDS['report']} --subject {token('D')} --words {words}"
    said = reads(f"{asked} --role sergeant {line}", home, capsys, expect=EXIT_USAGE)
    assert told in said
    assert WHY not in said


def test_settings_that_do_not_fit_are_named_by_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A weight mistyped must not silently hide everybody."""
    shipped = Path(__file__).parents[2] / "deploy" / "matching.yaml"
    lines = shipped.read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.startswith("  given_alike"))
    for wrong, told in (
        ("  given_alike: -2", f"line {number}"), ("  given_alik: 2", f"line {number}"),
        ("  given_alike: 4", "only sound alike would be offered"),
    ):  # fmt: skip
        mine = [*lines[: number - 1], wrong, *lines[number:]]
        (home / "matching.yaml").write_text("\n".join(mine))
        said = reads("person candidates", home, capsys, expect=EXIT_USAGE)
        assert told in said

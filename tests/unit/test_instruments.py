"""Instruments: what is asked, what it counts for, and what may never lower or close anything."""

from pathlib import Path
from typing import Any, get_args

import pytest

from contracts.event.report import RISE
from contracts.fault import Misuse
from contracts.instrument.assessed import band_of, graded, triggers, unknown_ids, yes_count
from contracts.section import Answer, Factor
from deploy.command import EXIT_NOT_DELIVERED, EXIT_USAGE, invoke
from deploy.command.risk import graded_lines
from producers.assessing import Assessed, blank, read_assessment
from producers.instruments import OWN, instrument, known_instruments
from tests.support.filing import CANARY
from tests.support.speaking import Speaker
from tests.vectors.ledger import CLOCK_MS

NO_HOME = Path("/nowhere")
DASH = instrument("dash-2009", NO_HOME)
FORM = instrument("dash-24", NO_HOME)

MAPPED = {
    1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 13, 11: 14, 12: 15, 13: 16, 14: 17,
    15: 18, 16: 19, 17: 20, 18: 21, 19: 22, 20: 23, 21: 24, 22: 25, 23: 26, 24: 27,
}  # fmt: skip
"""S to DASH, from the table of domain.md 1.1, by hand."""

INVENTED = """\
id: ladder-3
version: "1"
name: Ladder
title: Ladder, three questions
source: invented for a test
first: [{id: quiet, asks: Is it quiet?, must: yes, remedy: Wait.}]
questions:
  - {id: L1, asks: One?}
  - {id: L2, asks: Two?}
  - {id: L3, asks: Three?}
bands_version: local-1
bands_source: a test
bands:
  - {level: very_high, yes_min: 3, owner: duty_manager, does: Act.}
  - {level: low, yes_min: 0, owner: officer, does: Ask again.}
"""


def yes(*numbers: int) -> dict[str, Answer]:
    """Answer yes to some questions of DASH."""
    return {f"DASH-{n:02}": "yes" for n in numbers}


def test_the_two_forms_ask_what_the_table_says_they_do() -> None:
    """A number that means another question on another form counts something nobody said."""
    assert [one.id for one in DASH.questions] == [f"DASH-{n:02}" for n in range(1, 28)]
    assert {one.id: one.maps for one in FORM.questions} == {
        f"S{s}": f"DASH-{d:02}" for s, d in MAPPED.items()
    }
    asked = {one.id: one.asks for one in DASH.questions}
    assert all(one.asks == asked[one.maps or ""] for one in FORM.questions)
    left = {f"DASH-{n:02}" for n in range(1, 28)} - {one.maps for one in FORM.questions}
    assert left == {"DASH-10", "DASH-11", "DASH-12"}, "the three on children and dependants"


@pytest.mark.parametrize(
    ("count", "level"),
    [(0, "standard"), (5, "standard"), (6, "medium"), (13, "medium"), (14, "high"), (27, "high")],
)
def test_the_bands_are_the_reviews(count: int, level: str) -> None:
    """Review 5.6.2 (iii): 14+, 6-13, 0-5; each has an owner who does something."""
    band = band_of(DASH, count)
    assert band.level == level
    assert band.owner
    assert band.does


def test_only_yes_scores_and_what_is_not_known_is_never_no() -> None:
    """Nineteen questions that nobody put are not nineteen times no."""
    given: dict[str, Answer] = {
        "DASH-01": "yes", "DASH-02": "no", "DASH-03": "unknown", "DASH-04": "refused",
        "DASH-05": "not_asked", "safe-to-talk": "yes",
    }  # fmt: skip
    found = graded(DASH, given, account="victim")
    assert (found.yes, found.open, found.of) == (1, 25, 27)
    assert unknown_ids(DASH, [*given, "S1"]) == ["S1"]


def test_judgement_raises_and_nothing_lowers() -> None:
    """A high count that is judged away is how a file is closed."""
    high = yes(*range(1, 15))
    with pytest.raises(Misuse, match=r"would lower that to medium\. Nothing lowers a level"):
        graded(DASH, high, account="victim", raised_to="medium")
    raised = graded(DASH, yes(1), account="victim", raised_to="high")
    assert (raised.level, raised.raised_from) == ("high", "standard")
    same = graded(DASH, high, account="victim", raised_to="high")
    assert (same.level, same.raised_from) == ("high", None), "what it was is not raised"


REPLAY = {
    "2 May 2012": ((6, 21, 27), 3),
    "25 May 2012": ((6, 21, 27, 24), 4),
    "May 2018": ((4, 5, 15, 17, 21, 23, 24, 27), 8),
}
"""What records held of the review's case, generously (domain.md 1.1, replay warning)."""


@pytest.mark.parametrize("day", REPLAY)
def test_a_threshold_alone_would_never_have_escalated_the_reviews_case(day: str) -> None:
    """3, 4 and 8, never 14: and a count from records has no band that could close anything."""
    numbers, count = REPLAY[day]
    assert yes_count(DASH, yes(*numbers)) == count < 14
    for level in (None, "standard", "low"):
        with pytest.raises(Misuse, match="from records, not her account; not a DASH") as refused:
            graded(DASH, yes(*numbers), account="records", raised_to=level)
        assert "it has no band" in refused.value.text
        assert "Ask her, alone and safely" in refused.value.remedy
    found = graded(DASH, yes(*numbers), account="records", raised_to="high")
    assert (found.band, found.level) == (None, "high")


def test_each_change_that_the_review_names_asks_for_a_new_assessment() -> None:
    """Medium is unlikely only while nothing changes (5.6.2 iii)."""
    medium = band_of(DASH, 6)
    assert [one.id for one in medium.reassess_on] == [
        "medication", "accommodation", "breakdown", "drugs", "alcohol",
    ]  # fmt: skip
    assert [one.id for one in triggers(medium, ["alcohol", "separation"])] == [
        "breakdown", "alcohol",
    ]  # fmt: skip
    assert triggers(medium, ["jealousy"]) == []
    assert triggers(medium, ["medication"]) == medium.reassess_on[:1]


@pytest.mark.parametrize("name", known_instruments(NO_HOME))
def test_a_change_that_is_listed_can_be_reported(name: str) -> None:
    """What no factor shows asks for nothing, and whoever reads the list believes that it does."""
    for band in instrument(name, NO_HOME).bands:
        assert triggers(band, get_args(Factor)) == band.reassess_on


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what governs."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def filled(speaker: Speaker, **changes: str) -> Path:
    """Fill the form of DASH, with some lines changed; give the file."""
    text = blank(DASH).replace("reference: , given: ,", f"reference: r, given: {CANARY},")
    text = text.replace("{name: , role: ,", "{name: A. Officer, role: officer,")
    text = text.replace("safe-to-talk: not_asked", "safe-to-talk: yes")
    for name in ("safe-contact", "whereabouts-perpetrator", "whereabouts-children"):
        text = text.replace(f"{name}: not_asked", f"{name}: unknown")
    told = {"account": "victim", "seen_alone": "yes", "children": "none_known", **changes}
    extra = [f"{name}: {value}" for name, value in told.items() if f"\n{name}:" not in text]
    lines = [
        next((f"{name}: {value}" for name, value in told.items() if line.startswith(f"{name}:")),
             line)
        for line in text.splitlines()
    ]  # fmt: skip
    file = speaker.home.folder.parent / "form.yaml"
    file.write_text("\n".join([*lines, *extra]).replace("DASH-06: not_asked", "DASH-06: yes"))
    return file


def read(speaker: Speaker, file: Path) -> Assessed:
    """Read a filled form at a home."""
    return read_assessment(file, speaker.home.folder, now_ms=CLOCK_MS)


def test_a_filled_form_becomes_an_assessment_whose_answers_stand_in_risk_alone(
    speaker: Speaker,
) -> None:
    """The event goes to recipients of the least: an answer in it would go to all of them."""
    event, risk = stored(speaker, filled(speaker))
    assert (event["instrument"], event["version"]) == ("dash-2009", "2009/review-5.6.2")
    assert (event["level"], event["considered"]) == ("standard", [])
    assert event["not_considered"] == [
        "26 of 27 questions have neither yes nor no; none counts as no"
    ]
    assert "DASH" not in str(event).replace("dash-2009", "")
    assert risk["answers"]["DASH-06"] == "yes"
    assert risk["answers"]["safe-to-talk"] == "yes"
    told = {"seen_alone": "yes", "account": "victim", "instrument": "dash-2009",
            "level": "standard"}  # fmt: skip
    assert {name: risk[name] for name in told} == told


def stored(speaker: Speaker, file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Assess by the command while Kafka is away; give event and risk from the exact bytes."""
    line = ["risk", "assess", str(file), "--wait", "0", "--home", str(speaker.home.folder)]
    assert invoke(line) == EXIT_NOT_DELIVERED
    raw = [row["raw"] for row in speaker.outbox.rows() if row["event"] == "risk_assessed"]
    _, sections = speaker.opened(raw[-1])
    return sections["event"], sections["risk"]


def test_a_count_from_records_says_so_everywhere(
    speaker: Speaker, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the event itself, because some recipients have no more; and to whoever typed it."""
    judged = f"{{level: medium, by: A. Officer, reason: {CANARY} fears him}}"
    file = filled(speaker, account="records", seen_alone="unknown", judgement=judged)
    event, risk = stored(speaker, file)
    assert event["instrument"] == "records/dash-2009"
    assert event["considered"] == ["from records, not her account; not a DASH"]
    assert (event["raised_from"], event["raised_by"]) == ("standard", "A. Officer")
    assert CANARY not in str(event), "the reason stands in the risk section"
    assert (risk["account"], risk["level"]) == ("records", "medium")
    said = capsys.readouterr().out
    assert "FROM RECORDS, NOT HER ACCOUNT; NOT A DASH" in said
    assert "no band" in said


def test_judgement_says_who_and_why_and_the_reason_stays_in_risk(speaker: Speaker) -> None:
    """A level that was raised and nobody stands behind is lowered by the next shift."""
    judged = f"{{level: high, by: A. Officer, reason: {CANARY} fears him}}"
    event, risk = stored(speaker, filled(speaker, judgement=judged))
    told = (event["level"], event["raised_from"], event["raised_by"])
    assert told == ("high", "standard", "A. Officer")
    assert risk["raised_because"] == f"{CANARY} fears him"
    with pytest.raises(Misuse, match="the count gives standard already"):
        read(speaker, filled(speaker, judgement="{level: low, by: A, reason: r}"))
    for lacks in ("{level: high, by: A, reason: ''}", "{level: high, reason: r}"):
        with pytest.raises(Misuse, match=r"judgement\.(reason|by)`"):
            read(speaker, filled(speaker, judgement=lacks))


def test_nothing_is_asked_where_it_is_not_safe_to_talk(speaker: Speaker) -> None:
    """He may be in the room: the first question is whether any may be put."""
    file = filled(speaker)
    for answer in ("no", "unknown", "not_asked", "refused"):
        file.write_text(file.read_text().replace("safe-to-talk: yes", f"safe-to-talk: {answer}"))
        with pytest.raises(Misuse, match="must be yes before any question") as refused:
            read(speaker, file)
        assert "Do not ask. Say a neutral reason" in refused.value.remedy
        file.write_text(file.read_text().replace(f"safe-to-talk: {answer}", "safe-to-talk: yes"))
    text = file.read_text().replace(
        "whereabouts-children: unknown", "whereabouts-children: not_asked"
    )
    file.write_text(text)
    with pytest.raises(Misuse, match=r"`first\.whereabouts-children` was not asked"):
        read(speaker, file)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seen_alone": "not_asked"}, "`seen_alone`: was she seen alone?"),
        ({"account": "his"}, "`account`: write one of victim"),
        ({"raised_because": "x"}, "`raised_because`: write it as `judgement`"),
        ({"facts": "{level: standard}"}, "`facts`: an assessment's are worked out"),
    ],
)
def test_what_a_form_lacks_is_named_with_what_to_write(
    speaker: Speaker, changes: dict[str, str], told: str
) -> None:
    """A level that was typed past the count would be a downgrade by hand."""
    with pytest.raises(Misuse, match="cannot be used yet") as refused:
        read(speaker, filled(speaker, **changes))
    assert told in refused.value.text
    assert CANARY not in refused.value.text


def test_an_assessment_names_its_assessor_unless_danger_is_now(
    speaker: Speaker, capsys: pytest.CaptureFixture[str]
) -> None:
    """Held at night for want of a name it would reach nobody; in danger it goes first."""
    file = filled(speaker)
    file.write_text(file.read_text().replace("{name: A. Officer,", "{name: ,"))
    line = ["risk", "assess", str(file), "--wait", "0", "--home", str(speaker.home.folder)]
    assert invoke(line) == EXIT_USAGE
    assert "Nobody is named who assessed" in capsys.readouterr().err
    assert "risk_assessed" not in {row["event"] for row in speaker.outbox.rows()}
    text = file.read_text().replace("danger_now: not_asked", "danger_now: yes")
    text = text.replace("safe-to-talk: yes", "safe-to-talk: no")
    file.write_text(text.replace("seen_alone: yes", "seen_alone: not_asked"))
    assert invoke(line) == EXIT_NOT_DELIVERED


def test_a_question_of_another_form_is_refused_by_line(speaker: Speaker) -> None:
    """S12 typed into the 27 would count another question, or none."""
    file = filled(speaker)
    file.write_text(file.read_text().replace("  DASH-12: not_asked", "  S12: yes"))
    with pytest.raises(Misuse, match="no such question; DASH-01 to DASH-27"):
        read(speaker, file)


def test_no_instrument_of_that_id_lists_those_there_are(speaker: Speaker) -> None:
    """Whoever mistypes it must not think that the instrument is gone."""
    with pytest.raises(Misuse, match="No instrument of this id") as refused:
        instrument("../founding", speaker.home.folder)
    assert "dash-2009, dash-24" in refused.value.remedy


def test_another_instrument_needs_no_code(
    speaker: Speaker, capsys: pytest.CaptureFixture[str]
) -> None:
    """DARA replaces DASH for first response: a file, not a release."""
    folder = speaker.home.folder / OWN
    folder.mkdir()
    (folder / "ladder-3.yaml").write_text(INVENTED)
    home = ["--home", str(speaker.home.folder)]
    assert "ladder-3" in known_instruments(speaker.home.folder)
    assert invoke(["risk", "form", "ladder-3", *home]) == 0
    form = capsys.readouterr().out
    assert "  L3: not_asked  # Three?" in form
    form = form.replace("reference: , given: ,", "reference: r, given: G,")
    form = form.replace("{name: ,", "{name: A. Officer,")
    for before, after in (
        ("quiet: not_asked", "quiet: yes"), ("seen_alone: not_asked", "seen_alone: yes"),
        ("L1: not_asked", "L1: yes"), ("L2: not_asked", "L2: yes"), ("L3: not_asked", "L3: yes"),
    ):  # fmt: skip
        form = form.replace(before, after)
    file = folder / "filled"
    file.write_text(form)
    event, _ = stored(speaker, file)
    assert (event["instrument"], event["version"]) == ("ladder-3", "1/local-1")
    assert event["level"] == "very_high"


def test_an_agencys_own_cut_offs_stand_before_those_that_ship(speaker: Speaker) -> None:
    """The cut-offs are local, and each assessment says by which it was graded."""
    folder = speaker.home.folder / OWN
    folder.mkdir()
    shipped = (Path(__file__).parents[2] / "contracts/instrument/dash-2009.yaml").read_text()
    own = shipped.replace("yes_min: 6", "yes_min: 1").replace("review-5.6.2\n", "ours-1\n")
    (folder / "dash-2009.yaml").write_text(own)
    found = read(speaker, filled(speaker))
    assert found.graded.level == "medium"
    assert found.instrument.edition == "2009/ours-1"
    assert "Assess again when: medication is stopped" in "\n".join(graded_lines(found))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("yes_min: 0", "yes_min: 1"),
        ("yes_min: 6", "yes_min: 14"),
        ("yes_min: 14", "yes_min: 28"),
        ("level: high", "level: standard"),
        ("id: DASH-02", "id: DASH-01"),
        ("id: safe-contact", "id: safe-to-talk"),
    ],
)
def test_a_file_whose_bands_or_ids_cannot_hold_is_refused(
    speaker: Speaker, before: str, after: str
) -> None:
    """A gap between bands is a count that nobody owns."""
    folder = speaker.home.folder / OWN
    folder.mkdir()
    shipped = (Path(__file__).parents[2] / "contracts/instrument/dash-2009.yaml").read_text()
    assert before in shipped
    (folder / "dash-2009.yaml").write_text(shipped.replace(before, after, 1))
    with pytest.raises(Misuse, match=r"bands fall|id of its own"):
        instrument("dash-2009", speaker.home.folder)


def test_levels_stand_in_the_order_that_everything_here_rests_on() -> None:
    """The review calls its lowest band Low in the table and Standard in the text: they are one."""
    assert RISE["low"] == RISE["standard"] < RISE["medium"] < RISE["high"] < RISE["very_high"]

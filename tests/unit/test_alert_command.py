"""What the commands of alerts and rules say: threads, walls, terms in words, terms tried."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from consumers import aside
from consumers import store as stored
from consumers.desk.rows import looks
from consumers.safeguarding import rows
from consumers.safeguarding.trying import Compared, compared
from consumers.standing import keep_from
from deploy import clock
from deploy.command import invoke
from deploy.wiring import open_acting
from producers.home import Home
from tests.support.command import ROOT
from tests.support.speaking import Speaker
from tests.support.stranger import concern
from tests.support.telling import id_of, submitted
from tests.support.twins import CASE, HUB, POLICE, Town, beginning, read, say
from tests.vectors.ledger import CLOCK_MS, Played

TERMS = ROOT / "deploy" / "governance" / "rules.yaml"
LEAD = "L. Lead"


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine's clock stand."""
    monkeypatch.setattr(clock, "now_ms", lambda: CLOCK_MS)


class Reading:
    """A home whose agency was told something, and what its commands say."""

    def __init__(self, folder: Path, name: str, played: Played) -> None:
        """Let it read to the end."""
        made = Speaker(folder / "home", name=name)
        made.outbox.token_for("practitioner", LEAD)
        made.close()
        town = Town(beginning())
        town.log.tell(list(submitted(played)))
        town.log.deliver()
        self.folder = folder / "home"
        self.acting = read(self.folder, town, name)

    def says(self, capsys: pytest.CaptureFixture[str], *line: str, code: int = 0) -> str:
        """Run a command; give all it says."""
        capsys.readouterr()
        by = [] if line[:2] == ("rules", "list") else ["--by", LEAD]
        assert invoke([*line, "--home", str(self.folder), *by]) == code
        told = capsys.readouterr()
        return told.out + told.err

    def id_of(self, rule: str) -> str:
        """Give the id of the first alert of a rule."""
        with self.acting.store.read() as db:
            return next(str(one["id"]) for one in rows.all_alerts(db) if one["rule"] == rule)


def couple(played: Played, given: str = "Tracey", **his: Any) -> dict[str, Any]:
    """Write a report of a separation; `his` is the token of the first person, where known."""
    sections = concern(played.draw)
    if "token" in his:
        for name in ("person.1.identity", "person.1.part"):
            sections[name]["subject"] = his["token"]
        sections["use_limits"]["limits"][0]["subject"] = his["token"]
    sections["person.2.identity"]["names"] = [{"given": given}]
    return sections


def of_two(folder: Path) -> Reading:
    """Let the hub read of two couples, each in a thread of its own."""
    played = Played("two")
    for given in ("Tracey", "Nadia"):
        played.say(CASE, "concern_reported", couple(played, given))
    return Reading(folder, HUB, played)


def test_a_thread_begins_with_what_may_be_put_to_whom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A visit that says what she told may start the violence: it is read before anything else."""
    played = Played("thread")
    played.say(CASE, "concern_reported", couple(played))
    told = Reading(tmp_path, HUB, played).says(capsys, "alert", "list")
    about, limits, *rest = told.strip().splitlines()[2:]
    assert told.startswith("\n== THIS SHIFT"), told
    assert about.startswith("ABOUT ")
    assert limits.strip().startswith("USE: ")
    whole = "\n".join(rest)
    for words in ("why: ", "private enquiry, for the duty_manager by ", "NOBODY has it yet",
                  "good: ", "alone and safely"):  # fmt: skip
        assert words in whole


def test_of_the_last_role_nobody_is_said_to_come_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads that it goes to the same role after them would wait for another."""
    played = Played("last")
    played.say(CASE, "concern_reported", couple(played))
    home = Reading(tmp_path, HUB, played)
    told = home.says(capsys, "alert", "list")
    assert " UTC, and nobody is left after them: ring the duty_manager" in told
    assert "else the duty_manager" not in told
    with home.acting.store.write() as db:
        db.execute(update(rows.alerts).values(role="duty_safeguarding_lead"))
    assert " UTC, else the duty_manager" in home.says(capsys, "alert", "list")


def test_a_list_that_ends_before_all_was_shown_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads the first page at 3 am must not take it for everything."""
    home = of_two(tmp_path)
    cut = home.says(capsys, "alert", "list", "--first", "1")
    assert cut.count("\nABOUT ") == 1
    assert cut.endswith("MORE are open and press less: --first 2\n")
    whole = home.says(capsys, "alert", "list", "--first", "2")
    assert (whole.count("\nABOUT "), "MORE" in whole) == (2, False)
    with home.acting.store.write() as db:
        db.execute(update(rows.alerts).values(closed="done"))
    assert "No alert that may be shown is open" in home.says(capsys, "alert", "list")
    assert home.says(capsys, "alert", "list", "--all").count("\nABOUT ") == 2


def test_whoever_lists_alerts_is_recorded_as_at_the_desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each report of what is listed, and no other."""
    home = of_two(tmp_path)
    home.says(capsys, "alert", "list", "--first", "1")
    whose = home.acting.outbox.token_of("practitioner", LEAD)
    with home.acting.store.read() as db:
        seen = set(db.execute(select(looks.c.what, looks.c.token, looks.c.about)))
        about = {one["statement"] for one in rows.all_alerts(db)}
    assert len(about) == 2
    assert len(seen) == 1
    assert seen <= {("alerts", whose, one) for one in about}


def test_what_was_seen_to_by_hand_is_listed_no_more_and_says_by_whom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The duty manager is told of the same thing each day until somebody says that it is done."""
    home = of_two(tmp_path)
    with home.acting.store.write() as db:
        alert, *_ = (str(one["id"]) for one in rows.all_alerts(db))
        report = min(rows.statements_of(db, alert))
        aside.set_aside(db, alert, report, worker=aside.THE_LOG, what="key.unknown")
        keep_from(db, [report], ["somebody else"])
    where = ["--home", str(home.folder)]
    status = ("consumer", "status")
    assert f"NOT ON THE LOG: {alert}" in home.says(capsys, *status, code=1)
    assert f"SEE TO {alert} BY HAND" in home.says(capsys, "alert", "list")
    assert invoke(["alert", "list", *where]) == 0
    assert alert not in capsys.readouterr().out, "who does not say who looks is not told of it"
    with home.acting.store.write() as db:
        aside.set_aside(db, alert, alert, worker="Watching", what="KeyError")
    sees_to = ("consumer", "seen-to", alert, "--role", "duty_manager", "--words", "I rang police")
    assert "Watching, the log" in home.says(capsys, *sees_to, code=64)
    for worker in ("the log", "Watching"):
        home.says(capsys, *sees_to, "--worker", worker)
    told = home.says(capsys, *status).splitlines()
    (refused,), (failed,) = (
        [line for line in told if line.startswith(f"{alert}: {part};")]
        for part in ("the log (key.unknown)", "Watching (KeyError)")
    )
    assert f"{LEAD} saw to it by hand" in refused
    assert refused.endswith("I rang police")
    assert failed.endswith(f"candour consumer rebuild --home {home.folder}"), "still to be mended"
    assert "BY HAND" not in (left := home.says(capsys, "alert", "list"))
    assert alert in left, "it is closed as any other"
    assert f"{LEAD} saw to it already" in home.says(
        capsys, *sees_to, "--worker", "the log", code=64
    )


def test_status_counts_what_was_set_aside_and_names_it_to_who_says_who_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names alerts, who saw to them, and what they did in words: nobody's who is unknown."""
    home, status = of_two(tmp_path), ["consumer", "status"]
    whose = home.acting.outbox.token_of("practitioner", LEAD)
    with home.acting.store.write() as db:
        ids = [str(one["id"]) for one in rows.all_alerts(db)]
        reports = {one for alert in ids for one in rows.statements_of(db, alert)}
        for alert in ids:
            aside.set_aside(db, alert, alert, worker="Watching", what="KeyError")
    sees_to = ("consumer", "seen-to", ids[0], "--role", "duty_manager", "--words", "I rang police")
    home.says(capsys, *sees_to)
    assert invoke([*status, "--home", str(home.folder)]) == 1
    counted = capsys.readouterr().out
    which = f"1. Which: candour consumer status --by YOUR_NAME --home {home.folder}\n"
    assert f"TO BE SEEN TO BY HAND: {which}Seen to by hand: {which}" in counted
    assert not [one for one in (*ids, LEAD, "police") if one in counted]
    named = home.says(capsys, *status, code=1)
    assert f"SEE TO THIS BY HAND: {ids[1]}" in named
    assert f"{ids[0]}: Watching (KeyError); {LEAD} saw to it by hand" in named
    with home.acting.store.write() as db:
        query = select(looks.c.about).where(looks.c.what == "set_aside", looks.c.token == whose)
        assert sorted(db.execute(query).scalars()) == sorted(ids)
        keep_from(db, sorted(reports), [whose or ""])
    kept = home.says(capsys, *status)
    assert not [one for one in (*ids, "police") if one in kept]
    assert invoke([*status, "--home", str(home.folder)]) == 1


def test_nothing_of_one_woman_stands_in_the_thread_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """His new partner's thread may not show that there was one before her, nor who (E24)."""
    played = Played("wall")
    first = couple(played, "Tracey")
    token = first["person.1.identity"]["subject"]
    second = couple(played, "Nadia", token=token)
    second["risk"] = {"danger_now": "unknown", "children": "none_known", "factors": ["jealousy"]}
    played.say(CASE, "concern_reported", first)
    played.say(CASE, "concern_reported", second)
    told = Reading(tmp_path, HUB, played).says(capsys, "alert", "list", "--all")
    parts = told.split("\nABOUT ")[1:]
    assert len(parts) == 2
    for part in parts:
        assert ("Tracey" in part) != ("Nadia" in part), part
    hers = next(part for part in parts if "Nadia" in part)
    others = {first["person.2.identity"]["subject"], "Tracey"}
    assert not [one for one in others if one in hers]


def test_what_an_alert_rests_on_besides_stays_out_of_the_thread(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That he threatened another is why she might be told: whom, the thread does not say."""
    played = Played("rests")
    now = couple(played, "Nadia")
    token = now["person.1.identity"]["subject"]
    day = "2005-03-01"
    record = say(
        played, POLICE, "police_record_noted",
        {"occurred": {"precision": "day", "at": day}, "known_to_agency": day, "recorded": day,
         "record": "nfa_allegation", "offence": "threats", "domestic": "yes"},
        sections={
            "person.1.identity": {"subject": token, "names": [{"given": "Daniel"}]},
            "person.1.part": {"subject": token, "part": "alleged_perpetrator"},
            "person.2.identity": {"subject": "x" * 22, "names": [{"given": "Rita"}]},
            "person.2.part": {"subject": "x" * 22, "part": "victim"},
        },
    )  # fmt: skip
    played.say(CASE, "concern_reported", now)
    home = Reading(tmp_path, POLICE, played)
    told = home.says(capsys, "alert", "list")
    part = told[told.index(home.id_of("M04")) :]
    assert "rests on 1 more about one of them with somebody else" in part
    assert "Rita" not in told
    assert id_of(record) not in part


def test_terms_are_listed_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever is rung at night may ask by what rule, and read the answer."""
    told = Reading(tmp_path, HUB, Played("words")).says(capsys, "rules", "list")
    assert "names no rules: the shipped terms stand" in told
    assert "M10 (version 4): separate incidents between two people" in told
    assert "threshold 3, looks back 365 days" in told
    assert "informal: neighbour, councillor" in told
    assert "not run here; run by: health" in told
    assert "HAS NO SUCH RULE" not in told


def change(text: str, rule: str, before: str, after: str) -> str:
    """Change a line of one rule's term in a file of terms."""
    head, mark, rest = text.partition(f"  - id: {rule}\n")
    own, next_, others = rest.partition("  - id: ")
    assert before in own
    return head + mark + own.replace(before, after) + next_ + others


def test_terms_are_tried_over_history_and_nothing_is_written_or_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ruleset that would wake somebody each night is found out before it is adopted."""
    played = Played("tried")
    said = [played.say(CASE, "concern_reported", couple(played)) for _ in range(2)]
    threat = couple(played)
    threat["event"]["concern"] = "threat"
    played.say(CASE, "concern_reported", threat)
    home = Reading(tmp_path, HUB, played)
    text = TERMS.read_text()
    text = change(text, "separation", "attention: duty", "attention: interrupt")
    text = change(text, "M20", "kinds: [police, safeguarding_hub]", "kinds: [police]")
    text = change(text, "M16", "hours: 24", "hours: 48")
    file = tmp_path / "proposed.yaml"
    file.write_text(text)
    before = everything(home)
    told = home.says(capsys, "rules", "try", str(file))
    assert everything(home) == before
    assert "Nothing was published, and nothing was written." in told
    assert "M20: somebody warns of jealousy or of a threat: 0 new, 2 gone, 0 changed" in told
    assert "separation: somebody means to end a relationship: 0 new, 0 gone, 2 changed" in told
    for one in said:
        assert told.count(f"about report {id_of(one)}") == 1
    assert "interrupt 0 now, 2 with it; duty 2 now, 0 with it" in told
    assert told.count("attention: duty now, interrupt with it") == 2, "it says what changes"
    assert "4 of 4 alerts" in told
    late = home.says(capsys, "rules", "try", str(file), "--from", "2999-01-01")
    assert "0 of 0 alerts" in late
    same = home.says(capsys, "rules", "try", str(TERMS))
    assert "0 of 4 alerts" in same


def everything(home: Reading) -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of every table of a home's consumer."""
    with open_acting(Home.open(home.folder)).store.read() as db:
        return {
            table.name: [tuple(row) for row in db.execute(select(table))]
            for table in stored.metadata.sorted_tables
        }


def test_what_would_be_new_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lower threshold is seen for what it would have asked of people."""
    played = Played("new")
    sections = couple(played)
    sections["event"]["concern"] = "violence"
    for _ in range(2):
        played.say(CASE, "concern_reported", sections)
    home = Reading(tmp_path, HUB, played)
    file = tmp_path / "proposed.yaml"
    file.write_text(change(TERMS.read_text(), "M10", "threshold: 3", "threshold: 2"))
    told = home.says(capsys, "rules", "try", str(file))
    assert "M10: " in told
    assert "1 new, 0 gone, 0 changed" in told


def test_an_unknown_rule_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tried in silence it would look as if it never fired."""
    home = Reading(tmp_path, HUB, Played("unknown"))
    file = tmp_path / "proposed.yaml"
    file.write_text(TERMS.read_text().replace("id: M10", "id: M99"))
    told = home.says(capsys, "rules", "try", str(file), code=64)
    assert "has no rule M99" in told


def test_two_rulesets_compare_by_what_somebody_would_see() -> None:
    """When it was raised is no change; whose it is, is one."""
    row: Any = {
        "id": "a", "raised_at": 5, "rule": "M10", "version": "1", "attention": "duty",
        "act": None, "why": None, "owner_role": "o", "fallback_role": "f", "due_at": 9,
    }  # fmt: skip
    other = row | {"owner_role": "p"}
    assert not Compared(row, row | {"raised_at": 6}).change
    assert Compared(row, other).change == "changed"
    assert Compared(None, row).change == "new"
    assert Compared(row, None).change == "gone"
    assert [one.change for one in compared({"a": row}, {"a": other, "b": row | {"id": "b"}},
                                           since=5)] == ["changed", "new"]  # fmt: skip
    assert compared({"a": row}, {}, since=6) == []

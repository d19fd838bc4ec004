"""A practitioner from whom her case is kept: what every list shows them, word for word.

Two towns are played, one with her case and one without; at each, the same command by the same
person. Equal: words, order, exit code, and every query with its values, in order. Not equal: how
many rows a query reads before what is hidden is left out, and the index of an entry, which
everything that anybody says moves.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, event, select, text

from consumers.desk.rows import looks
from consumers.disclosure.rows import applications
from consumers.people.rows import people_named
from consumers.research.rows import research_tasks
from consumers.safeguarding.rows import alerts
from consumers.standing import hidden_from
from contracts.entry import Delivery
from deploy import clock
from deploy.command import EXIT_USAGE, invoke
from deploy.wiring import Acting, open_acting
from producers.home import Home
from tests.support.command import ROOT
from tests.support.reports import concern
from tests.support.speaking import Speaker
from tests.support.twins import CASE, DESK, HUB, KEPT, POLICE, Town, beginning, case_of, read
from tests.vectors.ledger import CLOCK_MS

BEFORE = "Nobody"
TRIED = f"rules try {ROOT}/deploy/governance/rules.yaml"
LISTS = {
    POLICE: ("research list --all", "alert list", "alert list --all", "response list",
             "request list", "person list", "person candidates", "outbox", "quarantine list",
             "emergency list", "exclusion list", "hold list", "correction list",
             "retention due --all", "erasure status", "risk show", "referral list", "enquiry list",
             "enquiry returns", "handover list", "housing list", "disclosure list",
             "intelligence list"),
    HUB: ("alert list --all", "response list", "request list", "person list", "person candidates",
          "retention due", "erasure status", "risk show", "referral list", "handover list",
          "housing list", "intelligence list"),
    CASE: ("response list", "request list", "alert list --all", "outbox", "exclusion list",
           "correction list", "risk show", "referral list", "enquiry list", "enquiry returns",
           "handover list"),
    DESK: ("quarantine list", "emergency list", "response list"),
}  # fmt: skip
Ran = tuple[int, str, list[tuple[str, Any]]]
Pair = Callable[..., tuple["Agency", "Agency"]]


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine's clock stand: what a query asks by it would differ."""
    monkeypatch.setattr(clock, "now_ms", lambda: CLOCK_MS)


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """Collect every query of every database, with its values."""
    found: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, text: str, values: Any, *_: Any) -> None:
        found.append((text, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class Agency:
    """One home in a town, at which somebody looks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def does(self, line: str, capsys: pytest.CaptureFixture[str]) -> Ran:
        """Run a command at this home; give its exit code, words and queries."""
        capsys.readouterr()
        with asked() as queries:
            code = invoke([*line.split(), "--home", str(self.folder), "--by", KEPT])
        said = capsys.readouterr()
        return code, f"{said.out}\n{said.err}".replace(str(self.folder), "HOME"), queries


@pytest.fixture
def pair(twin_homes: Callable[..., tuple[Path, Path, object]]) -> Pair:
    """Give a home in a town with her case, and its copy in a town without it, by name."""

    def made(*of: str, lifted: bool = False) -> tuple[Agency, Agency]:
        with_case, without, _ = twin_homes(*of, lifted=lifted)
        return Agency(with_case), Agency(without)

    return made


@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_whom_it_is_kept_from_that_there_is_something(
    pair: Pair, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The perpetrator works there: he looks, and sees what a colleague of nobody's would see."""
    with_case, without = pair(name)
    for line in LISTS[name]:
        code, said, queries = with_case.does(line, capsys)
        other = without.does(line, capsys)
        assert (code, said) == other[:2], line
        assert queries == other[2], line
        assert BEFORE not in said, "who looks is known here by name"


def test_terms_that_are_tried_raise_nothing_that_is_kept_from_who_tries_them(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    """He tries a ruleset and counts: of her case nothing is counted.

    It reads every record that it may show anew, so that the indices of entries stand in its
    queries: those move with all that anybody says.
    """
    with_case, without = pair(POLICE)
    code, said, queries = with_case.does(TRIED, capsys)
    other = without.does(TRIED, capsys)
    assert (code, said) == other[:2]
    assert [query for query, _ in queries] == [query for query, _ in other[2]]
    assert "alerts that either raises" in said


def test_a_colleague_sees_what_is_kept_from_him(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the comparison above would hold of lists that show nobody anything."""
    with_case, without = pair(POLICE)
    acting = open_acting(Home.open(with_case.folder))
    acting.outbox.token_for("practitioner", "C. Colleague")
    for line in ("research list --all", "response list"):
        capsys.readouterr()
        assert (
            invoke([*line.split(), "--home", str(with_case.folder), "--by", "c.  COLLEAGUE"]) == 0
        )
        seen = capsys.readouterr().out
        assert len(seen) > len(without.does(line, capsys)[1])
        assert invoke([*line.split(), "--home", str(with_case.folder)]) == 0
        nameless = capsys.readouterr().out
        assert nameless.startswith("Nobody says who looks")
        assert len(nameless) < len(seen), "who is not named is shown what is kept from nobody"


def her_id(told: str) -> bool:
    """Say whether a list names a statement at all."""
    return re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7", told) is not None


SEEN = {
    CASE: ("enquiry list", "enquiry returns", "risk show"), HUB: ("referral list",),
    POLICE: ("referral list", "disclosure list"),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_a_colleague_sees_what_is_done_about_her(
    pair: Pair, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Casework too: else its lists would be kept from everybody, and the comparison be empty."""
    hub = name if name == POLICE else HUB
    with_case, without = pair(name, hub, lifted=True)
    acting = open_acting(Home.open(with_case.folder))
    acting.outbox.token_for("practitioner", "C. Colleague")

    def sees(line: str) -> tuple[int, str]:
        capsys.readouterr()
        told = [*line.split(), "--home", str(with_case.folder), "--by", "C. Colleague"]
        return invoke(told), capsys.readouterr().out

    for line in SEEN[name]:
        before = looked_at(acting)
        code, seen = sees(line)
        assert code == 0
        assert her_id(seen), line
        assert any(one in seen for one in looked_at(acting)[len(before) :]), f"{line} is no look"
        assert not her_id(without.does(line, capsys)[1]), line
    with acting.store.write() as db:
        db.execute(text("ALTER TABLE looks RENAME TO gone"))
    for line in SEEN[name]:
        code, seen = sees(line)
        assert code
        assert not her_id(seen), f"{line} shows what it cannot record"


def looked_at(acting: Acting) -> list[str]:
    with acting.store.read() as db:
        return list(db.execute(select(looks.c.about).order_by(looks.c.place)).scalars())


def ids_of(agency: Agency) -> dict[str, set[str]]:
    """List what may be acted on at a home, by what it is."""
    columns = {"task": research_tasks.c.id, "report": research_tasks.c.statement,
               "alert": alerts.c.id, "person": people_named.c.token}  # fmt: skip
    with open_acting(Home.open(agency.folder)).store.read() as db:
        return {name: set(db.execute(select(one)).scalars()) for name, one in columns.items()}


def test_what_he_cannot_see_of_a_disclosure_he_cannot_act_on(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """He is the officer who is asked about: his stage, his look, are of no application."""
    with_case, _ = pair(POLICE, POLICE, lifted=True)
    acting = open_acting(Home.open(with_case.folder))
    with acting.store.read() as db:
        (application,) = db.execute(select(applications.c.id)).scalars()
    words = tmp_path / "words.yaml"
    words.write_text("reason: none\n")
    step = f"assessed --words {words} --role sergeant"
    for line in (f"disclosure stage {{}} {step}", "disclosure show {}",
                 "disclosure show {} --applicant"):  # fmt: skip
        hers = with_case.does(line.format(application), capsys)[:2]
        assert hers == with_case.does(line.format(f"{application[:-1]}z"), capsys)[:2]
        assert "There is no application of this id." in hers[1]


def test_what_he_cannot_see_he_cannot_act_on(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """He guesses an id, or has seen it on a screen: it answers as an id that never was."""
    with_case, without = pair(POLICE)
    seen, known = ids_of(with_case), ids_of(without)
    names = ("task", "report", "alert", "person")
    task, report, alert, person = (min(seen[name] - known[name]) for name in names)
    ours = min(seen["person"] & known["person"])
    words = tmp_path / "words.yaml"
    words.write_text("reason: none\n")
    copy, sought = tmp_path / "copy.yaml", tmp_path / "sought.yaml"
    copy.write_text("product: nothing that names anybody\n")
    sought.write_text("line_of_enquiry: a\nperiod: b\nwhy: c\nless_intrusive: d\n")
    who, why = "--role duty_manager", f"--words {words}"
    for line in (
        f"research complete {task} --outcome nil {who}",
        f"research nfa {report} {why} {who}",
        f"research show {task}",
        f"research show {task} --reveal-whereabouts {why} {who}",
        f"research request-victim-information {report} --person {'x' * 22} --to mk-hub "
        f"--authorised-by Head --notice-given --words {sought} {who}",
        f"intelligence grade {report} --scheme 3x5x2 --source 1 --assessment A --handling P {who}",
        f"intelligence release {report} --of {report} --person {'x' * 22} --sanitised-by Writer "
        f"--handling P --words {copy} {who}",
        f"alert ack {alert} {who}",
        f"alert hand-over {alert} --to duty_inspector {who}",
        f"alert snooze {alert} --hours 2 {why} {who}",
        f"alert escalate {alert} {who}",
        f"alert close {alert} --outcome done {who}",
        f"person show {person}",
        f"person pair {ours} {person}",
        f"person candidates --subject {person}",
        f"person link {ours} {person} {why} {who}",
        f"person apart {ours} {person} {why} {who}",
        f"response supply {report} --outcome nil {who}",
        f"referral consider {report} --kind idva {why} {who}",
        f"response give {report} --received-by Kept --researched no --action no_action {why} {who}",
    ):
        code, said, _ = with_case.does(line, capsys)
        assert (code, said) == without.does(line, capsys)[:2], line
        assert (code, "is known here" in said) == (EXIT_USAGE, False)
        refusal = r"There is no |No(thing|body) of this |No re[a-z]+ (was|of this id (was|is|that))"
        assert re.search(refusal, said), said


def test_a_reporter_who_is_excluded_from_what_a_colleague_reports_sees_nothing_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything came back, and after: his own agency's outbox holds the bytes."""
    speaker = Speaker(tmp_path / "case")
    speaker.read()
    token = speaker.outbox.token_for("practitioner", KEPT)
    report = concern(speaker.outbox)
    speaker.outbox.publish(report)
    home = Agency(tmp_path / "case")
    before = home.does("outbox", capsys)[1]
    hers = concern(speaker.outbox)
    kept = msgspec.json.encode({"excluded": [{"subjects": [], "practitioner": token}]})
    hers.sections["exclusions"] = msgspec.Raw(kept)
    speaker.outbox.publish(hers)
    assert home.does("outbox", capsys)[1] == before
    speaker.send()
    speaker.read()
    after = home.does("outbox", capsys)[1]
    assert hers.id not in after
    assert after.count("ACCEPTED") + after.count("HELD") == before.count("waiting")
    assert home.does(f"outbox show {hers.id}", capsys)[:2] == home.does(
        f"outbox show {report.id[:-1]}z", capsys
    )[:2]  # fmt: skip
    assert re.search(report.id, after)


def test_what_is_lifted_shows_again_and_unlinking_restores(tmp_path: Path) -> None:
    """An exclusion ends where it was an error: his desk must not lack a report for ever."""
    made = Speaker(tmp_path / "home", name=POLICE)
    token = made.outbox.token_for("practitioner", KEPT)
    made.close()
    hers = case_of({"practitioner": token}, lifted=True)
    town = Town(beginning())
    hidden = []
    for said in (hers[:-1], hers[-1:]):
        town.log.tell(said)
        town.log.deliver()
        with read(tmp_path / "home", town, POLICE).store.read() as db:
            hidden.append(hidden_from(db, {token}))
    before, after = hidden
    assert after < before
    kept = [one for one in town.log.opened("thames-valley") if one.delivery.withheld_from]
    own = {one.statement.context.id for one in kept if one.statement.kind.persons}
    assert after & own, "what a report says of itself stays"
    assert (before - after) & own, "and what was recorded about her ends"


def test_a_delivery_keeps_what_it_covers_too_and_shows_again_nothing_but_that() -> None:
    """Decided once, for a consumer's store and an outbox's: a notice may be about what is held."""
    told = Delivery(
        statement="told", to=POLICE, leg="exclusion", sections=[], handling="OFFICIAL",
        withheld_from=["him"], covers=["held"],
    )  # fmt: skip
    assert told.kept == ["told", "held"]
    assert told.shown_again == []
    assert msgspec.structs.replace(told, lifted=["him"]).shown_again == ["held"]

"""Figures: counted twice, of a store and of the log, against what was generated; nobody in them."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers import standing
from consumers.audit.container import opened
from consumers.figures import counting, exported, rows
from consumers.figures.table import (
    COLUMNS,
    SUPPRESSED,
    Fact,
    Row,
    Shape,
    quarter_of,
    tabled,
    written,
)
from consumers.store import views
from consumers.telling import rows as telling
from contracts.duration import DAY_MS, HOUR_MS
from deploy.refusals import refusals
from tests.support import agreed
from tests.support.command import invoked
from tests.support.desk import HUB, PROBATION, Desk
from tests.support.exporting import export_folder
from tests.support.month import Ordinary, month
from tests.support.reports import concern
from tests.support.speaking import Speaker, adopt
from tests.support.town import Town
from tests.support.working import Working, files_in

COUNT = 95
ACTING = ("thames-valley", "mk-mash", "nps-thames-valley", "mkucs", "mk-csp")
ASKED_BY = ("mkucs", "grove-surgery", "mkuhft")
Counted = tuple[list[Fact], int]
LATER = datetime(2027, 4, 20, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def said() -> list[Ordinary]:
    """Three days of a month, generated."""
    return list(month(5, COUNT, begins="2027-01-04", days=3))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, said: list[Ordinary]) -> Iterator[Working]:
    """A partnership that worked through it, and whose quarter is over."""
    folder = tmp_path_factory.mktemp("town")
    worked = Working("figures", store=files_in(folder), acting=ACTING)
    hour = 0
    for one in said:
        if one.at // 3_600_000 != hour:
            worked.settle()
            worked.move(one.at)
            hour = one.at // 3_600_000
        worked.say(one.source, one.event, one.sections, urgency=one.urgency)
    worked.settle()
    for days in (5, 30, 60):
        worked.move(worked.log.clock_ms + days * DAY_MS)
        worked.settle()
    worked.move(round(LATER.timestamp() * 1000))
    worked.settle()
    yield worked
    worked.close()


@pytest.fixture(scope="module")
def export(town: Working, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An export of its log, and what to trust."""
    return export_folder(town.log, tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def of_log(export: tuple[Path, Path]) -> Counted:
    """What is counted of that, and when."""
    with opened(export[0]) as held:
        return exported.facts(held)


def of_store(town: Working, agency: str) -> list[Fact]:
    """Count an agency's own store."""
    with town.consumers[agency].store.read() as db:
        return list(rows.facts(db, frozenset()))


def counted(facts: list[Fact], begins: str) -> Counter[tuple[str, str]]:
    """Count facts whose figure begins so, by figure and group."""
    return Counter((one.figure, one.group) for one in facts if one.figure.startswith(begins))


def test_enquiries_are_counted_as_they_were_generated(
    town: Working, said: list[Ordinary], of_log: Counted
) -> None:
    """Whoever counts by hand must come to the same, over one agency and over the log."""
    expected: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in ASKED_BY}
    for one in said:
        agency, event = one.source.partition("/")[0], one.sections["event"]
        if one.event == "attendance_recorded":
            asked = "not asked" if event["enquiry"] == "not_asked" else "asked in private"
            expected[agency][f"enquiry: attendance, {event['attendance']}", asked] += 1
    assert sum(expected["mkucs"].values()) > 5
    assert counted(of_store(town, "mkucs"), "enquiry: attendance") == expected["mkucs"]
    found, _ = of_log
    whole = expected["mkucs"] + expected["grove-surgery"] + expected["mkuhft"]
    assert counted(found, "enquiry: attendance") == whole


def test_a_store_and_the_log_give_the_same_figures(town: Working, of_log: Counted) -> None:
    """An agency's figures are to be believed because an auditor comes to the same."""
    found, now = of_log
    assert now == town.log.state.ledger_time
    police = of_store(town, "thames-valley")
    assert counted(police, "research") == counted(found, "research")
    assert sum(counted(found, "research of reports").values()) > 5
    every = [one for agency in ACTING for one in of_store(town, agency)]
    assert counted(every, "alerts") == counted(found, "alerts")
    assert counted(every, "interrupts") == counted(found, "interrupts")
    overdue = "clock: response given", "not done"
    told = [(a, one) for a in ACTING for one in town.events(a, "duty_overdue")]
    owed = {(a, one["statement"]) for a, one in told if one["duty"] == "response_given"}
    assert counted(every, "clock: response given")[overdue] == len(owed)
    assert counted(every, "clock: response given")[overdue] > 0


def test_the_hours_of_a_shift_are_said_to_be_utc() -> None:
    """A desk's shift begins an hour earlier all summer."""
    at = 23 * HOUR_MS
    found = counting.alert(
        at, "M04", "interrupt", due_at=at, had_at=None, useful="not_said", now=at
    )
    assert Fact(at, "interrupts by shift, hours in UTC", "16-24") in found


def test_what_a_role_was_told_to_look_at_now_is_counted_by_rule_and_shift(tmp_path: Path) -> None:
    """What a shift feels is how often it was to look up: an interrupt that nobody has rings on."""
    desk = Desk(tmp_path)
    report = desk.report(urgency="urgent")
    desk.settle()
    desk.pass_hours(0.2)
    desk.settle()
    desk.report(urgency="threat_to_life")
    desk.settle()
    store = desk.acting(HUB).store
    with store.read() as db:
        pressing = [row["waits"] for row in telling.listed(db) if row["press"] == "now"]
        told = [one for one in rows.facts(db, frozenset()) if one.figure.startswith("told to")]
    assert len(pressing) > 3
    by = Counter(one.group for one in told if one.figure == counting.NOW)
    assert by == {
        "separation": pressing.count("alert"), "a threat to life": pressing.count("arrived"),
    }  # fmt: skip
    shifts = Counter(one.group for one in told if one.figure == counting.NOW_BY_SHIFT)
    assert sum(shifts.values()) == len(pressing)
    assert set(shifts) <= set(counting.SHIFTS)
    with store.write() as db:
        standing.keep_from(db, [report], ["his-token"])
    with store.read() as db:
        shown = list(rows.facts(db, frozenset({"his-token"})))
    kept = Counter(one.group for one in shown if one.figure == counting.NOW)
    assert kept["separation"] < by["separation"]
    assert kept["a threat to life"] == by["a threat to life"]


def test_nothing_that_is_told_names_an_agency_a_person_or_a_day(
    town: Working, of_log: Counted
) -> None:
    """Small cohorts are known by their dates, and by who was the only one to say so."""
    found, now = of_log
    text = written(tabled(found, counting.SHAPE, now=now))
    for agency, admitted in town.consumers["mk-csp"].voice.partners.agencies.items():
        assert agency not in text
        assert admitted.title not in text
    assert set(re.findall(r"20[0-9]{2}\S*?,", text)) == {"2027-Q1,"}
    assert "death" not in text


def test_the_table_is_tidy_and_says_what_is_left_out(town: Working, of_log: Counted) -> None:
    """Somebody opens it in a spreadsheet and must not take a gap for a nought."""
    found, now = of_log
    table = list(csv.DictReader(io.StringIO(written(tabled(found, counting.SHAPE, now=now)))))
    assert tuple(table[0]) == COLUMNS
    by = {(row["figure"], row["group"]): row for row in table}
    illness = by["enquiry: attendance, illness", "asked in private"]
    whole = int(illness["denominator"])
    share = 100 * int(illness["numerator"]) / whole
    assert illness["percentage"] == f"{share:.1f}"
    assert any(row["numerator"] == SUPPRESSED == row["percentage"] for row in table)
    for row in table:
        if row["numerator"] != SUPPRESSED:
            assert int(row["numerator"]) == 0 or int(row["numerator"]) >= 5


def test_no_cell_of_a_whole_table_follows_from_the_others(town: Working, of_log: Counted) -> None:
    """All that is told, as equations: none of what is left out has only one value."""
    found, now = of_log
    table = tabled(found, counting.SHAPE, now=now)
    assert any(row.numerator is None for row in table)
    assert determined(table, counting.SHAPE) == []


def test_figures_that_part_one_whole_are_told_together_or_not_at_all() -> None:
    """Else the total that one leaves out stands in the other."""
    facts = [
        *(Fact(0, "by rule", f"M{n:02d}") for n in range(5)),
        *(Fact(0, "by shift", "08-16") for _ in range(5)),
    ]
    shape = Shape({}, (("by rule", "by shift"),))
    now = 200 * DAY_MS
    assert all(row.numerator is None for row in tabled(facts, shape, now=now))
    apart = tabled(facts, Shape(), now=now)
    assert [row for row in apart if row.numerator == 5]


def determined(table: list[Row], shape: Shape) -> list[Row]:
    """List what is left out and follows from what is told, by linear algebra."""
    names: dict[object, int] = {}

    def unknown(key: object) -> int:
        return names.setdefault(key, len(names))

    parts: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        parts.setdefault((row.period, row.figure), []).append(row)
    equations: list[dict[int, Fraction]] = []
    for (period, figure), cells in parts.items():
        family = next((tuple(f) for f in shape.together if figure in f), (figure,))
        # The whole is one unknown of its family; the parts sum up to it, whatever is told.
        equation = {unknown((period, family)): Fraction(-1)}
        for row in cells:
            equation[unknown((period, figure, row.group))] = Fraction(1)
            if row.numerator is not None:
                equations.append({unknown((period, figure, row.group)): Fraction(1)})
        if cells[0].denominator is not None:
            equations.append({unknown((period, family)): Fraction(1)})
        equations.append(equation)
    solved = reduced(equations)
    return [
        row
        for row in table
        if row.numerator is None
        and {names[row.period, row.figure, row.group]: Fraction(1)} in solved
    ]


def reduced(equations: list[dict[int, Fraction]]) -> list[dict[int, Fraction]]:
    """Bring equations to reduced row echelon form; what is determined stands alone in its row."""
    done: dict[int, dict[int, Fraction]] = {}
    for given in equations:
        row = dict(given)
        for pivot, other in done.items():
            if pivot in row:
                row = _less(row, other, row[pivot])
        if not row:
            continue
        pivot = min(row)
        row = {name: value / row[pivot] for name, value in row.items()}
        done = {
            p: _less(other, row, other[pivot]) if pivot in other else other
            for p, other in done.items()
        }
        done[pivot] = row
    return list(done.values())


def _less(
    row: dict[int, Fraction], other: dict[int, Fraction], times: Fraction
) -> dict[int, Fraction]:
    found = {n: row.get(n, Fraction()) - times * other.get(n, Fraction()) for n in {*row, *other}}
    return {name: value for name, value in found.items() if value}


def test_the_solver_finds_what_can_be_worked_out() -> None:
    """A test that could not fail would prove nothing."""
    table = [Row("q", "f", "a", None, 10), Row("q", "f", "b", 8, 10)]
    assert determined(table, Shape()) == [table[0]]
    assert determined([table[0], Row("q", "f", "b", None, 10)], Shape()) == []


def test_what_happened_in_the_quarter_under_way_is_not_told() -> None:
    """Set against tomorrow's, it would tell of today."""
    first, second = (
        round(datetime(2012, month, 1, tzinfo=UTC).timestamp() * 1000) for month in (3, 5)
    )
    facts = [Fact(at, "f", "g") for at in (first, second) for _ in range(9)]
    assert [row.period for row in tabled(facts, Shape(), now=second)] == ["2012-Q1"]
    later = second + 90 * DAY_MS
    assert [row.period for row in tabled(facts, Shape(), now=later)] == ["2012-Q1", "2012-Q2"]
    told = tabled(facts, Shape(), now=later, quarters=("2012-Q2", "2012-Q4"))
    assert [row.period for row in told] == ["2012-Q2"]
    assert quarter_of(first) == "2012-Q1"


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(begins: str) -> None:
    """A rule's id comes from a ruleset: a spreadsheet must not run it."""
    facts = [Fact(0, "alerts, by rule", f'{begins}cmd|"/c calc"!A1')] * 9
    text = written(tabled(facts, Shape(), now=200 * DAY_MS))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not any(cell.startswith(begins) for cell in cells)


def test_what_is_kept_from_who_looks_is_not_counted(town: Working) -> None:
    """A count that is one higher for a colleague says that there is something."""
    store = town.consumers["mkucs"].store
    before = counted(of_store(town, "mkucs"), "enquiry")
    with store.write() as db:
        query = select(views.c.id).where(views.c.event == "attendance_recorded")
        view = db.execute(query).scalar()
        standing.keep_from(db, [str(view)], ["his-token"])
    with store.read() as db:
        for viewer in (frozenset({"his-token"}), None):
            less = counted(list(rows.facts(db, viewer)), "enquiry")
            assert sum(less.values()) == sum(before.values()) - 1
        assert counted(list(rows.facts(db, frozenset({"hers"}))), "enquiry") == before
    with store.write() as db:
        standing.show_again(db, [str(view)], ["his-token"])


def test_an_auditor_tells_figures_only_of_what_verifies(
    export: tuple[Path, Path], tmp_path: Path
) -> None:
    """By the command, into a new private file."""
    made, trust = export
    file = tmp_path / "figures.csv"
    arguments = ("audit", "figures", made, "--trust", trust, "--workers", 0)
    ended = invoked(*arguments, "--csv", file, "--from", "2027-Q1", "--to", "2027-Q1")
    assert ended.returncode in {0, 1}, ended.stderr
    assert "suppressed: each is below 5" in ended.stderr
    assert "Counted: each statement on the log once, whoever said it." in ended.stderr
    assert file.read_text().startswith("period,figure,group,numerator,denominator,percentage")
    assert file.stat().st_mode & 0o077 == 0
    small, trust = export_folder(Town().log, tmp_path)
    arguments = ("audit", "figures", small, "--trust", trust, "--workers", 0)
    again = invoked(*arguments, "--csv", file)
    assert (again.returncode, "is not overwritten" in again.stderr) == (64, True)
    wrong = invoked(*arguments, "--from", "2027-01-01")
    assert (wrong.returncode, "2012-Q2" in wrong.stderr) == (64, True)
    wrong = invoked(*arguments, "--from", "2027-Q2", "--to", "2027-Q1")
    assert (wrong.returncode, "--from is after --to" in wrong.stderr) == (64, True)
    assert invoked(*arguments, "--least", 3).returncode == 64
    ledger = small / "ledger.log"
    ledger.write_bytes(
        ledger.read_bytes().replace(b'"outcome":"accepted"', b'"outcome":"rejected"')
    )
    broken = invoked(*arguments)
    assert broken.returncode > 1
    assert "period,figure" not in broken.stdout


def test_an_agency_counts_its_own_refusals_by_its_receipts(tmp_path: Path) -> None:
    """It knows why only of what it said itself."""
    speaker = Speaker(tmp_path / "home")
    adopt(speaker.town)
    speaker.read()
    speaker.say()
    for _ in range(2):
        speaker.say(concern(speaker.outbox, named=False))
    found = [(one.figure, one.group) for one in refusals(speaker.outbox, frozenset())]
    assert found == [("held, by reason", "provenance.practitioner_missing")] * 2
    speaker.close()
    told = invoked("figures", "--home", speaker.home.folder)
    assert (told.returncode, told.stdout) == (0, ",".join(COLUMNS) + "\r\n"), told.stderr
    assert "Nobody known here looks" in told.stderr
    assert f"Counted: what {speaker.agency} said and was sent;" in told.stderr


@pytest.mark.parametrize(("decision", "met"), [("accepted", "in time"), (None, "not done")])
def test_a_handover_counts_by_whether_somebody_took_over_before_the_end(
    tmp_path: Path, decision: str | None, met: str
) -> None:
    """E26, E42, E50: it is this that nobody counted."""
    desk = Desk(tmp_path)
    agreed.adopt(desk)
    sections, ends = agreed.people(desk), "2012-09-28"
    facts = agreed.dated(closure="licence", ends_on=ends, risk_recognised="unknown")
    agreed.say(desk, PROBATION, "closure_notified", facts, sections=sections)
    referral = agreed.refer(desk, "handover", ends_on=ends, sections=sections)
    agreed.answer(desk, referral, decision)
    desk.pass_hours(200 * 24)
    desk.settle()
    with desk.acting(PROBATION).store.read() as db:
        found = [one for one in rows.facts(db, frozenset()) if one.figure == "clock: handover"]
    assert [(quarter_of(one.at), one.group) for one in found] == [("2012-Q3", met)]

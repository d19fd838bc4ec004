"""The review as data: each event once, of its day and agency, in words that the format takes.

What it is held against was copied from the domain reference and the review by hand
(`tests/replay/review/`); the file itself is `deploy/replay/review.yaml`.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from contracts.event import BY_NAME
from contracts.event.work import Act
from contracts.section import PLAIN
from producers.document import convert, fitted, load_file
from producers.filed import EVENTS, Report, absent, ahead, lost, occurred_of

HERE = Path(__file__).parent / "review"
REVIEW = Path(__file__).parents[2] / "deploy" / "replay" / "review.yaml"

AGENCIES = {
    "TVP": "thames-valley", "TVP/court": "thames-valley", "court": "thames-valley",
    "neighbours→PCSO": "thames-valley", "colleague": "thames-valley", "ASC": "mkc-adult-care",
    "Housing": "mkc-housing", "Probation": "nps-thames-valley", "CRC": "nps-thames-valley",
    "Court/Probation": "nps-thames-valley", "MKUCS": "mkucs", "MKUCS, GP": "mkucs",
    "MKUCS/GP": "mkucs", "GP": "grove-surgery", "Compass": "compass", "MKUHFT": "mkuhft",
    "JR/coroner": "mkuhft", "family": "mk-mash", "Tom": "mk-mash", "parish councillor": "mk-mash",
}  # fmt: skip
"""Which party speaks for a column of the chronology; family and friends speak to the hub."""
LATER = {"E13", "E59", "E60", "E65", "E68", "E69"}
LETTERS = {
    "P": "thames-valley", "X": "bedfordshire", "H": "mk-mash", "N": "nps-thames-valley",
    "A": "mk-act", "D": "mkc-housing", "G": "grove-surgery", "U": "mkucs", "W": "mkuhft",
    "K": "mkc-children", "L": "mkc-adult-care", "C": "compass", "Z": "mk-csp",
}  # fmt: skip
KINDS = {
    "police", "probation", "health", "support_service", "social_care", "housing",
    "safeguarding_hub",
}  # fmt: skip
PSEUDONYMS = {"Daniel", "Tracey", "John", "Tom", "Lisa", "Jane"}
"""The review's own (1.3.3)."""
MARKED = {
    "Example", "Other", "Former-Invented", "Wife-Invented", "Daughter-Invented", "New-Invented",
}  # fmt: skip
"""Family names that nobody can take for somebody's."""


@cache
def case() -> dict[str, Any]:
    """Read the file."""
    value, _ = load_file(REVIEW)
    assert isinstance(value, dict)
    return value


def reports() -> list[dict[str, Any]]:
    """List the items that report, in the file's order."""
    return [item for item in case()["items"] if "report" in item]


def events() -> dict[str, dict[str, Any]]:
    """Give the review's own events by id: not companions, not what is invented."""
    return {i["id"]: i for i in reports() if re.fullmatch(r"E\d\d", i["id"])}


def lines(name: str) -> list[str]:
    """Read a table's lines, comments apart."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def rows(name: str, part: str | None = None) -> list[list[str]]:
    """Read a table, or the part of it under `== part`."""
    found: list[list[str]] = []
    within = part is None
    for line in lines(name):
        if line.startswith("== "):
            within = line == f"== {part}"
        elif within:
            found.append([cell.strip() for cell in line.split(" | ")])
    return found


def agency_of(item: dict[str, Any]) -> str:
    """Give the agency that an item's writer speaks for."""
    return str(case()["writers"][item["writer"]]["agency"])


def when_of(item: dict[str, Any]) -> date:
    """Give the day of an item that has one."""
    return date.fromisoformat(item["report"]["when"][:10])


def filed(item: dict[str, Any]) -> dict[str, Any]:
    """Write an item's report as its writer would file it, ids and people put in."""
    report = dict(item["report"])
    people = [dict(one) for one in report.get("people", [])]
    for one in people:
        key = one.pop("is")
        knows = one.pop("knows", None)
        known = case()["people"][key].items()
        one.update({n: v for n, v in known if n not in one and (knows is None or n in knows)})
        one["reference"] = key
    said = "00000000-0000-7000-8000-000000000000"
    if people:
        report["people"] = people
    if "causes" in report:
        report["causes"] = [said for _ in report["causes"]]
    return report | ({"completes": said} if "completes" in report else {})


def of_people(item: dict[str, Any]) -> set[str]:
    """Give the keys of the people that an item names."""
    if "link" in item:
        return set(item["link"]["people"])
    return {one["is"] for one in item["report"].get("people", [])}


def test_every_event_of_the_chronology_is_there_once() -> None:
    """An event left out is a missed opportunity that the replay would not show."""
    wanted = [row[0] for row in rows("chronology.txt")]
    assert len(wanted) == 69
    assert sorted(wanted) == [f"E{n:02}" for n in range(1, 70)]
    assert sorted(events()) == sorted(wanted)
    ids = [item["id"] for item in case()["items"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("row", rows("chronology.txt"), ids=lambda row: row[0])
def test_an_event_is_of_the_day_and_the_agency_that_the_chronology_gives(row: list[str]) -> None:
    """A date made more exact than it is known would be an invention."""
    item = events()[row[0]]
    report, written = item["report"], row[1]
    first, _, last = written.partition("–")
    exact = re.match(r"\d{4}(-\d\d){0,2}", written)
    if written.startswith(("undated", "~", "end")):
        assert report["when"].startswith(("undated", "about"))
    elif row[0] in {"E59", "E60"}:
        assert report["when"] == "about 2018-05"
    else:
        assert exact
        assert report["when"][: len(exact[0])] == exact[0]
        assert len(report["when"]) == len(exact[0]) or "T" in report["when"]
    if exact and last:
        # `1994-06-16–07-31` shares its year with what stands before it.
        whole = last if re.match(r"\d{4}", last) else f"{first[:5]}{last}"
        assert report.get("until", "") == whole
    assert agency_of(item) == AGENCIES[row[2]]


def test_items_stand_in_the_order_in_which_they_are_said() -> None:
    """What happened is read downwards, and nothing arises from what is said later."""
    said: list[datetime] = []
    before: set[str] = set()
    for item in case()["items"]:
        said.append(datetime.fromisoformat(item["at"]))
        report = item.get("report", {})
        assert {*report.get("causes", []), *[report.get("completes")]} - {None} <= before
        before.add(item["id"])
    assert said == sorted(said)
    assert len(set(said)) == len(said)
    assert datetime.fromisoformat(case()["begins"]) < said[0]


def test_nothing_is_said_before_it_happened() -> None:
    """A report ahead of its own day would warn of what nobody could know."""
    for item in reports():
        found = re.match(r"(?:about )?(\d{4})-?(\d\d)?-?(\d\d)?", item["report"].get("when", ""))
        if found:
            day = date(*(int(part or 1) for part in found.groups()))
            assert day <= datetime.fromisoformat(item["at"]).date(), item["id"]


def test_every_item_and_saying_cites_a_paragraph_that_the_review_has() -> None:
    """Whoever doubts a line must be able to read it where it comes from."""
    known = set(lines("paragraphs.txt"))
    cited = [item["review"] for item in case()["items"]]
    cited += [
        one["review"] for about in case()["contradictions"] for one in about["sayings"]
    ]  # fmt: skip
    assert {part for text in cited for part in text.split(", ")} <= known


def test_the_paragraph_is_the_chronologys_or_one_beside_it() -> None:
    """The reference names where each event stands; a citation elsewhere would be another event."""
    for row in rows("chronology.txt"):
        mine = events()[row[0]]["review"].split()[0]
        wanted = re.findall(r"\d+(?:\.\d+)*", row[3])
        assert mine in wanted, row[0]


@pytest.mark.parametrize("item", reports(), ids=lambda item: item["id"])
def test_a_report_is_what_its_writer_could_have_filed(item: dict[str, Any]) -> None:
    """Read as `candour publish` reads it: nothing unknown, nothing lost, facts of its kind."""
    value = filed(item)
    report = fitted(value, {}, Report, name="review.yaml")
    today = item["at"][:10]
    assert [*absent(report), *lost(report), *ahead(report, today)] == []
    event = EVENTS[report.report]
    facts = dict(report.facts)
    if report.report == "provenance":
        facts["statement"] = value["completes"]
    else:
        occurred = occurred_of(report.when, report.until)
        told: dict[str, Any] = {"precision": occurred.precision}
        told |= {n: v for n in ("at", "until") if (v := getattr(occurred, n)) is not None}
        facts |= {"occurred": told, "known_to_agency": report.known or today}
        facts |= {"recorded": report.recorded or today, "standing": item["standing"]}
    assert convert(facts, {}, BY_NAME[event].shape, name="review.yaml")


def test_standing_is_what_the_review_lets_it_be() -> None:
    """Only what was held then counts in a headline: one mark too many would say `prevented`."""
    for key, item in events().items():
        wanted = "learned_at_review" if key in LATER else "held_then"
        assert item["standing"] == ("told_informally" if key == "E58" else wanted), key
    for item in reports():
        marked = "INVENTED" in str(item["report"]) or item["report"].get("report") == "provenance"
        assert marked == (item["standing"] == "invented"), item["id"]
    assert all(i["standing"] == "invented" for i in case()["items"] if "link" in i)


def test_what_the_reference_says_of_single_items_holds() -> None:
    """Truth about the review (section 7): each of these has been told wrongly before."""
    found = {item["id"]: item["report"] for item in reports()}
    log = found["E19"]
    assert (log["facts"]["source"], log["facts"]["action"]) == ("anonymous", "none")
    assert "causes" not in log
    assert found["E18"]["causes"] == ["E17"]
    assert "animosity" in log["words"]
    assert "animosity" not in found["E18"]["words"]
    assert (found["E17"]["when"], found["E17"]["known"]) == ("2012-02", "2012-05-01")
    assert "believed" in found["E16"]["words"]
    assert found["E36"]["report"] != "concern"
    assert found["E60"]["danger_now"] == "unknown"
    assert [(one["is"], one["part"]) for one in found["E60"]["people"]] == [
        ("D", "alleged_perpetrator"), ("T", "unassessed"), ("M", "associate"),
    ]  # fmt: skip
    for key in ("E15", "E20"):
        assert found[key]["health"]["standing"] == "self_reported"
    for key in ("E17", "E18", "E19", "E22", "E37"):
        assert {one.get("part", "unassessed") for one in found[key]["people"]} == {"unassessed"}
    assert all(found[key]["when"] == "undated" for key in ("E58", "E65", "E68", "E69"))


def test_nobody_is_named_by_a_real_name() -> None:
    """The review names no practitioner, and people by pseudonyms: so does this, or it says so."""
    for one in case()["people"].values():
        assert one.get("family") in MARKED | {None}
        assert one.get("given") in PSEUDONYMS or one.get("family") in MARKED or "given" not in one
    assert all(one["name"].endswith(" (name invented)") for one in case()["writers"].values())
    for item in reports():
        report = item["report"]
        for person in report.get("people", []):
            assert "(address invented)" in person.get("address", "(address invented)") or (
                item["id"] == "E14"
            )
        source = report.get("public", {}).get("name", "Tom")
        assert "not named in the review" in source or "Tom" in source


def test_no_words_name_who_is_sealed() -> None:
    """A landlady who is sealed in one section and named in the next is not sealed."""
    sealed = ("landlady", "colleague", "Tom", "father")
    for item in reports():
        if "public" in item["report"] and item["id"] not in {"E58", "E69"}:
            assert not [word for word in sealed if word in item["report"]["words"]], item["id"]


def kinds() -> Iterator[str]:
    """Give the kinds of sections that a must-never may name."""
    yield from {*PLAIN, "event", "identity", "whereabouts", "part", "anything"} - {
        "intake", "exclusions", "endorsement",
    }  # fmt: skip


def test_every_must_never_names_what_there_is() -> None:
    """A rule that names an item that is not there guards nothing."""
    ids = {item["id"] for item in case()["items"]}
    for one in case()["must_never"]:
        assert one["who"] in LETTERS.values()
        assert set(one["what"]) <= {*kinds()}
        assert set(one.get("of", [])) <= ids
        assert one.get("person", "D") in case()["people"]
        assert one["why"]


def test_whoever_has_nothing_by_the_table_must_never_have_anything() -> None:
    """Two lists by hand, one of what is shown and one of what never is: they must not meet.

    Left open, apart from the originator's own: a return and what has no row at all, and
    the cells that a condition opens (supervising, triaged, care).
    """
    shown = {row[0]: dict(cell.split("=") for cell in row[1].split())
             for row in rows("expected.txt", "SHOWN")}  # fmt: skip
    assert set(shown) == {item["id"] for item in reports()}
    whole: dict[str, set[str]] = {letter: set() for letter in LETTERS}
    letters = {agency: letter for letter, agency in LETTERS.items()}
    for one in case()["must_never"]:
        if one["what"] == ["anything"]:
            whole[letters[one["who"]]] |= set(one.get("of", shown))
    for key, cells in shown.items():
        for letter in LETTERS:
            product = cells.get(letter)
            assert product in {None, "o"} or key not in whole[letter], (key, letter)
    conditional = {
        "E13", "E14", "E18", "E21", "E26", "E32", "E35", "E38", "E42", "E50", "E58", "E59", "E60",
        "E61", "E65", "E68", "E69", "I01", "I02",
    }  # fmt: skip
    open_rows = {"E02", "E03", "E04", "E05", "E06", "E07", "E44", "E63"}
    for letter in LETTERS:
        dashes = {key for key, cells in shown.items() if letter not in cells}
        opened = open_rows if letter in "DGUWCKXZ" else open_rows | conditional
        assert dashes - opened <= whole[letter], letter


def test_the_table_of_what_fires_is_of_the_review_and_of_the_vocabulary() -> None:
    """A row that names no act, or nobody's duty, could not be compared with anything."""
    ids = {item["id"] for item in reports()}
    found = rows("expected.txt", "FIRES")
    assert {row[0] for row in found} - {"*"} == ids
    quiet = {row[0] for row in found if row[2] == "quiet"}
    assert {"E04", "E44", "E54", "E56"} <= quiet
    for key, agencies, what, act, owner, why in found:
        assert set(agencies.split()) <= set(LETTERS), key
        assert re.fullmatch(r"!?M(0[1-9]|1\d|2[0-2])\??|separation|research\??|hand|quiet", what), (
            key
        )
        assert act == "-" or set(act.split()) <= set(get_args(Act)), key
        assert (act == "-") == (what in {"hand", "quiet"} or what.startswith(("!", "research")))
        assert set(owner.split()) <= KINDS, key
        assert why
        assert key not in quiet or what == "quiet"


def test_every_opportunity_that_the_reference_gives_events_for_is_rowed() -> None:
    """The tests that section 4 names; M10's is answered by section 7 (E36 is no incident)."""
    must = {(row[2], row[0]) for row in rows("expected.txt", "FIRES")}
    named = {
        "M03": ["E19"], "M04": ["E17", "E24", "E33"], "M05": ["E27", "E40"], "M06": ["E21"],
        "M07": ["E24b", "E31"], "M08": ["E34", "E41", "E43"], "M09": ["E35", "E37", "E46"],
        "M11": ["E07"], "M12": ["E33"], "M13": ["E40"], "M14?": ["E58", "E69"],
        "M15": ["E22", "E37"], "M18": ["E26", "E42", "E50"], "M20": ["E59", "E60"],
        "M21": ["E41"], "!M10": ["E36", "E38"], "M10": ["E39"],
    }  # fmt: skip
    assert {(what, key) for what, keys in named.items() for key in keys} <= must


def test_headlines_count_by_the_calendar_and_only_what_was_held_then() -> None:
    """2,218 days is from the police log of 2 May 2012; from the flag of 1 May it is 2,219."""
    every = events() | {item["id"]: item for item in reports()}
    may = rows("headlines.txt", "MAY")
    for first, last, days, words in may:
        held = {every[first]["standing"], every[last]["standing"]}
        assert held == {"held_then"}
        assert (when_of(every[last]) - when_of(every[first])).days == int(days)
        assert "prevent" not in words
        assert last != "E61" or f"{int(days):,} days" in words
    assert {(row[0], row[2]) for row in may} >= {("E18", "2219"), ("E19", "2218")}
    never = {row[0] for row in rows("headlines.txt", "NEVER")}
    assert never == {key for key, item in every.items() if item["standing"] != "held_then"}


def test_contradictions_name_items_and_stand_in_two_places() -> None:
    """Each side is kept: a contradiction with one side has been decided."""
    ids = {item["id"] for item in case()["items"]}
    assert len(case()["contradictions"]) >= 23
    for one in case()["contradictions"]:
        assert len(one["sayings"]) >= 2
        assert len({(s["says"], s["review"]) for s in one["sayings"]}) == len(one["sayings"])
        assert {s["item"] for s in one["sayings"] if "item" in s} <= ids


def test_a_link_joins_people_whom_every_writer_has_named() -> None:
    """A matcher may only join what was said by then."""
    said: dict[str, set[str]] = {}
    for item in case()["items"]:
        people = of_people(item)
        if "link" in item:
            for writer in item["link"]["across"]:
                named = set().union(*(
                    keys for other, keys in said.items()
                    if agency_of({"writer": other}) == agency_of({"writer": writer})
                ))  # fmt: skip
                assert people <= named, item["id"]
        else:
            said.setdefault(item["writer"], set()).update(people)

"""The review played: who has what of each report, against a table by hand, and the headlines.

`review/expected.txt` was written from the domain reference; its head names the rows that were
changed once output had been seen, and by which sentence.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from contracts.event.work import PossibleSameOrigin
from contracts.section import kind_of
from deploy.replay import telling
from deploy.replay.headlines import counted, headlines
from deploy.replay.played import Played
from tests.matrix.table import table
from tests.replay.test_review_file import LETTERS, rows
from tests.support.compacted import check_read_anew

MINIMAL = "M"
"""How the name of a product begins that leaves out what is most sensitive."""


def test_every_item_is_said_and_nobody_receives_what_they_must_never(review: Played) -> None:
    """Trap 14: checked at delivery, over everything that was delivered, said or kept."""
    assert [one.item.id for one in review.items if one.statement is None] == []
    assert {one.outcome for one in review.items} <= {
        "accepted", "accepted_emergency", "quarantined",
    }  # fmt: skip
    assert review.breaches == []
    assert review.hurried == [], "time stopped wherever a clock ran out"
    assert len(review.case.must_never) > 40


def test_each_agency_has_just_the_product_that_the_table_gives_it(review: Played) -> None:
    """The default matrix of the domain reference, over the review's own reports."""
    assert list(_wrongly_shown(review)) == []


def _wrongly_shown(review: Played) -> Iterator[str]:
    """Name every cell of the table that differs from what was delivered."""
    for item, cells, _ in rows("expected.txt", "SHOWN"):
        said = review.said(item)
        own = review.case.writers[said.item.writer].agency
        wanted = {
            LETTERS[letter]: product
            for letter, _, product in (cell.partition("=") for cell in cells.split())
        }
        if wanted.pop(own, None) != "o":
            yield f"{item}: the table has another originator than {own}"
        newest = {d.to: d for d in review.delivered if d.statement == said.statement}
        if set(newest) != set(wanted):
            yield f"{item}: received by {sorted(newest)}, not by {sorted(wanted)}"
        for agency in set(newest) & set(wanted):
            got, product = newest[agency], wanted[agency]
            allowed = {word.partition("@")[0] for word in table().products[product]}
            kinds = {(kind_of(name) or "").removeprefix("person.") for name in got.sections}
            if not kinds <= allowed or (got.level == "minimal") != product.startswith(MINIMAL):
                yield f"{item}: {agency} has {got.level} {sorted(kinds)}, not {product}"


def test_headlines_are_those_that_the_calendar_gives(review: Played) -> None:
    """A day that is counted wrongly would be all that anybody reads of this."""
    found = {one.item: one.days for one in counted(review, review.case.headlines[0])}
    may = rows("headlines.txt", "MAY")
    assert {item: found[item] for item, until, *_ in may if until == "E61" and item in found} == {
        item: int(days) for item, until, days, _ in may if until == "E61" and item in found
    }
    assert not set(found) & {row[0] for row in rows("headlines.txt", "NEVER")}
    assert "2,219 days before the assault (29 May 2018)" in " ".join(headlines(review))
    assert found["E19"] == 2218


def test_contradictions_stand_side_by_side(review: Played) -> None:
    """Nobody at a desk decides what the review left open."""
    told = "\n".join(telling.contradictions(review))
    assert "February 2012 [E17, review 3.2.4]" in told
    assert "the earliest reported details are of May 2012 [review 1.6.1]" in told


def test_as_it_was_one_unsourced_line_stood_between_them(review_then: Played) -> None:
    """What probation knew and what police held met in nothing but E19."""
    assert not review_then.alerts
    assert not review_then.tasks
    assert {one.item.standing for one in review_then.items if one.statement} == {"held_then"}
    assert {one.leg for one in review_then.delivered} <= {"emergency"}
    assert "Told to another: E18" in " ".join(" ".join(headlines(review_then)).split())


def test_two_reports_that_may_be_one_are_put_to_a_person(review: Played) -> None:
    """M03: E18 and E19 count as one report until somebody has decided."""
    pairs = [set(one.about[:2]) for one, _ in review.of(PossibleSameOrigin)]
    assert {"E18", "E19"} in pairs


def test_whoever_reads_all_anew_from_what_kafka_keeps_has_the_same(
    review: Played, review_folder: Path, tmp_path: Path
) -> None:
    """Of what was delivered twice it keeps the last record: behind what was said of the first."""
    for name in ("thames-valley-desk", "mk-mash-desk"):
        home = Path(shutil.copytree(review_folder / "homes" / name, tmp_path / name))
        check_read_anew(home, review.log.views, tmp_path / f"{name}.sqlite")

"""The review at the police's desk: one couple's chronology and picture, against a list by hand.

The list was written from the review's chronology (domain.md 3), the default matrix (7) and who
linked whom, before any page was seen.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.desk.station import Station
from consumers.people import rows as people
from deploy.desk import sessions_of
from deploy.replay.played import Played
from deploy.wiring import Acting, open_acting
from producers.home import Home
from tests.support.browser import provider
from tests.support.visiting import Visited, Visitor, visited

USERS = [("officer", "Lee Hart (name invented)", ["researcher"])]
COUPLE = [
    "E01", "E05", "E06", "E07", "E10", "E10b", "E14", "E15", "E17", "E18", "E19", "I01", "E20",
    "E21", "E22", "E23", "E25", "E26", "E29", "E30", "E31", "E32", "E33", "E34", "E35", "E36",
    "E37", "E38", "E39", "E41", "E42", "E43", "E46", "E49", "E50", "E68", "E69", "E59",
]  # fmt: skip
"""What police were sent of Daniel, of Tracey or of both, and of nobody else of age: E08, E09, E16
(women before her), E24 (the one between) and E60 (whom he would kill) stand behind the wall. E58,
E61 and E64 name her by a token that no matcher joined: until one does she is somebody else."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(USERS) as known:
        yield known


@pytest.fixture(scope="module")
def acting(review: Played, review_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Acting:
    """Open a copy of the police's desk as the review left it."""
    assert review.items
    home = tmp_path_factory.mktemp("line") / "desk"
    shutil.copytree(review_folder / "homes" / "thames-valley-desk", home)
    return open_acting(Home.open(home))


@pytest.fixture(scope="module")
def visitor(acting: Acting, issuer: str) -> Iterator[Visitor]:
    """Sign an officer in there."""

    def station(settings: Any, ticking: Any) -> Station:
        sessions = sessions_of(acting.home, settings, ticking)
        return Station(acting.store, acting.voice, acting, sessions, ticking, "Police")

    desk: Visited
    with visited(issuer, station) as desk:
        yield desk.visitor("officer")


def token(review: Played, acting: Acting, who: str, item: str) -> str:
    """Give the token by which an item names somebody at the police."""
    said = review.said(item).statement
    with acting.store.read() as db:
        named = db.execute(
            people.people_named.select().where(people.people_named.c.statement == said)
        ).mappings()
        return next(str(row["token"]) for row in named if review.people[row["token"]] == who)


def items_of(review: Played, visitor: Visitor, path: str) -> list[str]:
    """List the items on a chronology, page after page."""
    by_id = {one.statement: one.item.id for one in review.items}
    found = list[str]()
    while path:
        page = visitor.get(path).text
        ids = re.findall(r'moj-timeline__title"><a class="govuk-link" href="/reports/([^"]+)', page)
        found += [by_id[one] for one in ids]
        more = re.search(r'href="([^"]+after=[^"]+)"', page)
        path = more[1] if more else ""
    return found


def test_the_couples_chronology_is_just_what_police_were_sent_of_them(
    review: Played, acting: Acting, visitor: Visitor
) -> None:
    """In the order of what happened: E17 of February before what was told on the same day."""
    his, hers = (token(review, acting, who, "E18") for who in "DT")
    found = items_of(review, visitor, f"/persons/{his}/chronology/{hers}")
    assert found == COUPLE
    assert items_of(review, visitor, f"/persons/{hers}/chronology/{his}") == found
    alone = items_of(review, visitor, f"/persons/{his}/chronology")
    assert set(alone) - set(found) >= {"E08", "E09", "E16", "E24", "E24b", "E60"}


def test_what_nobody_was_asked_stands_beside_each_report(
    review: Played, acting: Acting, visitor: Visitor
) -> None:
    """E17 happened in February and was known in May; E19 stood, and nobody had opened it."""
    his, hers = (token(review, acting, who, "E18") for who in "DT")
    page = visitor.get(f"/persons/{his}/chronology/{hers}").text
    begin = page.partition(str(review.said("E17").statement))[2]
    event = begin.partition(str(review.said("E18").statement))[0]
    assert "Happened at least 62 days before it was known to" in event
    assert "February 2012" in event
    assert "Nobody at this desk has opened it" in event
    assert "In a review: held then" in event
    for other in ("Nina", "Xanthe", "Wanda", "Example Court"):
        assert other not in page


def test_the_couples_picture_has_each_agencys_word_and_no_other_woman(
    review: Played, acting: Acting, visitor: Visitor
) -> None:
    """Probation, housing and the hub say different things of one couple; none is left out."""
    his, hers = (token(review, acting, who, "E18") for who in "DT")
    page = visitor.get(f"/persons/{his}/picture/{hers}").text
    for words in (
        "From February 2012", "partners: moved in together", "partners: moved in<", "on and off",
        "Not said to have ended; last told of 26 September 2016",
    ):  # fmt: skip
        assert words in page, words
    for other in ("Nina", "Xanthe", "Wanda", "Cora", "Example Court"):
        assert other not in page
    her_own = token(review, acting, "N", "E24")
    hers_page = visitor.get(f"/persons/{his}/picture/{her_own}").text
    assert "Nina" in hers_page
    assert "Tracey" not in hers_page

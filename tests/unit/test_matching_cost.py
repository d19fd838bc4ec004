"""What one person's candidates cost does not grow with the store: counted in SQLite's own steps."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from consumers.people import rows
from consumers.people.desk import Found, Matching
from consumers.people.facts import Mention
from consumers.people.keys import Keying
from consumers.store import Store
from consumers.worker import Voice
from deploy.matching import SHIPPED, weighing_of
from producers.partnership import Partnership
from tests.support.people import record, token

WEIGHING = weighing_of(SHIPPED.parent)
VIEWER = frozenset({"nobody"})
FEW, MANY = 1_000, 20_000
HIM, TWICE = "him", "him again"
GROWING = r"SCAN (?!people_settings|anon_)"
"""A plan that goes through a table: but for one of one row, or what was just found by an index."""
SPELT = "bdfgklmnprstvz"


def crowd(count: int) -> Iterable[Mention]:
    """Name a town in which everybody is called alike: every key of a name is crowded."""
    return (record("John Smith", born=str(1960 + n % 5), key=f"c{n}") for n in range(count))


def town(count: int) -> Iterable[Mention]:
    """Name a town of people whom nothing but their birthdays may bring together."""
    for n in range(count):
        name = "a".join(SPELT[n // 14**k % 14] for k in range(5))
        yield record(f"{name} O{name}", born=f"{1940 + n % 60}", key=f"t{n}")


def matching(folder: Path, people: Iterable[Mention]) -> Matching:
    """Sit over a store that holds these people, and one man twice."""
    store, keying = Store(folder / "store.sqlite"), Keying(WEIGHING)
    both = [record("Daniel Marsh", born="1970-03-02", key=key) for key in (HIM, TWICE)]
    with store.write() as db:
        rows.made_under(db, WEIGHING.digest)
        every = [*people, *both]
        rows.add(db, every, (keying.keys_of(one) for one in every))
    voice = Voice("thames-valley", "/agencies/thames-valley/desk", "", Partnership())
    return Matching(store, voice, lambda: "", WEIGHING)


def steps(sitting: Matching, subject: str) -> tuple[Found, int, set[str]]:
    """Find one person's candidates; count SQLite's steps, and collect how it looked."""
    count, plans = 0, set[str]()

    def step() -> None:
        nonlocal count
        count += 1

    def begun(db: Connection) -> None:
        driver(db).set_progress_handler(step, 1)

    def asked(db: Connection, _k: Any, text: str, values: Any, *_: Any) -> None:
        if text.startswith("SELECT"):
            driver(db).set_progress_handler(None, 1)
            plan = driver(db).execute(f"EXPLAIN QUERY PLAN {text}", values)
            plans.update(row[3] for row in plan)
            driver(db).set_progress_handler(step, 1)

    event.listen(Engine, "begin", begun)
    event.listen(Engine, "before_cursor_execute", asked)
    try:
        found = sitting.candidates(VIEWER, token(subject))
    finally:
        event.remove(Engine, "begin", begun)
        event.remove(Engine, "before_cursor_execute", asked)
    return found, count, plans


def driver(db: Connection) -> Any:
    """Give sqlite3's own connection."""
    return db.connection.driver_connection


def test_one_persons_candidates_cost_the_same_among_a_thousand_and_twenty_thousand(
    tmp_path: Path,
) -> None:
    """No query grows with the store: what many share is cut off, and said to be."""
    cost: dict[str, list[int]] = {"c1": [], HIM: []}
    for count in (FEW, MANY):
        folder = tmp_path / str(count)
        folder.mkdir()
        sitting = matching(folder, [*crowd(count // 2), *town(count // 2)])
        for subject, counts in cost.items():
            found, counted, plans = steps(sitting, subject)
            assert bool(found.crowded) is (subject != HIM), "the list says whom it left out"
            assert bool(found.offered) is (subject == HIM)
            scans = [one for one in plans if re.match(GROWING, one)]
            assert scans == [], "every table that grows is looked into by an index"
            counts.append(counted)
    for few, many in cost.values():
        assert few > WEIGHING.block_max, "it was counted"
        assert many <= few * 1.05


def test_who_is_named_in_many_guises_costs_as_many_times_as_much(tmp_path: Path) -> None:
    """A man whom each report names beside somebody else: four times the reports, not sixteen."""
    cost = []
    for count in (100, 400):
        folder = tmp_path / str(count)
        folder.mkdir()
        named = [record("Daniel Marsh", born="1970-03-02", key=HIM, statement=f"s{n}",
                        beside=f"Person{n}") for n in range(count)]  # fmt: skip
        found, counted, plans = steps(matching(folder, named), HIM)
        assert len(found.offered) == 1
        assert [one for one in plans if re.match(GROWING, one)] == []
        cost.append(counted)
    assert cost[1] < cost[0] * 5

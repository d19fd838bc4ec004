"""No page of the desk's work grows with what is held: each query costs the same as the store grows.

Nor does a list at the command line.

On SQLite and on real PostgreSQL; the list's own queries, and those of each page that they lead to.
Nor does a page ask a question for each of its rows: a whole page asks as often as one row.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, text
from starlette.routing import compile_path

from consumers import aside
from consumers.desk.pages.inbox import _newest
from consumers.desk.person import Role
from consumers.desk.rights import RIGHTS, may
from consumers.desk.rows import looks
from consumers.listed import PAGE
from consumers.research import board
from consumers.responses.listed import every_request
from consumers.standing import newest
from consumers.store import Store
from deploy import clock
from deploy.command import invoke
from deploy.desk import DEVELOPERS
from deploy.speaking import outbox_of
from deploy.wiring import STORE
from producers.home import Home
from producers.keys import write_private
from tests.matrix.partnership import PARTNERSHIP
from tests.support.browser import provider
from tests.support.busy import (
    CANARY,
    FORCE,
    HOUSED,
    POLICE,
    PROBATION,
    Busy,
    alert,
    busy,
    copy_waiting,
    task,
)
from tests.support.filling import WORDS, Asked, barred, cost_of, fill, noted
from tests.support.growing import grow, statements_in
from tests.support.postgres import made
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import files_in

READERS = {who: frozenset(map(Role, roles)) for who, _, roles in DEVELOPERS if who != "officer"}
"""Who opens pages: a supervisor's are the most."""
SMALL, LARGE = 1_000, 10_000
SLACK = 100
"""How much a query may cost whatever is held: a page of rows, each with what stands beside it."""
COPIES, OPEN = 60, 0.5
"""Of what was played, so that every list has a page of open rows, and one of rows done with."""
MORE = 4
"""How many questions more a page may ask: on what was corrected, or on the next alerts, where the
first of them are of fewer threads than a page has.
"""
SOUGHT = {
    "requester": "me", "reason": "a test", "given": "Daniel", "family": CANARY,
    "born": "17 6 1975", "address": "1 Invented Row", "number": "943 476 5919",
}  # fmt: skip
LISTS = (
    "/", "/?show=all", "/live", "/search", "/duties", "/alerts", "/alerts?show=closed",
    "/research", "/responses",
    "/requests", "/requests?show=answered", "/shift", "/shift?hours=72", "/referrals",
    "/referrals?show=decided", "/referrals?show=considered", "/referrals?way=made", "/handovers",
    "/handovers?show=past",
    "/disclosures", "/disclosures?show=over", "/feeds", "/figures", "/persons",
    "/origins", "/origins?show=decided", "/intelligence", "/intelligence?show=graded",
    "/intelligence?show=waiting", "/intelligence?show=copies",
)  # fmt: skip
OTHERS = (
    "/quarantine", "/whereabouts", "/exclusions", "/looks", "/figures/csv",
    "/key", "/purpose", "/unsaved", "/browsers",
)  # fmt: skip
LINES = (
    "alert list", "alert list --all", "research list", "research list --all", "request list",
    "response list", "referral list", "disclosure list", "handover list", "housing list",
    "intelligence list", "person list",
)  # fmt: skip
"""What is listed at the command line, as far as the desk's pages go; of `UNSAID` nothing is said
here: what it shows is looked at in test_kept_from."""
UNSAID = ("risk show", "enquiry returns")
FILLED = {*LINES} - {"housing list"}
NO_PAGE = frozenset({"/sign-out"})
"""A form that stands on every page."""
ELSEWHERE = frozenset({"/quarantine/{digest}", "/emergencies/{statement}", "/erasures/{erasure}"})
"""Of what governance alone has: the page of nothing."""


def pages_of(force: Busy) -> list[str]:
    """Give every page of the work."""
    said = force.said
    report = f"/reports/{said['concern']}"
    his, other = force.token("concern"), force.token("referral")
    hers = force.sections["concern"]["person.2.identity"]["subject"]
    return [
        *LISTS, f"/persons/{his}/chronology", f"/persons/{his}/chronology/{hers}",
        f"/persons/{his}/picture", f"/persons/{his}/picture/{hers}",
        f"/alerts/{alert(force)}", f"/research/{task(force)}",
        f"/research/reports/{said['concern']}", f"{report}/answer", f"{report}/ask",
        f"{report}/victim-information",
        f"{report}/referral", f"/requests/{said['question']}/answer",
        f"/corrections/{said['correction']}", f"/disclosures/{said['application']}",
        f"/persons/{his}", f"/persons/{other}/beside/{his}", f"/links/{force.joined('separated')}",
    ]  # fmt: skip


def others_of(force: Busy) -> list[str]:
    """Give the pages that are not of the daily work."""
    said, report = force.said, f"/reports/{force.said['concern']}"
    force.exclude("Nobody Here (name invented)", "concern", source=FORCE)
    return [
        *OTHERS, report, f"{report}/whereabouts/2", f"{report}/refer/idva",
        f"{report}/grading", f"{report}/copy", f"/copies/{copy_waiting(force)}",
        f"/origins/{force.echo()}",
        f"/exclusions/about/{said['concern']}", f"/exclusions/{said['exclusion']}",
        f"/recalls/{force.compromise(HOUSED)}", f"/quarantine/{'d' * 43}",
        f"/emergencies/{said['concern']}", f"/erasures/{said['concern']}",
    ]  # fmt: skip


def paths_of(force: Busy, visitor: Visitor) -> list[str]:
    """Give an address of every page, or more than one; a supervisor has searched for one of them.

    Raises:
        LookupError: the table of rights has a page that has none here.
    """
    visitor.post("/figures")  # counted once: what is read is the table that was made
    sent = visitor.post("/search", **SOUGHT, report=force.said["concern"])
    paths = [*pages_of(force), *others_of(force), sent.headers["location"]]
    known = {address_of(path) for path in paths}
    missing = [one for one, right in RIGHTS.items()
               if not right.is_open and one not in known | NO_PAGE]  # fmt: skip
    if missing:
        raise LookupError(
            f"No sample address is known of {', '.join(missing)}: add one to pages_of in "
            "tests/integration/test_desk_plans.py."
        )
    return paths


def address_of(path: str) -> str:
    """Give the row of the table of rights that a path is of."""
    bare = path.partition("?")[0]
    plain_first = sorted(RIGHTS, key=lambda one: one.count("{"))
    return next((one for one in plain_first if compile_path(one)[0].match(bare)), bare)


def opened(visitor: Visitor, path: str) -> Any:
    """Open a page that somebody may open."""
    page = visitor.get(path)
    assert page.status_code == (404 if address_of(path) in ELSEWHERE else 200), path
    return page


def asked_by(desk: Visited, visitor: Visitor, path: str, *, on: bool = True) -> Asked:
    """Open a page, and `on` to the one after it; give what was asked of the store."""
    with noted(desk.station.store) as asked:
        if path == "/live":  # which never ends: what it asks each time
            _newest(desk.station, frozenset({"somebody"}))
            return asked
        page = opened(visitor, path)
        follows = [part.split('"')[0] for part in page.text.split('href="')[1:]]
        more = [
            link.replace("&amp;", "&") for link in follows if "after=" in link or "before=" in link
        ]
        for link in more[:on]:
            assert visitor.get(link).status_code == 200, link
    return asked


def busy_at_home(folder: Path, url: str | None = None) -> tuple[Busy, Path]:
    """Play it; give the force's home too, on the store of its desk: a file there, or a database."""
    files, here = files_in(folder), url or folder / "home" / STORE
    (folder / "home").mkdir(mode=0o700)
    force = busy(folder, store=lambda agency: here if agency == POLICE else files(agency))
    home = Home.create(
        folder / "home", partnership=PARTNERSHIP, agency=POLICE, system="intelligence",
        kafka="127.0.0.1:1", random_bytes=clock.random_bytes,
    ).folder  # fmt: skip
    write_private(home / "trust.json", msgspec.json.encode(force.town.log.trust))
    if url is not None:
        url = url.replace("postgresql+psycopg://", "postgresql://")
        (home / "agency.yaml").write_text(f"{(home / 'agency.yaml').read_text()}store: {url}\n")
    outbox = outbox_of(Home.open(home))
    outbox.token_for("practitioner", "N. Analyst")
    outbox.database.close()
    return force, home


def typed(home: Path, line: str) -> int:
    """Type a list as somebody of the force; give how it ended."""
    return invoke([*line.split(), "--first", str(PAGE), "--home", str(home), "--by", "N. Analyst"])


def asked_by_line(store: Store, home: Path, line: str) -> Asked:
    """Type a list; give what was asked of the store."""
    with noted(store) as asked:
        assert typed(home, line) == 0, line
    assert asked, "it is the store that the lists are read from"
    return asked


def asked_at_last(store: Store) -> Asked:
    """Ask for what a line lists after a page of what is open; the newest of a filled event too."""
    with noted(store) as asked, store.read() as db:
        board.done_with(db, frozenset(), count=PAGE)
        every_request(db, frozenset(), answered=True, count=PAGE)
        newest(db, frozenset(), WORDS["views"]["event"], [POLICE, PROBATION], count=PAGE)
    return asked


def readers(desk: Visited, searching: Visitor) -> Callable[[str], Visitor]:
    """Give who opens a page: somebody who may, signed in once; what was found, who searched."""
    signed_in: dict[str, Visitor] = {}

    def reader(path: str) -> Visitor:
        if address_of(path) == "/search/{search}":
            return searching
        right = RIGHTS[address_of(path)]
        able = (who for who, roles in READERS.items() if may(right, "GET", roles))
        who = next(able)
        if who not in signed_in:
            signed_in[who] = desk.visitor(who)
        return signed_in[who]

    return reader


def test_a_page_asks_as_often_for_many_rows_as_for_a_few(tmp_path: Path) -> None:
    """One question for all rows: a page of five and twenty asks no more than one of two."""
    force = busy(tmp_path)
    with provider() as issuer, visiting(force.town, POLICE, tmp_path, issuer=issuer) as desk:
        searching = desk.visitor("supervisor")
        paths, store = paths_of(force, searching), desk.station.store
        people, counts = readers(desk, searching), list[dict[str, int]]()
        for copies in (2, COPIES):  # one copy is done with, so that every list has something
            grow(store, copies * statements_in(store), open_share=OPEN)
            asked = {path: asked_by(desk, people(path), path, on=False) for path in paths}
            counts.append({path: len(queries) for path, queries in asked.items()})
    few, many = counts
    more = [
        f"{path}: {few[path]} to {many[path]}" for path in paths if many[path] > few[path] + MORE
    ]
    assert not more, "\n".join(more)
    force.town.close()


def looks_in(store: Store) -> int:
    with store.read() as db:
        return db.execute(select(func.count()).select_from(looks)).scalar_one()


def ids_told(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Give the ids of statements in what was printed."""
    return {*re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", "".join(capsys.readouterr()))}


def looked_at(store: Store) -> list[tuple[str, str]]:
    """Give each look: what sort of page, about which id."""
    with store.read() as db:
        found = db.execute(select(looks.c.what, looks.c.about).order_by(looks.c.place)).all()
    return [(row.what, row.about) for row in found]


def test_no_page_keeps_who_writes_waiting_while_it_reads_nor_shows_what_it_cannot_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was looked at is recorded by itself, once all is read and before any of it is shown."""
    force, home = busy_at_home(tmp_path)
    force.notify_housing()
    with provider() as issuer, visiting(force.town, POLICE, tmp_path, issuer=issuer) as desk:
        searching = desk.visitor("supervisor")
        paths, store = paths_of(force, searching), desk.station.store
        people, recording = readers(desk, searching), list[str]()
        for path in paths:
            visitor, before = people(path), looks_in(store)
            if path == "/live":
                continue
            with barred(store) as by:
                opened(visitor, path)
            assert not by, f"{path} holds the lock while it asks {by[0]}"
            recording += [path] if looks_in(store) > before else []
        forged, stuck, told = force.forged(), force.said["end"], set[str]()
        with store.write() as db:
            aside.set_aside(db, "d" * 43, stuck, worker="Watching", what="KeyError")
        for line in LINES:
            before = looks_in(store)
            capsys.readouterr()
            assert typed(home, line) == 0
            kinds = {what for what, _ in looked_at(store)[before:]}
            assert kinds > {"set_aside"}, f"{line} is no look, or what was set aside is none"
            told |= ids_told(capsys)
        assert {forged, stuck, force.said["concern"]} <= told
        assert {("alerts", forged), ("set_aside", stuck)} <= {*looked_at(store)}
        with store.write() as db:
            db.execute(text("ALTER TABLE looks RENAME TO gone"))
        shown = [path for path in recording if people(path).get(path).status_code != 500]
    assert {"/alerts", "/persons", "/shift", "/looks"} <= {*recording}
    assert not shown
    capsys.readouterr()
    assert 0 not in {typed(home, line) for line in LINES + UNSAID}
    assert not ids_told(capsys)
    force.town.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_a_page_asks_costs_the_same_however_much_is_held(
    database: str, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten times the store: the same steps of SQLite's machine, the same rows in PostgreSQL."""
    url = made(database, "desk-plans") if kind == "postgresql" else None
    force, home = busy_at_home(tmp_path, url)
    with provider() as issuer, visiting(force.town, POLICE, tmp_path, issuer=issuer) as desk:
        searching = desk.visitor("supervisor")
        paths = paths_of(force, searching)
        store, costs = desk.station.store, list[dict[str, dict[str, int]]]()
        for first, last in ((0, SMALL), (SMALL, LARGE)):
            fill(store, first, last)
            people = readers(desk, searching)
            costs.append(
                {path: cost_of(store, asked_by(desk, people(path), path)) for path in paths}
                | {one: cost_of(store, asked_by_line(store, home, one)) for one in LINES + UNSAID}
                | {"at last": cost_of(store, asked_at_last(store))}
            )
    assert capsys.readouterr().out.count("\nMORE ") == 2 * len(FILLED)
    small, large = costs
    grown = [
        f"{path}: {small[path].get(query, 0)} to {cost}: {query}"
        for path, its in large.items()
        for query, cost in its.items()
        if cost > small[path].get(query, 0) * 1.2 + SLACK
    ]
    assert not grown, "\n".join(grown)
    force.town.close()

"""No page of the desk's work grows with what is held: each query costs the same as the store grows.

On SQLite and on real PostgreSQL; the list's own queries, and those of each page that they lead to.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import compile_path

from consumers.desk.pages.inbox import _newest
from consumers.desk.person import Role
from consumers.desk.rights import RIGHTS, may
from consumers.store import Store
from deploy.desk import DEVELOPERS
from tests.support.browser import provider
from tests.support.busy import POLICE, Busy, alert, busy, couple, task
from tests.support.filling import Asked, cost_of, fill, noted
from tests.support.postgres import made
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import files_in

HOUSED = "mkc-housing/case"
READERS = {who: frozenset(map(Role, roles)) for who, _, roles in DEVELOPERS if who != "officer"}
"""Who opens pages: a supervisor's are the most."""
SMALL, LARGE = 1_000, 10_000
SLACK = 100
"""How much a query may cost whatever is held: a page of rows, each with what stands beside it."""
LISTS = (
    "/duties", "/alerts", "/research", "/responses", "/requests", "/requests?show=answered",
    "/shift", "/shift?hours=72", "/referrals", "/referrals?show=decided",
    "/referrals?show=considered", "/referrals?way=made", "/handovers", "/handovers?show=past",
    "/disclosures", "/disclosures?show=over", "/feeds", "/figures",
)  # fmt: skip
OTHERS = (
    "/", "/?show=all", "/quarantine", "/whereabouts", "/exclusions", "/looks", "/figures/csv",
    "/key", "/purpose", "/unsaved", "/browsers",
)  # fmt: skip
NO_PAGE = frozenset({"/live", "/sign-out"})
"""What is a stream, of which `looked_once` is one look, and a form that stands on every page."""


def pages_of(force: Busy) -> list[str]:
    """Give an address of every page, or more than one.

    Raises:
        LookupError: the table of rights has a page that has none here.
    """
    paths = [*work_of(force), *others_of(force)]
    known = {address_of(path) for path in paths}
    missing = [one for one, right in RIGHTS.items()
               if not right.is_open and one not in known | NO_PAGE]  # fmt: skip
    if missing:
        raise LookupError(
            f"No sample address is known of {', '.join(missing)}: add one to "
            "tests/integration/test_desk_plans.py."
        )
    return paths


def address_of(path: str) -> str:
    """Give the row of the table of rights that a path is of."""
    bare = path.partition("?")[0]
    found = (one for one in sorted(RIGHTS, key=lambda one: one.count("{"))
             if compile_path(one)[0].match(bare))  # fmt: skip
    return next(found, bare)


def others_of(force: Busy) -> list[str]:
    """Give the pages that are not of the daily work."""
    said, report = force.said, f"/reports/{force.said['concern']}"
    force.exclude("Nobody Here (name invented)", "concern")
    force.say("cut", HOUSED, "contact_recorded", couple(force.draw, contact="tenancy"))
    return [
        *OTHERS, report, f"{report}/whereabouts/2", f"/exclusions/about/{said['concern']}",
        f"/exclusions/{said['exclusion']}", f"/recalls/{force.compromise(HOUSED)}",
        f"/quarantine/{'d' * 43}",  # it is decided elsewhere: the page of nothing
    ]  # fmt: skip


def work_of(force: Busy) -> list[str]:
    """Give the pages of the work."""
    said = force.said
    report = f"/reports/{said['concern']}"
    return [
        *LISTS, f"/alerts/{alert(force)}", f"/research/{task(force)}",
        f"/research/reports/{said['concern']}", f"{report}/answer", f"{report}/ask",
        f"{report}/referral", f"/requests/{said['question']}/answer",
        f"/corrections/{said['correction']}", f"/disclosures/{said['application']}",
    ]  # fmt: skip


def opened(visitor: Visitor, path: str) -> Any:
    """Open a page that somebody may open."""
    page = visitor.get(path)
    assert page.status_code in ({404} if path.startswith("/quarantine/") else {200}), path
    return page


def asked_by(store: Store, visitor: Visitor, path: str) -> Asked:
    """Open a page, and the one after it; give what was asked of the store."""
    with noted(store) as asked:
        page = opened(visitor, path)
        follows = [part.split('"')[0] for part in page.text.split('href="')[1:]]
        more = [link.replace("&amp;", "&") for link in follows if "after=" in link]
        for link in more[:1]:
            assert visitor.get(link).status_code == 200, link
    return asked


def readers(desk: Visited) -> Callable[[str], Visitor]:
    """Give who opens a page: somebody who may, signed in once."""
    signed_in: dict[str, Visitor] = {}

    def reader(path: str) -> Visitor:
        right = RIGHTS[address_of(path)]
        able = (who for who, roles in READERS.items() if may(right, "GET", roles))
        who = next(able)
        if who not in signed_in:
            signed_in[who] = desk.visitor(who)
        return signed_in[who]

    return reader


def looked_once(store: Store, desk: Visited) -> Asked:
    """Look once as the live line does; give what was asked of the store."""
    with noted(store) as asked:
        _newest(desk.station, frozenset({"d" * 22}))
    return asked


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_a_page_asks_costs_the_same_however_much_is_held(
    database: str, tmp_path: Path, kind: str
) -> None:
    """Ten times the store: the same steps of SQLite's machine, the same rows in PostgreSQL."""
    files = files_in(tmp_path)
    servers = {POLICE: made(database, "desk-plans")} if kind == "postgresql" else {}
    force = busy(tmp_path, store=lambda agency: servers.get(agency, files(agency)))
    paths, store = pages_of(force), force.town.consumers[POLICE].store
    with provider() as issuer, visiting(force.town, POLICE, tmp_path, issuer=issuer) as desk:
        costs = []
        for first, last in ((0, SMALL), (SMALL, LARGE)):
            fill(store, first, last)
            people = readers(desk)
            asked = {path: asked_by(store, people(path), path) for path in paths}
            asked["/live"] = looked_once(store, desk)
            costs.append({path: cost_of(store, its) for path, its in asked.items()})
    small, large = costs
    grown = [
        f"{path}: {small[path].get(query, 0)} to {cost}: {query}"
        for path, its in large.items()
        for query, cost in its.items()
        if cost > small[path].get(query, 0) * 1.2 + SLACK
    ]
    assert not grown, "\n".join(grown)
    force.town.close()

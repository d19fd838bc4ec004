"""No page of the desk's work grows with what is held: each query costs the same as the store grows.

On SQLite and on real PostgreSQL; the list's own queries, and those of each page that they lead to.
"""

from pathlib import Path

import pytest

from consumers.desk.pages.inbox import _newest
from tests.support.browser import provider
from tests.support.busy import CANARY, POLICE, Busy, alert, busy, task
from tests.support.filling import Asked, cost_of, fill, noted
from tests.support.postgres import made
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import files_in

SMALL, LARGE = 1_000, 10_000
SLACK = 100
"""How much a query may cost whatever is held: a page of rows, each with what stands beside it."""
SOUGHT = {
    "requester": "me", "reason": "a test", "given": "Daniel", "family": CANARY,
    "born": "17 6 1975", "address": "1 Invented Row", "number": "943 476 5919",
}  # fmt: skip
LISTS = (
    "/", "/?show=all", "/live", "/search", "/duties", "/alerts", "/research", "/responses",
    "/requests", "/requests?show=answered", "/shift", "/shift?hours=72", "/referrals",
    "/referrals?show=decided", "/referrals?show=considered", "/referrals?way=made", "/handovers",
    "/handovers?show=past",
    "/disclosures", "/disclosures?show=over", "/feeds", "/figures", "/persons",
)  # fmt: skip


def pages_of(force: Busy) -> list[str]:
    """Give every page of the work."""
    said = force.said
    report = f"/reports/{said['concern']}"
    his, other = force.token("concern"), force.token("referral")
    return [
        *LISTS, f"/alerts/{alert(force)}", f"/research/{task(force)}",
        f"/research/reports/{said['concern']}", f"{report}/answer", f"{report}/ask",
        f"{report}/referral", f"/requests/{said['question']}/answer",
        f"/corrections/{said['correction']}", f"/disclosures/{said['application']}",
        f"/persons/{his}", f"/persons/{other}/beside/{his}", f"/links/{force.joined('separated')}",
    ]  # fmt: skip


def asked_by(desk: Visited, visitor: Visitor, path: str) -> Asked:
    """Open a page, and the one after it; give what was asked of the store."""
    with noted(desk.station.store) as asked:
        if path == "/live":  # which never ends: what it asks each time
            _newest(desk.station, frozenset({"somebody"}))
            return asked
        page = visitor.get(path)
        assert page.status_code == 200, path
        follows = [part.split('"')[0] for part in page.text.split('href="')[1:]]
        more = [
            link.replace("&amp;", "&") for link in follows if "after=" in link or "before=" in link
        ]
        for link in more[:1]:
            assert visitor.get(link).status_code == 200, link
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
        visitor = desk.visitor("supervisor")
        sent = visitor.post("/search", **SOUGHT, report=force.said["concern"])
        paths.append(sent.headers["location"])
        costs = []
        for first, last in ((0, SMALL), (SMALL, LARGE)):
            fill(store, first, last)
            costs.append({path: cost_of(store, asked_by(desk, visitor, path)) for path in paths})
    small, large = costs
    grown = [
        f"{path}: {small[path].get(query, 0)} to {cost}: {query}"
        for path, its in large.items()
        for query, cost in its.items()
        if cost > small[path].get(query, 0) * 1.2 + SLACK
    ]
    assert not grown, "\n".join(grown)
    force.town.close()

"""Who may do what at the desk: one table, held against every route and every role."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from consumers.desk.admitting import admit
from consumers.desk.person import Role
from consumers.desk.rights import READS, RIGHTS, Right, may
from consumers.desk.station import MORE, NAVIGATION
from contracts.fault import InvariantBroken
from tests.support.browser import provider
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import Working

POLICE, PROBATION = "thames-valley", "nps-thames-valley/case"
ROLES = [role.value for role in Role]
USERS = [(role, f"{role} (invented)", [role]) for role in ROLES] + [("nobody", "No Role", [])]
PRESENT = {
    **dict.fromkeys(
        ("statement", "exclusion", "task", "alert", "request", "correction", "application",
         "proposal"),
        "{report}",
    ),
    "number": "1", "search": "1", "digest": "d" * 43, "kid": "d" * 43, "token": "t" * 22,
    "other": "o" * 22, "link": "{report}", "kind": "mash", "erasure": "{report}",
    "copy": "{report}",
}  # fmt: skip

WHO = {
    "/": "researcher supervisor duty_manager information_manager auditor",
    "/reports/{statement}": "researcher supervisor duty_manager information_manager auditor",
    "/reports/{statement}/whereabouts/{number}": "researcher supervisor duty_manager",
    "/whereabouts": "supervisor duty_manager",
    "/copies/{copy}": "supervisor duty_manager",
    "/quarantine": "researcher supervisor duty_manager information_manager auditor",
    "/quarantine/{digest}": "duty_manager information_manager",
    "/exclusions": "information_manager",
    "/exclusions/about/{statement}": "information_manager",
    "/exclusions/{exclusion}": "information_manager",
    "/emergencies/{statement}": "information_manager",
    "/erasures/{erasure}": "information_manager",
    "/looks": "information_manager auditor",
    **dict.fromkeys(
        ("/research", "/research/reports/{statement}", "/research/{task}", "/alerts",
         "/alerts/{alert}", "/responses", "/requests", "/referrals", "/handovers", "/disclosures",
         "/disclosures/{application}", "/duties", "/feeds", "/persons", "/persons/{token}",
         "/persons/{token}/beside/{other}", "/links/{link}", "/origins", "/intelligence",
         "/origins/{proposal}"),
        "researcher supervisor duty_manager information_manager auditor",
    ),
    **dict.fromkeys(
        ("/reports/{statement}/answer", "/reports/{statement}/ask", "/reports/{statement}/referral",
         "/reports/{statement}/refer/{kind}", "/reports/{statement}/grading",
         "/reports/{statement}/copy",
         "/requests/{request}/answer", "/corrections/{correction}", "/shift"),
        "researcher supervisor duty_manager",
    ),
    **dict.fromkeys(
        ("/search", "/search/{search}"), "researcher supervisor duty_manager information_manager"
    ),
    "/recalls/{kid}": "researcher supervisor duty_manager information_manager",
    "/figures": "supervisor duty_manager information_manager auditor",
    "/figures/csv": "supervisor duty_manager information_manager auditor",
}  # fmt: skip
DOES = {
    **dict.fromkeys(
        (
            "/research/{task}",
            "/alerts/{alert}",
            "/disclosures/{application}",
            "/links/{link}",
            "/origins/{proposal}",
            "/feeds",
        ),
        "researcher supervisor duty_manager",
    ),
    "/persons/{token}/beside/{other}": "researcher supervisor duty_manager",
    "/research/reports/{statement}": "supervisor duty_manager",
}
"""Where fewer may act than may look."""
"""Written by hand from domain.md 7 and issue 6: who opens what is about anybody."""


@pytest.fixture(scope="module")
def desk(town: Working, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    with (
        provider(USERS) as issuer,
        visiting(town, POLICE, tmp_path_factory.mktemp("desk"), issuer=issuer) as open_,
    ):
        yield open_


def routes_of(desk: Visited) -> list[Route]:
    """List every page of the desk, as the application has it."""
    return [one for one in desk.app.routes if isinstance(one, Route)]


@pytest.fixture(scope="module")
def people(desk: Visited) -> dict[str, Visitor]:
    """Sign one person in for each role, and one for none."""
    return {who: desk.visitor(who, purpose=None if who == "nobody" else "audit")
            for who, _, _ in USERS}  # fmt: skip


@pytest.fixture(scope="module")
def report(people: dict[str, Visitor]) -> str:
    found = re.search(r"/reports/([0-9a-f-]{36})", people["supervisor"].get("/").text)
    assert found is not None
    return found[1]


def test_the_table_has_every_route_and_no_other(desk: Visited) -> None:
    """A page that nobody thought of is a page that anybody opens."""
    assert {one.path for one in routes_of(desk)} == set(RIGHTS)
    for one in routes_of(desk):
        doing = not READS.issuperset(one.methods or ())
        right = RIGHTS[one.path]
        assert not doing or right.do != frozenset() or right.is_open, one.path
    for right in RIGHTS.values():
        assert not right.is_open or (right.see is None and not right.purpose)


def test_a_route_without_a_row_does_not_start(desk: Visited) -> None:
    """Whoever adds a page is told to say who may open it."""
    with pytest.raises(InvariantBroken, match="nobody has said who may open it"):
        admit(desk.station, Route("/forgotten", lambda request: None))


def test_what_is_about_somebody_asks_for_a_purpose() -> None:
    """Before it is opened; these lists name nobody, and count at most."""
    free = {path for path, right in RIGHTS.items() if not right.purpose and not right.is_open}
    assert {path for path in free if path in WHO} == {
        "/",
        "/feeds",
        "/figures",
        "/figures/csv",
    }


@pytest.mark.parametrize("path", WHO)
@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_each_role_opens_just_what_is_theirs(
    desk: Visited, people: dict[str, Visitor], report: str, role: str, path: str
) -> None:
    """Asked over the wire, by GET and by POST, of the desk as it runs."""
    names = {name: text.format(report=report) for name, text in PRESENT.items()}
    address = path.format(**names)
    visitor = people[role]
    allowed = role in WHO[path].split()
    assert (visitor.get(address).status_code != 403) == allowed
    if RIGHTS[path].do:
        sent = visitor.post(address, csrf=_csrf(desk, visitor), decision="x")
        assert (sent.status_code != 403) == (role in DOES.get(path, WHO[path]).split())


def _csrf(desk: Visited, visitor: Visitor) -> str:
    """Give a session's token, also where its pages show none."""
    session = desk.station.sessions.find(visitor.cookie)
    assert session is not None
    return session.csrf


@pytest.mark.parametrize("role", ROLES)
def test_the_navigation_leads_nowhere_that_is_refused(
    people: dict[str, Visitor], role: str
) -> None:
    """A link that says `not yours` wastes a minute at 3 am."""
    visitor = people[role]
    listed = re.findall(r'<ul class="desk-nav__list">(.*?)</ul>', visitor.get("/key").text, re.S)
    shown = re.findall(r'href="([^"]+)"', "".join(listed))
    assert shown
    for path in shown:
        assert visitor.get(path).status_code == 200, path
    refused = {path for path, _ in [*NAVIGATION, *MORE]} - set(shown)
    assert all(visitor.get(path).status_code == 403 for path in refused)


def test_a_right_is_for_looking_or_for_doing_never_for_both_by_itself() -> None:
    """Who may open a page may not by that send its form."""
    right = Right(see=frozenset({Role.AUDITOR}))
    assert may(right, "GET", frozenset({Role.AUDITOR}))
    assert not may(right, "POST", frozenset({Role.AUDITOR}))
    assert not may(right, "GET", frozenset())

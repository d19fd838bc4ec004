"""What the desk's work keeps from whom, what it records, how its lists go on, in which words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.desk.rows import looks
from consumers.desk.wording import remedy_of, text_of
from contracts.fault import Misuse
from tests.support.busy import (
    CANARY,
    POLICE,
    PROBATION,
    Busy,
    alert,
    busy,
    task,
)
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import Working

NO_ID = "00000000-0000-7000-8000-000000000000"
NOTHING = "There is nothing here that can be shown to you."
OFFICER, SUPERVISOR = "Lee Hart (name invented)", "Jo Bell (name invented)"


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def pages_of(force: Busy, which: str, look: str) -> list[str]:
    """List the pages that show something of the concern."""
    said = force.said["concern"]
    return [
        f"/reports/{said}/answer", f"/reports/{said}/ask", f"/reports/{said}/referral",
        f"/research/reports/{said}", f"/research/{look}", f"/alerts/{which}",
        f"/requests/{force.said['question']}/answer",
    ]  # fmt: skip


LISTS = ("/", "/duties", "/alerts", "/research", "/responses", "/requests", "/shift", "/referrals",
         "/handovers", "/disclosures")  # fmt: skip


def test_who_is_excluded_meets_the_same_page_as_for_nothing_and_no_list_tells_them(
    force: Busy, desk: Visited
) -> None:
    """Trap 16: neither that there is something, nor how much, nor by a form, nor by a number."""
    which, look = alert(force), task(force)
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    before = {path: officer.get(path).text for path in LISTS}
    force.exclude(OFFICER, "concern")
    nothing = officer.get(f"/alerts/{NO_ID}").text
    for path in pages_of(force, which, look):
        page = officer.get(path)
        assert page.status_code == 404, path
        assert NOTHING in page.text
        assert plain(page.text) == plain(nothing), path
        assert supervisor.get(path).status_code == 200, path
        sent = officer.post(path, do="have", outcome="nil", received_by="x", researched="no",
                            actions=["visit_planned"], to=PROBATION, person="1", why="x",
                            kind="idva", made="no", reason="x")  # fmt: skip
        assert sent.status_code in {403, 404}, path
    ids = {force.said["concern"], force.said["question"], which, look}
    for path in LISTS:
        page = officer.get(path).text
        assert not any(said in page for said in ids), path
        assert len(page) <= len(before[path]), path
    officer.post("/shift", note="All quiet.")
    supervisor.post("/shift", note=f"See {force.said['concern']}.")
    assert force.said["concern"] not in officer.get("/shift").text
    assert "See " not in officer.get("/shift").text
    assert "All quiet." in officer.get("/shift").text


def plain(page: str) -> str:
    """Leave out of a page what differs from answer to answer whatever it shows."""
    kept = re.sub(r'nonce="[^"]*"|value="[^"]*"|/purpose\?next=[^"]*', "", page)
    return re.sub(r"\s+", " ", kept)


def test_every_look_is_recorded_with_its_purpose_and_no_page_names_anybody_where_it_is_kept(
    force: Busy, desk: Visited
) -> None:
    """Title and address say nothing of anybody; what was seen stands in the looks."""
    which, look = alert(force), task(force)
    officer = desk.visitor("officer")
    for path in [*pages_of(force, which, look), *LISTS, "/referrals?show=considered"]:
        page = officer.get(path)
        title = re.search(r"<title[^>]*>(.*?)</title>", page.text, re.S)
        assert page.status_code == 200
        assert title is not None
        assert CANARY not in title[1]
        assert CANARY not in path
        assert page.headers["cache-control"] == "no-store"
    with force.town.consumers[POLICE].store.read() as db:
        rows = db.execute(select(looks.c.what, looks.c.about, looks.c.purpose)).all()
    seen = {(row.what, row.about) for row in rows}
    said = force.said["concern"]
    for what in ("answer", "ask", "consider_referral", "research", "research_task", "alert",
                 "alerts", "research_board", "questions", "responses", "duties",
                 "shift"):  # fmt: skip
        assert (what, said) in seen, what
    assert ("referrals", force.said["referral"]) in seen
    assert ("disclosures", force.said["application"]) in seen
    assert {row.purpose for row in rows if row.what != "signed_in"} == {"my_task"}


def test_a_page_that_goes_on_shows_each_thing_once(force: Busy, desk: Visited) -> None:
    """Thirty reports on two pages of each list: none is lost between them, none stands twice."""
    for number in range(30):
        force.concern(f"c{number}")
    force.pass_hours(80)
    officer = desk.visitor("officer")
    for path, link in (("/research", "/research/reports/"), ("/alerts", "/alerts/"),
                       ("/responses", "/reports/"), ("/requests", "/reports/")):  # fmt: skip
        pages = list(all_pages(officer, path))
        assert len(pages) > 1, path
        found = [re.findall(rf'href="{link}([0-9a-f-]{{36}})[/"]', page) for page in pages]
        shown = [set(ids) for ids in found]
        assert len(set().union(*shown)) >= 30, path
        if path != "/requests":  # one report may raise several questions
            assert sum(map(len, shown)) == len(set().union(*shown)), path
    duties = [re.findall(r'<li class="desk-row desk-row--owed">\s*<a[^>]*href="([^"]+)"', page)
              for page in all_pages(officer, "/duties")]  # fmt: skip
    listed = [link for page in duties for link in page]
    assert len(listed) == len(set(listed)) > 90


def all_pages(visitor: Visitor, path: str) -> Iterator[str]:
    """Follow a list to its end."""
    following: str | None = path
    while following:
        page = visitor.get(following).text
        yield page
        found = re.search(
            r'<nav class="desk-pages"[^>]*><a class="govuk-link" href="([^"]+after=[^"]+)"', page
        )
        following = found[1].replace("&amp;", "&") if found else None


def test_another_kind_of_agency_has_no_research_board(tmp_path: Path, issuer: str) -> None:
    """Probation researches in its own way: an empty board would read as nothing to do."""
    made = busy(tmp_path)
    with visiting(made.town, PROBATION, tmp_path, issuer=issuer) as desk:
        officer = desk.visitor("officer")
        assert officer.get("/research").status_code == 404
        assert 'href="/research"' not in officer.get("/").text
        assert "NOT answered" in officer.get("/requests").text
    made.town.close()


SPEAKING = ("research/desk", "research/found", "safeguarding/desk", "responses/desk",
            "responses/asking", "responses/period", "responses/reuse", "disclosure/course",
            "disclosure/desk", "referrals/desk", "governance/desk", "intelligence/grading",
            "acting", "worker")  # fmt: skip


def test_no_remedy_at_the_desk_names_a_command_or_an_option() -> None:
    """Who presses buttons has no command line: every fault that can reach a page is read here."""
    seen = 0
    for name in SPEAKING:
        tree = ast.parse(Path(f"consumers/{name}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if "--" not in node.value and "candour " not in node.value:
                    continue
                fault = Misuse(node.value, remedy=node.value)
                for text in (remedy_of(fault), text_of(fault)):
                    assert "--" not in text, node.value
                    assert "candour " not in text, node.value
                seen += 1
    assert seen > 40

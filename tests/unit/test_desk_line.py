"""A person's chronology and relationships at the desk: what stands there, and for whom it does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, select

from consumers import store as stored
from consumers.chronology.rows import happenings
from consumers.desk.rows import looks
from consumers.safeguarding.links import link_tokens, links
from consumers.standing import mark
from tests.support.browser import provider
from tests.support.busy import CASE, FORCE, POLICE, PROBATION, Busy, couple, facts
from tests.support.stranger import seeded, text_of
from tests.support.visiting import Visited, visiting
from tests.support.working import Working, files_in

NO_TOKEN = "A" * 22
OFFICER = "Lee Hart (name invented)"
NEW, SURNAME = "Nina", "Fenwick"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as address:
        yield address


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    """Police and probation at work; each test tells of people of its own."""
    made = Working(
        "line", store=files_in(tmp_path_factory.mktemp("line")), acting=[POLICE, PROBATION]
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def desk(town: Working, tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Visited]:
    folder = tmp_path_factory.mktemp("sessions")
    with visiting(town, POLICE, folder, issuer=issuer) as opened:
        yield opened


@pytest.fixture
def force(town: Working, request: pytest.FixtureRequest) -> Busy:
    """A couple of whom probation has told one concern."""
    made = Busy(town, seeded(f"line/{request.node.name}"))
    made.say("concern", CASE, "concern_reported", couple(made.draw), urgency="urgent")
    return made


def his(force: Busy, name: str = "concern", number: int = 1) -> str:
    """Give the token of somebody whom a report names."""
    return str(force.sections[name][f"person.{number}.identity"]["subject"])


def report(force: Busy, name: str, event: str, *people: dict[str, Any], **more: Any) -> str:
    """Let probation tell of just these people."""
    sections = couple(force.draw)
    kept = {key: value for key, value in sections.items() if not key.startswith("person.")}
    kept["use_limits"] = {"limits": []}
    for n, one in enumerate(people, 1):
        subject = one["subject"]
        names = [{"given": one["given"], "family": one["family"]}]
        kept[f"person.{n}.identity"] = {"subject": subject, "names": names}
        kept[f"person.{n}.part"] = {"subject": subject, "part": one.get("part", "unassessed")}
    involved = [{"agency": POLICE, "how": "history"}]
    kept |= {"event": facts(**more), "involvement": {"involved": involved}}
    return force.say(name, CASE, event, kept)


def daniel(force: Busy) -> dict[str, str]:
    return {"subject": his(force), "given": "Daniel", "family": "Quillfeather"}


def nina(force: Busy) -> dict[str, str]:
    return {"subject": text_of(force.draw(16)), "given": NEW, "family": SURNAME}


def link(force: Busy, *tokens: str) -> None:
    """Say by a matcher that tokens are one person."""
    with force.town.consumers[POLICE].store.write() as db:
        said = force.said["concern"]
        db.execute(links.insert().values(id=said, subjects=" ".join(tokens), matcher="M"))
        for one in tokens:
            db.execute(link_tokens.insert().values(token=one, link=said))


def test_a_report_stands_with_its_times_who_acted_and_who_was_not_told(
    force: Busy, desk: Visited
) -> None:
    """Happened, known, shared, seen, acted: each in words; what this desk cannot know is said."""
    officer, path = desk.visitor("officer"), f"/persons/{his(force)}/chronology"
    for listed in ("/research", f"/research/reports/{force.said['concern']}", "/alerts", path):
        officer.get(listed)  # who saw that it is there has not opened it
    page = officer.get(path).text
    assert "9 December 2026" in page
    assert "Shared through the log" in page
    assert "Nobody at this desk has opened it" in page
    assert "Nobody has acted on it" in page
    assert "Research requested, 14 times, by Thames Valley Police&#39;s system" in page
    assert "No agreement carries it to" in page
    assert "MK Compass" in page or "Compass" in page
    assert "only the ledger shows" in page
    officer.get(f"/reports/{force.said['concern']}")
    given: dict[str, Any] = {
        "received_by": "Lee",
        "researched": "no",
        "actions": ["research_opened"],
    }
    officer.post(f"/reports/{force.said['concern']}/answer", **given)
    page = officer.get(path).text
    assert "First opened" in page
    assert "Nobody has acted on it" not in page
    assert "Response given, by Thames Valley Police" in page


def test_how_long_something_lay_before_it_was_shared_stands_in_words(
    force: Busy, desk: Visited
) -> None:
    """A gap that nobody sees is a gap that nobody asks about."""
    report(force, "late", "concern_reported", daniel(force), concern="threat",
           occurred={"precision": "month", "at": "2026-09"}, known_to_agency="2026-11-20",
           recorded="2026-11-20")  # fmt: skip
    page = desk.visitor("officer").get(f"/persons/{his(force)}/chronology").text
    probation = "The Probation Service, Thames Valley"
    assert f"Happened at least 51 days before it was known to {probation}." in page
    assert f"Known to {probation} 20 days before it was shared." in page


def test_all_linked_tokens_are_one_line_in_the_order_of_what_happened(
    force: Busy, desk: Visited
) -> None:
    """A year comes before a month of it, and that before a day; a link joins, and no name does."""
    other = {**daniel(force), "subject": text_of(force.draw(16))}
    for name, at, precision in (
        ("day", "2020-03-02", "day"), ("year", "2020", "year"), ("month", "2020-03", "month"),
    ):  # fmt: skip
        report(force, name, "concern_reported", other, concern="other",
               occurred={"precision": precision, "at": at})  # fmt: skip
    visitor, path = desk.visitor("officer"), f"/persons/{his(force)}/chronology"
    assert "2020" not in visitor.get(path).text
    link(force, his(force), other["subject"])
    page = visitor.get(path).text
    order = [page.index(f"/reports/{force.said[one]}") for one in ("year", "month", "day")]
    assert order == sorted(order)
    assert order[-1] < page.index(f"/reports/{force.said['concern']}")


def test_marks_stand_in_words_on_what_they_are_about(force: Busy, desk: Visited) -> None:
    """Corrected, taken back, signed under a compromised key, not verified: none by colour."""
    said = force.said["concern"]
    with force.town.consumers[POLICE].store.write() as db:
        for given in ("corrected", "retracted", "suspect"):
            mark(db, said, given, said)
        db.execute(stored.views.update().where(stored.views.c.id == said).values(verified=False))
    for page in ("chronology", "picture"):
        text = desk.visitor("officer").get(f"/persons/{his(force)}/{page}").text
        for words in ("CORRECTED by", "RETRACTED by", "SUSPECT: signed"):
            assert words in text, (page, words)
        assert page == "picture" or "UNVERIFIED: call back" in text


def test_what_is_destroyed_is_not_nil(force: Busy, desk: Visited) -> None:
    """A tombstone stays: it was known, and is gone (domain.md 1.6)."""
    sections = {
        **couple(force.draw), "event": facts(returned="destroyed", authority="schedule 3"),
    }  # fmt: skip
    force.say("gone", FORCE, "return_made", sections)
    page = desk.visitor("officer").get(f"/persons/{his(force, 'gone')}/chronology").text
    assert "DESTROYED: it was held and is gone" in page


def test_a_new_partner_has_her_own_wall_and_no_picture_names_her(
    force: Busy, desk: Visited
) -> None:
    """Trap 8: neither her name nor her token's page is reached from the woman before her."""
    she = nina(force)
    report(force, "new", "relationship_noted", daniel(force), she, relationship="partners",
           state="started", occurred={"precision": "day", "at": "2026-11-29"})  # fmt: skip
    officer, tracey = desk.visitor("officer"), his(force, number=2)
    d, n = his(force), she["subject"]
    asked = (d, f"{d}/PAGE/{tracey}", tracey, f"{d}/PAGE/{n}")
    for page in ("chronology", "picture"):
        alone, both, hers, couple_ = (
            officer.get(f"/persons/{path.replace('PAGE', page)}").text
            if "PAGE" in path
            else officer.get(f"/persons/{path}/{page}").text
            for path in asked
        )
        for text in (alone, both, hers):
            assert NEW not in text
            assert SURNAME not in text
        for text in (both, hers):
            assert n not in text
            assert force.said["new"] not in text
        assert force.said["new"] in alone
        assert "Tracey" not in alone
        assert f"{NEW} {SURNAME}" in couple_
        assert "Tracey" not in couple_
        assert force.said["concern"] not in couple_
        assert "Invented Row" not in alone + both + hers + couple_, "no address, ever"


def test_a_child_stands_inside_the_wall_of_a_couple_and_by_no_name_outside(
    force: Busy, desk: Visited
) -> None:
    """A child of theirs is in their case; whoever is named as one and grew up is a person apart."""
    cora = {"subject": text_of(force.draw(16)), "given": "Cora", "family": "Hill", "part": "child"}
    tracey = {"subject": his(force, number=2), "given": "Tracey", "family": "Hill"}
    report(force, "child", "concern_reported", daniel(force), tracey, cora, concern="other")
    officer, d, t = desk.visitor("officer"), his(force), his(force, number=2)
    both = officer.get(f"/persons/{d}/picture/{t}").text
    assert "Cora Hill" in both
    assert "A child, named beside them" in both
    assert "Cora" not in officer.get(f"/persons/{d}/picture").text
    assert "and one child" in officer.get(f"/persons/{d}/chronology/{t}").text
    report(force, "grown", "concern_reported", {**cora, "part": "associate"}, concern="other")
    assert "Cora" not in officer.get(f"/persons/{d}/picture/{t}").text
    assert force.said["child"] not in officer.get(f"/persons/{d}/chronology/{t}").text


def test_what_agencies_say_differently_stands_side_by_side(force: Busy, desk: Visited) -> None:
    """Neither is right because it came last; what ended says so, and so does what did not."""
    tracey = {"subject": his(force, number=2), "given": "Tracey", "family": "Hill"}
    report(force, "began", "relationship_noted", daniel(force), tracey, relationship="partners",
           state="started", occurred={"precision": "month", "at": "2026-02"})  # fmt: skip
    sections = force.sections["began"] | {
        "event": facts(relationship="former_partners", state="ended"),
    }  # fmt: skip
    force.say("ended", FORCE, "relationship_noted", sections)
    officer = desk.visitor("officer")
    page = officer.get(f"/persons/{his(force)}/picture").text
    assert "DISPUTED: They do not say alike whether it has ended." in page
    assert "From February 2026" in page
    assert "Not said to have ended; last told of 9 December 2026" in page
    assert "Ended: 9 December 2026" in page
    assert re.search(r"The Probation Service[^<]*</td>", page)
    assert re.search(r"Thames Valley Police[^<]*</td>", page)
    assert "desk-tie--disputed" in page.partition("desk-picture")[2]


def test_who_is_excluded_meets_nothing_and_nobody_learns_of_it_from_looks(
    force: Busy, desk: Visited
) -> None:
    """Equal to the page of a token that nobody has; a colleague's look is not told to them."""
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    d, t = his(force), his(force, number=2)
    paths = [f"/persons/{d}/{page}" for page in ("chronology", "picture")]
    paths += [f"{path}/{t}" for path in paths]
    assert [officer.get(path).status_code for path in paths] == [200] * 4
    force.exclude(OFFICER, "concern")
    nothing = [plain(officer.get(path.replace(d, NO_TOKEN)).text, d) for path in paths]
    for path, empty in zip(paths, nothing, strict=True):
        shown = supervisor.get(path)
        assert shown.status_code == 200
        assert "xclusion" not in shown.text.partition("<main")[2], "that one is kept from it"
        answer = officer.get(path)
        assert answer.status_code == 404
        assert plain(answer.text, d) == empty
    with force.town.consumers[POLICE].store.read() as db:
        seen = set(db.execute(select(looks.c.about).where(looks.c.token != d)).scalars())
    assert d in seen, "his own look at nothing, under what he asked for"
    assert force.said["concern"] in seen


def plain(page: str, token: str) -> str:
    """Give a page but for what each answer draws, and the address that was asked for."""
    text = page.replace(token, "TOKEN").replace(NO_TOKEN, "TOKEN")
    return re.sub(r'(nonce|name="csrf" value)="[^"]+"', r'\1="DRAWN"', text)


def test_every_look_is_recorded_by_report_with_its_purpose(force: Busy, desk: Visited) -> None:
    """Whoever reads a line has read of each report on it; a line opens no report."""
    officer = desk.visitor("officer", purpose="supervision")
    with force.town.consumers[POLICE].store.write() as db:
        db.execute(delete(looks))
    officer.get(f"/persons/{his(force)}/chronology")
    with force.town.consumers[POLICE].store.read() as db:
        found = db.execute(select(looks.c.what, looks.c.purpose, looks.c.about)).all()
    assert ("chronology", "supervision", force.said["concern"]) in found
    assert desk.visitor("officer", purpose=None).get(
        f"/persons/{his(force)}/chronology"
    ).headers["location"].startswith("/purpose?next=")  # fmt: skip
    assert (
        "Nobody at this desk has opened it" in officer.get(f"/persons/{his(force)}/chronology").text
    )


def test_a_long_line_goes_on_page_by_page_and_leaves_nothing_out(
    force: Busy, desk: Visited
) -> None:
    """Twenty-five on a page; the link is there as long as there is more."""
    consumer = force.town.consumers[POLICE]
    with consumer.store.write() as db:
        for n in range(60):
            said = f"00000000-0000-7000-8000-{n:012d}"
            row = dict(stored.row_of(db, force.said["concern"]) or {})
            db.execute(stored.views.insert().values(**{**row, "place": 10**6 + n, "id": said,
                                                       "digest": said}))  # fmt: skip
            db.execute(happenings.insert().values(
                token=his(force), statement=said, begins=f"19{n + 10}", is_child=False,
            ))  # fmt: skip
    officer, path, found = desk.visitor("officer"), f"/persons/{his(force)}/chronology", list[str]()
    while path:
        page = officer.get(path).text
        found += re.findall(r'class="govuk-link" href="/reports/([0-9a-f-]{36})"', page)
        more = re.search(r'href="([^"]+after=[^"]+)"', page)
        path = more[1] if more else ""
    assert len(found) == len(set(found)) == 61
    assert found[:2] == [f"00000000-0000-7000-8000-{n:012d}" for n in range(2)]


def test_two_tokens_of_one_person_are_no_couple(force: Busy, desk: Visited) -> None:
    """A pair of one would have no wall."""
    other = his(force, number=2)
    officer = desk.visitor("officer")
    assert officer.get(f"/persons/{his(force)}/picture/{other}").status_code == 200
    link(force, his(force), other)
    assert officer.get(f"/persons/{his(force)}/picture/{other}").status_code == 404
    assert officer.get("/persons/anything/picture").status_code == 404
    assert PROBATION in force.town.consumers

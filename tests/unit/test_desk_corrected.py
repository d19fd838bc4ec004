"""A corrected report at the desk and from it: as its originator says it now, on every page."""

import re
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from consumers.research.rows import research_tasks
from consumers.store import to_publish
from tests.support.busy import CANARY, CASE, POLICE, PROBATION, Busy, alert, refused, task, told
from tests.support.visiting import Visited
from tests.support.working import Working

HUB = "mk-mash"
WAS, IS = "1 Invented Row", "9 Invented Square"
ANEW = "It was answered before it was corrected"


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def corrected(force: Busy, report: str = "concern") -> str:
    """Let probation correct a report: she may not be told, is elsewhere, and he is named rightly.

    Returns:
        The correction's id.
    """
    was, about = force.sections[report], {"statement": force.said[report]}
    his, hers = (was[f"person.{n}.identity"] for n in (1, 2))
    limits = [{"subject": one["subject"], "may_be_told": "no", "origin_may_be_told": "no"}
              for one in (his, hers)]  # fmt: skip
    return force.say(
        "right", CASE, "statement_corrected",
        {"event": {**about, "reason": "misheard", "by": "A. Officer"}, "cause.1": about,
         "provenance": was["provenance"],
         "person.1.identity": {**his, "names": [{"given": "Dermot", "family": CANARY}]},
         "person.1.part": {"subject": his["subject"], "part": "unassessed"},
         "person.2.identity": hers,
         "person.2.whereabouts": {"subject": hers["subject"], "address": IS},
         "use_limits": {"limits": limits, "ring": "Ms Vane on 01632 960044"}},
    )  # fmt: skip


def test_every_page_shows_a_corrected_report_as_it_stands(force: Busy, desk: Visited) -> None:
    """What must no longer be put to her is what somebody at the door reads first."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    assert "Ring first" in officer.get(f"/reports/{report}").text
    correction = corrected(force)
    page = officer.get(f"/reports/{report}").text
    assert "CORRECTED by its originator" in page
    assert f'href="/corrections/{correction}"' in page
    assert page.count("Must not be told") == 2
    pages = [f"/reports/{report}{page}" for page in ("", "/answer", "/ask", "/refer/mash")]
    for path in (
        *pages,
        f"/research/reports/{report}",
        f"/requests/{force.said['question']}/answer",
    ):
        page = officer.get(path).text
        assert "Ms Vane on 01632 960044" in page, path
        assert f"Dermot {CANARY}" in page, path
        assert f"Daniel {CANARY}" not in page, path


def test_what_is_decided_on_a_page_that_was_opened_before_a_correction_is_not_taken(
    force: Busy, desk: Visited
) -> None:
    """It named as read what stood on no screen: the page comes again, and says so."""
    report, who = force.said["concern"], desk.visitor("supervisor")
    sent = {
        f"/alerts/{alert(force)}": {"do": "have"},
        f"/research/reports/{report}": {"reason": "seen alone"},
        f"/reports/{report}/referral": {"kind": "idva", "made": "no", "reason": "she has one"},
        f"/reports/{report}/answer": {
            "received_by": "L. Lead",
            "researched": "no",
            "actions": "visit_planned",
        },
    }
    consumer, about = force.town.consumers[POLICE], {"statement": report}
    with consumer.store.write() as db:
        made = {"open": False, "outcome": "nil", "operator": "L. Looker"}
        its = research_tasks.c.statement == report
        db.execute(update(research_tasks).where(its).values(**made))
    was = {page: shown(who.get(page).text) for page in sent}
    assert set(was.values()) == {""}
    pages = (report_page, answer_page) = (f"/reports/{report}", f"/reports/{report}/answer")
    told(who, who.post(answer_page, read="", **sent[answer_page]))
    assert [ANEW in who.get(page).text for page in pages] == [False, False]
    correction = force.say(
        "later", CASE, "statement_corrected",
        {"event": {**about, "reason": "misheard", "by": "A. Officer"}, "cause.1": about,
         "provenance": force.sections["concern"]["provenance"],
         "narrative": {"text": "She means to stay.", "form": "summary"}},
    )  # fmt: skip
    assert [ANEW in who.get(page).text for page in pages] == [True, True]
    assert "answer once more (tick below)" in who.get(answer_page).text
    assert "it was answered" not in who.get(report_page).text
    sent[answer_page] |= {"again": "yes"}
    with consumer.store.read() as db:
        said = count(db)
    for number, (page, fields) in enumerate(sent.items()):
        again = refused(who.post(page, read=was[page], **fields))
        assert "was corrected since you opened this page" in again, page
        assert "CORRECTED by its originator" in again, page
        assert shown(again) == correction, page
        assert fields.get("reason", "") in again, "nothing typed is lost"
        with consumer.store.read() as db:
            assert count(db) == said + number, "nothing was said"
        told(who, who.post(page, read=correction, **fields))
    assert [ANEW in who.get(page).text for page in pages] == [False, False]
    force.compromise(CASE)
    (page, fields), *_ = sent.items()
    assert "or is suspect since" in refused(who.post(page, read=correction, **fields))
    assert "SUSPECT: signed while" in who.get(page).text


def count(db: Connection) -> int:
    """Count what the force has said, or is to say."""
    return db.execute(select(func.count()).select_from(to_publish)).scalar_one()


def shown(page: str) -> str:
    """Give what a page's forms carry of the newest correction that stands on it."""
    (found,) = set(re.findall(r'name="read" value="([^"]*)"', page))
    return str(found)


def test_what_leaves_carries_what_stands(force: Busy, desk: Visited) -> None:
    """Another agency acts on the limits that it is given, and knows of no correction before."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    corrected(force)
    subjects = [force.token("concern", n) for n in (1, 2)]
    sent: dict[str, Any] = {"to": HUB, "people": subjects, "danger": "no", "children": "household",
            "soon": "urgent", "words": "w", "meets": ["child_concern"]}  # fmt: skip
    told(officer, officer.post(f"/reports/{report}/refer/mash", **sent))
    told(officer, officer.post(f"/reports/{report}/ask", to=PROBATION, person="1", why="licence"))
    ours = [one.statement for one in force.town.log.opened(POLICE)
            if one.statement.context.source.startswith(f"/agencies/{POLICE}/")]  # fmt: skip
    for kind in ("referral_made", "information_requested"):
        text = str([one.sections for one in ours if one.kind.name == kind])
        assert "Dermot" in text, kind
        assert "Daniel" not in text, kind
        assert "ring_first" not in text, kind
        assert "part='unassessed'" in text, kind


def test_where_somebody_is_now_is_what_is_shown_and_marked(force: Busy, desk: Visited) -> None:
    """She has moved, perhaps from him: a visit to where she was may tell him that somebody asks."""
    officer = desk.visitor("officer")
    report = force.said["concern"]
    where = f"/reports/{report}/whereabouts/2"
    told(officer, officer.post(f"/research/{task(force)}", report=report, outcome="nil"))
    officer.post(where, do="alone", reason="to visit her")
    assert WAS in officer.post(where, do="show").text
    corrected(force)
    shown = officer.post(where, do="show").text
    assert IS in shown
    assert WAS not in shown
    assert "CORRECTED by its originator" in shown


def test_whose_part_was_corrected_is_sheltered_by_it(force: Busy, desk: Visited) -> None:
    """Whom nobody calls the alleged perpetrator any more may be the victim (trap 4)."""
    corrected(force)
    officer = desk.visitor("officer")
    page = officer.get(f"/persons/{force.token('concern')}").text
    assert "not assessed" in page.lower() or "unassessed" in page
    assert "alleged perpetrator" not in page.lower()

"""Private enquiry: who is still to be seen alone, what counts as asked, and what is no safety."""

from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from consumers import standing
from consumers.enquiry import rows
from consumers.enquiry.desk import check, risk_of
from consumers.safeguarding.desk import Deciding
from contracts.fault import Misuse
from contracts.section import Practitioner
from deploy.command import EXIT_USAGE, invoke
from deploy.command.enquiry import RETURNS, _attended, _returned, _unaccounted
from deploy.command.listing import Reading
from producers.filed import warned
from producers.report import opened
from tests.support.agreed import adopt, dated, people, retract, say
from tests.support.desk import HUB, PROBATION, Desk
from tests.support.filing import CANARY
from tests.support.speaking import Speaker
from tests.support.stranger import text_of
from tests.vectors.ledger import CLOCK_MS


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed on casework."""
    made = Desk(tmp_path)
    adopt(made)
    return made


def contact(
    desk: Desk, sections: dict[str, Any], *, kind: str = "joint_attendance", alone: str = "",
    parts: tuple[str, str] = ("alleged_perpetrator", "victim"),
) -> str:  # fmt: skip
    """Let probation record a contact with two people."""
    given = dict(sections)
    for n, part in enumerate(parts, 1):
        given[f"person.{n}.part"] = {**given[f"person.{n}.part"], "part": part}
    if alone:
        given["risk"] = {"danger_now": "no", "children": "none_known", "seen_alone": alone}
    facts = dated(contact=kind)
    return say(desk, PROBATION, "contact_recorded", facts, sections=given)


def asked(
    desk: Desk, subject: str, enquiry: str = "asked_none", *, setting: str = "visit",
    alone: str = "yes",
) -> str:  # fmt: skip
    """Let probation record that one person was asked."""
    sections = people(desk)
    one = {
        "provenance": sections["provenance"],
        "person.1.identity": {"subject": subject, "names": []},
        "person.1.part": {"subject": subject, "part": "victim"},
        "risk": {"danger_now": "not_asked", "children": "not_asked", "seen_alone": alone},
    }
    more = {"why_not": "he sat by"} if enquiry in {"unsafe", "not_asked"} else {}
    facts = dated(enquiry=enquiry, setting=setting, **more)
    return say(desk, PROBATION, "enquiry_made", facts, sections=one)


def tokens(sections: dict[str, Any]) -> tuple[str, str]:
    """Give his token and hers."""
    his, hers = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
    return his, hers


def still(desk: Desk, agency: str = PROBATION, *, viewer: frozenset[str] = frozenset()) -> Any:
    """List who is still to be seen alone, as an agency sees it."""
    with desk.acting(agency).store.read() as db:
        return [(one["statement"], one["subject"]) for one in rows.only_jointly(db, viewer)]


def test_who_was_seen_only_jointly_is_to_be_seen_alone(desk: Desk) -> None:
    """E34, E41, E43: three meetings together, and nobody ever saw her apart (rec. 17)."""
    sections = people(desk)
    _, hers = tokens(sections)
    joint = contact(desk, sections)
    assert still(desk) == [(joint, hers)], "not him whom she may fear"
    assert still(desk, HUB) == [], "who met them follows it up: enquiries stay with their agency"


def test_of_two_whose_parts_nobody_knows_both_are_to_be_seen(desk: Desk) -> None:
    """Roles are not settled at a meeting: each may be the one who cannot speak."""
    sections = people(desk)
    joint = contact(desk, sections, parts=("unassessed", "unassessed"))
    assert still(desk) == [(joint, one) for one in sorted(tokens(sections))]


@pytest.mark.parametrize("enquiry", ["asked_none", "disclosed", "declined"])
def test_an_enquiry_in_private_settles_it_until_the_next_joint_meeting(
    desk: Desk, enquiry: str
) -> None:
    """Also where she disclosed nothing: she could have."""
    sections = people(desk)
    contact(desk, sections)
    asked(desk, tokens(sections)[1], enquiry)
    assert still(desk) == []
    again = contact(desk, sections)
    assert still(desk) == [(again, tokens(sections)[1])]


@pytest.mark.parametrize(
    "made",
    [{"enquiry": "unsafe"}, {"enquiry": "not_asked"}, {"alone": "no"}, {"alone": "unknown"},
     {"setting": "joint_meeting"}],
)  # fmt: skip
def test_what_was_not_asked_in_private_settles_nothing(desk: Desk, made: dict[str, str]) -> None:
    """Unknown is never yes; and in a joint meeting nobody is alone."""
    sections = people(desk)
    contact(desk, sections)
    asked(desk, tokens(sections)[1], **made)
    assert len(still(desk)) == 1


def test_a_meeting_after_which_she_was_seen_apart_asks_nothing_more(desk: Desk) -> None:
    """The record of the meeting itself says that she was seen alone too."""
    sections = people(desk)
    contact(desk, sections, alone="yes")
    assert still(desk) == []
    contact(desk, sections, alone="no")
    assert len(still(desk)) == 1
    contact(desk, sections, alone="yes", parts=("unassessed", "unassessed"))
    assert len(still(desk)) == 1, "of two, it does not say which was seen alone"


def test_another_persons_enquiry_settles_nothing_unless_a_matcher_joined_them(desk: Desk) -> None:
    """One woman under two tokens is one woman once somebody says so, and while it stands."""
    sections = people(desk)
    hers, other = tokens(sections)[1], text_of(desk.draw(16))
    contact(desk, sections)
    asked(desk, other)
    assert len(still(desk)) == 1
    acting = desk.acting(PROBATION)
    deciding = Deciding(acting.store, acting.voice, desk.new_id)
    matcher = Practitioner(text_of(desk.draw(16)), "M. Atcher")
    (link,) = deciding.link([hers, other], by=matcher, role="lead", basis="one birth date")
    assert still(desk) == []
    deciding.unlink(link.draft.id, by=matcher, role="lead", basis="an error")
    assert len(still(desk)) == 1


def test_an_enquiry_that_is_taken_back_was_none_and_a_meeting_neither(desk: Desk) -> None:
    """What did not happen settles nothing, and asks nothing."""
    sections = people(desk)
    joint = contact(desk, sections)
    made = asked(desk, tokens(sections)[1])
    assert still(desk) == []
    retract(desk, PROBATION, made)
    assert len(still(desk)) == 1
    retract(desk, PROBATION, joint)
    assert still(desk) == []


def test_who_is_kept_from_a_case_sees_nobody_of_it_to_be_seen(desk: Desk) -> None:
    """He works there: the list must look as if there were nothing."""
    token = text_of(desk.draw(16))
    sections = people(desk)
    kept = {"excluded": [{"subjects": list(tokens(sections)), "practitioner": token}]}
    contact(desk, {**sections, "exclusions": kept})
    assert len(still(desk)) == 1
    assert still(desk, viewer=frozenset({token})) == []


CHECKED = [
    ({"alone": False}, "asked in front of somebody is not asked"),
    ({"setting": "joint_meeting"}, "no place to ask in private"),
    ({"enquiry": "unsafe", "alone": False}, "nothing says why"),
    ({"enquiry": "not_asked", "alone": False}, "nothing says why"),
    ({"companion": "not_known"}, "whether somebody came with her"),
]


@pytest.mark.parametrize(("changes", "told"), CHECKED)
def test_what_is_recorded_as_asked_was_asked_in_private(changes: Any, told: str) -> None:
    """A no that he heard is an answer to him."""
    given: Any = {
        "enquiry": "asked_none", "alone": True, "companion": "partner", "setting": "visit",
        "why": None, **changes,
    }  # fmt: skip
    with pytest.raises(Misuse, match=f"(?i){told}") as refused:
        check(given.pop("enquiry"), **given)
    assert refused.value.remedy


def test_who_came_with_her_is_recorded_with_the_enquiry() -> None:
    """E40: an unidentified male. Who was near bears on what she could say (7.1)."""
    check("disclosed", alone=True, companion="partner", setting="attendance", why=None)
    near = risk_of(alone=True, companion="partner")
    assert (near.partner_present, near.seen_alone, near.factors) == ("yes", "yes", ["accompanied"])
    by_herself = risk_of(alone=True, companion="nobody")
    assert (by_herself.partner_present, by_herself.factors) == ("no", None)
    assert risk_of(alone=False, companion="not_known").partner_present == "unknown"


def test_the_command_refuses_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the desk, while she is still there to be asked apart."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    line = ["enquiry", "record", "r", "--outcome", "asked_none", "--setting", "visit",
            "--not-alone", "--by", "N. Nurse", "--role", "nurse"]  # fmt: skip
    assert invoke([*line, "--home", str(speaker.home.folder)]) == EXIT_USAGE
    assert "asked in front of somebody is not asked" in capsys.readouterr().err


WARNED = {
    "checks": ("household", "change: address_approved, occupier_alone: yes", "names no look"),
    "alone": (
        "household",
        "change: address_approved, checks: [{subject: AAAAAAAAAAAAAAAAAAAAAA, system: pnc, "
        "checked_on: 2016-06-13, operator: O}]",
        "spoken to in private",
    ),
    "companion": (
        "attendance", "attendance: injury, accompanied: partner, enquiry: unsafe",
        "nothing says who",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lacks", WARNED)
def test_poor_practice_is_told_to_its_author_and_never_refused(tmp_path: Path, lacks: str) -> None:
    """M07, M13: a rule that refused would lose the one record that there is."""
    kind, facts, told = WARNED[lacks]
    file = tmp_path / "report.yaml"
    file.write_text(
        f"report: {kind}\nfacts: {{{facts}}}\npeople: [{{reference: r, given: {CANARY}}}]\n"
    )
    report, _ = opened(file, now_ms=CLOCK_MS)
    (said,) = warned(report)
    assert told in said
    assert CANARY not in said


def test_a_household_or_attendance_that_lacks_nothing_warns_of_nothing(tmp_path: Path) -> None:
    """A warning that always stands there is read by nobody."""
    file = tmp_path / "report.yaml"
    for kind, facts in (
        ("household", "change: joined"),
        ("attendance", "attendance: injury, accompanied: declined, enquiry: unsafe"),
        ("attendance", "attendance: injury, accompanied: alone, enquiry: asked_none"),
    ):
        file.write_text(f"report: {kind}\nfacts: {{{facts}}}\npeople: [{{reference: r}}]\n")
        assert list(warned(opened(file, now_ms=CLOCK_MS)[0])) == []


def test_an_attendance_that_names_no_companion_is_listed_until_it_does(desk: Desk) -> None:
    """E40: an unidentified male sat there, and nobody wrote who he was (7.1)."""
    facts = dated(attendance="illness", accompanied="partner", enquiry="unsafe")
    attended = say(desk, PROBATION, "attendance_recorded", facts, sections=people(desk))
    named = {**facts, "companion": "partners"}
    say(desk, PROBATION, "attendance_recorded", named, sections=people(desk))
    declined = {**facts, "accompanied": "declined"}
    say(desk, PROBATION, "attendance_recorded", declined, sections=people(desk))
    with desk.acting(PROBATION).store.read() as db:
        (row,) = _attended(reads(db), 9)
        (told, then) = _unaccounted(reads(db), row)
    assert f"COMPANION NOT RECORDED: {attended}" in told
    assert "ask who it was" in then


def reads(db: Connection) -> Reading:
    """Let somebody read from whom nothing is kept."""
    return Reading(db, cast("Any", None), frozenset(), 0)  # for lists that need no home


def test_no_return_reads_as_safe(desk: Desk) -> None:
    """Trap 13: nil is not safe, destroyed is not nil, and a tombstone says when and under what."""
    nil = dated(returned="nil_contact")
    nil["occurred"]["until"] = "2018-05-29"
    say(desk, PROBATION, "return_made", nil, sections=people(desk))
    gone = dated(returned="destroyed", destroyed_on="2006-03-20", authority="six-year rule")
    say(desk, PROBATION, "return_made", gone, sections=people(desk))
    with desk.acting(PROBATION).store.read() as db:
        returned = standing.shown(db, frozenset(), "return_made")
        first, second = ("\n".join(_returned(reads(db), row)) for row in returned)
    assert RETURNS["nil_contact"] in first
    assert "NOT a finding of safety" in first
    assert "2012-05-01 to 2018-05-29" in first
    assert "not nil, and not safe" in second
    assert "destroyed on 2006-03-20, under six-year rule" in second

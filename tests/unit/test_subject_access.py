"""What one person is told of what is held about them: nobody else, and nothing from which to infer.

The case: he is feared, she is not told of by name anywhere that he may read; their child; a
neighbour. Police hold what probation and the hub said of them.
"""

import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from consumers.governance.subject_access import WHY, Controller, Exemption, Pack, subject_access
from consumers.safeguarding import links
from consumers.store import Store
from contracts.event.case import PersonsLinked
from tests.support.desk import POLICE, Desk
from tests.support.stranger import sha, text_of
from tests.unit.test_kept_from import asked

PEOPLE = {
    "him": ("Daniel", "Marsh", "alleged_perpetrator"),
    "her": ("Tracey", "Hill", "victim"),
    "child": ("Robin", "Marsh", "child"),
    "neighbour": ("Agnes", "Poole", "associate"),
}
PLACES = {"her": "4 High Street", "neighbour": "6 High Street"}
TOKEN = {name: sha(name.encode())[:22] for name in (*PEOPLE, "nobody")}
OFFICE = Controller("Thames Valley Police", "dpo@police.example")
NOTHING = "We hold no information about you that you are entitled to receive."
HANDLES = ("Daniel", "Marsh", "Tracey", "Hill", "Robin", "Agnes", "Poole", "High Street", "Kim")


def sections(
    desk: Desk, *who: str, may: Collection[str] = (), event: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Write a report of these people, and which of them may be told."""
    found: dict[str, Any] = {
        "event": {
            "occurred": {"precision": "day", "at": "2012-05-01"},
            "known_to_agency": "2012-05-01",
            "recorded": "2012-05-01",
            **event,
        },
        "provenance": {
            "kind": "practitioner",
            "practitioner": {"token": text_of(desk.draw(16)), "name": "Kim Officer"},
            "role": "officer",
            "employer": "Probation",
            "contact": {"mailbox": "duty@probation.example"},
            "how_known": "told_by_subject",
            "said": "summary",
        },
        "use_limits": {
            "limits": [
                {
                    "subject": TOKEN[name],
                    "may_be_told": "yes" if name in may else "ring_first",
                    "origin_may_be_told": "no",
                }
                for name in who
            ]
        },
        **more,
    }
    for number, name in enumerate(who, 1):
        given, family, part = PEOPLE[name]
        held, person = TOKEN[name], f"person.{number}"
        found[f"{person}.identity"] = {
            "subject": held, "names": [{"given": given, "family": family}],
        }  # fmt: skip
        found[f"{person}.part"] = {"subject": held, "part": part}
        if name in PLACES:
            found[f"{person}.whereabouts"] = {"subject": held, "address": PLACES[name]}
    return found


CONCERN = {"concern": "separation", "relationship": "partners"}
RELEASE = {"release": "licence", "released_on": "2011-11-21", "accommodation": "with_partner"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership in which everything about the case reached police."""
    return Desk(tmp_path)


def told(desk: Desk) -> Store:
    """Let police read everything; give their store."""
    desk.settle()
    return desk.acting(POLICE).store


def pack(store: Store, name: str, **more: Any) -> Pack:
    """Write one person's pack, as a colleague from whom nothing is kept."""
    with store.read() as db:
        return subject_access(db, {TOKEN[name]}, OFFICE, **{"viewer": frozenset(), **more})


def case(desk: Desk) -> dict[str, str]:
    """Say the whole case: of all of them, of her alone, of him alone."""
    both = {"text": "Tracey says that Daniel watches her; Agnes Poole saw it.", "form": "summary"}
    return {
        "together": desk.report(
            sections(desk, "him", "her", "child", "neighbour", may=PEOPLE, event=CONCERN,
                     narrative=both)
        ),
        "his": desk.report(
            sections(desk, "him", may=["him"], event=RELEASE), event="release_notified"
        ),
        "hers": desk.report(sections(desk, "her", may=["her"], event=CONCERN)),
        "undecided": desk.report(
            sections(desk, "neighbour", event=CONCERN)
        ),
    }  # fmt: skip


def test_each_is_told_of_themselves_and_of_nobody_else(desk: Desk) -> None:
    """A pack that names a neighbour names who told; one that says `partner` says there is one."""
    case(desk)
    store = told(desk)
    his, hers = pack(store, "him").text, pack(store, "her").text
    assert [one for one in HANDLES if one in his] == ["Daniel", "Marsh"]
    assert [one for one in HANDLES if one in hers] == ["Tracey", "Hill"]
    assert "Recorded: released on: 2011-11-21" in his
    own = [set(text.split("\n\n")[2].splitlines()) for text in (his, hers)]
    assert all(own)
    for inferred in ("partner", "separation", "relationship", "victim", "perpetrator", "concern"):
        assert not [line for line in own[0] | own[1] if inferred in line]
    assert not own[0] & own[1], "the other party's pack says nothing of what this one says"


def test_the_report_of_both_is_told_to_neither_with_reasons(desk: Desk) -> None:
    """That she was heard at all is what he must not learn; the record says why, with its source."""
    said = case(desk)
    store = told(desk)
    his = {one.section: one.exemptions for one in pack(store, "him").withheld
           if one.statement == said["together"]}  # fmt: skip
    for name in ("event", "narrative", "person.1.identity", "person.2.whereabouts", "provenance"):
        assert {Exemption.CRIME, Exemption.SERIOUS_HARM} <= set(his[name]), name
    hers = {one.section: one.exemptions for one in pack(store, "her").withheld
            if one.statement == said["together"]}  # fmt: skip
    assert hers["narrative"] == (Exemption.THIRD_PARTY,)
    assert "person.2.identity" not in hers, "that she is she, she may be told"
    assert hers["person.2.whereabouts"] == (Exemption.WORDS,)
    assert {*WHY} == {*Exemption}
    assert all("DPA 2018" in why or "UK GDPR" in why or "use_limits" in why for why in WHY.values())


@contextmanager
def worked() -> Iterator[Counter[str]]:
    """Count what is called of the code that answers, by name."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, what: str, _: object) -> None:
        code = frame.f_code
        if what == "call" and code.co_filename == subject_access.__code__.co_filename:
            calls[code.co_name] += not code.co_name.startswith("<")

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def test_nothing_held_and_nothing_disclosable_are_one_answer(desk: Desk) -> None:
    """By the answer's wording, length or the work behind it nobody can tell which it is."""
    case(desk)
    store = told(desk)
    answers = []
    for name in ("nobody", "neighbour", "child"):
        with asked() as queries, worked() as work:
            found = pack(store, name)
        answers.append((found.text, found.searched, [text for text, _ in queries], work))
        assert NOTHING in found.text
        assert not found.told
    assert answers[0] == answers[1] == answers[2]
    assert min(answers[0][3][name] for name in ("_exempt", "_names", "_lines")) > 0
    assert len(pack(store, "neighbour").withheld) > len(pack(store, "nobody").withheld) == 0


def test_a_child_is_answered_by_a_person(desk: Desk) -> None:
    """Who asks in the child's name may be who is feared."""
    desk.report(sections(desk, "child", may=["child"], event=CONCERN))
    (kept,) = {one.exemptions for one in pack(told(desk), "child").withheld
               if one.section == "person.1.identity"}  # fmt: skip
    assert kept == (Exemption.CHILD,)


def test_a_part_that_a_leg_withholds_counts_as_one_to_fear(desk: Desk) -> None:
    """Police may hold him without his part: he is not told of her for that."""
    both = sections(desk, "him", "her", may=PEOPLE, event=CONCERN)
    del both["person.1.part"], both["person.2.part"]
    said = desk.report(both)
    found = pack(told(desk), "him")
    assert NOTHING in found.text
    kept = [one.exemptions for one in found.withheld if one.statement == said]
    assert kept
    assert all(Exemption.SERIOUS_HARM in one for one in kept)


def test_words_are_told_once_a_named_person_has_read_them_and_never_another_name(
    desk: Desk,
) -> None:
    """An address can say at whose house; a machine cannot tell, and a tired reader may not see."""
    here = sections(desk, "him", may=["him"], event=RELEASE)
    where = {"subject": TOKEN["him"], "address": "9 Low Road"}
    first = desk.report({**here, "person.1.whereabouts": where}, event="release_notified")
    where = {"subject": TOKEN["him"], "address": "c/o Agnes Poole, 6 High Street"}
    second = desk.report({**here, "person.1.whereabouts": where}, event="release_notified")
    desk.report(sections(desk, "neighbour", event=CONCERN))
    store = told(desk)
    assert "Low Road" not in pack(store, "him").text
    words = [(one, "person.1.whereabouts") for one in (first, second)]
    read = pack(store, "him", read=words)
    assert "9 Low Road" in read.text
    assert "Agnes" not in read.text
    left = {one.statement: one.exemptions for one in read.withheld
            if one.section == "person.1.whereabouts"}  # fmt: skip
    assert left == {second: (Exemption.THIRD_PARTY,)}


def test_what_was_taken_back_or_said_rightly_since_is_not_told(desk: Desk) -> None:
    """It may have been about somebody else: that is why it was taken back."""
    wrong = desk.report(sections(desk, "him", may=["him"], event=RELEASE), event="release_notified")
    misspelt = sections(desk, "her", may=["her"], event=CONCERN)
    misspelt["person.1.identity"]["names"] = [{"given": "Tracy", "family": "Hill"}]
    spelt = desk.report(misspelt)
    who = {"provenance": misspelt["provenance"]}
    for event, statement, more in (
        ("statement_retracted", wrong, {}),
        ("statement_corrected", spelt,
         {"person.1.identity": {"subject": TOKEN["her"],
                                "names": [{"given": "Tracey", "family": "Hill"}]}}),
    ):  # fmt: skip
        value = {"statement": statement, "reason": "mistaken", "by": "Kim Officer"}
        desk.report({"event": value, "cause.1": {"statement": statement}, **who, **more},
                    event=event)  # fmt: skip
    store = told(desk)
    assert NOTHING in pack(store, "him").text
    assert {one.exemptions for one in pack(store, "him").withheld
            if one.section == "person.1.identity"} == {(Exemption.TAKEN_BACK,)}  # fmt: skip
    hers = pack(store, "her").text
    assert "Tracey" in hers
    assert "Tracy" not in hers.replace("Tracey", "")


def test_a_link_joins_what_two_agencies_said_and_who_is_excluded_writes_no_pack(
    desk: Desk,
) -> None:
    """A named matcher joined the tokens; and a colleague of his must not learn of her by asking."""
    theirs = sections(desk, "him", may=["him"], event=CONCERN)
    other = sha(b"at the hub")[:22]
    for name in ("person.1.identity", "person.1.part"):
        theirs[name]["subject"] = other
    theirs["use_limits"]["limits"][0]["subject"] = other
    officer = sha(b"P. Kept")[:22]
    theirs["exclusions"] = {"excluded": [{"subjects": [other], "practitioner": officer}]}
    theirs["person.1.identity"]["names"] = [{"given": "Dan", "family": "Marsh"}]
    desk.report(theirs)
    store = told(desk)
    with store.write() as db:
        for number, pair in enumerate([[TOKEN["him"], "x" * 22], ["x" * 22, other], ["a", "b"]]):
            links.link(db, f"link-{number}", PersonsLinked(pair, "M.", "seen"))
    with store.read() as db:
        tokens = links.persons(db, [TOKEN["him"]])[TOKEN["him"]]
        assert tokens == {TOKEN["him"], "x" * 22, other}
        seen = subject_access(db, tokens, OFFICE, viewer=frozenset())
        unseen = subject_access(db, tokens, OFFICE, viewer={officer})
        nameless = subject_access(db, tokens, OFFICE, viewer=None)
    assert "Dan, Marsh" in seen.text
    assert NOTHING in unseen.text
    assert unseen.withheld == nameless.withheld == []

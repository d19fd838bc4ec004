"""People in what police and hub are sent: found, joined by name with the evidence, parted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.people import rows
from consumers.people.desk import Found, Matching
from consumers.people.judging import digest_of
from consumers.safeguarding import links as joined
from consumers.safeguarding.desk import Deciding
from consumers.standing import keep_from
from consumers.store import metadata
from contracts.fault import Misuse
from contracts.section import Practitioner
from deploy.matching import SHIPPED, weighing_of
from tests.support.desk import HUB, POLICE, PROBATION, Desk, begun, named
from tests.support.matching import SEEN, WEIGHING, about, born, log, matcher, matching, who
from tests.support.people import token

Json = Any


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def offered(found: Found) -> set[frozenset[str]]:
    """List who is offered as one person."""
    return {one.one.tokens | one.other.tokens for one in found.offered}


def both(key: str, other: str) -> frozenset[str]:
    """Give the tokens of two keys."""
    return frozenset({token(key), token(other)})


def e18_and_e19(desk: Desk) -> None:
    """Let probation report the couple by name, and police log their first names a day later."""
    desk.report(about(desk, who("D", "Daniel", "Marsh"), who("T", "Tracey", "Hill")))
    log(desk, who("d", "Daniel"), who("t", "Tracey"))
    desk.settle()


def retract(desk: Desk, report: str) -> None:
    """Let probation take a report back."""
    sections = {
        "event": {"statement": report, "reason": "mistaken", "by": "A. Officer"},
        "cause.1": {"statement": report},
        "provenance": named(desk.draw)["provenance"],
    }
    desk.report(sections, event="statement_retracted")
    desk.settle()


def test_e18s_and_e19s_couple_is_offered_across_probation_and_police(tmp_path: Path) -> None:
    """One line without a source, and nobody saw that it was the couple reported the day before."""
    desk = begun(tmp_path, e18_and_e19)
    assert offered(matching(desk).candidates(SEEN)) == {both("D", "d"), both("T", "t")}
    for key in ("D", "d"):
        (one,) = matching(desk).candidates(SEEN, token(key)).offered
        assert "each is named with somebody who may be the same companion" in one.likeness.words
        said_by = {m.agency for side in (one.one, one.other) for m in side.mentions}
        assert said_by == {PROBATION, POLICE}
    assert desk.said(POLICE, "persons_linked") == [], "nothing merges by itself"


def test_an_agency_matches_only_whom_it_was_sent(tmp_path: Path) -> None:
    """The hub was not sent E19: what police hold is no part of what it may compare."""
    desk = begun(tmp_path, e18_and_e19)
    assert matching(desk, HUB).candidates(SEEN).offered == []
    with pytest.raises(Misuse, match="Nobody of this token"):
        matching(desk, HUB).candidates(SEEN, token("d"))


@pytest.mark.parametrize(
    ("partner", "wife", "offers"),
    [
        (None, None, False),
        ("Karen", None, False),
        ("Karen", "Susan", False),
        ("Karen", "Karen", True),
    ],
)
def test_e08s_previous_partner_and_e16s_ex_wife_are_one_only_where_somebody_finds_so(
    desk: Desk, partner: str | None, wife: str | None, *, offers: bool
) -> None:
    """They may be one or two women: the same man is no evidence that they are one."""
    log(desk, who("d", "Daniel", "Marsh"), who("partner", partner), day="2005-03-01")
    desk.report(about(desk, who("D", "Daniel", "Marsh"), who("wife", wife), day="2012-02-08"))
    desk.settle()
    assert (both("partner", "wife") in offered(matching(desk).candidates(SEEN))) is offers
    with desk.acting(POLICE).store.read() as db:
        assert rows.persons(db, SEEN, [token("wife")])[token("wife")] == {token("wife")}


def test_a_link_carries_what_its_matcher_was_shown_and_the_log_takes_it(tmp_path: Path) -> None:
    """A signature under "same person" without its grounds cannot be looked at again."""
    desk = begun(tmp_path, e18_and_e19)
    (one,) = matching(desk).candidates(SEEN, token("D")).offered
    matching(desk).link(
        token("D"), token("d"), by=matcher(desk), role="analyst", reason="rang probation"
    )
    desk.settle()
    (said,) = desk.said(POLICE, "persons_linked")
    assert said["basis"].startswith("rang probation [shown: the same given name; ")
    assert f"evidence {digest_of(one)}]" in said["basis"]
    assert "Daniel" not in said["basis"], "what it refers to it does not quote"
    assert len(desk.seen(POLICE, "persons_linked")) == 1
    assert desk.ledger.state.consents.same(token("d")) == both("D", "d")
    found = offered(matching(desk).candidates(SEEN))
    assert found == {both("T", "t")}, "who is one already is not offered again"


def test_what_evidence_digests_to_is_worked_out_again_from_what_is_held(tmp_path: Path) -> None:
    """Another who holds the same statements, in whatever order, gets the same digest."""
    desk = begun(tmp_path, e18_and_e19)
    (one,) = matching(desk).candidates(SEEN, token("D")).offered
    (other,) = matching(desk).candidates(SEEN, token("d")).offered
    fresh = desk.consumer(POLICE, store="again.sqlite")
    fresh.take(desk.records(POLICE))
    again = Matching(fresh.store, fresh.voice, desk.new_id, WEIGHING)
    (third,) = again.candidates(SEEN, token("D")).offered
    assert digest_of(one) == digest_of(other) == digest_of(third)
    desk.report(about(desk, who("D", "Daniel", "Marsh", born=born("1970-03-02"))))
    desk.settle()
    (more,) = matching(desk).candidates(SEEN, token("D")).offered
    assert digest_of(more) != digest_of(one), "it is of what was shown then"


def state_of(desk: Desk) -> dict[str, Json]:
    """Give every row of what people and rules keep, but for links and who undid them."""
    apart = {
        "links",
        "link_tokens",
        "views",
        "positions",
        "to_publish",
        "causes",
        "clock",
        "acting",
    }
    with desk.acting(POLICE).store.read() as db:
        return {
            table.name: sorted(map(str, db.execute(select(table)).all()))
            for table in metadata.sorted_tables if table.name not in apart
        }  # fmt: skip


def test_an_unlink_restores_rows_candidates_and_what_rules_then_find(tmp_path: Path) -> None:
    """A wrong link reaches consent and exclusions: after it there must be nothing left of it."""
    ends = []
    for name, links in (("linked", True), ("never", False)):
        folder = tmp_path / name
        folder.mkdir()
        desk = begun(folder, e18_and_e19)
        before = state_of(desk), offered(matching(desk).candidates(SEEN))
        if links:
            sitting = matching(desk)
            (said,) = sitting.link(
                token("D"), token("d"), by=matcher(desk), role="analyst", reason="seen"
            )
            desk.settle()
            acting = desk.acting(POLICE)
            Deciding(acting.store, acting.voice, desk.new_id).unlink(
                said.draft.id, by=matcher(desk), role="analyst", basis="two men"
            )
            desk.settle()
            assert (state_of(desk), offered(matching(desk).candidates(SEEN))) == before
            assert len(desk.seen(POLICE, "persons_unlinked")) == 1
            assert desk.ledger.state.consents.same(token("d")) == {token("d")}
        desk.report(about(desk, who("D", "Danny"), who("T", "Trace"), day="2012-05-03"))
        desk.settle()
        ends.append(desk.said(POLICE, "possible_same_origin"))
    assert [len(one) for one in ends] == [1, 1], "E18 and E19 alone, link or no link"


def test_linking_lets_m03_see_one_pair(desk: Desk) -> None:
    """Two reports of one couple by other names are one source heard twice, once somebody knows."""
    desk.report(about(desk, who("D", "Daniel", "Marsh"), who("T", "Tracey", "Hill")))
    log(desk, who("d", "Jim", "Reed"), who("t", "Tracey", "Hill"), day="2012-01-02")
    desk.settle()
    assert desk.said(POLICE, "possible_same_origin") == []
    matching(desk).link(
        token("D"), token("d"), by=matcher(desk), role="analyst", reason="his alias"
    )
    desk.settle()
    log(desk, who("d", "Jim", "Reed"), who("t2", "Tracey"))
    desk.settle()
    assert len(desk.said(POLICE, "possible_same_origin")) == 1


def test_what_is_held_apart_is_linked_only_by_somebody_who_says_so(desk: Desk) -> None:
    """The desk's own button asks twice; the log keeps what spoke against it."""
    desk.report(about(desk, who("D", "Daniel", "Marsh", born=born("1970-03-02"))))
    log(desk, who("d", "Daniel", "Marsh", born=born("1971-03-02")))
    desk.settle()
    sitting, by = matching(desk), matcher(desk)
    assert sitting.candidates(SEEN).offered == []
    with pytest.raises(Misuse, match="parts these two"):
        sitting.link(token("D"), token("d"), by=by, role="analyst", reason="mistyped")
    sitting.link(
        token("D"), token("d"), by=by, role="analyst", reason="mistyped", all_the_same=True
    )
    desk.settle()
    assert "born on different days" in desk.said(POLICE, "persons_linked")[0]["basis"]


def test_one_number_with_two_birthdays_is_shown_as_an_error_and_not_offered(desk: Desk) -> None:
    """One of the records is wrong, and somebody should know which before it is acted on."""
    number = [{"scheme": "pnc", "value": "02/73319Z"}]
    desk.report(
        about(desk, who("D", "Daniel", "Marsh", born=born("1970-03-02"), identifiers=number))
    )
    log(desk, who("d", "Daniel", "Marsh", born=born("1971-03-02"), identifiers=number))
    desk.settle()
    found = matching(desk).candidates(SEEN)
    assert (found.offered, len(found.conflicting)) == ([], 1)


WAYS: dict[str, Callable[[Matching, str], object]] = {
    "candidates": lambda sitting, one: sitting.candidates(SEEN, one),
    "page": lambda sitting, one: sitting.page(SEEN, one),
    "pair": lambda sitting, one: sitting.pair(SEEN, one, token("d")),
    "link": lambda sitting, one: sitting.link(
        one, token("d"), by=Practitioner("nobody in particular", "X"), role="analyst", reason="so"
    ),
}


def test_whom_something_is_kept_from_finds_nobody_of_it(desk: Desk) -> None:
    """He works there: her token answers as one that never was, in the same words."""
    report = desk.report(about(desk, who("D", "Daniel", "Marsh"), who("T", "Tracey", "Hill")))
    log(desk, who("d", "Daniel"), who("t", "Tracey"))
    desk.settle()
    sitting = matching(desk)
    for seek in WAYS.values():
        seek(sitting, token("D"))
    with desk.acting(POLICE).store.write() as db:
        keep_from(db, [report], SEEN)
    for way, seek in WAYS.items():
        told = []
        for one in (token("D"), token("of nobody")):
            with pytest.raises(Misuse) as refused:
                seek(sitting, one)
            told.append((refused.value.text, refused.value.remedy))
        assert told[0] == told[1], way
    assert sitting.candidates(SEEN) == Found([], [], 0)
    assert offered(sitting.candidates(frozenset({"a colleague"})))


def test_what_is_taken_back_brings_nobody_together_and_what_is_erased_is_gone(desk: Desk) -> None:
    """A report about another man must leave no trace in who may be whom."""
    report = desk.report(about(desk, who("D", "Daniel", "Marsh"), who("T", "Tracey", "Hill")))
    log(desk, who("d", "Daniel"), who("t", "Tracey"))
    desk.settle()
    retract(desk, report)
    assert matching(desk).candidates(SEEN).offered == []
    assert matching(desk).page(SEEN, token("D")).names, "the page still shows it, marked"
    police = desk.acting(POLICE)
    with police.store.write() as db:
        for worker in police._workers:
            worker.forget(db, report)
        for table in (rows.people_named, rows.people_places):
            held = db.execute(select(table.c.statement)).scalars().all()
            assert report not in held, table.name
        assert token("D") not in db.execute(select(rows.people_keys.c.token)).scalars().all()
    with pytest.raises(Misuse, match="Nobody of this token"):
        matching(desk).page(SEEN, token("D"))


def test_keys_are_held_once_and_count_while_anything_that_counts_names_somebody_so(
    desk: Desk,
) -> None:
    """Of many reports that name a man alike one is taken back, one kept from somebody, one erased.

    Each is one statement the less that names him so; the rest must still bring him together.
    """
    police = desk.acting(POLICE)
    daniel = who("D", "Daniel", "Marsh", born=born("1970-03-02"))

    def held() -> list[Json]:
        with police.store.read() as db:
            whose = rows.people_keys.c.token == token("D")
            keys = select(rows.people_keys.c.key).where(whose).order_by(rows.people_keys.c.key)
            return list(db.execute(keys).scalars())

    def shared(viewer: frozenset[str]) -> list[str]:
        with police.store.read() as db:
            return [key for key, _ in rows.blocks(db, viewer, at_most=9)]

    first = desk.report(about(desk, daniel))
    log(desk, who("d", "Daniel", "Marsh", born=born("1970-03-02")))
    desk.settle()
    keys = held()
    second, third = (desk.report(about(desk, daniel)) for _ in "23")
    desk.settle()
    assert held() == keys == sorted(set(keys)) != []
    retract(desk, first)
    with police.store.write() as db:
        keep_from(db, [second], SEEN)
    assert offered(matching(desk).candidates(SEEN)) == {both("D", "d")}, "the third names him so"
    assert offered(matching(desk).candidates(SEEN, token("d"))) == {both("D", "d")}
    with police.store.write() as db:
        keep_from(db, [third], SEEN)
    assert matching(desk).candidates(SEEN).offered == []
    assert shared(SEEN) == []
    assert matching(desk).candidates(SEEN, token("d")).offered == []
    colleague = frozenset({"a colleague"})
    assert offered(matching(desk).candidates(colleague)) == {both("D", "d")}
    assert shared(colleague) == keys
    for erased in (second, first, third):
        assert held() == keys
        with police.store.write() as db:
            rows.drop(db, erased)
    assert held() == []


def test_a_birthday_that_was_taken_back_brings_nobody_together(desk: Desk) -> None:
    """He is known by another still: the keys of the wrong one are held, and count no more."""
    right, wrong = (born(day) for day in ("1970-03-02", "1971-05-04"))
    desk.report(about(desk, who("D", "Daniel", "Marsh", born=right)))
    mistaken = desk.report(about(desk, who("D", "Daniel", "Marsh", born=wrong)))
    log(desk, who("d", "Daniel", "Marsh", born=wrong))
    desk.settle()
    retract(desk, mistaken)
    with desk.acting(POLICE).store.read() as db:
        dated = {key.rpartition("/")[2] for key, _ in rows.blocks(db, SEEN, at_most=9)}
    assert "1970" not in dated
    assert "1971" not in dated


def test_a_correction_by_the_publisher_is_what_counts(desk: Desk) -> None:
    """A birthday put right brings two records together that it kept apart."""
    given = who("D", "Daniel", "Marsh", born=born("1971-03-02"))
    report = desk.report(about(desk, given))
    log(desk, who("d", "Daniel", "Marsh", born=born("1970-03-02")))
    desk.settle()
    assert matching(desk).candidates(SEEN).offered == []
    desk.report(
        {
            "event": {"statement": report, "reason": "misheard", "by": "A. Officer"},
            "cause.1": {"statement": report},
            "provenance": named(desk.draw)["provenance"],
            "person.1.identity": {**given, "born": born("1970-03-02")},
        },
        event="statement_corrected",
    )
    desk.settle()
    assert offered(matching(desk).candidates(SEEN)) == {both("D", "d")}
    page = matching(desk).page(SEEN, token("D"))
    assert ([line.text for line in page.births], page.replaced) == (["1970-03-02 (day)"], [report])


def test_settings_that_were_changed_since_are_not_silently_mixed(tmp_path: Path) -> None:
    """Half an index by other nicknames finds half of the people, and nobody would notice."""
    desk = begun(tmp_path, e18_and_e19)
    text = SHIPPED.read_text().replace("  - [daniel, dan, danny]\n", "")
    (tmp_path / "matching.yaml").write_text(text)
    acting = desk.acting(POLICE)
    other = Matching(acting.store, acting.voice, desk.new_id, weighing_of(tmp_path))
    with pytest.raises(Misuse, match=r"matching\.yaml was changed"):
        other.candidates(SEEN)


def test_a_link_the_log_refused_joins_nobody(tmp_path: Path) -> None:
    """What nobody was told must not bring anybody together here."""
    desk = begun(tmp_path, e18_and_e19)
    (said,) = matching(desk).link(
        token("D"), token("d"), by=matcher(desk), role="analyst", reason="seen"
    )
    desk.acting(POLICE).refused(said.draft.id)
    with desk.acting(POLICE).store.read() as db:
        assert rows.persons(db, SEEN, [token("D")])[token("D")] == {token("D")}
        assert not joined.standing_links(db)
    assert both("D", "d") in offered(matching(desk).candidates(SEEN))

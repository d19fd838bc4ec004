"""What any `History` must do: claims that run on the one in memory and on the one in a database.

A test module subclasses `HistorySuite` and gives the fixture `history_of`.
"""

from collections.abc import Callable
from datetime import date

import pytest

from consumers.safeguarding.rules.seen import History, Seen
from tests.support.past import MACHINE, Telling, Told, token

HistoryOf = Callable[[Told, str | None], History]
"""Makes the history of what was told, as looked back on from the statement of an id, or none."""

D, T, N = token("D"), token("T"), token("N")


def ids(found: object) -> list[str]:
    """List the ids of statements."""
    assert isinstance(found, (list, tuple))
    return [one.id for one in found]


class HistorySuite:
    """Claims about `History`: each name is one."""

    @pytest.fixture
    def history_of(self) -> HistoryOf:
        """Make the history of an implementation."""
        raise NotImplementedError

    @pytest.fixture
    def telling(self) -> Telling:
        """Write statements."""
        return Telling("history")

    def contact(self, telling: Telling, day: str, *people: str, at: str | None = None) -> Seen:
        """Say a contact with these people."""
        return telling.say("contact_recorded", day, *people, facts={"contact": "visit"}, at=at)

    def test_of_gives_what_names_a_person_the_oldest_day_first(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """What arrives late may be old: a window looks back by when things happened."""
        late = self.contact(telling, "2012-01-01", "D", at="2012-06-01")
        early = self.contact(telling, "2012-05-01", "D", "T", at="2012-05-01")
        other = self.contact(telling, "2012-05-01", "N", at="2012-05-02")
        history = history_of(Told([early, other, late]), None)
        assert ids(history.of(D)) == [late.id, early.id]
        assert ids(history.of(N)) == [other.id]

    def test_one_day_keeps_the_order_of_the_ledger(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """The first of a day stays the first: an alert is raised once, for it."""
        told = [self.contact(telling, "2012-05-01", "D") for _ in range(3)]
        assert ids(history_of(Told(told), None).of(D)) == ids(told)

    def test_both_ends_of_a_window_are_in_it(self, history_of: HistoryOf, telling: Telling) -> None:
        """An incident 365 days ago is within 365 days."""
        told = [self.contact(telling, f"2012-05-0{n}", "D") for n in (1, 2, 3, 4)]
        history = history_of(Told(told), None)
        since, until = date(2012, 5, 2), date(2012, 5, 3)
        assert ids(history.of(D, since=since, until=until)) == ids(told[1:3])

    def test_a_month_is_in_a_window_by_its_last_day(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """Of February one knows no more in May; when it was told is another day."""
        facts = {"contact": "visit", "occurred": {"precision": "month", "at": "2012-02"}}
        told = telling.say("contact_recorded", "2012-05-01", "D", facts=facts)
        history = history_of(Told([told]), None)
        last = date(2012, 2, 29)
        assert ids(history.of(D, since=last, until=last)) == [told.id]
        assert ids(history.of(D, since=date(2012, 3, 1))) == []

    def test_what_has_no_day_is_in_no_window(self, history_of: HistoryOf, telling: Telling) -> None:
        """A statement without its event may have happened at any time."""
        bare = telling.say(
            "contact_recorded", "2012-05-01", "D", facts={"contact": "visit"}, drop=["event"]
        )
        history = history_of(Told([bare]), None)
        assert ids(history.of(D)) == [bare.id]
        assert ids(history.of(D, since=date(2000, 1, 1))) == []

    def test_events_are_chosen_by_name(self, history_of: HistoryOf, telling: Telling) -> None:
        """A rule asks for what it reads."""
        visit = self.contact(telling, "2012-05-01", "D")
        apart = telling.say(
            "relationship_noted", "2012-05-01", "D", "T",
            facts={"relationship": "partners", "state": "ended"},
        )  # fmt: skip
        history = history_of(Told([visit, apart]), None)
        assert ids(history.of(D, "relationship_noted", "release_notified")) == [apart.id]

    def test_of_all_gives_what_names_every_one(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """What is known of each alone is not known of the two."""
        both = self.contact(telling, "2012-05-01", "D", "T")
        alone = [self.contact(telling, "2012-05-02", one) for one in ("D", "T")]
        assert ids(history_of(Told([both, *alone]), None).of_all([D, T])) == [both.id]

    def test_a_new_partner_is_a_pair_of_her_own(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """What is known of him and one woman is not told of him and another (E24)."""
        told = [self.contact(telling, "2012-05-01", "D", one) for one in ("T", "N")]
        assert ids(history_of(Told(told), None).of_all([D, N])) == [told[1].id]

    def test_a_link_makes_two_tokens_one_person_and_a_chain_of_them_too(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """Probation's token and police's are his alike, once a matcher said so by name."""
        told = [self.contact(telling, "2012-05-01", one) for one in ("D", "D2", "D3", "T")]
        links = [frozenset({D, token("D2")}), frozenset({token("D2"), token("D3")})]
        history = history_of(Told(told, links), None)
        assert ids(history.of(token("D3"))) == ids(told[:3])
        assert history.are_one(D, token("D3"))
        assert history.are_one(D, D)
        assert not history.are_one(D, T)

    def test_a_research_result_is_of_whom_its_event_names(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """A match about him is none about her, though one report named both."""
        report = self.contact(telling, "2012-05-01", "D", "T")
        found = found_by_research(telling, report)
        history = history_of(Told([report, found]), None)
        assert ids(history.of(D, "research_completed")) == [found.id]
        assert ids(history.of(T, "research_completed")) == []

    def test_what_a_machine_said_is_there_for_who_asks_for_it_by_name(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """Machines must not feed machines, except where a rule names them."""
        report = self.contact(telling, "2012-05-01", "D")
        found = found_by_research(telling, report)
        assert ids(history_of(Told([report, found]), None).of(D)) == [report.id]

    def test_the_statement_at_hand_is_not_in_it(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """A rule must not count what it is shown twice."""
        told = [self.contact(telling, "2012-05-01", "D", "T") for _ in range(2)]
        history = history_of(Told(told), told[1].id)
        assert ids(history.of(D)) == ids(history.of_all([D, T])) == [told[0].id]
        assert history.one(told[1].id) is None

    def test_beside_an_earlier_statement_stands_the_one_at_hand_and_not_itself(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """What comes late is set beside what it is of."""
        told = [self.contact(telling, "2012-05-01", "D", "T") for _ in range(3)]
        history = history_of(Told(told), told[2].id).besides(told[0].id)
        assert ids(history.of(D)) == ids(history.of_all([D, T])) == ids(told[1:])

    def test_an_alert_is_pending_until_its_time_is_over(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """What nobody does in time keeps nothing silent that comes after it."""
        alert = self.contact(telling, "2012-05-01", "D")
        told = Told(alerts=[("M10", alert.id, frozenset({D, T}))], due={alert.id: 100})
        history = history_of(told, None)
        assert history.is_pending("M10", [T, D], 100)
        assert not history.is_pending("M10", [T, D], 101)
        assert not history.is_pending("M10", [D], 100)
        assert not history.is_pending("M22", [T, D], 100)

    def test_what_its_originator_took_back_is_not_in_it(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """A retracted report stands against nobody."""
        told = [self.contact(telling, "2012-05-01", "D", "T") for _ in range(2)]
        history = history_of(Told(told, retracted={told[0].id}), None)
        assert ids(history.of(D)) == ids(history.of_all([D, T])) == [told[1].id]
        assert history.one(told[0].id) is None

    def test_one_gives_a_statement_by_its_id(self, history_of: HistoryOf, telling: Telling) -> None:
        """A decision names the report that it closes."""
        told = self.contact(telling, "2012-05-01", "D")
        history = history_of(Told([told]), None)
        found = history.one(told.id)
        assert found is not None
        assert (found.id, found.day, found.at, found.agency) == (
            told.id, told.day, told.at, told.agency,
        )  # fmt: skip
        assert history.one(self.contact(telling, "2012-05-01", "D").id) is None

    def test_about_gives_what_arises_from_a_statement_in_ledger_order(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """A handover is accepted by an answer to it."""
        report = self.contact(telling, "2012-05-01", "D")
        answers = [answer(telling, report, day) for day in ("2012-05-03", "2012-05-02")]
        history = history_of(Told([report, *answers]), None)
        assert ids(history.about(report.id)) == ids(answers)
        assert ids(history.about(report.id, "response_given")) == ids(answers)
        assert ids(history.about(report.id, "referral_made")) == []

    def test_copies_are_what_may_be_one_source_and_whether_a_person_said_so(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """E18 and E19 may be one report; what is said to be one is one with all that either is."""
        a, b, c, d = (self.contact(telling, "2012-05-01", "D", "T").id for _ in range(4))
        history = history_of(Told(copies={b: a, c: b, d: c}, same={c}), None)
        assert history.copies(a) == {b: False}
        assert history.copies(b) == {a: False, c: True, d: False}
        assert history.copies(c) == {a: False, b: True, d: False}
        assert history.copies(d) == {c: False}
        assert history.copies(self.contact(telling, "2012-05-01", "D").id) == {}

    def test_alerts_are_those_of_a_rule_about_these_very_persons(
        self, history_of: HistoryOf, telling: Telling
    ) -> None:
        """An alert about him alone, or about him and another, is none about the two of them."""
        told = [self.contact(telling, "2012-05-01", "D", "T", "N")]
        given = [telling.say("contact_recorded", "2012-05-01", "D", facts={"contact": "visit"}).id
                 for _ in range(4)]  # fmt: skip
        alerts = [
            ("M10", given[0], frozenset({D, T})), ("M10", given[1], frozenset({D, N})),
            ("M10", given[2], frozenset({D})), ("M22", given[3], frozenset({D, T})),
        ]  # fmt: skip
        links = [frozenset({T, token("T2")})]
        history = history_of(Told(told, links, alerts=alerts), None)
        assert list(history.alerts("M10", [D, T])) == [given[0]]
        assert list(history.alerts("M10", [token("T2"), D])) == [given[0]]
        assert list(history.alerts("M04", [D, T])) == []


def found_by_research(
    telling: Telling, report: Seen, who: str = D, day: str = "2012-05-02", **facts: object
) -> Seen:
    """Say as police that a look in one system found a conviction."""
    return telling.say(
        "research_completed", day, agency="thames-valley", causes=[report.id], work=True,
        provenance=MACHINE,
        facts={
            "task": report.id, "statement": report.id, "subject": who, "system": "pnc",
            "outcome": "match", "kinds": ["conviction"], "operator": "R. Reader",
            "searched_at": report.at, **facts,
        },
    )  # fmt: skip


def answer(telling: Telling, report: Seen, day: str, **facts: object) -> Seen:
    """Say as the hub what is done about a statement."""
    return telling.say(
        "response_given", day, agency="mk-hub", causes=[report.id], work=True,
        facts={
            "statement": report.id, "received_by": "A. Reader", "researched": "yes",
            "actions": ["visit_planned"], **facts,
        },
    )  # fmt: skip

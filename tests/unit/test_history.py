"""The history that a consumer's database holds does what any history must, by indexed queries."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, insert

from consumers import history, standing
from consumers.history import Past
from consumers.safeguarding import links, rows
from consumers.safeguarding.rules.seen import Seen
from consumers.store import Store, keep
from contracts.entry import Delivery, Head, ViewPart
from contracts.event.case import PersonsLinked
from contracts.event.work import AlertRaised
from contracts.opened import View
from tests.support.history_suite import HistoryOf, HistorySuite, ids
from tests.support.past import Telling, Told, token

US = "thames-valley"
D, T = token("D"), token("T")


def view_of(seen: Seen, entry: int) -> tuple[View, bytes]:
    """Give a statement as the view that it came as, and the record of that."""
    statement = seen.statement
    head = Head(
        partnership="p", exercise=True, index=entry, kind="statement", ledger_time=seen.at,
        appended_at=seen.at, clock_at=seen.at,
    )  # fmt: skip
    delivery = Delivery(
        statement=statement.digest, to=US, leg="own" if seen.is_ours else "leg", handling="",
        sections=list(statement.sections), marks=sorted(seen.marks),
    )  # fmt: skip
    part = ViewPart(delivery=msgspec.Raw(msgspec.json.encode(delivery)), salt="", slot=0, proof="")
    told = statement.disclose(statement.sections)
    record = b"\n".join([msgspec.json.encode(head), msgspec.json.encode(part), told, b""])
    return View(head, delivery, statement, verified=True), record


def hold(db: Connection, seen: Seen, entry: int) -> None:
    """Take one statement in, as the consumer and the rules' worker do."""
    view, record = view_of(seen, entry)
    assert keep(db, view, record)
    history.remember(db, view)


class TestStored(HistorySuite):
    """The suite of the port, on a database."""

    @pytest.fixture
    def history_of(self, tmp_path: Path) -> Iterator[HistoryOf]:
        """Hold what was told in a database of its own, and look back from a statement in it."""
        with ExitStack() as stack:
            number = iter(range(99))

            def made(told: Told, at_hand: str | None) -> Past:
                store = Store(tmp_path / f"{next(number)}.sqlite")
                stack.callback(store.close)
                db = stack.enter_context(store.write())
                for entry, seen in enumerate(told.seen):
                    hold(db, seen, entry)
                tell_the_rest(db, told)
                return Past(db, US, of=at_hand or "", terms=told.terms.values())

            yield made


def tell_the_rest(db: Connection, told: Told) -> None:
    """Note links, copies, retractions and alerts."""
    for number, link in enumerate(told.links):
        links.link(db, f"link-{number}", PersonsLinked(sorted(link), "M.", "seen"))
    for copy, source in told.copies.items():
        values = {"id": f"o/{copy}", "first": source, "second": copy, "days_apart": 0}
        decision = "same" if copy in told.same else None
        db.execute(insert(rows.origins).values(**values, decision=decision))
    for one in told.retracted:
        standing.mark(db, one, "retracted", "by")
    for at, (rule, alert, whom) in enumerate(told.alerts):
        event = AlertRaised(
            rule=rule, rule_version="1", statements=[alert], attention="duty", owner_role="o",
            fallback_role="f", due_at=told.due.get(alert, 9), good="g", subjects=sorted(whom),
        )  # fmt: skip
        rows.raise_alert(db, alert, event, by=US, at=at)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    """Open a database of police, with nothing in it."""
    store = Store(tmp_path / "store.sqlite")
    with store.write() as opened:
        yield opened
    store.close()


def test_what_is_corrected_is_read_as_its_originator_says_it_now(db: Connection) -> None:
    """A rule must not fire again on a factor that was a mistake, nor miss one that was left out."""
    telling = Telling()
    facts = {"contact": "visit"}
    first = telling.say("contact_recorded", "2012-05-01", "D", facts=facts, risk={"factors": []})
    hold(db, first, 0)
    for entry, factors in ((1, ["anger"]), (2, ["jealousy"])):
        right = telling.say(
            "statement_corrected", "2012-05-02", "D", work=True, causes=[first.id],
            facts={"statement": first.id, "reason": "mistaken", "by": "A."},
            risk={"factors": factors},
        )  # fmt: skip
        hold(db, right, entry)
        standing.mark(db, first.id, "corrected", right.id)
    (found,) = Past(db, US, of="").of(D)
    risk = found.statement.sections["risk"]
    assert getattr(risk, "factors", None) == ["jealousy"]
    assert found.statement.kind.name == "contact_recorded"
    assert found.statement.sections["provenance"] == first.statement.sections["provenance"]
    assert found.day == date(2012, 5, 1)


def test_a_correction_that_was_taken_back_corrects_nothing(db: Connection) -> None:
    """What stands is what was said first."""
    telling = Telling()
    first = telling.say(
        "contact_recorded",
        "2012-05-01",
        "D",
        facts={"contact": "visit"},
        risk={"factors": ["debt"]},
    )
    right = telling.say(
        "statement_corrected", "2012-05-02", "D", work=True, causes=[first.id],
        facts={"statement": first.id, "reason": "mistaken", "by": "A."}, risk={"factors": []},
    )  # fmt: skip
    for entry, one in enumerate((first, right)):
        hold(db, one, entry)
    standing.mark(db, first.id, "corrected", right.id)
    standing.mark(db, right.id, "retracted", "x")
    (found,) = Past(db, US, of="").of(D)
    assert getattr(found.statement.sections["risk"], "factors", None) == ["debt"]


def test_an_unlink_restores(db: Connection) -> None:
    """Two men were taken for one: what is known of each is each one's again."""
    telling = Telling()
    told = [
        telling.say("contact_recorded", "2012-05-01", one, facts={"contact": "visit"})
        for one in ("D", "D2")
    ]
    for entry, one in enumerate(told):
        hold(db, one, entry)
    links.link(db, "link", PersonsLinked([D, token("D2")], "M.", "seen"))
    assert ids(Past(db, US, of="").of(D)) == ids(told)
    links.unlink(db, "link", "undone")
    assert ids(Past(db, US, of="").of(D)) == ids(told[:1])
    assert not Past(db, US, of="").are_one(D, token("D2"))


def test_what_came_later_is_not_before(db: Connection) -> None:
    """What is looked at again is seen as it was seen when it came."""
    telling = Telling()
    told = [
        telling.say("contact_recorded", "2012-05-01", "D", facts={"contact": "visit"})
        for _ in range(3)
    ]
    for entry, one in enumerate(told):
        hold(db, one, entry)
    past = Past(db, US, of=told[1].id, before=1)
    assert ids(past.of(D)) == ids(told[:1])
    assert past.one(told[2].id) is None
    assert past.one(told[0].id) is not None


@pytest.mark.parametrize(
    ("decision", "found"),
    [(None, {"a": False}), ("cannot_tell", {"a": False}), ("same", {"a": True}), ("different", {})],
)
def test_what_was_decided_to_be_two_is_no_copy(
    db: Connection, decision: str | None, found: dict[str, bool]
) -> None:
    """A named person rang both senders: the second is a witness of its own."""
    values = {"id": "o", "first": "a", "second": "b", "days_apart": 1}
    db.execute(insert(rows.origins).values(**values, decision=decision))
    assert Past(db, US, of="").copies("b") == found


def test_a_circle_of_copies_ends(db: Connection) -> None:
    """A relays B, which relayed C; an error in a row must not hang the force."""
    for first, second in (("a", "b"), ("b", "c"), ("c", "a")):
        values = {"id": first, "first": first, "second": second, "days_apart": 1}
        db.execute(insert(rows.origins).values(**values, decision="same"))
    assert Past(db, US, of="").copies("c") == {"a": True, "b": True}


def test_an_erased_statement_names_nobody(db: Connection) -> None:
    """No row may say that there was something about her."""
    told = Telling().say("contact_recorded", "2012-05-01", "D", "T", facts={"contact": "visit"})
    hold(db, told, 0)
    assert history.named_in(db, [told.id]) == {told.id: {D, T}}
    history.forget(db, told.id)
    assert history.named_in(db, [told.id]) == {}
    assert ids(Past(db, US, of="").of(D)) == []


def test_a_correction_that_was_corrected_is_read_as_it_was_put_right(db: Connection) -> None:
    """A slip in a correction is put right like any other; a correction that is kept is not read."""
    telling, said = Telling(), list[Seen]()
    said.append(telling.say("contact_recorded", "2012-05-01", "D", facts={"contact": "visit"},
                            risk={"factors": []}))  # fmt: skip
    for factors in (["anger"], ["jealousy"]):
        said.append(telling.say(
            "statement_corrected", "2012-05-02", "D", work=True, causes=[said[-1].id],
            facts={"statement": said[-1].id, "reason": "mistaken", "by": "A."},
            risk={"factors": factors},
        ))  # fmt: skip
    for entry, one in enumerate(said):
        hold(db, one, entry)
    for was, right in pairwise(said):
        standing.mark(db, was.id, "corrected", right.id)
    (found,) = Past(db, US, of="").of(D)
    assert getattr(found.statement.sections["risk"], "factors", None) == ["jealousy"]
    for kept, left in ((said[1], []), (said[2], ["anger"])):
        held = standing.held(db, said[0].id, but={kept.id})
        assert held is not None
        assert getattr(held.sections["risk"], "factors", None) == left

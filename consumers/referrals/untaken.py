"""What this agency referred and nobody took: somebody looks for another way, by a clock.

What was refused or redirected is with whoever referred again, and so is the risk. They owe, about
the answer that said so, that another referral arises from the same report, or that a named person
decides on it whether to refer. Where the answer does not stand nothing is owed.

Source: review 5.6.3 (iii); domain.md 1.10, 7 (What comes back); deploy/decisions/0040.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, RowMapping

from consumers import standing, store
from consumers.arising import arising
from consumers.referrals import course, rows
from consumers.responses import rows as duties
from consumers.responses.owed import Owed
from consumers.worker import Voice
from contracts.context import Urgency
from contracts.statement import Statement

DUTY = "referral_considered"
"""The duty, by the event that ends it where no other referral does."""


def owe(db: Connection, voice: Voice, statements: Collection[str]) -> None:
    """Let it be owed, done or owed no more, as is held by now, with what some statements touch."""
    for row in made_with(db, statements):
        answer, referral = _refusal(db, row), store.held(db, row["id"])
        if answer is None or referral is None:
            duties.drop(db, DUTY, row["id"])
            continue
        due_at = course.due_at(referral.context.urgency, answer["ledger_time"], rules=voice.rules)
        owed = Owed(DUTY, answer["id"], row["id"], None, due_at)
        duties.drop(db, DUTY, row["id"], but=owed.key)
        duties.add(db, owed, role=voice.role_of(voice.agency))
        duties.settle(db, owed.key, _seen_to_by(db, referral, answer))


def made_with(db: Connection, statements: Collection[str]) -> list[RowMapping]:
    """List the referrals of ours that some statements touch.

    They are among them or what they arise from, or arise from the same.
    """
    near = {*statements, *rows.causes_of(db, statements)}
    near |= {one.id for one in arising(db, *near)} if near else set()
    found = rows.referrals_of(db, near)
    return [found[one] for one in sorted(found) if found[one]["direction"] == "made"]


def duty_of(db: Connection, answer: str) -> RowMapping | None:
    """Give what is owed because of an answer, done or not; None where nothing is."""
    return duties.duty(db, f"{DUTY}/{answer}")


def open_on(db: Connection, said: str, hidden: Collection[str]) -> RowMapping | None:
    """Give what is owed still on a referral of ours, or because of an answer; not what is kept.

    Args:
        db: an open transaction.
        said: the referral, or the answer, by id.
        hidden: ids that are kept from who looks.
    """
    referral = rows.referral(db, said)
    answer = said if referral is None else referral["answer"]
    return open_with(db, [answer], hidden).get(answer)


def open_with(
    db: Connection, answers: Iterable[str | None], hidden: Collection[str]
) -> dict[str | None, RowMapping]:
    """Give what is owed still because of some answers, by their ids; not what is kept."""
    keys = [f"{DUTY}/{one}" for one in answers if one is not None]
    return {
        duty["about"]: duty
        for duty in duties.open_under(db, keys)
        if {duty["about"], duty["statement"]}.isdisjoint(hidden)
    }


def urgency_of(db: Connection, duty: RowMapping) -> Urgency:
    """Give how pressing the referral is of which something is owed."""
    referral = store.held(db, duty["statement"])
    return "routine" if referral is None else referral.context.urgency


def _refusal(db: Connection, row: RowMapping) -> RowMapping | None:
    """Give the answer by which nobody took a referral that stands."""
    if course.is_put(row) or row["answer"] is None or standing.does_not_stand(db, row["id"]):
        return None
    return store.row_of(db, row["answer"])


def _seen_to_by(db: Connection, referral: Statement, answer: RowMapping) -> str | None:
    """Give what ended it: the first after the answer that stands and reached somebody."""
    said = referral.context.id
    about = {said, answer["id"], *referral.causes}
    others = [one for one in (*rows.reaching(db, about), *rows.weighed(db, about)) if one != said]
    after = [
        (row["entry"], one) for one, row in store.rows_of(db, others).items()
        if row["entry"] > answer["entry"] and not standing.does_not_stand(db, one)
    ]  # fmt: skip
    return min(after)[1] if after else None

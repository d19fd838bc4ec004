"""Everything that somebody's roles owe, the soonest due first: one list of many.

Which of the desk's roles sees to which kind is `KINDS`; whose it is on the log, by the ruleset's
own name, stands beside each. A role at a desk owes what it can do something about.
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, RowMapping

from consumers import whereabouts
from consumers.desk.beside import Beside
from consumers.desk.person import Person
from consumers.desk.rights import LEADING, MANAGING, RECALLING, RELEASING, WORKING, Roles
from consumers.desk.shown import day, title_of
from consumers.desk.station import Station
from consumers.disclosure import course as disclosing
from consumers.disclosure import rows as disclosures
from consumers.handover import rows as handovers
from consumers.handover.worker import Handovers
from consumers.intelligence import waiting as copies
from consumers.listed import Item, Place, own, together
from consumers.referrals import course, untaken
from consumers.referrals import rows as referrals
from consumers.research import board
from consumers.responses import listed as responses
from consumers.safeguarding import pressing
from consumers.safeguarding.rules.terms import FOUND


class Kind(NamedTuple):
    """One kind of duty: in words, the page on which it is done, and who does it."""

    words: str
    link: str
    roles: Roles


DUTIES: dict[str, Kind] = {
    "call_back": Kind("Call back: nobody could verify who wrote this", "/reports/{}", WORKING),
    "response_given": Kind("Answer whoever reported", "/reports/{}/answer", WORKING),
    "information_supplied": Kind("Answer a question", "/requests/{}/answer", WORKING),
    untaken.DUTY: Kind(
        "Look for another way: nobody took a referral", "/reports/{}/referral", WORKING
    ),
    "correction_acknowledged": Kind("Read a correction", "/corrections/{}", WORKING),
    "provenance_supplied": Kind("Say what is missing of who said it", "/reports/{}", WORKING),
    "recall_acknowledged": Kind("Look again: a key is compromised", "/recalls/{}", RECALLING),
    "quarantine_decision": Kind("Decide on what is held", "/quarantine/{}", RELEASING),
    "second_release": Kind("Say the second word on what is held", "/quarantine/{}", RELEASING),
    "emergency_review": Kind("Review a use of the emergency path", "/emergencies/{}", MANAGING),
    "agreement_review": Kind("Review a missing agreement", "/emergencies/{}", MANAGING),
    "erasure_confirmed": Kind("Confirm that something is erased here", "/erasures/{}", MANAGING),
}
"""The duties that the log lays on an agency; the page is given what it is about."""
ELSE: dict[str, Kind] = {
    "alert": Kind("Alert", "/alerts/{}", WORKING),
    "research": Kind("Research", "/research/reports/{}", WORKING),
    "referral": Kind("Decide a referral", "/reports/{}/answer", WORKING),
    "handover": Kind("Hand over before work ends", "/handovers", WORKING),
    "disclosure": Kind("Disclosure", "/disclosures/{}", WORKING),
    "copy": Kind("Release a sanitised copy, or not", "/copies/{}", LEADING),
    "whereabouts": Kind("Review who looked alone where somebody is", "/whereabouts", LEADING),
}
"""What other consumers keep clocks of."""
KINDS = {**DUTIES, **ELSE}
ANSWERS = ("call_back", "response_given", "information_supplied")
"""The duties that are answers to somebody."""
OF_REPORT = (*ANSWERS, untaken.DUTY)
"""The duties that a report's row in the inbox tells of."""


@dataclass(frozen=True)
class Owed:
    """One thing that is owed, as a list shows it; nothing of it names a person.

    Attributes:
        place: where a page ends that ends with it.
        kind: of duty; `words` for it, `detail` what it is about.
        due_at: ledger milliseconds.
        role: whose it is on the log; None where the agency's own role has it.
        link: where it is done.
        agency: whose statement it is about; empty where that is not known here.
        urgency: of that statement; None likewise.
        escalated: whether it went to the next role already.
        about: the statement that it is about, by id; empty where there is none.
    """

    place: Place
    kind: str
    words: str
    detail: str
    due_at: int
    role: str | None
    link: str
    agency: str
    urgency: str | None
    escalated: bool
    about: str


def owed(  # noqa: PLR0913 - a page has this many bounds
    station: Station, db: Connection, person: Person, *, place: Place | None, count: int,
    kinds: Collection[str] = frozenset(KINDS),
) -> list[Owed]:  # fmt: skip
    """List what somebody's roles owe, the soonest due first.

    Args:
        station: the desk.
        db: an open transaction.
        person: whose roles, and what is kept from them.
        place: where the page before ended.
        count: at most so many.
        kinds: only these.
    """
    mine = [one for one in KINDS if one in kinds and person.is_one_of(*KINDS[one].roles)]
    reads = _reads(station, db, person.viewer)
    begun = {kind: own(place, kind) for kind in mine if kind in DUTIES}
    first = responses.owed_of_each(db, person.viewer, begun, count=count)
    streams = {kind: partial(_stream, reads[kind], count, first.get(kind)) for kind in mine}
    found = together(streams, place, count)
    beside = Beside(db, map(_statement_of, found), ())
    return [_owed(station, beside, one) for one in found]


def undelivered(
    station: Station, db: Connection, person: Person, *, kinds: Collection[str] = frozenset(KINDS)
) -> list[Owed]:
    """List what somebody's roles did and nobody has yet: it is not done before it is delivered."""
    unsent = station.unsent()
    mine = [kind for kind in DUTIES if kind in kinds and person.is_one_of(*KINDS[kind].roles)]
    found = responses.done_by(db, person.viewer, unsent, mine) if unsent else []
    items = [Item(row["due_at"], row["kind"], row["key"], row) for row in found]
    beside = Beside(db, map(_statement_of, items), ())
    return [_owed(station, beside, one) for one in items]


def abouts(found: Iterable[Owed]) -> list[str]:
    """List the statements that what is owed is about, for whoever records that they were seen."""
    return [one.about for one in found if one.about]


class _Read(NamedTuple):
    """How one kind is read: from a place on, so many; which columns order it; what does not count.

    `but` is asked once for all rows that were read: by which id, in column `by`, some do not count.
    """

    some: Callable[..., Sequence[Mapping[Any, Any]]]
    at: str = "due_at"
    said: str = "id"
    by: str = "id"
    but: Callable[[Sequence[Any]], Container[str]] = lambda _: ()


def _stream(
    read: _Read, count: int, first: Sequence[RowMapping] | None, place: Place | None
) -> Iterator[tuple[Place, Any]]:
    """Read one kind, a page after the other, only as far as it is asked; `first` is read."""
    rows: Sequence[Mapping[Any, Any]]
    while True:
        rows, first = first if first is not None else read.some(place=place, count=count), None
        but = read.but(rows) if rows else ()
        for row in rows:
            place = Place(row[read.at], row[read.said])
            if row[read.by] not in but:
                yield place, row
        if len(rows) < count:
            return


def _reads(station: Station, db: Connection, viewer: Collection[str]) -> dict[str, _Read]:
    """Say how each kind is read."""
    given, ours, worker = (db, viewer), station.voice.agency, Handovers(station.voice)
    found = {
        kind: _Read(partial(responses.owed, *given, kind), said="key", by="key")
        for kind in DUTIES
    }  # fmt: skip
    # An answer that is owed to a referral stands in the list as that.
    answers = found["response_given"]._replace(
        by="statement",
        but=lambda rows: referrals.referrals_of(db, [row["statement"] for row in rows]),
    )
    return {
        **found,
        "response_given": answers,
        "alert": _Read(partial(pressing.due, *given), at="due_now"),
        "research": _Read(partial(_researched, *given)),
        "referral": _Read(partial(referrals.some, *given, "received", decided=False)),
        "handover": _Read(
            partial(handovers.owed, *given, ours),
            but=lambda rows: [one for one, its in worker.put_of(db, rows).items() if its],
        ),
        "disclosure": _Read(partial(disclosures.some, *given, over=False)),
        "copy": _Read(partial(copies.some, *given)),
        "whereabouts": _Read(
            partial(whereabouts.reviews_due, *given, station.voice.rules.look_review_hours)
        ),
    }


def _researched(
    db: Connection, viewer: Collection[str], *, place: Place | None, count: int
) -> list[dict[str, Any]]:
    found = board.reports(db, viewer, place=place, count=count)
    return [{"id": one.id, "due_at": one.at} for one in found]


def _owed(station: Station, beside: Beside, one: Item) -> Owed:
    row, kind = one.row, KINDS[one.kind]
    said = _statement_of(one)
    held = beside.row(said)
    agency = station.partners.get(held["agency"], held["agency"]) if held is not None else ""
    urgency = beside.urgency(said)
    ran_out = one.kind in DUTIES and row["escalated_by"] not in {None, row["overdue_by"]}
    return Owed(
        one.place, one.kind, kind.words, _detail(one, held), one.at,
        row["role"] if one.kind in {*DUTIES, "alert"} else None,
        link_of(one.kind, row), agency, urgency, ran_out, said,
    )  # fmt: skip


def link_of(kind: str, row: RowMapping) -> str:
    """Give the page on which a duty is done: of what it is about, or of what nobody took."""
    about = "statement" if kind == untaken.DUTY else "about" if kind in DUTIES else "id"
    return KINDS[kind].link.format(quote(row[about], safe=""))


def _statement_of(one: Item) -> str:
    """Give the id of the statement that something owed is about; empty where there is none."""
    match one.kind:
        case "alert" | "copy" | "whereabouts":
            return str(one.row["statement"])
        case "disclosure":
            return str(one.row["statement"] or one.row["id"])
        case kind if kind in DUTIES:
            return str(one.row["statement"])
    return str(one.row["id"])


def _detail(one: Item, held: RowMapping | None) -> str:
    """Say in a few words what something owed is about; nobody is named."""
    if one.kind == "alert":
        return FOUND.get(one.row["rule"], "a rule fired")
    if one.kind == "referral":
        return f"to {course.TITLES[one.row['kind']]}"
    if one.kind == "handover":
        return f"it ends on {day(one.row['ends_on'])}"
    if one.kind == "disclosure":
        return str(disclosing.WORDS[one.row["right"]])
    return title_of(held["event"]).lower() if held is not None else ""

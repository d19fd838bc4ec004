"""Headlines of a replay: counted from what was written down at the time, and from nothing else.

Source: domain.md 7 (Truth about the review): what was told informally, learned at the review or
invented is left out, and what is undated gives no count of days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from contracts.event.work import AlertRaised
from deploy.replay.case import Headline, Item
from deploy.replay.played import Played, Spoken
from deploy.replay.telling import STANDINGS, header

HELD = frozenset({"held_then"})
_DAY = 10
"""How long a date is that is known to the day."""


@dataclass(frozen=True)
class Counted:
    """The days from an alert to what came, and between which days.

    Attributes:
        first: the alert's first item.
        rule: which fired.
        agency: whose alert it is.
        raised: the day.
        until: the day of what came.
    """

    first: str
    rule: str
    agency: str
    raised: date
    until: date

    @property
    def days(self) -> int:
        """How many days lie between."""
        return (self.until - self.raised).days


def counted(played: Played, headline: Headline) -> list[Counted]:
    """List the alerts on just these people, or more, that a headline may count, in order.

    Returns:
        None of what rests on an item that nobody wrote down then, or that is undated; none at all
        where the day of what came is not known.
    """
    until = _day_of(played.said(headline.until).item)
    if until is None:
        return []
    return [
        Counted(spoken.about[0], alert.rule, spoken.agency, raised, until)
        for spoken, alert in played.alerts
        if _counts(played, headline, spoken, alert)
        for raised in [_utc(spoken.at)]
        if raised <= until
    ]


def headlines(played: Played) -> Iterator[str]:
    """Tell the headlines, what they count and what they leave out."""
    yield f"{header(played)} - headlines"
    for headline in played.case.headlines:
        people = " and ".join(played.case.people[key].given or key for key in headline.about)
        told = _as_it_was if played.mode == "then" else _asked
        yield from told(played, headline, people)
    yield from _left_out(played)
    yield "  Nobody can say what would have come of it: somebody would have had to ask."


def _asked(played: Played, headline: Headline, people: str) -> Iterator[str]:
    """Tell when somebody would first have been asked about people, and how often after that."""
    found = counted(played, headline)
    if not found:
        yield f"  Nobody would have been asked about {people} before {headline.calls}."
        return
    first, shown = found[0], {one.first for one in found}
    yield (
        f"  {first.days:,} days before {headline.calls} ({_spelled(first.until)}): the first alert "
        f"on {people}, {_spelled(first.raised)}"
    )
    title = played.titles[first.agency]
    yield f"    {first.rule} at {title}, because of {first.first}: somebody would have been asked."
    yield f"    Alerts on them in those days: {len(found)}, because of {len(shown)} of the items."


def _as_it_was(played: Played, headline: Headline, people: str) -> Iterator[str]:
    """Tell what was written down about people, who was told of it, and that nothing asked."""
    known = [
        one.item
        for one in played.items
        if one.statement and set(headline.about) <= set(one.item.people)
        and one.item.id != headline.until
    ]  # fmt: skip
    agencies = {played.case.agency_of(item.writer) for item in known}
    told = [item.id for item in known if item.told_then]
    yield (
        f"  Written down about {people} before {headline.calls}: {len(known)} of the items, by "
        f"{len(agencies)} of the agencies. Told to another: {', '.join(told) or 'none of them'}. "
        "Nobody was asked anything."
    )


def _left_out(played: Played) -> Iterator[str]:
    for standing in ("told_informally", "learned_at_review", "invented"):
        ids = [one.item.id for one in played.items if one.item.standing == standing]
        if ids:
            yield f"  Left out, {STANDINGS[standing].split(':')[0].lower()}: {', '.join(ids)}"
    undated = [one.item.id for one in played.items if one.item.undated and not one.item.link]
    if undated:
        yield f"  Undated, so no day is counted: {', '.join(undated)}"


def _counts(played: Played, headline: Headline, spoken: Spoken, alert: AlertRaised) -> bool:
    items = [played.said(one).item for one in spoken.about]
    return (
        bool(items)
        and set(headline.about) <= played.people_in(spoken, alert)
        and played.standing_of(spoken.about) <= HELD
        and not any(item.undated for item in items)
    )


def _day_of(item: Item) -> date | None:
    """Give the day on which an item happened, None where it is not known to the day."""
    when = str((item.report or {}).get("when", ""))
    return date.fromisoformat(when[:_DAY]) if when[:1].isdigit() and len(when) >= _DAY else None


def _utc(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def _spelled(one: date) -> str:
    return f"{one.day} {one:%B %Y}"

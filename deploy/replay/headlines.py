"""Headlines of a replay: counted from what was written down at the time, and from nothing else.

Source: domain.md 7 (Truth about the review): what was told informally, learned at the review or
invented is left out, and what is undated gives no count of days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from consumers.safeguarding.rules.unresearched import ID as UNRESEARCHED
from contracts.event.work import AlertRaised
from deploy.replay.case import Headline, Item
from deploy.replay.played import Played, Spoken
from deploy.replay.telling import header, shown
from deploy.replay.wording import ASKS, STANDINGS, found_by, kind_of_report, number, role

HELD = frozenset({"held_then"})
_DAY = 10
"""How long a date is that is known to the day."""


@dataclass(frozen=True)
class Counted:
    """What would have been asked because of one item, and the days from it to what came.

    Attributes:
        item: its id.
        said: the day on which it was said.
        until: the day of what came.
        people: whom of the headline's it is about, by key.
        rules: which alerts it raised, by rule, each once.
        acts: what they ask for, each once, but for the looks.
        looks: how many looks in records were opened of it.
    """

    item: str
    said: date
    until: date
    people: tuple[str, ...]
    rules: tuple[str, ...]
    acts: tuple[str, ...]
    looks: int

    @property
    def days(self) -> int:
        """How many days lie between."""
        return (self.until - self.said).days


def counted(played: Played, headline: Headline) -> list[Counted]:
    """List the items that a headline may count from, and what each would have had asked.

    Returns:
        Those about any of its people that were written down then, are dated and had anything
        asked, in order; none at all where the day of what came is not known.
    """
    until = _day_of(played.said(headline.until).item)
    found = list[Counted]()
    for one in played.items if until is not None else ():
        raised = [
            alert
            for spoken, alert in played.alerts
            if spoken.about[:1] == (one.item.id,) and _is_held_then(played, spoken)
            if played.people_in(spoken, alert) & {*headline.about}
        ]
        rules = dict.fromkeys(alert.rule for alert in raised)
        acts = dict.fromkeys(a.act for a in raised if a.act and a.rule != UNRESEARCHED)
        looks = sum(spoken.about == (one.item.id,) for spoken, _ in played.tasks)
        about = {*headline.about} & {*one.item.people}
        fits = bool(about) and one.item.standing in HELD and one.item.has_day
        said = _utc(one.item.at_ms)
        if fits and (rules or looks) and until is not None and said < until:
            people = tuple(key for key in headline.about if key in about)
            found.append(
                Counted(one.item.id, said, until, people, tuple(rules), tuple(acts), looks)
            )
    return found


def first_alert(played: Played, headline: Headline) -> tuple[Spoken, AlertRaised] | None:
    """Give the first alert on just these people, or more, that may be counted."""
    return next((one for one in played.alerts if _counts(played, headline, *one)), None)


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
    found, first = counted(played, headline), first_alert(played, headline)
    until = _day_of(played.said(headline.until).item)
    if first is None or until is None or not found:
        yield f"  Nobody would have been asked about {people} before {headline.calls}."
        return
    spoken, alert = first
    raised = _utc(spoken.at)
    yield from shown(
        f"On {_spelled(raised)}, {(until - raised).days:,} days before {headline.calls} "
        f"({_spelled(until)}), somebody would first have been asked about {people} together. "
        f"{found_by(alert.rule)}: the {role(alert.owner_role)} of {played.titles[spoken.agency]} "
        f"would have been asked {ASKS.get(alert.act or '', 'to look')} "
        f"[{alert.rule}, because of {spoken.about[0]}].", 2,
    )  # fmt: skip
    yield from shown(
        f"What was written down then, the days from it to {headline.calls}, and what would have "
        "been asked because of it:", 2,
    )  # fmt: skip
    for one in found:
        item = played.said(one.item).item
        who = " and ".join(played.case.people[key].given or key for key in one.people)
        looks = f"{number(one.looks, 'look')} in records" if one.looks else ""
        asked = "; ".join(filter(None, (*(ASKS.get(act, role(act)) for act in one.acts), looks)))
        what = kind_of_report(item)
        yield f"    {one.days:>6,} days  {_spelled(one.said)}: {what}, {who} [{one.item}]"
        yield from shown(asked, 17)


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
    yield from shown(
        f"Written down about {people} before {headline.calls}: {len(known)} of the items, by "
        f"{len(agencies)} of the agencies. Told to another: {', '.join(told) or 'none of them'}. "
        "Nobody was asked anything.", 2,
    )  # fmt: skip


def _left_out(played: Played) -> Iterator[str]:
    for standing in ("told_informally", "learned_at_review", "invented"):
        ids = [one.item.id for one in played.items if one.item.standing == standing]
        if ids:
            mark = STANDINGS[standing].split(":")[0].lower()
            yield from shown(f"Left out, {mark}: {', '.join(ids)}", 2)
    undated = [one.item.id for one in played.items if not one.item.has_day and not one.item.link]
    if undated:
        yield from shown(f"Known to no day, so none is counted: {', '.join(undated)}", 2)


def _counts(played: Played, headline: Headline, spoken: Spoken, alert: AlertRaised) -> bool:
    about = {*headline.about} <= played.people_in(spoken, alert)
    return about and _is_held_then(played, spoken) and played.said(spoken.about[0]).item.has_day


def _is_held_then(played: Played, spoken: Spoken) -> bool:
    """Say whether everything that an alert rests on was written down then, of a known day."""
    items = [played.said(one).item for one in spoken.about]
    return (
        bool(items)
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

"""A replay in plain English: what was said, who received what of it, what was asked of whom.

It says what would have been asked, never what would have been otherwise. Words come first, and
the codes that they stand for after them, in brackets.

Source: domain.md 7 (Truth about the review; The demonstration in 60 seconds).
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import TextIO

from consumers.responses.owed import ANSWERS
from consumers.safeguarding.rules.unresearched import ID as UNRESEARCHED
from contracts.event.action import AlertEscalated
from contracts.event.work import (
    InformationRequested,
    InformationSupplied,
    ResearchCompleted,
    ResponseGiven,
)
from deploy.replay.asked import LOUDNESS, Asked, Owner, asked
from deploy.replay.played import HEADERS, Delivered, Played, Said
from deploy.replay.wording import (
    ASKS,
    ATTENTION,
    OUTCOMES,
    STANDINGS,
    SYSTEMS,
    UNDONE,
    dated,
    found_by,
    kind_of_report,
    listed,
    moment,
    number,
    parts_of,
    role,
)

WIDTH = 110
_CODED = re.compile(r"([A-Z]+(?:_[A-Z]+)+): (.)")
"""A reason that begins with a code of the reference, as `COMMON_LAW_ONLY: on that day ...`."""
COLUMNS = (
    "when, UTC", "item", "review", "standing", "rule", "version", "attention", "agency", "role",
    "by, UTC", "fallback", "asks", "why",
)  # fmt: skip
"""The columns of the table that a file is written with, a row for each alert."""


def header(played: Played) -> str:
    """Give the line that heads every part: that it is a replay, and of which kind."""
    title = played.case.title if "REPLAY" in played.case.title else f"{played.case.title} (REPLAY)"
    return f"{title} - {HEADERS[played.mode]}"


def table(played: Played, *, item: str | None = None) -> Iterator[str]:
    """Tell what became of every item, or of one."""
    yield header(played)
    if played.mode == "then":
        yield from shown(
            "Only what was written down then is on the log; no consumer runs, so nobody would have "
            "been asked anything by this.", 0
        )  # fmt: skip
    yield from shown(
        "An exercise: times are the story's, in UTC. Nobody works in it: what is asked stays open "
        "until it runs out. Where a date is not known it says so. What an alert says stands where "
        "it is first raised; what several agencies noticed is asked once.", 0
    )  # fmt: skip
    page = _Page(played)
    for one in played.items:
        if item in {None, one.item.id}:
            yield ""
            yield from page.of(one)


class _Page:
    """The table of one replay; what an alert says in full is said once."""

    def __init__(self, played: Played) -> None:
        self._played = played
        self._asked: dict[str, list[Asked]] = {}
        for one in asked(played):
            self._asked.setdefault(one.item, []).append(one)
        self._first: dict[str, str] = {}

    def of(self, one: Said) -> Iterator[str]:
        """Tell of one item."""
        played, item = self._played, one.item
        writer = played.case.writers[item.writer]
        called = played.titles[writer.agency]
        if played.mode == "then" and writer.then:
            called = writer.then
        section = f"; review {item.review}" if item.review else ""
        what = self._joined(one) if item.link else kind_of_report(item)
        yield from shown(f"REPLAY {dated(item)}: {what} [{item.id}{section}]", 0)
        who = "nobody is named" if item.nameless else f"{writer.name}, {writer.role}"
        yield from shown(f"{called}: {who}")
        standing = STANDINGS[item.standing] if item.standing else "a named matcher's decision"
        undated = "; UNDATED: no day is counted from it" if item.undated else ""
        yield from shown(f"{standing[:1].upper()}{standing[1:]}{undated}")
        for words in ((item.report or {}).get("words"), item.note):
            if words:
                yield from shown(f"“{words}”" if words != item.note else f"Note: {words}")
        if played.mode == "then":
            told = listed(played.titles[played.case.agency_of(name)] for name in item.told_then)
            yield from shown(f"In fact told: {told or 'nobody'}")
        if one.why_not is not None:
            yield from shown(f"Not on the log: {one.why_not}")
            return
        yield from _outcome(played, one)
        yield from _received(played, one)
        yield from self._wanted(one)
        yield from _answers(played, one)
        yield from self._undone(one)

    def _joined(self, one: Said) -> str:
        link, case = one.item.link, self._played.case
        if link is None:
            return ""
        names = " and ".join(case.people[key].given or key for key in link.people)
        return f"{names} as {listed(link.across)} know them, said by a named person to be one"

    def _wanted(self, one: Said) -> Iterator[str]:
        """Tell what would have been asked because of an item, of whom, by when and why."""
        played = self._played
        looks = [(s, t) for s, t in played.tasks if s.about[:1] == (one.item.id,)]
        for agency in dict.fromkeys(s.agency for s, _ in looks):
            ours = [t for s, t in looks if s.agency == agency]
            people = dict.fromkeys(played.people.get(t.subject, "?") for t in ours)
            names = ", ".join(_called(played, key) for key in people)
            systems = ", ".join(dict.fromkeys(SYSTEMS.get(t.system, t.system) for t in ours))
            first = moment(min(t.due_at for t in ours))
            yield from shown(
                f"Research: {played.titles[agency]} would have been asked to look up {names} "
                f"({number(len(ours), 'look')}: {systems}), the first by {first}"
            )
        for what in self._asked.get(one.item.id, []):
            if what.rule != UNRESEARCHED:
                yield from self._one(what, one.item.at_ms)

    def _one(self, what: Asked, said_at: int) -> Iterator[str]:
        later = f", from {moment(what.at)}" if what.at > said_at else ""
        asks = ASKS.get(what.act, role(what.act))
        clocks = dict.fromkeys((one.by, one.fallback) for one in what.owners)
        told = [
            listed(
                _desk(self._played, one) for one in what.owners if (one.by, one.fallback) == clock
            )
            + f" would have been asked {asks}"
            + (f", by {moment(clock[0])}, else the {role(clock[1])}" if clock[1] else "")
            for clock in clocks
        ]
        yield from shown(f"{ATTENTION[what.attention]}{later}: {'; '.join(told)}")
        words, code = _uncoded(what.why)
        first = self._first.setdefault(words, what.item)
        why = f"{found_by(what.rule)}, as at {first}." if first != what.item else words
        noticed = listed(self._played.titles[one] for one in what.noticed)
        codes = ", ".join(filter(None, (what.rule, code, f"because of {', '.join(what.because)}")))
        yield from shown(f"Why: {why} [{codes}; noticed by {noticed}]", 8)

    def _undone(self, one: Said) -> Iterator[str]:
        """Tell in one sentence what nobody did, since nobody works in a replay."""
        played, left = self._played, list[str]()
        for what in self._asked.get(one.item.id, []):
            if what.rule == UNRESEARCHED:
                owners = listed(_desk(played, owner) for owner in what.owners)
                left.append(
                    f"the looks, and from {moment(what.at)} {owners} would have been asked "
                    f"{ASKS[what.act]} [{what.rule}]"
                )
        owed: dict[str, list[str]] = {}
        for spoken, late in played.overdue:
            if spoken.about[:1] == (one.item.id,):
                owed.setdefault(late.duty, []).append(played.titles[late.owner_agency])
        for duty, owners_of in owed.items():
            left.append(f"{UNDONE.get(duty, role(duty))}, owed by {listed(owners_of)}")
        steps = [s for s, _ in played.of(AlertEscalated) if s.about[:1] == (one.item.id,)]
        if steps:
            moved = f"{number(len(steps), 'time')}, first on {moment(steps[0].at)}"
            left.append(f"what nobody took went on to the next role {moved}")
        if left:
            yield from shown(f"Left undone, since nobody works here: {'; '.join(left)}.")


def _outcome(played: Played, one: Said) -> Iterator[str]:
    outcome = OUTCOMES.get(one.outcome or "", one.outcome or "")
    again = [anew for anew in played.anew if anew.statement == one.statement]
    if one.reasons or again or outcome != OUTCOMES["accepted"]:
        yield from shown(outcome)
    for code, remedy in one.reasons:
        yield from shown(f"Why: {role(remedy)} [{code}]", 8)
    for anew in again:
        found = OUTCOMES.get(anew.outcome, anew.outcome).lower()
        yield from shown(f"Decided anew on {moment(anew.at)}: {found}")


def _received(played: Played, one: Said) -> Iterator[str]:
    """Tell what each agency received of an item: in full, in part, nothing."""
    newest = {d.to: d for d in played.delivered if d.statement == one.statement}
    would = "Today's rule would send it" if played.mode == "then" else "Received"
    for way in dict.fromkeys(_way(got) for got in newest.values()):
        same = [got for got in newest.values() if _way(got) == way]
        names = listed(played.titles[got.to] for got in same)
        legs = ", ".join(dict.fromkeys(got.leg for got in same))
        to = "to" if played.mode == "then" else "by"
        yield from shown(f"{would} {way[0]}, {to} {names}{way[1]} [{legs}]")
    if one.outcome != "quarantined" or newest:
        yield from shown("Nobody else received any of it")


def _way(got: Delivered) -> tuple[str, str]:
    """Give how much of it somebody received, and how it is marked."""
    marks = f"; marked: {role(', '.join(got.marks))}" if got.marks else ""
    full = got.level == "full"
    return "in full" if full else f"in part ({parts_of(got.sections)})", marks


def _desk(played: Played, owner: Owner) -> str:
    at = f" of {played.titles[owner.agency]}" if owner.agency else ""
    return f"the {role(owner.role)}{at}"


def _called(played: Played, key: str) -> str:
    """Give somebody's name in full, so that one that is invented says so; or that there is none."""
    persona = played.case.people.get(key)
    names = filter(None, (persona.given, persona.family)) if persona else ()
    return " ".join(names) or "somebody whom nobody names"


def _uncoded(why: str) -> tuple[str, str]:
    """Part a reason from the code that it begins with, where it has one."""
    found = _CODED.match(why)
    return (f"{found[2].upper()}{why[found.end() :]}", found[1]) if found else (why, "")


def _answers(played: Played, one: Said) -> Iterator[str]:
    """Tell what was asked back of whoever said it, and what came back to them."""
    own = played.case.writers[one.item.writer].agency
    questions = [
        (s, q) for s, q in played.of(InformationRequested)
        if s.about[:1] == (one.item.id,) and q.addressee == own
    ]  # fmt: skip
    if questions:
        yield from shown(
            f"Asked back of {played.titles[own]}: {number(len(questions), 'question')}, by "
            f"{moment(questions[0][1].due_at)}: "
            + " ".join(dict.fromkeys(q.why for _, q in questions))
        )
    answers = [
        (s, isinstance(event, InformationSupplied) and event.outcome not in ANSWERS)
        for shape in (ResponseGiven, InformationSupplied, ResearchCompleted)
        for s, event in played.of(shape) if s.about[:1] == (one.item.id,) and not s.automated
    ]  # fmt: skip
    for answer, unable in answers:
        how = "Not answered, since nobody could look:" if unable else "Answered by"
        yield from shown(f"{how} {played.titles[answer.agency]} on {moment(answer.at)}")


def how_often(played: Played) -> Iterator[str]:
    """Count the alerts, so that whoever would have them can judge whether that is too many."""
    yield f"{header(played)} - how often somebody would have been asked"
    every = [alert for _, alert in played.alerts]
    years = Counter(datetime.fromtimestamp(s.at / 1000, UTC).year for s, _ in played.alerts)
    if not every:
        yield "  Nobody: no alert was raised, and no look was asked for."
        return
    loud = Counter[str](alert.attention for alert in every)
    most, count = max(years.items(), key=lambda pair: (pair[1], pair[0]))
    yield from shown(
        f"{number(len(every), 'alert')} in {number(max(years) - min(years) + 1, 'year')}, at "
        f"most {count} in one of them ({most}). "
        + ", ".join(f"{loud[one]} {ATTENTION[one].lower()}" for one in LOUDNESS)
        + f". They ask {number(len(asked(played)), 'thing')}: agencies that notice the same raise "
        f"an alert each. {number(len(played.tasks), 'look')} in records would have been asked "
        "for beside them. Counted here is all of it, also because of what was told informally, "
        "learned at the review or invented; headlines count what was written down then alone.", 2
    )  # fmt: skip
    by_rule = Counter((alert.rule, alert.attention) for alert in every)
    for (rule, attention), times in sorted(by_rule.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"  {times:>5}  {ATTENTION[attention].lower():<19} {found_by(rule)} [{rule}]"


def contradictions(played: Played) -> Iterator[str]:
    """Set side by side what is said in more than one way; nobody decides it here."""
    if played.case.contradictions:
        yield f"{header(played)} - what is said in more than one way, side by side"
    for one in played.case.contradictions:
        yield f"  {one.about[:1].upper()}{one.about[1:]}:"
        for saying in one.sayings:
            cited = saying.review and f"review {saying.review}"
            where = ", ".join(filter(None, (saying.item, cited)))
            yield from shown(f"- {saying.says} [{where}]" if where else f"- {saying.says}")


def breaches(played: Played) -> Iterator[str]:
    """Name everything that somebody received and must never."""
    yield f"{header(played)} - what must never be received"
    joined = [one.item.id for one in played.items if one.item.link and one.statement]
    yield from shown(
        f"Persons are joined by named matchers alone: {', '.join(joined) or 'by nobody here'}.", 2
    )
    if played.hurried:
        yield from shown(
            f"Before {', '.join(played.hurried)} more clocks ran out than were stopped at.", 2
        )
    if not played.breaches:
        traps, given = len(played.case.must_never), len(played.delivered)
        yield from shown(
            f"Nobody received any of it: {traps} traps were looked for in {given} deliveries, in "
            "every statement that a machine said and in every desk's rows.", 2,
        )  # fmt: skip
    for one in played.breaches:
        title = played.titles.get(one.party, one.party)
        yield from shown(f"BREACH: {title} has {one.section} of {one.item} in {one.where}: "
                          f"{one.why}", 2)  # fmt: skip


def rows(played: Played) -> Iterator[tuple[str, ...]]:
    """Give a row for each alert, in order, by `COLUMNS`."""
    for spoken, alert in played.alerts:
        first = played.said(spoken.about[0]).item if spoken.about else None
        yield (
            moment(spoken.at), " ".join(spoken.about), (first and first.review) or "",
            (first and first.standing) or "", alert.rule, alert.rule_version, alert.attention,
            spoken.agency, alert.owner_role, moment(alert.due_at), alert.fallback_role,
            alert.act or "", alert.why or "",
        )  # fmt: skip


def write_table(played: Sequence[Played], file: TextIO) -> None:
    """Write the alerts of replays as CSV, each row headed by REPLAY and how it was played."""
    writer = csv.writer(file)
    writer.writerow(("replay", *COLUMNS))
    for one in played:
        writer.writerows((f"REPLAY {one.mode}", *row) for row in rows(one))


def shown(text: str, indent: int = 5) -> Iterator[str]:
    """Break a text into lines, each indented."""
    margin = " " * indent
    yield from wrap(
        text, WIDTH, initial_indent=margin, subsequent_indent=f"{margin}  ", break_on_hyphens=False
    )

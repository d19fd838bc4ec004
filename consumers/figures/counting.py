"""Which figure a thing counts in, and in which part: the same over a store and an export. Pure.

Source: review recs. 14, 15, 17; domain.md 4 (M01, M05, M08), 7 (What comes back, Attention).
"""

from collections.abc import Collection
from datetime import UTC, datetime

from consumers.figures.table import Fact, Shape
from consumers.research.plan import LOOKED

JOINT = "joint attendance, seen alone after"
"""The contacts that should be followed by one in private (M08)."""
ATTENTION: dict[str, str] = {
    "interrupt": "alerts that interrupt",
    "duty": "alerts that are a duty",
    "note": "alerts to note",
}
ASKED = ("asked in private", "not safe to ask", "not asked")
CLOCKED = ("in time", "late", "not done")
RESEARCHED = ("all, in time", "all, late", "part", "none")
SHIFTS = ("00-08", "08-16", "16-24")
BY_SHIFT = "interrupts by shift, hours in UTC"
NOW = "told to look now, by what"
NOW_BY_SHIFT = "told to look now, by shift, hours in UTC"
USEFUL = ("useful", "not useful", "not said")
GROUPS: dict[str, tuple[str, ...]] = {
    "enquiry": ASKED,
    "clock": CLOCKED,
    "research of reports": RESEARCHED,
    BY_SHIFT: SHIFTS,
    NOW_BY_SHIFT: SHIFTS,
    "interrupts, worth it": USEFUL,
}
"""The parts of a figure that stand there also where they are none, by how its name begins."""
TOGETHER = (
    ("alerts that interrupt, by rule", BY_SHIFT, "interrupts, worth it"),
    (NOW, NOW_BY_SHIFT),
)
"""Figures that part one whole, and so are told together or not at all."""
SHAPE = Shape(GROUPS, TOGETHER)
_SHIFT_HOURS = 8


def enquiry(at: int, where: str, answer: str) -> Fact:
    """Count whether somebody was asked in private where they should be.

    Args:
        at: ledger milliseconds.
        where: at which occasion.
        answer: as the report has it; one who declined to say was asked.
    """
    asked = {"not_asked": ASKED[2], "unsafe": ASKED[1]}.get(answer, ASKED[0])
    return Fact(at, f"enquiry: {_words(where)}", asked)


def clock(kind: str, due_at: int, done_at: int | None, now: int) -> list[Fact]:
    """Count whether a clock was met, in the quarter in which it ran out.

    Args:
        kind: of what was due.
        due_at: ledger milliseconds.
        done_at: when it was done; None where it was not, or nobody knows when.
        now: the newest ledger time.

    Returns:
        Nothing for what is neither done nor due yet.
    """
    if done_at is None and due_at >= now:
        return []
    met = CLOCKED[2] if done_at is None else CLOCKED[0] if done_at <= due_at else CLOCKED[1]
    return [Fact(due_at, f"clock: {_words(kind)}", met)]


def refusal(at: int, outcome: str, codes: Collection[str]) -> list[Fact]:
    """Count a statement that was refused or held, by the first reason for it."""
    figures = {"rejected": "refused, by reason", "quarantined": "held, by reason"}
    first = next(iter(codes), "no reason given")
    return [Fact(at, figures[outcome], first)] if outcome in figures else []


def look(at: int, system: str, outcome: str | None) -> Fact:
    """Count how one look in one system ended."""
    return Fact(at, f"research in {system}", _words(outcome or "nobody has looked"))


def research(at: int, looks: Collection[tuple[str | None, int, int | None]]) -> Fact:
    """Count how far a report was researched.

    Args:
        at: ledger milliseconds.
        looks: outcome, when it was due and when it was done, of each look.
    """
    made = [one for one in looks if one[0] in LOOKED]
    late = any(done is not None and done > due for _, due, done in made)
    whole = RESEARCHED[1] if late else RESEARCHED[0]
    part = RESEARCHED[2] if made else RESEARCHED[3]
    return Fact(at, "research of reports", whole if len(made) == len(looks) else part)


def alert(  # noqa: PLR0913 - an alert has this many independent parts
    at: int, rule: str, attention: str, *, due_at: int, had_at: int | None, useful: str, now: int
) -> list[Fact]:
    """Count an alert: by its rule, whether somebody had it in time, and what it was worth.

    Args:
        at: when it was raised, in ledger milliseconds.
        rule: which rule raised it.
        attention: how it presses.
        due_at: by when somebody was to have it.
        had_at: when somebody did; None where nobody has.
        useful: what was said of it when it was closed.
        now: the newest ledger time.
    """
    figure = ATTENTION.get(attention, attention)
    found = [Fact(at, f"{figure}, by rule", rule)]
    found += clock(f"{figure}, had by somebody", due_at, had_at, now)
    if attention == "interrupt":
        found += [
            Fact(at, BY_SHIFT, _shift(at)),
            Fact(at, "interrupts, worth it", _words(useful)),
        ]
    return found


def told_now(at: int, by: str) -> list[Fact]:
    """Count that a role was told to look now: what a shift feels, beside what was to interrupt it.

    Args:
        at: when it was told, in ledger milliseconds.
        by: the rule of the alert that it is told of; else what waits.
    """
    return [Fact(at, NOW, by), Fact(at, NOW_BY_SHIFT, _shift(at))]


def _shift(at: int) -> str:
    return SHIFTS[datetime.fromtimestamp(at / 1000, UTC).hour // _SHIFT_HOURS]


def _words(text: str) -> str:
    return text.replace("_", " ")

"""What a page draws: how long each step of a report took, and who is connected with whom.

Pure. Nothing is said by colour, and nothing is drawn that does not stand beside it in words. A
scale of days is logarithmic: a day's wait and a year's are both seen.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from math import log10
from textwrap import wrap
from typing import Literal, NamedTuple

from consumers.chronology.times import Times

TICKS = (("0", 0), ("day", 1), ("week", 7), ("month", 30), ("year", 365), ("10 y", 3_652))
_DAYS_MAX = 60 * 365
_FIRST, _WIDE = 3.0, 92.0
_LANE, _TOP = 15, 9

Step = Literal["known", "shared", "opened", "acted"]


class Lane(NamedTuple):
    """One step: where its line ends, in percent of the width; all begin where no day has passed."""

    step: Step
    ends: float
    y: int
    is_open: bool


class Strip(NamedTuple):
    """The steps of one report, one under another."""

    begins: float
    lanes: list[Lane]
    height: int


def at(days: int) -> float:
    """Place a number of days on the scale, in percent of its width."""
    held = min(max(days, 0), _DAYS_MAX)
    return round(_FIRST + _WIDE * log10(1 + held) / log10(1 + _DAYS_MAX), 1)


def strip(times: Times, *, opened: date | None, acted: date | None, today: date) -> Strip:
    """Draw how long each step of one report took.

    Args:
        times: its own.
        opened: when somebody here first opened it; None where nobody did.
        acted: when somebody first did something about it.
        today: until when a step that is still to come has taken.
    """
    known = times.known or times.shared
    steps: list[tuple[Step, date, date | None]] = [
        ("known", times.happened or known, known), ("shared", known, times.shared),
        ("opened", times.shared, opened), ("acted", times.shared, acted),
    ]  # fmt: skip
    first = 0 if times.known is not None else 1
    lanes = [
        Lane(step, at(((ends or today) - begins).days), _TOP + n * _LANE, ends is None)
        for n, (step, begins, ends) in enumerate(steps[first:])
    ]
    return Strip(at(0), lanes, _TOP + len(lanes) * _LANE + 10)


_CHARACTERS, _LINE, _PAD, _GAP = 36, 17, 10, 14

Line = Literal["stands", "over", "named", "disputed"]


class Box(NamedTuple):
    """Somebody else on a picture: how the line to them is drawn, and what stands in their box."""

    line: Line
    texts: list[str]
    y: int
    height: int


class Picture(NamedTuple):
    """One person, and everybody with whom they are connected, one under another."""

    head: list[str]
    head_height: int
    boxes: list[Box]
    height: int


def picture(name: str, others: Iterable[tuple[Line, Sequence[str]]]) -> Picture:
    """Lay out a picture.

    Args:
        name: of whom it is.
        others: the line to each, and their box's texts.
    """
    head = wrap(name, _CHARACTERS)
    tall = len(head) * _LINE + _PAD
    y, boxes = tall + _GAP, list[Box]()
    for line, texts in others:
        wrapped = [part for text in texts for part in wrap(text, _CHARACTERS)]
        boxes.append(Box(line, wrapped, y, len(wrapped) * _LINE + _PAD))
        y += boxes[-1].height + _GAP
    return Picture(head, tall, boxes, y)

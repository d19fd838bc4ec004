"""Risk instruments: questions, a count of yes, a band with an owner; judgement raises, only.

Only yes scores, and unknown is never no: a count is a floor, and says how much of it is open. A
count that somebody took from records is not the victim's account: it has no band, and gives a
level only where a named person judges one above the lowest.

Source: DASH 2009; review 5.6.2 (iii); domain.md 1.1.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from contracts.event.report import RISE
from contracts.fault import Misuse
from contracts.form import Section, Slug, Whole
from contracts.section import Answer, Factor, RiskLevel

Account = Literal["victim", "records"]


class Question(Section, frozen=True, kw_only=True):
    """One question in our own words; `maps` is the same question of the form it is taken from."""

    id: str
    asks: str
    maps: str | None = None


class First(Section, frozen=True, kw_only=True):
    """What is asked before any question is put; `must` be answered so, or none is put to her.

    `remedy` says what to do instead.
    """

    id: Slug
    asks: str
    must: Answer | None = None
    remedy: str | None = None


class Trigger(Section, frozen=True, kw_only=True):
    """A change of circumstances after which a level is assessed again, and how it shows."""

    id: Slug
    when: str
    factors: list[Factor] = []


class Band(Section, frozen=True, kw_only=True):
    """From so many yes answers on: a level, whose it is, and what they do."""

    level: RiskLevel
    yes_min: Whole
    owner: str
    does: str
    reassess_on: list[Trigger] = []


class Instrument(Section, frozen=True, kw_only=True):
    """One instrument in one version, with the bands of one partnership in their own version.

    `name` is what people call it. `bands` stand from the highest down; the last begins at 0.
    """

    id: Slug
    version: str
    name: str
    title: str
    source: str
    first: list[First]
    questions: list[Question]
    bands_version: str
    bands_source: str
    bands: list[Band]

    def __post_init__(self) -> None:
        """Refuse an id that stands twice, and bands that leave a count out or fall back."""
        ids = [*(one.id for one in self.first), *(one.id for one in self.questions)]
        if len(set(ids)) != len(ids) or not self.questions:
            raise ValueError("each question has an id of its own, and there is one at least")
        cuts = [one.yes_min for one in self.bands]
        rises = [RISE[one.level] for one in self.bands]
        falls = all(a > b for row in (cuts, rises) for a, b in pairwise(row))
        if not cuts or cuts[-1] != 0 or not falls or cuts[0] > len(self.questions):
            raise ValueError("bands fall from the highest to the one that begins at 0")

    @property
    def edition(self) -> str:
        """The version that an assessment stores: the instrument's, and that of its bands."""
        return f"{self.version}/{self.bands_version}"

    @property
    def from_records(self) -> str:
        """What a count from records is called wherever it is shown."""
        return f"from records, not her account; not a {self.name}"


@dataclass(frozen=True, slots=True)
class Graded:
    """What answers come to.

    Attributes:
        yes: how many are yes.
        open: how many questions have neither yes nor no: none of them counts as no.
        of: how many questions there are.
        band: by the count; None for a count from records, which has none.
        level: the band's, or as judgement raised it.
        raised_from: the level that judgement raised; None where it raised nothing.
    """

    yes: int
    open: int
    of: int
    band: Band | None
    level: RiskLevel
    raised_from: RiskLevel | None


def unknown_ids(instrument: Instrument, answers: Collection[str]) -> list[str]:
    """List the ids of answers that the instrument has no question for."""
    first, questions = instrument.first, instrument.questions
    return sorted(set(answers) - {one.id for one in first} - {one.id for one in questions})


def yes_count(instrument: Instrument, answers: Mapping[str, Answer]) -> int:
    """Count the yes answers to the instrument's own questions.

    Args:
        instrument: whose questions count; what is asked first does not.
        answers: by id; a question without one counts as not asked.

    Source:
        domain.md 1.1: only yes scores.
    """
    return sum(answers.get(one.id) == "yes" for one in instrument.questions)


def band_of(instrument: Instrument, yes: int) -> Band:
    """Give the band that so many yes answers fall into.

    Args:
        instrument: with its bands, the highest first.
        yes: 0 or more.

    Source:
        review 5.6.2 (iii); the cut-offs are local (domain.md 1.1).
    """
    return next(one for one in instrument.bands if yes >= one.yes_min)


def graded(
    instrument: Instrument,
    answers: Mapping[str, Answer],
    *,
    account: Account,
    raised_to: RiskLevel | None = None,
) -> Graded:
    """Grade answers: by their count where they are the victim's, else by judgement alone.

    Args:
        instrument: with its bands.
        answers: by id; 0 to all of them.
        account: whose they are.
        raised_to: the level that a named person judges, None where nobody did.

    Returns:
        Never less than the band; a count from records never less than a judgement above the
        lowest level, so that nothing is closed on it.

    Raises:
        Misuse: judgement would lower the level, or records alone are to give one.

    Source:
        review 5.6.2 (iii); domain.md 1.1 (professional judgement; replay warning).
    """
    yes = yes_count(instrument, answers)
    said = sum(answers.get(one.id) in {"yes", "no"} for one in instrument.questions)
    of = len(instrument.questions)
    band = band_of(instrument, yes) if account == "victim" else None
    floor = band.level if band else instrument.bands[-1].level
    if raised_to is not None and RISE[raised_to] < RISE[floor]:
        raise Misuse(
            f"{yes} yes answers are {floor}, and judgement would lower that to {raised_to}. "
            "Nothing lowers a level.",
            remedy="Leave `judgement` out, or raise the level with it.",
        )
    rises = raised_to is not None and RISE[raised_to] > RISE[floor]
    if band is None and not rises:
        raise Misuse(
            f"This is a count {instrument.from_records}: it has no band, and nothing may be "
            "closed on it.",
            remedy="Ask her, alone and safely (account: victim). Or let a named person judge a "
            f"level above {floor}, with a reason, in `judgement`.",
        )
    level = raised_to if rises and raised_to is not None else floor
    return Graded(yes, of - said, of, band, level, floor if rises else None)


def triggers(band: Band, factors: Collection[Factor]) -> list[Trigger]:
    """List what has changed since that asks for a new assessment.

    Args:
        band: of the assessment that stands.
        factors: that were reported after it.

    Source:
        review 5.6.2 (iii), Medium; domain.md 1.1 (each change is a re-assessment trigger).
    """
    return [one for one in band.reassess_on if not set(factors).isdisjoint(one.factors)]

"""The file of a risk assessment: a report with an instrument's answers, graded as it is read.

What is asked first comes first: where it is not safe to talk, nobody is asked anything. Answers
stand in the `risk` section alone, because the event goes to recipients of the least.

Source: DASH 2009; review 5.6.2 (iii); domain.md 1.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from contracts.fault import Misuse
from contracts.instrument.assessed import Graded, Instrument, graded, unknown_ids
from contracts.section import Answer, RiskLevel
from producers.document import Document, Where, line_of, unusable
from producers.field import Id
from producers.filed import Report
from producers.instruments import instrument
from producers.report import Written, opened_as

WHO = "who_says: {name: , role: , telephone: , how_known: told_by_subject}  # blank: agency.yaml's"
"""The line of a form that says who fills it."""
_Text = Annotated[str, Field(min_length=1)]


class Judgement(Document):
    """A level that a named person judges, above what the count gives, and why."""

    level: RiskLevel
    by: _Text
    reason: _Text


class Assessment(Report):
    """The file. `answers` are to the instrument's questions, `first` to what is asked before."""

    report: Literal["risk"] = "risk"
    instrument: _Text
    account: Literal["victim", "records"]
    first: dict[str, Answer] = {}
    considered: list[_Text] = []
    not_considered: list[_Text] = []
    judgement: Judgement | None = None
    reassesses: Id | None = None


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment as it was read: the report it becomes, its instrument, what it comes to."""

    written: Written
    instrument: Instrument
    graded: Graded


def read_assessment(path: Path, home: Path, *, now_ms: int) -> Assessed:
    """Read an assessment's file and grade it.

    Args:
        path: the YAML file (`candour risk form`).
        home: the folder of the home that assesses; its own instruments come first.
        now_ms: this machine's clock, in milliseconds since 1970.

    Raises:
        Misuse: it cannot be used, each defect by line and field; it is not safe to ask; or
            judgement would lower a level.
    """
    filed, lines = opened_as(path, Assessment, now_ms=now_ms)
    used = instrument(filed.instrument, home)
    told = [(line_of(where, lines), text) for where, text in _defects(filed, used)]
    if told:
        raise unusable(path.name, told)
    if filed.account == "victim" and not filed.is_in_danger:
        _insist_on_first(filed, used)
    judged = filed.judgement
    found = graded(
        used, filed.answers, account=filed.account, raised_to=judged.level if judged else None
    )
    raised = found.raised_from is not None and judged is not None
    if judged and not raised:
        text = f"`judgement`: the count gives {found.level} already. Leave it out; why, in `words`."
        raise unusable(path.name, [(line_of(("judgement",), lines), text)])
    facts = {
        "instrument": used.id if filed.account == "victim" else f"records/{used.id}",
        "version": used.edition,
        "level": found.level,
        "considered": [*_labels(filed, used), *filed.considered],
        "not_considered": [*_unasked(filed, found), *filed.not_considered] or None,
        "raised_from": found.raised_from,
        "raised_by": judged.by if judged and raised else None,
        "reassesses": filed.reassesses,
    }
    changed = {
        "facts": {name: value for name, value in facts.items() if value is not None},
        "answers": {**filed.first, **filed.answers},
        "raised_because": judged.reason if judged and raised else filed.raised_because,
        "causes": [*([filed.reassesses] if filed.reassesses else []), *filed.causes],
    }
    report = filed.model_copy(update=changed)
    return Assessed(Written(report, lines, path.name), used, found)


def _defects(filed: Assessment, used: Instrument) -> Iterator[tuple[Where, str]]:
    """List fields that the instrument has not, and what is derived and may not be typed."""
    for field, answers, known in (
        ("first", filed.first, used.first), ("answers", filed.answers, used.questions)
    ):  # fmt: skip
        ids = {one.id for one in known}
        for name in sorted(set(answers) - ids):
            elsewhere = name not in unknown_ids(used, [name])
            move = " It stands elsewhere in the form." if elsewhere else ""
            listed = f"{known[0].id} to {known[-1].id}"
            yield (field, name), f"`{field}`: the instrument has no such question; {listed}.{move}"
    if filed.facts:
        yield ("facts",), "`facts`: an assessment's are worked out; leave them out."
    if filed.raised_because:
        yield ("raised_because",), "`raised_because`: write it as `judgement`, with a name."
    if filed.seen_alone == "not_asked" and not filed.is_in_danger:
        yield (
            ("seen_alone",),
            "`seen_alone`: was she seen alone? Write yes, no or unknown; of records, unknown.",
        )


def _insist_on_first(filed: Assessment, used: Instrument) -> None:
    """Insist that what comes first was asked first, and that it was safe to go on.

    Raises:
        Misuse: it was not.
    """
    for one in used.first:
        answer = filed.first.get(one.id, "not_asked")
        if one.must is not None and answer != one.must:
            raise Misuse(
                f"`first.{one.id}` is {answer}, and must be {one.must} before any question is put "
                f"to her ({one.asks})",
                remedy=one.remedy or "Do not ask now.",
            )
        if answer == "not_asked":
            raise Misuse(
                f"`first.{one.id}` was not asked ({one.asks})",
                remedy="Ask this before the questions; `unknown` is an answer.",
            )


def _labels(filed: Assessment, used: Instrument) -> list[str]:
    """Say in the event itself, which goes to recipients of the least, whose account it is."""
    return [] if filed.account == "victim" else [used.from_records]


def _unasked(filed: Assessment, found: Graded) -> Iterator[str]:
    """Say what nobody may take for considered; how many, never which: answers are not for all."""
    if found.open:
        yield f"{found.open} of {found.of} questions have neither yes nor no; none counts as no"
    if filed.account == "victim" and filed.seen_alone != "yes":
        yield "she is not known to have been seen alone: ask again"
    if filed.children == "not_asked":
        yield "nobody asked about children"


def blank(used: Instrument) -> str:
    """Write an instrument's form to fill.

    Args:
        used: the instrument.
    """
    lines = [
        f"# {used.title}. Source: {used.source}.",
        "# Fill it with her, alone; then: candour risk assess FILE --home DIR",
        "# Answers: yes no unknown not_asked refused. Only yes counts, and unknown is never no.",
        "# IN DANGER NOW: ring 999 first, then write danger_now: yes.",
        f"instrument: {used.id}",
        "account: victim                # records: counted from files, which is never her account",
        "seen_alone: not_asked",
        "danger_now: not_asked",
        "when: undated                  # the day on which she was asked",
        WHO,
        "people:",
        "  - {reference: , given: , family: , part: victim}",
        "children: not_asked            # household contact cares_for_others pregnant none_known",
        "first:                         # before any question",
    ]
    lines += [f"  {one.id}: not_asked{_asks(one.asks)}" for one in used.first]
    lines.append("answers:")
    lines += [f"  {one.id}: not_asked{_asks(one.asks)}" for one in used.questions]
    lines += [
        "considered: []                 # what else you knew when you gave the level",
        "# Judgement raises a level, and nothing lowers one:",
        "# judgement: {level: high, by: your name, reason: why}",
    ]
    return "\n".join(lines) + "\n"


def _asks(text: str) -> str:
    return f"  # {text}"

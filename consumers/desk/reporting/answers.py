"""All that was typed of a report, in words, for whoever checks it before it goes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from consumers.desk.reporting.filling import Answers, is_blank, people_in, shown_in
from consumers.desk.reporting.questions import (
    AFTER_PEOPLE,
    DANGER,
    LAWFUL,
    Field,
    Question,
    question_of,
)

NOTHING = "Not known"
"""What stands where nothing was typed: never an empty place."""


def rows_of(answers: Answers, today: date) -> list[dict[str, Any]]:
    """Give each page that was filled: its heading, where to change it, label and words of each."""
    steps = [DANGER.step, *(people_in(answers) or ["person-1"])]
    steps += [one.step for one in AFTER_PEOPLE]
    steps += [LAWFUL.step] if LAWFUL.step in answers else []
    found: list[dict[str, Any]] = []
    for step in steps:
        question, typed = question_of(step), answers.get(step)
        if question is None:
            continue
        number = step.partition("-")[2]
        title = question.title if not number else f"Person {number}"
        found.append({
            "step": step, "title": title, "opened": typed is not None,
            "rows": list(_rows(question, typed, today)) if typed is not None else [],
        })  # fmt: skip
    return found


def _rows(
    question: Question, typed: Mapping[str, Sequence[str]], today: date
) -> Iterator[tuple[str, str]]:
    if question.step == "person" and is_blank(typed):
        yield "Name", "Not known"
    unasked = [one.label for one in question.fields if _is_unasked(one, typed)]
    for field in question.fields:
        text = _words(field, typed, today)
        if text and (field.label not in unasked or len(unasked) == 1):
            yield field.label, text
    if len(unasked) > 1:
        yield "Not asked", " ".join(unasked)
    if typed.get("sex"):
        yield "Sex", typed["sex"][0].replace("_", " ")
    for one in typed.get("identifiers", ()):
        scheme, _, value = one.partition("=")
        yield scheme.upper(), value


def _is_unasked(field: Field, typed: Mapping[str, Sequence[str]]) -> bool:
    return field.kind == "inline" and shown_in(field, typed) == "not_asked"


def _words(field: Field, typed: Mapping[str, Sequence[str]], today: date) -> str:
    words = {value: text for value, text, _ in field.options}
    if field.kind == "checks":
        return "; ".join(words[one] for one in typed.get(field.name, ()) if one in words)
    value = shown_in(field, typed).strip()
    if field.kind == "when" and value == "today":
        return f"Today, {today:%-d %B %Y}"
    if field.kind == "when" and value == "other":
        parts = [shown_in(field, typed, f"{field.name}-{p}").strip() for p in _PARTS]
        about = "about " if typed.get(f"{field.name}-about") else ""
        return about + " ".join(filter(None, parts))
    if not value and field.name in _SAID_EMPTY:
        return NOTHING
    return words.get(value, value)


_PARTS = ("day", "month", "year")
_SAID_EMPTY = {"address", "danger_now", "children", "concern", "occurred", "how_known", "words"}
"""Where an empty answer is shown to be one: it bears on danger, or on how far it is trusted."""

"""What was typed, as a report's fields; what cannot be used, by page and field, in plain words.

Pure. What somebody typed is kept as typed until it is sent: an error loses nothing.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from consumers.desk.reporting.port import Where
from consumers.desk.reporting.questions import (
    AFTER_PEOPLE,
    DANGER,
    LAWFUL,
    PERSON,
    SOURCE,
    WHAT,
    Field,
    Question,
    Step,
    person_of,
    question_of,
)

Typed = dict[str, list[str]]
"""What one page's inputs held, by name, as typed."""
Answers = dict[Step, Typed]
WORDS_MAX = 20_000
"""Characters of one answer: some ten pages, well below what one statement holds."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = ("day", "month", "year")
_AGE_MAX = 130
PRECISION = {len("1970-03-27"): "day", len("1970-03"): "month", len("1970"): "year"}
"""How exactly a birth of so many characters is known; of others it is an age."""
_TICKED = re.compile(r"^`[^`]*`: ")
CARRIED = ("sex", "identifiers", "seen")
"""What a case system may say of a person that the page shows and does not ask."""


@dataclass(frozen=True)
class Wrong:
    """One thing that cannot be used: the page and field where it stands, and what to do."""

    step: Step
    field: str
    text: str


def inputs_of(field: Field) -> list[str]:
    """List the names of a field's inputs."""
    if field.kind != "when":
        return [field.name]
    return [field.name, *(f"{field.name}-{part}" for part in (*_PARTS, "about"))]


def kept(question: Question, sent: Mapping[str, Sequence[str]]) -> Typed:
    """Keep, of what a browser sent, what the page asks; line ends as people type them."""
    known = {name for field in question.fields for name in inputs_of(field)}
    return {
        name: [text.replace("\r\n", "\n") for text in texts]
        for name, texts in sent.items()
        if name in known
    }


def people_in(answers: Answers) -> list[Step]:
    """List the pages of people, in their order."""
    return sorted((step for step in answers if person_of(step)), key=person_of)


def shown_in(field: Field, typed: Mapping[str, Sequence[str]], name: str = "") -> str:
    """Give what stands in an input: as typed, else what is chosen until somebody chooses."""
    texts = typed.get(name or field.name)
    if texts is None:
        return field.default if not name or name == field.name else ""
    return texts[0] if texts else ""


def is_blank(typed: Mapping[str, Sequence[str]]) -> bool:
    """Say whether nothing was typed about a person; choices that stand there by default count."""
    written = {f.name for f in PERSON.fields if f.kind in {"text", "area", "born", "names"}}
    return not any(text.strip() for name in written for text in typed.get(name, ()))


def wrong_on(step: Step, typed: Mapping[str, Sequence[str]], today: date) -> list[Wrong]:
    """List what cannot be used on one page, as far as the page itself can tell."""
    question = question_of(step)
    found = [] if question is None else [_read(one, typed, today)[1] for one in question.fields]
    listed = zip(question.fields if question else (), found, strict=True)
    told = [Wrong(step, one.name, text) for one, text in listed if text]
    if question is SOURCE and not any(_text(typed, n) for n in ("telephone", "mailbox")):
        told.append(Wrong(step, "telephone", "Write a telephone or a mailbox: police must reach "
                                             "you or your desk"))  # fmt: skip
    if question is WHAT and _text(typed, "assessment") and not _text(typed, "words"):
        told.append(Wrong(step, "words", "Write what was said or happened too, not only what you "
                                         "make of it"))  # fmt: skip
    return told


def report_of(
    answers: Answers,
    *,
    who: Mapping[str, str],
    today: date,
    causes: Sequence[str],
    references: Mapping[Step, str],
) -> dict[str, Any]:
    """Write what was typed as a report's fields; what cannot be used is left out.

    Args:
        answers: by page.
        who: whoever reports: `name`, and `reference` where it is known.
        today: the day that it is here.
        causes: ids of what was sent before, of which this is the rest.
        references: of each person whom the page knows no case number of.
    """
    report: dict[str, Any] = {"report": "concern", "facts": {"concern": "other"}}
    for question in (DANGER, *AFTER_PEOPLE, LAWFUL):
        _put_all(report, question, answers.get(question.step, {}), today)
    report.setdefault("who_says", {}).update(who)
    report["people"] = [
        _person(answers[step], references.get(step, step), today) for step in people_in(answers)
    ]
    if causes:
        report["causes"] = list(causes)
    now = _text(answers.get("danger", {}), "now")
    if now:
        report["words"] = "\n".join(filter(None, [now, report.get("words", "")]))
    if _text(answers.get("source", {}), "question") and "words" not in report:
        report["words"] = "The answer is not written down."
    return report


def emergency_of(
    answers: Answers,
    *,
    who: Mapping[str, str],
    today: date,
    causes: Sequence[str],
    references: Mapping[Step, str],
) -> dict[str, Any]:
    """Write a report that goes at once, half-filled: what cannot be used is told in its words.

    Args:
        answers: by page.
        who: whoever reports: `name`, and `reference` where it is known.
        today: the day that it is here.
        causes: as `report_of`.
        references: as `report_of`; of `person-1` where nobody is named yet.
    """
    given: dict[str, Any] = {"who": who, "today": today, "causes": causes}
    report = report_of(answers, references=references, **given)
    report["danger_now"] = "yes"
    if not report["people"]:
        report["people"] = [{"reference": references["person-1"]}]
    texts = [report.get("words", ""), *_unusable(answers, today)]
    words = "\n".join(filter(None, texts))
    report["words"] = words or "Sent at once: somebody is in danger now. Nothing more is written."
    return report


def without(report: dict[str, Any], wrong: Sequence[tuple[Where, str]]) -> dict[str, Any]:
    """Take out of a report what cannot be used, and tell it in its words: nothing may be lost.

    Args:
        report: with `words`.
        wrong: the places, as the agency's side says.
    """
    told = [report["words"]]
    for where, _ in wrong:
        into: Any = report
        for part in where[:-1]:
            fits = isinstance(into, list) and isinstance(part, int)
            into = into[part] if fits else into.get(part) if isinstance(into, dict) else None
        if isinstance(into, dict) and where and where[-1] in into:
            value = into.pop(where[-1])
            told.append(f"{str(where[-1]).replace('_', ' ')} (as typed): {value}")
    return {**report, "words": "\n".join(told)}


def bare_of(answers: Answers, *, who: Mapping[str, str], reference: str) -> dict[str, Any]:
    """Write all that was typed into the words of a report that claims nothing else."""
    typed = [text for one in answers.values() for texts in one.values() for text in texts]
    return {
        "report": "concern", "facts": {"concern": "other"}, "danger_now": "yes",
        "who_says": dict(who), "people": [{"reference": reference}],
        "words": "\n".join(["Sent at once, as typed:", *filter(str.strip, typed)]),
    }  # fmt: skip


def plain(text: str) -> str:
    """Say what to do about a field in a sentence that names no field of a file."""
    told = _TICKED.sub("", text).replace("`", "").rstrip(".")
    return told[:1].upper() + told[1:]


def placed(where: Where, text: str, steps: Sequence[Step]) -> Wrong:
    """Say on which page and field a defect of a report's fields stands.

    Args:
        where: in the report's fields.
        text: what to do, as the agency's side says it.
        steps: the pages of people, in order.
    """
    told = plain(text)
    names = tuple(part for part in where if isinstance(part, str))
    if where[:1] == ("people",) and len(where) > 1 and isinstance(where[1], int):
        step = steps[where[1]] if where[1] < len(steps) else "person-1"
        field = next((one for one in PERSON.fields if one.to == names[1:]), PERSON.fields[0])
        return Wrong(step, field.name, told)
    for question in (DANGER, *AFTER_PEOPLE, LAWFUL):
        for one in question.fields:
            if one.to and one.to == names[: len(one.to)]:
                return Wrong(question.step, one.name, told)
    return Wrong("check", "", told)


def completion_of(
    typed: Mapping[str, Sequence[str]], *, who: Mapping[str, str], statement: str
) -> dict[str, Any]:
    """Write what completes a held report as a report's fields."""
    report: dict[str, Any] = {"report": "provenance", "completes": statement}
    for field in SOURCE.fields:
        if field.to[0] == "who_says":
            value, _ = _read(field, typed, date.min)
            if value is not None:
                _put(report, field.to, value)
    report.setdefault("who_says", {}).update(who)
    return report


def _person(typed: Mapping[str, Sequence[str]], reference: str, today: date) -> dict[str, Any]:
    person: dict[str, Any] = {"reference": reference}
    _put_all(person, PERSON, typed, today)
    if typed.get("sex"):
        person["sex"] = typed["sex"][0]
    if typed.get("identifiers"):
        person["identifiers"] = dict(one.split("=", 1) for one in typed["identifiers"])
    if typed.get("seen") and any(
        person.get(one) for one in ("address", "telephone", "safe_contact", "refuge")
    ):
        person["seen"] = typed["seen"][0]
    return person


def _put_all(
    into: dict[str, Any], question: Question, typed: Mapping[str, Sequence[str]], today: date
) -> None:
    for field in question.fields:
        value, wrong = _read(field, typed, today)
        if field.to and value is not None and not wrong:
            _put(into, field.to, value)


def _put(into: dict[str, Any], to: Sequence[str], value: Any) -> None:
    for part in to[:-1]:
        into = into.setdefault(part, {})
    into[to[-1]] = value


def _unusable(answers: Answers, today: date) -> Iterator[str]:
    """Tell in words what was typed and cannot be used as it stands: nothing may be lost."""
    for step, typed in answers.items():
        question = question_of(step)
        for field in question.fields if question else ():
            texts = [t for one in inputs_of(field) for t in typed.get(one, ()) if t.strip()]
            if texts and _read(field, typed, today)[1]:
                yield f"{field.label} (as typed): {' '.join(texts)}"


def _text(typed: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(typed.get(name, ())), "").strip()


def _read(field: Field, typed: Mapping[str, Sequence[str]], today: date) -> tuple[Any, str]:
    """Read one answer; give its value, None where there is none, and what is wrong with it."""
    match field.kind:
        case "when":
            return _when(field, typed, today)
        case "checks":
            chosen = [one for one in typed.get(field.name, ()) if one in _values(field)]
            value: Any = ("true" if chosen else None) if len(field.options) == 1 else chosen
            return value or None, "" if chosen or not field.needed else field.needed
        case "radios" | "inline" | "select":
            return _chosen(field, typed)
    text = _text(typed, field.name)
    if len(text) > WORDS_MAX:
        return None, f"Write at most {WORDS_MAX:,} characters, and send a reference to the rest"
    if not text:
        return None, field.needed
    if field.kind == "names":
        return [one.strip() for one in re.split(r"[,\n]", text) if one.strip()], ""
    return birth_in(text, today) if field.kind == "born" else (text, "")


def _chosen(field: Field, typed: Mapping[str, Sequence[str]]) -> tuple[Any, str]:
    value = shown_in(field, typed)
    known = _values(field)
    if value not in known and (known or not value):
        return None, field.needed
    if field.to[-1:] == ("how_known",) and value == "unknown":
        return None, ""
    return value, ""


def _values(field: Field) -> Collection[str]:
    return {value for value, _, _ in field.options}


def _when(field: Field, typed: Mapping[str, Sequence[str]], today: date) -> tuple[Any, str]:
    day, month, year = (_text(typed, f"{field.name}-{part}") for part in _PARTS)
    match shown_in(field, typed):
        case "today":
            # Today is also what is not said: the agency's side knows the moment.
            return (None if field.name == "known" else today.isoformat()), ""
        case "unknown":
            return "undated", ""
        case "other":
            text = _spelled(day, month, year)
        case _:
            return None, field.needed
    if text is None and re.fullmatch(r"[0-9]{4}", year):
        return None, "The calendar has no such day. Write one that it has, for example 27 3 2012"
    if text is None or (field.name == "known" and len(text) < len("2012-05-01")):
        exact = "a day, a month and a year" if field.name == "known" else "at least a year"
        return None, f"Write {exact}, for example 27 3 2012"
    if text > today.isoformat()[: len(text)]:
        return None, "Write a day that has come: this one is still to come"
    return (f"about {text}" if typed.get(f"{field.name}-about") else text), ""


def _spelled(day: str, month: str, year: str) -> str | None:
    """Spell a date as exactly as it was typed; None where the calendar has no such day."""
    if month[:3].lower() in _MONTHS:
        month = str(_MONTHS.index(month[:3].lower()) + 1)
    if not re.fullmatch(r"[0-9]{4}", year) or (day and not month):
        return None
    parts = [int(year), *(int(one) for one in (month, day) if re.fullmatch(r"[0-9]{1,2}", one))]
    if len(parts) != 1 + bool(month) + bool(day):
        return None
    try:
        whole = date(*[*parts, 1, 1][:3])
    except ValueError:
        return None
    return whole.isoformat()[: (4, 7, 10)[len(parts) - 1]]


def birth_in(text: str, today: date) -> tuple[Any, str]:
    """Read a birth as people write it; give it as precisely as it is known, and what is wrong."""
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) <= _AGE_MAX:
        return text, ""
    parts, spelled = _parts_of(text), None
    if 1 <= len(parts) <= len(_PARTS):
        spelled = _spelled(*["", "", *parts][-3:])
    if spelled is None or spelled > today.isoformat():
        return None, "Write a birth as 27 3 1970, 3 1970 or 1970, or an age in years"
    return spelled, ""


def day_in(text: str) -> date | None:
    """Read a whole day as people write it, 27 3 2012 or 2012-03-27; None for what is none."""
    parts = _parts_of(text)
    spelled = _spelled(*parts) if len(parts) == len(_PARTS) else None
    return date.fromisoformat(spelled) if spelled else None


def _parts_of(text: str) -> list[str]:
    """Part a date that somebody typed; the year last."""
    parts = [one for one in re.split(r"[\s./-]+", text) if one]
    return parts[::-1] if len(parts) > 1 and len(parts[0]) == len("1970") else parts

"""What a case can have wrong that no single field shows: who, what and which item it names.

Every defect is a line and one instruction; what somebody wrote is never repeated, only the ids of
items, which have a form.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from contracts.fault import Misuse
from contracts.identifier import is_slug
from deploy.replay.case import Case, Item, Written, milliseconds
from deploy.replay.filing import HELD_BY_ITEM, filed
from producers.document import Unusable, Where, line_of, spelled
from producers.filed import Report
from producers.report import checked

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,15}")
LISTED_MAX = 20
"""How many names an error lists."""
_TOKEN, _ID = "A" * 22, "00000000-0000-7000-8000-000000000000"
_Found = Iterator[tuple[Where, str]]


def defects(written: Written, agencies: Collection[str]) -> Iterator[tuple[int, str]]:
    """List what is wrong with a case whose fields are all of their kind: line and instruction."""
    case = written.case
    found = [*_keys(case), *_names(case, agencies), *_moments(case)]
    yield from ((line_of(where, written.lines), text) for where, text in found)
    if not found:
        for item in case.items:
            yield from _reports(written, item)


def _keys(case: Case) -> _Found:
    """Check the keys that everything else names."""
    for key in case.people:
        if not _KEY.fullmatch(key):
            yield ("people", key), "`people`: a key is a letter and up to 15 letters or digits."
    for key in case.writers:
        if not is_slug(key):
            yield ("writers", key), "`writers`: a key is lower-case words joined by hyphens."
    seen = set[str]()
    for at, item in enumerate(case.items):
        where = ("items", at, "id")
        if not _KEY.fullmatch(item.id):
            yield where, "`id`: write a letter and up to 15 letters or digits, as E18."
        elif item.id in seen:
            yield where, "`id`: another item has this id: give each its own."
        seen.add(item.id)


def _names(case: Case, agencies: Collection[str]) -> _Found:
    """Check whom and what each part of a case names."""
    items = [item.id for item in case.items]
    parties = [*case.writers, *agencies]
    for key, writer in case.writers.items():
        yield from _known([writer.agency], agencies, ("writers", key, "agency"))
    for at, item in enumerate(case.items):
        where: Where = ("items", at)
        yield from _known([item.writer], case.writers, (*where, "writer"))
        yield from _known(item.told_then, parties, (*where, "told_then"))
        yield from _people(item.people, case, (*where, "link" if item.link else "report"))
        if item.link is not None:
            yield from _known(item.link.across, case.writers, (*where, "link", "across"))
        if (item.report is None) == (item.link is None):
            yield where, f"{item.id}: write one of `report` and `link`."
        yield from _unnamed(item, (*where, "report", "people"))
        if item.report is not None and item.standing is None:
            yield where, f"{item.id}: `standing` is missing: held then, told, learned or invented?"
    for at, never in enumerate(case.must_never):
        where = ("must_never", at)
        yield from _known([never.who], parties, (*where, "who"))
        yield from _known(never.of, items, (*where, "of"))
        yield from _people([never.person] if never.person else [], case, (*where, "person"))
    for at, contradiction in enumerate(case.contradictions):
        named = [one.item for one in contradiction.sayings if one.item]
        yield from _known(named, items, ("contradictions", at, "sayings"))
    for at, headline in enumerate(case.headlines):
        yield from _people(headline.about, case, ("headlines", at, "about"))
        yield from _known([headline.until], items, ("headlines", at, "until"))


def _unnamed(item: Item, where: Where) -> _Found:
    """Find people of a report that name nobody of the case."""
    listed = (item.report or {}).get("people")
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(one, dict) and "is" not in one:
            at = (*where, number)
            yield at, f"{item.id}: `is` is missing: write the key of somebody under `people`."


def _moments(case: Case) -> _Found:
    """Check that nothing is said before the beginning, or arises from what is said later."""
    begins, said = milliseconds(case.begins), set[str]()
    for item in case.in_order:
        where: Where = ("items", case.items.index(item))
        if item.at_ms <= begins:
            yield (*where, "at"), f"{item.id}: `at` is not after `begins`: move one of them."
        unknown = set(item.causes) - said
        if unknown and item.report is not None:
            field = "completes" if item.report.get("completes") in unknown else "causes"
            yield (
                (*where, "report", field),
                f"{item.id}: `{field}`: name items by id, each of them said before this one.",
            )
        said.add(item.id)


def _reports(written: Written, item: Item) -> Iterator[tuple[int, str]]:
    """Check a report as the form for reports does, each field at its own line."""
    if item.report is None:
        return
    lines = written.within(item)
    for name in HELD_BY_ITEM & set(item.report):
        text = f"`{name}`: the item says it, not its report: take it out here."
        yield line_of((name,), lines), f"{item.id}: {text}"
    value = filed(item, written.case, token=lambda _: _TOKEN, id_of=lambda _: _ID)
    try:
        checked(value, lines, Report, name=written.name, now_ms=item.at_ms)
    except Unusable as unfit:
        yield from ((line, f"{item.id}: {text}") for line, text in unfit.told)
    except Misuse as unfit:
        yield line_of((), lines), f"{item.id}: {unfit.text}"


def _people(named: Iterable[str], case: Case, where: Where) -> _Found:
    """Check keys of people; a key may be somebody's name, and is not repeated."""
    if not set(named) <= set(case.people):
        yield where, f"`{spelled(where)}`: name people by a key that stands under `people`."


def _known(named: Iterable[str], known: Iterable[str], where: Where) -> _Found:
    """Check names against those that there are."""
    every = list(known)
    for name in named:
        if name not in every:
            near = get_close_matches(name, every, n=1)
            listed = ", ".join(every[:LISTED_MAX]) + (", ..." if every[LISTED_MAX:] else "")
            told = f"did you mean `{near[0]}`?" if near else f"known here: {listed}."
            yield where, f"`{spelled(where)}`: one of these is not known; {told}"

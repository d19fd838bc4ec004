"""An item's report as the file that its writer would have given to `candour publish`.

People are named by key in a case; each writer has references, and so random tokens, of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from deploy.replay.case import Case, Item

HELD_BY_ITEM = frozenset({"who_says", "standing"})
"""What an item or its writer says for a report."""
_KNOWN = ("given", "family", "also", "born", "sex", "identifiers")
_PEOPLE, _ITEMS = frozenset({"subject"}), frozenset({"statement", "reassesses"})
_AGENCIES = frozenset({"addressee", "handover", "agency"})


def filed(
    item: Item, case: Case, *, token: Callable[[str], str], id_of: Callable[[str], str | None]
) -> dict[str, Any]:
    """Write an item's report as `producers.filed.Report` has it, `who_says` apart.

    Args:
        item: with a report.
        case: whose people and items it names by key.
        token: gives the writer's token for a person, by key.
        id_of: gives the id of the statement that an item became; None where it was not said.
    """
    placing = _Placing(case, token, id_of)
    written: dict[str, Any] = item.report or {}
    report = {name: value for name, value in written.items() if name not in HELD_BY_ITEM}
    for name, value in report.items():
        if name == "people" and isinstance(value, list):
            report[name] = [placing.person(one) for one in value]
        elif name in {"facts", "involved", "excluded"}:
            report[name] = placing.placed(value)
    if isinstance(report.get("causes"), list):
        report["causes"] = [said for one in report["causes"] if (said := id_of(one))]
    if "completes" in report:
        report["completes"] = id_of(report["completes"])
    return report if item.standing is None else {**report, **_standing(report, item)}


def _standing(report: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """Mark a report by its standing; one that only completes another carries none."""
    return {} if report.get("report") == "provenance" else {"standing": item.standing}


class _Placing:
    """Puts references, tokens and ids where a case has keys."""

    def __init__(
        self, case: Case, token: Callable[[str], str], id_of: Callable[[str], str | None]
    ) -> None:
        self._case, self._token, self._id_of = case, token, id_of
        self._items = {one.id for one in case.items}

    def person(self, given: object) -> object:
        """Write one person: who they are, as far as the writer knew, and their part in this."""
        if not isinstance(given, dict) or given.get("is") not in self._case.people:
            return given
        own = dict(given)
        key = own.pop("is")
        known = own.pop("knows", list(_KNOWN))
        persona = self._case.people[key].model_dump(exclude_defaults=True)
        return {"reference": key, **{n: v for n, v in persona.items() if n in known}, **own}

    def placed(self, value: Any) -> Any:
        """Put tokens, ids and agencies into facts, wherever a key stands for one."""
        if isinstance(value, list):
            return [self.placed(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {name: self._member(name, inner) for name, inner in value.items()}

    def _member(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return self.placed(value)
        if name in _PEOPLE and value in self._case.people:
            return self._token(value)
        if name in _ITEMS and value in self._items:
            return self._id_of(value)
        return self._case.agency_of(value) if name in _AGENCIES else value

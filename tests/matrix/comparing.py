"""What agencies were shown, held against the table: cells counted, differences named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from contracts.event import BY_NAME
from contracts.opened import View
from tests.matrix.partnership import kinds
from tests.matrix.playing import Said
from tests.matrix.table import table

NEVER = {"intake", "exclusions"}
"""What not even the publisher's own view shows."""


@dataclass
class Compared:
    """How many cells were compared, how many of them shown, and each statement that differs."""

    cells: int = 0
    shown: int = 0
    differs: list[str] = field(default_factory=list)
    legs: set[str] = field(default_factory=set)


def compare(
    said: Iterable[Said], views: Callable[[bytes], Mapping[str, View]], *, in_force: bool
) -> Compared:
    """Compare cell by cell.

    Args:
        said: cases as they were said.
        views: what each agency was shown of a statement.
        in_force: whether the agreements are; else only a threat to life reaches anybody.
    """
    found = Compared()
    for one in said:
        held = views(one.raw)
        for agency in kinds():
            view = held.get(agency)
            shown = set() if view is None else set(view.statement.sections)
            expected = _expected(one, agency, in_force=in_force)
            found.cells += len(one.names)
            found.shown += len(shown)
            if view is not None:
                found.legs.add(view.delivery.leg)
            if agency == one.case.sender:
                # Nobody was asked where nothing flows: what must answer, and cannot, is refused.
                lost = one.answers_asked and BY_NAME[one.case.event].refers and not in_force
                own = set[str]() if lost else {*one.names} - NEVER
                if shown != own:
                    found.differs.append(_told(one, agency, own, shown))
            elif (view is not None) != (expected is not None) or shown != (expected or set()):
                found.differs.append(_told(one, agency, expected, shown))
    return found


def _expected(one: Said, agency: str, *, in_force: bool) -> set[str] | None:
    """Give what an agency is to be shown; None where it is to have no view at all."""
    words = one.case.expected.get(agency)
    if words is None or not (in_force or words == table().products["E"]):
        return None
    return one.case.sections(agency, holds_cause=agency in one.holds)


def _told(one: Said, agency: str, expected: set[str] | frozenset[str] | None,
          shown: set[str]) -> str:  # fmt: skip
    case = one.case
    more, less = shown - (expected or set()), (expected or set()) - shown
    return (
        f"expected.txt:{case.line} {case.event} from {case.sender} ({case.saying.addressee or ''} "
        f"{case.answers or ''}) to {agency}: shown too much {sorted(more)}, "
        f"too little {sorted(less)}"
    )

"""Who lives where, and whether anybody looked and asked: M07 and M11 (M12 is in `record`).

Source: domain.md 4 (M07, M11); review 3.2.10, 3.2.16, 5.4.2 (iv), 5.5.4 (vi).
"""

from consumers.safeguarding.rules.reading import adults, ahead, among, back, told
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm
from contracts.event.report import HouseholdChanged

WHY_VISIT = (
    "An address was approved, and this is not on record: {missing}. Whoever approved it completes "
    "it. Who lives there is spoken to alone; no concern that was raised in front of the other says "
    "nothing, and nothing found is not safe."
)
UNNAMED = "who was looked up, in which systems, on which day and by whom"
UNASKED = "a talk in private with whoever lives there"
WHY_LEFT = (
    "A partner leaves a tenancy. Ask the tenant alone, by a safe contact, whether all is well, and "
    "offer support; a reason is not demanded."
)
WHY_LEFT_AGAIN = (
    "A partner leaves a tenancy, and it is not the only one within the ruleset's window. Somebody "
    "speaks to the tenant alone, by a safe contact, and asks about abuse in words made for it; "
    "each departure taken by itself would have been asked about too."
)


def visit(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for what an approval lacks: every adult looked up, and a talk in private (M07).

    It never refuses the approval.

    Args:
        seen: a household event that approves an address.
        history: for who is who.
        term: has no threshold.

    Returns:
        One at most, which says what is missing.

    Source:
        review 3.2.10, 3.2.16, 5.5.4 (vi); domain.md 4 (M07: E24, E31), 2 (P05).
    """
    del term
    event = told(seen, HouseholdChanged)
    if event is None or event.change != "address_approved":
        return []
    done = [
        one.subject for one in event.checks or [] if one.system.strip() and one.operator.strip()
    ]
    named = adults(seen.statement)
    lacks_checks = not done or not all(among(history, one, done) for one in named)
    missing = [UNNAMED] * lacks_checks + [UNASKED] * (event.occupier_alone != "yes")
    if not missing:
        return []
    return [Alarm(
        act="visit_check", why=WHY_VISIT.format(missing="; ".join(missing)),
        statements=[seen.id], subjects=named,
    )]  # fmt: skip


def departure(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask the tenant in private: a partner left, and louder in words where another did (M11).

    Counted by when they left, whatever order they are told in.

    Args:
        seen: a household event in which somebody left.
        history: other departures from the same tenant's home.
        term: from `threshold` departures within `window_days` on it is a pattern, and said so.

    Returns:
        One for each departure.

    Source:
        review 5.4.2 (iv); domain.md 4 (M11: E05, E06, E07).
    """
    if not _is_departure(seen):
        return []
    named = adults(seen.statement)
    near = max((_near(seen, who, history, term) for who in named), key=len, default=[seen.id])
    again = len(near) >= (term.threshold or 1)
    return [Alarm(
        act="private_enquiry", why=WHY_LEFT_AGAIN if again else WHY_LEFT, subjects=named,
        statements=near if again else [seen.id],
    )]  # fmt: skip


def _near(seen: Seen, who: str, history: History, term: RuleTerm) -> list[str]:
    """List the most departures of one window from somebody's home, the one at hand first."""
    if seen.day is None:
        return [seen.id]
    days = term.window_days or 0
    since, until = back(seen.day, days), ahead(seen.day, days)
    others = history.of(who, "household_changed", since=since, until=until)
    every = [seen, *(one for one in others if _is_departure(one))]
    days_of = [(one.id, one.day) for one in every if one.day is not None]
    windows = (
        [one for one, day in days_of if 0 <= (last - day).days <= days]
        for _, last in days_of if 0 <= (last - seen.day).days <= days
    )  # fmt: skip
    return max(windows, key=len)


def _is_departure(one: Seen) -> bool:
    event = told(one, HouseholdChanged)
    return event is not None and event.change == "left"

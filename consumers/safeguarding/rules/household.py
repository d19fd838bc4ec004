"""Who lives where, and whether anybody looked and asked: M07 and M11 (M12 is in `record`).

Source: domain.md 4 (M07, M11); review 3.2.10, 3.2.16, 5.4.2 (iv), 5.5.4 (vi).
"""

from consumers.safeguarding.rules.reading import adults, among, back, told
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
    "A partner leaves a tenancy, and it is not the first within the ruleset's window. Somebody "
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
    """Ask the tenant in private: a partner left, and louder in words where one left before (M11).

    Args:
        seen: a household event in which somebody left.
        history: earlier departures from the same tenant's home.
        term: from `threshold` departures within `window_days` on it is a pattern, and said so.

    Returns:
        One for each departure.

    Source:
        review 5.4.2 (iv); domain.md 4 (M11: E05, E06, E07).
    """
    if not _is_departure(seen):
        return []
    named, earlier = adults(seen.statement), []
    if seen.day is not None:
        since = back(seen.day, term.window_days or 0)
        earlier = max(
            (
                [
                    one.id
                    for one in history.of(who, "household_changed", since=since, until=seen.day)
                    if _is_departure(one)
                ]
                for who in named
            ),
            key=len, default=[],
        )  # fmt: skip
    again = len(earlier) + 1 >= (term.threshold or 1)
    return [Alarm(
        act="private_enquiry", why=WHY_LEFT_AGAIN if again else WHY_LEFT, subjects=named,
        statements=[seen.id, *(earlier if again else [])],
    )]  # fmt: skip


def _is_departure(one: Seen) -> bool:
    event = told(one, HouseholdChanged)
    return event is not None and event.change == "left"

"""M01: a report came and the research on it was not done in its time.

The rule's first halves are the research worker (a task per person and system) and the desk's
refusal of no further action; this is the third: silence becomes an alert. It is the one rule that
time alone makes fire: the worker runs it when a task's time is over, and where a look was undone.
What was closed meanwhile is reopened.
"""

from collections.abc import Sequence

from consumers.safeguarding.rules.seen import Alarm

ID = "M01"
WHY = (
    "A look on this report was not made in its time. That nothing is known of somebody whom "
    "nobody looked up is no finding."
)


def unresearched(statement: str, subjects: Sequence[str]) -> Alarm:
    """Ask for the research: a task on this report is open past its time.

    Args:
        statement: the report's id.
        subjects: whom it names, by token.

    Source:
        review 5.6.4 (iii)-(v), rec. 15; domain.md 4, M01.
    """
    return Alarm(act="research", why=WHY, statements=[statement], subjects=subjects)

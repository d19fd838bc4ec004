"""The versions of the decision: what each does otherwise than the one before.

A version is adopted by an act; what was decided under an earlier one is recomputed by it for
ever, so a version that stood in a release is never changed, only followed.

Source: design.md, Control statements (ruleset and decider adopted).
"""

from typing import NamedTuple


class Decider(NamedTuple):
    """What a version of the decision does.

    Attributes:
        examiner: the version of the examination whose findings it decides on.
        lowers_what_rests_on_less: what a machine claims is never above what it rests on.
    """

    examiner: str
    lowers_what_rests_on_less: bool


DECIDERS: dict[str, Decider] = {
    "candour-decide/1": Decider("candour-examine/2", lowers_what_rests_on_less=False),
    "candour-decide/2": Decider("candour-examine/2", lowers_what_rests_on_less=True),
}
"""Every version there ever was, oldest first."""

NEWEST = "candour-decide/2"


def version_of(decider: str) -> Decider:
    """Give what a version does; of one that is not known, as of none yet, what the newest does."""
    return DECIDERS.get(decider, DECIDERS[NEWEST])

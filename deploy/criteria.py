"""What a home asks of a referral: its own criteria and instruments, else those that are shipped."""

from functools import partial
from pathlib import Path

from consumers.referrals.making import Criteria
from producers.instruments import instrument, marac_criteria, referral_criteria


def criteria_of(home: Path) -> Criteria:
    """Read them when they are asked for.

    Args:
        home: the folder of the home.
    """
    return Criteria(
        partial(referral_criteria, home), partial(marac_criteria, home),
        lambda name: instrument(name, home),
    )  # fmt: skip

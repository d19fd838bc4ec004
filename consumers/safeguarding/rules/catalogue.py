"""Every rule that runs over a statement as it comes, by its id."""

from consumers.safeguarding.rules.nameless import nameless
from consumers.safeguarding.rules.seen import Rule
from consumers.safeguarding.rules.separation import separation

RULES: dict[str, Rule] = {"M02": nameless, "separation": separation}
"""M01 is run by time and M03 proposes: `consumers.safeguarding.worker` runs both."""

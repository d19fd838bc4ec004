"""Every rule that runs over a statement as it comes, by its id: M02, M04 to M22 and separation.

M01 is run by time alone and M03 proposes: `consumers.safeguarding.worker` runs both.
"""

from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.nameless import nameless
from consumers.safeguarding.rules.seen import Rule
from consumers.safeguarding.rules.separation import separation

EVERY: dict[str, Rule] = {"M02": nameless, **RULES, "separation": separation}
"""What each term of the ruleset runs, by its id."""

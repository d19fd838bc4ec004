"""The rules that run over what an agency is delivered, by id: M02, M04 to M22, separation and high.

M01 is run by time alone and M03 proposes: `consumers.safeguarding.worker` runs both. What a rule
needs of the ruleset is its term; without a term a rule is not run.

Source: domain.md 4.
"""

from consumers.safeguarding.rules import (
    assessment,
    care,
    closing,
    enquiry,
    escalation,
    household,
    level,
    record,
)
from consumers.safeguarding.rules.high import high
from consumers.safeguarding.rules.nameless import nameless
from consumers.safeguarding.rules.seen import Rule
from consumers.safeguarding.rules.separation import separation

RULES: dict[str, Rule] = {
    "M02": nameless,
    "M04": record.disclosure,
    "M05": enquiry.injury,
    "M06": level.low,
    "M07": household.visit,
    "M08": enquiry.together,
    "M09": assessment.change,
    "M10": escalation.escalation,
    "M11": household.departure,
    "M12": record.joiner,
    "M13": enquiry.companion,
    "M14": closing.dismissed,
    "M15": enquiry.counter_claim,
    "M16": closing.gap,
    "M17": enquiry.disclosed,
    "M18": closing.ending,
    "M19": assessment.therapy,
    "M20": escalation.warning,
    "M21": care.screen,
    "M22": escalation.repeat,
    "separation": separation,
    "high": high,
}
"""Each rule by its id in domain.md 4; those that have no number there by their name."""

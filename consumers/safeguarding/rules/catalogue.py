"""The rules that run over what an agency is delivered, by id: M04 to M22.

M01 and M02 run on what is not a statement (a clock, a delivery's mark) and M03 proposes: they
stand apart. What a rule needs of the ruleset is its term; without a term a rule is not run.

Source: domain.md 4.
"""

from consumers.safeguarding.rules import (
    assessment,
    care,
    closing,
    enquiry,
    escalation,
    household,
    record,
)
from consumers.safeguarding.rules.seen import Rule

RULES: dict[str, Rule] = {
    "M04": record.disclosure,
    "M05": enquiry.injury,
    "M06": assessment.low,
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
}
"""Each rule by its id in domain.md 4."""

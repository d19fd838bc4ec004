"""What good looks like for each act that an alert may ask for, and which agency owes the act.

Plain words for whoever has the alert at 3 am: what is so when it is done, whoever did it. Nothing
here decides anything about a person.

Source: domain.md 1.2, 1.3, 1.10, 4 (outputs), 5 (traps), 7 (Attention: duties by default).
"""

from contracts.event.control import AgencyKind
from contracts.event.work import Act

GOOD: dict[Act, str] = {
    "research": (
        "Every person in the report is looked up in every system, or a named person says why not; "
        "then a supervisor who did not research it decides, and the publisher is told."
    ),
    "provenance": (
        "The publisher has named who holds this, their role, how they know and where to ring. "
        "Until then act on the danger, research it, and put none of it to anybody as fact."
    ),
    "same_origin": (
        "A named person has rung both senders and decided: one source heard twice, two, or nobody "
        "can tell. Until then the two count as one report."
    ),
    "private_enquiry": (
        "A named person has the alert and has decided who asks, alone and safely, what is wanted; "
        "the use limits are kept; what came of it is recorded as asked and none, disclosed, unsafe "
        "or declined. DASH, disclosure and referral were each considered, and a reason stands "
        "where one was not made."
    ),
    "dash": (
        "Whoever may be at risk was seen alone and asked every question, safely; the level is on "
        "their own account, with the assessor's name; judgement may have raised it and nothing "
        "lowered it. Where they could not be seen, that is said, and who tries next."
    ),
    "disclosure": (
        "A named officer has decided whether the person at risk should be told, with the reason: "
        "in person, to whoever can best protect them, nothing written handed over, a safety plan "
        "made. A decision not to tell is recorded too. Nothing to disclose is not safe."
    ),
    "housing_notice": (
        "Housing has been told to ring the police contact before anybody visits, and nothing else: "
        "no conviction, no reason, no mark on the tenancy."
    ),
    "risk_review": (
        "A named manager has looked again with what was left out in front of them, and recorded "
        "why the level stands or raised it; the partner's safety was part of it."
    ),
    "separate_contact": (
        "Each of the two was spoken to apart, by a safe contact that the other does not learn of; "
        "no question about abuse was put in a joint meeting, letter, calendar or message."
    ),
    "companion": (
        "Who came along and how they are related is recorded, or that the patient declined to say; "
        "the patient was then asked alone why they came together."
    ),
    "care_screen": (
        "A named social worker has seen the person alone and decided whether the duty to enquire "
        "arises (Care Act s42); the decision and its reason are recorded, and whoever raised it "
        "was told."
    ),
    "handover": (
        "A named agency has accepted what stays of the risk, in writing, before the end; until "
        "then whoever closes keeps it, and both heads know."
    ),
    "marac_review": (
        "A named person has looked at the separate incidents together and decided whether MARAC "
        "hears of it; the count is no level, and a decision not to refer has its reason."
    ),
    "marac_referral": (
        "The two are referred to MARAC; the views of whoever is at risk were asked where "
        "that was safe; a refusal by MARAC is recorded and its reason answered."
    ),
    "support_referral": (
        "The support service was offered, and the agency made the referral itself; a refusal is "
        "recorded as the patient's own, or as an override with its ground."
    ),
    "therapy_record": (
        "The record of therapy in custody was asked for, and what came is recorded: received, nil, "
        "refused or destroyed. Until a record is seen a diagnosis is a claim."
    ),
    "visit_check": (
        "Everybody who lives there was looked up, in named systems, on a named day, by a named "
        "person; who lives there was spoken to in private before anybody moved in."
    ),
    "family_response": (
        "Whoever warned was thanked and told whom to ring next; nothing of the case was said to "
        "them, and they are named to nobody; what they said was acted on."
    ),
    "agreement": (
        "The contact that the receipt names was rung; it is known whether the recipient needs to "
        "have this, and a leg is proposed where none carries it. A threat to life needed none."
    ),
    "police_now": (
        "The police were rung and have the reference; whoever is threatened is being warned or "
        "protected now, and a named officer, nobody else, decides whether it was meant."
    ),
    "reconsider": (
        "Somebody who did not close it has looked again: each person was looked up, somebody "
        "decided who asks, and a reason that is one stands where nothing more is done."
    ),
}
"""What good looks like, by act."""

_EVERY: frozenset[AgencyKind] = frozenset({
    "police", "probation", "safeguarding_hub", "health", "housing", "social_care",
    "support_service",
})  # fmt: skip

OWED_BY: dict[Act, frozenset[AgencyKind]] = {
    "research": frozenset({"police"}),
    "provenance": frozenset(),
    "same_origin": frozenset(),
    "private_enquiry": frozenset({"health", "housing"}),
    "dash": frozenset({"police"}),
    "disclosure": frozenset({"police"}),
    "housing_notice": frozenset({"police"}),
    "risk_review": frozenset({"probation"}),
    "separate_contact": frozenset({"probation"}),
    "companion": frozenset({"health"}),
    "care_screen": frozenset({"social_care"}),
    "handover": frozenset({"probation", "support_service"}),
    "marac_review": frozenset({"safeguarding_hub"}),
    "marac_referral": frozenset({"safeguarding_hub"}),
    "support_referral": frozenset({"health"}),
    "therapy_record": frozenset({"probation"}),
    "visit_check": frozenset({"probation"}),
    "family_response": frozenset(),
    "agreement": frozenset(),
    "police_now": frozenset({"police"}),
    "reconsider": _EVERY,
}
"""Which kinds of agency discharge an act. An alert that asks for one goes to the publisher of what
it is first of all about, where the publisher is of such a kind and a leg carries it; the log asks
the publisher for its provenance by a duty of its own, and what stays with whoever raised it is
owed by no kind."""

"""The words of a replay's pages: what stands for a code, so that nobody has to know codes to read.

Source: domain.md 7 (Truth about the review); deploy/replay/README.md.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from consumers.safeguarding.rules.terms import FOUND
from contracts.section import kind_of
from deploy.replay.case import Item

STANDINGS: dict[str, str] = {
    "held_then": "written down then",
    "told_informally": "TOLD INFORMALLY: written down by nobody then; not in the headlines",
    "learned_at_review": "LEARNED AT THE REVIEW: no agency knew it then; not in the headlines",
    "invented": "INVENTED for this replay: it did not happen; not in the headlines",
}
"""How an item is marked, as a reader must take it."""
ATTENTION: dict[str, str] = {
    "interrupt": "RUNG AT ONCE", "duty": "On somebody's list", "note": "To know of",
}  # fmt: skip
"""How loudly somebody would have been asked."""
ASKS: dict[str, str] = {
    "research": "to have the looks made",
    "provenance": "who says so",
    "same_origin": "whether two reports are one source",
    "private_enquiry": "to see that somebody asks in private, alone and safely",
    "dash": "for an assessment (DASH) on the account of whoever may be at risk",
    "disclosure": "whether the other should be told",
    "housing_notice": "to tell housing whom to ring, and no more",
    "risk_review": "to look at the rating again",
    "separate_contact": "to see the partner alone",
    "companion": "who came along",
    "care_screen": "to have a named social worker screen for care and support needs",
    "handover": "to whom this is handed over, and whether they have it",
    "marac_review": "whether MARAC should hear of it",
    "marac_referral": "for a MARAC referral",
    "support_referral": "to refer to a support service, or to say why not",
    "therapy_record": "to seek the record of therapy in custody",
    "visit_check": "who was checked, where, when and by whom",
    "family_response": "to answer whoever warned",
    "agreement": "for an agreement that lets this flow",
    "police_now": "to act at once",
    "reconsider": "to look again",
}
"""What is asked for, by the word that an alert carries, as the end of a sentence."""
KINDS: dict[str, str] = {
    "attendance": "an attendance", "closure": "the end of a case", "concern": "a concern",
    "contact": "a contact", "health": "something about health",
    "household": "a change of household", "intelligence": "a police intelligence log",
    "police_record": "a police record", "provenance": "who says so, supplied later",
    "referral": "a referral", "relationship": "a relationship",
    "release": "a release from prison", "return": "what an agency holds",
    "risk": "an assessment of risk", "treatment": "treatment",
}  # fmt: skip
SYSTEMS: dict[str, str] = {
    "pnc": "PNC", "pnd": "PND", "leds": "LEDS", "mash": "MASH", "niche": "Niche",
    "local": "other local records", "probation": "probation's", "iom_mappa": "IOM and MAPPA",
}  # fmt: skip
SECTIONS: dict[str, str] = {
    "event": "what it is", "use_limits": "what may be put to whom", "identity": "who they are",
    "part": "their part in it", "whereabouts": "where they are", "narrative": "the words",
    "provenance": "who says so", "risk": "what bears on danger", "health": "health",
    "consent": "consent", "necessity": "why it is necessary",
}  # fmt: skip
OUTCOMES: dict[str, str] = {
    "accepted": "Accepted",
    "accepted_emergency": "Accepted as an emergency: delivered at once",
    "provisional": "Held for all but police, who have it marked provisional",
    "quarantined": "Held: nobody else was sent it",
    "rejected": "Refused",
}
UNDONE: dict[str, str] = {
    "response_given": "an answer to whoever said it",
    "information_supplied": "what was asked back of it",
    "quarantine_decision": "a decision on what is held",
    "emergency_review": "a look back at the emergency",
    "referral_decision": "a decision on the referral",
    "handover": "a handover that somebody accepted",
    "HANDOVER_OUTSTANDING": "to tell both heads that nobody has taken it over",
}
"""What somebody owed and nobody did, as the beginning of `..., owed by ...`."""
_WHEN = re.compile(r"(about )?(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def day(at_ms: int) -> str:
    """Spell a day as people write it: 1 May 2012."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at.day} {at:%B %Y}"


def moment(at_ms: int) -> str:
    """Spell a moment of a case's own time, which is UTC: 1 May 2012, 09:30."""
    return f"{day(at_ms)}, {datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M}"


def dated(item: Item) -> str:
    """Spell when an item was said: to the minute, or as exactly as anybody knows."""
    if item.has_day:
        return moment(item.at_ms)
    found = _WHEN.match(str((item.report or {}).get("when", "")))
    if found is None:
        return f"No date is known (played on {day(item.at_ms)})"
    about, year, month, _ = found.groups()
    named = f"{datetime(int(year), int(month), 1, tzinfo=UTC):%B} {year}" if month else year
    return f"{'About ' if about else ''}{named}, no day is known (played on {day(item.at_ms)})"


def found_by(rule: str) -> str:
    """Say what a rule found, as the beginning of a sentence."""
    words = FOUND.get(rule, rule)
    return words[:1].upper() + words[1:]


def kind_of_report(item: Item) -> str:
    """Say what kind of report an item is, with the first word of its facts."""
    report = item.report or {}
    facts, kind = report.get("facts"), str(report.get("report", ""))
    first = next(iter(facts.values()), "") if isinstance(facts, dict) else ""
    words = KINDS.get(kind, kind.replace("_", " "))
    if first == "nfa_allegation":
        return f"{words} (an allegation; no further action)"
    return f"{words} ({first.replace('_', ' ')})" if isinstance(first, str) and first else words


def parts_of(sections: Iterable[str]) -> str:
    """List what is in a product, in words."""
    kinds = dict.fromkeys((kind_of(name) or name).removeprefix("person.") for name in sections)
    return ", ".join(SECTIONS[kind] for kind in kinds if kind in SECTIONS) or "that it is"


def number(count: int, what: str) -> str:
    """Spell a count: `1 day`, `1,200 days`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def role(name: str) -> str:
    """Spell a role, or any other code word, as words."""
    return name.replace("_", " ")


def listed(names: Iterable[str]) -> str:
    """Join names, each once, as one reads them; some have a comma in them."""
    every = list(dict.fromkeys(names))
    return " and ".join(filter(None, ("; ".join(every[:-1]), *every[-1:])))

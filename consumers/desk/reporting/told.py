"""What became of a report, as whoever made it reads it: what happened, and what to do now.

Pure. No state is told by a colour, and none that is not delivered looks like one that is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from consumers.desk.reporting.port import Answered, Became
from consumers.desk.shown import shown
from consumers.responses.owed import ANSWERS
from contracts.event.case import CorrectionAcknowledged
from contracts.event.work import InformationRequested, InformationSupplied, ResponseGiven
from contracts.statement import Statement

ACTIONS = {
    "research_opened": "research was opened", "visit_planned": "a visit is planned",
    "dash_planned": "a risk assessment (DASH) is planned",
    "disclosure_considered": "disclosure to the person at risk is considered",
    "safeguarding_alert": "a safeguarding alert was raised", "referral": "a referral was made",
    "no_action": "nothing is done",
}  # fmt: skip
"""What a recipient did, in words."""
RESEARCHED = {"yes": "Yes", "part": "In part so far", "no": "Not yet"}
MISSING = {
    "name": "who says so", "role": "their role", "employer": "their employer",
    "how_known": "how they know", "contact": "where they can be reached",
}  # fmt: skip
"""What lacks of who says so, in words."""
CLOCKS = {
    "provenance_supplied": "What lacks of who says so is due",
    "quarantine_decision": "Those who decide on what is held owe a decision",
}
"""What a held report waits on, by the duty that others or its agency owe."""


NO_DESK = (
    "Where nobody has opened that desk (the demonstration does not), nobody answers this until "
    "somebody does by command: candour response list, then candour response supply."
)

_FIELD = re.compile(r" \([a-z0-9_.]+\)")
"""The name of a section's field in a remedy: nobody at this page writes one."""


@dataclass(frozen=True)
class Standing:
    """How a report stands: a mark that needs no colour, one line, what to do.

    `kind` is `delivered`, `waits`, `held` or `failed`, for the look of it.
    """

    kind: str
    mark: str
    title: str
    text: str


def standing(became: Became) -> Standing:
    """Say how a report stands."""
    told = " and ".join(filter(None, [", ".join(became.told[:-1]), *became.told[-1:]]))
    if became.state != "decided":
        return _waits(became)
    if became.event == "provenance_supplied" and became.outcome == "accepted":
        return Standing("delivered", "✓", "Taken", "The held report was decided anew by it.")
    match became.outcome:
        case "accepted" | "accepted_emergency" if became.told:
            at_once = " at once, as an emergency," if became.outcome != "accepted" else ""
            return Standing("delivered", "✓", "Delivered", f"Delivered{at_once} to {told}.")
        case "accepted_emergency":
            text = "It is recorded, and nobody could be sent it. Ring 999 now where somebody is in "
            return Standing("failed", "✗", "NOBODY HAS IT", f"{text}danger, else 101.")
        case "accepted":
            text = "No agreement gives it to anybody. Ring whoever must know."
            return Standing("held", "‖", "Recorded, and sent to nobody", text)
        case "provisional":
            text = f"{told or 'Police'} have it, marked as not complete. Nobody else has it yet."
            return Standing("held", "½", "Held for all but police", text)
        case "quarantined":
            text = "Nobody was sent it yet. Do what is named below. If it cannot wait: "
            return Standing("held", "‖", "HELD", f"{text}{became.ring}")
    text = "Nobody was sent it. Do what is named below. If it cannot wait: "
    return Standing("failed", "✗", "REFUSED", f"{text}{became.ring}")


def _waits(became: Became) -> Standing:
    kept = "It is stored, and goes on being sent: do not write it again."
    if became.late:
        text = " ".join(filter(None, [became.ring, became.stuck, kept]))
        return Standing("failed", "✗", "NOT DELIVERED: telephone", text)
    if became.stuck:
        return Standing("failed", "✗", "NOT GOING OUT", f"{became.stuck} {kept}")
    if became.urgency == "threat_to_life":
        text = f"Nobody has it yet. {became.ring} It is stored, and goes out meanwhile."
        return Standing("waits", "…", "Not delivered yet: telephone", text)
    if became.state == "sent":
        return Standing("waits", "…", "Sent", "It is on its way; nobody has taken it yet.")
    return Standing("waits", "…", "Stored", "It is stored here and goes out now.")


def lacking(became: Became) -> list[tuple[str, str]]:
    """List what to do about a report, and the code; what lacks of who says so stands apart."""
    return [
        (_FIELD.sub("", one.remedy), one.code)
        for one in became.lacks
        if not (became.missing and one.code.startswith("provenance."))
    ]


def ordered(answers: Sequence[Answered]) -> list[Answered]:
    """Put answers before questions, the newest first: what is decided must not be looked for."""
    newest = sorted(answers, key=lambda one: -one.at_ms)
    return sorted(newest, key=lambda one: isinstance(one.event, InformationRequested))


def title(one: Answered) -> str:
    """Head an answer: who says it."""
    name = f"{one.name}, " if one.name else ""
    match one.event:
        case InformationRequested():
            return f"{name}{one.agency}, asks you"
        case CorrectionAcknowledged():
            return f"{one.agency} has read your correction"
    return f"{name}{one.agency}, answers"


def due(one: Answered) -> int | None:
    """Give by when a question is to be answered, in milliseconds; None for an answer."""
    return one.event.due_at if isinstance(one.event, InformationRequested) else None


def lines(one: Answered, *, exercise: bool) -> Iterator[tuple[str, str]]:
    """List what an answer says, label and words; what must be avoided first.

    Args:
        one: what came back.
        exercise: whether it is one, where nobody may sit at the duty desk.
    """
    match one.event:
        case ResponseGiven() as event:
            told = (
                ("Do not say or do", event.avoid), ("You may say", event.say),
                ("Has it", event.received_by), ("Looked into", RESEARCHED[event.researched]),
                ("What is done", _sentence(ACTIONS[action] for action in event.actions)),
                ("Why nothing is done", event.no_action_reason),
                ("Your referral", event.referral), ("Next contact", event.next_contact),
            )  # fmt: skip
            yield from ((label, text) for label, text in told if text)
        case InformationRequested() as event:
            if one.about:
                yield "About", one.about
            yield "Asks", event.why
            if event.period:
                yield "About the time", event.period
            yield "How to answer", "Through your duty desk: it has this in its list."
            if exercise:
                yield "In this exercise", NO_DESK
        case InformationSupplied() as event:
            yield "Outcome", event.outcome.replace("_", " ")
            yield "By", event.supplied_by
            if event.outcome not in ANSWERS:
                yield "Your question", "Open still: nobody could look, which is no answer."
        case CorrectionAcknowledged() as event:
            yield "What rested on it", f"{event.affected} of their statements"
        case _:
            yield "Says", "Your duty desk has it in full."


def written(
    said: Statement, zone: tzinfo, agencies: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """List what somebody reported, label and words, for them to read again; not where anybody is.

    Args:
        said: their own statement, whole.
        zone: the partnership's, in which its moments are read.
        agencies: what each is called, by id.
    """
    report = shown(said, zone, agencies)
    for one in report.people:
        names = ", also ".join([one.name, *one.aliases])
        yield f"Person {one.number}", f"{names} ({one.part}, {one.born}). {one.told}."
    yield "Danger now", report.danger
    yield "Children", report.children
    yield "Happened", report.when
    yield from report.facts
    if report.narrative:
        yield "In words", report.narrative.text
        if report.narrative.assessment:
            yield "What you make of it", report.narrative.assessment
    yield "Who says so", report.says


def _sentence(parts: Iterator[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."

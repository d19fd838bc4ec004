"""A replay in plain English: what was said, who received what of it, what was asked of whom.

It says what would have been asked, never what would have been prevented.

Source: domain.md 7 (Truth about the review; The demonstration in 60 seconds).
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import TextIO

from contracts.event.action import AlertEscalated
from contracts.event.work import (
    AlertRaised,
    InformationRequested,
    InformationSupplied,
    PossibleSameOrigin,
    ResearchCompleted,
    ResponseGiven,
)
from contracts.section import kind_of
from deploy.replay.played import HEADERS, Delivered, Played, Said, Spoken

WIDTH = 110
STANDINGS: dict[str, str] = {
    "held_then": "written down then",
    "told_informally": "TOLD INFORMALLY: written down by nobody then; not in the headlines",
    "learned_at_review": "LEARNED AT THE REVIEW: no agency knew it then; not in the headlines",
    "invented": "INVENTED for this replay: it did not happen; not in the headlines",
}
"""How an item is marked, as a reader must take it."""
ATTENTION = {"interrupt": "NOW", "duty": "This shift", "note": "To know of"}
ASKS: dict[str, str] = {
    "research": "to have the looks made",
    "provenance": "who says so",
    "same_origin": "whether two reports are one source",
    "private_enquiry": "to ask in private, alone and safely",
    "dash": "for an assessment on the account of whoever is at risk (DASH)",
    "disclosure": "whether to disclose",
    "housing_notice": "to tell housing whom to ring, and no more",
    "risk_review": "to look at the rating again",
    "separate_contact": "to see the partner alone",
    "companion": "who came along",
    "care_screen": "for a screen of care and support needs by a named social worker",
    "handover": "to whom this is handed over, and whether they have it",
    "marac_review": "whether to refer to MARAC",
    "marac_referral": "for a MARAC referral",
    "support_referral": "to refer to a support service, or to say why not",
    "therapy_record": "to seek the record of therapy",
    "visit_check": "who was checked, where, when and by whom",
    "family_response": "to answer whoever warned",
    "agreement": "for an agreement that lets this flow",
    "police_now": "to act at once",
    "reconsider": "to look again",
}
"""What an alert asks for, by the word it carries, as the end of a sentence."""
COLUMNS = (
    "when", "item", "review", "standing", "rule", "version", "attention", "agency", "role", "by",
    "fallback", "asks", "why",
)  # fmt: skip
"""The columns of the table that a file is written with, a row for each alert."""


def day(at_ms: int) -> str:
    """Spell a day as people write it: 1 May 2012."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at.day} {at:%B %Y}"


def moment(at_ms: int) -> str:
    """Spell a moment: 1 May 2012, 09:30 (UTC)."""
    return f"{day(at_ms)}, {datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M}"


def header(played: Played) -> str:
    """Give the line that heads every part: that it is a replay, and of which kind."""
    title = played.case.title if "REPLAY" in played.case.title else f"{played.case.title} (REPLAY)"
    return f"{title} - {HEADERS[played.mode]}"


def table(played: Played, *, item: str | None = None) -> Iterator[str]:
    """Tell what became of every item, or of one."""
    yield header(played)
    if played.mode == "then":
        yield from _shown("Only what was written down then is on the log; no consumer runs.", 0)
    yield from _shown(
        "An exercise: times are the story's, in UTC. Nobody works in it: what is asked stays open "
        "until it runs out. Where a date is not known, the time is where the story has it.", 0
    )  # fmt: skip
    for one in played.items:
        if item in {None, one.item.id}:
            yield ""
            yield from _of_item(played, one)


def _of_item(played: Played, one: Said) -> Iterator[str]:
    item = one.item
    writer = played.case.writers[item.writer]
    called = played.titles[writer.agency]
    if played.mode == "then" and writer.then:
        called = writer.then
    section = f"review {item.review}; " if item.review else ""
    yield f"{item.id}  {moment(item.at_ms)}  REPLAY"
    who = "nobody is named" if item.nameless else f"{writer.name}, {writer.role}"
    yield from _shown(f"{called}: {who}; {_kind(one)}")
    standing = STANDINGS[item.standing] if item.standing else "a named matcher's decision"
    undated = "; UNDATED: no day is counted from it" if item.undated else ""
    yield from _shown(f"{section}{standing}{undated}")
    for words in ((item.report or {}).get("words"), item.note):
        if words:
            yield from _shown(f"“{words}”" if words != item.note else f"Note: {words}")
    if played.mode == "then":
        told = ", ".join(played.titles[played.case.agency_of(name)] for name in item.told_then)
        yield from _shown(f"in fact told: {told or 'nobody'}")
    if one.why_not is not None:
        yield from _shown(f"not on the log: {one.why_not}")
        return
    yield from _outcome(played, one)
    yield from _received(played, one)
    yield from _asked(played, one)
    yield from _back(played, one)


def _kind(one: Said) -> str:
    if one.item.link is not None:
        names = ", ".join(one.item.link.across)
        return f"joins {' and '.join(one.item.link.people)} as {names} know them, by name"
    report = one.item.report or {}
    facts = report.get("facts")
    first = next(iter(facts.values()), "") if isinstance(facts, dict) else ""
    kind = str(report.get("report", "")).replace("_", " ")
    return f"{kind} ({first.replace('_', ' ')})" if isinstance(first, str) and first else kind


def _outcome(played: Played, one: Said) -> Iterator[str]:
    words = {
        "accepted": "accepted",
        "accepted_emergency": "accepted as an emergency: delivered at once",
        "provisional": "held for all but police, who have it marked provisional",
        "quarantined": "held: nobody else was sent it",
        "rejected": "refused",
    }
    yield from _shown(words.get(one.outcome or "", one.outcome or ""))
    for code, remedy in one.reasons:
        yield from _shown(f"why: {remedy} [{code}]", 8)
    for again in played.anew:
        if again.statement == one.statement:
            found = words.get(again.outcome, again.outcome)
            yield from _shown(f"decided anew on {moment(again.at)}: {found}")


def _received(played: Played, one: Said) -> Iterator[str]:
    """Tell what each agency received of an item: in full, in part, nothing."""
    newest = {d.to: d for d in played.delivered if d.statement == one.statement}
    own = played.case.writers[one.item.writer].agency
    for to, got in newest.items():
        marks = f"; marked {_role(', '.join(got.marks))}" if got.marks else ""
        what = "in full" if got.level == "full" else f"in part: {_sections(got) or 'that it is'}"
        would = "today's rule would send it to" if played.mode == "then" else "received by"
        yield from _shown(f"{would} {played.titles[to]} {what}{marks} [{got.leg}]")
    without = [agency for agency in played.titles if agency not in {*newest, own}]
    yield from _shown(f"nothing to {'anybody else' if not newest else ', '.join(without)}")


def _sections(got: Delivered) -> str:
    kinds = dict.fromkeys((kind_of(name) or name).removeprefix("person.") for name in got.sections)
    return ", ".join(kind.replace("_", " ") for kind in kinds)


def _asked(played: Played, one: Said) -> Iterator[str]:
    """Tell what would have been asked because of an item, of whom, by when and why."""
    looks = [(s, t) for s, t in played.tasks if s.about[:1] == (one.item.id,)]
    for agency in dict.fromkeys(s.agency for s, _ in looks):
        ours = [t for s, t in looks if s.agency == agency]
        people = list(dict.fromkeys(played.people.get(t.subject, "?") for t in ours))
        systems = ", ".join(dict.fromkeys(t.system.replace("_", " and ") for t in ours))
        yield from _shown(
            f"research: {played.titles[agency]} would have been asked for "
            f"{_counted(len(ours), 'look')} ({', '.join(people)}: {systems}), the first by "
            f"{moment(min(t.due_at for t in ours))}"
        )
    for spoken, alert in played.alerts:
        if spoken.about[:1] == (one.item.id,):
            yield from _alerted(played, spoken, alert)
    for spoken, origin in played.of(PossibleSameOrigin):
        if one.item.id in spoken.about:
            pair = " and ".join(spoken.about[:2])
            yield from _shown(
                f"{played.titles[spoken.agency]} would have been asked: are {pair}, "
                f"{_counted(origin.days_apart, 'day')} apart, one source? Until somebody decides, "
                "they count as one [M03]"
            )


def _alerted(played: Played, spoken: Spoken, alert: AlertRaised) -> Iterator[str]:
    title = played.titles[spoken.agency]
    yield from _shown(
        f"{alert.rule} fired on {moment(spoken.at)}. {ATTENTION[alert.attention]}: the "
        f"{_role(alert.owner_role)} of {title} would have been asked"
        f"{f' {ASKS[alert.act]}' if alert.act else ''}, by {moment(alert.due_at)}; else the "
        f"{_role(alert.fallback_role)}"
    )
    why = alert.why or f"done once: {alert.good}"
    yield from _shown(f"because of {', '.join(spoken.about)}: {why}", 8)
    steps = [s for s, up in played.of(AlertEscalated) if up.alert == spoken.id]
    if steps:
        yield from _shown(f"nobody took it; it went on {_counted(len(steps), 'time')}, first on "
                          f"{moment(steps[0].at)}", 8)  # fmt: skip


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _role(role: str) -> str:
    return role.replace("_", " ")


def _back(played: Played, one: Said) -> Iterator[str]:
    """Tell what came back to whoever said it, and what nobody did."""
    own = played.case.writers[one.item.writer].agency
    questions = [
        (s, q) for s, q in played.of(InformationRequested)
        if s.about[:1] == (one.item.id,) and q.addressee == own
    ]  # fmt: skip
    if questions:
        yield from _shown(
            f"asked back: {_counted(len(questions), 'question')}, by "
            f"{moment(questions[0][1].due_at)}: "
            + " ".join(dict.fromkeys(q.why for _, q in questions))
        )
    answers = [
        s for shape in (ResponseGiven, InformationSupplied, ResearchCompleted)
        for s, _ in played.of(shape) if s.about[:1] == (one.item.id,) and not s.automated
    ]  # fmt: skip
    for answer in answers:
        yield from _shown(f"answered by {played.titles[answer.agency]} on {moment(answer.at)}")
    late = Counter(
        (s.agency, d.duty) for s, d in played.overdue if s.about[:1] == (one.item.id,)
    )  # fmt: skip
    for (agency, duty), count in late.items():
        times = f" ({count} times)" if count > 1 else ""
        yield from _shown(f"ran out, since nobody works here: {played.titles[agency]} owed "
                          f"{duty.replace('_', ' ')}{times}")  # fmt: skip


def contradictions(played: Played) -> Iterator[str]:
    """Set side by side what is said in more than one way; nobody decides it here."""
    if played.case.contradictions:
        yield f"{header(played)} - what is said in more than one way, side by side"
    for one in played.case.contradictions:
        yield f"  {one.about}"
        for saying in one.sayings:
            where = ", ".join(filter(None, (saying.item, saying.review and f"r. {saying.review}")))
            yield from _shown(f"- {saying.says} ({where})" if where else f"- {saying.says}")


def breaches(played: Played) -> Iterator[str]:
    """Name everything that somebody received and must never."""
    yield f"{header(played)} - what must never be received"
    joined = [one.item.id for one in played.items if one.item.link and one.statement]
    yield from _shown(
        f"Persons are joined by named matchers alone: {', '.join(joined) or 'by nobody here'}.", 2
    )
    if played.hurried:
        yield from _shown(
            f"Before {', '.join(played.hurried)} more clocks ran out than were stopped at.", 2
        )
    if not played.breaches:
        checked = f"{len(played.case.must_never)} rules over {len(played.delivered)} deliveries"
        yield f"  None of it was: {checked}, every statement a machine said, every desk's rows."
    for one in played.breaches:
        title = played.titles.get(one.party, one.party)
        yield from _shown(f"BREACH: {title} has {one.section} of {one.item} in {one.where}: "
                          f"{one.why}", 2)  # fmt: skip


def rows(played: Played) -> Iterator[tuple[str, ...]]:
    """Give a row for each alert, in order, by `COLUMNS`."""
    for spoken, alert in played.alerts:
        first = played.said(spoken.about[0]).item if spoken.about else None
        yield (
            moment(spoken.at), " ".join(spoken.about), (first and first.review) or "",
            (first and first.standing) or "", alert.rule, alert.rule_version, alert.attention,
            spoken.agency, alert.owner_role, moment(alert.due_at), alert.fallback_role,
            alert.act or "", alert.why or "",
        )  # fmt: skip


def write_table(played: Sequence[Played], file: TextIO) -> None:
    """Write the alerts of replays as CSV, each row headed by REPLAY and how it was played."""
    writer = csv.writer(file)
    writer.writerow(("replay", *COLUMNS))
    for one in played:
        writer.writerows((f"REPLAY {one.mode}", *row) for row in rows(one))


def _shown(text: str, indent: int = 5) -> Iterator[str]:
    """Break a text into lines, each indented."""
    margin = " " * indent
    yield from wrap(text, WIDTH, initial_indent=margin, subsequent_indent=f"{margin}  ")

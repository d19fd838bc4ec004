"""Whether somebody was asked, alone: injuries, joint meetings, companions, claims, disclosures.

Rules M05, M08, M13, M15 and M17. None of them refuses a statement: each opens a duty. A question
about abuse is never put where another may hear, see or read it.

Source: domain.md 4, 5 (traps 4 to 6), 7 (Machine or person); review 5.4.2, 5.5.3, 5.7.1, 7.1.
"""

from collections.abc import Sequence

from consumers.enquiry.seen import seen_in
from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.reading import (
    adults,
    among,
    back,
    factors,
    may_be_aged,
    pairs,
    people,
    principal,
    told,
)
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm
from contracts.event.report import (
    AttendanceRecorded,
    ContactRecorded,
    EnquiryMade,
    ReferralMade,
)
from contracts.event.work import Act
from contracts.section import Identity, PersonPart
from contracts.statement import Statement

ASKED = frozenset({"asked_none", "disclosed", "unsafe", "declined"})
"""What ends a duty to ask: somebody tried in private, and it is known what came of it."""

ANSWERED = frozenset({"asked_none", "disclosed", "declined"})
"""What is an answer; given within another's hearing it says nothing."""

PRIVATE = ("attendance", "visit", "supervision", "telephone", "other")
"""Settings in which one person may be alone with whoever asks; a joint meeting is none."""

OPPOSED = {"victim", "alleged_perpetrator"}
AGE = 16
"""From which age two people can be in an abusive relationship by law, where no ruleset says."""

VICTIMS = frozenset({"marac", "idva", "safety_planner"})
"""Referrals that somebody who disclosed is supported by."""

WHY_ASK = (
    "An injury or a swelling was treated, and nobody asked in private how it came about. Ask "
    "before discharge, or by a safe contact: alone, whoever came along, and never by a letter or "
    "an entry that another may read. An explanation that was given is no answer."
)
WHY_APART = (
    "Two people were seen together and the partner was not seen alone. Speak to the partner apart, "
    "by a safe contact that the other does not learn of. No question about abuse is ever put in a "
    "joint meeting, a shared letter, or on a telephone that another may read."
)
WHY_AGAIN = (
    "A question about abuse was put while another was there. What was answered says nothing, and "
    "the question itself may have put somebody in danger. Speak to each apart, and plan it."
)
WHY_COMPANION = (
    "Somebody came along, and who it was is not recorded. Record who, and how they are related, or "
    "that the patient declined to say. Then ask the patient alone why they came together."
)
WHY_BOTH = (
    "Each of these two is said to have harmed the other. Nobody's part changes by it: ask both, "
    "each alone and by somebody of their own, what is happening. What one said goes to no service "
    "that supports the other, and no earlier assessment is overwritten."
)
WHY_REFER = (
    "Somebody disclosed abuse to a health service, and no decision on a referral is recorded. The "
    "agency refers, the patient need not ring: offer the support service, refer where they agree "
    "or an override is decided, and record a refusal as theirs."
)


def injury(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a private enquiry: an injury was treated and nobody asked (M05).

    It rests on the enquiry, not on what an injury looks like: a swelling of the face, or any other
    attendance, counts where it is marked unexplained. Silent where an enquiry names it, or was
    made in private with the same person since that day.

    Args:
        seen: an attendance.
        history: enquiries about it.
        term: `threshold` is the age in years from which somebody is asked; an age that is not
            known counts.

    Returns:
        One at most, about the patient alone: never about a partner.

    Source:
        review 3.2.13, 3.2.24, 5.5.3 (vi), 6.6; domain.md 4 (M05: E27, E40).
    """
    event = told(seen, AttendanceRecorded)
    patient = principal(seen.statement)
    if event is None or patient is None or event.enquiry in ASKED:
        return []
    hurt = event.attendance == "injury" or event.unexplained
    if not hurt and "unexplained_injury" not in factors(seen.statement):
        return []
    identity = identity_of(seen.statement, patient)
    if not may_be_aged(identity, term.threshold or AGE, seen.day):
        return []
    if _was_asked(seen, patient, history):
        return []
    return [_alarm(seen, "private_enquiry", WHY_ASK, [patient])]


def together(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a separate contact: two came together, or were asked together (M08).

    A child who came too is nobody's partner: where no other adult is named, the partner is not.
    That somebody was seen alone ends it only where that can only be the partner (`seen_in`):
    whoever spoke to him apart has not spoken to her.

    Args:
        seen: a joint attendance, or an enquiry that was made in one.
        history: enquiries made in private since.
        term: has no threshold.

    Returns:
        One at most.

    Source:
        review 3.2.18, 3.2.25, 3.2.27, 5.7.1 (iv), (v), rec. 17; domain.md 4 (M08: E34, E41, E43).
    """
    del term
    asked = told(seen, EnquiryMade)
    if asked is not None and asked.setting == "joint_meeting" and asked.enquiry in ANSWERED:
        return [_alarm(seen, "separate_contact", WHY_AGAIN, adults(seen.statement))]
    event, came = told(seen, ContactRecorded), _came(seen.statement)
    if event is None or event.contact != "joint_attendance" or not came:
        return []
    partners = adults(seen.statement)
    if len(came) > 1 and len(partners) < 2:  # noqa: PLR2004 - a couple is two; a friend is none
        return []
    others = [one for one in partners if one != came[0]]
    if others and _was_seen_alone(seen.statement, others):
        return []
    if others and all(_was_asked(seen, one, history) for one in others):
        return []
    return [_alarm(seen, "separate_contact", WHY_APART, partners or came)]


def companion(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask who came along: an accompanied attendance that does not say (M13).

    Whether anybody came at all is asked after only where nobody explained an injury: `not_recorded`
    is what most attendances are, and none of those is an accompanied one. Declined is an answer.

    Args:
        seen: an attendance.
        history: not needed.
        term: has no threshold.

    Returns:
        One at most, about the patient alone.

    Source:
        review 3.2.24, 7.1; domain.md 4 (M13: E40).
    """
    del history, term
    event = told(seen, AttendanceRecorded)
    if event is None or event.accompanied in {"alone", "declined"}:
        return []
    if event.accompanied == "not_recorded" and not event.unexplained:
        return []
    came = _came(seen.statement)
    if len(came) != 1 or event.companion not in {None, "not_known"}:
        return []
    return [_alarm(seen, "companion", WHY_COMPANION, came)]


def counter_claim(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a private enquiry of both: one says that the other harms them too (M15).

    Roles stand beside each other, unassessed; none is swapped. Raised once for what is said of one
    pair within the window, by the first.

    Args:
        seen: a contact with a counter-allegation, or a report whose parts are the other way round.
        history: what was said of the two before, and in which parts.
        term: `window_days` is how long one occasion lasts.

    Returns:
        One for each couple: it asks for two enquiries.

    Source:
        review 3.2.8, 3.2.21, 5.5.4 (v), 6.7; domain.md 4 (M15: E22, E37), 5 (trap 6).
    """
    claims, raised = _claims(seen), []
    for pair in pairs(seen.statement):
        parts = _parts(seen.statement, pair, history)
        if not claims and set(parts) != OPPOSED:
            continue
        before = [
            (one, _parts(one.statement, pair, history))
            for one in history.of_all(pair)
            if not is_automated(one.statement)
        ]
        settled = next((given for _, given in before if set(given) == OPPOSED), ("", ""))
        if not claims and parts != settled[::-1]:
            continue
        first = seen.id
        if seen.day is not None:
            since = back(seen.day, term.window_days or 0)
            first = next(
                (
                    one.id for one, given in before
                    if one.day is not None and since <= one.day <= seen.day
                    and (_claims(one) or given == settled[::-1] != ("", ""))
                ),
                first,
            )  # fmt: skip
        raised.append(Alarm(
            act="private_enquiry", why=WHY_BOTH, subjects=pair,
            statements=list(dict.fromkeys([first, seen.id])),
        ))  # fmt: skip
    return raised


def disclosed(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a referral decision: somebody disclosed, and nobody decided (M17).

    An enquiry that names an attendance is the same disclosure: it is raised once, for the
    attendance. A decision not to refer, with its reason, ends it like a referral.

    Args:
        seen: an attendance or an enquiry in which abuse was disclosed.
        history: decisions and referrals since.
        term: has no threshold.

    Returns:
        One at most, about the patient alone.

    Source:
        review 5.6.3 (iii); domain.md 4 (M17).
    """
    del term
    event = told(seen, AttendanceRecorded) or told(seen, EnquiryMade)
    if event is None or event.enquiry != "disclosed":
        return []
    patient = principal(seen.statement)
    asked_in = seen.statement.causes[:1] if isinstance(event, EnquiryMade) else []
    about = [*asked_in, seen.id]
    decided = [
        one
        for statement in about
        for one in history.about(statement, "referral_considered", "referral_made")
    ]
    if seen.day is not None and patient is not None:
        since = history.of(patient, "referral_made", since=seen.day)
        decided += [
            one for one in since
            if (made := told(one, ReferralMade)) is not None and made.referral in VICTIMS
        ]  # fmt: skip
    if decided:
        return []
    return [Alarm(
        act="support_referral", why=WHY_REFER, statements=about,
        subjects=[] if patient is None else [patient],
    )]  # fmt: skip


def identity_of(statement: Statement, subject: str) -> Identity | None:
    """Give who somebody is, as far as it was delivered."""
    found = (v for v in statement.sections.values() if isinstance(v, Identity))
    return next((one for one in found if one.subject == subject), None)


def _came(statement: Statement) -> list[str]:
    """List who came, whom it is about first: a child is neither, where anybody else is named.

    Where children alone are named it is about the first of them.
    """
    named = people(statement)
    came = [one for one in named if one.part != "child"] or named[:1]
    return [one.subject for one in came]


def _was_seen_alone(statement: Statement, others: Sequence[str]) -> bool:
    """Say whether a meeting's record shows that the others were seen alone, but who is to fear."""
    alone = {who for who, how in seen_in(statement) if how == "alone"}
    feared = {one.subject for one in people(statement) if one.part == "alleged_perpetrator"}
    return bool(alone) and alone.issuperset(one for one in others if one not in feared)


def _was_asked(seen: Seen, subject: str, history: History) -> bool:
    """Say whether an enquiry names this, or was made in private with the person since that day."""
    found = list(history.about(seen.id, "enquiry_made"))
    if seen.day is not None:
        found += history.of(subject, "enquiry_made", since=seen.day)
    return any(
        (event := told(one, EnquiryMade)) is not None
        and event.enquiry in ASKED and event.setting in PRIVATE
        for one in found
    )  # fmt: skip


def _claims(one: Seen) -> bool:
    """Say whether somebody under supervision says that the other harms them."""
    event = told(one, ContactRecorded)
    return event is not None and "counter_allegation" in (event.disclosed or [])


def _parts(statement: Statement, pair: tuple[str, str], history: History) -> tuple[str, str]:
    """Give the parts that a statement gave these two, in their order; empty where it gave none."""
    given = [v for v in statement.sections.values() if isinstance(v, PersonPart)]
    found = [next((v.part for v in given if among(history, who, [v.subject])), "") for who in pair]
    return found[0], found[1]


def _alarm(seen: Seen, act: Act, why: str, subjects: Sequence[str]) -> Alarm:
    return Alarm(act=act, why=why, statements=[seen.id], subjects=subjects)

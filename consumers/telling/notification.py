"""What is told to a role: that something waits, how much it presses, a reference, by when. Pure.

No text is about anybody: a notification is read over a shoulder, on a locked screen, on a telephone
that is not its owner's own. What it is about stands at the desk alone, behind who may look.

Source: domain.md 5 (traps 4, 5: no previews, calendars or push notices), 7 (Attention).
"""

from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from contracts.event.action import AlertEscalated, AlertHandedOver, SilenceNoticed
from contracts.event.work import AlertRaised, DutyOverdue
from contracts.form import Section

DUTY = "duty_manager"
"""The role of the named duty manager, who is told where a role was not, or did not answer."""

Press = Literal["now", "shift"]
Waits = Literal[
    "alert", "overdue", "duty", "owed", "untaken", "arrived", "silence", "undelivered",
    "standstill", "test",
]  # fmt: skip

OWED = frozenset({"response_given", "information_supplied", "referral_decision"})
"""Duties that are owed to whoever sent, asked or referred: they hear that nothing came."""

TOLD: dict[str, type[Section]] = {
    "alert_raised": AlertRaised,
    "alert_escalated": AlertEscalated,
    "alert_handed_over": AlertHandedOver,
    "duty_overdue": DutyOverdue,
    "silence_noticed": SilenceNoticed,
}
"""The events that somebody is told of, and their shapes."""

_PRESS: dict[str, Press] = {"interrupt": "now", "duty": "shift"}
"""Which attention is told of; what is only to be noted is read at the desk."""

_OPENS: dict[Waits, str] = {
    "alert": "candour alert list",
    "overdue": "candour alert list",
    "duty": "candour response list",
    "owed": "candour request list, candour referral list",
    "untaken": "candour response list, candour referral list",
    "arrived": "candour alert list",
    "silence": "candour telling list",
    "undelivered": "candour telling list",
    "standstill": "candour watch status",
    "test": "nothing: this was a test",
}
_WAITS: dict[Waits, str] = {
    "alert": "Something waits for the {role}.",
    "overdue": "Something is overdue, and is the {role}'s now.",
    "duty": "Something is overdue with the {role}.",
    "owed": "Something that another agency owes has not come; the {role} rings them.",
    "untaken": "Something that this agency put to another was not taken; it is the {role}'s again.",
    "arrived": "Something has come in for the {role}.",
    "silence": "Something that should speak is silent; it is for the {role}.",
    "undelivered": "Something waits, and word of it could not be brought to whose it is.",
    "standstill": "Something here stands still, so that nobody might be told.",
    "test": "THIS IS A TEST of how the {role} is told. Nothing waits.",
}
_NAMED: dict[str, str] = {
    "alert": "an alert", "overdue": "an overdue alert", "duty": "an overdue duty",
    "owed": "what another agency owes", "untaken": "what another agency did not take",
    "arrived": "a threat to life",
    "silence": "an agency that fell silent", "undelivered": "what another role could not be told",
    "standstill": "something that stands still", "test": "a test",
}  # fmt: skip
REPLAY = "REPLAY, an exercise: "


def named(waits: str) -> str:
    """Name what waits; a newer release's kind by its own word, so that no list fails on it."""
    return _NAMED.get(waits, waits.replace("_", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing that one role is to be told.

    Attributes:
        key: what it is known by, once and for all; no personal data.
        cause: id of the statement that says so; for a standstill or a test, its key.
        about: ids of the statements that it rests on: it is kept from whom they are kept from.
        alert: id of the alert that it is of, where it is of one.
        role: who is told.
        waits: what sort of thing it is.
        press: how much it presses.
        due_at: ledger milliseconds; None where nothing says by when.
        exercise: nothing of it is real.
    """

    key: str
    cause: str
    about: tuple[str, ...]
    role: str
    waits: Waits
    press: Press
    due_at: int | None = None
    alert: str | None = None
    exercise: bool = False

    @property
    def reference(self) -> str:
        """What it is called on the telephone: whoever is told of one thing has one reference."""
        return reference_of(self.alert or self.cause)


@dataclass(frozen=True, slots=True)
class Stands:
    """How what is told of stands, as far as that says how much it presses.

    Attributes:
        attention: its alert's; of what is not known it is that which presses most.
        is_threat: it is of a threat to life: once somebody did not do it that presses now,
            whatever its attention.
        due_at: by when it is to be done by whose it is now, in ledger milliseconds.
    """

    attention: str = "interrupt"
    is_threat: bool = False
    due_at: int | None = None

    @property
    def press(self) -> Press:
        """How much it presses: what a person passes on that was only to be noted, this shift."""
        return "now" if self.is_threat else _PRESS.get(self.attention, "shift")


UNKNOWN = Stands()


@dataclass(frozen=True, slots=True)
class Words:
    """A notification as it is sent."""

    subject: str
    body: str


def told_of(  # noqa: PLR0913 - what is told depends on this many independent things
    said: str, event: Section, *, exercise: bool, agency: str | None = None, role: str = DUTY,
    stands: Stands = UNKNOWN,
) -> list[Notification]:  # fmt: skip
    """List what is to be told of a statement of this agency's own, or that is for it to act on.

    Args:
        said: the statement's id.
        event: its facts.
        exercise: whether its partnership is one.
        agency: whose roles are told: another's overdue duty is not theirs; None for whoever's.
        role: that agency's own, which is told of what another one owes it.
        stands: how the alert stands by now of which the event says something, or what a duty is
            about.

    Returns:
        One for each role; none for what nobody is interrupted with.
    """
    match event:
        case AlertRaised():
            if event.attention not in _PRESS:
                return []
            found = _notification(
                said, "alert", event.owner_role, about=event.statements, alert=said,
                press=_PRESS[event.attention], due_at=event.due_at,
            )  # fmt: skip
            roles = [event.owner_role]
        case AlertEscalated():
            waits: Waits = "overdue" if event.reason == "overdue" else "alert"
            found = _notification(
                said, waits, event.to_role, alert=event.alert, press=stands.press,
                due_at=None if event.reason == "overdue" else stands.due_at,
            )  # fmt: skip
            by_person = event.reason == "by_person"
            roles = [event.to_role] if by_person else [event.to_role, DUTY]
        case AlertHandedOver():
            found = _notification(
                said, "alert", event.to_role, alert=event.alert, press=stands.press,
                due_at=stands.due_at,
            )  # fmt: skip
            roles = [event.to_role]
        case DutyOverdue() if agency in {None, event.owner_agency}:
            about = [one for one in (event.statement, event.about) if one]
            found = _notification(
                said, "duty", event.owner_role, about=about, due_at=event.due_at,
                press=stands.press,
            )  # fmt: skip
            roles = [event.owner_role, DUTY]
        case DutyOverdue() if event.duty in OWED:
            about = [event.statement] if event.statement else []
            found = _notification(said, "owed", role, about=about, press=stands.press)
            roles = [role, DUTY]
        case SilenceNoticed():
            found = _notification(said, "silence", event.owner_role, due_at=event.due_at)
            roles = [event.owner_role, DUTY]
        case _:
            return []
    return [_to(replace(found, exercise=exercise), role) for role in dict.fromkeys(roles)]


def arrived(statement: str, role: str, *, exercise: bool) -> Notification:
    """Tell a role that a threat to life came in: it is for people, before any rule has run."""
    found = _notification(statement, "arrived", role, about=[statement])
    return replace(found, exercise=exercise)


def untaken(  # noqa: PLR0913 - a refusal has this many independent parts
    answer: str, referral: str, role: str, *, is_urgent: bool, due_at: int, exercise: bool
) -> Notification:
    """Tell a role that nobody took what this agency referred: it is theirs again.

    Args:
        answer: the id of what says so.
        referral: of the referral.
        role: who is told.
        is_urgent: whether the referral waits for no ordinary day.
        due_at: by when another way is looked for.
        exercise: whether nothing of it is real.
    """
    found = _notification(
        answer, "untaken", role, about=[referral, answer], due_at=due_at,
        press="now" if is_urgent else "shift",
    )  # fmt: skip
    return replace(found, exercise=exercise)


def reopened(  # noqa: PLR0913 - a reopening has this many independent parts
    said: str, alert: str, *, role: str, attention: str, about: Sequence[str], due_at: int,
    exercise: bool, is_threat: bool = False,
) -> list[Notification]:  # fmt: skip
    """Tell whose an alert is that what it rests on changed; none of what interrupts nobody."""
    if attention not in _PRESS:
        return []
    press = Stands(attention, is_threat).press
    found = _notification(said, "alert", role, about=about, alert=alert, press=press, due_at=due_at)
    return [replace(found, exercise=exercise)]


def standstill(name: str, since_ms: int, *, exercise: bool) -> Notification:
    """Tell the duty manager that something has stood still since a wall time in milliseconds."""
    key = f"standstill/{name}/{since_ms}"
    return replace(_notification(key, "standstill", DUTY), key=key, exercise=exercise)


def undelivered(of: Notification) -> Notification:
    """Tell the duty manager that somebody else could not be told; it presses as that does."""
    return replace(of, key=f"undelivered/{of.key}", role=DUTY, waits="undelivered")


def tried(role: str, said: str, *, exercise: bool) -> Notification:
    """Make the test notification of a role; `said` is what this trial is known by."""
    return replace(_notification(said, "test", role), exercise=exercise)


def reference_of(statement: str) -> str:
    """Give what is told about a statement's opaque reference: part of its id's digest.

    Returns:
        Eight characters of base32 (RFC 4648 section 6), in two groups: `K7QX-2M4D`.
    """
    text = b32encode(sha256(f"candour-reference\n{statement}".encode()).digest()).decode()[:8]
    return f"{text[:4]}-{text[4:]}"


def delivery_of(agency: str, key: str, channel: str) -> str:
    """Give what one delivery is known by wherever it goes: the same again is a repetition.

    Args:
        agency: whose notification it is.
        key: the notification's.
        channel: the channel's name.

    Returns:
        32 hexadecimal digits, which are no word of anybody's.
    """
    named = f"candour-delivery\n{agency}\n{key}\n{channel}"
    return sha256(named.encode()).hexdigest()[:32]


def words_of(one: Notification, *, called: str, telephone: str) -> Words:
    """Write a notification.

    Args:
        one: what is told.
        called: what the role is called, in neutral words.
        telephone: the agency's own desk.
    """
    reference = one.reference
    look = "test" if one.waits == "test" else "look NOW" if one.press == "now" else "this shift"
    by = "" if one.due_at is None else f" By {_at(one.due_at)}."
    when = "Look NOW." if one.press == "now" else "Look during this shift."
    lines = [
        _WAITS[one.waits].format(role=called) + ("" if one.waits == "test" else f" {when}{by}"),
        f"Reference {reference}.",
        f"Open the desk: {_OPENS[one.waits]}",
        f"If you cannot get to it, ring the desk: {telephone}.",
        "Do not reply.",
    ]
    marked = REPLAY if one.exercise else ""
    return Words(f"{marked}Desk: {look}, {reference}", marked + "\n".join(lines) + "\n")


def _notification(  # noqa: PLR0913 - as its parts
    said: str, waits: Waits, role: str, *, about: Sequence[str] = (), alert: str | None = None,
    press: Press = "now", due_at: int | None = None,
) -> Notification:  # fmt: skip
    rests = tuple(dict.fromkeys([*about, *([alert] if alert else [])]))
    found = Notification(
        key="", cause=said, about=rests, role=role, waits=waits, press=press, due_at=due_at,
        alert=alert,
    )  # fmt: skip
    return _to(found, role)


def _to(found: Notification, role: str) -> Notification:
    return replace(found, role=role, key=f"{found.waits}/{found.cause}/{role}")


def _at(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%d %b %Y %H:%M} UTC"

"""What would have been asked of whom: what several agencies' rules ask for of one item, as one.

A rule runs at every agency that is shown enough, and each raises an alert of its own; where one of
them is addressed, the other's is enough. A reader is told of one thing that is asked, of whom it
is asked, and who would have noticed.

Source: domain.md 4, 7 (Attention; Machine or person).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from consumers.safeguarding.rules.same_origin import ID as SAME_ORIGIN
from consumers.safeguarding.rules.terms import desks
from contracts.event.control import Founding
from contracts.event.work import AlertRaised, PossibleSameOrigin
from contracts.sharing import Involvements
from deploy.replay.played import Played, Spoken

SAME_PEOPLE = (
    "They tell of the same two people, days apart. Until a named person has rung the senders and "
    "decided, they count as one."
)
LOUDNESS = ("interrupt", "duty", "note")
"""How loud an alert is, the loudest first."""


@dataclass(frozen=True)
class Owner:
    """Whose duty it is.

    Attributes:
        role: the desk that owns it.
        kinds: of agency in which the ruleset has such a desk.
        agency: the one whose desk it is; None where the alert itself goes to none that has it.
        by: when, in milliseconds of exercise time.
        fallback: the role to which it goes on.
    """

    role: str
    kinds: frozenset[str]
    agency: str | None
    by: int
    fallback: str


@dataclass
class Asked:
    """One thing that would have been asked because of an item.

    Attributes:
        item: the item that it is first about.
        rule: its id.
        act: what is asked for, in the word that alerts carry.
        attention: `interrupt`, `duty` or `note`.
        at: exercise time of the first alert.
        why: in plain words; the longest, where what is held differs.
        because: every item that it rests on.
        owners: whose duty it is, each once.
        noticed: the agencies whose rules fired.
        count: how many alerts that is.
    """

    item: str
    rule: str
    act: str
    attention: str
    at: int
    why: str
    because: tuple[str, ...]
    owners: list[Owner]
    noticed: list[str]
    count: int = 1

    def join(self, other: "Asked") -> None:
        """Take another agency's in, which asks for the same."""
        self.attention = min(self.attention, other.attention, key=LOUDNESS.index)
        self.why = max(self.why, other.why, key=len)
        self.because = tuple(dict.fromkeys([*self.because, *other.because]))
        known = {(one.role, one.agency) for one in self.owners}
        self.owners += [one for one in other.owners if (one.role, one.agency) not in known]
        self.noticed += [one for one in other.noticed if one not in self.noticed]
        self.count += other.count


def asked(played: Played) -> list[Asked]:
    """List what would have been asked, by item as they were said, then by time.

    Two alerts are one thing that is asked where they are first about one item, by one rule, for
    one act. A proposal that two reports are one source (M03) is asked of whoever made it, because
    of the one that was said last.
    """
    found: dict[tuple[str, str, str], Asked] = {}
    for one in (*_alerts(played), *_origins(played)):
        key = one.item, one.rule, one.act
        if key in found:
            found[key].join(one)
        else:
            found[key] = one
    order = {said.item.id: place for place, said in enumerate(played.items)}
    return sorted(found.values(), key=lambda one: (order[one.item], one.at))


def _alerts(played: Played) -> Iterator[Asked]:
    for spoken, alert in played.alerts:
        if spoken.about:
            yield Asked(
                spoken.about[0], alert.rule, alert.act or "", alert.attention, spoken.at,
                alert.why or alert.good, spoken.about, [_owner(played, spoken, alert)],
                [spoken.agency],
            )  # fmt: skip


def _origins(played: Played) -> Iterator[Asked]:
    """Tell of reports that may be one source, by the one that was said last (M03)."""
    order = [said.item.id for said in played.items]
    for spoken, _ in played.of(PossibleSameOrigin):
        last, *earlier = sorted(spoken.about[:2], key=order.index, reverse=True)
        role = _role_of(played.founding, spoken.agency)
        kinds = frozenset({_kind_of(played.founding, spoken.agency)})
        yield Asked(
            last, SAME_ORIGIN, "same_origin", "note", spoken.at, SAME_PEOPLE, (last, *earlier),
            [Owner(role, kinds, spoken.agency, spoken.at, "")], [spoken.agency],
        )  # fmt: skip


def _owner(played: Played, spoken: Spoken, alert: AlertRaised) -> Owner:
    """Say whose duty an alert is: of whoever raised it, or of whom it is addressed to."""
    founding, kinds = played.founding, desks(played.founding.rules, alert.owner_role)
    given = spoken.statement.sections.get("involvement")
    addressed = [one.agency for one in given.involved] if isinstance(given, Involvements) else []
    fit = (one for one in (*addressed, spoken.agency) if _kind_of(founding, one) in kinds)
    agency = next(fit, None if kinds else spoken.agency)
    kinds = kinds or frozenset({_kind_of(founding, spoken.agency)})
    return Owner(alert.owner_role, kinds, agency, alert.due_at, alert.fallback_role)


def _kind_of(founding: Founding, agency: str) -> str:
    return next(one.kind for one in founding.agencies if one.id == agency)


def _role_of(founding: Founding, agency: str) -> str:
    roles = founding.rules.roles
    return roles.get(_kind_of(founding, agency), roles.get("other", "duty_manager"))

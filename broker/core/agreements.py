"""The agreements that bind: by version and day, with those who took another's place.

Owns which version of which agreement is in force at a ledger time. A lower version never follows
a higher: when the newest that has begun is over or suspended, nothing stands in its place.

Source: design.md, Examine and decide (An agreement); domain.md 1.8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from contracts.agreement import Agreement, Leg, legs_for
from contracts.duration import DAY_MS


def day_of(at_ms: int) -> str:
    """Give the day (UTC) of a ledger time, as agreements are dated."""
    return _day(at_ms // DAY_MS)


Ways = list[tuple[Agreement, list[tuple[str, Leg]]]]
"""Agreements, each with the recipients and legs that it has for one kind of statement."""


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY_MS / 1000, UTC).strftime("%Y-%m-%d")


@dataclass(slots=True)
class Agreements:
    """Every version that all its parties stand behind, and what was suspended.

    Attributes:
        versions: by agreement id and version.
        suspended: the version up to which an agreement lets nothing flow, by id.
    """

    versions: dict[str, dict[int, Agreement]] = field(default_factory=dict)
    suspended: dict[str, int] = field(default_factory=dict)
    lawful: dict[tuple[str, int, str, str, str, str], bool] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Whether a leg's bases stand, by agreement, version, leg, sender, recipient and day."""
    _bound: dict[int, list[Agreement]] = field(default_factory=dict, compare=False, repr=False)
    _ways: dict[tuple[int, str, str, str], Ways] = field(
        default_factory=dict, compare=False, repr=False
    )

    def adopt(self, agreement: Agreement) -> None:
        """Take a version in; it binds on its days."""
        self.versions.setdefault(agreement.id, {})[agreement.version] = agreement
        self.changed()

    def suspend(self, agreement: str, version: int) -> None:
        """Let nothing flow under an agreement up to a version."""
        self.suspended[agreement] = max(version, self.suspended.get(agreement, 0))
        self.changed()

    def changed(self) -> None:
        """Forget what was worked out: the rules changed, or somebody took another's place."""
        self._bound.clear()
        self._ways.clear()
        self.lawful.clear()

    def newest(self, agreement: str) -> Agreement | None:
        """Give the highest version of an agreement, in force or not yet."""
        held = self.versions.get(agreement)
        return held[max(held)] if held else None

    def begun(self, agreement: str, day: str) -> Agreement | None:
        """Give the highest version that has begun by a day, over or suspended though it may be."""
        held = self.versions.get(agreement, {})
        numbers = [number for number, one in held.items() if one.effective <= day]
        return held[max(numbers)] if numbers else None

    def in_force(self, at_ms: int, successors: Mapping[str, str]) -> list[Agreement]:
        """List what binds on the day of a ledger time, by id, in the names of those who act now.

        Args:
            at_ms: ledger time.
            successors: who took whose place.
        """
        number = at_ms // DAY_MS
        if number not in self._bound:
            day = day_of(at_ms)
            begun = [self.begun(name, day) for name in sorted(self.versions)]
            self._bound[number] = [
                _as_acting(one, successors)
                for one in begun
                if one is not None
                and day < one.expires
                and one.version > self.suspended.get(one.id, 0)
            ]
        return self._bound[number]

    def ways(
        self, at_ms: int, successors: Mapping[str, str], *, sender: str, event: str, purpose: str
    ) -> Ways:
        """List each agreement that binds a sender, with (recipient, leg) for one kind of statement.

        Args:
            at_ms: ledger time.
            successors: who took whose place.
            sender: the publishing agency, a party.
            event: the event's name.
            purpose: as the statement names it.
        """
        key = (at_ms // DAY_MS, sender, event, purpose)
        found = self._ways.get(key)
        if found is None:
            found = self._ways[key] = [
                (one, legs_for(one, sender=sender, event=event, purpose=purpose))
                for one in self.in_force(at_ms, successors)
                if one.contact_of(sender)
            ]
        return found

    def is_suspended(self, sender: str, at_ms: int, successors: Mapping[str, str]) -> bool:
        """Say whether an agreement that would bind a party is suspended."""
        day = day_of(at_ms)
        begun = (self.begun(name, day) for name in self.suspended)
        return any(
            one is not None
            and day < one.expires
            and one.version <= self.suspended[one.id]
            and _as_acting(one, successors).contact_of(sender) is not None
            for one in begun
        )


def acting(agency: str, successors: Mapping[str, str]) -> str:
    """Give who acts in an agency's place now: itself, or the last of its successors."""
    while agency in successors:
        agency = successors[agency]
    return agency


def _as_acting(agreement: Agreement, successors: Mapping[str, str]) -> Agreement:
    """Put successors in the places of those whom they succeeded."""
    if not successors:
        return agreement

    def named(agencies: list[str]) -> list[str]:
        return list(dict.fromkeys(acting(one, successors) for one in agencies))

    replace = msgspec.structs.replace
    parties = {acting(one.agency, successors): one for one in reversed(agreement.parties)}
    legs = [replace(leg, sender=named(leg.sender), to=named(leg.to)) for leg in agreement.legs]
    return replace(
        agreement,
        parties=[replace(one, agency=name) for name, one in reversed(parties.items())],
        legs=legs,
    )

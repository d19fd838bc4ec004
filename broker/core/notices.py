"""What goes to those who hold a statement, because of another: corrections, erasures, exclusions.

Each reaches exactly those who were given what it is about, and nobody whom it is kept from.

Source: design.md, Control statements; domain.md 1.6, 5 (traps 14, 16).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from broker.core import holding
from broker.core.consents import Consents
from broker.core.index import Index, Known, causes_of, under
from broker.core.legs import Asked, Passed, owed_by, own_delivery, visible
from broker.core.state import State
from contracts.entry import Delivery, Duty
from contracts.event.control import KeyRevoked
from contracts.form import milliseconds

TOLD_OF_CORRECTION = ("event", "provenance", "cause.1")


def corrected(asked: Asked) -> Passed:
    """Give a correction or retraction to exactly those who were given what it corrects.

    Each gets those of its sections that stand in place of one it was given before.
    """
    findings, known = asked.findings, asked.causes[1]
    rules = asked.state.rules
    hours = rules.acknowledgement_hours if rules else 0
    mark = "retracted" if findings.event == "statement_retracted" else "corrected"
    own = own_delivery(asked)
    given: dict[str, set[str]] = {}
    for to, names in known.given if known is not None else ():
        given.setdefault(asked.state.acting(to), set()).update(names)
    told = [
        Delivery(
            statement=findings.statement, to=to, leg="correction",
            sections=visible(asked, to, _in_place(asked, names)),
            handling=own.handling, marks=[mark],
            duties=[owed_by(asked, "correction_acknowledged", to, hours)],
            withheld_from=asked.withheld_from,
        )
        for to, names in given.items()
        if to not in {own.to, *asked.barred}
    ]  # fmt: skip
    return Passed([own, *told])


def _in_place(asked: Asked, given: set[str]) -> list[str]:
    """List what of a correction goes to who was given so much of the original.

    Where a person plays another part now, where they are is said anew: a leg may carry it of the
    one part and not of the other. What is taken back is taken back without another word.
    """
    findings = asked.findings
    places = ("whereabouts", "refuge")
    moved = {f"person.{number}.{place}" for number in findings.parts for place in places}
    more = given - moved if findings.event == "statement_corrected" else set()
    return [name for name in findings.sections if name in TOLD_OF_CORRECTION or name in more]


def acknowledged(asked: Asked) -> Passed:
    """Let the originator know who has read its correction."""
    known, own = asked.causes[1], own_delivery(asked)
    to = asked.state.acting(known.agency) if known is not None else ""
    if not to or to in {own.to, *asked.barred}:
        return Passed([own])
    shown = [name for name in asked.findings.sections if name in TOLD_OF_CORRECTION]
    told = msgspec.structs.replace(
        own, to=to, leg="correction", sections=visible(asked, to, shown),
        marks=["acknowledged"], withheld_from=asked.withheld_from,
    )  # fmt: skip
    return Passed([own, told])


def recall_acknowledged(asked: Asked) -> Passed:
    """Let governance, and whose key was compromised, know who has looked again."""
    state, own = asked.state, own_delivery(asked)
    key = state.keys.held.get(asked.findings.about or "")
    owner = state.acting(key.agency) if key is not None else ""
    shown = [name for name in asked.findings.sections if name in {"event", "provenance"}]
    told = [
        msgspec.structs.replace(own, to=to, leg="recall", sections=shown, marks=["acknowledged"])
        for to in sorted({state.governance, owner} - {own.to, "", *asked.barred})
    ]
    return Passed([own, *told])


def erased(asked: Asked, index: Index) -> Passed:
    """Tell everybody who holds an erased statement to erase it, and by when to confirm.

    Whose place another agency took is told too: what it was sent stands on its own topic still.
    Of what was held still, those who were told without a section are told that it is closed.
    """
    rules = asked.state.rules
    hours = rules.erasure_hours if rules else 0
    owed: dict[str, list[Duty]] = {}
    kept: dict[str, set[str]] = {}
    closed: list[Delivery] = []
    for known in (one for statement in asked.findings.erases for one in under(index, statement)):
        tokens = asked.state.consents.excluded((), known.people, acting=asked.state.acting)[1]
        sent = (known.agency, *known.recipients)
        for holder in dict.fromkeys([*_holders(known, asked.state), *sent]):
            duty = owed_by(asked, "erasure_confirmed", asked.state.acting(holder), hours)
            owed.setdefault(holder, []).append(
                Duty(duty.kind, known.submission, duty.agency, duty.role, duty.due_at)
            )
            kept.setdefault(holder, set()).update(tokens, known.withheld)
        held = asked.state.waiting.held.get(known.submission)
        closed += holding.erased(held, asked, index) if held is not None else []
    own = own_delivery(asked)
    own = msgspec.structs.replace(
        own, duties=owed.pop(asked.agency, []),
        withheld_from=sorted({*own.withheld_from, *kept.get(asked.agency, ())}),
    )  # fmt: skip
    told = [
        Delivery(
            statement=asked.findings.statement, to=holder, leg="erasure", sections=[],
            handling="OFFICIAL", marks=["erased"], duties=duties,
            withheld_from=sorted(kept.get(holder, ())),
        )
        for holder, duties in sorted(owed.items())
    ]  # fmt: skip
    return Passed([own, *told, *closed])


def kept_from(asked: Asked, index: Index, deliveries: list[Delivery]) -> list[Delivery]:
    """Tell who has something about a person already from whom to keep it now, or no more.

    Args:
        asked: what records or lifts an exclusion, links two tokens of a person or parts them.
        index: what was decided before.
        deliveries: of the statement itself; whoever is given it is told by that.
    """
    reach = _Reach.of(asked)
    found, barred = _changed(asked.state, index, reach), asked.barred | reach.barred
    told: list[Delivery] = []
    for one in deliveries:
        change = found.pop(one.to, _Change())
        kept = sorted({*one.withheld_from, *change.kept})
        told.append(
            msgspec.structs.replace(
                one, withheld_from=kept, covers=sorted(change.covers), lifted=sorted(change.lifted)
            )
        )
    return told + [
        Delivery(
            statement=asked.findings.statement, to=holder, leg="exclusion", sections=[],
            handling="OFFICIAL-SENSITIVE", withheld_from=sorted(change.kept),
            covers=sorted(change.covers), lifted=sorted(change.lifted),
        )
        for holder, change in sorted(found.items())
        if holder not in barred
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reach:
    """Whom a statement about exclusions or links concerns, and what stood before and stands after.

    `barred` are the agencies excluded from those people, before or after: they are told nothing.
    """

    people: frozenset[str]
    before: Consents
    after: Consents
    acting: Callable[[str], str]

    @classmethod
    def of(cls, asked: Asked) -> "_Reach":
        """Work it out for the statement being decided."""
        state, findings = asked.state, asked.findings
        before = state.consents
        after = before.after(findings, is_matcher=state.is_matcher(findings, asked.agency))
        named = before.governed(findings)
        return cls(before.person(named) | after.person(named), before, after, state.acting)

    @property
    def barred(self) -> set[str]:
        """The agencies that are excluded."""
        then, _ = self.before.excluded((), self.people, acting=self.acting)
        now, _ = self.after.excluded((), self.people, acting=self.acting)
        return then | now


@dataclass(slots=True)
class _Change:
    """What one holder must keep from whom now, or may show again: tokens, and digests."""

    kept: set[str] = field(default_factory=set)
    lifted: set[str] = field(default_factory=set)
    covers: set[str] = field(default_factory=set)


def _changed(state: State, index: Index, reach: _Reach) -> dict[str, _Change]:
    """Compare, for everything about the persons concerned, who must not see it before and after.

    A statement widens exclusions or lifts them. What is lifted covers a statement only where
    everybody may see it again from whom anything was lifted.
    """
    known = {
        one.submission: one
        for statement in sorted({id_ for token in reach.people for id_ in index.tagged(token)})
        for one in under(index, statement)
    }
    acting = state.acting
    then = {
        at: reach.before.excluded((), one.people, acting=acting)[1] for at, one in known.items()
    }
    now = {at: reach.after.excluded((), one.people, acting=acting)[1] for at, one in known.items()}
    lifted = {t for at, one in known.items() for t in then[at] - now[at] - set(one.withheld)}
    found: dict[str, _Change] = {}
    for at, one in known.items():
        kept, still = now[at] - then[at], now[at] | set(one.withheld)
        if not kept and (not lifted & then[at] or lifted & still):
            continue
        used = state.waiting.emergencies.get(at)
        reviews = [state.acting(used.reviews)] if used and used.reviews else []
        for holder in dict.fromkeys([*_told(one, state, index), *reviews]):
            change = found.setdefault(holder, _Change())
            change.covers.add(one.submission)
            change.kept |= kept
            change.lifted |= lifted & then[at]
    return found


def recalled(asked: Asked, act: KeyRevoked, index: Index) -> dict[str, Duty]:
    """Say who must look again at what a compromised key signed, by agency.

    Args:
        asked: what makes the revocation take effect.
        act: the revocation.
        index: what was decided before.
    """
    since = None if act.invalid_since is None else milliseconds(act.invalid_since)
    if since is None:
        return {}
    rules = asked.state.rules
    hours = rules.acknowledgement_hours if rules else 0
    known = (index.by_id(one) for one in index.tagged(act.kid))
    holders = {
        holder
        for held in known
        if held is not None and held.at >= since
        for holder in _holders(held, asked.state)
    }
    return {to: owed_by(asked, "recall_acknowledged", to, hours) for to in sorted(holders)}


def _told(known: Known, state: State, index: Index) -> Iterable[str]:
    """List who holds a statement, and who was told without a section that it is held."""
    held = state.waiting.held.get(known.submission)
    noticed: list[str] = []
    if held is not None:
        waits = Asked(held.findings, state, causes_of(index, held.findings), state.ledger_time)
        told = [state.acting(held.decides), *holding.noticed(waits)]
        noticed = [to for to in told if to not in waits.barred]
    return [one for one in dict.fromkeys([*_holders(known, state), *noticed]) if one]


def _holders(known: Known, state: State) -> Iterable[str]:
    return dict.fromkeys(state.acting(one) for one in (known.agency, *known.recipients))

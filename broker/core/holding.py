"""What waits for a decision: who is told that it waits, and who is told that it waits no more.

Its publisher knows why, whoever governs decides by a clock, and police see a count and a clock.

Source: design.md, Examine and decide (quarantined); issue 4, the quarantine desk.
"""

import msgspec

from broker.core.emergency import recipients
from broker.core.index import Index, causes_of
from broker.core.legs import Asked, Passed, governed, governor, marked, owed_by, own_delivery
from broker.core.waiting import Held
from contracts.entry import HELD, Delivery, Duty, Outcome
from contracts.event import BY_NAME


def held(asked: Asked, outcome: Outcome, tried: Passed) -> Passed:
    """Hold a statement: its publisher knows why, governance decides by a clock, police see one."""
    rules = asked.state.rules
    decides = owed_by(
        asked, "quarantine_decision", governor(asked), rules.quarantine_hours if rules else 0
    )
    own = marked(
        msgspec.structs.replace(own_delivery(asked), duties=tried.duties, reasons=tried.reasons),
        outcome,
    )
    deliveries = governed(asked, [own, *tried.deliveries], [decides], tried.reasons, [outcome])
    served = {one.to for one in deliveries} | asked.holders
    told = [_notice(asked, to, decides) for to in _police(asked) if to not in served]
    tried.deliveries, tried.duties = [*deliveries, *told], [*tried.duties, decides]
    return tried


def noticed(again: Asked) -> list[str]:
    """List the police who were told that a statement is held, excluded since though they may be."""
    first = again.state.waiting.held.get(again.findings.statement)
    return _police(Asked(first.findings, again.state, again.causes, again.at) if first else again)


def closed(again: Asked, to: str) -> Delivery:
    """Tell police who were told that something is held that it is no more."""
    return _notice(again, to, None)


def erased(held: Held, asked: Asked, index: Index) -> list[Delivery]:
    """Tell police and whoever governs that what waited for a decision is erased.

    Whoever holds it is told by what has them erase it.

    Args:
        held: as it waits; of one that nobody decides nobody was told.
        asked: what erases it.
        index: what was decided before.
    """
    if not held.decides:
        return []
    findings, state = held.findings, asked.state
    again = Asked(findings, state, causes_of(index, findings), asked.at)
    known = index.by_id(findings.id)
    holders = {state.acting(one) for one in (held.agency, *(known.recipients if known else ()))}
    told = [closed(again, to) for to in noticed(again) if to not in holders]
    return told if governor(again) in holders else governed(again, told, [], [], ["closed"])


def _notice(asked: Asked, to: str, decides: Duty | None) -> Delivery:
    """Tell police that something is held, and until when: no word of what it says or of whom."""
    return Delivery(
        statement=asked.findings.statement,
        to=to,
        leg=HELD,
        sections=[],
        handling="OFFICIAL",
        marks=["closed"] if decides is None else ["held"],
        # Who decides, police are not told: an alternate would show that governance is excluded.
        duties=[]
        if decides is None
        else [Duty(decides.kind, decides.statement, "", "", decides.due_at)],
        withheld_from=asked.withheld_from,
    )


def _police(asked: Asked) -> list[str]:
    """List the police who see that something is held: what is about people, and not public."""
    if not BY_NAME[asked.findings.event].persons:
        return []
    return [to for to in recipients(asked) if asked.state.kind_of(to) == "police"]

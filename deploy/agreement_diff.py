"""Two documents of an agreement compared in words: what a party would sign that it has not yet.

Legs are compared by their id: one that was given another id counts as lost and gained.
"""

from collections.abc import Iterator

import msgspec

from contracts.agreement import Agreement, Leg


def leg_line(leg: Leg) -> str:
    """Write one leg in a line."""
    consent = "consent needed" if leg.consent else "no consent needed"
    return (
        f"{leg.id}: {', '.join(leg.sender)} to {', '.join(leg.to)}: {', '.join(leg.types)}; "
        f"{leg.level} ({', '.join(leg.sections)}); {leg.basis.article}; {consent}"
    )


def differences(old: Agreement, new: Agreement) -> Iterator[str]:
    """Say what the new document has otherwise than the old, a line each; nothing where nothing.

    Args:
        old: what stands.
        new: what is to take its place.
    """
    for name in ("id", "version", "title", "effective", "review", "expires", "purposes"):
        yield from _changed(name, getattr(old, name), getattr(new, name))
    before = {party.agency: party.contact for party in old.parties}
    after = {party.agency: party.contact for party in new.parties}
    yield from (f"party gained: {name}" for name in after if name not in before)
    yield from (f"party lost: {name}" for name in before if name not in after)
    for name, contact in after.items():
        if name in before:
            yield from _changed(f"contact of {name}", before[name], contact)
    legs, now = {leg.id: leg for leg in old.legs}, {leg.id: leg for leg in new.legs}
    yield from (f"leg gained: {leg_line(now[name])}" for name in now if name not in legs)
    yield from (f"leg lost: {leg_line(legs[name])}" for name in legs if name not in now)
    for name, leg in now.items():
        if name in legs:
            yield from (f"leg {name}: {told}" for told in _changed("", legs[name], leg))
    if [name for name in legs if name in now] != [name for name in now if name in legs]:
        yield "legs stand in another order: a recipient has what the first that carries it allows"


def _changed(name: str, old: object, new: object) -> Iterator[str]:
    """Say how one member differs; of a list what came and went, of a part each member."""
    if old == new:
        return
    if isinstance(old, msgspec.Struct) and type(old) is type(new):
        for inner, spelt in zip(old.__struct_fields__, old.__struct_encode_fields__, strict=True):
            below = f"{name}.{spelt}" if name else spelt
            yield from _changed(below, getattr(old, inner), getattr(new, inner))
        return
    if isinstance(old, list) and isinstance(new, list):
        more = [one for one in new if one not in old]
        less = [one for one in old if one not in new]
        told = [f"also {', '.join(map(str, more))}"] if more else []
        told += [f"no longer {', '.join(map(str, less))}"] if less else []
        yield f"{name}: {'; '.join(told) or 'in another order'}"
        return
    yield f"{name}: {_word(new)}, was {_word(old)}"


def _word(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, msgspec.Struct):
        return msgspec.json.encode(value).decode()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

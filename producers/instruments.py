"""The documents that instruments are read from: those that ship, and an agency's own before them.

An agency that has its own cut-offs, criteria or instrument puts the file into `instruments/` of
its home, named by its id; it is used in the place of one that ships.
"""

from pathlib import Path
from typing import TypeVar

from contracts.fault import Misuse
from contracts.form import Section
from contracts.identifier import is_slug
from contracts.instrument.assessed import Instrument
from contracts.instrument.marac import MaracCriteria, MaracVersions
from contracts.instrument.referred import ReferralCriteria
from producers.document import read_struct

SHIPPED = Path(__file__).parents[1] / "contracts" / "instrument"
OWN = "instruments"
"""The folder of a home that its own documents stand in."""
CRITERIA = frozenset({"marac", "referrals"})
"""Documents that are no instrument."""

_Shape = TypeVar("_Shape", bound=Section)


def instrument(name: str, home: Path) -> Instrument:
    """Read one instrument by its id.

    Args:
        name: as the file is named, `dash-2009`.
        home: the folder of the home that assesses.

    Raises:
        Misuse: there is none of this id, or its file cannot be used; by line and field.
    """
    known = known_instruments(home)
    if name not in known:
        raise Misuse(
            "No instrument of this id is known here.",
            remedy=f"Use one of: {', '.join(known)}. Another one is a file of its id in "
            f"{home / OWN} (contracts/instrument/dash-2009.yaml shows how).",
        )
    found = _read(name, home, Instrument)
    if found.id != name:
        raise Misuse(
            f"{name}.yaml holds another instrument than its name says.",
            remedy="Name the file as its `id`, so that an assessment finds it again.",
        )
    return found


def known_instruments(home: Path) -> list[str]:
    """List the ids of the instruments that can be used at a home."""
    found = {one.stem for folder in (SHIPPED, home / OWN) for one in folder.glob("*.yaml")}
    return sorted(name for name in found - CRITERIA if is_slug(name))


def marac_criteria(home: Path, version: str | None = None) -> MaracCriteria:
    """Read the MARAC criteria in one version; the last that stands, where none is named.

    Raises:
        Misuse: there is no such version.
    """
    versions = _read("marac", home, MaracVersions).versions
    found = [one for one in versions if version in {None, one.version}]
    if not found:
        listed = ", ".join(one.version for one in versions)
        raise Misuse("The MARAC criteria have no such version.", remedy=f"Use one of: {listed}.")
    return found[-1]


def referral_criteria(home: Path) -> ReferralCriteria:
    """Read what each kind of referral needs."""
    return _read("referrals", home, ReferralCriteria)


def _read(name: str, home: Path, shape: type[_Shape]) -> _Shape:
    own = home / OWN / f"{name}.yaml"
    return read_struct(own if own.is_file() else SHIPPED / f"{name}.yaml", shape)

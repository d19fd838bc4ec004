"""How an agency weighs whether two records may be one person: its own settings, on no log.

A weight is in bits, as in record linkage since Fellegi and Sunter: each bit of it doubles the
odds that both records are one person's. It orders what a person is shown, and decides nothing.

Source: Fellegi and Sunter, A Theory for Record Linkage, 1969; domain.md 1.11, 7 (Others).
"""

from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta

from contracts.form import Section

For = Annotated[float, Meta(ge=0, le=100)]
Against = Annotated[float, Meta(ge=-100, le=0)]


class Weights(Section, frozen=True, kw_only=True):
    """What each finding counts, in bits; what speaks against is negative. All are to be given."""

    identifier_same: For
    identifier_differs: Against
    given_same: For
    given_alike: For
    given_differs: Against
    family_same: For
    family_alike: For
    family_differs: Against
    names_exchanged: For
    born_same_day: For
    born_day_exchanged: For
    born_same_month: For
    born_same_year: For
    ages_agree: For
    born_near: Against
    born_apart: Against
    address_same_time: For
    address_other_time: For
    named_with_alike: For
    sex_differs: Against


class Weighing(Section, frozen=True, kw_only=True):
    """How records are compared, and from what weight on a pair is shown to a person.

    Attributes:
        offer_from: the least weight, in bits, of a pair that is offered.
        block_max: how many persons one key may bring; a key of more brings none, and it is said.
        pnc_pivot: the last two-digit year of a short PNC identifier that is of this century.
        close_spelling: the least Jaro-Winkler similarity of names that are nearly spelt alike.
        age_gap_years: how far a year of birth or an age may be out, since such are estimated.
        address_days: within how many days two records of one address are of the same time.
        weights: what each finding counts.
        nicknames: lists of given names that one person may go by.
    """

    offer_from: Annotated[float, Meta(gt=0, le=100)]
    block_max: Annotated[int, Meta(ge=2, le=1000)]
    pnc_pivot: Annotated[int, Meta(ge=0, le=99)]
    close_spelling: Annotated[float, Meta(ge=0.7, le=1)]
    age_gap_years: Annotated[int, Meta(ge=0, le=20)]
    address_days: Annotated[int, Meta(ge=1, le=36_525)]
    weights: Weights
    nicknames: list[Annotated[list[str], Meta(min_length=2)]] = []

    def __post_init__(self) -> None:
        """Refuse settings by which what only sounds alike, or a name alone, would be offered."""
        weights = self.weights
        if weights.given_alike + weights.family_alike >= self.offer_from:
            raise ValueError("names that only sound alike would be offered: lower their weights")
        if max(weights.given_same, weights.family_same) >= self.offer_from:
            raise ValueError("one name alone would be offered: raise offer_from")

    @property
    def digest(self) -> str:
        """What the keys of an index depend on, digested: an index of other settings is no use."""
        kept = [self.pnc_pivot, self.nicknames]
        return sha256(msgspec.json.encode(kept)).hexdigest()

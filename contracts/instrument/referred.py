"""What a referral of each kind needs at the least, so that none is refused for what was to hand.

Checked where it is made, before anything is stored: what lacks is named with what to do. The log
refuses no referral for want of a criterion.

Source: domain.md 1.10; review 5.6.2, 5.6.3; Care Act 2014 s42.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from contracts.event.report import RISE, Referral
from contracts.form import Section
from contracts.instrument.marac import Criterion as MaracCriterion
from contracts.section import Children, RiskLevel

Need = Literal["children", "consent", "words", "causes", "ends_on"]

NEEDS: dict[Need, tuple[str, str]] = {
    "children": (
        "nobody was asked about children",
        "Ask, always, then write `children`: household, contact, cares_for_others, pregnant or "
        "none_known.",
    ),
    "consent": (
        "nobody's consent stands in it",
        "Ask the person who is referred, alone, and write `consent: given` with them; or write an "
        "`override` with its ground, author and reason.",
    ),
    "words": ("nothing is said in words", "Write `words`."),
    "causes": ("no statement is named that it arises from", "Write `causes`."),
    "ends_on": ("the known end is missing", "Write `ends_on`: the day on which your part ends."),
}
"""What may have to stand in a referral: what lacks without it, and what to do."""

_CHILDREN: dict[str, Children] = {
    "child_household": "household", "child_contact": "contact",
    "child_cared_for": "cares_for_others", "unborn_child": "pregnant",
}  # fmt: skip
"""What `children` must say for a criterion about them."""


class ReferralCriterion(Section, frozen=True, kw_only=True):
    """One thing that may hold: `level_min` by an assessment, `needs` what shows it."""

    id: str
    holds: str
    remedy: str
    level_min: RiskLevel | None = None
    needs: list[Need] = []


class ReferralKind(Section, frozen=True, kw_only=True):
    """One kind of referral: which criteria, and what it always needs.

    `marac` says that its criteria are those of MARAC, worked out from what is known of the pair.
    """

    referral: Referral
    title: str
    any_of: list[str] = []
    all_of: list[str] = []
    needs: list[Need] = []
    marac: bool = False


class ReferralCriteria(Section, frozen=True, kw_only=True):
    """Every kind of referral, in one version."""

    version: str
    criteria: list[ReferralCriterion]
    kinds: list[ReferralKind]

    def __post_init__(self) -> None:
        """Refuse a kind that is missing or stands twice, or that names a criterion of no words."""
        kinds = [one.referral for one in self.kinds]
        known = {one.id for one in self.criteria}
        named = {name for one in self.kinds for name in (*one.any_of, *one.all_of)}
        if sorted(kinds) != sorted(get_args(Referral)) or not named <= known:
            raise ValueError("every kind of referral stands once, by criteria that stand here")

    def kind(self, referral: Referral) -> ReferralKind:
        """Give one kind."""
        return next(one for one in self.kinds if one.referral == referral)

    def criterion(self, name: str) -> ReferralCriterion:
        """Give one criterion."""
        return next(one for one in self.criteria if one.id == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A referral as somebody means to make it.

    Attributes:
        referral: its kind.
        meets: the criteria that its author says are met.
        marac: those of MARAC that are met by what the file holds.
        level: of the assessment it names; None where it names none.
        children: as asked.
        has: what else stands in it.
    """

    referral: Referral
    meets: Collection[str]
    marac: Collection[MaracCriterion] = ()
    level: RiskLevel | None = None
    children: Children = "not_asked"
    has: Collection[Need] = ()


class Lack(NamedTuple):
    """One thing that a referral lacks.

    Attributes:
        of: a need, the id of a criterion, or `meets` where none that would do is named.
        what: it is.
        remedy: what to do about it, in a referral's file.
    """

    of: str
    what: str
    remedy: str


def spelled(
    put: Put, criteria: ReferralCriteria, *, in_danger: bool, marac_version: str | None = None
) -> str:
    """Say by what somebody is referred; a threat to life goes by that alone."""
    kind = criteria.kind(put.referral)
    known = [name for name in put.meets if name in {*kind.any_of, *kind.all_of}]
    named = ["threat_to_life", *known] if in_danger else known
    marac = f", MARAC {marac_version}" if kind.marac and marac_version else ""
    return f"{', '.join(named)} (criteria {criteria.version}{marac})"


def lacking(put: Put, criteria: ReferralCriteria) -> list[Lack]:
    """List what a referral lacks, each with what to do about it; empty where nothing does.

    Args:
        put: as it is meant.
        criteria: that stand.

    Source:
        domain.md 1.10, 7 (Children: always).
    """
    kind = criteria.kind(put.referral)
    return [*_criteria(put, kind, criteria), *_needs(put, kind, criteria)]


def _criteria(put: Put, kind: ReferralKind, criteria: ReferralCriteria) -> Iterator[Lack]:
    if set(put.meets) - {*kind.any_of, *kind.all_of}:
        known = ", ".join((*kind.any_of, *kind.all_of))
        what = f"`meets` has what is no criterion of {kind.title}"
        yield Lack("meets", what, f"Write one of: {known}.")
    for name in kind.all_of:
        if name not in put.meets:
            one = criteria.criterion(name)
            remedy = f"If it holds, add it to `meets`. {one.remedy}"
            yield Lack(name, f"`{name}`: {one.holds}", remedy)
    if kind.any_of and set(kind.any_of).isdisjoint(put.meets):
        listed = "; ".join(f"`{name}`: {criteria.criterion(name).holds}" for name in kind.any_of)
        yield Lack("meets", f"one of these: {listed}", "Write in `meets` which of them hold.")
    for name in put.meets:
        if name in {*kind.any_of, *kind.all_of} and not _is_shown(name, put, kind, criteria):
            one = criteria.criterion(name)
            what = f"`{name}` is said to hold, and nothing shows it: {one.holds}"
            yield Lack(name, what, one.remedy)


def _is_shown(name: str, put: Put, kind: ReferralKind, criteria: ReferralCriteria) -> bool:
    """Say whether what the file holds bears out a criterion."""
    if kind.marac:
        return name in put.marac
    one = criteria.criterion(name)
    if one.level_min is not None:
        return put.level is not None and RISE[put.level] >= RISE[one.level_min]
    return name not in _CHILDREN or put.children == _CHILDREN[name]


def _needs(put: Put, kind: ReferralKind, criteria: ReferralCriteria) -> Iterator[Lack]:
    met = [name for name in put.meets if name in {*kind.any_of, *kind.all_of}]
    needs = [*kind.needs, *(need for name in met for need in criteria.criterion(name).needs)]
    for need in dict.fromkeys(needs):
        if (put.children == "not_asked") if need == "children" else need not in put.has:
            yield Lack(need, *NEEDS[need])

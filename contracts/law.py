"""The lawful bases that a partnership counts with: a catalogue on the log, and what can stand.

The catalogue is data of the ruleset, so that a decision follows from the log alone and what is
uncertain in law stays configuration. Nothing here is advice: it refuses combinations that no body
of that kind could rely on, on that day, as the catalogue has them.

Source: domain.md 1.7; UK GDPR Articles 6, 9, 10; DPA 2018 Part 3, Schedules 1 and 8.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from contracts.agreement import Basis, Category
from contracts.form import Citation, Day, Section

Regime = Literal["uk_gdpr", "dpa_2018_part_3"]


class Provision(Section, frozen=True, kw_only=True):
    """One provision of law, as the partnership counts with it.

    `bodies` are the kinds of agency that may rely on it, absent for any; `excludes` those that may
    not. Of a gateway `to` are the kinds that may be disclosed to, absent for any. A condition
    names the `categories` it is for; an article that stands only with a condition beside it names
    in `needs` which ones would do. `sure` is false where the source could not be checked.
    """

    citation: Citation
    title: str
    use: Literal["article", "condition", "gateway"]
    regimes: list[Regime]
    source: str
    since: Day | None = None
    until: Day | None = None
    bodies: list[str] | None = None
    excludes: list[str] | None = None
    to: list[str] | None = None
    categories: list[Category] | None = None
    needs: list[Citation] | None = None
    sure: bool = True


class Law(Section, frozen=True):
    """A catalogue: each citation once."""

    version: str
    provisions: list[Provision]


def basis_defects(  # noqa: PLR0913 - what it must stand for has this many sides
    basis: Basis,
    law: Law,
    *,
    kind: str,
    day: str,
    to: Sequence[str] = (),
    categories: Sequence[Category] = (),
) -> Iterator[str]:
    """Name what keeps a basis from standing; nothing where it stands.

    Args:
        basis: as a party claims it.
        law: the catalogue in force.
        kind: the kind of agency that relies on it.
        day: the day (ISO 8601) on which it must stand.
        to: kinds of agency disclosed to, for the gateway.
        categories: kinds of data shared that need a condition.

    Yields:
        Members of the basis with why, in words; no personal data.
    """
    known = {row.citation: row for row in law.provisions}
    rows = [("article", basis.article, "article")]
    rows += [("gateway", basis.gateway, "gateway")] if basis.gateway else []
    conditions = [*(basis.special_category or []), *(basis.criminal_offence or [])]
    rows += [("conditions", citation, "condition") for citation in conditions]
    for member, citation, use in rows:
        row = known.get(citation)
        if row is None or row.use != use:
            yield f"{member} (not in the catalogue)"
        else:
            yield from (f"{member} ({why})" for why in _unfit(row, basis, kind, day))
    gateway = known.get(basis.gateway or "")
    if gateway is not None and gateway.to is not None and not set(to) <= set(gateway.to):
        yield "gateway (not to every recipient)"
    for category, named in (
        ("special", basis.special_category),
        ("criminal", basis.criminal_offence),
    ):
        held = [known[citation] for citation in named or [] if citation in known]
        if category in categories and not any(category in (r.categories or []) for r in held):
            yield f"{category}_conditions (none)"
    for citation in (basis.article, *conditions):
        needed = known[citation].needs if citation in known else None
        if needed and not set(needed) & set(conditions):
            yield f"conditions ({citation} stands only with another)"


def _unfit(row: Provision, basis: Basis, kind: str, day: str) -> Iterator[str]:
    if basis.regime not in row.regimes:
        yield "of another regime"
    if (row.since is not None and day < row.since) or (row.until is not None and day >= row.until):
        yield "not in force"
    allowed = row.bodies is None or kind in row.bodies
    if not allowed or kind in (row.excludes or []):
        yield "not for a body of this kind"

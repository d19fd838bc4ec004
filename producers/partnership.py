"""What an agency knows of its partnership: the fold of its own public control views.

Keys by kid, who is admitted, which agreements every party stands behind, whom to telephone.
Each view was proved before it came here (contracts.opened); nothing here decides anything that
the broker decides: it only saves the practitioner from typing what an agreement already says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import get_args

from contracts import base64url, signature
from contracts.agreement import Agreement, Basis
from contracts.context import Use
from contracts.event import control
from contracts.identifier import agency_of
from contracts.opened import View

_USES: dict[str, Use] = {use: use for use in get_args(Use)}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way in which a statement may be sent: for a purpose, on a basis.

    `agreement` is None where several agreements carry it: then it goes under each of them.
    """

    purpose: Use
    basis: Basis
    agreement: str | None


@dataclass(slots=True)
class Partnership:
    """What the public control views seen so far say, in log order."""

    founding: control.Founding | None = None
    agencies: dict[str, control.Agency] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    acts: dict[str, control.Act] = field(default_factory=dict)
    _backers: dict[str, set[str]] = field(default_factory=dict)

    def take(self, view: View) -> None:
        """Take the next public control view in."""
        event = view.statement.event
        agency = agency_of(view.statement.context.source) or ""
        if isinstance(event, control.PartnershipFounded) and self.founding is None:
            self.founding = event.founding
            for founder in event.founding.agencies:
                self._admit(founder)
        elif isinstance(event, control.ActProposed):
            digest = base64url.encode(sha256(control.act_text(event.proposal)).digest())
            self.acts[digest] = event.proposal
            self._back(digest, agency)
        elif isinstance(event, control.ActEndorsed):
            self._back(event.digest, agency)

    def backers(self, digest: str) -> list[str]:
        """List the agencies that stand behind a proposed act."""
        return sorted(self._backers.get(digest, ()))

    def in_force(self, at_ms: int) -> list[Agreement]:
        """List the agreements that bind on the day of a time, by id."""
        today = datetime.fromtimestamp(at_ms / 1000, UTC).date()
        return [
            agreement
            for _, agreement in sorted(self.agreements.items())
            if date.fromisoformat(agreement.effective)
            <= today
            < date.fromisoformat(agreement.expires)
        ]

    def choices(
        self, *, sender: str, event: str, at_ms: int, purpose: str | None = None
    ) -> list[Choice]:
        """List the distinct purposes and bases on which the agreements in force carry an event.

        Args:
            sender: the publishing agency.
            event: the event's name.
            at_ms: the statement's time.
            purpose: only this one, where it was given.
        """
        found: dict[tuple[str, ...], tuple[Basis, set[str]]] = {}
        for agreement in self.in_force(at_ms):
            for leg in agreement.legs:
                if sender not in leg.sender or event not in leg.types:
                    continue
                basis = leg.basis
                same = basis.regime, basis.article, basis.gateway or ""
                for fit in leg.purposes:
                    if purpose in {None, fit}:
                        found.setdefault((fit, *same), (basis, set()))[1].add(agreement.id)
        return [
            Choice(_USES[fit], basis, next(iter(ids)) if len(ids) == 1 else None)
            for (fit, *_), (basis, ids) in found.items()
            if fit in _USES
        ]

    def police_to_ring(self) -> str | None:
        """Give the police duty number for an emergency, named; None where none is known yet."""
        if self.founding is None:
            return None
        first = [self.agencies[i] for i in self.founding.emergency_recipients if i in self.agencies]
        police = [a for a in (*first, *self.agencies.values()) if a.kind == "police"]
        numbers = ((a.title, a.contact.out_of_hours or a.contact.telephone) for a in police)
        return next((f"{title} on {number}" for title, number in numbers if number), None)

    def _admit(self, agency: control.Agency) -> None:
        self.agencies[agency.id] = agency
        self._enrol(agency.keys)

    def _enrol(self, keys: Iterable[control.SourceKey]) -> None:
        for key in keys:
            public_key = base64url.decode(key.public_key)
            self.keys[signature.thumbprint(public_key)] = public_key

    def _back(self, digest: str, agency: str) -> None:
        backers = self._backers.setdefault(digest, set())
        backers.add(agency)
        act = self.acts.get(digest)
        if isinstance(act, control.AgencyAdmitted):
            self._admit(act.agency)
        elif isinstance(act, control.KeyEnrolled):
            # Known is not in force: the broker judges that; a view it delivered can be checked.
            self._enrol([act.key])
        elif isinstance(act, control.AgreementAdopted) and _all_parties(act) <= backers:
            self.agreements[act.agreement.id] = act.agreement


def _all_parties(act: control.AgreementAdopted) -> set[str]:
    return {party.agency for party in act.agreement.parties}

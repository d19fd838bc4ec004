"""What an agency knows of its partnership: the fold of its own public control views.

Keys by kid, who is admitted, which agreements every party stands behind, whom to telephone.
Each view was proved before it came here (contracts.opened); nothing here decides anything that
the broker decides: it only saves the practitioner from typing what an agreement already says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import get_args

from contracts import base64url, signature
from contracts.agreement import Agreement, Basis
from contracts.context import Use
from contracts.event import control
from contracts.form import milliseconds
from contracts.identifier import agency_of
from contracts.opened import View

_USES: dict[str, Use] = {use: use for use in get_args(Use)}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way in which a statement may be sent: for a purpose, on a basis.

    `agreement` is None where several agreements carry it: then it goes under each of them. `to` are
    the agencies that it may go to so; what a leg does not allow the log leaves out.
    """

    purpose: Use
    basis: Basis
    agreement: str | None
    to: frozenset[str]


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential, the agency that issued it, and why it was revoked, where it was."""

    agency: str
    issued: control.CredentialIssued
    revoked: str | None = None

    def ended(self, at_ms: int) -> str | None:
        """Say why it vouches for nobody at a time; None where it does."""
        if self.revoked is not None:
            return f"revoked: {self.revoked}"
        return "expired" if at_ms >= (milliseconds(self.issued.until) or 0) else None


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the log knows it: whose, and whether it was enrolled yet, or has ended."""

    agency: str
    key: control.SourceKey
    enrolled: bool = False
    ended: bool = False


@dataclass(slots=True)
class Partnership:
    """What the public control views seen so far say, in log order."""

    founding: control.Founding | None = None
    rules: control.Rules | None = None
    decider: str = ""
    agencies: dict[str, control.Agency] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    held: dict[str, Key] = field(default_factory=dict)
    versions: dict[str, dict[int, Agreement]] = field(default_factory=dict)
    acts: dict[str, control.Act] = field(default_factory=dict)
    suspect: dict[str, int] = field(default_factory=dict)
    suspended: dict[str, int] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    _backers: dict[str, set[str]] = field(default_factory=dict)

    def take(self, view: View) -> None:
        """Take the next public control view in."""
        event = view.statement.event
        agency = agency_of(view.statement.context.source) or ""
        if isinstance(event, control.PartnershipFounded) and self.founding is None:
            self.founding, self.rules = event.founding, event.founding.rules
            self.decider = event.founding.decider
            for founder in event.founding.agencies:
                self._admit(founder)
        elif isinstance(event, control.ActProposed):
            digest = base64url.encode(sha256(control.act_text(event.proposal)).digest())
            self.acts[digest] = event.proposal
            self._back(digest, agency)
        elif isinstance(event, control.ActEndorsed):
            self._back(event.digest, agency)
        elif isinstance(event, control.CredentialIssued):
            self.credentials[event.credential] = Credential(agency, event)
        elif isinstance(event, control.CredentialRevoked) and event.credential in self.credentials:
            known = self.credentials[event.credential]
            self.credentials[event.credential] = replace(known, revoked=event.reason)

    def take_anew(self, views: Iterable[View]) -> None:
        """Begin anew with these: what was taken in beside them is not known yet."""
        anew = Partnership()
        for one in views:
            anew.take(one)
        for its in fields(anew):  # each at once: who reads meanwhile finds a founding
            setattr(self, its.name, getattr(anew, its.name))

    def backers(self, digest: str) -> list[str]:
        """List the agencies that stand behind a proposed act."""
        return sorted(self._backers.get(digest, ()))

    def acting(self, agency: str) -> str:
        """Give who acts in an agency's place now."""
        while agency in self.successors:
            agency = self.successors[agency]
        return agency

    @property
    def ended(self) -> frozenset[str]:
        """List the keys that sign nothing any more, by thumbprint."""
        return frozenset(kid for kid, key in self.held.items() if key.ended)

    def is_suspect(self, kid: str, at_ms: int) -> bool:
        """Say whether a key was compromised when something signed by it stood at a ledger time."""
        return kid in self.suspect and at_ms >= self.suspect[kid]

    def households_of(self, agency: str, practitioner: str) -> frozenset[str]:
        """List the household tokens of a practitioner, by the credentials their employer issued.

        One that has ended counts: they live where they live.
        """
        issued = (
            one.issued
            for one in self.credentials.values()
            if one.agency == agency and one.issued.practitioner == practitioner
        )
        return frozenset(one.household for one in issued if one.household)

    def holds(self, agency: str, practitioner: str, qualification: str, at_ms: int) -> bool:
        """Say whether a practitioner holds training or vetting, by a credential in force.

        Args:
            agency: their employer, who must have issued it.
            practitioner: by token.
            qualification: its short name.
            at_ms: when, in milliseconds.
        """
        return any(
            held.name == qualification and at_ms < (milliseconds(held.until) or 0)
            for one in self.credentials.values()
            if (one.agency, one.issued.practitioner) == (agency, practitioner)
            and one.ended(at_ms) is None
            for held in one.issued.qualifications
        )

    def in_force(self, at_ms: int) -> list[Agreement]:
        """List the agreements that bind on the day of a time, by id."""
        dated = self._dated(at_ms)
        return [one for one in dated if one.version > self.suspended.get(one.id, 0)]

    def _dated(self, at_ms: int) -> list[Agreement]:
        """List the version of each agreement whose days these are, suspended or not, by id."""
        today = f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}"
        begun = [
            max((one for one in held.values() if one.effective <= today), default=None,
                key=lambda one: one.version)
            for _, held in sorted(self.versions.items())
        ]  # fmt: skip
        return [one for one in begun if one is not None and today < one.expires]

    def newest(self, agreement: str) -> Agreement | None:
        """Give the highest version of an agreement that every party stands behind."""
        held = self.versions.get(agreement)
        return held[max(held)] if held else None

    def choices(
        self, *, sender: str, event: str, at_ms: int, purpose: str | None = None
    ) -> list[Choice]:
        """List the distinct purposes and bases on which the agreements in force carry an event.

        Where none does, those that are suspended: what is held may flow once they bind again.

        Args:
            sender: the publishing agency.
            event: the event's name.
            at_ms: the statement's time.
            purpose: only this one, where it was given.
        """
        for agreements in (self.in_force(at_ms), self._dated(at_ms)):
            found = self._carrying(agreements, sender=sender, event=event, purpose=purpose)
            if found:
                return found
        return []

    def _carrying(
        self, agreements: Iterable[Agreement], *, sender: str, event: str, purpose: str | None
    ) -> list[Choice]:
        """List the distinct purposes and bases on which agreements carry an event."""
        found: dict[tuple[str, ...], tuple[Basis, set[str], set[str]]] = {}
        for agreement in agreements:
            for leg in agreement.legs:
                if sender not in map(self.acting, leg.sender) or event not in leg.types:
                    continue
                basis = leg.basis
                same = basis.regime, basis.article, basis.gateway or ""
                for fit in leg.purposes:
                    if purpose in {None, fit}:
                        _, ids, to = found.setdefault((fit, *same), (basis, set(), set()))
                        ids.add(agreement.id)
                        to.update(map(self.acting, leg.to))
        return [
            Choice(_USES[fit], basis, next(iter(ids)) if len(ids) == 1 else None, frozenset(to))
            for (fit, *_), (basis, ids, to) in found.items()
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
        self._enrol(agency.id, agency.keys, enrolled=True)

    def _enrol(self, agency: str, keys: Iterable[control.SourceKey], *, enrolled: bool) -> None:
        for key in keys:
            public_key = base64url.decode(key.public_key)
            kid = signature.thumbprint(public_key)
            self.keys[kid] = public_key
            if kid not in self.held or (enrolled and not self.held[kid].enrolled):
                self.held[kid] = Key(agency, key, enrolled)

    def _end(self, kid: str) -> None:
        if kid in self.held:
            self.held[kid] = replace(self.held[kid], ended=True)

    def _back(self, digest: str, agency: str) -> None:
        backers = self._backers.setdefault(digest, set())
        backers.add(agency)
        act, founding = self.acts.get(digest), self.founding
        if act is None or founding is None:
            return
        effect = control.is_backed(act, backers, founding.quorums, self.acting)
        # Known is not in force: the broker judges that; a view it delivered can be checked.
        if isinstance(act, control.AgencyAdmitted):
            self._enrol(act.agency.id, act.agency.keys, enrolled=effect)
        elif isinstance(act, (control.KeyEnrolled, control.KeyRotated)):
            self._enrol(act.agency, [act.key], enrolled=effect)
        if effect:
            self._effect(act)

    def _effect(self, act: control.Act) -> None:
        match act:
            case control.AgencyAdmitted():
                self._admit(act.agency)
            case control.AgreementAdopted():
                held = self.versions.setdefault(act.agreement.id, {})
                held[act.agreement.version] = act.agreement
            case control.AgreementSuspended():
                self.suspended[act.agreement] = act.version
            case control.AgencySucceeded():
                self.successors[act.agency] = act.successor
            case control.RulesetAdopted():
                self.rules = act.rules
            case control.DeciderAdopted():
                self.decider = act.decider
            case control.KeyRotated():
                self._end(act.kid)
            case control.KeyRevoked():
                self._end(act.kid)
                if act.invalid_since is not None:
                    since = milliseconds(act.invalid_since) or 0
                    self.suspect[act.kid] = min(since, self.suspect.get(act.kid, since))

"""Agreements, keys, credentials, consent and quarantine, interleaved: the log against a model.

After each step the entry's outcome, level, reasons, duties, recipients and every delivery must be
what `tests.support.model`, written from FORMAT.md alone, says; at the end the whole ledger must
verify, and what waits past its clock be just what the model waits for.
"""

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.duration import HOUR_MS
from tests.support.stranger import concern, sha, text_of
from tests.support.strategies import fixed
from tests.support.twice import (
    ABSENT,
    CASE,
    DAYS,
    DESK,
    GOVERNS,
    HUB,
    LEVEL,
    NAME,
    PEOPLE,
    POLICE,
    REFUSED,
    ROLE,
    TERMS,
    TRAINED,
    Twice,
    credential,
    token,
)
from tests.vectors.ledger import endorsement, founded, key, source_key

EXPECTED = {
    "accepted", "accepted_emergency", "provisional", "quarantined", "rejected",
    "key.unknown", "key_use.revoked", "emergency.signature_unverified",
    "control.act_invalid", "control.act_unknown", "control.not_entitled", "control.not_held",
    "control.author_decides", "control.same_hand", "control.not_waivable", "control.not_night",
    "control.not_originator", "control.refers_to_unknown",
    "provenance.role_missing", "provenance.practitioner_missing", "provenance.below_leg",
    "provenance.qualification_missing", "agreement.no_leg", "agreement.suspended",
    "basis.unfit", "consent.absent", "consent.refused", "consent.override_unfit",
    "quarantine.refused", "quarantine.retracted",
}  # fmt: skip
"""What the examples must come upon."""


class Lifecycles(Twice, RuleBasedStateMachine):
    """One partnership, in which anything may be said next."""

    @initialize()
    def found(self) -> None:
        """Found the partnership; most often an agreement is in force at once."""
        quorums = {"key_enrolled": 2, "agreement_suspended": 2}
        self.govern("mk-csp", "partnership_founded", founded(quorums=quorums))
        self.propose(by="mk-csp", name="isa-a", version=1, terms=0, parties=3, days=(0, 3))
        for who in GOVERNS[1:]:
            self.endorse(by=who, which=0)

    # Time.

    @rule(hours=st.sampled_from([1, 5, 30, 80]))
    def pass_time(self, hours: int) -> None:
        """Let time pass before what is said next: agreements, credentials and clocks run out."""
        self.later += hours * HOUR_MS

    # Agreements.

    @rule(
        by=st.sampled_from(GOVERNS), name=st.sampled_from(["isa-a", "isa-b"]),
        version=st.integers(1, 4), terms=st.integers(0, 2), parties=st.sampled_from([3, 3, 2]),
        days=st.sampled_from([(0, 3), (0, 3), (0, 2), (1, 3)]),
    )  # fmt: skip
    def propose(
        self, by: str, name: str, version: int, terms: int, parties: int, days: tuple[int, int]
    ) -> None:
        """Propose a version of an agreement."""
        some = ("tv-probation", "thames-valley", "mk-hub")[:parties]
        legs = [
            {**one, "from": [n for n in one["from"] if n in some],
             "to": [n for n in one["to"] if n in some]}
            for one in TERMS[terms]
        ]  # fmt: skip
        document = {
            "id": name, "version": version, "title": "Sharing",
            "parties": [{"agency": one, "contact": {}} for one in some],
            "purposes": ["safeguarding"], "legs": legs, "effective": DAYS[days[0]],
            "review": "2012-12-01", "expires": DAYS[days[1]],
        }  # fmt: skip
        self.act(by, {"act": "agreement_adopted", "agreement": document})

    @rule(
        by=st.sampled_from(GOVERNS), name=st.sampled_from(["isa-a", "isa-b"]),
        version=st.integers(1, 3),
    )  # fmt: skip
    def suspend(self, by: str, name: str, version: int) -> None:
        """Propose that nothing flows."""
        act = {"act": "agreement_suspended", "agreement": name, "version": version, "reason": "x"}
        self.act(by, act)

    @rule(by=st.sampled_from(GOVERNS), which=st.integers(0, 3))
    def endorse(self, by: str, which: int) -> None:
        """Stand behind an act proposed lately."""
        self.govern(by, "act_endorsed", endorsement(self.acts[-1 - which % len(self.acts)][0]))

    @precondition(lambda self: self.open())
    @rule(which=st.sampled_from([0, 0, 1]))
    def endorse_all(self, which: int) -> None:
        """Let everybody stand behind an act, until it takes effect."""
        act = self.open()[-1 - which % len(self.open())]
        for by in GOVERNS:
            if act in self.open():
                self.govern(by, "act_endorsed", endorsement(act))

    @rule(terms=st.integers(0, 2))
    def agree(self, terms: int) -> None:
        """Let a higher version bind at once."""
        versions = self.model.versions.get("isa-a", {0: {}})
        self.propose("mk-csp", "isa-a", max(versions) + 1, terms, 3, (0, 3))
        if self.open():
            self.endorse_all(0)

    # Keys.

    @rule(source=st.sampled_from([CASE, POLICE]), by=st.sampled_from(["own", "mk-csp", "mk-hub"]),
          again=st.booleans(), rotates=st.booleans())  # fmt: skip
    def enrol(self, source: str, by: str, *, again: bool, rotates: bool) -> None:
        """Propose a further key of a source, or one in the place of the newest."""
        agency, known = source.partition("/")[0], self.kids[source]
        name = known[-1] if again else f"{source}#{len(known)}"
        old, system = key(known[-1]).kid, source.partition("/")[2]
        enrolled = source_key(agency, system, held=key(name))
        act = {"act": "key_enrolled", "agency": agency, "key": enrolled}
        if rotates:
            act = {"act": "key_rotated", "agency": agency, "kid": old, "key": enrolled}
        if not again:
            known.append(name)
        self.act(agency if by == "own" else by, act)

    @rule(source=st.sampled_from([CASE, POLICE]), by=st.sampled_from(["own", "mk-csp", "mk-hub"]),
          newest=st.booleans(), hours=st.sampled_from([None, -90, -5, 0, 2]))  # fmt: skip
    def revoke(self, source: str, by: str, *, newest: bool, hours: int | None) -> None:
        """Propose that a key ends, and since when what it signed is suspect."""
        agency = source.partition("/")[0]
        kid = key(self.kids[source][-1 if newest else 0]).kid
        act = {"act": "key_revoked", "agency": agency, "kid": kid, "reason": "compromised"}
        if hours is not None:
            act["invalid_since"] = self.instant(hours)
        self.act(agency if by == "own" else by, act)

    # Credentials.

    @rule(who=st.sampled_from(PEOPLE[:2]), hours=st.sampled_from([-1, 6, 100, 100]),
          trained=st.sampled_from([None, 3, 50]), again=st.booleans())  # fmt: skip
    def issue(self, who: str, hours: int, trained: int | None, *, again: bool) -> None:
        """Vouch for a practitioner of probation, for a while."""
        until = self.instant(hours)
        held = [] if trained is None else [{"name": "dash_trained", "until": self.instant(trained)}]
        if not (again and self.credentials):
            shown_ = credential(who, until, held, self.draw)
            self.credentials.append((who, shown_, sha(shown_.partition("~")[0].encode())))
        issued = {
            "credential": self.credentials[-1][2], "practitioner": token(who), "role": "officer",
            "until": until, **({"qualifications": held} if held else {}),
        }  # fmt: skip
        self.govern("tv-probation", "credential_issued", issued)

    @precondition(lambda self: self.credentials)
    @rule(by=st.sampled_from(["tv-probation", "tv-probation", "mk-hub"]), which=st.integers(0, 2))
    def withdraw(self, by: str, which: int) -> None:
        """Say that a credential vouches for nobody any more."""
        digest = self.credentials[-1 - which % len(self.credentials)][2]
        lost = {"credential": digest, "reason": "lost"}
        self.govern(by, "credential_revoked", lost)

    # Reports, and who they are kept from.

    @rule(
        source=st.sampled_from([CASE, CASE, CASE, POLICE]),
        under=st.sampled_from(["live"] * 4 + ["first", "last"]),
        basis=st.sampled_from([True] * 5 + [False]),
        event=st.sampled_from(["concern_reported", "contact_recorded"]),
        urgency=st.sampled_from(["routine", "urgent", "threat_to_life"]),
        lacking=st.sampled_from(["", "", "role", "practitioner"]), shows=st.booleans(),
        who=st.sampled_from(PEOPLE[:2]), consent=st.sampled_from([0, 1, 2, 3, 3, 4, 5]),
    )  # fmt: skip
    def report(
        self, source: str, event: str, urgency: str, lacking: str, who: str, consent: int,
        under: str, *, shows: bool, basis: bool,
    ) -> None:  # fmt: skip
        """Report something of two people, one of whom may have been asked."""
        sections = concern(self.draw)
        hers, his = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
        sections["person.1.part"]["part"] = "victim"
        sections["person.2.part"]["part"] = "alleged_perpetrator"
        sections["provenance"] = self.named(who, lacking=lacking, shows=shows)
        if event == "contact_recorded":
            for name in ("concern", "relationship", "asked"):
                del sections["event"][name]
            sections["event"] |= {"contact": "visit"}
        state = ("given", "given", "refused", "refused", None, None)[consent]
        if state is not None:
            sections["consent"] = {"views": [{"subject": hers, "state": state}]}
        if consent in {3, 4}:
            override = {
                "ground": "serious_harm_to_others", "by": "A. Guardian", "role": "Guardian",
                "reason": "x", "of": [hers],
                "at_risk": [text_of(b"c" * 16) if consent == 4 else his],
            }  # fmt: skip
            sections.setdefault("consent", {"views": []})["override"] = override
        changes = {} if basis else {"basis": None}
        self.write(
            source, event, sections, under=under, tokens=[hers, his], urgency=urgency, **changes
        )

    @rule(
        event=st.sampled_from(["concern_reported", "contact_recorded"]),
        who=st.sampled_from(PEOPLE[:2]), shows=st.sampled_from([True, True, False]),
        consent=st.sampled_from([0, 0, 5]),
    )  # fmt: skip
    def report_whole(self, event: str, who: str, consent: int, *, shows: bool) -> None:
        """Report something that lacks nothing, or nothing but the credential or her word."""
        self.report(CASE, event, "routine", "", who, consent, "live", shows=shows, basis=True)

    @rule(source=st.sampled_from([CASE, POLICE, HUB]), which=st.integers(0, 5), other=st.booleans(),
          state=st.sampled_from(["given", "given", "refused", "withdrawn"]),
          lacking=st.sampled_from(["", "", "", "role"]))  # fmt: skip
    def consent(self, source: str, which: int, state: str, lacking: str, *, other: bool) -> None:
        """Record what somebody said of sharing, or of somebody who is in no statement of ours."""
        found = self.some(which)
        if found is None:
            return
        subject = text_of(b"o" * 16) if other and which == 0 else found[3][0]
        event = {
            "views": [{"subject": subject, "state": state}],
            "asked_by": "x",
            "asked_alone": True,
        }
        self.about(source, "consent_recorded", event, [found[1]], lacking=lacking)

    @rule(
        source=st.sampled_from([HUB, POLICE, CASE]),
        which=st.integers(0, 5),
        other=st.integers(0, 5),
    )
    def link(self, source: str, which: int, other: int) -> None:
        """Say that the first persons of two statements are one."""
        found = [one for one in (self.some(which), self.some(other)) if one is not None]
        if found:
            event = {"subjects": [one[3][0] for one in found], "matcher": "x", "basis": "x"}
            self.about(source, "persons_linked", event, [one[1] for one in found])

    @rule(source=st.sampled_from([CASE, CASE, POLICE]), which=st.integers(0, 5))
    def retract(self, source: str, which: int) -> None:
        """Take a statement back."""
        if self.reports:
            about = self.reports[-1 - which % len(self.reports)][1]
            event = {"statement": about, "reason": "mistaken", "by": "x"}
            self.about(source, "statement_retracted", event, [about])

    # Quarantine.

    @precondition(lambda self: self.model.held)
    @rule(source=st.sampled_from([CASE, CASE, CASE, POLICE]), which=st.integers(0, 3),
          lacking=st.sampled_from(["", "", "role"]), shows=st.booleans())  # fmt: skip
    def supply(self, source: str, which: int, lacking: str, *, shows: bool) -> None:
        """Supply the provenance of what is held."""
        found = self.waits(which)
        if found is not None:
            about = found[1]
            self.about(
                source, "provenance_supplied", {"statement": about}, [about],
                who="officer", lacking=lacking, shows=shows,
            )  # fmt: skip

    @precondition(lambda self: self.model.held or self.model.confirming)
    @rule(
        source=st.sampled_from([DESK] * 5 + [HUB]), who=st.sampled_from(PEOPLE),
        decision=st.sampled_from(["release", "refuse"]), which=st.integers(0, 3),
        waived=st.sampled_from([[ROLE], [ROLE, NAME], [], [TRAINED, REFUSED], ["basis.unfit"]]),
        alone=st.sampled_from([False, False, True]),
    )  # fmt: skip
    def release(
        self, source: str, who: str, decision: str, which: int, waived: list[str], *, alone: bool
    ) -> None:
        """Decide at the quarantine desk, whether or not one may."""
        found = self.waits(which)
        if found is not None:
            event = {
                "statement": found[2], "decision": decision, "waived": waived, "reason": "x",
                "by": "x", **({"alone": True} if alone else {}),
            }  # fmt: skip
            self.about(source, "release_decided", event, [], who=who)

    @precondition(lambda self: self.model.held)
    @rule(which=st.integers(0, 3), decision=st.sampled_from(["release", "release", "refuse"]),
          alone=st.sampled_from([False, False, True]))  # fmt: skip
    def decide(self, which: int, decision: str, *, alone: bool) -> None:
        """Let two decide alike on what is held, whatever is missing; or one at night, then two."""
        for who in PEOPLE[1:]:
            waived = [ROLE, NAME, LEVEL, TRAINED, ABSENT]
            self.release(DESK, who, decision, which, waived, alone=alone and who == PEOPLE[1])

    @rule(which=st.integers(0, 20))
    def send_again(self, which: int) -> None:
        """Send exact bytes a second time: nothing changes."""
        self.say(*self.said[-1 - which % len(self.said)])


def test_every_step_of_interleaved_life_cycles_is_what_the_model_says() -> None:
    """What governs moves under what is said: no order of the two may let anything slip."""
    run_state_machine_as_test(
        Lifecycles,
        settings=settings(
            # With fewer, no life meets each reason.
            fixed(250), max_examples=250, stateful_step_count=50,
            phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    missed = EXPECTED - set(Lifecycles.met)
    assert not missed, "the law is only as good as what it meets"

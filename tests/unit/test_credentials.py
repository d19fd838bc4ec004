"""What a credential is worth: the level that the log bears out, and what training lets pass.

The home, the outbox and the statements are the real ones; the log is in memory.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from contracts import base64url, credential, signature
from contracts.draft import Draft
from contracts.duration import DAY_MS
from contracts.event.control import Held
from contracts.opened import open_receipt
from producers.home import Reporter
from producers.saying import provenance_of
from tests.support.reports import concern
from tests.support.speaking import Speaker, adopt
from tests.support.stranger import octets_of, seeded
from tests.vectors.ledger import CLOCK_MS, agreement, key

OWN, OTHER = bytes(range(32)), bytes(range(1, 33))
"""Private seeds of practitioners."""
NEXT_YEAR, SOON = "2013-05-01T00:00:00.000Z", "2012-05-03T00:00:00.000Z"
WHO = Reporter(
    name="A. Officer", role="probation officer", mailbox="duty@probation.example",
    how_known="told_by_subject",
)  # fmt: skip
ORDER = [
    "id", "from", "to", "types", "purposes", "level", "sections", "basis", "recipient_basis",
    "categories", "provenance", "qualifications", "when", "consent", "retention_days",
    "owes_response",
]  # fmt: skip


class Practice:
    """A probation officer who reports, and the employers who vouch for somebody."""

    def __init__(self, folder: Path) -> None:
        self.speaker = Speaker(folder)
        self.speaker.read()
        self.town = self.speaker.town
        self.token = self.speaker.outbox.token_for("practitioner", "A. Officer")

    def vouch(
        self,
        *,
        by: str = "tv-probation",
        until: str = NEXT_YEAR,
        qualifications: list[Held] | None = None,
        name: str = "A. Officer",
        sub: str | None = None,
        on_log: bool = True,
    ) -> str:
        """Issue a credential to the officer, keep it in the home, and give its digest."""
        held, token = key(f"{by}/control"), sub or self.token
        written = credential.Credential(
            iss=by, partnership="mk-now", sub=token, role="probation officer", organisation=by,
            until=until, qualifications=qualifications or [],
            public_key=base64url.encode(signature.public_key_of(OWN)),
        )  # fmt: skip
        text = credential.issue(
            written, {"name": name, "register": "SWE 1"}, sign=held.private.sign, kid=held.kid,
            random_bytes=seeded(f"{by}/{until}/{qualifications}/{name}"),
        )  # fmt: skip
        self.speaker.home.keep_credential(self.token, text)
        digest = credential.digest_of(text)
        event = {
            "credential": digest, "practitioner": token, "role": "probation officer",
            "until": until,
            "qualifications": [{"name": q.name, "until": q.until} for q in qualifications or []],
            "public_key": written.public_key,
        }  # fmt: skip
        if on_log:
            self.govern(by, "credential_issued", {k: v for k, v in event.items() if v != []})
        return digest

    def govern(self, agency: str, event: str, value: Mapping[str, object]) -> None:
        """Say public control, and let it flow."""
        self.town.played.govern(agency, event, dict(value))
        self.town.flow()
        self.speaker.read()

    def report(self, endorser: bytes | None = None) -> tuple[str | None, str, list[str]]:
        """Report; give the level that the log bears out, the outcome and the reasons."""
        said = self.draft()
        self.speaker.outbox.publish(said, endorser=endorser)
        self.speaker.send()
        self.speaker.read()
        receipt = open_receipt(self.speaker.row(said.id)["receipt"], self.speaker.home.trust)
        codes = [str(one.code) for one in receipt.part.reasons]
        return receipt.decision.level, receipt.part.outcome, codes

    def draft(self) -> Draft:
        """Draft a report by the officer, with whatever credential the home has for her."""
        whole = concern(self.speaker.outbox)
        who = msgspec.Raw(msgspec.json.encode(provenance_of(self.speaker.outbox, WHO)))
        return msgspec.structs.replace(whole, sections={**whole.sections, "provenance": who})

    def demand(self, **leg: object) -> None:
        """Put a stricter version of the agreement in force."""
        first = {**agreement()["agreement"]["legs"][0], **leg}
        legs = [{name: first[name] for name in ORDER if name in first}]
        adopt(self.town, version=2, legs=legs)
        self.speaker.read()


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    """Nobody vouches for anybody yet."""
    return Practice(tmp_path / "home")


def test_named_then_credentialed_then_endorsed(practice: Practice) -> None:
    """Each level is what the log bears out, never what the statement claims of itself."""
    assert practice.report() == ("named", "accepted", [])
    practice.vouch(on_log=False)
    assert practice.report()[0] == "named"
    practice.vouch()
    assert practice.report()[0] == "credentialed"
    assert practice.report(OTHER)[0] == "credentialed"
    assert practice.report(OWN)[0] == "endorsed"


def test_only_the_name_of_a_credential_leaves_the_home(practice: Practice) -> None:
    """A register's number identifies somebody for good; whoever reads the report needs it not."""
    practice.vouch()
    shown = practice.speaker.home.credential(practice.token)
    assert shown is not None
    held = credential.open_credential(shown, lambda _: key("tv-probation/control").public)
    assert held.disclosed == {"name": "A. Officer"}
    raw = practice.speaker.row(practice.speaker.say(practice.draft()))["raw"]
    _, sections = practice.speaker.opened(raw)
    _, *disclosures, end = sections["provenance"]["credential"].split("~")
    assert [json.loads(octets_of(one))[1:] for one in disclosures] == [["name", "A. Officer"]]
    assert not end


def test_an_ended_credential_vouches_for_nobody(practice: Practice) -> None:
    """Who left, or let training lapse, is named like anybody else from that moment on."""
    digest = practice.vouch()
    assert practice.report()[0] == "credentialed"
    revoked = {"credential": digest, "reason": "left_service"}
    practice.govern("tv-probation", "credential_revoked", revoked)
    assert practice.report(OWN) == ("named", "accepted", [])
    practice.vouch(until=SOON)
    assert practice.report()[0] == "credentialed"
    practice.town.log.clock_ms = CLOCK_MS + 2 * DAY_MS
    assert practice.report(OWN)[0] == "named"


@pytest.mark.parametrize(
    "foreign", [{"by": "mk-hub"}, {"name": "B. Other"}, {"sub": "B" * 22}], ids=str
)
def test_a_foreign_credential_is_not_counted(practice: Practice, foreign: dict[str, str]) -> None:
    """Another employer's word, another name, another person: none of them says who this is."""
    practice.vouch(**foreign)  # type: ignore[arg-type]
    assert practice.report(OWN)[0] == "named"


def test_an_employer_revokes_its_own_credentials_alone(practice: Practice) -> None:
    """Else one agency could silence another's practitioners."""
    digest = practice.vouch()
    revoked = {"credential": digest, "reason": "suspended"}
    practice.govern("mk-hub", "credential_revoked", revoked)
    assert practice.report()[0] == "credentialed"


def test_a_leg_that_demands_a_credential_holds_what_is_only_named(practice: Practice) -> None:
    """The parties agreed what they rely on; it is held with its remedy, never lost."""
    practice.demand(provenance="credentialed")
    below = ("named", "quarantined", ["provenance.below_leg"])
    assert practice.report() == below
    practice.vouch()
    assert practice.report() == ("credentialed", "accepted", [])


def test_a_leg_that_demands_an_endorsement_takes_nothing_less(practice: Practice) -> None:
    """What an outbox signs is the agency's word; here the practitioner's own is asked for."""
    practice.demand(provenance="endorsed")
    practice.vouch()
    assert practice.report() == ("credentialed", "quarantined", ["provenance.below_leg"])
    assert practice.report(OTHER)[1] == "quarantined"
    assert practice.report(OWN) == ("endorsed", "accepted", [])


def test_training_and_vetting_gate_who_may_send(practice: Practice) -> None:
    """R08-R13: who is not trained or vetted, or no longer, is heard, and held until somebody is."""
    practice.demand(qualifications=["dash_trained", "vetted"])
    untrained = ["provenance.qualification_missing"]
    assert practice.report() == ("named", "quarantined", untrained)
    practice.vouch(qualifications=[Held("dash_trained", NEXT_YEAR)])
    assert practice.report() == ("credentialed", "quarantined", untrained)
    practice.vouch(qualifications=[Held("dash_trained", SOON), Held("vetted", NEXT_YEAR)])
    assert practice.report() == ("credentialed", "accepted", [])
    practice.town.log.clock_ms = CLOCK_MS + 2 * DAY_MS
    assert practice.report() == ("credentialed", "quarantined", untrained)


def test_a_damaged_credential_stops_nothing(practice: Practice) -> None:
    """A broken file at night must not keep a warning back: it goes as named."""
    practice.vouch()
    (practice.speaker.home.folder / "credentials" / f"{practice.token}.jwt").write_text("a~b")
    assert practice.report() == ("named", "accepted", [])


def test_a_credential_that_discloses_a_name_twice_is_none(practice: Practice) -> None:
    """Two readers would read two names out of one signature."""
    practice.vouch()
    shown = practice.speaker.home.credential(practice.token)
    assert shown is not None
    jws, name, end = shown.split("~")
    public = practice.town.log.state.public_keys.get
    assert set(credential.open_credential(shown, public).disclosed) == {"name"}
    with pytest.raises(credential.NoCredential):
        credential.open_credential(f"{jws}~{name}~{name}~{end}", public)

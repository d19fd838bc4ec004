"""A partnership played twice: on the broker, and on a model that was written from FORMAT.md alone.

Whatever is said is submitted to both, and must come to the same.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar

from broker.core.written import Written
from consumers.audit.container import Export
from consumers.audit.verdict import Trusted
from consumers.audit.verify import verify
from contracts.duration import HOUR_MS
from tests.support.auditor import export_of
from tests.support.model import Model
from tests.support.shown import Answer, Duty, Given
from tests.support.stranger import Writer, concern, seeded, sha, text_of
from tests.support.telling import FAR_MS, Sent, Telling
from tests.vectors.ledger import BASIS, PARTNERSHIP, POLICE_BASIS, compact, key

CASE, POLICE, HUB, DESK = (
    "tv-probation/case", "thames-valley/intelligence", "mk-hub/safeguarding", "mk-csp/desk",
)  # fmt: skip
GOVERNS = ("mk-csp", "tv-probation", "thames-valley", "mk-hub")
DAYS = ("2012-01-01", "2012-05-03", "2012-05-05", "2013-01-01")
PEOPLE = ("officer", "second", "third")
"""Practitioners; the first writes most reports, and so may not release them."""
ROLE, NAME, LEVEL, TRAINED, REFUSED, ABSENT = (
    "provenance.role_missing", "provenance.practitioner_missing", "provenance.below_leg",
    "provenance.qualification_missing",
    "consent.refused",
    "consent.absent",
)  # fmt: skip


def leg(name: str, kind: str, to: list[str], **more: Any) -> dict[str, Any]:
    """Write a leg, its members in the order of FORMAT.md."""
    whole = ["event", "provenance", "person.identity", "person.part", "narrative"]
    found: dict[str, Any] = {
        "id": name, "from": ["tv-probation", "thames-valley", "mk-hub"], "to": to, "types": [kind],
        "purposes": ["safeguarding"], "level": "full", "sections": more.pop("sections", whole),
        "basis": BASIS, "recipient_basis": POLICE_BASIS, "provenance": None,
        "qualifications": None, "consent": None, "retention_days": 2190, "owes_response": None,
        **more,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


FORCE, BOTH = ["thames-valley"], ["mk-hub", "thames-valley"]
CONSENTED = {"of": ["victim"], "overrides": ["serious_harm_to_others"]}
TERMS = (
    [
        leg("concern", "concern_reported", FORCE, owes_response=True),
        leg("contact", "contact_recorded", BOTH, consent=CONSENTED),
    ],
    [
        leg("concern", "concern_reported", BOTH, provenance="credentialed"),
        leg("contact", "contact_recorded", FORCE, qualifications=["dash_trained"]),
        leg("said", "consent_recorded", BOTH, sections=["event", "cause"]),
    ],
    [
        leg("concern", "concern_reported", BOTH, sections=["event", "person.identity@victim"]),
        leg("first", "contact_recorded", BOTH, consent={"of": ["person.1"]}),
        leg("supplied", "provenance_supplied", FORCE, sections=["event", "provenance"]),
    ],
)


class Twice:
    """One partnership, its sources and what they said so far."""

    met: ClassVar[Counter[str]] = Counter()
    """Outcomes and reason codes that came up, over all examples."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.telling, self.model, self.draw = Telling(FAR_MS), Model(), seeded("lifecycles")
        self.later = 0
        self.writers: dict[tuple[str, str], Writer] = {}
        self.kids: dict[str, list[str]] = {CASE: [CASE], POLICE: [POLICE]}
        """Names of the keys that were ever proposed, by source."""
        self.reports: list[tuple[str, str, str, list[str]]] = []
        """(source, id, digest, subject tokens) of all that was said of people."""
        self.acts: list[tuple[dict[str, Any], str]] = []
        """What was proposed, with its digest."""
        self.credentials: list[tuple[str, str, str]] = []
        """(who, as shown, digest)."""
        self.said: list[tuple[str, bytes]] = []

    # What is said, and what comes of it.

    def say(self, agency: str, raw: bytes) -> Answer:
        """Submit bytes, and hold what comes of them to what the model says."""
        (written,) = self.telling.tell([Sent(agency, raw, self.later)])
        self.later = 0
        expected = self.model.take(agency, raw, written.recorded.head.ledger_time)
        assert written.recorded.head.ledger_time == self.telling.at_ms
        assert shown(written) == told(expected)
        self.said.append((agency, raw))
        rows = [(expected.outcome, expected.reasons), *(one[1:3] for one in expected.anew)]
        self.met.update([outcome for outcome, _ in rows])
        self.met.update([code for _, reasons in rows for code, _ in reasons])
        return expected

    def writer(self, source: str, name: str) -> Writer:
        if (source, name) not in self.writers:
            self.writers[source, name] = Writer(
                key(name), f"/agencies/{source}", PARTNERSHIP, self.draw,
                stream=text_of(self.draw(16)),
            )  # fmt: skip
        return self.writers[source, name]

    def govern(self, agency: str, event: str, value: dict[str, Any]) -> Answer:
        source = f"{agency}/control"
        outbox = self.writer(source, source)
        context = outbox.context(event, purpose="governance", basis=None, classification="OFFICIAL")
        return self.say(agency, outbox.write(context, {"event": value}))

    def write(
        self, source: str, event: str, sections: dict[str, Any], *, under: str = "live",
        tokens: list[str] | None = None, **changes: Any,
    ) -> None:  # fmt: skip
        """Say something of people: under the newest key in force, or the first or last there is."""
        names = self.kids.get(source, [source])
        live = [name for name in names if self._is_live(name)] or names
        used = {"live": live[-1], "first": names[0], "last": names[-1]}[under]
        outbox = self.writer(source, used)
        context = outbox.context(event, **changes)
        raw = outbox.write(context, sections)
        digest = sha(raw.partition(b"~")[0])
        self.reports.append((source, context["id"], digest, tokens or []))
        self.say(source.partition("/")[0], raw)

    def _is_live(self, name: str) -> bool:
        held = self.model.keys.get(key(name).kid)
        return held is not None and not held.ended

    def named(self, who: str, *, lacking: str = "", shows: bool = False) -> dict[str, Any]:
        """Name a practitioner; one who shows a credential shows the newest that was issued them."""
        given = dict(concern(seeded(who))["provenance"])
        given["practitioner"] = {"token": token(who), "name": who}
        held = [text for name, text, _ in self.credentials if name == who]
        if shows and held:
            given["credential"] = held[-1]
        return {name: value for name, value in given.items() if name != lacking}

    def instant(self, hours: int) -> str:
        at = self.telling.at_ms + self.later + hours * HOUR_MS
        return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def act(self, by: str, act: dict[str, Any]) -> None:
        self.acts.append((act, sha(compact(act))))
        self.govern(by, "act_proposed", {"proposal": act})

    def open(self) -> list[dict[str, Any]]:
        """List the acts that were proposed, and wait for hands."""
        gone: tuple[Any, list[str], bool] = (None, [], True)
        return [act for act, said in self.acts if not self.model.acts.get(said, gone)[2]]

    def some(self, which: int) -> tuple[str, str, str, list[str]] | None:
        """Give a late statement that has people in it."""
        found = [one for one in self.reports if one[3]]
        return found[-1 - which % len(found)] if found else None

    def about(
        self, source: str, event: str, value: dict[str, Any], causes: list[str], *,
        who: str = "second", **given: Any,
    ) -> None:  # fmt: skip
        sections = {
            "event": value,
            **{f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)},
            "provenance": self.named(who, **given),
        }
        self.write(source, event, sections)

    def waits(self, which: int) -> tuple[str, str, str, list[str]] | None:
        """Give something that is held or was lately, if anything is."""
        wait = {*self.model.held, *self.model.confirming}
        found = [one for one in self.reports if one[2] in wait]
        found = found or self.reports[-1:]
        return found[-1 - which % len(found)] if found else None

    def teardown(self) -> None:
        """Verify the whole ledger, and what is overdue in it."""
        if not self.said:
            return
        self.telling.deliver()
        entries, trust = self.telling.entries, self.telling.trust
        kept = {
            one.recorded.head.statement or "": one.disclosures
            for one in entries
            if one.disclosures is not None
        }
        files = export_of(
            PARTNERSHIP, [one.record for one in entries], kept, self.telling.checkpoints
        )
        trusted = Trusted(partnership=trust.partnership, origin=trust.origin, log_key=trust.log_key)
        verdict = verify(Export.held(files), trusted)
        assert verdict.exit in {0, 1}
        assert verdict.decided == len(entries)
        late = next((one.entries for one in verdict.found if one.name == "quarantine.overdue"), [])
        assert late == self.model.overdue(entries[-1].recorded.head.ledger_time)[:20]


def token(who: str) -> str:
    """Give a practitioner's token."""
    return text_of(sha256(who.encode()).digest()[:16])


def credential(
    who: str, until: str, held: list[dict[str, str]], draw: Callable[[int], bytes]
) -> str:
    """Write a credential that discloses the name: FORMAT.md, Credentials."""
    disclosure = text_of(compact([text_of(draw(16)), "name", who]))
    body = {
        "iss": "tv-probation", "partnership": PARTNERSHIP, "sub": token(who), "role": "officer",
        "organisation": "Probation", "until": until, "qualifications": held,
        "_sd": [sha(disclosure.encode())],
    }  # fmt: skip
    signer = key(CASE)
    head = {"alg": "Ed25519", "kid": signer.kid, "typ": "candour-credential+sd-jwt"}
    signed = f"{text_of(compact(head))}.{text_of(compact(body))}"
    return f"{signed}.{text_of(signer.private.sign(signed.encode()))}~{disclosure}~"


def shown(written: Written) -> dict[str, Any]:
    """Give what an entry decides."""
    decision, items = written.recorded.decision, written.recorded.items
    assert decision is not None
    if items:
        (item,) = items
        return {
            "outcome": decision.outcome,
            "reasons": [(str(one.code), tuple(one.fields)) for one in item.reasons],
            "again": item.index,
        }
    return {
        "outcome": decision.outcome,
        "reasons": [(str(one.code), tuple(one.fields)) for one in decision.reasons],
        "level": decision.level,
        "recipients": decision.recipients,
        "duties": [duty(one) for one in decision.duties],
        "anew": [
            (one.statement, one.outcome, [(str(r.code), tuple(r.fields)) for r in one.reasons],
             one.recipients)
            for one in decision.redecided
        ],
        "deliveries": [
            Given(
                one.statement, one.to, one.leg, tuple(one.sections), tuple(one.marks),
                tuple(duty(d) for d in one.duties), tuple(str(r.code) for r in one.reasons),
            )
            for one in written.deliveries
        ],
    }  # fmt: skip


def duty(one: Any) -> Duty:
    """Give what counts of a duty."""
    return Duty(one.kind, one.statement, one.agency, one.due_at)


def told(answer: Answer) -> dict[str, Any]:
    """Give what the model says of an entry, in the same shape."""
    if answer.again is not None or (answer.outcome == "rejected" and not answer.deliveries):
        return {"outcome": answer.outcome, "reasons": answer.reasons, "again": answer.again}
    return {
        "outcome": answer.outcome, "reasons": answer.reasons, "level": answer.level,
        "recipients": answer.recipients, "duties": answer.duties,
        "anew": [tuple(one) for one in answer.anew], "deliveries": answer.deliveries,
    }  # fmt: skip

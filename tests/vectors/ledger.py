"""The small partnership that vectors are played in: founded, one agreement, four agencies."""

import hashlib
import json
from datetime import datetime
from functools import cache
from typing import Any

from tests.support.stranger import COMPACT, Key, Writer, seeded, sha, text_of

PARTNERSHIP = "mk-now"
CLOCK_MS = round(datetime.fromisoformat("2012-05-01T09:30:00+00:00").timestamp() * 1000)
AGENCIES = {
    "mk-csp": ("community_safety", ["desk"]),
    "tv-probation": ("probation", ["case", "night"]),
    "thames-valley": ("police", ["intelligence"]),
    "mk-hub": ("safeguarding_hub", ["safeguarding"]),
}
BASIS = {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e", "gateway": "cda_1998.115"}
POLICE_BASIS = {"regime": "dpa_2018_part_3", "article": "dpa_2018.35"}


@cache
def key(name: str) -> Key:
    """Make the key that a name stands for."""
    return Key.of(hashlib.sha256(f"candour-vector/{name}".encode()).digest())


def compact(value: Any) -> bytes:
    """Write JSON as what is endorsed by digest is written: FORMAT.md, One spelling."""
    return json.dumps(value, separators=COMPACT, ensure_ascii=False).encode()


def source_key(
    agency: str, system: str, *, partnership: str = PARTNERSHIP, held: Key | None = None
) -> dict[str, Any]:
    """Enrol a source's first key, or another: for control at `control`, else for statements."""
    held, source = held or key(f"{agency}/{system}"), f"/agencies/{agency}/{system}"
    public = text_of(held.public)
    text = f"candour-key-possession\n{partnership}\n{source}\n{public}\n"
    return {
        "source": source,
        "public_key": public,
        "purpose": ["control"] if system == "control" else ["statements"],
        "possession": text_of(held.private.sign(text.encode())),
    }


def agency(name: str) -> dict[str, Any]:
    """Describe an agency as it is admitted."""
    kind, systems = AGENCIES.get(name, ("housing", ["case"]))
    return {
        "id": name,
        "title": name.replace("-", " ").title(),
        "kind": kind,
        "contact": {"mailbox": f"duty@{name}.example", "telephone": "01632 960000"},
        "keys": [source_key(name, system) for system in ("control", *systems)],
    }


def founding(*, exercise: bool = False) -> dict[str, Any]:
    """Write the founding document."""
    return {
        "id": PARTNERSHIP,
        "title": "Milton Keynes",
        "exercise": exercise,
        "law_as_of": "2012-05-01",
        "time_zone": "Europe/London",
        "log_key": text_of(key("log").public),
        "governance": "mk-csp",
        "agencies": [agency(name) for name in AGENCIES],
        "quorums": {"agency_admitted": 2},
        "emergency_recipients": ["thames-valley", "mk-hub"],
        "alternates": {"thames-valley": "mk-hub"},
        "rules": {
            "version": "1",
            "response_hours": 72,
            "response_hours_urgent": 24,
            "provenance_hours": 72,
            "provenance_hours_urgent": 4,
            "emergency_hours": 24,
            "research_hours_urgent": 24,
            "research_hours_routine": 72,
            "alert_hours": 4,
            "same_origin_days": 7,
            "roles": {"police": "duty_inspector", "other": "duty_manager"},
            "unverified_emergencies": True,
        },
        "decider": "candour-decide/2",
    }


def founded(*, exercise: bool = False, **changes: Any) -> dict[str, Any]:
    """Write the event of entry 0, signed by every founding agency."""
    document = {**founding(exercise=exercise), **changes}
    text = b"candour-founding\n" + compact(document)
    signed = [(name, key(f"{name}/control")) for name in AGENCIES]
    return {
        "founding": document,
        "signatures": [
            {"agency": name, "kid": held.kid, "signature": text_of(held.private.sign(text))}
            for name, held in signed
        ],
    }


def agreement(**changes: Any) -> dict[str, Any]:
    """Write the act that adopts the agreement."""
    sections = ["event", "provenance", "person.identity", "person.part", "narrative"]
    leg = {
        "id": "concern-to-police",
        "from": ["tv-probation"],
        "to": ["thames-valley"],
        "types": ["concern_reported"],
        "purposes": ["safeguarding"],
        "level": "full",
        "sections": sections,
        "basis": BASIS,
        "recipient_basis": POLICE_BASIS,
        "retention_days": 2190,
        "owes_response": True,
    }
    consented = {
        **leg,
        "id": "contact-to-police",
        "types": ["contact_recorded"],
        "consent": {"of": ["unassessed"], "overrides": ["serious_harm_to_others"]},
    }
    order = [*list(leg)[:9], "consent", *list(leg)[9:]]
    document = {
        "id": "mk-isa",
        "version": 1,
        "title": "Milton Keynes information sharing",
        "parties": [
            {"agency": name, "contact": {"telephone": "01632 960001"}}
            for name in ("tv-probation", "thames-valley", "mk-hub")
        ],
        "purposes": ["safeguarding"],
        "legs": [leg, {name: consented[name] for name in order}],
        "effective": "2012-01-01",
        "review": "2012-12-01",
        "expires": "2013-01-01",
        **changes,
    }
    return {"act": "agreement_adopted", "agreement": document}


def endorsement(act: dict[str, Any]) -> dict[str, Any]:
    """Write the event that endorses an act by its digest."""
    return {"act": act["act"], "digest": sha(compact(act))}


class Played:
    """Submissions in the order in which they reach their topics, and who wrote each."""

    def __init__(self, seed: str) -> None:
        """Begin with nothing; `seed` fixes every salt, decoy and id."""
        self.draw = seeded(seed)
        self.submissions: list[dict[str, Any]] = []
        self._writers: dict[str, Writer] = {}

    def writer(self, source: str, **changes: Any) -> Writer:
        """Give the outbox of `<agency>/<system>`."""
        if source not in self._writers or changes:
            self._writers[source] = Writer(
                changes.pop("key", key(source)), f"/agencies/{source}",
                changes.pop("partnership", PARTNERSHIP), self.draw,
                stream=text_of(self.draw(16)), **changes,
            )  # fmt: skip
        return self._writers[source]

    def send(self, agency_id: str, raw: bytes) -> bytes:
        """Put bytes on an agency's submissions topic."""
        text = {"agency": agency_id, "submission": {"text": raw.decode()}}
        self.submissions.append(text)
        return raw

    def say(self, source: str, event: str, sections: dict[str, Any], **changes: Any) -> bytes:
        """Write a statement from `<agency>/<system>` and send it through its own topic."""
        outbox = self.writer(source)
        raw = outbox.write(outbox.context(event, **changes), sections)
        return self.send(source.partition("/")[0], raw)

    def govern(self, name: str, event: str, value: dict[str, Any]) -> bytes:
        """Say public control with an agency's control key."""
        return self.say(
            f"{name}/control", event, {"event": value}, purpose="governance", basis=None,
            classification="OFFICIAL",
        )  # fmt: skip


def begun(seed: str = "ledger", *, exercise: bool = False) -> Played:
    """Play the founding and the agreement with its endorsements."""
    played = Played(seed)
    played.govern("mk-csp", "partnership_founded", founded(exercise=exercise))
    act = agreement()
    played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in ("tv-probation", "thames-valley", "mk-hub"):
        played.govern(name, "act_endorsed", endorsement(act))
    return played

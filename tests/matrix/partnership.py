"""The Milton Keynes partnership as it ships, founded and agreed by somebody with none of our code.

The plan, the catalogue of law and the agreements are the files of `deploy/governance`; keys,
signatures and statements are written by `tests.support.stranger`.
"""

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from contracts.agreement import Agreement
from contracts.event.control import Founding
from contracts.law import Law
from contracts.opened import Elapsed, Notice, View, open_view
from contracts.statement import digest_of
from deploy.governing import put_named
from producers.document import convert, load_file, read_struct
from tests.support.delivering import Delivering
from tests.support.stranger import Key, Writer, seeded, sha, text_of
from tests.vectors.ledger import compact

GOVERNANCE = Path(__file__).parents[2] / "deploy" / "governance"
SHIPPED = GOVERNANCE / "milton-keynes"
PARTNERSHIP = "milton-keynes"
LOG_SEED = hashlib.sha256(b"candour-matrix/log").digest()
AGREEMENTS = sorted(path.stem for path in SHIPPED.glob("mk-*.yaml"))

QUALIFIED = {
    "risk_assessed": "dash_trained", "release_notified": "vetted", "closure_notified": "vetted",
}  # fmt: skip
"""What whoever says these must show, as their legs ask."""
QUALIFICATIONS = sorted(set(QUALIFIED.values()))
OFFICER = "A. Officer"
UNTIL = "2028-12-31T00:00:00.000Z"

STATES = ("in_force", "not_begun", "expired", "suspended", "never_adopted")
IN_FORCE, BEFORE, AFTER = "2026-12-10", "2026-11-28", "2027-12-02"

PUBLIC_TASK = {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e", "gateway": "cda_1998.115"}
IN_CONFIDENCE = {**PUBLIC_TASK, "gateway": "common_law.confidentiality"}
BASES = {
    "police": {
        "regime": "dpa_2018_part_3",
        "article": "dpa_2018.35",
        "gateway": "common_law.policing",
    },
    "health": IN_CONFIDENCE,
    "mk-act": {**PUBLIC_TASK, "article": "uk_gdpr.6.1.ea"},
    "compass": {**IN_CONFIDENCE, "article": "uk_gdpr.6.1.ea"},
}
"""What publishers of a kind, or by name, rely on; the others on public task and s115."""


def at_ms(day: str) -> int:
    """Give half past nine of a day, UTC, in milliseconds."""
    return round(datetime.fromisoformat(f"{day}T09:30:00+00:00").timestamp() * 1000)


@cache
def agreement(name: str) -> Agreement:
    """Read one shipped agreement."""
    return read_struct(SHIPPED / f"{name}.yaml", Agreement)


@cache
def law() -> Law:
    """Read the shipped catalogue of law."""
    return read_struct(GOVERNANCE / "law.yaml", Law)


@cache
def plan() -> dict[str, Any]:
    """Read the founding plan as plain values."""
    value, _ = load_file(SHIPPED / "founding.yaml")
    assert isinstance(value, dict)
    return value


@cache
def kinds() -> dict[str, str]:
    """Give every founding agency's kind, by its id."""
    return {one["id"]: one["kind"] for one in plan()["agencies"]}


def basis_of(agency: str) -> dict[str, str]:
    """Give what an agency relies on when it publishes."""
    return BASES.get(agency) or BASES.get(kinds()[agency], PUBLIC_TASK)


@cache
def key(source: str) -> Key:
    """Make the key that a source's name stands for."""
    return Key.of(hashlib.sha256(f"candour-matrix/{source}".encode()).digest())


@cache
def named_plan() -> tuple[dict[str, Any], Any]:
    """Read the plan with what its rules name in other files, and where each part stands."""
    value, lines = load_file(SHIPPED / "founding.yaml")
    assert isinstance(value, dict)
    put_named(value["rules"], SHIPPED / "founding.yaml")
    return value, lines


def founding(log_key: str, *, exercise: bool = False) -> Founding:
    """Complete the plan with the catalogue of law and everybody's keys."""
    read, lines = named_plan()
    value = deepcopy(read)
    value["log_key"], value["exercise"] = log_key, exercise
    for one in value["agencies"]:
        one["keys"] = [source_key(one["id"], system) for system in ("control", "case")]
    return convert(value, lines, Founding, name="founding.yaml")


def source_key(agency: str, system: str) -> dict[str, Any]:
    """Give an agency's key of one system as a founding or an act names it, possession proved."""
    held, source = key(f"{agency}/{system}"), f"/agencies/{agency}/{system}"
    public = text_of(held.public)
    text = f"candour-key-possession\n{PARTNERSHIP}\n{source}\n{public}\n"
    return {
        "source": source,
        "public_key": public,
        "purpose": ["control" if system == "control" else "statements"],
        "possession": text_of(held.private.sign(text.encode())),
    }


def officer(agency: str) -> str:
    """Give the token of an agency's one officer."""
    return sha(f"officer of {agency}".encode())[:22]


@cache
def credential(agency: str) -> str:
    """Write that officer's credential, which discloses the name: FORMAT.md, Credentials."""
    disclosure = text_of(compact([officer(agency), "name", OFFICER]))
    body = {
        "iss": agency, "partnership": PARTNERSHIP, "sub": officer(agency), "role": "officer",
        "organisation": agency, "until": UNTIL,
        "qualifications": [{"name": name, "until": UNTIL} for name in QUALIFICATIONS],
        "_sd": [sha(disclosure.encode())],
    }  # fmt: skip
    signer = key(f"{agency}/control")
    head = {"alg": "Ed25519", "kid": signer.kid, "typ": "candour-credential+sd-jwt"}
    signed = f"{text_of(compact(head))}.{text_of(compact(body))}"
    return f"{signed}.{text_of(signer.private.sign(signed.encode()))}~{disclosure}~"


@dataclass(frozen=True)
class Heard:
    """What became of one statement: the decision, and the view of each agency that has one."""

    decision: Any
    views: dict[str, View]

    def shown(self, agency: str) -> set[str]:
        """Give the names of the sections that an agency's view shows; none where it has none."""
        view = self.views.get(agency)
        return set() if view is None else set(view.statement.sections)


class Script:
    """What is put on the submissions topics, in order; all of it really signed."""

    def __init__(self, seed: str, *, log_key: str, exercise: bool = False) -> None:
        """Begin with nothing; `seed` fixes every salt, decoy and id."""
        self.draw: Callable[[int], bytes] = seeded(seed)
        self.submissions: list[tuple[str, bytes]] = []
        self.time = f"{IN_FORCE}T09:30:00.000Z"
        self._log_key, self._exercise = log_key, exercise
        self._writers: dict[str, Writer] = {}

    def found(self) -> None:
        """Say entry 0, signed by every agency."""
        document = json.loads(msgspec.json.encode(founding(self._log_key, exercise=self._exercise)))
        text = b"candour-founding\n" + compact(document)
        held = {one["id"]: key(f"{one['id']}/control") for one in document["agencies"]}
        signatures = [
            {"agency": name, "kid": one.kid, "signature": text_of(one.private.sign(text))}
            for name, one in held.items()
        ]
        self.govern(
            document["governance"],
            "partnership_founded",
            {"founding": document, "signatures": signatures},
        )

    def vouch(self) -> None:
        """Have probation issue its officer's credential: trained and vetted."""
        for agency in (name for name, kind in kinds().items() if kind == "probation"):
            text = credential(agency)
            event = {
                "credential": sha(text.partition("~")[0].encode()), "practitioner": officer(agency),
                "role": "officer", "until": UNTIL,
                "qualifications": [{"name": n, "until": UNTIL} for n in QUALIFICATIONS],
            }  # fmt: skip
            self.govern(agency, "credential_issued", event)

    def adopt(self, name: str, *, without: str | None = None, **changes: Any) -> None:
        """Propose a shipped agreement and have every party but one, if so said, endorse it."""
        changed = msgspec.structs.replace(agreement(name), **changes)
        act = {"act": "agreement_adopted", "agreement": json.loads(msgspec.json.encode(changed))}
        self.govern("mk-csp", "act_proposed", {"proposal": act})
        parties = [party.agency for party in changed.parties]
        for party in parties:
            if party not in {"mk-csp", without}:
                self.govern(party, "act_endorsed", {"act": act["act"], "digest": sha(compact(act))})

    def suspend(self, name: str) -> None:
        """Suspend a shipped agreement, as governance may alone."""
        act = {"act": "agreement_suspended", "agreement": name, "version": 1, "reason": "a breach"}
        self.govern("mk-csp", "act_proposed", {"proposal": act})

    def govern(self, agency: str, event: str, value: dict[str, Any]) -> bytes:
        """Say public control with an agency's control key."""
        return self.say(
            f"{agency}/control", event, {"event": value}, purpose="governance", basis=None,
            classification="OFFICIAL",
        )  # fmt: skip

    def say(self, source: str, event: str, sections: dict[str, Any], **changes: Any) -> bytes:
        """Sign a statement of `<agency>/<system>` and put it on its agency's topic."""
        agency = source.partition("/")[0]
        given = {"time": self.time, "basis": basis_of(agency), **changes}
        who = sections.get("provenance", {}).get("practitioner")
        if event in QUALIFIED and who is not None and who["name"] == OFFICER:
            person = {**who, "token": officer(agency)}
            shown = {"practitioner": person, "credential": credential(agency)}
            sections = {**sections, "provenance": {**sections["provenance"], **shown}}
        outbox = self._writer(source)
        raw = outbox.write(outbox.context(event, **given), sections)
        self.submissions.append((agency, raw))
        return raw

    def draw_by(self, draw: Callable[[int], bytes]) -> None:
        """Draw every salt, decoy and id from now on from another source."""
        self.draw = draw
        self._writers = {name: replace(one, draw=draw) for name, one in self._writers.items()}

    def _writer(self, source: str) -> Writer:
        if source not in self._writers:
            self._writers[source] = Writer(
                key(source), f"/agencies/{source}", PARTNERSHIP, self.draw,
                stream=text_of(self.draw(16)),
            )  # fmt: skip
        return self._writers[source]


class Milton(Script):
    """The partnership in memory: what is said is sequenced, dispatched and opened by each."""

    def __init__(self, seed: str, *, state: str = "in_force") -> None:
        """Found it, and bring the shipped agreements into one of `STATES`."""
        super().__init__(seed, log_key=text_of(Key.of(LOG_SEED).public))
        salts = seeded(f"{seed}/salts")
        day = BEFORE if state == "not_begun" else IN_FORCE
        self.log = Delivering(PARTNERSHIP, at_ms(day), lambda: salts(16), log_seed=LOG_SEED)
        self.received: dict[str, dict[str, list[bytes]]] = {}
        """What each agency was sent, by the statement's digest and the agency."""
        self._read: dict[tuple[str, bytes], View | Notice | Elapsed] = {}
        self._sent = 0
        self._opened: dict[str, int] = {}
        self.found()
        self.vouch()
        for name in AGREEMENTS:
            self.adopt(name, without="thames-valley" if state == "never_adopted" else None)
            if state == "suspended":
                self.suspend(name)
        self.flow()
        if state == "expired":
            self.log.clock_ms = at_ms(AFTER)

    def flow(self) -> None:
        """Sequence what was said since the last time, and deliver it."""
        for agency, raw in self.submissions[self._sent :]:
            self.log.submit(agency, raw)
        self._sent = len(self.submissions)
        self.log.deliver()
        for agency in kinds():
            views = self.log.views.get(agency, [])
            for digest, record in views[self._opened.get(agency, 0) :]:
                sent = self.received.setdefault(digest.decode(), {})
                if record:
                    sent.setdefault(agency, []).append(record)
                else:  # a tombstone: it holds nothing of it any more
                    sent.pop(agency, None)
            self._opened[agency] = len(views)

    def hear(self, source: str, event: str, sections: dict[str, Any], **changes: Any) -> Heard:
        """Say one thing, let it flow, and give what became of it."""
        raw = self.say(source, event, sections, **changes)
        self.flow()
        return Heard(self.decision(raw), self.views(raw))

    def decision(self, raw: bytes) -> Any:
        """Give the decision on a statement, or the reasons it was refused for."""
        digest = digest_of(raw)
        for written in reversed(self.log.entries):
            recorded = written.recorded
            if recorded.head.statement == digest:
                return recorded.decision
            for item in recorded.items:
                if item.submission == digest and recorded.decision is not None:
                    return msgspec.structs.replace(recorded.decision, reasons=item.reasons)
        raise LookupError(digest)

    def views(self, raw: bytes) -> dict[str, View]:
        """Prove and open the views of a statement, by agency; a notice is none."""
        found = self.received.get(digest_of(raw), {})
        return {
            agency: view
            for agency, held in found.items()
            for record in held
            if isinstance(view := self._open(agency, record), View)
        }

    def _open(self, agency: str, record: bytes) -> View | Notice | Elapsed:
        if (agency, record) not in self._read:
            keys = self.log.state.public_keys.get
            self._read[agency, record] = open_view(record, self.log.trust, keys, to=agency)
        return self._read[agency, record]

"""The log's rules a second time, from FORMAT.md and plain JSON: what is admitted and what governs.

An oracle for agreements, keys, credentials, consent and quarantine over time. It shares nothing
with `broker.core` or `contracts`. It takes one statement after the other, of a live partnership
whose rules have no law, and says what its entry must decide. It knows of no exclusion, succession,
correction, erasure or endorsed provenance: who plays it says none.

Source: FORMAT.md, Control, Order of checks, Deciding (State).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.casework import Casework
from tests.support.deciding import APART, MATCHERS
from tests.support.reading import NOTICES, PUBLIC, Said
from tests.support.shown import (
    Answer,
    Asking,
    Duty,
    Given,
    KeyKnown,
    Known,
    Reason,
    Shown,
    shown_of,
)
from tests.support.stranger import sha
from tests.vectors.ledger import compact

Json = Any

WAITS = {"provenance_supplied", "quarantine_decision", "second_release"}
QUORUM = {"agency_succeeded": 2, "ruleset_adopted": 2, "decider_adopted": 2}


class Model(Casework):
    """A partnership, as the statements so far leave it: what comes in, and what governs."""

    def take(self, agency: str, raw: bytes, at: int) -> Answer:
        """Say what the next entry decides, and take it in.

        Args:
            agency: whose topic it came through.
            raw: exact bytes, whole and well signed.
            at: ledger time in milliseconds.
        """
        shown = shown_of(raw)
        answer = self._admitted(agency, shown, at)
        if answer is None:
            asking, public = Asking(shown, at), shown.said.event in PUBLIC
            answer = self._control(asking) if public else self._decided(asking)
            if answer.outcome == "rejected":
                self.known[shown.said.context["id"]] = Known(self.size, shown.said.digest, agency)
            else:
                self._learn(shown, answer, at)
        self.size += 1
        if answer.recipients is None:
            others = (one.to for one in answer.deliveries if one.leg not in APART)
            answer.recipients = [to for to in dict.fromkeys(others) if to != agency]
        return answer

    def overdue(self, at: int) -> list[int]:
        """List the entries whose clock ran out on what still waits."""
        return sorted({
            entry
            for (digest, kind), (due_at, entry) in self.clocks.items()
            if due_at < at
            and digest in (self.confirming if kind == "second_release" else self.held)
        })  # fmt: skip

    def _admitted(self, agency: str, shown: Shown, at: int) -> Answer | None:
        """Judge key, duplicate and id; None where policy decides."""
        found, known = shown.said, self.known.get(shown.said.context["id"])
        if self.founding is None and found.event == "partnership_founded":
            return None
        key = self.keys.get(shown.kid)
        own = found.agency == agency
        if own and key is not None and known is not None and known.digest == found.digest:
            return Answer("accepted", again=known.entry)
        purpose = "control" if found.event in PUBLIC else "statements"
        fits = {
            "key.unknown": key is not None,
            "key_use.revoked": key is None or not key.ended,
            "key_use.wrong_source": own and (key is None or key.source == found.context["source"]),
            "key_use.wrong_purpose": key is None or purpose in key.purposes,
            "stream.forked": known is None,
        }
        failed = [code for code, holds in fits.items() if not holds]
        if not failed:
            return None
        stage = [code for code in failed if code.split(".")[0] == failed[0].split(".")[0]]
        reasons: list[Reason] = [(code, ()) for code in stage]
        if not found.is_emergency or not own:
            return Answer("rejected", reasons)
        if found.digest in self.beside:
            return Answer("accepted", again=self.beside[found.digest])
        self.beside[found.digest] = self.size
        marks = ("emergency", "unverified", *(("provisional",) if shown.missing else ()))
        told = [
            replace(
                one,
                marks=marks,
                duties=(self._duty("call_back", found.digest, one.to, "emergency_hours", at),),
            )
            for one in self._direct(Asking(shown, at), causes=False)
            if self.kinds[one.to] == "police"
        ]
        last = "signature_unverified" if told else "nobody_told"
        reasons.append((f"emergency.{last}", ()))
        governs, codes = self.founding["governance"], tuple(code for code, _ in reasons)
        review = self._duty("emergency_review", found.digest, governs, "emergency_hours", at)
        given = {one.to: one.sections for one in told}
        held = Known(self.size, found.digest, agency, shown, given, at)
        self.unverified.setdefault(found.context["id"], []).append(held)
        told = self._governed(told, shown, (review,), codes, marks)
        return Answer("accepted_emergency", reasons, self._level(shown, at), [review], told)

    def _learn(self, shown: Shown, answer: Answer, at: int) -> None:
        """Let a recorded statement change what holds."""
        found = shown.said
        given: dict[str, dict[str, tuple[str, ...]]] = {}
        for one in answer.deliveries:
            if one.leg not in {"own", *NOTICES} and one.to != found.agency:
                given.setdefault(one.statement, {})[one.to] = one.sections
        event = found.sections["event"]
        if found.event in PUBLIC:
            self._govern(shown, event)
        self._hear(shown, event)
        for row in answer.anew:
            again = next(one for one in self.known.values() if one.digest == row.statement)
            again.entry, again.given = self.size, again.given | given.get(row.statement, {})
        for place in [p for p in self.clocks if p[0] in {row.statement for row in answer.anew}]:
            del self.clocks[place]
        for duty in answer.duties:
            if duty.kind in WAITS:
                self.clocks[duty.statement, duty.kind] = duty.due_at, self.size
        mine = given.get(found.digest, {})
        self.known[found.context["id"]] = Known(
            self.size, found.digest, found.agency, shown, mine, at
        )

    def _hear(self, shown: Shown, event: Json) -> None:
        """Take in words on consent, and who is one person."""
        found, agency = shown.said, shown.said.agency
        if found.event == "persons_linked" and self.kinds[agency] in MATCHERS:
            self.links.append(set(event["subjects"]))
        if found.event == "statement_retracted":
            self.words = [one for one in self.words if one[3] != event["statement"]]
        views = [*found.sections.get("consent", {}).get("views", [])]
        views += event.get("views", [])
        unheard = self._unheard(shown)
        self.words += [
            (view["subject"], agency, self.size, found.context["id"], view["state"])
            for view in views
            if view["subject"] not in unheard and (view["state"] != "given" or not shown.missing)
        ]

    # Control.

    def _govern(self, shown: Shown, event: Json) -> None:
        agency = shown.said.agency
        match shown.said.event:
            case "partnership_founded":
                self.founding = event["founding"]
                for one in self.founding["agencies"]:
                    self.kinds[one["id"]] = one["kind"]
                    for key in one["keys"]:
                        self._enrol(one["id"], key)
            case "act_proposed":
                digest = sha(compact(event["proposal"]))
                self.acts[digest] = event["proposal"], [agency], False
                self._effect(digest)
            case "act_endorsed":
                self.acts[event["digest"]][1].append(agency)
                self._effect(event["digest"])
            case "credential_issued":
                self.credentials[event["credential"]] = {**event, "by": agency, "ended": False}
            case "credential_revoked":
                self.credentials[event["credential"]]["ended"] = True

    def _is_backed(self, act: Json, hands: list[str]) -> bool:
        if act["act"] == "agreement_adopted":
            return {one["agency"] for one in act["agreement"]["parties"]} <= set(hands)
        quorums = {**QUORUM, **self.founding["quorums"]}
        return len(set(hands)) >= int(quorums.get(act["act"], 1))

    def _effect(self, digest: str) -> None:
        act, hands, _ = self.acts[digest]
        if not self._is_backed(act, hands):
            return
        self.acts[digest] = act, hands, True
        match act["act"]:
            case "agreement_adopted":
                document = act["agreement"]
                self.versions.setdefault(document["id"], {})[document["version"]] = document
            case "agreement_suspended":
                self.suspended[act["agreement"]] = act["version"]
            case "key_enrolled":
                self._enrol(act["agency"], act["key"])
            case "key_rotated":
                self.keys[act["kid"]].ended = True
                self._enrol(act["agency"], act["key"])
            case "key_revoked":
                self.keys[act["kid"]].ended = True
                self.keys[act["kid"]].suspect = "invalid_since" in act

    def _enrol(self, agency: str, key: Json) -> None:
        self.keys[_kid(key)] = KeyKnown(agency, key["source"], key["purpose"])

    def _control(self, asking: Asking) -> Answer:
        """Judge public control, and give it to every agency."""
        shown, found = asking.shown, asking.shown.said
        event, owed = found.sections["event"], dict[str, Duty]()
        reason = self._control_defect(found, event, asking.at)
        if reason is not None:
            return Answer("rejected", [reason])
        keeps: set[str] = set()
        act, hands = self._moved(found, event)
        if act is not None and "invalid_since" in act and self._is_backed(act, hands):
            owed = self._recalled(act, asking.at, found.digest)
            keeps = {self.founding["governance"], act["agency"]}
        founders = event["founding"]["agencies"] if "founding" in event else []
        names = sorted({*self.kinds, *(one["id"] for one in founders)})
        told = [
            Given(
                found.digest, to, "public_control", ("event",),
                duties=tuple(d for holder, d in owed.items() if holder == to or to in keeps),
            )
            for to in names
        ]  # fmt: skip
        return Answer("accepted", [], shown.level, list(owed.values()), told)

    def _moved(self, found: Said, event: Json) -> tuple[Json, list[str]]:
        """Give the act that a statement moves, and the hands that are then behind it."""
        if found.event == "act_proposed":
            return event["proposal"], [found.agency]
        if found.event == "act_endorsed":
            act, hands, _ = self.acts[event["digest"]]
            return act, [*hands, found.agency]
        return None, []

    def _recalled(self, act: Json, at: int, digest: str) -> dict[str, Duty]:
        """Say who must look again at what a key signed, by agency."""
        since = _ms(act["invalid_since"])
        signed = [
            one for one in self.known.values()
            if one.shown is not None and one.shown.kid == act["kid"] and one.at >= since
        ]  # fmt: skip
        holders = sorted({to for one in signed for to in (one.agency, *one.given)})
        kind, hours = "recall_acknowledged", "acknowledgement_hours"
        return {to: self._duty(kind, digest, to, hours, at) for to in holders}

    def _control_defect(self, found: Said, event: Json, at: int) -> Reason | None:
        agency = found.agency
        if found.event == "act_proposed":
            act = event["proposal"]
            if agency not in self._entitled(act):
                return "control.not_entitled", ()
            again = ["proposal (already proposed)"] if sha(compact(act)) in self.acts else []
            return _invalid([*again, *self._act_defects(act, at)])
        if found.event == "act_endorsed":
            act, hands, is_adopted = self.acts.get(event["digest"], (None, [], True))
            if is_adopted or act["act"] != event["act"]:
                return "control.act_unknown", ()
            if agency in hands:
                return _invalid(["endorsed twice"])
            document = act.get("agreement")
            if act["act"] == "agreement_adopted" and agency not in _parties(document):
                return "control.not_entitled", ()
            return _invalid(self._act_defects(act, at))
        if found.event == "credential_issued":
            issued = event["credential"] in self.credentials
            late = _ms(event["until"]) <= at
            return _invalid(["credential (already issued)"] * issued + ["until"] * late)
        if found.event == "credential_revoked":
            held = self.credentials.get(event["credential"])
            unfit = held is None or held["by"] != agency or held["ended"]
            return _invalid(["credential"] * unfit)
        return None

    def _entitled(self, act: Json) -> set[str]:
        governance = {str(self.founding["governance"])}
        match act["act"]:
            case "agreement_adopted":
                return governance | _parties(act["agreement"])
            case "agreement_suspended":
                held = self.versions.get(act["agreement"], {})
                return governance | (_parties(held[max(held)]) if held else set())
            case "key_rotated":
                return {act["agency"]}
            case _:
                return governance | {act["agency"]}

    def _act_defects(self, act: Json, at: int) -> list[str]:
        newest = 0
        if act["act"].startswith("agreement"):
            named = act["agreement"]
            held = self.versions.get(named["id"] if isinstance(named, dict) else named, {})
            newest = max(held, default=0)
        match act["act"]:
            case "agreement_adopted":
                below = act["agreement"]["version"] <= newest
                return ["agreement.version (not above the last)"] * below
            case "agreement_suspended":
                other = not newest or act["version"] != newest
                return ["agreement, version (not the newest)"] * other
            case "key_enrolled":
                return ["key.public_key (in use)"] * (_kid(act["key"]) in self.keys)
            case "key_rotated":
                key = self.keys.get(act["kid"])
                if key is None or key.agency != act["agency"] or key.ended:
                    return ["kid"]
                return ["key.public_key (in use)"] * (_kid(act["key"]) in self.keys)
            case _:
                key, since = self.keys.get(act["kid"]), act.get("invalid_since")
                foreign = key is None or key.agency != act["agency"]
                once = key is not None and key.ended and (key.suspect or since is None)
                late = since is not None and _ms(since) > at
                return ["kid"] * (foreign or once) + ["invalid_since"] * late


def _parties(document: Json) -> set[str]:
    return {str(one["agency"]) for one in document["parties"]}


def _invalid(fields: list[str]) -> Reason | None:
    return ("control.act_invalid", tuple(fields)) if fields else None


def _kid(key: Json) -> str:
    members = {"crv": "Ed25519", "kty": "OKP", "x": key["public_key"]}
    return sha(compact(members))


def _ms(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000)

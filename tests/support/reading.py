"""A second reading of who may hold what, from FORMAT.md (Agreements, Deciding) and plain JSON.

Shares nothing with `broker.core` or `contracts`: it goes through a ledger's entries, keeps the
agreements that every party has endorsed, and says of each delivery why it may not stand. It asks
no more than that: who else should have been sent something is not its question, an emergency
apart.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.stranger import octets_of, sha
from tests.vectors.ledger import compact

Json = Any

SHARED = {
    "concern_reported", "contact_recorded", "relationship_noted", "risk_assessed",
    "release_notified", "household_changed", "health_noted", "attendance_recorded",
    "treatment_recorded", "referral_made", "information_requested", "information_supplied",
    "response_given", "closure_notified", "product_released", "victim_information_requested",
    "housing_notice_given",
}  # fmt: skip
PUBLIC = {
    "credential_issued",
    "credential_revoked",
    "exercise_time_set",
    "partnership_founded",
    "act_proposed",
    "act_endorsed",
}
ABOUT_PEOPLE = SHARED | {
    "intelligence_logged", "enquiry_made", "police_record_noted", "return_made",
    "disclosure_applied",
}  # fmt: skip
ADDRESSED = {
    "information_requested", "information_supplied", "response_given", "referral_made",
    "victim_information_requested", "housing_notice_given",
}  # fmt: skip
NOTICES = {"held", "governance"}
SEALED = {"intake", "exclusions", "source_identity"}
RANKS = ["anonymous", "automated", "named", "credentialed", "endorsed"]


@dataclass
class Said:
    """One statement on the log, as plain JSON."""

    digest: str
    agency: str
    event: str
    context: dict[str, Json]
    sections: dict[str, Json]

    @property
    def excluded(self) -> set[str]:
        """Give the agencies that must never see it."""
        rows = self.sections.get("exclusions", {}).get("excluded", [])
        return {row["agency"] for row in rows if "agency" in row}

    @property
    def causes(self) -> list[str]:
        """Give the ids of what it arises from."""
        return [
            one["statement"] for name, one in self.sections.items() if name.startswith("cause.")
        ]

    @property
    def is_emergency(self) -> bool:
        """Say whether it is a threat to life that nothing may stop."""
        return self.context["urgency"] == "threat_to_life" and self.event in ABOUT_PEOPLE


def said(jws: bytes, disclosures: bytes) -> Said:
    """Read a recorded statement; nothing is verified."""
    context = json.loads(octets_of(jws.split(b".")[1].decode()))
    opened = [json.loads(octets_of(text.decode())) for text in disclosures.split(b"~")]
    return Said(
        sha(jws), context["source"].split("/")[2], context["type"].split(".")[2], context,
        {name: value for _, name, value in opened},
    )  # fmt: skip


def rank_of(provenance: Mapping[str, Json] | None) -> int:
    """Grade a provenance section."""
    given = dict(provenance or {})
    if given.get("kind") == "system":
        return RANKS.index("automated")
    person, contact = given.get("practitioner", {}), given.get("contact", {})
    whole = [person.get("name"), person.get("token"), given.get("role"), given.get("employer")]
    whole += [given.get("how_known"), contact.get("mailbox") or contact.get("telephone")]
    return RANKS.index("named") if all(whole) else RANKS.index("anonymous")


def is_missing(provenance: Mapping[str, Json] | None) -> bool:
    """Say whether something is missing of a provenance."""
    given = dict(provenance or {})
    if given.get("kind") == "system":
        return not all(given.get(name) for name in ("system", "rule", "accountable"))
    return rank_of(given) == RANKS.index("anonymous")


def carries(leg: Mapping[str, Json], name: str, sections: Mapping[str, Json]) -> bool:
    """Say whether a leg names a section of a statement."""
    first, _, rest = name.partition(".")
    if first == "cause":
        return "cause" in leg["sections"]
    if first != "person":
        return name in leg["sections"] and name not in {"intake", "exclusions"}
    number, which = rest.split(".")
    part = sections.get(f"person.{number}.part", {}).get("part")
    return bool({f"person.{which}", f"person.{which}@{part}"} & set(leg["sections"]))


@dataclass
class Reading:
    """What the entries so far say, and what does not fit them."""

    founding: dict[str, Json] = field(default_factory=dict)
    agreements: dict[str, dict[str, Json]] = field(default_factory=dict)
    statements: dict[str, Said] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)
    """Who holds a statement whose signature held, by its id."""
    publishers: dict[str, str] = field(default_factory=dict)
    """Who published it, likewise."""
    _beside: dict[str, dict[str, tuple[str, set[str]]]] = field(default_factory=dict)
    """Publisher and holders of emergencies that nobody could verify, by id and digest."""
    _acts: dict[str, tuple[dict[str, Json], set[str]]] = field(default_factory=dict)
    _barred: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Whom a statement, or what it arises from, was said to be kept from, by id and digest; what
    could be verified by no digest."""

    def take(
        self, head: Mapping[str, Json], statement: Said, deliveries: Iterable[Mapping[str, Json]]
    ) -> Iterator[str]:
        """Take the next statement's entry in, and say what its deliveries do that they may not."""
        self.statements[statement.digest] = statement
        whose = "" if "kid" in head else statement.digest
        kept = [one for cause in statement.causes for one in self._barred.get(cause, {}).values()]
        barred = self._barred.setdefault(statement.context["id"], {})
        barred[whose] = statement.excluded.union(*kept)
        held = list(deliveries)
        if "kid" in head:
            self._govern(statement)
            self.publishers[statement.context["id"]] = statement.agency
            ids = self.holders.setdefault(statement.context["id"], {statement.agency})
            answered = self._supplied(statement)
            about = answered.context["id"] if answered else ""
            for one in (one for one in held if one["leg"] not in NOTICES):
                now = self.statements[one["statement"]].context["id"]
                (ids if now != about else self.holders[about]).add(one["to"])
        else:
            told = {one["to"] for one in held if one["leg"] not in NOTICES}
            self._beside.setdefault(statement.context["id"], {}).setdefault(
                statement.digest, (statement.agency, {statement.agency, *told})
            )
        sent = [(one["statement"], one["to"]) for one in held]
        if len(set(sent)) < len(sent):
            yield f"entry {head['index']}: the same statement twice to one agency"
        for one in held:
            for wrong in self._wrong(head, statement, one):
                yield f"entry {head['index']} to {one['to']} ({one['leg']}): {wrong}"

    def refuse(self, statement_id: str, agency: str) -> None:
        """Take a refused statement in that took its id: its publisher has it, and nobody else."""
        self.publishers[statement_id] = agency
        self.holders[statement_id] = {agency}

    def _of(self, statement_id: str) -> tuple[str | None, set[str]]:
        """Give the publisher and the holders of an id: of what nobody could verify, if alone."""
        if statement_id in self.publishers:
            return self.publishers[statement_id], self.holders[statement_id]
        beside = self._beside.get(statement_id, {})
        return beside[min(beside)] if beside else (None, set())

    def _govern(self, statement: Said) -> None:
        event = statement.sections["event"]
        if statement.event == "partnership_founded":
            self.founding = event["founding"]
        if statement.event == "act_proposed":
            digest = sha(compact(event["proposal"]))
            self._acts[digest] = event["proposal"], {statement.agency}
        elif statement.event == "act_endorsed":
            digest = event["digest"]
            self._acts[digest][1].add(statement.agency)
        else:
            return
        act, hands = self._acts[digest]
        if act["act"] == "agreement_adopted":
            document = act["agreement"]
            if {party["agency"] for party in document["parties"]} <= hands:
                self.agreements[document["id"]] = document

    def _supplied(self, statement: Said) -> Said | None:
        """Find the held statement whose provenance this one supplies."""
        if statement.event != "provenance_supplied":
            return None
        about = statement.sections["cause.1"]["statement"]
        return next(one for one in self.statements.values() if one.context["id"] == about)

    def _wrong(
        self, head: Mapping[str, Json], statement: Said, delivery: Mapping[str, Json]
    ) -> Iterator[str]:
        """Say what a delivery does that nothing allows."""
        seen, names, to = (
            self.statements[delivery["statement"]],
            delivery["sections"],
            delivery["to"],
        )
        if not set(names) <= set(seen.sections) - {"intake", "exclusions"}:
            yield "sections that nobody gets"
        if delivery["leg"] == "own":
            if to != seen.agency:
                yield "not its publisher"
        elif delivery["leg"] in NOTICES:
            yield from self._wrong_notice(seen, delivery)
        elif delivery["leg"] == "public_control":
            if seen.event not in PUBLIC or names != ["event"]:
                yield "not public"
        else:
            yield from self._wrong_share(head, statement, delivery)

    def _wrong_notice(self, seen: Said, delivery: Mapping[str, Json]) -> Iterator[str]:
        """Say what a notice does that it may not: it holds no section, and goes where it must."""
        kinds = {one["id"]: one["kind"] for one in self.founding["agencies"]}
        if delivery["sections"]:
            yield "a notice with sections"
        if delivery["leg"] == "held" and kinds[delivery["to"]] != "police":
            yield "told that something is held, and no police"
        if delivery["leg"] == "governance":
            governance = self.founding["governance"]
            if delivery["to"] not in {governance, self.founding["alternates"].get(governance)}:
                yield "to decide, and not who governs"
        closed = "closed" in delivery["marks"]
        if delivery["to"] in seen.excluded and not closed:
            yield "it is excluded"

    def _wrong_share(
        self, head: Mapping[str, Json], statement: Said, delivery: Mapping[str, Json]
    ) -> Iterator[str]:
        """Say what a delivery to another agency does that nothing allows."""
        seen, names, to = (
            self.statements[delivery["statement"]],
            delivery["sections"],
            delivery["to"],
        )
        supplied = self._supplied(statement)
        about = supplied or statement
        if to in seen.excluded | about.excluded | statement.excluded | {seen.agency}:
            yield "it is excluded, or the publisher"
        forwarded = supplied is not None and seen is statement
        if forwarded and not set(names) <= {"event", "provenance", "cause.1"}:
            yield "more than the provenance that was supplied"
        for name in names:
            cause = seen.sections[name].get("statement") if name.startswith("cause.") else None
            if cause and ("kid" not in head or to not in self._of(cause)[1]):
                yield f"{name}, which it does not hold"
        if delivery["leg"] == "emergency":
            yield from self._wrong_emergency(head, about, delivery)
            if not forwarded:
                yield from self._withheld(head, seen, delivery, lambda name: name not in SEALED)
            return
        terms = self._terms(head, delivery["leg"])
        if terms is None:
            yield "no such leg is in force"
            return
        provenance = statement.sections.get("provenance")
        yield from self._unfit(terms, about, to, provenance, delivery.get("marks", []))
        for name in names:
            if not carries(terms, name, seen.sections):
                yield f"{name}, which the leg does not name"
        if not forwarded:
            leg = terms
            yield from self._withheld(
                head, seen, delivery, lambda name: carries(leg, name, seen.sections)
            )

    def _withheld(
        self,
        head: Mapping[str, Json],
        seen: Said,
        delivery: Mapping[str, Json],
        is_carried: Callable[[str], bool],
    ) -> Iterator[str]:
        """Name the sections that a delivery's authority carries and it has not."""
        for name, value in seen.sections.items():
            # What names itself as its cause names what nobody held before it.
            is_held = "kid" in head and (
                not name.startswith("cause.")
                or (
                    value["statement"] != seen.context["id"]
                    and delivery["to"] in self._of(value["statement"])[1]
                )
            )
            is_shown = name in delivery["sections"]
            if is_carried(name) and not is_shown and (is_held or not name.startswith("cause.")):
                yield f"{name} is withheld"

    def _wrong_emergency(
        self, head: Mapping[str, Json], about: Said, delivery: Mapping[str, Json]
    ) -> Iterator[str]:
        told = {*self.founding["emergency_recipients"], *self.founding["alternates"].values()}
        kinds = {one["id"]: one["kind"] for one in self.founding["agencies"]}
        if not about.is_emergency or delivery["to"] not in told:
            yield "no threat to life, or nobody who acts on one"
        if "source_identity" in delivery["sections"]:
            yield "a sealed source"
        unverified = "unverified" in delivery["marks"]
        if unverified == ("kid" in head):
            yield "marked unverified, or not marked"
        police = [one for one, kind in kinds.items() if kind == "police"]
        instead = {self.founding["alternates"].get(one) for one in police}
        if unverified and delivery["to"] not in {*police, *instead}:
            yield "unverified, and not to police or to who stands in for them"

    def _terms(self, head: Mapping[str, Json], leg: str) -> dict[str, Json] | None:
        """Find a leg that is in force at an entry's ledger time."""
        name, _, rest = leg.partition("@")
        version, _, leg_id = rest.partition("/")
        document = self.agreements.get(name)
        day = datetime.fromtimestamp(head["ledger_time"] / 1000, UTC).date().isoformat()
        if document is None or str(document["version"]) != version:
            return None
        if not document["effective"] <= day < document["expires"]:
            return None
        return next((dict(one) for one in document["legs"] if one["id"] == leg_id), None)

    def _unfit(
        self, leg: Mapping[str, Json], about: Said, to: str, provenance: Json, marks: list[str]
    ) -> Iterator[str]:
        """Say in what a leg does not fit a statement."""
        context = about.context
        basis = context.get("basis") or {}
        same = [basis.get(n) == leg["basis"].get(n) for n in ("regime", "article", "gateway")]
        consent = about.sections.get("consent", {})
        override = consent.get("override", {}).get("ground")
        given = [view["state"] == "given" for view in consent.get("views", [])]
        grounds = leg.get("consent", {}).get("overrides", [])
        held_back = is_missing(provenance) and (about.event in SHARED or about.is_emergency)
        needed = RANKS.index(leg.get("provenance", "named"))
        held_back = held_back and not (about.is_emergency and needed > RANKS.index("named"))
        enough = rank_of(provenance) >= needed
        checks = {
            "sender": about.agency in leg["from"],
            "recipient": to in leg["to"],
            "type": about.event in leg["types"],
            "purpose": context["purpose"] in leg["purposes"],
            "basis": all(same),
            "consent": "consent" not in leg or (given and all(given)) or override in grounds,
            "provenance": held_back or enough,
            "mark": not held_back or "provisional" in marks,
            "addressee": self._is_addressed(leg, about, to),
        }
        yield from (f"not its {name}" for name, holds in checks.items() if not holds)

    def _is_addressed(self, leg: Mapping[str, Json], about: Said, to: str) -> bool:
        answers = about.event == "response_given" and leg["level"] == "minimal"
        if about.event not in ADDRESSED or answers:
            return True
        asked = about.sections["event"].get("addressee")
        return to == (asked or self._of(about.sections["cause.1"]["statement"])[0])

    def owed(self, statement: Said) -> set[str]:
        """Name who must be told of a verified threat to life, whatever else.

        Whom what it arises from is kept from, is kept from it too: its alternate is told.
        """
        alternates = self.founding["alternates"]
        under = [self._barred[one] for one in statement.causes if one in self._barred]
        barred = statement.excluded.union(*(one[min(one)] for one in under))
        told = {
            alternates.get(one) if one in barred else one
            for one in self.founding["emergency_recipients"]
            if one != statement.agency  # for whom nobody stands in
        }
        return {one for one in told if one} - barred - {statement.agency}

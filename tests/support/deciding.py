"""Who receives which sections, a second time: legs, consent, emergencies and quarantine.

Source: FORMAT.md, Agreements, Deciding, Case control.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.support.reading import NOTICES, RANKS, SEALED, SHARED, carries
from tests.support.shown import (
    Answer,
    Asking,
    Duty,
    Given,
    Held,
    KeyKnown,
    Known,
    Reason,
    Shown,
)

Json = Any

HOUR_MS = 3_600_000
HOURS = {"quarantine_hours": 72, "second_release_hours": 24, "acknowledgement_hours": 72}
"""Of a ruleset that does not say."""
JUDGED = {"consent_recorded", "exclusion_recorded", "legal_hold_set", "persons_linked"}
"""Whose subjects must all be known to who speaks, or it is refused."""
MATCHERS = {"police", "safeguarding_hub"}
HINDERS = {"refused", "withdrawn", "unsafe_to_ask"}
FOR_OTHERS = {"serious_harm_to_others", "serious_crime", "child"}
APART = {"own", *NOTICES}


class Deciding:
    """A partnership's state, and what it decides of people."""

    def __init__(self) -> None:
        """Begin before the founding."""
        self.size = 0
        self.founding: Json = None
        self.kinds: dict[str, str] = {}
        self.keys: dict[str, KeyKnown] = {}
        self.acts: dict[str, tuple[Json, list[str], bool]] = {}
        self.versions: dict[str, dict[int, Json]] = {}
        self.suspended: dict[str, int] = {}
        self.credentials: dict[str, Json] = {}
        self.known: dict[str, Known] = {}
        self.unverified: dict[str, list[Known]] = {}
        """Emergencies that nobody could verify, by the id that they say they have."""
        self.beside: dict[str, int] = {}
        """Entries of emergencies that nobody could verify, by digest."""
        self.held: dict[str, Held] = {}
        self.confirming: dict[str, Held] = {}
        self.links: list[set[str]] = []
        self.words: list[tuple[str, str, int, str, str]] = []
        """(token, agency, entry, statement id, state), oldest first."""
        self.clocks: dict[tuple[str, str], tuple[int, int]] = {}

    def _level(self, shown: Shown, at: int) -> str:
        """Lower a claim that the log does not bear out."""
        held = shown.level != "credentialed" or self._vouched(shown, at) is not None
        return shown.level if held else "named"

    def _vouched(self, shown: Shown, at: int) -> Json | None:
        """Give the credential that is shown, if it is in force and this practitioner's."""
        held = self.credentials.get(shown.credential or "")
        if held is None or held["by"] != shown.said.agency or held["ended"]:
            return None
        fits = held["practitioner"] == shown.practitioner and at < _ms(held["until"])
        return held if fits else None

    def _duty(self, kind: str, statement: str, agency: str, hours: str, at: int) -> Duty:
        due_at = at + {**HOURS, **self.founding["rules"]}[hours] * HOUR_MS
        return Duty(kind, statement, agency, due_at)

    def _policy(self, asking: Asking) -> Answer:
        """Decide by rules 6 to 9."""
        shown, at = asking.shown, asking.at
        level = self._level(shown, at)
        missing: list[Reason] = [(c, ()) for c in shown.missing if c not in asking.waived]
        tried, reasons = self._legs(asking)
        own = self._own(shown)
        if shown.said.is_emergency:
            return self._emergency(asking, tried, reasons, missing)
        if shown.said.event not in SHARED or (tried and not missing):
            return Answer("accepted", [], level, [], [own, *tried])
        duties: list[Duty] = []
        if missing:
            duties, reasons = [self._provenance_owed(shown, at)], list(missing)
        police = [one for one in tried if self.kinds[one.to] == "police"]
        outcome = "quarantined"
        if not missing or shown.said.context["urgency"] != "urgent":
            police = []
        elif police:
            outcome = "provisional"
        digest, codes = shown.said.digest, tuple(code for code, _ in reasons)
        governs = self.founding["governance"]
        decides = self._duty("quarantine_decision", digest, governs, "quarantine_hours", at)
        own = replace(own, marks=(outcome,), duties=tuple(duties), reasons=codes)
        told = [own, *(replace(one, marks=(*one.marks, "provisional")) for one in police)]
        told = self._governed(told, shown, (decides,), codes, (outcome,))
        notice = decides._replace(agency="")
        first = [*asking.holders, *(one.to for one in told)]
        noticed = [one.to for one in self._direct(asking) if self._is_police(one.to)]
        noticed = [to for to in noticed if to not in first]
        told += [Given(digest, to, "held", (), ("held",), (notice,)) for to in noticed]
        self._hold(asking, governs, noticed)
        return Answer(outcome, reasons, level, [*duties, decides], told)

    def _hold(self, asking: Asking, decides: str, noticed: Iterable[str]) -> None:
        """Hold a statement; what is decided anew goes on as it was first held."""
        digest = asking.shown.said.digest
        if asking.entry is None:
            self.held[digest] = Held(asking.shown, self.size, decides, tuple(noticed))

    def _is_police(self, agency: str) -> bool:
        return self.kinds[agency] == "police"

    def _emergency(
        self, asking: Asking, tried: list[Given], reasons: list[Reason], missing: list[Reason]
    ) -> Answer:
        shown, at, digest = asking.shown, asking.at, asking.shown.said.digest
        marks = ("provisional",) if missing else ()
        direct = [replace(one, marks=("emergency", *marks)) for one in self._direct(asking)]
        served = {one.to for one in direct}
        others = [replace(one, marks=(*one.marks, *marks)) for one in tried]
        every = [*missing, *reasons]
        duties = [self._provenance_owed(shown, at)] if missing else []
        own = replace(self._own(shown), marks=marks, duties=tuple(duties))
        kinds = ["agreement_review"] * any(_after_provenance(code) for code, _ in reasons)
        governs = self.founding["governance"]
        reviews = [
            self._duty(kind, digest, governs, "emergency_hours", at)
            for kind in [*kinds, "emergency_review"]
        ]
        others = [one for one in others if one.to not in served]
        if not direct and not others:
            every.append(("emergency.nobody_told", ()))
        told = [own, *direct, *others]
        codes = tuple(code for code, _ in every)
        told = self._governed(told, shown, tuple(reviews), codes, ("emergency",))
        if missing:
            self._hold(asking, "", ())
        level = self._level(shown, at)
        return Answer("accepted_emergency", every, level, [*duties, *reviews], told)

    def _provenance_owed(self, shown: Shown, at: int) -> Duty:
        urgent = shown.said.context["urgency"] != "routine"
        hours = "provenance_hours_urgent" if urgent else "provenance_hours"
        return self._duty("provenance_supplied", shown.said.digest, shown.said.agency, hours, at)

    def _response_owed(self, shown: Shown, to: str, at: int) -> Duty:
        urgent = shown.said.context["urgency"] != "routine"
        hours = "response_hours_urgent" if urgent else "response_hours"
        return self._duty("response_given", shown.said.digest, to, hours, at)

    def _own(self, shown: Shown) -> Given:
        names = tuple(n for n in shown.said.sections if n not in {"intake", "exclusions"})
        return Given(shown.said.digest, shown.said.agency, "own", names)

    def _direct(self, asking: Asking, *, causes: bool = True) -> list[Given]:
        """Give a threat to life to whoever acts on one, the publisher apart."""
        found = asking.shown.said
        names = [n for n in found.sections if n not in SEALED]
        return [
            Given(
                found.digest, to, "emergency",
                tuple(n for n in names if (causes and self._is_visible(asking.shown, n, to))
                      or not n.startswith("cause.")),
                duties=(self._response_owed(asking.shown, to, asking.at),),
            )
            for to in dict.fromkeys(self.founding["emergency_recipients"])
            if to != found.agency
        ]  # fmt: skip

    def _is_visible(self, shown: Shown, name: str, to: str) -> bool:
        if not name.startswith("cause."):
            return True
        known = self._named(shown.said.sections[name]["statement"])
        return known is not None and holds(to, known)

    def _governed(
        self, told: list[Given], shown: Shown, duties: tuple[Duty, ...],
        reasons: tuple[str, ...], marks: tuple[str, ...],
    ) -> list[Given]:  # fmt: skip
        """Tell who governs: in its own delivery, where it has one, else by a notice."""
        to, digest = self.founding["governance"], shown.said.digest
        if all((one.statement, one.to) != (digest, to) for one in told):
            return [*told, Given(digest, to, "governance", (), marks, duties, reasons)]
        return [
            replace(one, duties=(*one.duties, *duties), reasons=reasons)
            if (one.statement, one.to) == (digest, to) else one
            for one in told
        ]  # fmt: skip

    # Legs.

    def _in_force(self, at: int) -> list[Json]:
        day = datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
        found = []
        for name, versions in sorted(self.versions.items()):
            begun = [v for v, one in versions.items() if one["effective"] <= day]
            if begun and day < versions[max(begun)]["expires"]:
                found.append((max(begun) > self.suspended.get(name, 0), versions[max(begun)]))
        self._stopped = [one for binds, one in found if not binds]
        return [one for binds, one in found if binds]

    def _legs(self, asking: Asking) -> tuple[list[Given], list[Reason]]:
        """Try every leg: what passed, else the reasons of the first stage that failed."""
        shown, found = asking.shown, asking.shown.said
        ours = [one for one in self._in_force(asking.at) if _is_party(found.agency, one)]
        if not ours:
            stopped = any(_is_party(found.agency, one) for one in self._stopped)
            return [], [("agreement.suspended" if stopped else "agreement.none_in_force", ())]
        passed: dict[str, Given] = {}
        failed: list[str] = []
        for document in ours:
            for leg in document["legs"]:
                fits = found.agency in leg["from"] and found.event in leg["types"]
                for to in leg["to"] if fits and found.context["purpose"] in leg["purposes"] else []:
                    if to == found.agency or to in passed:
                        continue
                    code = self._refused(asking, leg)
                    if code is not None:
                        failed.append(code)
                        continue
                    named = f"{document['id']}@{document['version']}/{leg['id']}"
                    names = tuple(
                        n for n in found.sections
                        if carries(leg, n, found.sections) and self._is_visible(shown, n, to)
                    )  # fmt: skip
                    owed = leg.get("owes_response", False)
                    duties = (self._response_owed(shown, to, asking.at),) if owed else ()
                    passed[to] = Given(found.digest, to, named, names, (), duties)
        if passed:
            return list(passed.values()), []
        codes = failed or ["agreement.no_leg"]
        first = min(map(_stage, codes))
        return [], [(code, ()) for code in dict.fromkeys(codes) if _stage(code) == first]

    def _refused(self, asking: Asking, leg: Json) -> str | None:
        """Give the first code, not waived, at which a leg does not carry a statement."""
        shown, at = asking.shown, asking.at
        shared = shown.said.event in SHARED or shown.said.is_emergency
        needed = RANKS.index(leg.get("provenance", "named"))
        enough = RANKS.index(self._level(shown, at)) >= needed
        if shared and shown.missing:
            enough = not shown.said.is_emergency or needed <= RANKS.index("named")
        if not enough and "provenance.below_leg" not in asking.waived:
            return "provenance.below_leg"
        held = (self._vouched(shown, at) or {}).get("qualifications", [])
        has = {one["name"] for one in held if at < _ms(one["until"])}
        lacks = not set(leg.get("qualifications", [])) <= has
        if lacks and "provenance.qualification_missing" not in asking.waived:
            return "provenance.qualification_missing"
        if shown.said.context.get("basis") != leg["basis"]:
            return "basis.unfit"
        code = self._consent(asking, leg["consent"]) if "consent" in leg else None
        return None if code in asking.waived else code

    def _consent(self, asking: Asking, rule: Json) -> str | None:
        """Give the code of the first person whose consent is not there."""
        shown = asking.shown
        first = "person.1" in rule["of"]
        asked = [
            token for n, token in shown.people.items()
            if shown.part(n) in rule["of"] or (first and n == 1)
        ]  # fmt: skip
        if first and 1 not in shown.people:
            return "consent.absent"
        codes = (self._unconsented(asking, rule, token) for token in asked)
        return next((code for code in codes if code is not None), None)

    def _unconsented(self, asking: Asking, rule: Json, token: str) -> str | None:
        found, person = asking.shown.said, self._same(token)
        consent = found.sections.get("consent", {})
        entry = self.size if asking.entry is None else asking.entry
        mine = found.context["id"]
        words = [w for w in self.words if w[0] in person and w[3] != mine]
        unheard = self._unheard(asking.shown)
        words += [
            (view["subject"], found.agency, entry, mine, view["state"])
            for view in consent.get("views", [])
            if view["subject"] in person and view["subject"] not in unheard
        ]  # fmt: skip
        newest = {who: max(w[2] for w in words if w[1] == who) for _, who, *_ in words}
        states = {state for _, who, at, _, state in words if at == newest[who]}
        if "given" in states and not states & HINDERS:
            return None
        override = consent.get("override")
        if override is None:
            return "consent.refused" if states & HINDERS else "consent.absent"
        people = asking.shown.people.items()
        feared = {t for n, t in people if asking.shown.part(n) == "alleged_perpetrator"}
        feared = {one for t in feared for one in self._same(t)}
        known = self._told_of(asking.shown).union(asking.shown.people.values())
        protects = (set(override.get("at_risk", [])) & known) - person - feared
        reaches = person & set(override["of"]) and (
            override["ground"] not in FOR_OTHERS or protects
        )
        fits = override["ground"] in rule.get("overrides", []) and reaches
        return None if fits else "consent.override_unfit"

    def _named(self, id_: str) -> Known | None:
        """Find what a cause names: what took the id, else an emergency under it."""
        beside = sorted(self.unverified.get(id_, []), key=lambda one: one.digest)
        return self.known.get(id_) or next(iter(beside), None)

    def _told_of(self, shown: Shown) -> set[str]:
        """List the tokens in the statements that are named as causes and that its agency holds."""
        sections = shown.said.sections
        causes = [v["statement"] for n, v in sections.items() if n.startswith("cause.")]
        held = [one for id_ in causes if (one := self._named(id_)) is not None]
        return {
            token for one in held if one.shown is not None and holds(shown.said.agency, one)
            for token in one.shown.people.values()
        }  # fmt: skip

    def _unheard(self, shown: Shown) -> set[str]:
        """List whose consent its section speaks of though they are not its agency's to speak of."""
        if shown.said.event in JUDGED:
            return set()
        views = shown.said.sections.get("consent", {}).get("views", [])
        if not views:
            return set()
        first = {
            token: one.agency
            for one in reversed(self.known.values()) if one.shown is not None
            for token in one.shown.people.values()
        }  # fmt: skip
        agency = shown.said.agency
        drawn = {token for token in shown.people.values() if first.get(token, agency) == agency}
        heard = set(shown.people.values()) & (self._told_of(shown) | drawn)
        return {view["subject"] for view in views} - heard

    def _same(self, token: str) -> set[str]:
        """List the tokens of one person, through any number of links."""
        found, grew = {token}, True
        while grew:
            more = found.union(*(link for link in self.links if link & found))
            found, grew = more, more != found
        return found


def holds(agency: str, known: Known) -> bool:
    """Say whether an agency holds a statement: its own, or one that it was given."""
    return agency == known.agency or agency in known.given


def _is_party(agency: str, document: Json) -> bool:
    return any(one["agency"] == agency for one in document["parties"])


_STAGES = ["provenance", "agreement", "basis", "consent", "minimisation"]


def _stage(code: str) -> int:
    return _STAGES.index(code.split(".", maxsplit=1)[0])


def _after_provenance(code: str) -> bool:
    return _stage(code) > 0


def _ms(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000)

"""What governs a case, a second time: release, supply, retraction, consent and links.

Source: FORMAT.md, Case control, Deciding (Anew).
"""

from dataclasses import replace
from typing import Any

from tests.support.deciding import APART, HOUR_MS, Deciding, holds
from tests.support.reading import PUBLIC, carries
from tests.support.shown import Anew, Answer, Asking, Given, Held, Known, Reason, Shown

Json = Any

REFERS = {"provenance_supplied", "consent_recorded", "persons_linked", "statement_retracted"}
NAMED = {"consent_recorded", "persons_linked", "statement_retracted", "release_decided"}
NIGHT = 17, 8
"""From which hour (UTC) one may decide alone, and until which: of a ruleset that does not say."""
UNKNOWN: Reason = ("control.refers_to_unknown", ("cause.1",))


class Casework(Deciding):
    """A partnership's state, and what it decides of statements about statements."""

    def _decided(self, asking: Asking) -> Answer:
        """Decide a statement that was admitted."""
        shown, found = asking.shown, asking.shown.said
        about = self._about(shown)
        if found.event in REFERS and (about is None or not holds(found.agency, about)):
            return Answer("rejected", [UNKNOWN])
        reasons = self._case_defect(asking, about)
        if reasons:
            return Answer("rejected", reasons)
        match found.event:
            case "provenance_supplied":
                return self._supplied(asking, about)
            case "release_decided":
                return self._released(asking)
            case "statement_retracted":
                return self._retracted(asking, about)
        return self._policy(asking)

    def _about(self, shown: Shown) -> Known | None:
        """Find what a statement names as its first cause."""
        cause = shown.said.sections.get("cause.1")
        return self._named(cause["statement"]) if cause else None

    def _case_defect(self, asking: Asking, about: Known | None) -> list[Reason]:
        shown = asking.shown
        found, event = shown.said, shown.said.sections["event"]
        defect: str | None = None
        if found.event in {"consent_recorded", "persons_linked"}:
            named = {view["subject"] for view in event.get("views", [])}
            named |= set(event.get("subjects", []))
            if not named <= self._told_of(shown):
                return [("control.refers_to_unknown", ("event.subjects",))]
        elif found.event == "release_decided":
            defect = self._release_defect(asking, event)
        elif found.event == "statement_retracted":
            if about is None or about.shown is None:
                defect = "control.refers_to_unknown"
            elif about.agency != found.agency:
                defect = "control.not_originator"
            elif about.shown.said.event in PUBLIC:
                defect = "control.refers_to_unknown"
        if defect is not None:
            return [(defect, ())]
        return [(code, ()) for code in shown.missing] if found.event in NAMED else []

    def _release_defect(self, asking: Asking, event: Json) -> str | None:
        shown, digest = asking.shown, event["statement"]
        held = self.held.get(digest) or self.confirming.get(digest)
        if held is None or not held.decides:
            return "control.not_held"
        waivable = all(
            one.split(".")[0] == "provenance" or one == "consent.absent" for one in event["waived"]
        )
        issues = any(one["by"] == shown.said.agency for one in self.credentials.values())
        hour = asking.at // HOUR_MS % 24
        checks = {
            "control.not_entitled": held.decides == shown.said.agency,
            "control.author_decides": shown.practitioner is None
            or shown.practitioner not in {held.shown.practitioner, *held.supplied_by},
            "control.credential_missing": not issues or self._vouched(shown, asking.at) is not None,
            "control.not_waivable": waivable,
            "control.same_hand": shown.practitioner not in {who for who, *_ in held.said},
            "control.not_night": not event.get("alone") or hour >= NIGHT[0] or hour < NIGHT[1],
        }
        return next((code for code, holds in checks.items() if not holds), None)

    def _supplied(self, asking: Asking, about: Known | None) -> Answer:
        """Decide what is held anew, with the provenance that is supplied."""
        shown = asking.shown
        held = self.held.get(about.digest) if about is not None else None
        if held is None or held.shown.said.agency != shown.said.agency:
            return Answer("rejected", [UNKNOWN])
        whole = replace(
            held.shown, level=shown.level, missing=shown.missing,
            practitioner=shown.practitioner, credential=shown.credential,
        )  # fmt: skip
        ruled = self._policy(self._again(held, whole, asking.at))
        own = self._own(shown)
        names = [n for n in shown.said.sections if n in {"event", "provenance", "cause.1"}]
        further = [
            replace(
                one, statement=shown.said.digest, duties=(), reasons=(),
                sections=tuple(n for n in names if self._is_carried(one.leg, n, asking.at)),
            )
            for one in ruled.deliveries
            if one.to != own.to and one.leg not in APART
        ]  # fmt: skip
        answer = self._anew(asking, held, ruled, [own, *further])
        held.supplied_by |= {held.shown.practitioner, shown.practitioner}
        held.shown, held.said = whole, []
        return answer

    def _is_carried(self, leg: str, name: str, at: int) -> bool:
        terms = [
            one for document in self._in_force(at) for one in document["legs"]
            if leg == f"{document['id']}@{document['version']}/{one['id']}"
        ]  # fmt: skip
        return leg == "emergency" or any(carries(one, name, {}) for one in terms)

    def _again(self, held: Held, shown: Shown, at: int) -> Asking:
        known = self.known[shown.said.context["id"]]
        return Asking(shown, at, entry=held.entry, holders=tuple(known.given))

    def _released(self, asking: Asking) -> Answer:
        """Take the quarantine desk's word; do it where another said the same, or one is alone."""
        shown, event, at = asking.shown, asking.shown.said.sections["event"], asking.at
        digest, alone = event["statement"], event.get("alone", False)
        word = (event["decision"], frozenset(event["waived"]))
        own, held = self._own(shown), self.held.get(digest)
        agree = held is not None and any(
            one[1:] == word and one[0] != shown.practitioner for one in held.said
        )
        agency = shown.said.agency
        owed = self._duty("second_release", digest, agency, "second_release_hours", at)
        self._look_again(digest, (shown.practitioner or "", *word))
        if held is None or not (agree or (alone and event["decision"] == "release")):
            duties = [owed] if held is not None and alone else []
            if held is not None:
                held.said.append((shown.practitioner or "", *word))
            if held is not None and duties:
                self.confirming[digest] = replace(held, said=[*held.said])
            own = replace(own, duties=tuple(duties))
            return Answer("accepted", [], self._level(shown, at), duties, [own])
        if event["decision"] == "refuse":
            ruled = self._closed(held.shown, "quarantine.refused")
        else:
            again = self._again(held, held.shown, at)
            again.waived = event["waived"]
            ruled = self._policy(again)
        over = _is_over(ruled, shown)
        duties = [owed] if over and not agree else []
        held.said = [*held.said, (shown.practitioner or "", *word)] if over else []
        answer = self._anew(asking, held, ruled, [replace(own, duties=tuple(duties))])
        answer.duties += duties
        if duties:
            self.confirming[digest] = held
        return answer

    def _look_again(self, digest: str, word: tuple[str, str, frozenset[str]]) -> None:
        """End the wait for a second hand; a dissent from what is released already does not."""
        first = self.confirming.get(digest)
        if first is None or word[0] in {who for who, *_ in first.said}:
            return
        if digest in self.held or word[1] == "release":
            del self.confirming[digest]
        else:
            first.said.append(word)

    def _retracted(self, asking: Asking, about: Known | None) -> Answer:
        """Tell whoever was given a statement that it is taken back."""
        shown, own = asking.shown, self._own(asking.shown)
        given = {} if about is None else about.given
        names = [n for n in shown.said.sections if n in {"event", "provenance", "cause.1"}]
        told = [
            Given(
                shown.said.digest, to, "correction", tuple(names), ("retracted",),
                (
                    self._duty(
                        "correction_acknowledged", shown.said.digest, to,
                        "acknowledgement_hours", asking.at,
                    ),
                ),
            )
            for to in given
            if to != own.to
        ]  # fmt: skip
        held = self.held.get(about.digest) if about is not None else None
        if held is None:
            return Answer("accepted", [], self._level(shown, asking.at), [], [own, *told])
        closed = self._closed(held.shown, "quarantine.retracted")
        return self._anew(asking, held, closed, [own, *told])

    def _closed(self, shown: Shown, code: str) -> Answer:
        own = replace(self._own(shown), marks=("closed",), reasons=(code,))
        return Answer("rejected", [(code, ())], deliveries=[own])

    def _anew(self, asking: Asking, held: Held, ruled: Answer, further: list[Given]) -> Answer:
        """Record what became of a held statement, and let it go where nothing is left."""
        found = held.shown.said
        told = list(dict.fromkeys(one.to for one in ruled.deliveries if one.leg not in APART))
        deliveries = ruled.deliveries
        if _is_over(ruled, asking.shown):
            deliveries = [
                *deliveries,
                *(
                    Given(found.digest, to, "held", (), ("closed",))
                    for to in held.noticed
                    if to not in told
                ),
            ]
            deliveries = self._governed(deliveries, held.shown, (), (), ("closed",))
            del self.held[found.digest]
            self.confirming.pop(found.digest, None)
        row = Anew(found.digest, ruled.outcome, ruled.reasons, told)
        return Answer(
            "accepted", [], self._level(asking.shown, asking.at), ruled.duties,
            [*deliveries, *further], [row], told,
        )  # fmt: skip


def _is_over(ruled: Answer, said: Shown) -> bool:
    """Say whether what was decided anew waits no more; `said` is what decided it anew."""
    lives = ruled.outcome == "accepted_emergency" and not said.missing
    return not ruled.reasons or ruled.outcome == "rejected" or lives

"""Two towns, one with her case and one without: what is said in each, and what may be read there.

Salts are all alike here, so that whatever is equal shows as equal. What a head says of where it
stands moves with everything that anybody says, and is about nothing: it is left out.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from consumers.consumer import Came
from deploy.wiring import Acting, open_acting
from producers.home import Home
from producers.inbox import Came as Read
from producers.inbox import Inbox
from tests.support.speaking import Speaker
from tests.support.stranger import concern
from tests.support.strategies import provenance
from tests.support.telling import FAR_MS, Sent, Telling, id_of, submitted
from tests.vectors.ledger import Played, agreement, begun, endorsement

CASE, POLICE, HUB, DESK = (
    "tv-probation/case", "thames-valley/intelligence", "mk-hub/safeguarding", "mk-csp/desk",
)  # fmt: skip
KEPT = "P. Kept"
HERS = "Tracey Quillfeather"
"""Her name, which nobody else in the town has."""
MOVED = {"index", "position"}
"""Of a head: what says where it stands."""


class Town:
    """One log whose salts are all alike, so that what is equal shows."""

    def __init__(self, beginning: Played) -> None:
        self.log = Telling(FAR_MS)
        self.log._salt = lambda: bytes(16)
        self.log.tell(submitted(beginning))
        self.log.deliver()

    def readable(self, agency: str) -> list[Any]:
        """Give every record on the topics that an agency may read, in order."""
        views = [_view(key, value) for key, value in self.log.views.get(agency, [])]
        receipts = [_receipt(key, value) for key, value in self.log.receipts.get(agency, [])]
        return [views, receipts]


def _view(key: bytes, value: bytes) -> Any:
    if not value:
        return key, None
    head, part, statement, _ = value.split(b"\n", 3)
    return key, _kept(head), _without(part, {"proof"}), statement


def _receipt(key: bytes, value: bytes) -> Any:
    head, part, _ = value.split(b"\n", 2)
    return key, _kept(head), _without(part, {"proof", "position", "positions"})


def _kept(head: bytes) -> Any:
    return _without(head, MOVED)


def _without(text: bytes, names: set[str]) -> Any:
    return {name: value for name, value in json.loads(text).items() if name not in names}


def beginning() -> Played:
    """Found a town in which probation tells police and the hub, and each of them all."""
    played = begun("excluded")
    first, second = agreement()["agreement"]["legs"]
    parties = ["tv-probation", "thames-valley", "mk-hub"]
    legs = [{**first, "from": parties, "to": parties}, {**second, "from": parties, "to": parties}]
    act = agreement(version=2, legs=legs)
    played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in parties:
        played.govern(name, "act_endorsed", endorsement(act))
    return played


def written(seed: str, write: Callable[[Played], None]) -> list[Sent]:
    """Write statements apart from all others: in streams of their own."""
    played = Played(seed)
    write(played)
    return list(submitted(played))


def everyday(played: Played) -> None:
    """Say what goes on beside her case: of other people, by everybody."""
    for _ in range(2):
        for source in (CASE, POLICE, HUB):
            raw = played.say(source, "concern_reported", concern(played.draw))
            lacking = {**concern(played.draw), "provenance": provenance("role")}
            played.say(source, "concern_reported", lacking, urgency="urgent")
            played.say(source, "concern_reported", concern(played.draw), urgency="threat_to_life")
            taken = {"statement": id_of(raw), "reason": "mistaken", "by": "A. Officer"}
            say(played, source, "statement_retracted", taken, raw)


def say(
    played: Played, source: str, event: str, value: dict[str, Any], *causes: bytes, **more: Any
) -> bytes:
    """Say something of a case, named, of the statements that it arises from."""
    caused = {f"cause.{n}": {"statement": id_of(one)} for n, one in enumerate(causes, 1)}
    who = more.pop("provenance", concern(played.draw)["provenance"])
    sections = more.pop("sections", {})
    parts = {"event": value, **caused, "provenance": who, **sections}
    return played.say(source, event, parts, **more)


def casework(played: Played, people: dict[str, Any], first: bytes, right: bytes, hub: str) -> None:
    """Do what is to be done about her: seen jointly, enquired, returned, referred, disclosed.

    Whoever decides whether to refer her has read that the first report was put right.
    """
    days = {name: people["event"][name] for name in ("occurred", "known_to_agency", "recorded")}
    for source, event, facts in (
        (CASE, "contact_recorded", {"contact": "joint_attendance"}),
        (CASE, "return_made", {"returned": "nil_contact"}),
        (CASE, "enquiry_made", {"enquiry": "unsafe", "setting": "visit", "why_not": "he was in"}),
        (CASE, "risk_assessed", {"instrument": "dash-2009", "version": "1", "level": "medium",
                                 "considered": []}),
        (CASE, "closure_notified", {"closure": "licence", "ends_on": "2012-05-02",
                                    "risk_recognised": "yes"}),
        (CASE, "referral_made", {"addressee": "mk-hub", "referral": "mash", "criterion": "c"}),
    ):  # fmt: skip
        played.say(source, event, {**people, "event": {**days, **facts}})
    weighed = {"statement": id_of(first), "referral": "idva", "decision": "not_made",
               "reason": "none", "by": "A. Officer", "role": "lead"}  # fmt: skip
    say(played, hub, "referral_considered", weighed, first, right)
    power = {"power": "common_law_only", "reason": "r", "by": "A. Officer", "role": "officer"}
    asks = {**days, "right": "to_know", "applicant": "police", "statement": id_of(first)}
    named = {name: value for name, value in people.items() if name.startswith("person.")}
    applied = say(played, hub, "disclosure_applied", asks, first, sections=named)
    staged = {"application": id_of(applied), "stage": "initial_checks", **power}
    say(played, hub, "disclosure_staged", staged, applied, first)


def her_case(
    kept: dict[str, str], *, hub: str = HUB, lifted: bool = True
) -> Callable[[Played], None]:
    """Say everything that there is to say of her, and from whom it is kept.

    Args:
        kept: an agency or a practitioner, as an exclusion names them.
        hub: who joins, answers and acknowledges.
        lifted: whether what was recorded to her protection ends at last.
    """

    def write(played: Played) -> None:
        rows = [{"subjects": [], **kept}]
        people = concern(played.draw)
        given, family = HERS.split()
        people["person.2.identity"]["names"] = [{"given": given, "family": family}]
        tokens = [people[f"person.{n}.identity"]["subject"] for n in (1, 2)]
        first = played.say(CASE, "concern_reported", {**people, "exclusions": {"excluded": rows}})
        wall = {"excluded": [{"subjects": tokens, **kept}], "reason": "he works there",
                "by": "A. Officer"}  # fmt: skip
        recorded = say(played, CASE, "exclusion_recorded", wall, first)
        for urgency in ("routine", "urgent", "threat_to_life"):
            played.say(CASE, "concern_reported", people, urgency=urgency)
            lacking = {**people, "provenance": provenance("role")}
            held = played.say(CASE, "concern_reported", lacking, urgency=urgency)
            supplied = {"statement": id_of(held)}
            say(played, CASE, "provenance_supplied", supplied, held)
        view = {"subject": tokens[1], "state": "withdrawn"}
        asked = {"views": [view], "asked_by": "A. Officer", "asked_alone": True}
        say(played, CASE, "consent_recorded", asked, first)
        hold = {"subjects": tokens, "authority": "court", "reference": "1", "by": "A. Officer"}
        holding = say(played, CASE, "legal_hold_set", hold, first)
        over = {"hold": id_of(holding), "reason": "over", "by": "A. Officer"}
        say(played, CASE, "legal_hold_lifted", over, holding)
        link = {"subjects": tokens, "matcher": "A. Officer", "basis": "one birth date"}
        joined = say(played, hub, "persons_linked", link, first)
        parted = {"link": id_of(joined), "subjects": tokens, "matcher": "A.", "basis": "an error"}
        say(played, hub, "persons_unlinked", parted, joined)
        answer = {"statement": id_of(first), "received_by": "A. Officer", "researched": "yes",
                  "actions": ["visit_planned"]}  # fmt: skip
        say(played, hub, "response_given", answer, first)
        correction = {"statement": id_of(first), "reason": "misheard", "by": "A. Officer"}
        narrative = {"narrative": {"text": "another", "form": "summary"}}
        right = say(played, CASE, "statement_corrected", correction, first, sections=narrative)
        read = {"correction": id_of(right), "by": "A. Officer", "affected": 0}
        say(played, hub, "correction_acknowledged", read, right)
        casework(played, people, first, right, hub)
        gone = played.say(CASE, "concern_reported", people)
        erased = {"statements": [id_of(gone)], "ground": "mistaken", "reason": "another woman",
                  "by": "A. Officer"}  # fmt: skip
        proposed = say(played, CASE, "erasure_proposed", erased)
        second = {"proposal": id_of(proposed), "statements": [id_of(gone)], "by": "B. Officer"}
        say(played, hub, "erasure_endorsed", second)
        if not lifted:
            return
        end = {"exclusion": id_of(recorded), "reason": "he left", "by": "A. Officer"}
        say(played, CASE, "exclusion_lifted", end, recorded)

    return write


def case_of(kept: dict[str, str], *, hub: str = HUB, lifted: bool = False) -> list[Sent]:
    """Say her case, kept from somebody, in streams of its own."""
    return written("hers", her_case(kept, hub=hub, lifted=lifted))


def read(folder: Path, town: Town, name: str) -> Acting:
    """Let a home's outbox and consumer read to the end."""
    acting = open_acting(Home.open(folder))
    held = town.log.views.get(name.partition("/")[0], [])
    acting.consumer.take([Came(n, k, value or None) for n, (k, value) in enumerate(held)])
    inbox = Inbox(acting.outbox)
    inbox.take([Read(inbox.views, n, value or None, k) for n, (k, value) in enumerate(held)])
    return acting


def twins(folder: Path, name: str, hub: str = HUB, *, lifted: bool = False) -> tuple[Path, Town]:
    """Make a home in a town with her case, kept from KEPT; beside it its copy in one without.

    Args:
        folder: for both.
        name: of the home.
        hub: as `her_case`.
        lifted: as `her_case`.

    Returns:
        Where they stand, `first` and `second`; the town without her case.
    """
    made = Speaker(folder / "first", name=name)
    token = made.outbox.token_for("practitioner", KEPT)
    made.close()
    shutil.copytree(folder / "first", folder / "second")
    others, hers = (
        written("everyday", everyday),
        case_of({"practitioner": token}, hub=hub, lifted=lifted),
    )
    both = [one for pair in zip(others, hers, strict=False) for one in pair]
    for home, said in (("first", [*both, *others[len(hers) :], *hers[len(others) :]]),
                       ("second", others)):  # fmt: skip
        town = Town(beginning())
        town.log.tell(said)
        town.log.deliver()
        acting = read(folder / home, town, name)
        acting.store.close()
        acting.outbox.database.close()
    return folder, town

"""What an audit says of a governed log: clocks of what is held, keys that took another's place."""

from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from typing import Any

import pytest

from consumers.audit.container import Export
from consumers.audit.defect import Defect
from consumers.audit.verdict import Trusted, Verdict
from consumers.audit.verify import verify
from contracts.duration import HOUR_MS
from contracts.statement import digest_of
from tests.matrix.partnership import PARTNERSHIP, Milton, key, source_key
from tests.matrix.saying import Saying
from tests.matrix.telling import HOUSING, HUB, POLICE, PROBATION
from tests.support.auditor import export_of
from tests.support.forging import at, names
from tests.support.stranger import seeded, text_of

HELD = "00000001-9c40-7000-8000-000000000000"
TAKEN_BACK = "00000002-9c40-7000-8000-000000000000"


agreed = cache(partial(Milton, "governed"))


def apart(seed: str) -> Milton:
    """Go on from where it is agreed: all is founded once, and each test has a log of its own."""
    made = deepcopy(agreed())
    made.draw_by(seeded(seed))
    made.log.draw_by(partial(seeded(f"{seed}/salts"), 16))
    return made


def judged(milton: Milton) -> Verdict:
    """Export a partnership's log, and verify it."""
    log = milton.log
    sections = {
        one.recorded.head.statement or "": one.disclosures
        for one in log.entries
        if one.disclosures is not None
    }
    ledger = [one.record for one in log.entries]
    trust = Trusted(
        partnership=PARTNERSHIP, origin=log.trust.origin, log_key=log.trust.log_key
    )  # fmt: skip
    return verify(Export.held(export_of(PARTNERSHIP, ledger, sections, log.checkpoints)), trust)


def held(event: str, *, named: bool) -> tuple[Milton, dict[str, Any], bytes]:
    """Hold a report, for want of a name or of a leg; give its sections and its bytes."""
    milton = apart(f"overdue/{event}/{named}")
    sections = Saying(event, "PV").sections(milton.draw)
    whole = dict(sections["provenance"])
    if not named:
        token = {"token": whole["practitioner"]["token"]}
        sections["provenance"] = {**whole, "practitioner": token}
    raw = milton.say(f"{PROBATION}/case", event, sections, id=HELD)
    milton.flow()
    return milton, whole, raw


def pass_hours(milton: Milton, hours: int) -> Verdict:
    """Let time go by until something else is said, and audit."""
    milton.log.clock_ms += hours * HOUR_MS
    milton.hear(f"{PROBATION}/case", "concern_reported",
                Saying("concern_reported", "PV").sections(milton.draw))  # fmt: skip
    return judged(milton)


def entry_of(milton: Milton, raw: bytes) -> int:
    """Give the entry in which a statement stands."""
    digest = digest_of(raw)
    heads = (one.recorded.head for one in milton.log.entries)
    return next(head.index for head in heads if head.statement == digest)


def supply(milton: Milton, provenance: dict[str, Any]) -> bytes:
    """Supply the name of what is held."""
    about = {"event": {"statement": HELD}, "cause.1": {"statement": HELD}}
    raw = milton.say(
        f"{PROBATION}/case", "provenance_supplied", {**about, "provenance": provenance}
    )
    milton.flow()
    return raw


def release(milton: Milton, raw: bytes, *, alone: bool = False, decision: str = "release") -> None:
    """Decide at the governance desk, as somebody who has not spoken before."""
    by = Saying("concern_reported", "V").sections(milton.draw)["provenance"]
    by["practitioner"]["token"] = text_of(milton.draw(16))
    event = {"statement": digest_of(raw), "decision": decision, "reason": "seen", "by": "A.",
             "waived": ["provenance.practitioner_missing"], "alone": alone}  # fmt: skip
    milton.hear("mk-csp/case", "release_decided", {"event": event, "provenance": by})


def overdue(verdict: Verdict) -> list[int]:
    """Give the entries that wait past their clock; nothing else may be wrong but the silence."""
    assert names(verdict) <= {Defect.QUARANTINE_OVERDUE, Defect.SILENCE}
    return at(verdict, Defect.QUARANTINE_OVERDUE)


def test_what_is_held_past_its_clock_is_a_finding_whatever_it_waits_for() -> None:
    """A name that is not supplied and a leg that nobody agreed wait for the same desk."""
    for event, named in (("concern_reported", False), ("treatment_recorded", True)):
        milton, _, raw = held(event, named=named)
        assert overdue(pass_hours(milton, 71)) == []
        assert overdue(pass_hours(milton, 2)) == [entry_of(milton, raw)]


def test_a_name_supplied_in_time_is_not_overdue_though_no_leg_carries_it() -> None:
    """It is held for another reason from then on, and the governance desk has a new clock."""
    milton, provenance, _ = held("treatment_recorded", named=False)
    milton.log.clock_ms += 71 * HOUR_MS
    supplied = supply(milton, provenance)
    assert overdue(pass_hours(milton, 71)) == []
    assert overdue(pass_hours(milton, 2)) == [entry_of(milton, supplied)]


def test_a_name_supplied_in_time_ends_the_wait() -> None:
    """Delivered is not overdue."""
    milton, provenance, _ = held("concern_reported", named=False)
    supply(milton, provenance)
    assert overdue(pass_hours(milton, 200)) == []


@pytest.mark.parametrize("decision", ["release", "refuse"])
def test_what_two_released_or_refused_is_not_overdue(decision: str) -> None:
    """A desk that decided owes nothing."""
    milton, _, raw = held("concern_reported", named=False)
    release(milton, raw, decision=decision)
    release(milton, raw, decision=decision)
    assert overdue(pass_hours(milton, 200)) == []


def test_one_hand_of_two_leaves_it_waiting() -> None:
    """A first hand that nobody followed is no decision."""
    milton, _, raw = held("concern_reported", named=False)
    release(milton, raw)
    assert overdue(pass_hours(milton, 200)) == [entry_of(milton, raw)]


def test_a_release_by_one_at_night_waits_for_the_second() -> None:
    """What the duty manager let go alone, somebody must have looked at by the next day."""
    milton, _, raw = held("concern_reported", named=False)
    pass_hours(milton, 12)
    release(milton, raw, alone=True)
    alone = len(milton.log.entries) - 1
    assert overdue(pass_hours(milton, 23)) == []
    assert overdue(pass_hours(milton, 2)) == [alone]
    release(milton, raw)
    assert overdue(judged(milton)) == []


def test_an_emergency_that_nobody_reviewed_in_time_is_a_finding() -> None:
    """The path that asks for nothing is watched, or it becomes the ordinary one."""
    milton = apart("reviewed")
    sections = Saying("concern_reported", "PV").sections(milton.draw)
    raw = milton.say(
        f"{PROBATION}/case", "concern_reported", sections, id=HELD, urgency="threat_to_life"
    )
    milton.flow()
    assert at(pass_hours(milton, 20), Defect.DUTY_OVERDUE) == []
    assert at(pass_hours(milton, 200), Defect.DUTY_OVERDUE) == [entry_of(milton, raw)]
    event = {"statement": HELD, "finding": "rightful", "lesson": "none", "by": "A."}
    milton.hear("mk-csp/case", "emergency_reviewed",
                {"event": event, "provenance": sections["provenance"]})  # fmt: skip
    assert at(judged(milton), Defect.DUTY_OVERDUE) == []


def test_a_recall_and_a_correction_are_answered_or_a_finding() -> None:
    """Each holder was asked by the log; the auditor sees who never said a word."""
    milton = apart("answered")
    sections = Saying("concern_reported", "PV").sections(milton.draw)
    by = {"provenance": sections["provenance"]}
    milton.hear(f"{PROBATION}/case", "concern_reported", sections, id=HELD)
    revoked = {"act": "key_revoked", "agency": HOUSING, "kid": key(f"{HOUSING}/case").kid,
               "reason": "compromised", "invalid_since": "2026-12-01T00:00:00.000Z"}  # fmt: skip
    milton.hear(f"{HOUSING}/case", "concern_reported",
                Saying("concern_reported", "PV").sections(milton.draw))  # fmt: skip
    recall = milton.govern("mk-csp", "act_proposed", {"proposal": revoked})
    back = {"statement": HELD, "reason": "mistaken", "by": "A."}
    correction = milton.say(f"{PROBATION}/case", "statement_retracted",
                            {"event": back, "cause.1": {"statement": HELD}, **by},
                            id=TAKEN_BACK)  # fmt: skip
    milton.flow()
    asked = [entry_of(milton, recall), entry_of(milton, correction)]
    assert at(pass_hours(milton, 70), Defect.DUTY_OVERDUE) == []
    assert at(pass_hours(milton, 10), Defect.DUTY_OVERDUE) == sorted(asked)
    looked = {"kid": revoked["kid"], "suspect": 1, "reopened": 0, "by": "A."}
    night = {"act": "key_enrolled", "agency": HOUSING, "key": source_key(HOUSING, "night")}
    milton.govern(HOUSING, "act_proposed", {"proposal": night})
    for holder in (f"{POLICE}/case", f"{HUB}/case", f"{HOUSING}/night"):
        milton.hear(holder, "recall_acknowledged", {"event": looked, **by})
    assert at(judged(milton), Defect.DUTY_OVERDUE) == [entry_of(milton, correction)]
    read = {"correction": TAKEN_BACK, "affected": 0, "by": "A."}
    for holder in (POLICE, HUB):
        milton.hear(f"{holder}/case", "correction_acknowledged",
                    {"event": read, "cause.1": {"statement": TAKEN_BACK}, **by})  # fmt: skip
    assert at(judged(milton), Defect.DUTY_OVERDUE) == []


def test_an_erasure_is_confirmed_by_every_holder_or_a_finding() -> None:
    """A copy that nobody destroyed is found years later, in the wrong hands."""
    milton = apart("erased")
    sections = Saying("concern_reported", "PV").sections(milton.draw)
    other = Saying("concern_reported", "PV").sections(milton.draw)
    milton.hear(f"{PROBATION}/case", "concern_reported", sections, id=HELD)
    what = {"statements": [HELD], "ground": "mistaken", "reason": "a", "by": "A."}
    milton.hear(f"{PROBATION}/case", "erasure_proposed",
                {"event": what, "provenance": sections["provenance"]}, id=TAKEN_BACK)  # fmt: skip
    second = {"proposal": TAKEN_BACK, "statements": [HELD], "by": "B."}
    endorsed = "00000003-9c40-7000-8000-000000000000"
    raw = milton.say(f"{POLICE}/case", "erasure_endorsed",
                     {"event": second, "provenance": other["provenance"]}, id=endorsed)  # fmt: skip
    milton.flow()
    assert at(pass_hours(milton, 700), Defect.DUTY_OVERDUE) == []
    assert at(pass_hours(milton, 30), Defect.DUTY_OVERDUE) == [entry_of(milton, raw)]
    done = {"erasure": endorsed, "by": "A.", "backups_until": "2027-02-01T00:00:00.000Z"}
    for holder in (PROBATION, POLICE, HUB):
        assert at(judged(milton), Defect.DUTY_OVERDUE) == [entry_of(milton, raw)]
        milton.hear(f"{holder}/case", "erasure_confirmed",
                    {"event": done, "provenance": other["provenance"]})  # fmt: skip
    assert at(judged(milton), Defect.DUTY_OVERDUE) == []


def test_what_a_rotated_key_signs_is_verified() -> None:
    """An agency that changes its key must not make the log unreadable to its auditors."""
    milton = apart("rotated")
    source = f"/agencies/{PROBATION}/case"
    old, new = key(f"{PROBATION}/case"), key("the next one")
    public = text_of(new.public)
    text = f"candour-key-possession\n{PARTNERSHIP}\n{source}\n{public}\n".encode()
    possession = text_of(new.private.sign(text))
    rotated = {"source": source, "public_key": public, "purpose": ["statements"],
               "possession": possession}  # fmt: skip
    act = {"act": "key_rotated", "agency": PROBATION, "kid": old.kid, "key": rotated}
    milton.govern(PROBATION, "act_proposed", {"proposal": act})
    milton.flow()
    name = f"{PROBATION}/case"
    milton._writers[name] = replace(milton._writer(name), key=new)
    sections = Saying("concern_reported", "PV").sections(milton.draw)
    heard = milton.hear(f"{PROBATION}/case", "concern_reported", sections)
    assert heard.decision.outcome == "accepted"
    verdict = judged(milton)
    assert (verdict.exit, verdict.found) == (0, [])

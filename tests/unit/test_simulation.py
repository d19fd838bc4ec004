"""`candour agreement simulate`: a log replayed under a proposal, and each delivery that differs.

Independent of what the simulation reckons: the same statements are played again from entry 0 in a
partnership that had agreed to the proposal, and what was delivered there is compared.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consumers.audit.simulation import Changed, Simulated, simulate
from contracts.agreement import Agreement
from contracts.entry import NOTICES
from tests.matrix.partnership import AGREEMENTS, SHIPPED, Milton, agreement
from tests.matrix.saying import Saying
from tests.matrix.telling import HOUSING, HUB, MK_ACT, POLICE, PROBATION, SURGERY
from tests.support.command import invoked
from tests.support.exporting import export_folder

STORY = (
    (PROBATION, Saying("concern_reported", "PV")),
    (HOUSING, Saying("concern_reported", "PVC")),
    (PROBATION, Saying("contact_recorded", "PV")),
    (PROBATION, Saying("risk_assessed", "PV", level="high")),
    (PROBATION, Saying("household_changed", "PV")),
    (PROBATION, Saying("household_changed", "PV", excluded=[HOUSING])),
    (SURGERY, Saying("attendance_recorded", "VP", views={1: "given"})),
    (SURGERY, Saying("attendance_recorded", "VP", views={1: "refused"})),
)  # fmt: skip


def told(adopted: Agreement) -> Milton:
    """Play the story in the shipped partnership with one agreement in place of its like."""
    milton = Milton("simulation", state="never_adopted")
    milton.adopt(
        adopted.id,
        **{name: getattr(adopted, name) for name in adopted.__struct_fields__} | {"version": 2},
    )
    for name in AGREEMENTS:
        if name != adopted.id:
            milton.adopt(name, version=2)
    milton.flow()
    for sender, saying in STORY:
        milton.hear(f"{sender}/case", saying.event, saying.sections(milton.draw))
    dire = Saying("concern_reported", "PV")
    milton.hear(f"{HOUSING}/case", dire.event, dire.sections(milton.draw),
                urgency="threat_to_life")  # fmt: skip
    milton.log.submit(HOUSING, b"garbage")
    milton.flow()
    return milton


@cache
def as_agreed() -> Milton:
    """Play the story under the agreements as they ship."""
    return told(agreement("mk-core"))


def replayed(proposal: Agreement) -> Simulated:
    """Simulate a proposal on the story's log."""
    return simulate([one.record for one in as_agreed().log.entries], proposal)


def held(milton: Milton) -> dict[tuple[int, str], tuple[str, ...]]:
    """List who holds which sections of which statement, by entry: notices and own copies apart."""
    return {
        (entry.recorded.head.index, one.to): tuple(one.sections)
        for entry in milton.log.entries
        for one in entry.deliveries
        if one.leg not in {*NOTICES, "own", "public_control"}
    }


def without(*ids: str, **changes: Any) -> Agreement:
    """Change the core agreement: legs out, or members of its first leg."""
    core = agreement("mk-core")
    first, *rest = core.legs
    legs = [msgspec.structs.replace(first, **changes), *rest]
    return msgspec.structs.replace(core, legs=[leg for leg in legs if leg.id not in ids])


@pytest.mark.parametrize("name", AGREEMENTS)
def test_what_was_adopted_changes_nothing(name: str) -> None:
    """A simulation that finds a difference where there is none would never be believed again."""
    found = replayed(agreement(name))
    assert (found.changed, found.outcomes) == ([], {})
    assert found.decided == len(STORY) + 1


PROPOSALS = {
    "no leg of concerns to police": without("concern-to-police"),
    "concerns to police without a narrative": without(
        sections=["event", "provenance", "person.identity", "person.part"]
    ),
    "concerns to police from probation alone": without(sender=[PROBATION]),
    "nothing at all": without(*(leg.id for leg in agreement("mk-core").legs[1:])),
    "with consent": without(consent=agreement("mk-health").legs[0].consent),
}


@pytest.mark.parametrize("name", PROPOSALS)
def test_what_would_have_differed_is_what_differs_where_it_was_agreed(name: str) -> None:
    """A partnership that had agreed to it from the start delivered just that."""
    then, now = held(as_agreed()), held(told(PROPOSALS[name]))
    expected = {
        key: (tuple(s for s in now.get(key, ()) if s not in then.get(key, ())),
              tuple(s for s in then.get(key, ()) if s not in now.get(key, ())))
        for key in then.keys() | now.keys()
        if then.get(key) != now.get(key)
    }  # fmt: skip
    found = replayed(PROPOSALS[name])
    assert expected
    assert {(one.index, one.to): (one.more, one.less) for one in found.changed} == expected
    for one in found.changed:
        how = "lost" if (one.index, one.to) not in now else "changed"
        assert one.change == how


def test_only_a_legs_own_deliveries_are_lost_without_it() -> None:
    """Whoever takes a leg out must see whom it was for, and nobody else."""
    changed = replayed(without("concern-to-police")).changed
    assert {(one.event, one.to, one.change) for one in changed} == {
        ("concern_reported", POLICE, "lost")
    }
    assert len(changed) == 2  # the threat to life needs no leg


def test_a_new_agreement_shows_what_it_would_let_flow() -> None:
    """An agreement that is not there yet has no past of its own."""
    core = agreement("mk-core")
    legs = [msgspec.structs.replace(leg, to=[MK_ACT]) for leg in core.legs
            if leg.id == "concern-to-police"]  # fmt: skip
    parties = [*core.parties, *agreement("mk-act-support").parties]
    by_name = {one.agency: one for one in parties}
    new = msgspec.structs.replace(
        core, id="mk-new", legs=legs, parties=list(by_name.values()), effective="2030-01-01",
        expires="2031-01-01",
    )  # fmt: skip
    found = replayed(new)
    assert {(one.change, one.to) for one in found.changed} <= {("gained", MK_ACT)}


def test_what_nobody_would_have_is_counted_as_held() -> None:
    """A statement that would wait at the quarantine desk is the price of the leg taken out."""
    found = replayed(PROPOSALS["nothing at all"])
    assert found.outcomes["accepted", "quarantined"] > 0
    lost = [one for one in found.changed if one.change == "lost"]
    assert all(isinstance(one, Changed) for one in lost)
    assert HUB in {one.to for one in lost}


def test_it_is_told_on_the_command_line(tmp_path: Path) -> None:
    """Exit code 1 where something would change, 0 where nothing would."""
    folder, trust = export_folder(as_agreed().log, tmp_path)
    same = invoked("agreement", "simulate", SHIPPED / "mk-core.yaml", folder, "--trust", trust)
    assert same.returncode == 0, same.stderr
    assert same.stdout == "9 statements decided again: 0 deliveries would differ.\n"
    assert "It could not be adopted on this log: line " in same.stderr
    assert "version 2 of it is adopted already: write 3" in same.stderr
    less = tmp_path / "less.yaml"
    less.write_text(
        msgspec.json.encode(
            msgspec.structs.replace(without("concern-to-police"), version=3)
        ).decode()
    )
    ran = invoked("agreement", "simulate", less, folder, "--trust", trust)
    assert ran.returncode == 1, ran.stderr
    *each, one, count = ran.stdout.splitlines()
    assert [line.partition(": ")[0].split(",")[0] for line in each] == [
        f"entry {entry}" for entry in sorted({c.index for c in replayed(without(
            "concern-to-police")).changed})
    ]  # fmt: skip
    assert all(f"{POLICE} lost: event, provenance, person.1.identity" in line for line in each)
    assert one == f"{POLICE}: 0 gained, 2 lost, 0 changed"
    assert count == "9 statements decided again: 2 deliveries would differ."
    assert "could not be adopted" not in ran.stderr


def test_nothing_is_told_from_what_does_not_verify(tmp_path: Path) -> None:
    """A simulation on a forged log would be an argument for anything."""
    folder, trust = export_folder(as_agreed().log, tmp_path)
    ledger = folder / "ledger.log"
    ledger.write_bytes(ledger.read_bytes().replace(b'"kind":"statement"', b'"kind":"heartbeat"', 1))
    ran = invoked("agreement", "simulate", SHIPPED / "mk-core.yaml", folder, "--trust", trust)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Nothing is told from what does not verify." in ran.stderr

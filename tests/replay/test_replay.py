"""Golden ledgers verify for ever, and what a version decided is never decided by another."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from broker.core.decider import DECIDERS, NEWEST
from broker.core.index import MemoryIndex
from broker.core.sequence import Sequencing
from broker.core.state import fold
from broker.core.written import Parts
from consumers.audit.container import opened
from consumers.audit.defect import Defect, Exit
from consumers.audit.verdict import Trusted
from consumers.audit.verify import verify
from contracts.event.control import DeciderAdopted
from contracts.fault import Fatal
from contracts.finding import decode_findings
from tests.replay import make
from tests.replay.make import POLICE, Told, folder_for
from tests.support.auditor import audit_folder
from tests.support.forging import Log, at, names
from tests.support.reading import said
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, endorsement, founding

FIRST, LATER = "candour-decide/1", "candour-decide/99"


@pytest.mark.parametrize("decider", DECIDERS)
def test_a_golden_ledger_verifies_and_is_decided_again_byte_for_byte(decider: str) -> None:
    """A later release that decided an old entry otherwise would make an honest log a liar."""
    folder = folder_for(decider)
    trust = msgspec.json.decode((folder / "trust.json").read_bytes(), type=Trusted)
    with opened(folder / "export") as export:
        verdict = verify(export, trust)
        assert verdict.decided == len(export.logs["ledger.log"])
    # Which release judges may change; what it finds may not.
    expected = msgspec.json.decode((folder / "verdict.json").read_bytes())
    found = msgspec.json.decode(verdict.encoded())
    assert {**found, "examiner": ""} == {**expected, "examiner": ""}
    assert audit_folder(folder / "export", folder / "trust.json").defects == set()


def test_each_golden_ledger_is_decided_by_the_version_that_it_is_named_after() -> None:
    """One that lies in another's folder would hold nobody to anything."""
    seen = {}
    for decider in DECIDERS:
        with opened(folder_for(decider) / "export") as export:
            state = fold(export.logs["ledger.log"])
        seen[decider] = state.decider
    assert seen == {decider: decider for decider in DECIDERS}


def test_a_golden_ledger_is_never_written_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path
                                                ) -> None:  # fmt: skip
    """The generator may change with the code; what it wrote for a release may not."""
    monkeypatch.setattr(make, "HERE", tmp_path)
    assert make.write(NEWEST)
    (tmp_path / NEWEST.replace("/", "-") / "verdict.json").write_text("as it was")
    assert not make.write(NEWEST)
    assert (tmp_path / NEWEST.replace("/", "-") / "verdict.json").read_text() == "as it was"


def deciders(log: Log) -> list[str]:
    """List by which version each entry was decided, in order."""
    found = (one.recorded.decision for one in log.playing.entries)
    return [one.decider for one in found if one is not None]


def flag(told: Told, about: bytes) -> None:
    """Let a machine answer what nobody is named for: no version may count it for more."""
    jws, _, texts = about.partition(b"~")
    named = said(jws, texts[:-1]).context["id"]
    machine = {"kind": "system", "system": "case", "rule": "r1", "accountable": "Head of Unit"}
    answer = {"statement": named, "received_by": "desk", "researched": "no", "actions": []}
    told.about(POLICE, "response_given", answer, named, provenance=machine)


def test_what_stands_before_an_adoption_stays_decided_as_it_was() -> None:
    """Rules and deciders change; nobody may be judged by those that came after."""
    told = Told(FIRST)
    log = Log(told.played)
    anonymous = told.report(urgency="threat_to_life", lacking="role")
    flag(told, anonymous)
    told.report()
    before = len(log.deliver().ledger)
    adoption = {"act": "decider_adopted", "decider": NEWEST}
    rules = {**founding()["rules"], "version": "2", "response_hours": 48}
    for act in (adoption, {"act": "ruleset_adopted", "rules": rules}):
        told.played.govern("mk-csp", "act_proposed", {"proposal": act})
        told.played.govern("tv-probation", "act_endorsed", endorsement(act))
    flag(told, anonymous)
    told.report()
    log.deliver()
    first, _, last = (deciders(log)[n] for n in (before - 1, before, -1))
    assert (first, last) == (FIRST, NEWEST)
    levels = [
        one.recorded.decision.level
        for one in log.playing.entries
        if one.recorded.findings and one.recorded.findings.event == "response_given"
        if one.recorded.decision
    ]
    assert levels == ["automated", "anonymous"]
    entries = [log.playing.entries[n] for n in (before - 1, -1)]
    owed = [d.duties[0].due_at for one in entries for d in one.deliveries if d.duties]
    assert [one - CLOCK_MS for one in owed] == [72 * 3_600_000, 48 * 3_600_000]
    rulesets = [one.recorded.decision.ruleset for one in entries if one.recorded.decision]
    assert len(set(rulesets)) == 2
    verdict = log.judged()
    assert verdict.decided == len(log.ledger)
    assert verdict.exit in {Exit.VERIFIED, Exit.FINDINGS}


def beyond() -> tuple[Log, int]:
    """Make a log as a later release leaves it: it adopted a decider that nobody knows here."""
    told = Told(NEWEST)
    log = Log(told.played)
    act = {"act": "decider_adopted", "decider": "candour-decide/1"}
    told.played.govern("mk-csp", "act_proposed", {"proposal": act})
    at_ = len(log.deliver().ledger) - 1
    return log, at_


def adopts(parts: Parts) -> Parts:
    """Put the later decider into a proposal's findings."""
    exact = parts.findings_json.replace(b"candour-decide/1", LATER.encode())
    held: dict[str, Any] = {name: getattr(parts, name) for name in Parts.__slots__}
    return Parts(**{**held, "findings_json": exact, "findings": decode_findings(exact)})


def test_a_log_of_a_later_release_is_said_to_be_one_and_not_called_false() -> None:
    """An old verifier must send its reader to a new one, not accuse the log."""
    log, entry = beyond()
    log.rewrite(entry, adopts)
    log.resign()
    verdict = log.judged()
    assert at(verdict, Defect.DECIDER_UNKNOWN) == [entry]
    assert "decision.outcome" not in names(verdict)


def test_a_broker_writes_nothing_on_a_log_that_a_later_release_decides() -> None:
    """Put back to an older release it would decide by rules that no longer hold."""
    log, _ = beyond()
    state = fold(log.ledger)
    state.decider = LATER
    with pytest.raises(Fatal, match=LATER) as stopped:
        Sequencing(PARTNERSHIP, state, MemoryIndex())
    assert "release" in stopped.value.remedy


def test_nobody_adopts_a_decider_that_does_not_exist() -> None:
    """A slip in an act must not stop every broker of the partnership."""
    told = Told(NEWEST)
    log = Log(told.played)
    act = msgspec.to_builtins(DeciderAdopted(LATER))
    told.played.govern("mk-csp", "act_proposed", {"proposal": act})
    (item,) = log.deliver().playing.entries[-1].recorded.items
    assert [(str(one.code), one.fields) for one in item.reasons] == [
        ("control.act_invalid", ["decider"])
    ]

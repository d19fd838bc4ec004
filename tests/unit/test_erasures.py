"""An erasure on the log: what goes together, who must do it, and what an auditor makes of it."""

from pathlib import Path
from typing import Any

import pytest

from broker.core.written import read_written
from consumers.audit.container import LEDGER, Export
from consumers.audit.defect import Defect
from consumers.audit.erasures import Erasures
from consumers.audit.verdict import summary
from contracts.fault import Misuse
from deploy.erasing import Erased, still_holding
from tests.support.forging import Log, at, folder_of, names, run
from tests.support.stranger import concern
from tests.vectors.ledger import endorsement

CASE, POLICE = "tv-probation/case", "thames-valley/intelligence"
REPORT, ANSWER, PROPOSAL, ENDORSEMENT, CONFIRMATION = (
    f"0132b1a4-9c40-7000-8000-00000000000{n}" for n in range(1, 6)
)


def say(log: Log, source: str, event: str, value: dict[str, Any], **more: Any) -> None:
    """Say something about a case by a named practitioner of an agency."""
    parts = {"event": value, "provenance": concern(log.played.draw)["provenance"]}
    for number, cause in enumerate(more.pop("cause", "").split(), 1):
        parts[f"cause.{number}"] = {"statement": cause}
    log.played.say(source, event, parts, **more)


def told(*, endorsed: bool = True) -> Log:
    """Record a report, its answer, and their erasure."""
    log = Log()
    log.concern(id=REPORT)
    answer = {"statement": REPORT, "received_by": "Sgt", "researched": "no",
              "actions": ["no_action"], "no_action_reason": "none"}  # fmt: skip
    say(log, POLICE, "response_given", answer, id=ANSWER, cause=REPORT)
    log.concern()
    both = [REPORT, ANSWER]
    proposed = {"statements": both, "ground": "retention_ended", "reason": "due", "by": "A."}
    say(log, CASE, "erasure_proposed", proposed, id=PROPOSAL)
    if endorsed:
        event = {"proposal": PROPOSAL, "statements": both, "by": "B."}
        say(log, POLICE, "erasure_endorsed", event, id=ENDORSEMENT)
    return log.deliver()


def entry_of(log: Log, statement: str) -> int:
    """Give the entry of a statement."""
    found = (one.recorded for one in log.playing.entries if one.recorded.findings is not None)
    return next(r.head.index for r in found if r.findings and r.findings.id == statement)


def digest_of(log: Log, statement: str) -> str:
    """Give the digest of a statement."""
    return log.playing.entries[entry_of(log, statement)].recorded.head.statement or ""


def erase(log: Log, *statements: str) -> None:
    """Take sections out of what is exported, as a tombstone does."""
    for statement in statements:
        del log.sections[digest_of(log, statement)]


def read(log: Log) -> Erasures:
    """Fold an export."""
    return Erasures.of(Export.held(log.files))


def test_what_was_erased_with_authority_verifies_and_is_counted_by_its_entry() -> None:
    """Signatures, places and decisions hold without a section of it."""
    log = told()
    erase(log, REPORT, ANSWER)
    verdict = log.judged()
    entries = [entry_of(log, REPORT), entry_of(log, ANSWER)]
    by = entry_of(log, ENDORSEMENT)
    assert (verdict.exit, verdict.found, verdict.decided) == (0, [], len(log.ledger))
    assert [(one.entry, one.statements) for one in verdict.erased] == [(by, entries)]
    assert verdict.counts["erased"] == 2
    assert f"endorsed by entry {by}: 2 statements" in summary(verdict)
    assert log.stranger() == set()


def test_what_is_missing_without_authority_is_found_beside_it() -> None:
    """An erasure covers what it names, and nothing that went with it by accident."""
    log = told()
    erase(log, REPORT, ANSWER)
    other = list(log.sections)[-3]
    del log.sections[other]
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (4, {Defect.DISCLOSURES_MISSING})
    assert verdict.counts["erased"] == 2
    assert log.stranger()


def test_one_hand_erases_nothing() -> None:
    """What was only proposed, and is gone, is missing."""
    log = told(endorsed=False)
    erase(log, REPORT)
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (4, {Defect.DISCLOSURES_MISSING})
    assert (verdict.erased, verdict.counts["erased"]) == ([], 0)


def test_sections_that_stand_after_their_erasure_are_a_finding() -> None:
    """Whole or in part: a copy that kept them must be destroyed."""
    log = told()
    erase(log, ANSWER)
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (1, {Defect.NOT_ERASED})
    assert at(verdict, Defect.NOT_ERASED) == [entry_of(log, REPORT)]
    digest = digest_of(log, REPORT)
    log.sections[digest] = log.sections[digest].rpartition(b"~")[0]
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (1, {Defect.NOT_ERASED})
    assert log.stranger() == {f"entry {entry_of(log, REPORT)}: not erased"}


def test_a_tombstone_goes_to_each_holder_and_to_the_sections() -> None:
    """Who was given a copy is told to erase it, and nobody else is told anything."""
    log = told()
    report, answer = digest_of(log, REPORT), digest_of(log, ANSWER)
    holds = {"tv-probation": {report}, "thames-valley": {report, answer}, "mk-hub": set()}
    for agency, held in holds.items():
        gone = {key.decode() for key, value in log.playing.views[agency] if not value}
        assert gone == held, agency


def test_what_goes_together_is_shown_before_anything_is_erased() -> None:
    """The answer quotes the report: who erases one without the other erases nothing."""
    log = told(endorsed=False)
    (report, answer) = read(log).together([REPORT])
    assert (report.id, answer.id) == (REPORT, ANSWER)
    assert report.holders == ("tv-probation", "thames-valley")
    assert (report.under_hold, report.erased) == (False, False)
    with pytest.raises(Misuse, match="not on this log"):
        read(log).together([ENDORSEMENT])
    founding = read_written(log.ledger[0]).recorded.findings
    assert founding is not None
    with pytest.raises(Misuse, match="governs everybody"):
        read(log).together([founding.id])


def test_what_was_decided_on_what_a_correction_corrects_goes_with_it(tmp_path: Path) -> None:
    """The correction left it open, and whoever reads all anew without that takes it as made."""
    log, decision, correction = told(endorsed=False), CONFIRMATION, ENDORSEMENT
    decided = {"statement": REPORT, "decided_by": "I.", "researched_by": [], "reason": "alone"}
    say(log, POLICE, "no_further_action_decided", decided, id=decision, cause=REPORT)
    about = {"statement": REPORT, "reason": "misheard", "by": "A."}
    say(log, CASE, "statement_corrected", about, id=correction, cause=REPORT)
    log.deliver()
    listed = [(one.id, one.decides) for one in read(log).together([correction])]
    assert listed == [(correction, False), (decision, True)], "an answer is whole again without it"
    assert not any(one.decides for one in read(log).together([REPORT]))
    holds = folder_of(log, tmp_path)
    source = ["--export", str(holds), "--trust", str(tmp_path / "trust.json")]
    code, shown = run("plan", correction, *source, group="erasure")
    assert (code, "1 more decide on what is corrected" in shown) == (0, True)
    assert f"without them: candour erasure propose {correction} --ground" in shown
    assert f"propose it: candour erasure propose {correction} {decision} --ground" in shown


def test_a_hold_over_what_is_only_offered_holds_nothing_else_up(tmp_path: Path) -> None:
    """The decision rests on another report too, and a hold is over whom that is about alone."""
    log, decision, correction = told(endorsed=False), CONFIRMATION, ENDORSEMENT
    other = "0132b1a4-9c40-7000-8000-000000000006"
    log.concern(id=other)
    decided = {"statement": REPORT, "decided_by": "I.", "researched_by": [], "reason": "alone"}
    two = f"{REPORT} {other}"
    say(log, POLICE, "no_further_action_decided", decided, id=decision, cause=two)
    about = {"statement": REPORT, "reason": "misheard", "by": "A."}
    say(log, CASE, "statement_corrected", about, id=correction, cause=REPORT)
    log.deliver()
    report = read_written(log.ledger[entry_of(log, other)]).recorded.findings
    assert report is not None
    hold = {"subjects": [report.subjects[1]], "authority": "coroner", "reference": "1", "by": "C."}
    say(log, POLICE, "legal_hold_set", hold, cause=other)
    log.deliver()
    listed = [(one.id, one.under_hold) for one in read(log).together([correction])]
    assert listed == [(correction, False), (decision, True)]
    folder_of(log, tmp_path)
    source = ["--export", str(tmp_path / "export"), "--trust", str(tmp_path / "trust.json")]
    code, shown = run("plan", correction, *source, group="erasure")
    assert (code, "LEGAL HOLD" in shown, "A LEGAL HOLD stands" in shown) == (0, True, False)
    proposed = [line for line in shown.splitlines() if line.startswith("To propose it")]
    assert proposed == [
        f"To propose it: candour erasure propose {correction} --ground GROUND --reason WHY ..."
    ], "the decision stays with what keeps it"
    code, shown = run("plan", decision, *source, group="erasure")
    assert (code, "A LEGAL HOLD stands" in shown) == (1, True), "asked for itself, it is held"


def test_a_hold_is_shown_with_what_it_keeps() -> None:
    """A coroner has asked for it: whoever plans must see that before anybody signs."""
    log = told(endorsed=False)
    report = read_written(log.ledger[entry_of(log, REPORT)]).recorded.findings
    assert report is not None
    hold = {"subjects": [report.subjects[1]], "authority": "coroner", "reference": "1", "by": "C."}
    say(log, POLICE, "legal_hold_set", hold, cause=REPORT)
    event = {"proposal": PROPOSAL, "statements": [REPORT, ANSWER], "by": "B."}
    say(log, POLICE, "erasure_endorsed", event, id=ENDORSEMENT)
    log.deliver()
    erasures = read(log)
    assert [one.under_hold for one in erasures.together([REPORT])][:1] == [True]
    assert erasures.all()[0].endorsed is None
    assert read_written(log.ledger[-1]).recorded.items[0].reasons[0].code == "control.erasure_open"


def test_each_recipient_is_confirmed_or_due_and_says_when_its_backups_end() -> None:
    """Nobody can see another's backups: when they end is what it says itself."""
    log = told()
    event = {"erasure": ENDORSEMENT, "by": "B.", "backups_until": "2013-01-31T00:00:00.000Z"}
    say(log, POLICE, "erasure_confirmed", event, id=CONFIRMATION)
    log.deliver()
    erase(log, REPORT, ANSWER)
    erasures = read(log)
    (found,) = erasures.all()
    stands = {one.agency: (one.statements, one.confirmed, one.backups_until)
              for one in found.recipients.values()}  # fmt: skip
    assert stands == {
        "thames-valley": (2, entry_of(log, CONFIRMATION), "2013-01-31T00:00:00.000Z"),
        "tv-probation": (1, None, None),
    }
    waits = found.recipients["tv-probation"]
    assert waits.due_at == erasures.state.ledger_time + 720 * 3_600_000
    assert log.judged().exit == 0


def test_what_still_holds_a_section_is_found_by_what_the_publisher_signed(tmp_path: Path) -> None:
    """Nothing of what was erased has to be kept to look for it; a length before it hides none."""
    log = told()
    erased = Erased.of(Export.held(log.files).logs[LEDGER])
    assert sorted(erased.entries.values()) == [entry_of(log, ENDORSEMENT)] * 2
    holds = folder_of(log, tmp_path)
    digest = digest_of(log, REPORT)
    section = log.sections[digest].split(b"~")[2]
    (tmp_path / "copy.bin").write_bytes(b"\xffAAA" + section + b"\x00more")
    counts = still_holding([tmp_path], erased.sections)
    assert set(counts) == {holds / "disclosures.log", tmp_path / "copy.bin"}
    assert counts[tmp_path / "copy.bin"] == 1
    whole = sum(len(log.sections[d].split(b"~")) for d in erased.entries)
    assert counts[holds / "disclosures.log"] == whole
    erase(log, REPORT, ANSWER)
    (holds / "disclosures.log").write_bytes(log.files["disclosures.log"])
    (tmp_path / "copy.bin").unlink()
    assert still_holding([tmp_path], erased.sections) == {}


def test_a_section_across_two_chunks_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment of Kafka's is a gigabyte: it is read in parts, and no part hides one."""
    log = told()
    erased = Erased.of(Export.held(log.files).logs[LEDGER])
    folder = folder_of(log, tmp_path)
    counts = still_holding([folder], erased.sections)
    for size in (7, 64, 1000):
        monkeypatch.setattr("deploy.erasing._CHUNK", size)
        assert still_holding([folder], erased.sections) == counts


def test_an_agency_that_was_succeeded_keeps_no_copy_on_its_topic() -> None:
    """What it was sent stands on its own topic still: its successor's tombstone is elsewhere."""
    log = Log()
    log.concern(id=REPORT)
    act = {"act": "agency_succeeded", "agency": "thames-valley", "successor": "mk-hub"}
    log.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in ("thames-valley", "mk-hub"):
        log.played.govern(name, "act_endorsed", endorsement(act))
    event = {"statements": [REPORT], "ground": "mistaken", "reason": "due", "by": "A."}
    say(log, CASE, "erasure_proposed", event, id=PROPOSAL)
    log.deliver()
    second = {"proposal": PROPOSAL, "statements": [REPORT], "by": "B."}
    say(log, "mk-hub/safeguarding", "erasure_endorsed", second, id=ENDORSEMENT)
    log.deliver()
    digest = digest_of(log, REPORT).encode()
    for agency in ("tv-probation", "thames-valley", "mk-hub"):
        assert (digest, b"") in log.playing.views[agency], agency
    (found,) = read(log).all()
    assert set(found.recipients) == {"tv-probation", "mk-hub"}
    erase(log, REPORT)
    assert log.judged().found == []


def test_the_commands_show_a_plan_and_who_has_confirmed(tmp_path: Path) -> None:
    """From an export and one's own trust file, as everything that is told of a log."""
    log = told(endorsed=False)
    holds = folder_of(log, tmp_path)
    source = ["--export", str(holds), "--trust", str(tmp_path / "trust.json")]
    code, shown = run("plan", REPORT, *source, group="erasure")
    assert (code, "2 statements go together, 1 of them derived" in shown) == (0, True)
    assert f"candour erasure propose {REPORT} {ANSWER}" in shown
    code, shown = run("status", *source, group="erasure")
    assert (code, "proposed by tv-probation" in shown, "nobody endorsed" in shown) == (
        0,
        True,
        True,
    )
    code, shown = run("search", str(holds), *source, group="erasure")
    assert (code, "Nothing of 0 erased statements" in shown) == (0, True)
    log = told()
    log.playing.clock_ms += 721 * 3_600_000
    log.concern()
    log.deliver()
    old = holds.rename(tmp_path / "old")
    erase(log, REPORT, ANSWER)
    folder_of(log, tmp_path)
    code, shown = run("status", *source, group="erasure")
    assert (code, "tv-probation: 1 statements, OVERDUE since" in shown) == (1, True)
    code, shown = run("search", str(old), *source, group="erasure")
    assert (code, "disclosures.log" in shown, "Destroy these" in shown) == (1, True, True)

"""The auditor: what verifies, what does not, by which name and exit code, and for whom to read."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from broker.core.tree import Tree
from broker.core.written import Frame, Parts, read_written, write
from consumers.audit.chronology import chronology
from consumers.audit.container import Export
from consumers.audit.defect import PRECEDENCE, Defect, Exit
from consumers.audit.verdict import Trusted, Verdict, summary
from consumers.audit.verify import verify
from contracts import base64url, proof
from contracts.entry import Decision, Delivery, Position
from contracts.finding import decode_findings
from contracts.opened import origin_of
from deploy.command import application, main
from tests.support.auditor import audit, export_of, listed, unframed
from tests.support.delivering import Delivering
from tests.support.stranger import concern, seeded
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, Played, begun, key

LOG_SEED = hashlib.sha256(b"candour-vector/log").digest()
OTHER_SEED = hashlib.sha256(b"candour-vector/another log").digest()


class Log:
    """A played ledger as its records, to be exported whole or after a forger was at it."""

    def __init__(self, played: Played | None = None) -> None:
        draw = seeded("audit")
        self.playing = Delivering(PARTNERSHIP, CLOCK_MS, lambda: draw(16), log_seed=LOG_SEED)
        self.played = played or begun()
        self.ledger: list[bytes] = []
        self.sections: dict[str, bytes] = {}
        self.checkpoints: list[str] = []
        self._sent = 0

    def concern(self, **changes: Any) -> None:
        """Report a concern that nothing is missing from, unless a change takes something out."""
        self.played.say(
            "tv-probation/case", "concern_reported", concern(self.played.draw), **changes
        )

    def deliver(self) -> "Log":
        """Submit what was said since the last time, as one batch, and take the records."""
        for one in self.played.submissions[self._sent :]:
            self.playing.submit(one["agency"], one["submission"]["text"].encode())
        self._sent = len(self.played.submissions)
        self.playing.deliver()
        self.ledger = [one.record for one in self.playing.entries]
        self.sections = {
            one.recorded.head.statement or "": one.disclosures
            for one in self.playing.entries
            if one.disclosures is not None
        }
        self.checkpoints = list(self.playing.checkpoints)
        return self

    def resign(self, seed: bytes = LOG_SEED) -> None:
        """Put one checkpoint over the records as they are now, as a forger with the key would."""
        tree = Tree()
        tree.append([proof.leaf_hash(one.partition(b"\n")[0]) for one in self.ledger])
        head = proof.Checkpoint(origin_of(PARTNERSHIP), tree.size, tree.root())
        self.checkpoints = [proof.signed_note(head, seed)]

    def rewrite(self, index: int, change: Callable[[Parts], Parts], **frame: Any) -> None:
        """Write one entry otherwise, commitments and all."""
        held = read_written(self.ledger[index])
        head, body, recorded = held.recorded.head, held.body, held.recorded
        findings = b"" if isinstance(body.findings, msgspec.UnsetType) else bytes(body.findings)
        parts = Parts(
            position=recorded.position, findings=recorded.findings, findings_json=findings,
            kid=head.kid, decision=recorded.decision, deliveries=held.deliveries,
            items=recorded.items, jws=held.jws,
        )  # fmt: skip
        framed = {
            name: frame.get(name, getattr(head, name))
            for name in (
                "partnership", "exercise", "index", "kind", "ledger_time", "appended_at",
                "clock_at",
            )
        }  # fmt: skip
        salt = base64url.decode(body.salt)
        self.ledger[index] = write(Frame(**framed), change(parts), salt=salt).record

    @property
    def files(self) -> dict[str, bytes]:
        """Export it, the manifest made to fit."""
        return export_of(PARTNERSHIP, self.ledger, self.sections, self.checkpoints)

    @property
    def trust(self) -> Trusted:
        """Give the auditor's trust file."""
        trust = self.playing.trust
        return Trusted(partnership=trust.partnership, origin=trust.origin, log_key=trust.log_key)

    def judged(self, **trust: Any) -> Verdict:
        """Verify it."""
        return verify(Export.held(self.files), msgspec.structs.replace(self.trust, **trust))

    def stranger(self) -> set[str]:
        """Ask the second auditor for defects."""
        return audit(self.files, msgspec.to_builtins(self.trust)).defects


@pytest.fixture
def log() -> Log:
    """Found a partnership, agree, and record three concerns in two batches."""
    log = Log()
    log.concern()
    log.deliver()
    log.concern()
    log.concern()
    return log.deliver()


def names(verdict: Verdict) -> set[str]:
    """Give the names of what was found."""
    return {one.name for one in verdict.found}


def at(verdict: Verdict, defect: Defect) -> list[int]:
    """Give the entries at which something was found."""
    return next((one.entries for one in verdict.found if one.name == defect), [])


def test_a_whole_log_is_verified_and_every_entry_is_decided_anew(log: Log) -> None:
    """The promise of the log: anyone with the folder and a key can repeat it."""
    verdict = log.judged()
    assert (verdict.exit, verdict.found, verdict.decided) == (0, [], len(log.ledger))
    assert log.stranger() == set()
    assert summary(verdict).startswith("VERIFIED (exit code 0)")


def test_both_auditors_find_the_same_statements(log: Log) -> None:
    """An auditor that shares the broker's code could share its mistakes."""
    found = audit(log.files, msgspec.to_builtins(log.trust))
    assert found.statements == [
        (one.recorded.head.index, one.recorded.findings.id)
        for one in log.playing.entries
        if one.recorded.findings is not None
    ]
    assert len(found.statements) == log.judged().counts["statements"]


def test_refusals_redeliveries_and_emergencies_are_decided_anew_too(log: Log) -> None:
    """Everything that arrives gets an entry, and every entry is judged."""
    log.concern(urgency="threat_to_life")
    raw = log.played.submissions[-1]["submission"]["text"]
    header, rest = raw.split(".", 1)
    log.deliver()
    log.playing.submit("tv-probation", b"garbage")
    log.playing.submit("tv-probation", b"x" * 300_000)
    log.playing.submit("tv-probation", raw.encode())
    log.deliver()
    verdict = log.judged()
    assert (verdict.exit, verdict.found) == (0, [])
    assert (verdict.counts["refusals"], verdict.counts["redeliveries"]) == (2, 1)
    assert verdict.counts["not_kept"] == 2
    del header, rest


def test_an_emergency_whose_signature_failed_is_a_finding(log: Log) -> None:
    """It was delivered on purpose; a reader must be told that nobody knows who wrote it."""
    night = log.played.writer("tv-probation/night", key=key("nobody enrolled this"))
    raw = night.write(
        night.context("concern_reported", urgency="threat_to_life"), concern(log.played.draw)
    )
    log.played.send("tv-probation", raw)
    verdict = log.deliver().judged()
    assert (verdict.exit, names(verdict)) == (1, {Defect.UNVERIFIED})


def test_a_gap_in_a_stream_is_a_finding_with_its_number(log: Log) -> None:
    """A gap is the publisher's duty to explain, and no reason to distrust the log."""
    log.concern()
    log.played.submissions.pop()
    log.concern()
    verdict = log.deliver().judged()
    assert (verdict.exit, names(verdict)) == (1, {Defect.STREAM_GAP})
    assert verdict.found[0].places[0].endswith("1 absent, first number 3")


def test_lost_submissions_are_a_finding(log: Log) -> None:
    """What a publisher wrote and nobody can read must not vanish in silence."""
    log.playing._offsets["tv-probation"] += 2
    log.concern()
    verdict = log.deliver().judged()
    assert (verdict.exit, names(verdict)) == (1, {Defect.INTAKE_GAP})


def test_an_overdue_quarantine_is_a_finding(log: Log) -> None:
    """A held report escalates, never releases itself; the auditor sees that nobody came."""
    nameless = concern(log.played.draw)
    nameless["provenance"]["practitioner"].pop("name")
    log.played.say("tv-probation/case", "concern_reported", nameless)
    log.deliver()
    log.playing.clock_ms += 100 * 3_600_000
    log.concern()
    verdict = log.deliver().judged()
    assert names(verdict) == {Defect.QUARANTINE_OVERDUE, Defect.SILENCE}
    assert (verdict.exit, at(verdict, Defect.QUARANTINE_OVERDUE)) == (1, [8])


def other(parts: Parts, **changes: Any) -> Parts:
    """Change an entry's decision."""
    decision = parts.decision
    assert isinstance(decision, Decision)
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    return Parts(**{**held, "decision": msgspec.structs.replace(decision, **changes)})


def less(parts: Parts) -> Parts:
    """Take a delivery out of an entry."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    return Parts(**{**held, "deliveries": list(parts.deliveries)[:-1]})


def further(parts: Parts) -> Parts:
    """Deliver one section more than the leg allows."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    *rest, last = parts.deliveries
    more = msgspec.structs.replace(last, sections=[*last.sections, "use_limits"])
    assert isinstance(more, Delivery)
    return Parts(**{**held, "deliveries": [*rest, more]})


def moved(parts: Parts) -> Parts:
    """Say that a submission stood further on, passing one over."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    was = parts.position
    assert isinstance(was, Position)
    return Parts(**{**held, "position": Position(was.topic, was.topic_id, 0, 9, 9)})


def regraded(parts: Parts) -> Parts:
    """Claim a better provenance than the statement has."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    exact = parts.findings_json.replace(b'"level":"named"', b'"level":"endorsed"')
    decided = msgspec.structs.replace(parts.decision, level="endorsed")  # type: ignore[type-var]
    return Parts(**{
        **held, "findings_json": exact, "findings": decode_findings(exact), "decision": decided
    })  # fmt: skip


@pytest.mark.parametrize(
    ("change", "frame", "defect"),
    [
        (lambda p: other(p, outcome="quarantined"), {}, Defect.OUTCOME_WRONG),
        (lambda p: other(p, decider="candour-decide/0"), {}, Defect.OUTCOME_WRONG),
        (less, {}, Defect.DELIVERIES_WRONG),
        (further, {}, Defect.DELIVERIES_WRONG),
        (moved, {}, Defect.POSITION_WRONG),
        (regraded, {}, Defect.FINDINGS_DIFFER),
        (lambda p: p, {"ledger_time": CLOCK_MS - 1}, Defect.TIME_WRONG),
    ],
)
def test_a_dishonest_log_that_signs_what_it_changed_is_found_out(
    log: Log, change: Callable[[Parts], Parts], frame: dict[str, int], defect: Defect
) -> None:
    """The log's key proves who wrote an entry; it cannot make a decision follow."""
    log.rewrite(6, change, **frame)
    log.resign()
    verdict = log.judged()
    assert (verdict.exit, names(verdict), at(verdict, defect)) == (3, {defect}, [6])
    assert "entry 6" in summary(verdict)


def test_a_refusal_that_hides_a_number_is_found_out(log: Log) -> None:
    """A consumed number is taken once; a refusal may not take another's."""
    log.playing.submit("tv-probation", b"garbage")
    log.deliver()
    assert log.judged().exit == 0

    def hiding(parts: Parts) -> Parts:
        held = {name: getattr(parts, name) for name in Parts.__slots__}
        (item,) = parts.items
        taken = msgspec.structs.replace(
            item, id="00000000-0000-7000-8000-000000000000", kid="k", stream="s", sequence=0
        )
        return Parts(**{**held, "items": (taken,)})

    log.rewrite(8, hiding)
    log.resign()
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (3, {Defect.ITEM_WRONG})


def test_an_entry_removed_at_the_end_is_incomplete(log: Log) -> None:
    """Cutting the log short is the easiest lie; the last checkpoint tells."""
    log.ledger.pop()
    log.sections.popitem()
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (4, {Defect.ENTRIES_MISSING})
    assert verdict.found[0].places == ["entries 7 to 7"]
    assert log.stranger()


def test_entries_under_no_checkpoint_are_incomplete(log: Log) -> None:
    """What is recorded and not delivered is not proved yet."""
    log.checkpoints.pop()
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (4, {Defect.ENTRIES_UNSIGNED})


def test_missing_sections_are_incomplete_and_the_rest_still_verifies(log: Log) -> None:
    """Nothing on this log can erase a section, so an absent one is missing without authority."""
    digest = list(log.sections)[-1]
    whole = log.sections.pop(digest)
    assert log.judged().exit == 4
    assert names(log.judged()) == {Defect.DISCLOSURES_MISSING}
    log.sections[digest] = whole.rpartition(b"~")[0]
    assert (log.judged().exit, names(log.judged())) == (4, {Defect.SECTION_MISSING})


def test_a_section_that_was_not_signed_breaks_integrity(log: Log) -> None:
    """Words put into a publisher's mouth."""
    digest, donor = list(log.sections)[-2:]
    log.sections[digest] = log.sections[donor]
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (2, {Defect.DISCLOSURE_ALTERED})
    assert at(verdict, Defect.DISCLOSURE_ALTERED) == [6]


def test_sections_of_no_statement_break_integrity(log: Log) -> None:
    """Every byte of the folder belongs to something, or the folder is not an export."""
    log.sections["nobody"] = b"anything"
    assert (log.judged().exit, names(log.judged())) == (2, {Defect.DISCLOSURE_UNKNOWN})


def test_an_entry_taken_out_of_the_middle_breaks_integrity(log: Log) -> None:
    """The rest then stands where it does not say it stands."""
    log.ledger.pop(6)
    verdict = log.judged()
    assert verdict.exit == 2
    assert {Defect.INDEX_WRONG, Defect.ENTRIES_MISSING} <= names(verdict)
    assert at(verdict, Defect.INDEX_WRONG) == [6]


def test_a_head_that_was_not_signed_breaks_integrity(log: Log) -> None:
    """An entry written otherwise, by somebody without the log's key."""
    log.rewrite(7, lambda parts: parts, clock_at=CLOCK_MS + 1)
    verdict = log.judged()
    assert (verdict.exit, names(verdict)) == (2, {Defect.ROOT_DIFFERS})
    assert verdict.found[0].places == ["checkpoint 1: entries 6 to 7"]


def test_a_checkpoint_by_another_key_breaks_integrity_and_all_of_them_trust(log: Log) -> None:
    """One stray checkpoint is tampering; where none is the log's, it is another log."""
    good = log.checkpoints
    log.resign(OTHER_SEED)
    assert (log.judged().exit, names(log.judged())) == (
        5, {Defect.UNTRUSTED, Defect.ENTRIES_UNSIGNED},
    )  # fmt: skip
    log.checkpoints = [*log.checkpoints, *good]
    assert (log.judged().exit, names(log.judged())) == (2, {Defect.CHECKPOINT_UNSIGNED})


def test_the_trust_file_decides_whose_log_it_is(log: Log) -> None:
    """Trust is the auditor's, never read from what is audited."""
    for changed in (
        {"partnership": "mk-then"},
        {"origin": "candour/mk-then"},
        {"log_key": base64url.encode(key("another").public)},
    ):
        assert log.judged(**changed).exit == 5


def test_an_earlier_checkpoint_must_be_extended(log: Log) -> None:
    """Who kept a checkpoint can tell a rewritten history from one that went on."""
    tree = log.playing.tree
    root = base64url.encode(tree.root(6))
    assert log.judged(size=6, root=root).exit == 0
    assert names(log.judged(size=5, root=root)) == {Defect.NOT_EXTENDED}
    assert log.judged(size=99, root=root).exit == 5


def test_a_manifest_that_does_not_fit_names_the_file(log: Log) -> None:
    """A copy that went wrong on the way is told apart from a forgery inside."""
    files = log.files
    files["checkpoints.log"] = files["checkpoints.log"][:-1]
    verdict = verify(Export.held(files), log.trust)
    assert verdict.exit == 2
    found = {one.name: one.places for one in verdict.found}
    assert found[Defect.MANIFEST_DIFFERS] == found[Defect.FILE_BROKEN] == ["checkpoints.log"]


def test_a_missing_file_is_incomplete(log: Log) -> None:
    """Which file, by name."""
    files = log.files
    del files["disclosures.log"]
    verdict = verify(Export.held(files), log.trust)
    assert names(verdict) == {Defect.FILE_MISSING, Defect.DISCLOSURES_MISSING}
    assert verdict.exit == 4


def test_an_exercise_is_verified_and_says_so() -> None:
    """A replay takes its time from its statements, and nobody may take it for the real thing."""
    log = Log(begun(exercise=True))
    log.concern(time="2012-05-02T10:00:00.000Z")
    verdict = log.deliver().judged()
    assert (verdict.exit, verdict.exercise) == (0, True)
    assert "an exercise" in summary(verdict)


def test_precedence_names_every_class_once() -> None:
    """The exit code is one; the verdict lists all."""
    assert {*PRECEDENCE, Exit.VERIFIED} == set(Exit)
    assert {defect.exit for defect in Defect} == set(PRECEDENCE)


def folder_of(log: Log, folder: Path) -> Path:
    """Write an export, README.txt included, and a trust file beside it."""
    made = folder / "export"
    made.mkdir()
    for name, exact in {**log.files, "README.txt": b"read me"}.items():
        (made / name).write_bytes(exact)
    (folder / "trust.json").write_bytes(msgspec.json.encode(log.playing.trust))
    return made


def run(*arguments: str) -> tuple[int, str]:
    """Run `candour audit`."""
    result = CliRunner().invoke(application(), ["audit", *arguments])
    return result.exit_code, result.output


def test_the_verdict_is_the_same_bytes_whoever_works(log: Log, tmp_path: Path) -> None:
    """A verdict that depends on the machine proves nothing to the next one."""
    log.rewrite(6, further)
    log.resign()
    made, trust = folder_of(log, tmp_path), str(tmp_path / "trust.json")
    for workers in ("0", "1", "2"):
        code, told = run(
            "verify", str(made), "--trust", trust, "--workers", workers,
            "--out", str(tmp_path / f"{workers}.json"),
        )  # fmt: skip
        assert (code, "decision.deliveries" in told) == (3, True)
    verdicts = {(tmp_path / f"{workers}.json").read_bytes() for workers in range(3)}
    assert verdicts == {log.judged().encoded()}
    assert json.loads(verdicts.pop())["exit"] == 3


def test_the_verdict_stands_beside_the_folder_and_never_in_it(log: Log, tmp_path: Path) -> None:
    """What is judged is not changed by judging it."""
    made, trust = folder_of(log, tmp_path), str(tmp_path / "trust.json")
    assert run("verify", str(made), "--trust", trust)[0] == 0
    assert (tmp_path / "export.verdict.json").read_bytes() == log.judged().encoded()
    assert run("verify", str(made), "--trust", trust)[0] == 0
    (made / "stray.txt").write_text("not part of it")
    code, told = run("verify", str(made), "--trust", trust)
    assert (code, "export.file_unknown" in told) == (2, True)


def test_what_cannot_be_judged_is_a_usage_error(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """64 means that nothing was judged: no verdict may be read out of it."""
    made, trust = folder_of(log, tmp_path), tmp_path / "trust.json"
    half = tmp_path / "half.json"
    half.write_bytes(trust.read_bytes().replace(b"}", b',"size":6}'))
    for arguments in (
        [str(made), "--trust", str(made / "ledger.log")],
        [str(made), "--trust", str(half)],
        [str(made), "--trust", str(trust), "--out", str(made / "verdict.json")],
        [str(tmp_path / "nothing"), "--trust", str(trust)],
    ):
        monkeypatch.setattr("sys.argv", ["candour", "audit", "verify", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code, capsys.readouterr().out) == (64, "")
    assert not (made / "verdict.json").exists()


def test_a_chronology_says_what_was_known_shared_and_kept_back(log: Log) -> None:
    """A review panel reads times, sources, recipients and reasons, and no names."""
    said = log.played.submissions[-1]["submission"]["text"]
    told = "\n".join(chronology(Export.held(log.files)))
    assert "Happened: 2012-05-01 (day)." in told
    assert "Known to the agency: 2012-05-01. Recorded by it: 2012-05-01T09:12:00+01:00." in told
    assert "Shared through the log: 2012-05-01 09:30:00 UTC." in told
    assert "Given to thames-valley in entry 7 under mk-isa@1/concern-to-police" in told
    assert "Kept back, as mk-isa@1/concern-to-police does not carry it: use_limits." in told
    assert "Tracey" not in told
    assert "A. Officer" not in told
    assert said not in told


def test_a_chronology_says_why_nothing_was_delivered(log: Log) -> None:
    """A held report is the one a review asks about."""
    nameless = concern(log.played.draw)
    nameless["provenance"]["practitioner"].pop("name")
    log.played.say("tv-probation/case", "concern_reported", nameless)
    log.deliver()
    findings = log.playing.entries[-1].recorded.findings
    assert findings is not None
    told = "\n".join(chronology(Export.held(log.files), statement=findings.id))
    assert "Outcome: quarantined; provenance anonymous." in told
    assert "Because provenance.practitioner_missing. Remedy given: Name the practitioner" in told
    assert "Given to nobody but its publisher." in told
    assert "Owed by duty manager of tv-probation: provenance supplied, by 2012-05-04" in told


def test_a_chronology_is_refused_where_the_folder_does_not_verify(log: Log, tmp_path: Path) -> None:
    """Nothing is told from what does not prove itself."""
    made, trust = folder_of(log, tmp_path), str(tmp_path / "trust.json")
    code, told = run("chronology", str(made), "--trust", trust)
    assert (code, "Happened:" in told) == (0, True)
    log.ledger.pop()
    for name, exact in log.files.items():
        (made / name).write_bytes(exact)
    code, told = run("chronology", str(made), "--trust", trust)
    assert (code, "Happened:" in told) == (2, False)


def test_a_strangers_manifest_is_ours(log: Log) -> None:
    """The container is described in README.txt well enough to write one."""
    files = log.files
    assert listed(PARTNERSHIP, files) == files
    assert unframed(files["ledger.log"]) == log.ledger

"""The auditor: what verifies, what does not, by which name and of which class."""

from collections.abc import Callable

import msgspec
import pytest

from broker.core.written import Parts
from consumers.audit.container import Export
from consumers.audit.defect import PRECEDENCE, Defect, Exit
from consumers.audit.verdict import summary
from consumers.audit.verify import verify
from contracts import base64url
from tests.support.auditor import audit
from tests.support.forging import (
    OTHER_SEED,
    Log,
    at,
    further,
    less,
    moved,
    names,
    other,
    recorded,
    regraded,
)
from tests.support.stranger import concern
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, begun, key


@pytest.fixture
def log() -> Log:
    """Record three concerns in two batches."""
    return recorded()


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


@pytest.mark.parametrize(
    ("change", "frame", "defect"),
    [
        (lambda p: other(p, outcome="quarantined"), {}, Defect.OUTCOME_WRONG),
        (lambda p: other(p, decider="candour-decide/0"), {}, Defect.OUTCOME_WRONG),
        (less, {}, Defect.DELIVERIES_WRONG),
        (further, {}, Defect.DELIVERIES_WRONG),
        (moved, {}, Defect.POSITION_WRONG),
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


def test_a_log_that_regrades_a_provenance_is_found_out_twice(log: Log) -> None:
    """Neither what it says of the statement follows, nor what it decides by it."""
    log.rewrite(6, regraded)
    log.resign()
    verdict = log.judged()
    assert (verdict.exit, at(verdict, Defect.FINDINGS_DIFFER)) == (3, [6])
    assert names(verdict) == {Defect.FINDINGS_DIFFER, Defect.OUTCOME_WRONG}


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


def test_the_export_of_another_partnership_is_one_thing_that_is_wrong(log: Log) -> None:
    """Beneath hundreds of false lines nobody reads that the trust file is of another log."""
    theirs = log.judged(
        partnership="mk-then", origin="candour/mk-then",
        log_key=base64url.encode(key("another").public),
    )  # fmt: skip
    assert names(theirs) == {
        Defect.PARTNERSHIP_OTHER, Defect.UNTRUSTED, Defect.FOUNDED_ON_OTHER_KEY,
        Defect.ENTRIES_UNSIGNED,
    }  # fmt: skip
    assert theirs.decided == len(log.ledger)
    files = log.files
    files["manifest.json"] = files["manifest.json"].replace(PARTNERSHIP.encode(), b"mk-then")
    lied = verify(Export.held(files), log.trust)
    assert names(lied) == {Defect.PARTNERSHIP_OTHER, Defect.MANIFEST_DIFFERS}


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


def test_what_was_put_into_a_body_after_the_first_defect_is_named_too(log: Log) -> None:
    """An auditor is told everything that is wrong, not only what stands first."""
    log.rewrite(6, further)
    line, body, jws = log.ledger[7].split(b"\n")
    altered = body.replace(b'"handling":"OFFICIAL', b'"handling":"official', 1)
    assert altered != body
    log.ledger[7] = b"\n".join((line, altered, jws))
    log.resign()
    verdict = log.judged()
    assert at(verdict, Defect.DELIVERIES_WRONG) == [6]
    assert at(verdict, Defect.COMMITMENT_UNOPENED) == [7]

"""`candour decision-record`: one decision as the ICO's templates ask for it, whatever it was."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from consumers.audit.chronology import chronology
from consumers.audit.container import Export
from consumers.audit.decision_record import decision_record
from contracts.fault import Misuse
from contracts.statement import digest_of
from tests.matrix.partnership import Milton
from tests.matrix.saying import Saying
from tests.matrix.telling import HOUSING, HUB, POLICE, PROBATION, SURGERY
from tests.support.auditor import export_of
from tests.support.command import invoked
from tests.support.delivering import Delivering
from tests.support.exporting import export_folder
from tests.support.stranger import text_of
from tests.unit.test_release import ROLE, at_night, decide

SAID = {
    name: f"{number:08x}-9c40-7000-8000-000000000000"
    for number, name in enumerate((
        "concern", "refused", "held", "supplied", "emergency", "retracted", "retraction",
        "erased", "proposal", "endorsement", "health",
    ), 1)
}  # fmt: skip
"""Ids of what the story says, by what becomes of it."""


@dataclass
class Story:
    """A log on which every kind of decision stands, and where."""

    milton: Milton
    entries: dict[str, int]
    digests: dict[str, str]

    def record(self, name: str) -> str:
        """Write the record of what the story calls so."""
        return "\n".join(decision_record(self.export, self.entries[name]))

    @property
    def export(self) -> Export:
        """Give the log as an export in memory, the erased statement's sections gone."""
        return held_in(self.milton.log, without=self.digests["erased"])


def held_in(log: Delivering, *, without: str = "") -> Export:
    """Give a log as an export in memory, one statement's sections gone."""
    sections = {
        one.recorded.head.statement or "": one.disclosures
        for one in log.entries
        if one.disclosures is not None and one.recorded.head.statement != without
    }
    ledger = [one.record for one in log.entries]
    return Export.held(export_of(log.partnership, ledger, sections, log.checkpoints))


@cache
def story() -> Story:
    """Say everything once."""
    milton = Milton("records")
    tell(milton, PROBATION, "concern", Saying("concern_reported", "PV"))
    override = ("serious_harm_to_others", [1], [2])
    told = Saying("health_noted", "PV", views={1: "refused"}, override=override)
    tell(milton, PROBATION, "health", told)
    tell(milton, PROBATION, "refused", Saying("treatment_recorded", "P"))
    nameless = Saying("concern_reported", "PV").sections(milton.draw)
    named = dict(nameless["provenance"])
    nameless["provenance"] = {**named, "practitioner": {"token": named["practitioner"]["token"]}}
    say(milton, PROBATION, "held", "concern_reported", nameless)
    supplied = {"event": {"statement": SAID["held"]}, "cause.1": {"statement": SAID["held"]},
                "provenance": named}  # fmt: skip
    say(milton, PROBATION, "supplied", "provenance_supplied", supplied)
    tell(milton, SURGERY, "emergency", Saying("concern_reported", "PV"), urgency="threat_to_life")
    by = {"provenance": named}
    tell(milton, HOUSING, "retracted", Saying("concern_reported", "PV"))
    back = {"statement": SAID["retracted"], "reason": "wrong_person", "by": "A. Officer"}
    say(milton, HOUSING, "retraction", "statement_retracted",
        {"event": back, "cause.1": {"statement": SAID["retracted"]}, **by})  # fmt: skip
    tell(milton, HUB, "erased", Saying("concern_reported", "PV"))
    erasure = {"statements": [SAID["erased"]], "ground": "mistaken", "reason": "a", "by": "A."}
    say(milton, HUB, "proposal", "erasure_proposed", {"event": erasure, **by})
    second = {"proposal": SAID["proposal"], "statements": [SAID["erased"]], "by": "B."}
    other = {**named, "practitioner": {"token": text_of(milton.draw(16)), "name": "B. Other"}}
    say(milton, POLICE, "endorsement", "erasure_endorsed", {"event": second, "provenance": other})
    milton.log.submit(PROBATION, b"garbage")
    milton.flow()
    findings = [(one.recorded.head.index, one.recorded.findings) for one in milton.log.entries]
    names = {value: name for name, value in SAID.items()}
    entries = {names[f.id]: index for index, f in findings if f is not None and f.id in names}
    digests = {names[f.id]: f.statement for _, f in findings if f is not None and f.id in names}
    return Story(milton, {**entries, "garbage": len(milton.log.entries) - 1}, digests)


def tell(milton: Milton, agency: str, name: str, saying: Saying, **context: Any) -> None:
    """Say something that holds every section."""
    say(milton, agency, name, saying.event, saying.sections(milton.draw), **context)


def say(
    milton: Milton, agency: str, name: str, event: str, sections: dict[str, Any], **context: Any
) -> None:
    """Say sections as they are, under the id that the story knows them by."""
    milton.hear(f"{agency}/case", event, sections, id=SAID[name], **context)


def test_it_answers_everything_the_templates_ask() -> None:
    """An information-governance lead files it as it is; a gap would be a finding against her."""
    told = story().record("concern")
    for line in (
        f"DECISION RECORD: entry {story().entries['concern']} of milton-keynes",
        "Decided: 2026-12-10 09:30:00 UTC, by rule; who decided by hand is named below",
        f"  Publishing controller: /agencies/{PROBATION}/case",
        "  Practitioner: A. Officer, officer, an agency",
        "  Purpose: safeguarding",
        "  Relationship: the publisher and each recipient are controllers of what they hold",
        "  People: 2 (alleged_perpetrator, victim)",
        "  Classification: OFFICIAL-SENSITIVE",
        "  Regime: uk_gdpr; basis: uk_gdpr.6.1.e",
        "  Legal power (gateway): cda_1998.115",
        "  Held to the catalogue: 2026-11-23",
        "  Necessary: a reason",
        "  Proportionate: a reason",
        "  Less intrusive considered: not stated by the publisher",
        "  Outcome: accepted; provenance as borne out: named",
        "    Authority: Milton Keynes domestic abuse information sharing agreement, version 1 "
        "(mk-core@1/concern-to-police); review 2027-09-01, expires 2027-12-01",
        "    Controller's contact: information@police.example",
        "    Sender's special-category conditions: uk_gdpr.9.2.g, dpa_2018.sch_1.18",
        "    Recipient's regime: dpa_2018_part_3; basis: dpa_2018.35",
        "    Recipient's special-category conditions: dpa_2018.sch_8.4",
        "    Retention: 2190 days; onward sharing: safeguarding",
        "    Owed by duty intelligence inspector of thames-valley: response given, by 2026-12-13 "
        "09:30:00 UTC.",
        "  Person 1: may be told: ring first",
        "  nothing on this log changed it",
    ):
        assert line in told.splitlines(), line
    assert "a narrative" not in told
    assert "where the victim is" not in told


def test_an_override_names_its_author_and_ground() -> None:
    """Who sets a refusal aside answers for it by name."""
    told = story().record("health")
    assert "  Person 1: refused" in told
    assert (
        "  Override: serious harm to others, by A. Guardian, Caldicott Guardian: a reason" in told
    )
    assert "(mk-core@1/health-content-to-police); review" in told


def test_a_refusal_has_its_record_too() -> None:
    """The templates ask for what was refused as well, with the reason and what would mend it."""
    told = story().record("refused")
    assert "  Outcome: quarantined; provenance as borne out: named" in told
    assert "  Because agreement.no_leg [review rec. 14; domain.md 4, M16]. The agreement" in told
    assert "  mk-csp: told of it and given none of it (governance)" in told
    assert f"  {POLICE}: told of it and given none of it (held)" in told
    garbage = story().record("garbage").splitlines()
    assert garbage[2] == f"1 Submitted by: {PROBATION}"
    assert garbage[3].endswith("(7 bytes): rejected; its bytes were never kept")
    assert garbage[4].startswith("  Because form.not_a_statement [")


def test_an_act_by_hand_is_named_with_what_it_is_about() -> None:
    """A record that says only "act endorsed" tells nobody what they stand behind."""
    export = story().export
    told = ["\n".join(decision_record(export, n)) for n in range(len(story().milton.log.entries))]
    assert "  Act: founds milton-keynes with mk-csp, thames-valley, " in told[0]
    named = "agreement adopted: mk-housing@1 (Milton Keynes housing notice agreement)"
    assert any(f"  Act: {named}\n" in one for one in told)
    behind = f"  Act: endorses {named}\n  Behind it before: mk-csp, mkc-housing\n"
    assert any(behind in one for one in told)
    assert f"  Act: erasure proposed: {SAID['erased']}\n  Why: a, says A." in story().record(
        "proposal"
    )
    assert "  Why: wrong person, says A. Officer" in story().record("retraction")


def test_a_suspension_names_the_agreement_and_why() -> None:
    """It stopped everything that night; somebody will ask."""
    milton = Milton("records/suspended")
    milton.suspend("mk-core")
    milton.flow()
    export = held_in(milton.log)
    told = "\n".join(decision_record(export, len(milton.log.entries) - 1))
    assert "  Act: agreement suspended: mk-core@1, because: a breach" in told


def test_a_release_names_what_was_waived_and_both_hands() -> None:
    """Two people let it go without what was missing: each answers for it."""
    town, raw, _ = at_night("release")
    decide(town, raw, "day")
    export, last = held_in(town.log), len(town.log.entries) - 1
    first, second = ("\n".join(decision_record(export, n)) for n in (last - 1, last))
    waived = f"  Waived: {ROLE}\n"
    assert f"{waived}  Alone: it took effect at once, and a second hand is owed\n" in first
    assert "  Hand before: none, this is the first\n  Why: known, says night\n" in first
    assert f"  Act: says release of the held statement {digest_of(raw)}\n{waived}" in second
    hand = f"  Hand before: entry {last - 1}, /agencies/mk-csp/desk: release, by night: known"
    assert f"{hand}; waived: {ROLE}\n  Why: known, says day\n" in second


def test_a_statement_decided_anew_says_so_in_both_records() -> None:
    """A reader of the first decision must learn that it is not the last."""
    first, second = story().record("held"), story().record("supplied")
    assert "  Practitioner: not stated by the publisher, officer, an agency" in first
    assert "  Because provenance.practitioner_missing [" in first
    at = story().entries["supplied"]
    by = f"by provenance supplied of /agencies/{PROBATION}/case"
    assert f"  Decided anew in entry {at}, {by}: accepted" in first
    assert f"  Decided anew: statement {SAID['held']} of {PROBATION}: accepted" in second
    assert "(OFFICIAL-SENSITIVE) (of the statement decided anew)" in second


def test_an_emergency_says_that_it_needed_no_agreement() -> None:
    """The path is reviewed after each use; the record says what it rests on."""
    told = story().record("emergency")
    assert "  Outcome: accepted emergency; " in told
    assert told.count("    Authority: emergency, which needs no agreement") == 2
    assert "  Owed by governance lead of mk-csp: emergency review, by " in told


def test_what_was_retracted_or_erased_says_so_and_no_more() -> None:
    """After erasure the decision can still be told; what was said cannot."""
    retracted, erased = story().record("retracted"), story().record("erased")
    at = story().entries["retraction"]
    assert f"  Statement retracted in entry {at}, by statement retracted of" in retracted
    assert "  Practitioner: erased; provenance as it stood: named" in erased
    assert "4 Necessity and proportionality\n  erased\n" in erased
    assert "8 Informing the people concerned\n  erased\n" in erased
    at = story().entries["endorsement"]
    assert f"  Erased with authority in entry {at}, by erasure endorsed of" in erased
    assert "A. Officer" not in erased
    assert "    Authority: Milton Keynes domestic abuse information sharing agreement" in erased


def test_a_chronology_says_what_was_erased_and_by_what() -> None:
    """A gap that nobody explains looks like a page torn out."""
    told = "\n".join(chronology(story().export, statement=SAID["erased"]))
    at = story().entries["endorsement"]
    assert f"  What it said was erased, with the authority of entry {at}." in told
    assert "Said by" not in told
    assert f"Given to {POLICE} in entry {story().entries['erased']} under mk-core@1/" in told
    assert "erased" not in "\n".join(chronology(story().export, statement=SAID["concern"]))


def test_every_entry_has_a_record() -> None:
    """Whichever number somebody asks for, an answer must come."""
    export = story().export
    for number in range(len(story().milton.log.entries)):
        told = list(decision_record(export, number))
        assert told[0].startswith(f"DECISION RECORD: entry {number} of milton-keynes")
        assert len(told) > 3


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_a_number_that_the_log_has_not_is_a_usage_error(number: int) -> None:
    """It is read from a receipt at night."""
    with pytest.raises(Misuse, match="The log has no entry"):
        list(decision_record(story().export, number))


def test_it_is_printed_on_the_command_line_from_what_verifies(tmp_path: Path) -> None:
    """Exit codes are those of verify."""
    folder, trust = export_folder(story().milton.log, tmp_path)
    entry = story().entries["concern"]
    ran = invoked("decision-record", entry, folder, "--trust", trust)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == story().record("concern") + "\n"
    assert invoked("decision-record", 9_999, folder, "--trust", trust).returncode == 64
    (folder / "checkpoints.log").write_bytes(b"")
    ran = invoked("decision-record", entry, folder, "--trust", trust)
    assert (ran.returncode, ran.stdout) == (2, "")


def test_an_erased_statement_is_told_from_an_export_that_verifies(tmp_path: Path) -> None:
    """Erasure with authority leaves the log whole: its record can be printed for good."""
    gone = [story().digests["erased"]]
    folder, trust = export_folder(story().milton.log, tmp_path, erased=gone)
    ran = invoked("decision-record", story().entries["erased"], folder, "--trust", trust)
    assert ran.returncode == 0, ran.stderr
    assert "Practitioner: erased" in ran.stdout

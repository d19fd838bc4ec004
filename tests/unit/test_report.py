"""The report a practitioner fills, and what it becomes."""

from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.fault import Misuse
from tests.support.command import ROOT
from tests.support.filing import START, drafted, drafted_with_basis, facts, person, section, signed
from tests.support.speaking import Speaker, adopt
from tests.support.town import Town
from tests.vectors import ledger

TEMPLATE = (ROOT / "producers" / "report.yaml").read_text()


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def test_what_editors_and_programs_add_is_read(speaker: Speaker) -> None:
    """A byte order mark and a pair of escapes are how Windows and JSON write the same text."""
    said = drafted(speaker, f'\ufeff{START}words: "safe \\ud83d\\ude00"\n')
    assert section(said, "narrative")["text"] == "safe 😀"


def test_the_shipped_template_is_a_report_that_is_accepted(speaker: Speaker) -> None:
    """Whoever copies it at night and changes two names must get it through."""
    said, basis = drafted_with_basis(speaker, TEMPLATE)
    assert said.urgency == "urgent"
    speaker.outbox.publish(said, basis=basis)
    speaker.send()
    speaker.read()
    assert speaker.row(said.id)["outcome"] == "accepted"


def test_danger_now_makes_it_a_threat_to_life(speaker: Speaker) -> None:
    """The template says: send this with danger_now: yes. That alone must make it an emergency."""
    yes = TEMPLATE.replace("danger_now: unknown", "danger_now: yes")
    assert drafted(speaker, yes).urgency == "threat_to_life"
    assert drafted(speaker, f"{START}danger_now: yes\n").urgency == "threat_to_life"
    assert drafted(speaker, f"{START}danger_now: unknown\n").urgency == "routine"
    assert drafted(speaker, f"{START}urgency: threat_to_life\n").urgency == "threat_to_life"


WHEN = {
    "2012-05-01": "day",
    "2012-05": "month",
    "2012": "year",
    "2012-02-29": "day",
    "about 2012-05-01": "about",
    "about 2012-05": "about",
    "about 2012": "about",
    "2012-05-01T10:30:00+01:00": "instant",
    "2012-05-01T10:30Z": "instant",
    "2012-05-01T10:30:00.000Z": "instant",
}


@pytest.mark.parametrize("when", WHEN)
def test_a_time_is_as_exact_as_it_was_written(speaker: Speaker, when: str) -> None:
    """A month that is taken for a day is evidence that nobody gave."""
    _, sections = signed(speaker, f"{START}when: {when}\n")
    expected = {"precision": WHEN[when], "at": when.removeprefix("about ")}
    assert sections["event"]["occurred"] == expected


def test_a_period_and_an_unknown_time_are_kept_as_written(speaker: Speaker) -> None:
    """Until when it went on is known also where nobody knows since when."""
    said = drafted(speaker, f"{START}when: 2012-05\nuntil: 2012-06-01\n")
    period = {"precision": "month", "at": "2012-05", "until": "2012-06-01"}
    assert section(said, "event")["occurred"] == period
    assert section(drafted(speaker, START), "event")["occurred"] == {"precision": "undated"}
    ended = section(drafted(speaker, f"{START}until: 2012\n"), "event")["occurred"]
    assert ended == {"precision": "undated", "until": "2012"}


BORN = {"1980-05-12": "day", "1980-05": "month", "1980": "year", "47": "age", "102": "age"}


@pytest.mark.parametrize("born", BORN)
def test_a_date_of_birth_is_as_exact_as_it_was_written(speaker: Speaker, born: str) -> None:
    """An age that is taken for a date of birth finds the wrong person, or nobody."""
    said = drafted(speaker, person(f"born: {born}"))
    assert section(said, "person.1.identity")["born"] == {"value": born, "precision": BORN[born]}


def test_a_local_reference_becomes_one_random_token_and_goes_nowhere(speaker: Speaker) -> None:
    """A case number on the log would join every agency's records by itself, for ever."""
    ours = ("case-0001", "case-0002", "staff-0001", "staff-0002")
    text = f"""\
{START}  - {{reference: case-0002}}
who_says: {{name: A. Officer, reference: staff-0001}}
excluded: [{{practitioner: staff-0002}}]
"""
    subjects: list[list[str]] = []
    for again in (text, text.replace("concern: separation", "concern: threat")):
        said, _ = drafted_with_basis(speaker, again)
        speaker.outbox.publish(said)
        raw = speaker.row(said.id)["raw"]
        assert not any(one.encode() in octets for one in ours for octets in plain(raw))
        _, sections = speaker.opened(raw)
        people = [sections[f"person.{n}.identity"]["subject"] for n in (1, 2)]
        officer = sections["provenance"]["practitioner"]["token"]
        (excluded,) = sections["exclusions"]["excluded"]
        assert excluded["subjects"] == people
        assert sections["person.2.part"]["subject"] == people[1]
        subjects.append([*people, officer, excluded["practitioner"]])
    assert subjects[0] == subjects[1]
    assert len({*subjects[0]}) == 4
    assert [speaker.outbox.reference_of(token) for token in subjects[0]] == list(ours)


def plain(raw: bytes) -> list[bytes]:
    """Give a statement's bytes, and every part of it decoded."""
    parts = raw.replace(b".", b"~").split(b"~")
    return [raw, *(urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in parts)]


def test_who_may_be_told_is_nobody_until_somebody_decided(speaker: Speaker) -> None:
    """What a victim said must not reach him because a line was left out."""
    text = person("given: D}, {reference: s, may_be_told: yes, origin_may_be_told: ring_first")
    who = "who_says: {out_of_hours: 01632 960102, telephone: 01632 960100}\n"
    said = drafted(speaker, f"{text}{who}")
    limits = section(said, "use_limits")
    told = [(one["may_be_told"], one["origin_may_be_told"]) for one in limits["limits"]]
    assert told == [("ring_first", "no"), ("yes", "ring_first")]
    assert limits["ring"] == "01632 960102"
    parts = [section(said, f"person.{n}.part")["part"] for n in (1, 2)]
    assert parts == ["unassessed", "unassessed"]
    assert section(said, "risk") == {"danger_now": "not_asked", "children": "not_asked"}


def test_what_the_agreement_in_force_says_need_not_be_written(speaker: Speaker) -> None:
    """Nobody knows the article of law by heart at night; the agreement does."""
    context, _ = signed(speaker, START)
    assert context["purpose"] == "safeguarding"
    assert (context["basis"], context["agreement"]) == (ledger.BASIS, "mk-isa")
    assert context["classification"] == "OFFICIAL-SENSITIVE"


def leg(**changes: Any) -> list[dict[str, Any]]:
    """Give the vectors' leg for concerns, changed."""
    held: dict[str, Any] = ledger.agreement()["agreement"]["legs"][0]
    return [{**held, **changes}]


@pytest.mark.parametrize(
    ("changes", "field", "listed", "answer"),
    [
        (
            {"purposes": ["supervision"]}, "purpose", "safeguarding, supervision",
            lambda context: context["purpose"],
        ),
        (
            {"basis": {"regime": "uk_gdpr", "article": "uk_gdpr.9.2.b"}}, "basis",
            "uk_gdpr.6.1.e, uk_gdpr.9.2.b", lambda context: context["basis"]["article"],
        ),
    ],
)  # fmt: skip
def test_purpose_and_basis_are_asked_only_where_two_would_fit(
    tmp_path: Path,
    changes: dict[str, Any],
    field: str,
    listed: str,
    answer: Callable[[dict[str, Any]], str],
) -> None:
    """To choose a lawful basis for a practitioner in silence would be to sign it in their name."""
    speaker = Speaker(tmp_path / "home", town=two_agreements(**changes))
    speaker.read()
    with pytest.raises(Misuse, match=f"`{field}`: more than one would fit; write one of {listed}"):
        drafted(speaker, START)
    for chosen, agreement in zip(listed.split(", "), ("mk-isa", "mk-two"), strict=True):
        context, _ = signed(speaker, f"{START}{field}: {chosen}\n")
        assert (answer(context), context["agreement"]) == (chosen, agreement)


def two_agreements(**changes: Any) -> Town:
    """Play a partnership that has a second agreement on concerns."""
    town = Town()
    purposes = ["safeguarding", "supervision"]
    adopt(town, id="mk-two", purposes=purposes, legs=leg(**changes))
    return town


def test_where_two_agreements_say_the_same_it_goes_under_both(tmp_path: Path) -> None:
    """A recipient of one of them must not be left out because the other was named."""
    speaker = Speaker(tmp_path / "home", town=two_agreements())
    speaker.read()
    context, _ = signed(speaker, START)
    assert context["basis"] == ledger.BASIS
    assert "agreement" not in context


def test_without_an_agreement_in_force_the_agencys_own_basis_stands(speaker: Speaker) -> None:
    """An agreement that ended lends its basis to nothing; the report is made all the same."""
    speaker.add("basis: {regime: uk_gdpr, article: uk_gdpr.6.1.c}")
    ended = ledger.CLOCK_MS + 365 * 24 * 3_600_000
    context, _ = signed(speaker, START, at_ms=ended)
    assert context["basis"] == {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.c"}
    assert (context["purpose"], context.get("agreement")) == ("safeguarding", None)


def test_incomplete_provenance_is_still_a_draft_and_the_log_judges_it(speaker: Speaker) -> None:
    """A report that names nobody is held with its remedy; refused here it would be lost."""
    said = drafted(speaker, START)
    assert section(said, "provenance") == {"kind": "anonymous"}
    speaker.say(said)
    assert speaker.row(said.id)["outcome"] == "quarantined"
    speaker.say(drafted(speaker, supplied(said.id)))
    assert speaker.row(said.id)["outcome"] == "accepted"


def supplied(completes: str) -> str:
    """Write the file that completes who says so."""
    who_says = TEMPLATE[TEMPLATE.index("who_says") : TEMPLATE.index("people:")]
    return f"report: provenance\ncompletes: {completes}\n{who_says}"


@pytest.mark.parametrize(
    ("excluded", "more"),
    [("", 2), ("agency: mk-hub", 0), ("agency: mk-hub, about: [case-0001]", 0)],
)
def test_whom_the_completion_excludes_sees_neither_statement(
    speaker: Speaker, excluded: str, more: int
) -> None:
    """Dropped in silence, an exclusion named in the second file would disclose the first."""
    adopt(speaker.town, version=2, legs=leg(to=["thames-valley", "mk-hub"]))
    speaker.read()
    said = drafted(speaker, START)
    speaker.say(said)
    views = speaker.town.log.views
    before = {agency: len(held) for agency, held in views.items()}
    rows = f"excluded: [{{{excluded}}}]\n" if excluded else ""
    speaker.say(drafted(speaker, supplied(said.id) + rows))
    assert speaker.row(said.id)["outcome"] == "accepted"
    assert len(views["thames-valley"]) - before["thames-valley"] == 2
    assert len(views["mk-hub"]) - before["mk-hub"] == more


def test_the_completion_excludes_by_name_and_only_about_people_of_the_report(
    speaker: Speaker,
) -> None:
    """The colleague who must not see it is named by the agency's own reference, as always."""
    said = drafted(speaker, START)
    speaker.say(said)
    colleague = f"{supplied(said.id)}excluded: [{{practitioner: B. Brother"
    _, sections = signed(speaker, f"{colleague}}}]\n")
    (row,) = sections["exclusions"]["excluded"]
    assert row["practitioner"] == speaker.outbox.token_of("practitioner", "B. Brother")
    assert row["subjects"] == [speaker.outbox.token_of("subject", "case-0001")]
    with pytest.raises(Misuse, match=r"line \d+: `excluded`: name people by a `reference`"):
        drafted(speaker, f"{colleague}, about: [nobody]}}]\n")


def test_the_homes_reporter_speaks_where_a_report_names_nobody_else(speaker: Speaker) -> None:
    """What an officer need not repeat must not make another officer's report theirs."""
    speaker.add("reporter: {name: A. Officer, reference: staff-0001, role: probation officer}")
    own = section(drafted(speaker, START), "provenance")
    assert (own["practitioner"]["name"], own["role"]) == ("A. Officer", "probation officer")
    assert own["employer"] == "Tv Probation"
    more = section(drafted(speaker, f"{START}who_says: {{role: manager}}\n"), "provenance")
    assert (more["practitioner"], more["role"]) == (own["practitioner"], "manager")
    other = section(drafted(speaker, f"{START}who_says: {{name: B. Officer}}\n"), "provenance")
    assert other["practitioner"]["name"] == "B. Officer"
    assert other["practitioner"]["token"] != own["practitioner"]["token"]


def test_every_kind_of_report_can_be_written(speaker: Speaker) -> None:
    """Whatever a practitioner has to tell, one short file tells it."""
    kinds = {
        "contact": ("contact: visit, disclosed: [own_denial]", "contact_recorded"),
        "relationship": ("relationship: partners, state: ending", "relationship_noted"),
        "risk": ("instrument: OASys, version: '1', level: high, considered: [a]", "risk_assessed"),
        "release": (
            "release: licence, released_on: 2012-05-01, accommodation: own", "release_notified",
        ),
        "intelligence": (
            "scheme: 5x5x5, source: officer, action: none", "intelligence_logged",
        ),
    }  # fmt: skip
    for report, (held, event) in kinds.items():
        context, sections = signed(speaker, facts(held, report))
        assert context["type"] == f"uk.candour.{event}.v1"
        assert sections["event"].items() >= {"known_to_agency": "2012-05-01"}.items()


def test_a_full_report_fills_every_section(speaker: Speaker) -> None:
    """What was written down must arrive, each part where a leg can withhold it."""
    full = """\
report: concern
facts: {concern: threat}
who_says: {name: A. Officer}
people:
  - reference: r
    also: [Z]
    identifiers: {pnc: 12/3456A}
    address: 1 High Street
    seen: 2012-04-30
    consent: refused
words: said so
question: what happened
assessment: believed
health: {text: anxious, standing: self_reported}
override: {ground: child, by: B. Manager, role: Caldicott Guardian, reason: a child is there}
involved: [{agency: mk-act, how: open_case}]
why: {necessary: to keep a child safe, proportionate: only who and what}
excluded: [{agency: mk-hub}]
causes: [0197a1b2-0000-7000-8000-000000000000]
public: {name: a neighbour}
"""
    _, sections = signed(speaker, full)
    assert set(sections) == {
        "intake", "event", "provenance", "cause.1", "use_limits", "person.1.identity",
        "person.1.part", "person.1.whereabouts", "narrative", "risk", "consent", "health",
        "exclusions", "involvement", "necessity", "source_identity",
    }  # fmt: skip
    assert sections["person.1.whereabouts"]["known_at"] == "2012-04-30"
    assert sections["consent"]["views"][0]["state"] == "refused"
    assert sections["narrative"]["form"] == "summary"

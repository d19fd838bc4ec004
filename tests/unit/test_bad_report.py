"""A report that cannot be used: refused by field and line, and never by what stands in it."""

from typing import NamedTuple

import pytest

from contracts.fault import Misuse
from tests.support.filing import CANARY, START, drafted, facts, person
from tests.support.speaking import Speaker


class Bad(NamedTuple):
    """A file that cannot be used: the line its error names, and words that must stand in it."""

    text: str
    line: int
    told: str


COMPLETES = "report: provenance\ncompletes: 0197a1b2-0000-7000-8000-000000000000\n"

BAD = {
    "report missing": Bad(f"words: {CANARY}\n", 1, "`report` is missing"),
    "report of no known kind": Bad(f"\nreport: {CANARY}\n", 2, "`report`: write one of concern,"),
    "nobody in it": Bad(f"report: concern\nwords: {CANARY}\n", 1, "`people` is missing"),
    "a person without a reference": Bad(
        f"report: concern\npeople:\n  - given: {CANARY}\n", 3, "`people.1.reference` is missing"
    ),
    "an answer that is none": Bad(
        f"{START}danger_now: {CANARY}\n", 5, "`danger_now`: write one of yes, no, unknown,"
    ),
    "a misspelt field": Bad(f"{START}wrods: {CANARY}\n", 5, "Did you mean `words`?"),
    "a misspelt field below": Bad(person(f"givn: {CANARY}"), 3, "Did you mean `given`?"),
    "a misspelt fact": Bad(
        facts(f"concern: threat, relationshp: {CANARY}"), 2, "Did you mean `relationship`?"
    ),
    "an unknown field": Bad(f"{START}{CANARY}: 1\n", 5, "this field is not known here. Known"),
    "an unknown fact": Bad(
        f"report: concern\nfacts:\n  concern: threat\n  {CANARY}: 1\npeople: [{{reference: r}}]\n",
        4, "this field is not known here. Known here: occurred,",
    ),
    "a field twice": Bad(f"{START}words: {CANARY}\nwords: b\n", 6, "this field stands here twice"),
    "a typed name twice": Bad(
        person(f"identifiers: {{{CANARY}: 1, {CANARY}: 2}}"), 3, "this field stands here twice"
    ),
    "fields for a list": Bad(f"report: concern\npeople: {CANARY}\n", 2, "`people`: write a list"),
    "a name for a person": Bad(
        f"report: concern\npeople: [{CANARY}]\n", 2, "`people.1`: write fields below it"
    ),
    "a list for words": Bad(f"{START}words: [{CANARY}]\n", 5, "`words`: write text"),
    "a list for a number": Bad(
        person(f"identifiers: {{{CANARY}: [1]}}"), 3, "`people.1.identifiers`: write text"
    ),
    "a name for who says so": Bad(
        f"{START}who_says: {CANARY}\n", 5, "`who_says`: write fields below it"
    ),
    "too many causes": Bad(
        f"{START}causes: [{f'{CANARY}, ' * 9}]\n", 5, "`causes`: write fewer of them"
    ),
    "a cause that is no id": Bad(
        f"{START}causes: [0197a1b2-0000-7000-8000-000000000000, {CANARY}]\n", 5, "`causes.2`: "
    ),
    "a fact of no known kind": Bad(facts(f"concern: {CANARY}"), 2, "`facts.concern`: "),
    "a fact that is a list": Bad(
        facts(f"concern: threat, asked: {CANARY}"), 2, "`facts.asked`: Expected `array"
    ),
    "a fact missing": Bad(
        facts("relationship: partners"), 2, "`facts.concern` is missing: write it"
    ),
    "facts of the kind missing": Bad(
        f"report: release\npeople: [{{reference: {CANARY}}}]\n", 1, "`facts.release` is missing"
    ),
    "a time that is none": Bad(f"{START}when: {CANARY}\n", 5, "`when`: write 2012-05-01,"),
    "an end that is none": Bad(
        f"{START}when: 2012\nuntil: {CANARY}\n", 6, "`until`: write 2012-05-01,"
    ),
    "known since no day": Bad(f"{START}known: {CANARY}\n", 5, "`known`: "),
    "recorded on no day": Bad(f"{START}recorded: 2012-02-30\n", 5, "`recorded`: write 2012-"),
    "seen on no day": Bad(person(f"address: {CANARY}, seen: lately"), 3, "`people.1.seen`: write"),
    "seen in a month": Bad(person(f"address: {CANARY}, seen: 2012-05"), 3, "`people.1.seen`: "),
    "born on no day": Bad(person(f"given: {CANARY}, born: 12/05/1980"), 3, "`people.1.born`: "),
    "born on an unreal day": Bad(person("born: 1980-02-30"), 3, "`people.1.born`: write 1980-05-"),
    "an exclusion of nobody": Bad(f"{START}excluded: [{{}}]\n", 5, "`excluded`: name an `agency`"),
    "an exclusion by a title": Bad(
        f"{START}excluded: [{{agency: {CANARY} Police}}]\n", 5, "`excluded.1.agency`: write"
    ),
    "an override on no ground": Bad(
        f"{START}override: {{ground: {CANARY}, by: a, reason: b}}\n", 5,
        "`override.ground`: write one of serious_harm_to_others,",
    ),
    "a public source unnamed": Bad(
        f"{START}public: {{contact: {CANARY}}}\n", 5, "`public.name` is missing"
    ),
    "words for who says so": Bad(
        f"{COMPLETES}words: {CANARY}\n", 3, "`words`: report: provenance takes who says so"
    ),
    "a standing for who says so": Bad(f"{COMPLETES}standing: invented\n", 3, "`standing`: report"),
    "people for who says so": Bad(f"{COMPLETES}people: [{{reference: {CANARY}}}]\n", 3, "`people`"),
    "facts for who says so": Bad(f"{COMPLETES}facts: {{concern: {CANARY}}}\n", 3, "`facts`: rep"),
    "danger for who says so": Bad(
        f"{COMPLETES}danger_now: yes\n", 3, "report a concern with danger_now: yes"
    ),
    "an emergency for who says so": Bad(
        f"{COMPLETES}urgency: threat_to_life\n", 3, "`urgency`: who says so cannot carry danger"
    ),
    "an exclusion about nobody known": Bad(
        f"{COMPLETES}excluded: [{{practitioner: {CANARY}}}]\n", 3, "not published from this home"
    ),
    "a concern that completes": Bad(
        f"{START}completes: 0197a1b2-0000-7000-8000-000000000000\n", 5, "here write `causes`"
    ),
    "a question about no words": Bad(f"{START}question: {CANARY}\n", 5, "write `words` too"),
    "an assessment of no words": Bad(f"{START}assessment: {CANARY}\n", 5, "write `words` too"),
    "why consent, but not which": Bad(
        person(f"consent_reason: {CANARY}"), 3, "`people.1.consent_reason`: write `consent` too"
    ),
    "seen nowhere": Bad(person("seen: 2012-04-30"), 3, "`people.1.seen`: write `address`,"),
    "provenance for nothing": Bad(f"report: provenance\n# {CANARY}\n", 1, "`completes` is missing"),
    "provenance for no id": Bad(f"report: provenance\ncompletes: {CANARY}\n", 2, "`completes`: "),
    "a basis that is not agreed": Bad(
        f"{START}basis: {CANARY}\n", 5, "`basis`: no agreement in force names this; write uk_gdpr.6"
    ),
    "an anchor used again": Bad(
        f"{START}words: &said {CANARY}\nquestion: *said\n", 5, "anchors (& and *) are not read"
    ),
    "an anchor in itself": Bad(f"{START}people: &a [*a, {CANARY}]\n", 5, "stands here twice"),
    "a quote left open": Bad(f'{START}words: "{CANARY}\n', 6, "this is not YAML: look at indents"),
    "a tab before a field": Bad(f"{START}\twords: {CANARY}\n", 5, "this is not YAML: look at"),
    "two documents": Bad(f"{START}---\nwords: {CANARY}\n", 5, "this is not YAML: look at"),
    "a list": Bad(f"- {CANARY}\n", 1, "write fields, one a line"),
    "nothing": Bad("", 1, "write fields, one a line"),
    "a control character": Bad(f"words: {CANARY}\0\n", 1, "this is not YAML text"),
    "nested without end": Bad("[" * 20_000 + CANARY, 1, "this is not YAML text"),
    "half a character": Bad(f'{START}words: "{CANARY} \\ud83d"\n', 5, "half a character"),
}  # fmt: skip


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    """Probation's home, which has read what was agreed; nothing is stored in it here."""
    found = Speaker(tmp_path_factory.mktemp("bad") / "home")
    found.read()
    return found


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_by_field_and_line_and_never_by_content(
    speaker: Speaker, what: str
) -> None:
    """An error is read aloud, mailed and logged: it says where to look, and names nobody."""
    bad = BAD[what]
    with pytest.raises(Misuse) as refused:
        drafted(speaker, bad.text)
    told = str(refused.value)
    assert f"line {bad.line}: " in told
    assert bad.told in told
    assert CANARY not in told
    assert "ring 999 first" in told
    assert speaker.outbox.rows() == []


def test_every_defect_of_a_file_is_told_at_once_in_the_order_of_its_lines(
    speaker: Speaker,
) -> None:
    """A tired person corrects a file once, not once per mistake."""
    with pytest.raises(Misuse) as refused:
        drafted(speaker, f"{START}danger_now: {CANARY}\nweapons: {CANARY}\nwrods: b\n")
    lines = [line.split(":")[0] for line in refused.value.text.splitlines()[1:]]
    assert lines == ["  line 5", "  line 6", "  line 7"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_that_is_not_utf_8_is_refused(speaker: Speaker, encoding: str) -> None:
    """A name read in the wrong alphabet would be another name."""
    with pytest.raises(Misuse, match="saved as UTF-8"):
        drafted(speaker, f"{START}words: Zoë\n".encode(encoding))


UNREAL = (
    "2012-02-30", "2013-02-29", "2012-13", "2012-00", "0000", "2012-5-1", "2012/05/01",
    "01/05/2012", "2012-05-01T10:30:00", "2012-05-01T24:00:00Z", "2012-02-30T10:00:00Z", "about",
    "about yesterday", "about 2012-05-01T10:30:00Z", "About 2012", "yesterday", "12",
)  # fmt: skip


@pytest.mark.parametrize("when", UNREAL)
def test_a_time_that_the_calendar_has_not_is_refused(speaker: Speaker, when: str) -> None:
    """A guess at what was meant would become the date of an assault."""
    with pytest.raises(Misuse, match="line 5: `when`: write 2012-05-01, 2012-05, 2012, `about"):
        drafted(speaker, f'{START}when: "{when}"\n')

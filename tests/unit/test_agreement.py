"""`candour agreement` on files: what is wrong with a document, by line, and what differs."""

from pathlib import Path

import msgspec
import pytest

from contracts.agreement import Agreement
from contracts.fault import Misuse
from contracts.law import Law
from deploy.agreement_check import Setting, advice, defects
from deploy.agreement_diff import differences
from deploy.governing import draft_founding
from producers.document import convert, load
from tests.matrix.partnership import AGREEMENTS, SHIPPED, agreement, founding, kinds, law
from tests.support.command import invoked

PLAN = SHIPPED / "founding.yaml"
CORE = (SHIPPED / "mk-core.yaml").read_text(encoding="utf-8")
TODAY = "2026-11-23"


def setting(*, newest: dict[str, int] | None = None, known: Law | None = None) -> Setting:
    """Give the shipped partnership, live, on the day it was written."""
    return Setting(kinds(), known or law(), None, TODAY, newest or {})


def told(old: str, new: str, held: Setting | None = None) -> list[str]:
    """Put something else into the core agreement, and say what is wrong and on which line.

    Each line is given from where it was changed, so that editing the agreement breaks no test.
    """
    assert old in CORE
    text = CORE.replace(old, new, 1)
    at = CORE[: CORE.index(old)].count("\n") + 1
    try:
        value, lines = load(text, "mk-core.yaml")
        read = convert(value, lines, Agreement, name="mk-core.yaml", tells_keys=True)
    except Misuse as misuse:
        found = [line.strip() for line in misuse.text.splitlines()[1:]]
        return [line.replace(f"line {at}:", "here:") for line in found]
    found = [f"line {line}: {what}" for line, what in defects(read, lines, held or setting())]
    return [line.replace(f"line {at}:", "here:") for line in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version: 1", "version: one", "here: `version`: Expected `int`, got `str`."),
        ("version: 1", "version: 0", "here: `version`: write a whole number from 1."),
        ("version: 1", "verison: 1", "here: `verison` is a field that is not known here. Did "
         "you mean `version`?"),
        ("title: Milton", "titel: Milton", "here: `titel` is a field that is not known here. Did "
         "you mean `title`?"),
        ("effective: 2026-12-01\n", "", "line 1: `effective` is missing: write it."),
        ("effective: 2026-12-01", "effective: 2027-12-01", "here: `effective`: write three days as "
         "2026-12-01; it must expire after the day it takes effect."),
        ("level: full", "level: ful", "here: `legs.1.level`: write one of full, minimal."),
        ("onward: safeguarding", "onward: always", "here: `legs.1.onward`: write one of none, "
         "originator_agrees, safeguarding."),
        ("owes_response: true", "owes_reponse: true", "here: `owes_reponse` is a field that is not "
         "known here. Did you mean `owes_response`?"),
        ("    to: [thames-valley]", "    to: [thames-vally]", "here: leg 1, `to`: name agencies "
         "that are parties to this agreement. Did you mean thames-valley?"),
        ("types: [concern_reported]", "types: [concern_reporded]", "here: leg 1, `types`: name "
         "kinds of statement that there are (FORMAT.md lists them). Did you mean "
         "concern_reported?"),
        ("purposes: [safeguarding]\n    level", "purposes: [research]\n    level", "here: leg 1, "
         "`purposes`: name purposes that the agreement itself lists."),
        ("person.identity,", "person.identety,", "here: leg 1, `sections`: name sections that "
         "there are; a full product holds the event, and a person's may be limited to a part, as "
         "person.whereabouts@alleged_perpetrator; intake, exclusions and source_identity never go. "
         "Did you mean person.identity?"),
        ("  - id: concern-to-hub", "  - id: concern-to-police", "here: leg 2, `id`: another leg "
         "has this id: give each its own."),
        ("- {agency: mkc-housing,", "- {agency: mkc-huosing,", "here: mkc-huosing is not admitted "
         "here. Did you mean mkc-housing?"),
        ("- {agency: mkc-housing,", "- {agency: mk-homes,", "here: mk-homes is not admitted here."),
        ("- {agency: nps-thames-valley,", "- {agency: probation-thames-valley,", "here: "
         "probation-thames-valley is not admitted here."),
        ("- {agency: nps-thames-valley,", "- {agency: s-thames-valley,", "here: "
         "s-thames-valley is not admitted here."),
    ],
)  # fmt: skip
def test_a_defect_is_told_by_its_line_with_what_to_write(old: str, new: str, expected: str) -> None:
    """Whoever writes an agreement is no programmer, and the document has seven hundred lines."""
    assert expected in told(old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("article: uk_gdpr.6.1.e,", "article: uk_gdpr.6.1.ea,", "basis: article (not for a body of "
         "this kind), for mk-mash, nps-thames-valley, mkc-housing, mkc-children, "
         "mkc-adult-care on 2026-12-01; what could stand there: uk_gdpr.6.1.a, uk_gdpr.6.1.c, "
         "uk_gdpr.6.1.d, uk_gdpr.6.1.e."),
        ("gateway: cda_1998.115,", "gateway: children_act_2004.16la,", "basis: gateway (not in "
         "force), for mk-mash, nps-thames-valley, mkc-housing, mkc-children, "
         "mkc-adult-care on 2026-12-01; what could stand there: cda_1998.115."),
        ("gateway: cda_1998.115,", "gateway: a_kind.of.power,", "basis: gateway (not in the "
         "catalogue), for mk-mash, nps-thames-valley, mkc-housing, mkc-children, "
         "mkc-adult-care on 2026-12-01; what could stand there: cda_1998.115."),
        ("    basis: {regime: uk_gdpr, article: uk_gdpr.6.1.e, gateway: cda_1998.115,\n"
         "      special_category: [uk_gdpr.9.2.g, dpa_2018.sch_1.18], ",
         "    basis: {regime: uk_gdpr, article: uk_gdpr.6.1.e, gateway: cda_1998.115,\n      ",
         "basis: special_conditions (none), for mk-mash, nps-thames-valley, mkc-housing, "
         "mkc-children, mkc-adult-care on 2026-12-01; what could stand there: uk_gdpr.9.2.a, "
         "uk_gdpr.9.2.c, uk_gdpr.9.2.g, dpa_2018.sch_1.6, dpa_2018.sch_1.10, dpa_2018.sch_1.18."),
        ("article: dpa_2018.35,", "article: uk_gdpr.6.1.e,", "recipient_basis: article (of another "
         "regime), for thames-valley on 2026-12-01; what could stand there: dpa_2018.35, "
         "dpa_2018.40a."),
    ],
)  # fmt: skip
def test_a_basis_that_no_law_lets_stand_is_told_with_what_could(
    old: str, new: str, expected: str
) -> None:
    """A combination that cannot stand must not wait for a court to say so."""
    assert f"here: leg 1 (concern-to-police), {expected}" in told(old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("purposes: [safeguarding]\neffective",
         "purposes: [safeguarding, marketing]\neffective",
         "here: `purposes`: write safeguarding or supervision or law_enforcement or governance: "),
        ("person.identity,", "person.identity, intake,", "here: leg 1, `sections`: name sections "),
        ("person.identity,", "person.identity, source_identity,", "here: leg 1, `sections`: name "),
        ("handling: OFFICIAL-SENSITIVE", "handling: SECRET",
         "here: leg 1, `handling`: write OFFICIAL or OFFICIAL-SENSITIVE, or leave it out."),
        ("article: uk_gdpr.6.1.e,", "article: uk_gdpr.6.1.a,",
         "leg 1, `consent`: say in `of` whose consent it is; only where no basis of the leg is "),
    ],
)  # fmt: skip
def test_what_would_not_do_what_it_says_is_refused(old: str, new: str, expected: str) -> None:
    """A lead signs what stands there: what never goes must not be read as what does."""
    assert any(expected in line for line in told(old, new))


def test_a_leg_without_a_power_to_disclose_is_pointed_out() -> None:
    """An article lets a body process; only a gateway lets it tell another."""
    value, lines = load(CORE.replace(", gateway: cda_1998.115", "", 1), "mk-core.yaml")
    read = convert(value, lines, Agreement, name="mk-core.yaml")
    assert any("names no `gateway`" in what for _, what in advice(read, lines, setting()))


def test_an_answer_names_nothing_that_was_typed_freely() -> None:
    """A name typed into the wrong field would go out in a log or a ticket."""
    for old in ("level: full", "types: [concern_reported]", "effective: 2026-12-01", "version: 1"):
        for new in (f"{old.partition(':')[0]}: Tracey Smith", f"Tracey Smith: {old}"):
            found = told(old, new)
            assert found
            assert "Tracey" not in str(found)


def test_a_lower_version_never_follows_a_higher() -> None:
    """What was agreed last must not be undone by what was agreed first."""
    assert told("version: 1", "version: 3", setting(newest={"mk-core": 3})) == [
        "here: `version`: version 3 of it is adopted already: write 4, or a higher one."
    ]
    assert told("version: 1", "version: 4", setting(newest={"mk-core": 3})) == []


def test_what_was_not_read_at_its_source_is_pointed_out_before_signing() -> None:
    """A citation that nobody read is not advice."""
    value, lines = load(CORE.replace("review: 2027-09-01", "review: 2028-09-01"), "mk-core.yaml")
    found = [what for _, what in advice(
        convert(value, lines, Agreement, name="mk-core.yaml"), lines, setting()
    )]  # fmt: skip
    assert found[0] == "the review is not between the days it begins and expires."
    unsure = {row.citation for row in law().provisions if not row.sure}
    assert {one.partition(" ")[0] for one in found[1:]} == {"cda_1998.115", "dpa_2018.sch_1.18"}
    assert {"cda_1998.115", "dpa_2018.sch_1.18"} <= unsure


@pytest.mark.parametrize("name", AGREEMENTS)
def test_what_ships_is_fit_to_be_signed(name: str) -> None:
    """The set is a promise that it can be adopted as it stands."""
    ran = invoked("agreement", "check", SHIPPED / f"{name}.yaml", "--plan", PLAN)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{name}@1  ")
    assert len(ran.stdout.splitlines()) == 1 + len(agreement(name).legs)


def test_the_shipped_plan_is_founded_with_the_catalogue_of_law() -> None:
    """Without it no basis would be judged, in silence."""
    full = founding("A" * 43)
    keys = [key for one in full.agencies for key in one.keys]
    drafted = draft_founding(PLAN, log_key="A" * 43, keys=keys)
    assert drafted.rules.law == law()
    assert msgspec.structs.replace(drafted, exercise=False) == full


@pytest.mark.parametrize("exercise", ["false", "true"])
def test_only_an_exercise_is_founded_without_a_catalogue(tmp_path: Path, exercise: str) -> None:
    """Else every basis would stand, for real people, and nothing would say so."""
    files = ("  law:", "  watch:")
    kept = [line for line in PLAN.read_text().splitlines() if not line.startswith(files)]
    plan = tmp_path / "founding.yaml"
    plan.write_text("\n".join(kept).replace("exercise: false", f"exercise: {exercise}"))
    keys = [key for one in founding("A" * 43).agencies for key in one.keys]
    if exercise == "true":
        assert draft_founding(plan, log_key="A" * 43, keys=keys).rules.law is None
    else:
        with pytest.raises(Misuse, match="no lawful basis would be checked"):
            draft_founding(plan, log_key="A" * 43, keys=keys)
    ran = invoked("agreement", "check", SHIPPED / "mk-core.yaml", "--plan", plan)
    assert "the partnership's rules have no `law`" in ran.stderr


def test_a_document_that_is_wrong_is_told_on_the_command_line(tmp_path: Path) -> None:
    """Exit code 64, every defect with its line, nothing on the standard output."""
    wrong = tmp_path / "mk-core.yaml"
    text = CORE.replace("to: [thames-valley]", "to: [thames-vally]", 1)
    wrong.write_text(text.replace("expires: 2027-12-01", "expires: 2026-11-01"))
    ran = invoked("agreement", "check", wrong)
    assert (ran.returncode, ran.stdout) == (64, "")
    assert "mk-core.yaml cannot be used yet:" in ran.stderr
    at = CORE[: CORE.index("    to: [thames-valley]")].count("\n") + 1
    assert f"  line {at}: leg 1, `to`: name agencies that are parties" in ran.stderr
    both = invoked("agreement", "check", wrong, "--plan", PLAN, "--home", tmp_path)
    assert (both.returncode, "--plan before" in both.stderr) == (64, True)


def test_a_difference_is_told_in_words(tmp_path: Path) -> None:
    """Whoever signs the next version reads what is new in it, not seven hundred lines."""
    changed = tmp_path / "next.yaml"
    text = CORE.replace("version: 1", "version: 2").replace(
        "article: uk_gdpr.6.1.e, gateway: cda_1998.115,", "article: uk_gdpr.6.1.c,", 1
    )
    text = text.replace("narrative,\n      risk, consent, necessity]", "health]", 1)
    text = text.replace("    owes_response: true\n", "", 1).replace(
        "id: concern-to-hub", "id: to-hub"
    )
    changed.write_text(text)
    ran = invoked("agreement", "diff", SHIPPED / "mk-core.yaml", changed)
    assert ran.returncode == 1
    lines = ran.stdout.splitlines()
    assert lines[0] == "version: 2, was 1"
    assert lines[1].startswith("leg gained: to-hub: nps-thames-valley, mkc-housing,")
    assert lines[2].startswith("leg lost: concern-to-hub: nps-thames-valley, mkc-housing,")
    assert lines[3:] == [
        "leg concern-to-police: sections: also health; no longer narrative, risk, consent, "
        "necessity",
        "leg concern-to-police: basis.article: uk_gdpr.6.1.c, was uk_gdpr.6.1.e",
        "leg concern-to-police: basis.gateway: not set, was cda_1998.115",
        "leg concern-to-police: owes_response: no, was yes",
    ]
    same = invoked("agreement", "diff", changed, changed)
    assert (same.returncode, same.stdout) == (0, "Nothing differs.\n")
    away = invoked("agreement", "diff", changed, "mk-core@1")
    assert (away.returncode, "--home" in away.stderr) == (64, True)


def test_a_difference_of_parties_dates_and_order_is_told() -> None:
    """Who joins, until when, and which leg comes first change what flows as much as a leg does."""
    core = agreement("mk-core")
    first, second, *rest = core.legs
    other = msgspec.structs.replace(
        core, parties=core.parties[:-1], expires="2028-12-01", legs=[second, first, *rest]
    )
    assert list(differences(core, other)) == [
        "expires: 2028-12-01, was 2027-12-01",
        "party lost: mk-csp",
        "legs stand in another order: a recipient has what the first that carries it allows",
    ]
    assert list(differences(other, core))[1] == "party gained: mk-csp"

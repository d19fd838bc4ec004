"""Hard pairs, each judged by hand: what is shown to a matcher as perhaps one person, what not.

Nobody here is real. `offered` means that a person is asked; nothing is ever joined by it.
"""

import pytest

from consumers.people.facts import Mention
from consumers.people.keys import Keying
from consumers.people.likeness import WORDS, Comparing
from consumers.people.weighing import Weights
from deploy.matching import SHIPPED, weighing_of
from tests.support.people import facts, record

WEIGHING = weighing_of(SHIPPED.parent)
COMPARING, KEYING = Comparing(WEIGHING), Keying(WEIGHING)
HOME = "12 Elm Road, Milton Keynes MK1 1AA"
SAME_HOME = "12, Elm Rd., MK11AA"
PNC, PNC_SHORT, CRO, NHS = "2002/0073319Z", "02/73319Z", "029906/12J", "943 476 5919"

D = "Daniel Marsh"
T = "Tracey Hill"

OFFERED = {
    "one_man_twice": (record(D, born="1970-03-02"), record(D, born="1970-03-02")),
    "one_name_and_nothing_else": (record(D), record(D, agency="thames-valley")),
    "e18_and_e19_bare_names_of_a_couple": (
        record(D, beside="Tracey"),
        record("Daniel -", beside="Tracy", agency="thames-valley", day="2012-05-02"),
    ),
    "nickname_and_birth": (record("Kate Hill", born="1979"), record("Catherine Hill", born="1979")),
    "nickname_and_family": (record("Danny Marsh"), record(D)),
    "nickname_that_sounds_otherwise": (record("Bill Stone"), record("William Stone")),
    "transliteration_of_given": (record("Mohammed Khan"), record("Muhammad Khan")),
    "transliteration_of_both": (
        record("Yusuf Hussein", born="1981-02-11"), record("Yousef Husain", born="1981-02-11"),
    ),
    "transliteration_by_letter": (record("Łukasz Wójcik"), record("Lukasz Wojcik")),
    "marks_left_out": (record("Zoë Núñez"), record("Zoe Nunez")),
    "another_script_alike": (record("伟 王", born="1985"), record("伟 王", born="1985-06-01")),
    "irish_spelling": (
        record("Siobhán Daly", born="1984-01-09"), record("Shivaun Daly", born="1984-01-09"),
    ),
    "maiden_name": (record(T, born="1979-06-12"), record("Tracey Marsh", born="1979-06-12")),
    "maiden_name_at_one_address": (record(T, at=HOME), record("Tracey Marsh", at=SAME_HOME)),
    "double_name_taken": (
        record(T, born="1979"), record("Tracey Hill-Marsh", born="1979-06-12"),
    ),
    "family_name_adopted": (
        record("Liam Gray", born="2001-10-30"), record("Liam Foster", born="2001-10-30"),
    ),
    "every_name_adopted_one_pnc": (
        record("Liam Gray", pnc=PNC), record("Adam Foster", pnc=PNC_SHORT),
    ),
    "name_and_sex_changed_one_pnc": (
        record("Mark Dean", sex="male", pnc=PNC, born="1990-05-05"),
        record("Maria Dean", sex="female", pnc=PNC, born="1990-05-05"),
    ),
    "day_and_month_exchanged": (record(D, born="1970-03-02"), record(D, born="1970-02-03")),
    "given_and_family_exchanged": (record("Marsh Daniel"), record(D)),
    "one_letter_wrong": (record("Danial Marsh", born="1970"), record(D, born="1970")),
    "family_spelt_otherwise": (
        record("John Smyth", born="1960"), record("John Smith", born="1960"),
    ),
    "hyphen_or_space": (record("Anne-Marie Cole"), record("Anne Marie Cole")),
    "half_a_double_given_name": (record("Mary Ann Cole", born="1955"), record("Mary Cole")),
    "initial_only": (record("D Marsh", born="1970"), record(D, born="1970")),
    "alias_of_one_is_the_name_of_the_other": (
        record("Peter Wood", "Danny Marsh"), record(D, agency="thames-valley"),
    ),
    "title_and_family_with_birth": (
        record("- Marsh", born="1970-03-02"), record(D, born="1970-03-02"),
    ),
    "age_and_birth_agree": (record(D, born="42"), record(D, born="1970-03-02")),
    "age_a_year_out": (record(D, born="40"), record(D, born="1970-03-02")),
    "year_a_year_out": (record(D, born="1971"), record(D, born="1970-03-02")),
    "father_and_son_of_whom_nothing_tells_them_apart": (
        record(D, at=HOME), record(D, at=SAME_HOME),
    ),
    "twins_of_like_name": (
        record("Michael Ross", born="1990-05-05", at=HOME),
        record("Michelle Ross", born="1990-05-05", at=HOME),
    ),
    "sex_recorded_wrongly": (
        record("Robin Shaw", sex="male", born="1988-08-08"),
        record("Robin Shaw", sex="female", born="1988-08-08"),
    ),
    "one_nhs_number": (record(T, nhs=NHS), record("T Hill", nhs="9434765919")),
    "one_cro_number_unpadded": (record(D, cro=CRO), record("Daniel Marsh", cro="29906/12J")),
    "one_forces_own_number": (
        record("Dan -", agency="thames-valley", niche="N 100"),
        record("Daniel -", agency="thames-valley", niche="N 100"),
    ),
    "ex_partner_named_alike_of_one_man": (
        record("Karen -", beside="Daniel", day="2005-03-01", agency="thames-valley"),
        record("Karen -", beside="Daniel", day="2012-02-08"),
    ),
    "moved_and_married": (
        record(T, at=HOME, day="2012-05-01", born="33"),
        record("Tracy Marsh", at=SAME_HOME, day="2012-09-01", born="1979"),
    ),
}  # fmt: skip

QUIET = {
    "twins": (
        record(D, born="1970-03-02", at=HOME, beside="Anne"),
        record("Peter Marsh", born="1970-03-02", at=HOME, beside="Anne"),
    ),
    "twins_of_whom_no_birthday_is_known": (
        record("Amy Ross", born="1990", at=HOME), record("Ella Ross", born="1990", at=HOME),
    ),
    "father_and_son_of_one_name": (
        record(D, born="1942-03-02", at=HOME), record(D, born="1970-03-02", at=HOME),
    ),
    "father_and_son_by_age": (record(D, born="70", at=HOME), record(D, born="42", at=HOME)),
    "father_and_son_by_year": (record(D, born="1942", at=HOME), record(D, born="1970", at=HOME)),
    "born_the_day_after": (record(D, born="1970-03-02"), record(D, born="1970-03-03")),
    "born_a_month_apart": (record(D, born="1970-03"), record(D, born="1970-04-02")),
    "one_pnc_and_two_birthdays": (
        record(D, born="1970-03-02", pnc=PNC), record(D, born="1971-03-02", pnc=PNC),
    ),
    "side_by_side_in_one_report": (
        record(D, beside="son", key="father"), record(D, beside="father", key="son"),
    ),
    "one_birthday_alone": (record(D, born="1970-03-02"), record("Peter Wood", born="1970-03-02")),
    "one_address_alone": (record(D, at=HOME), record("Peter Wood", at=HOME)),
    "one_flat_number_apart": (
        record("Sam -", at="Flat 1, 9 High St, MK2 2BB"),
        record("Sam -", at="Flat 2, 9 High St, MK2 2BB"),
    ),
    "a_bare_first_name": (record("Daniel -"), record(D)),
    "a_bare_family_name": (record("- Marsh"), record(D)),
    "both_names_only_sound_alike": (record("Tracy Hale"), record("Tracey Hill")),
    "one_soundex_and_nothing_else": (record("Mandy Khan"), record("Mohammed Khan")),
    "the_new_partner_of_one_man": (
        record(T, beside="Daniel"), record("Susan Reed", beside="Daniel"),
    ),
    "two_exes_of_whom_neither_is_named": (
        record(beside="Daniel", day="2005-03-01", agency="thames-valley"),
        record(beside="Daniel", day="2012-02-08"),
    ),
    "an_unnamed_ex_and_a_named_one": (record(beside="Daniel"), record("Karen -", beside="Daniel")),
    "two_unnamed_of_one_birthday": (record(born="1970-03-02"), record(born="1970-03-02")),
    "one_number_of_two_forces": (
        record("Dan -", agency="thames-valley", niche="N 100"),
        record("Daniel -", agency="west-mercia", niche="N 100"),
    ),
    "one_number_that_fails_its_check": (
        record("Liam Gray", pnc="2001/0171310S"), record("Adam Foster", pnc="2001/0171310S"),
    ),
    "one_house": (record("Liam Gray", uprn="100"), record("Adam Foster", uprn="100")),
    "sister_and_brother": (
        record("Ali Khan", sex="male", born="1990"), record("Alia Khan", sex="female", born="1994"),
    ),
    "a_couple_of_one_family_name": (
        record(D, born="1970", at=HOME, sex="male"),
        record("Diane Marsh", born="1970", at=HOME, sex="female"),
    ),
    "two_pnc_numbers_and_a_common_name": (
        record("John Smith", pnc=PNC, born="1960"),
        record("Jon Smyth", pnc="2012/0052494Q", born="1960"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", OFFERED.values(), ids=OFFERED)
def test_a_pair_that_a_matcher_should_see_is_offered_and_found(
    pair: tuple[Mention, Mention],
) -> None:
    """Suppressing a possible match is dangerous: somebody looks, and nobody is joined by it."""
    one, other = pair
    found = COMPARING.compare(facts(one), facts(other))
    assert found.is_offered, found
    assert KEYING.keys_of(one) & KEYING.keys_of(other), "no key brings the two together"


@pytest.mark.parametrize("pair", QUIET.values(), ids=QUIET)
def test_a_pair_that_would_waste_a_matchers_time_or_mislead_is_not(
    pair: tuple[Mention, Mention],
) -> None:
    """A brother's record on a man's page is as dangerous as a record that is missed."""
    one, other = pair
    found = COMPARING.compare(facts(one), facts(other))
    assert not found.is_offered, found


def test_one_token_that_two_people_were_given_says_so_and_is_compared_by_both() -> None:
    """A publisher's own mix-up must not hide either of them."""
    mixed = facts(record(D, born="1970-03-02", key="x"), record(D, born="1942-03-02", key="x"))
    for born in ("1970-03-02", "1942-03-02"):
        found = COMPARING.compare(mixed, facts(record(D, born=born)))
        assert "born_same_day" in {each.kind for each in found.evidence}
        assert found.is_offered
    assert COMPARING.compare(mixed, facts(record(D, born="1955-01-01"))).apart


def test_a_correction_stands_in_place_of_what_it_corrects() -> None:
    """A birth that was mistyped and put right parts nobody any more."""
    wrong = record(
        D, born="1971-03-02", key="x", statement="first", beside="Tracey", day="2012-01-01"
    )
    right = record(D, born="1970-03-02", key="x", statement="second", corrects="first")
    other = facts(record(D, born="1970-03-02"))
    assert COMPARING.compare(facts(wrong), other).apart
    mended = facts(wrong, right)
    assert COMPARING.compare(mended, other).is_offered
    assert mended.companions == {"tracey"}, "what it does not speak of stays"


def test_every_finding_has_words_and_a_weight() -> None:
    """What somebody is shown without words is a number, and nobody can weigh a number."""
    assert set(Weights.__struct_fields__) <= set(WORDS)
    assert set(WORDS) - set(Weights.__struct_fields__) == {
        "born_on_different_days", "named_side_by_side",
    }  # fmt: skip

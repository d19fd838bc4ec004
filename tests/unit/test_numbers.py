"""Registers' numbers: one spelling each, and what fails its check is no number."""

import pytest

from contracts.identifier import cro_number, nhs_number, pnc_id
from tests.support.people import facts, record


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("943 476 5919", "9434765919"), ("943-476-5919", "9434765919"),
        ("9434765918", None), ("943476591", None), ("94347659190", None), ("९434765919", None),
        ("999 000 0018", "9990000018"), ("9990000026", "9990000026"), ("", None),
    ],
)  # fmt: skip
def test_an_nhs_number_has_its_check_digit(text: str, read: str | None) -> None:
    """A digit mistyped would join two people."""
    assert nhs_number(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2002/0073319Z", "2002/0073319Z"), ("02/73319Z", "2002/0073319Z"),
        ("20020073319z", "2002/0073319Z"), ("020073319Z", "2002/0073319Z"),
        ("2012/0052494Q", "2012/0052494Q"), (" 02 / 73319Z ", "2002/0073319Z"),
        ("2001/0171310S", None), ("2002/0073319A", None), ("73319Z", None), ("2/73319Z", None),
        ("2002/00733190Z", None), ("0273319Z", None),
    ],
)  # fmt: skip
def test_a_pnc_identifier_is_read_short_or_long(text: str, read: str | None) -> None:
    """One record is written `02/73319Z` by one system and `2002/0073319Z` by the next."""
    assert pnc_id(text, pivot=40) == read


def test_a_short_year_is_of_the_century_that_the_pivot_says() -> None:
    """79 is 1979 to everybody now; where that ends is a setting, and no year of any clock."""
    letter = next(one for one in "ZABCDEFGHJKLMNPQRTUVWXY" if pnc_id(f"79/1{one}", pivot=40))
    assert pnc_id(f"79/1{letter}", pivot=40) == f"1979/0000001{letter}"
    assert pnc_id(f"79/1{letter}", pivot=79) == f"2079/0000001{letter}"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("029906/12J", "029906/12J"), ("29906/12j", "029906/12J"), ("029906/12K", None),
        ("SF39/1234D", "SF39/1234D"), ("SF39/01234D", None), ("SF39/1234E", None),
        ("12J", None),
    ],
)  # fmt: skip
def test_a_cro_number_is_read_plain_or_of_a_file(text: str, read: str | None) -> None:
    """A file's serial is not padded; a plain one is."""
    assert cro_number(text) == read


def test_a_number_of_one_force_is_nothing_in_another_and_a_house_is_nobody() -> None:
    """N 100 of one force is somebody else in the next; a UPRN is a front door."""
    held = facts(record("A B", niche="N 100", uprn="100", pnc="2001/0171310S"))
    assert {(n.scheme, n.within) for n in held.numbers} == {("niche", "tv-probation")}

"""What a system's records amount to: a person confirms a match, and nobody is left out."""

import pytest

from consumers.research.connectors.connector import Answer, Record, Terms
from consumers.research.connectors.matching import judge, number_of
from consumers.research.found import is_opaque
from contracts.section import Born, Identifier, Name

DANIEL = Terms([Name("Daniel", "Marsh")], [Born("1970-03-02", "day")], [])


def record(
    given: str | None, family: str | None, born: str | None = None, **numbers: str
) -> Record:
    """Write one record."""
    held = [Identifier(scheme, value) for scheme, value in numbers.items()]
    return Record(reference="R-1", given=given, family=family, born=born, identifiers=held)


@pytest.mark.parametrize(
    ("found", "outcome", "confidence"),
    [
        (record("Daniel", "Marsh", "1970-03-02"), "possible_match", "probable"),
        (record("DANIEL JOHN", "MARSH", "1970-03-02"), "possible_match", "probable"),
        (record("Daniel", "Marsh"), "possible_match", "possible"),
        (record("Daniel", "Marsh", "1970-02-03"), "possible_match", "possible"),
        (record("Dan", "Marsh"), "possible_match", "possible"),
        (record("D", "Marsh"), "possible_match", "possible"),
        (record(None, "Marsh"), "possible_match", "possible"),
        (record("Daniel", "Married", "1970-03-02"), "possible_match", "possible"),
        (record("Bob", "Marsh", "1970-03-02"), "possible_match", "possible"),
        (record("Bob", "Marsh"), "nil", None),
        (record("Dan", "Marsh", "1991-01-01"), "nil", None),
        (record("Daniel", "Married"), "nil", None),
        (record(None, None), "nil", None),
    ],
)
def test_what_may_be_the_person_is_shown_and_only_that(
    found: Record, outcome: str, confidence: str | None
) -> None:
    """To leave a possible match out would be dangerous; to drown the desk in brothers, too."""
    judged = judge(DANIEL, Answer([found]), pivot=40)
    assert (judged.outcome, judged.confidence) == (outcome, confidence)


NUMBERED = Terms(
    [Name("Daniel", "Marsh")], [Born("1970-03-02", "day")],
    [Identifier("PNC", "02/73319Z"), Identifier("nhs", "999 000 0018"), Identifier("local", "7")],
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (record("Dan", "Other", pnc="2002/0073319Z"), "match"),
        (record(None, None, "1970-03-02", nhs="9990000018"), "match"),
        # The number is his and the birth another's: somebody mistyped one of them.
        (record("Dan", "Other", "1991-01-01", pnc="2002/0073319Z"), "possible_match"),
        (record("Dan", "Other", local="7"), "possible_match"),
        (record("Dan", "Other", pnc="2002/0073318Y"), "nil"),
    ],
)
def test_only_a_number_that_is_one_persons_makes_a_match(found: Record, outcome: str) -> None:
    """Whatever else agrees, a person confirms it."""
    assert judge(NUMBERED, Answer([found]), pivot=40).outcome == outcome


@pytest.mark.parametrize(
    "slip",
    [("pnc", "2001/0171310S"), ("nhs", "0000000000"), ("nhs", "9990000019"), ("niche", "unknown"),
     ("cro", "029906/12K")],
)  # fmt: skip
def test_a_placeholder_or_a_slip_of_the_pen_joins_nobody(slip: tuple[str, str]) -> None:
    """Two strangers whom a clerk gave the same wrong number are not one man."""
    terms = Terms([Name("A", "B")], [], [Identifier(*slip)])
    answer = Answer([record("C", "D", None, **{slip[0]: slip[1]})])
    assert judge(terms, answer, pivot=40).outcome == "possible_match"


@pytest.mark.parametrize(
    ("scheme", "written", "one"),
    [
        ("pnc", "02/73319z", "2002/0073319Z"),
        ("pnc", "2002/0073319Z", "2002/0073319Z"),
        ("pnc", "87/5632V", "1987/0005632V"),
        ("cro", "29906/12J", "029906/12J"),
        ("nhs", "999 000-0018", "9990000018"),
        ("niche", " n 1 ", "N1"),
    ],
)
def test_a_number_has_one_spelling(scheme: str, written: str, one: str) -> None:
    """Two forms write the same number in two ways."""
    assert number_of(Identifier(scheme.upper(), written), pivot=40).value == one


def test_an_age_contradicts_no_day_and_a_year_only_another() -> None:
    """An age is of a day that nobody said."""
    dan = record("Dan", "Marsh", "1970-03-02")
    for born, outcome in (
        (Born("39", "age"), "possible_match"),
        (Born("1970", "year"), "possible_match"),
        (Born("1970-03", "month"), "possible_match"),
        (Born("1971", "year"), "nil"),
    ):
        terms = Terms([Name("Daniel", "Marsh")], [born], [])
        assert judge(terms, Answer([dan]), pivot=40).outcome == outcome, born


@pytest.mark.parametrize(
    ("reference", "is_shown"),
    [("NICHE-2005/17", True), ("12345", True), ("MARSH-1970", False), ("daniel.1", False),
     ("a b 1", False), ("PERSON", False), ("9" * 65, False), ("", False)],
)  # fmt: skip
def test_a_reference_goes_on_the_log_only_where_it_names_nobody(
    reference: str, *, is_shown: bool
) -> None:
    """Some systems key their records by surname."""
    assert is_opaque(reference, DANIEL.names) is is_shown

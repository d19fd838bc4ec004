"""Laws of comparing people: symmetric, deaf to order, monotone, never a contradiction offered."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import msgspec
from hypothesis import assume, event, given
from hypothesis import strategies as st

from consumers.people.facts import Facts, Mention
from consumers.people.keys import Keying
from consumers.people.likeness import Comparing
from consumers.people.page import page_of
from contracts.section import Identifier, Identity, Name, Whereabouts
from deploy.matching import SHIPPED, weighing_of
from tests.support.people import facts, record, token
from tests.support.strategies import days, fixed, value_of

WEIGHING = weighing_of(SHIPPED.parent)
COMPARING, KEYING = Comparing(WEIGHING), Keying(WEIGHING)

GIVEN = [
    "",
    "Daniel",
    "Danny",
    "Danial",
    "D",
    "Peter",
    "Mohammed",
    "Muhammad",
    "Tracey",
    "Anne Marie",
]
FAMILY = ["", "Marsh", "Mersh", "Hill", "Hill-Marsh", "Khan", "Daniel"]
BIRTHS = [
    "1970-03-02",
    "1970-02-03",
    "1971-03-02",
    "1970-03",
    "1970-04",
    "1970",
    "1944",
    "42",
    "41",
]
PLACES = ["12 Elm Road, MK1 1AA", "12 Elm Rd MK11AA", "Rose Cottage", "The Hostel, High Street"]
PNCS = ["2002/0073319Z", "02/73319Z", "2012/0052494Q", "2001/0171310S"]
BESIDE = ["Tracey", "Tracy", "Anne", "Peter"]

ODD = ["0001-01-01", "9999-12-31", "9999-12", "0001", "9999", "999", "0", "2012-02-29"]

names = st.builds(
    lambda g, f: f"{g or '-'} {f or '-'}", st.sampled_from(GIVEN), st.sampled_from(FAMILY)
)
maybe = st.none()


@st.composite
def records(draw: st.DrawFn, key: str, count: int = 3) -> list[Mention]:
    """Draw how up to so many statements name one person."""
    found = []
    for n in range(draw(st.integers(1, count))):
        numbers = draw(
            st.dictionaries(st.sampled_from(["pnc", "niche"]), st.sampled_from(PNCS), max_size=2)
        )
        found.append(record(
            *draw(st.lists(names, max_size=2)), born=draw(maybe | st.sampled_from(BIRTHS)),
            sex=draw(maybe | st.sampled_from(["male", "female", "not_known"])),
            at=draw(maybe | st.sampled_from(PLACES)),
            day=draw(st.sampled_from(["2012-05-01", "2012-05-02", "2016-06-28"])),
            beside=draw(st.sampled_from(["", *BESIDE])), key=key, statement=f"{key}{n}",
            agency=draw(st.sampled_from(["tv-probation", "thames-valley"])), **numbers,
        ))  # fmt: skip
    return found


@fixed(100)
@given(records("one"), records("other"))
def test_it_does_not_matter_who_comes_first(one: list[Mention], other: list[Mention]) -> None:
    """A pair that is offered from one page and not from the other is seen by half of the desk."""
    a, b = facts(*one), facts(*other)
    assert COMPARING.compare(a, b) == COMPARING.compare(b, a)


@fixed(80)
@given(records("one"), records("other", count=1))
def test_it_does_not_matter_in_which_order_it_came(
    one: list[Mention], other: list[Mention]
) -> None:
    """A consumer that was rebuilt, or read another partition first, shows the same."""
    b = facts(*other)
    found = {repr(COMPARING.compare(facts(*order), b)) for order in permutations(one)}
    assert len(found) == 1


SHARED: dict[str, Callable[[Mention], dict[str, Any]]] = {
    "a number": lambda m: {
        "identifiers": [*(m.identity.identifiers or []), Identifier("cro", "029906/12J")]
    },
    "a name": lambda m: {"names": [*m.identity.names, Name("Zebedee", "Quill")]},
    "a birthday": lambda m: {"born": record(born="1958-11-30").identity.born},
}


@fixed(100)
@given(records("one"), records("other"), st.sampled_from(sorted(SHARED)))
def test_what_both_have_never_speaks_against_them(
    one: list[Mention], other: list[Mention], what: str
) -> None:
    """More that agrees cannot make a pair less alike, or take it off the list."""
    before = COMPARING.compare(facts(*one), facts(*other))
    sides = []
    for held in (one, other):
        first = held[0]
        more = msgspec.structs.replace(first.identity, **SHARED[what](first))
        # One statement more, that repeats the first and adds what both have.
        again = msgspec.structs.replace(first, statement=f"{first.statement}+", identity=more)
        sides.append(facts(*held, again))
    after = COMPARING.compare(*sides)
    assert after.bits >= before.bits
    assert after.is_offered or not before.is_offered
    assert set(after.apart) <= set(before.apart)


@fixed(80)
@given(records("one"), records("other"))
def test_what_differs_never_speaks_for_them(one: list[Mention], other: list[Mention]) -> None:
    """Nothing that parts two people may bring them nearer."""
    one, other = ([_without_sex(m) for m in held] for held in (one, other))
    a, b = facts(*one), facts(*other)
    apart = [
        facts(*held, record(sex=sex, key=key, statement="s"))
        for held, key, sex in ((one, "one", "male"), (other, "other", "female"))
    ]
    assert COMPARING.compare(*apart).bits <= COMPARING.compare(a, b).bits


@fixed(100)
@given(records("one"), records("other"))
def test_two_birthdays_are_never_offered_as_one_person(
    one: list[Mention], other: list[Mention]
) -> None:
    """Whatever else agrees: a number may be mistyped, and a wrong join reaches consent."""
    number = [Identifier("cro", "029906/12J")]
    sides = [
        [msgspec.structs.replace(m, identity=msgspec.structs.replace(
            m.identity, identifiers=number, born=record(born=born).identity.born,
        )) for m in held]
        for held, born in ((one, "1970-03-02"), (other, "1980-07-09"))
    ]  # fmt: skip
    found = COMPARING.compare(facts(*sides[0]), facts(*sides[1]))
    assert (found.is_offered, found.apart[0]) == (False, "born_on_different_days")


@fixed(100)
@given(records("one", count=1), records("other", count=1))
def test_whoever_is_offered_has_a_key_in_common_but_for_spelling(
    one: list[Mention], other: list[Mention]
) -> None:
    """What no key brings together nobody is ever shown, however alike it is."""
    assume(one[0].identity.names)
    other = [
        msgspec.structs.replace(m, identity=msgspec.structs.replace(
            m.identity, names=[*m.identity.names, one[0].identity.names[0]]
        )) for m in other
    ]  # fmt: skip
    found = COMPARING.compare(facts(*one), facts(*other))
    kinds = {each.kind for each in found.evidence}
    if found.is_offered and not kinds & {"given_alike", "family_alike"}:
        event("offered")
        assert KEYING.keys_of(one[0]) & KEYING.keys_of(other[0])


def _without_sex(mention: Mention) -> Mention:
    identity = msgspec.structs.replace(mention.identity, sex=None)
    return msgspec.structs.replace(mention, identity=identity)


class _Open:
    """A wall that nothing is outside of."""

    def holds_place(self, _: Mention) -> bool:
        return True


@fixed(100)
@given(value_of(Identity), value_of(Whereabouts), st.sampled_from(ODD), days, days)
def test_whatever_the_log_takes_can_be_indexed_compared_and_shown(
    identity: Any, where: Any, born: str, day: str, other_day: str
) -> None:
    """One odd name or birth must not set a report aside, nor stop a force's list."""
    who = msgspec.convert(identity, Identity)
    who = msgspec.structs.replace(who, born=who.born or record(born=born).identity.born)
    place = msgspec.convert({**msgspec.to_builtins(where), "subject": who.subject}, Whereabouts)
    both = [
        Mention(statement=at, digest=at, agency="a", day=at, identity=who, whereabouts=place)
        for at in {day, other_day}
    ]
    held = Facts.of([who.subject], both, pivot=40)
    assert KEYING.keys_of(both[0]) is not None
    assert COMPARING.compare(held, facts(record("A B", born="42", key="z"))).bits < 100
    assert page_of(both, wall=_Open(), pivot=40).tokens == [who.subject]  # type: ignore[arg-type]
    assert token("z") not in held.tokens

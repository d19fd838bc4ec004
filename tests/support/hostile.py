"""Hypothesis strategies: JSON that no schema means, and JSON spelled as nobody would.

Exact bytes, never values: what matters is where two readers of one text could differ.
"""

import json
from typing import Any

from hypothesis import strategies as st

from contracts.section import NUMBERED, PLAIN

Json = Any

SECTIONS = [*PLAIN, "event", "cause.1", "cause.33", "rumours", "", "person.1.identity"]
"""Names that a disclosure may have, and some that none may."""
SECTIONS += [f"person.{n}.{which}" for n in (1, 32, 33) for which in NUMBERED]

_ODD_STRINGS = [
    '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"\\x"', '"', '"\\', '"\x1f"', '"\udc80"',
    '"\udced\udca0\udc80"', '"given"', '"2012-05-01"', '"A"', f'"{"A" * 22}"', '"é"', '"\\u00e9"',
]  # fmt: skip
_ODD_NUMBERS = ["NaN", "-Infinity", "1.0", "1e2", "-0", "01", "9" * 400, "1" + "0" * 4400]
_strings = st.text(max_size=6).map(json.dumps) | st.sampled_from(_ODD_STRINGS)
_numbers = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(json.dumps),
    st.sampled_from(_ODD_NUMBERS),
)
_names = st.sampled_from([
    '"text"', '"form"', '"subject"', '"names"', '"t\\u0065xt"', '"kind"', '"practitioner"',
    '"excluded"', '"views"', '"event"', '""', '"a\\nb"',
])  # fmt: skip


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


texts: st.SearchStrategy[bytes] = st.recursive(
    _strings | _numbers | st.sampled_from(["null", "true", "tru", "", "{}", "[]", "\ufeff1"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + " , ".join(items) + "]"),
        st.lists(st.tuples(_names, inner), max_size=4).map(_object),
        st.builds(lambda depth, one: "[" * depth + one + "]" * depth, st.integers(0, 70), inner),
    ),
    max_leaves=8,
).map(_octets)
"""Any text that somebody may put where JSON is due; a lone surrogate stands for a bad octet."""


@st.composite
def oddly(draw: st.DrawFn, value: Json) -> bytes:
    """Spell a JSON value as nobody would: order, space, escapes; or wrongly, in a place or two."""
    return _octets(_odd(draw, value, lawful=draw(st.integers(0, 3)) > 0))


def _odd(draw: st.DrawFn, value: Json, *, lawful: bool) -> str:
    space = draw(st.sampled_from(["", "", " ", "\n\t"] if lawful else ["", "", "", "\u00a0"]))
    match value:
        case dict():
            pairs = [
                (_odd(draw, name, lawful=lawful), _odd(draw, one, lawful=lawful))
                for name, one in draw(st.permutations(list(value.items())))
            ]
            if pairs and not lawful and draw(st.booleans()):
                pairs.append((pairs[0][0], draw(st.sampled_from([pairs[0][1], "null"]))))
            return space + _object(pairs)
        case list():
            return "[" + ",".join(_odd(draw, one, lawful=lawful) for one in value) + space + "]"
        case bool() | None:
            return json.dumps(value)
        case int():
            wrong = [f"{value}.0", f"{value}e0", f"0{value}", f"-{value}", f"{value}0000"]
            return space + str(value) if lawful else draw(st.sampled_from([str(value), *wrong]))
        case _:
            plain = json.dumps(value, ensure_ascii=draw(st.booleans()))
            if value and ord(value[0]) < 0xD800 and draw(st.integers(0, 4)) == 0:
                plain = f'"\\u{ord(value[0]):04x}' + json.dumps(value[1:])[1:]
            return plain + space

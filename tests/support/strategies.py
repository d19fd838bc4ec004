"""Hypothesis strategies: what a publisher can write, drawn from the schema itself.

Values are plain JSON, for `stranger.Writer` to spell: `value_of` draws any value of a shape,
`least_of` gives one and the same small one. Agreements are drawn with every kind of leg that can
be in force, so that what is delivered is never what a fixed example happened to allow.
"""

import json
import os
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from msgspec import inspect

from contracts import form
from contracts.agreement import Level
from contracts.context import Use
from contracts.event import BY_NAME, EventType
from contracts.event.report import Occurred
from contracts.form import Section
from contracts.section import NUMBERED, PLAIN, Part
from contracts.sharing import Exclusion
from tests.support.stranger import text_of
from tests.vectors.ledger import BASIS, POLICE_BASIS

Json = Any

PARTIES = ("tv-probation", "thames-valley", "mk-hub")
OTHER_BASIS = {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.d"}
KINDS = (*PLAIN, "event", "cause", *(f"person.{kind}" for kind in NUMBERED))
PARTS: tuple[str, ...] = get_args(Part)
LEVELS: tuple[str, ...] = get_args(Level)[1:3]
"""The levels that a statement can claim in this release, `anonymous` apart."""
PURPOSES: tuple[str, ...] = get_args(Use)


WHOLE = os.environ.get("LAWS") == "whole"


def fixed(examples: int) -> settings:
    """Give the settings of every law: the same examples each time, however slow the machine.

    `make test` tries a quarter of them, and no fewer than 20; `make faults`, all.
    """
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=examples if WHOLE else max(min(examples, 20), examples // 4),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


texts = st.text(st.characters(codec="utf-8"), max_size=12)
tokens = st.binary(min_size=16, max_size=16).map(text_of)
digests = st.binary(min_size=32, max_size=32).map(text_of)
days = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(date.isoformat)
moments = st.builds(
    lambda at, tail: at.isoformat(timespec="minutes") + tail,
    st.datetimes(),
    st.sampled_from(["Z", "+01:00", ":59Z", ":00.999-14:00"]),
)
instants = st.datetimes(datetime(1970, 1, 1)).map(  # noqa: DTZ001 - drawn naive, said to be UTC
    lambda at: at.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
)
ids = st.binary(min_size=16, max_size=16).map(
    lambda drawn: (
        f"{drawn.hex()[:8]}-{drawn.hex()[8:12]}-7{drawn.hex()[13:16]}"
        f"-8{drawn.hex()[17:20]}-{drawn.hex()[20:]}"
    )
)
slugs = st.sampled_from(["mk-hub", "thames-valley", "a", "0", "x" * 40])


def _pattern(member: Any) -> str:
    (meta,) = [one for one in get_args(member) if isinstance(one, msgspec.Meta)]
    return str(meta.pattern)


_FORMS: dict[str, st.SearchStrategy[str]] = {
    _pattern(form.Slug): slugs,
    _pattern(form.StatementId): ids,
    _pattern(form.Token): tokens,
    _pattern(form.Sha256): digests,
    _pattern(form.Citation): st.sampled_from(["uk_gdpr.6.1.e", "x", "dpa_2018.sch_1.18"]),
    _pattern(form.Qualification): st.sampled_from(["dash_trained", "vetted_npv2"]),
    _pattern(form.Day): days,
    _pattern(form.Instant): instants,
    _pattern(form.DayOrMoment): days | moments,
    _pattern(form.PartialDate): days | moments | st.sampled_from(["2012", "2012-05"]),
}
_LEAST = {
    _pattern(form.Slug): "mk-hub",
    _pattern(form.StatementId): "0132b1a4-9c40-7000-8000-000000000001",
    _pattern(form.Token): "A" * 22,
    _pattern(form.Sha256): "A" * 43,
    _pattern(form.Citation): "x",
    _pattern(form.Qualification): "dash_trained",
    _pattern(form.Day): "2012-05-01",
    _pattern(form.Instant): "2012-05-01T09:30:00.000Z",
    _pattern(form.DayOrMoment): "2012-05-01",
    _pattern(form.PartialDate): "2012",
}
_OCCURRED = st.one_of(
    st.fixed_dictionaries({"precision": st.just("day"), "at": days}),
    st.fixed_dictionaries(
        {"precision": st.just("instant"), "at": moments}, optional={"until": days}
    ),
    st.sampled_from([
        {"precision": "undated"},
        {"precision": "about", "at": "2012-05"},
        {"precision": "year", "at": "2012", "until": "2013"},
    ]),
)


@cache
def value_of(shape: type[Section]) -> st.SearchStrategy[Json]:
    """Draw any value of a struct, as JSON, its members in the struct's order."""
    found = inspect.type_info(shape)
    return _of(found).filter(lambda value: fits(shape, value))


def fits(shape: type[Section], value: Json) -> bool:
    """Say whether a value is of a struct's shape."""
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return False
    return True


def _of(found: inspect.Type) -> st.SearchStrategy[Json]:
    match found:
        case inspect.StructType(cls=cls) if cls is Occurred:
            return _OCCURRED
        case inspect.StructType():
            return st.deferred(lambda: _struct(found))
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.StrType(pattern=None):
            return texts
        case inspect.StrType(pattern=str(pattern)):
            return _FORMS[pattern]
        case inspect.IntType(ge=ge, le=le):
            return st.integers(-9 if ge is None else ge, 2**53 - 1 if le is None else le)
        case inspect.BoolType():
            return st.booleans()
        case inspect.ListType(item_type=item):
            return st.lists(_of(item), max_size=2)
        case inspect.DictType(key_type=name, value_type=item):
            return st.dictionaries(_of(name), _of(item), max_size=2)
        case inspect.UnionType(types=types):
            return st.one_of([_of(one) for one in types if not isinstance(one, inspect.NoneType)])
        case _:
            raise TypeError(f"no strategy for {found}")


def _struct(found: inspect.StructType) -> st.SearchStrategy[Json]:
    tag = {found.tag_field: st.just(found.tag)} if found.tag_field else {}
    required = {f.encode_name: _of(f.type) for f in found.fields if f.required}
    optional = {f.encode_name: _of(f.type) for f in found.fields if not f.required}
    order = [*tag, *(f.encode_name for f in found.fields)]
    return st.fixed_dictionaries({**tag, **required}, optional=optional).map(
        lambda value: {name: value[name] for name in order if name in value}
    )


@cache
def _least(shape: type[Section]) -> str:
    return json.dumps(_least_of(inspect.type_info(shape)))


def least_of(shape: type[Section]) -> Json:
    """Give a small value of a struct, always the same: what it requires and nothing else."""
    return json.loads(_least(shape))


def _least_of(found: inspect.Type) -> Json:
    match found:
        case inspect.StructType(cls=cls) if cls is Occurred:
            return {"precision": "undated"}
        case inspect.StructType(cls=cls) if cls is Exclusion:
            return {"subjects": [], "agency": "mk-hub"}
        case inspect.StructType():
            tag = {found.tag_field: found.tag} if found.tag_field else {}
            return tag | {f.encode_name: _least_of(f.type) for f in found.fields if f.required}
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.StrType(pattern=pattern):
            return "x" if pattern is None else _LEAST[pattern]
        case inspect.IntType(ge=ge):
            return ge or 0
        case inspect.ListType():
            return []
        case inspect.UnionType(types=types):
            return _least_of(types[0])
        case _:
            return {} if isinstance(found, inspect.DictType) else False


def subject(number: int) -> str:
    """Give the subject token of the person of a number."""
    return text_of(number.to_bytes(16, "big"))


@st.composite
def sections_of(draw: st.DrawFn, kind: EventType, *, most: int = 6) -> dict[str, Json]:
    """Draw the sections of a whole, valid statement of a type, in any order.

    Args:
        draw: Hypothesis's.
        kind: a type other than public control, whose one section is its event.
        most: how many of the sections that a type does not require.
    """
    people = draw(st.integers(1, 2)) if kind.persons else draw(st.integers(0, 2))
    causes = draw(st.integers(1, 2)) if kind.refers else draw(st.integers(0, 1))
    shapes: dict[str, type[Section]] = {"event": kind.shape}
    for n in range(1, people + 1):
        shapes[f"person.{n}.identity"] = NUMBERED["identity"]
    extra = [name for name in PLAIN if name != "intake"]
    extra += [f"person.{n}.{which}" for n in (1, 2) for which in ("part", "whereabouts")]
    for name in draw(st.lists(st.sampled_from(extra), max_size=most, unique=True)):
        shapes[name] = PLAIN.get(name) or NUMBERED[name.rpartition(".")[2]]
    found = {name: draw(value_of(shape)) for name, shape in shapes.items()}
    for n in range(1, causes + 1):
        found[f"cause.{n}"] = {"statement": draw(ids)}
    for name, value in found.items():
        if name.startswith("person."):
            value["subject"] = subject(int(name.split(".")[1]))
    return {name: found[name] for name in draw(st.permutations(list(found)))}


def provenance(lacking: str | None) -> dict[str, Json]:
    """Make a provenance from which one thing is missing, or none; `system` is a machine's."""
    if lacking == "system":
        return {"kind": "system", "system": "alerts", "rule": "r1", "accountable": "Head of Unit"}
    whole: dict[str, Json] = {
        "kind": "practitioner",
        "practitioner": {"token": "P" * 22, "name": "A. Officer"},
        "role": "probation officer",
        "employer": "Thames Valley Probation",
        "contact": {"mailbox": "duty@probation.example"},
        "how_known": "told_by_subject",
    }
    return {name: value for name, value in whole.items() if name != lacking}


LACKING = st.sampled_from([None, None, None, "practitioner", "how_known", "contact", "system"])
bases = st.sampled_from([*[BASIS] * 8, OTHER_BASIS, POLICE_BASIS])
_named = st.one_of(
    st.sampled_from(KINDS),
    st.builds(
        lambda kind, part: f"person.{kind}@{part}",
        st.sampled_from(tuple(NUMBERED)),
        st.sampled_from(PARTS),
    ),
)


@st.composite
def legs(draw: st.DrawFn, number: int) -> dict[str, Json]:
    """Draw a leg that may be in force: any parties, types, sections (sealed ones too) and rules."""
    some = st.sampled_from([
        list(PARTIES), list(PARTIES[::-1]), ["tv-probation"], ["thames-valley"],
        ["mk-hub", "thames-valley"],
    ])  # fmt: skip
    types = st.sampled_from([
        sorted(BY_NAME), ["concern_reported"], ["contact_recorded", "response_given"],
    ])  # fmt: skip
    leg: dict[str, Json] = {
        "id": f"leg-{number}",
        "from": draw(some),
        "to": draw(some),
        "types": draw(types),
        "purposes": draw(st.sampled_from([["safeguarding"], list(PURPOSES)])),
        "level": draw(st.sampled_from(["full", "minimal"])),
        "sections": ["event", *draw(st.lists(_named, max_size=8))],
        "basis": draw(bases),
        "recipient_basis": POLICE_BASIS,
        "provenance": draw(st.sampled_from(LEVELS)),
        "consent": draw(st.sampled_from([None, None, {"rule": "needed", "overrides": ["child"]}])),
        "handling": draw(st.sampled_from([None, "POLICE-ONLY"])),
        "marks": draw(st.sampled_from([None, ["handle_with_care"]])),
        "retention_days": draw(st.integers(1, 3650)),
        "onward": draw(st.sampled_from(["none", "safeguarding"])),
        "owes_response": draw(st.booleans()) or None,
    }
    # One spelling: what is absent, or at its default, is left out.
    return {n: v for n, v in leg.items() if v is not None and (n, v) != ("provenance", "named")}


_OPEN = {
    "from": list(PARTIES),
    "to": list(PARTIES),
    "types": sorted(BY_NAME),
    "purposes": list(PURPOSES),
    "basis": BASIS,
}


@st.composite
def agreements(
    draw: st.DrawFn, name: str, version: int, *, is_open: bool = False
) -> dict[str, Json]:
    """Draw a version of an agreement: most are in force on the first day, some end on the second.

    Args:
        draw: Hypothesis's.
        name: its id.
        version: its number.
        is_open: its last leg carries every type between all parties, so that much is delivered.
    """
    dates = st.sampled_from([
        ("2012-01-01", "2013-01-01"), ("2012-01-01", "2013-01-01"),
        ("2012-01-01", "2012-05-02"), ("2012-05-02", "2013-01-01"),
    ])  # fmt: skip
    effective, expires = draw(dates)
    terms = [draw(legs(number)) for number in range(draw(st.integers(1, 3)))]
    if is_open:
        terms[-1] = {name: _OPEN.get(name, value) for name, value in terms[-1].items()}
    return {
        "id": name,
        "version": version,
        "title": "Milton Keynes information sharing",
        "parties": [{"agency": one, "contact": {}} for one in PARTIES],
        "purposes": list(PURPOSES),
        "legs": terms,
        "effective": effective,
        "review": "2012-12-01",
        "expires": expires,
    }

"""The reader on hostile bytes: it refuses by a reason, or reads what everybody else reads."""

import json
from collections.abc import Callable

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from broker.core.prepare import prepare
from contracts import signature
from contracts.context import Context
from contracts.event import BY_NAME, EventType
from contracts.form import Section
from contracts.section import shape_of
from contracts.statement import (
    STATEMENT_BYTES_MAX,
    Refused,
    Statement,
    build,
    interpret,
    parse,
    verify,
)
from tests.support import stranger
from tests.support.hostile import SECTIONS, oddly, texts
from tests.support.reading import PUBLIC
from tests.support.stranger import concern, seeded, sha, text_of
from tests.support.strategies import fixed, least_of, sections_of
from tests.vectors.writing import KEY, around, taken_apart, writer

KEYS = {KEY.kid: KEY.public}
SEED = KEY.private.private_bytes_raw()
GOOD = writer("parsed").write(
    writer("context").context("concern_reported"), concern(seeded("parsed"))
)
rows = st.sampled_from([row for name, row in sorted(BY_NAME.items()) if name not in PUBLIC])


def attempt(call: Callable[[], Statement]) -> Statement | Refused:
    """Give what a call gives, or its refusal; whatever else it raises is a defect."""
    try:
        return call()
    except Refused as refused:
        return refused


def read(raw: bytes) -> Statement | Refused:
    """Read bytes by every way there is: none raises anything but a refusal, and all agree."""
    attempt(lambda: interpret(parse(raw)))
    attempt(lambda: interpret(parse(raw), whole=False))
    found = attempt(lambda: verify(raw, KEYS.get))
    prepared = prepare(raw, KEYS)
    expected = (str(found.reason), found.fields) if isinstance(found, Refused) else (None, [])
    assert (prepared.reason, list(prepared.fields)) == expected
    return found


def agreed(raw: bytes) -> Statement | Refused:
    """Read bytes, whole and as a view, and hold what we read against the stranger's reading."""
    found = read(raw)
    if isinstance(found, Statement):
        same(found, raw)
    seen = attempt(lambda: interpret(parse(viewed(raw)), whole=False))
    if isinstance(seen, Statement):
        same(seen, viewed(raw))
    return found


def viewed(raw: bytes) -> bytes:
    """Take the intake out of what has a form and a signature, as a view does; else give nothing."""
    try:
        parsed = parse(raw)
    except Refused:
        return b""
    shown = [text for name, (text, _) in parsed.sections.items() if name != "intake"]
    is_signed = signature.is_valid(KEY.public, parsed.signed, parsed.signature)
    return b"~".join([parsed.jws, *shown, b""]) if is_signed else b""


def same(ours: Statement, raw: bytes) -> None:
    """Assert that the stranger reads the same sections."""
    context, sections = stranger.read(raw, KEY.public)
    assert context["id"] == ours.context.id
    assert list(sections) == list(ours.sections)
    for name, value in ours.sections.items():
        assert value == msgspec.convert(sections[name], type(value))


_alphabet = st.text(st.sampled_from("AZaz09-_.~="), max_size=60)


@fixed(800)
@given(raw=st.binary(max_size=300) | _alphabet.map(str.encode))
@example(raw=b"")
@example(raw=b"~")
@example(raw=b"..~")
@example(raw=b"A" * (STATEMENT_BYTES_MAX + 1))
def test_any_bytes_are_refused(raw: bytes) -> None:
    """Whatever stands on a topic, the broker reads on."""
    assert isinstance(read(raw), Refused)


Change = Callable[[bytes], bytes]
_places = st.integers(0, len(GOOD) - 1)


def _flip(at: int, bit: int) -> Change:
    return lambda raw: raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :] if raw[at:] else raw


def _turn(parts: list[bytes], order: list[int]) -> bytes:
    jws, rest = parts[0], parts[1:-1]
    return b"~".join([jws, *(rest[at % len(rest)] for at in order if rest), b""])


changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(_flip, _places, st.integers(0, 7)),
    st.builds(lambda end: lambda raw: raw[:end], _places),
    st.builds(lambda at, end: lambda raw: raw[:at] + raw[end:], _places, _places),
    st.builds(lambda at, end: lambda raw: raw[:at] + raw[end:at:-1] + raw[at:], _places, _places),
    st.builds(
        lambda at, put: lambda raw: raw[:at] + put + raw[at:], _places, st.binary(max_size=9)
    ),
    st.builds(
        lambda order: lambda raw: _turn(raw.split(b"~"), order),
        st.lists(st.integers(0, 11), max_size=12),
    ),
)


@fixed(1500)
@given(made=st.lists(changes, min_size=1, max_size=3))
def test_a_changed_statement_is_refused_or_read_as_everybody_reads_it(made: list[Change]) -> None:
    """What was signed may come in another order of sections, and in no other way."""
    raw = GOOD
    for change in made:
        raw = change(raw)
    agreed(raw)


def disclosed(value: bytes, name: str) -> bytes:
    """Write a disclosure of exact JSON."""
    return b'["AAAAAAAAAAAAAAAAAAAAAA",%b,%b]' % (json.dumps(name).encode(), value)


@fixed(800)
@given(
    value=texts, name=st.sampled_from(SECTIONS), beside=st.sampled_from(["none", "others", "all"])
)
def test_any_json_in_any_section_is_refused_or_read_as_everybody_reads_it(
    value: bytes, name: str, beside: str
) -> None:
    """A section that two readers read apart would be shared as one thing and shown as another."""
    outbox = writer("hostile")
    parts = {} if beside == "none" else concern(outbox.draw)
    if beside == "others":
        parts.pop(name, None)
    others = [outbox.disclosure(other, part) for other, part in parts.items()]
    agreed(around(outbox, [*others, text_of(disclosed(value, name))]))
    agreed(around(outbox, [text_of(disclosed(value, name)), *others]))


@fixed(150)
@given(counted=st.lists(st.integers(0, 3), max_size=5), shown=st.lists(st.integers(0, 2)))
def test_what_the_intake_does_not_count_once_is_refused(
    counted: list[int], shown: list[int]
) -> None:
    """A copy with a section taken out or put in is not what was signed."""
    outbox = writer("counted")
    row = BY_NAME["findings_disputed"]
    sections = {**concern(outbox.draw), "event": least_of(row.shape)}
    names = ("event", "narrative", "use_limits")
    parts = [outbox.disclosure(name, sections[name]) for name in names]
    digests = [*(sha(part.encode()) for part in parts), "A" * 43]
    raw = around(outbox, parts, event=row.name, sections=[digests[at] for at in counted])
    jws, intake, *_ = raw.split(b"~")
    for at in (shown, counted, [0, 1, 2]):
        copy = b"~".join([jws, intake, *(parts[n].encode() for n in at if n < 3), b""])
        found = agreed(copy)
        if sorted(counted) != sorted(at):
            assert isinstance(found, Refused)


@fixed(500)
@given(value=texts, member=st.sampled_from(["purpose", "_sd", "kid", "x", "alg", "basis"]))
@example(value=b"[" * 33 + b'"' + b'\\"' * 60_000, member="x")
def test_any_json_in_the_signed_part_or_a_disclosure_is_refused_or_read(
    value: bytes, member: str
) -> None:
    """Header, context and the disclosure itself are read before it is known who wrote them."""
    outbox = writer("sealed")
    head, payload, disclosures = taken_apart(GOOD)
    put = b'{"%b":%b,' % (member.encode(), value)
    for raw in (
        outbox.sign(value, payload, disclosures),
        outbox.sign(head, value, disclosures),
        outbox.sign(head.replace(b"{", put, 1), payload, disclosures),
        outbox.sign(head, payload.replace(b"{", put, 1), disclosures),
        around(outbox, [text_of(value)]),
        around(outbox, [outbox.disclosure("event", {}), text_of(b"[%b]" % value)]),
    ):
        agreed(raw)


@fixed(400)
@given(row=rows, drawn=st.data())
def test_a_statement_in_any_spelling_is_refused_or_read_as_everybody_reads_it(
    row: EventType, drawn: st.DataObject
) -> None:
    """Space, order and escapes are the writer's own; a member twice or half a number is not."""
    outbox = writer("odd")
    sections = drawn.draw(sections_of(row, most=3))
    parts = [text_of(disclosed(drawn.draw(oddly(v)), n)) for n, v in sections.items()]
    agreed(around(outbox, parts, event=row.name))


@fixed(300)
@given(row=rows, drawn=st.data())
def test_what_is_whole_and_canonical_is_accepted(row: EventType, drawn: st.DataObject) -> None:
    """Whoever follows FORMAT.md is never turned away for a reason that it does not name."""
    outbox = writer("canonical")
    raw = outbox.write(outbox.context(row.name), drawn.draw(sections_of(row)))
    stranger.read(raw, KEY.public)
    assert isinstance(agreed(raw), Statement)


@fixed(200)
@given(row=rows, drawn=st.data())
def test_what_we_build_is_verified_and_any_part_of_it_opens(
    row: EventType, drawn: st.DataObject
) -> None:
    """Each recipient checks the publisher's signature over just what it may see."""
    plain = drawn.draw(sections_of(row, most=12))
    sections = {
        name: msgspec.convert(value, row.shape if name == "event" else _shape(name))
        for name, value in plain.items()
    }
    whole = verify(built(row, sections), KEYS.get)
    assert {name: value for name, value in whole.sections.items() if name != "intake"} == sections
    names = drawn.draw(st.lists(st.sampled_from(list(sections)), unique=True))
    part = whole.disclose(names)
    context, seen = stranger.read(part, KEY.public)
    assert (context["id"], list(seen)) == (whole.context.id, names)
    opened = interpret(parse(part), whole=False)
    assert opened.sections == {name: whole.sections[name] for name in names}
    assert opened.context == whole.context


def built(row: EventType, sections: dict[str, Section]) -> bytes:
    """Build and sign a statement with our own code."""
    members = writer("built").context(row.name, _sd=[])
    return build(
        context=msgspec.convert(members, Context), sections=sections, stream="A" * 22, sequence=0,
        previous=None, sign=lambda signed: signature.sign(SEED, signed), kid=KEY.kid,
        random_bytes=seeded("built"),
    )  # fmt: skip


def _shape(name: str) -> type[Section]:
    shape = shape_of(name)
    assert shape is not None
    return shape


@fixed(60)
@given(count=st.integers(1, 31), withheld=st.sets(st.integers(1, 31)))
def test_decoys_hide_how_many_sections_were_withheld(count: int, withheld: set[int]) -> None:
    """Who sees one section may not count the others: there are two sizes and no more."""
    outbox = writer("decoys")
    names = [f"person.{n}.part" for n in range(1, count + 1)]
    sections = {
        name: {"subject": f"{name:A<22}".replace(".", "-"), "part": "child"} for name in names
    }
    by_us = built(BY_NAME["concern_reported"], {
        name: msgspec.convert(value, _shape(name)) for name, value in sections.items()
    })  # fmt: skip
    by_them = outbox.write(outbox.context("concern_reported"), sections)
    for raw in (by_us, by_them):
        jws, *parts, _ = raw.split(b"~")
        kept = [part for at, part in enumerate(parts) if at not in withheld]
        context = parse(b"~".join([jws, *kept, b""])).context
        assert len(context.digests) == (16 if count < 16 else 32)
        assert context == parse(raw).context

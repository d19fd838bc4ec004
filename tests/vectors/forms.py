"""Vectors of size and form: bytes that are no statement, or that two readers could read apart."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.support.stranger import text_of
from tests.vectors.ledger import key
from tests.vectors.writing import KEY, Case, around, context, exact, said, spare_bits, writer


def size_and_form() -> Iterator[Case]:
    """Cases of what is no statement at all."""
    good = said("plain")
    yield "size.too_large", "one_byte_over", "256 KiB and one byte.", {
        "repeat": "A", "times": 256 * 1024 + 1,
    }, []  # fmt: skip
    shapeless: dict[str, bytes | dict[str, Any]] = {
        "empty": b"",
        "garbage": b"Tracey rang. Please call her back.",
        "at_the_limit": {"repeat": "A", "times": 256 * 1024},
        "no_disclosures_mark": good.partition(b"~")[0],
        "no_last_tilde": good[:-1],
        "newline_at_the_end": good + b"\n",
        "newline_between_disclosures": good.replace(b"~", b"~\n", 1),
        "padding": good.replace(b".", b"=.", 1),
        "plus_sign": b"+" + good,
        "line_separator": good + "\u2028".encode(),
        "json_instead": b'{"payload":"","signatures":[]}',
        "key_binding": good + good.partition(b"~")[0],
        "nul": good[:9] + b"\0" + good[9:],
        "two_statements": good + good,
    }
    for name, raw in shapeless.items():
        claim = f"No statement: {name.replace('_', ' ')}."
        yield "form.not_a_statement", name, claim, raw, []


def canonical() -> Iterator[Case]:
    """Cases of encodings that two readers could read in two ways."""
    code = "form.not_canonical"
    good = said("spare")
    jws_end = good.index(b"~")
    yield (
        code,
        "signature_spare_bits",
        "A signature in a second spelling.",
        spare_bits(good, jws_end),
        ["signature"],
    )
    kid = b'"kid":"%b"' % KEY.kid.encode()
    long = b'{"alg":"Ed25519",%b,"typ":"candour+sd-jwt"}'
    header = {
        "header_bom": exact("bom", b'{"alg"', b'\xef\xbb\xbf{"alg"', header=True),
        "header_bad_utf8": exact("utf8", kid, kid[:-1] + b"\xff" + b'"', header=True),
        "header_not_shortest_utf8": exact("c0", kid, kid[:-1] + b"\xc1\x81" + b'"', header=True),
        "header_surrogate": exact("d8", kid, kid[:-1] + b'\\ud800"', header=True),
        "header_cut_short": exact("cut", b'"candour+sd-jwt"}', b'"candour+sd-jwt"', header=True),
    }
    header["header_string_without_end"] = writer("endless").sign(
        b"[" * 33 + b'"\\"' * 40, b"{}", []
    )
    outbox = writer("deep")
    for name, depth in (("header_nested", 5_000), ("header_nested_33_deep", 32)):
        nested = b'"kid":' + b"[" * depth + b"]" * depth
        header[name] = outbox.sign(long % nested, b"{}", [])
    payload = {
        "payload_nan": exact("nan", b'"1.0"', b"NaN"),
        "payload_huge_number": exact("huge", b'"1.0"', b"9" * 5000),
        "payload_fraction": exact("frac", b'"1.0"', b"1.0"),
        "payload_two_values": exact("two", b'"sha-256"', b'"sha-256"}{'),
        "payload_single_quotes": exact("quote", b'"1.0"', b"'1.0'"),
        "payload_surrogate_in_utf8": exact("ed", b'"1.0"', b'"\xed\xa0\x80"'),
    }
    for member, cases in (("header", header), ("payload", payload)):
        for name, raw in cases.items():
            yield code, name, f"Not I-JSON: {name.replace('_', ' ')}.", raw, [member]
    outbox = writer("cut")
    yield (
        code,
        "disclosure_cut_short",
        "A disclosure that ends early.",
        around(outbox, [text_of(b'["AAAAAAAAAAAAAAAAAAAAAA","event",{}')]),
        ["disclosure"],
    )
    outbox = writer("bits")
    plain = outbox.disclosure("event", {"a": 12}).encode()
    text = spare_bits(plain, len(plain))
    yield (
        code,
        "disclosure_spare_bits",
        "A disclosure in a second spelling.",
        around(outbox, [text.decode()]),
        ["disclosure"],
    )


def members() -> Iterator[Case]:
    """Cases of members written twice, unknown or wrong."""
    twice, unknown, bad = "form.duplicate_key", "form.unknown_member", "form.bad_member"
    yield (
        twice,
        "payload_purpose",
        "Two purposes: which one was signed?",
        exact("purpose", b'"purpose":', b'"purpose":"governance","purpose":'),
        ["payload"],
    )
    yield (
        twice,
        "payload_escaped",
        "The same name in another spelling.",
        exact("escaped", b'"purpose":', b'"purp\\u006fse":"governance","purpose":'),
        ["payload"],
    )
    yield (
        twice,
        "header_kid",
        "Two keys: which one verifies?",
        exact("kid", b'"kid":', b'"kid":"%b","kid":' % key("other").kid.encode(), header=True),
        ["header"],
    )
    yield (
        twice,
        "basis",
        "Two articles of law in one basis.",
        exact("basis", b'"article":', b'"article":"uk_gdpr.6.1.d","article":'),
        ["payload"],
    )
    yield (
        unknown,
        "payload_name",
        "No personal data beside the sections.",
        exact("name", b'"purpose":', b'"subject":"Daniel","purpose":'),
        ["payload"],
    )
    yield (
        unknown,
        "header_jwk",
        "A key is never taken from the statement.",
        exact("jwk", b'"typ":', b'"jwk":{},"typ":', header=True),
        ["header"],
    )
    yield (
        unknown,
        "basis",
        "A basis has no remarks.",
        exact("remarks", b'"article":', b'"remark":"Daniel","article":'),
        ["payload"],
    )
    header = {
        "kid_short": (b'"kid":"', b'"kid":"","x":"', unknown, "header"),
        "kid_cut": (KEY.kid.encode(), KEY.kid.encode()[:-1], bad, "header.kid"),
        "kid_padded": (KEY.kid.encode(), KEY.kid.encode() + b"=", bad, "header.kid"),
        "alg_none": (b'"Ed25519"', b'"none"', bad, "header.alg"),
        "alg_hmac": (b'"Ed25519"', b'"HS256"', bad, "header.alg"),
        "typ_other": (b'"candour+sd-jwt"', b'"JWT"', bad, "header.typ"),
    }
    for name, (before, after, code, field) in header.items():
        raw = exact(name, before, after, header=True)
        yield code, f"header_{name}", f"Header: {name.replace('_', ' ')}.", raw, [field]


def contexts() -> Iterator[Case]:
    """Cases of a context member whose value is not of its kind."""

    def put(**values: Any) -> Callable[[dict[str, Any]], None]:
        return lambda members: members.update(values)

    changes: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
        "id_version_4": ("id", put(id="0132b1a4-9c40-4000-8000-000000000001")),
        "id_upper_case": ("id", put(id="0132B1A4-9C40-7000-8000-000000000001")),
        "source_upper_case": ("source", put(source="/agencies/TV/case")),
        "source_no_system": ("source", put(source="/agencies/tv-probation")),
        "source_long": ("source", put(source=f"/agencies/{'a' * 41}/case")),
        "time_without_milliseconds": ("time", put(time="2012-05-01T09:30:00Z")),
        "time_with_offset": ("time", put(time="2012-05-01T10:30:00.000+01:00")),
        "time_31_april": ("time", put(time="2012-04-31T09:30:00.000Z")),
        "time_hour_24": ("time", put(time="2012-05-01T24:00:00.000Z")),
        "time_leap_second": ("time", put(time="2012-06-30T23:59:60.000Z")),
        "time_before_1970": ("time", put(time="1969-12-31T23:59:59.999Z")),
        "time_year_0": ("time", put(time="0000-05-01T09:30:00.000Z")),
        "time_year_10000": ("time", put(time="10000-05-01T09:30:00.000Z")),
        "time_other_digits": ("time", put(time="\u0662012-05-01T09:30:00.000Z")),
        "partnership_dots": ("partnership", put(partnership="mk..now")),
        "agreement_free_text": ("agreement", put(agreement="Daniel and Tracey")),
        "purpose_unknown": ("purpose", put(purpose="marketing")),
        "urgency_unknown": ("urgency", put(urgency="immediate")),
        "classification_secret": ("classification", put(classification="SECRET")),
        "specversion_0_3": ("specversion", put(specversion="0.3")),
        "basis_free_text": ("basis.article", put(basis={
            "regime": "uk_gdpr", "article": "because Daniel said so"})),
        "digest_algorithm": ("_sd_alg", put(_sd_alg="sha-512")),
        "digests_one_short": ("_sd", lambda m: m["_sd"].pop()),
        "digests_unsorted": ("_sd", lambda m: m["_sd"].reverse()),
        "digests_twice": ("_sd", lambda m: m["_sd"].__setitem__(1, m["_sd"][0])),
        "digest_short": ("_sd", lambda m: m["_sd"].__setitem__(0, "-" * 42)),
        "digest_of_other_alphabet": ("_sd", lambda m: m["_sd"].__setitem__(0, "+" * 43)),
    }  # fmt: skip
    for name, (field, change) in changes.items():
        claim = f"Context: {name.replace('_', ' ')}."
        yield "form.bad_member", name, claim, context(name, change), [f"payload.{field}"]
    yield (
        "form.bad_member",
        "time_missing",
        "A context without a time.",
        context("missing", lambda m: m.pop("time")),
        ["payload"],
    )

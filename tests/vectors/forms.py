"""Vectors that need no state: exact bytes that must be refused, from size to schema."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.stranger import Writer, concern, octets_of, seeded, sha, text_of
from tests.vectors.ledger import PARTNERSHIP, compact, key, source_key

KEY = key("tv-probation/case")
SOURCE = "/agencies/tv-probation/case"
Case = tuple[str, str, str, bytes | dict[str, Any], list[str]]
"""Reason code, name, claim, submission, fields."""


def writer(name: str, **changes: Any) -> Writer:
    """Make the outbox of one vector, with a stream of its own."""
    draw = seeded(name)
    held = changes.pop("key", KEY)
    return Writer(held, SOURCE, PARTNERSHIP, draw, stream=text_of(draw(16)), **changes)


def said(name: str, *, drop: tuple[str, ...] = (), **sections: Any) -> bytes:
    """Write a concern with sections changed: `person_1_part` stands for `person.1.part`."""
    outbox = writer(name)
    parts = {**concern(outbox.draw), **{k.replace("_", ".", 2): v for k, v in sections.items()}}
    kept = {k: v for k, v in parts.items() if k not in drop}
    return outbox.write(outbox.context("concern_reported"), kept)


def context(name: str, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Write a concern whose context was changed before it was signed."""
    outbox = writer(name)
    raw = outbox.write(outbox.context("concern_reported"), concern(outbox.draw))
    _, payload, disclosures = taken_apart(raw)
    members = json.loads(payload)
    change(members)
    return outbox.seal(members, disclosures)


def exact(name: str, before: bytes, after: bytes, *, header: bool = False) -> bytes:
    """Write a concern whose signed JSON was changed as text before it was signed."""
    outbox = writer(name)
    raw = outbox.write(outbox.context("concern_reported"), concern(outbox.draw))
    head, payload, disclosures = taken_apart(raw)
    whole = head if header else payload
    if whole.count(before) != 1:
        raise ValueError(name)
    changed = whole.replace(before, after)
    return outbox.sign(changed if header else head, payload if header else changed, disclosures)


def section(name: str, of: str, value: bytes) -> bytes:
    """Write a concern one of whose sections is these exact bytes of JSON."""
    outbox = writer(name)
    texts = [
        text_of(b'["%b","%b",%b]' % (text_of(outbox.draw(16)).encode(), n.encode(), v))
        for n, v in {
            **{n: compact(v) for n, v in concern(outbox.draw).items()}, of: value,
        }.items()
    ]  # fmt: skip
    return around(outbox, texts)


def around(outbox: Writer, texts: list[str], **intake: Any) -> bytes:
    """Sign a concern of exact disclosures, with an intake that counts them."""
    counted = {"stream": outbox.stream, "sequence": 0, "sections": [sha(t.encode()) for t in texts]}
    every = [outbox.disclosure("intake", {**counted, **intake}), *texts]
    decoys = [text_of(outbox.draw(32)) for _ in range(16 - len(every))]
    digests = sorted([*(sha(t.encode()) for t in every), *decoys])
    return outbox.seal({**outbox.context("concern_reported"), "_sd": digests}, every)


def taken_apart(raw: bytes) -> tuple[bytes, bytes, list[str]]:
    """Give header, payload and disclosures of a statement."""
    jws, *disclosures, _ = raw.decode().split("~")
    header, payload, _ = jws.split(".")
    return octets_of(header), octets_of(payload), disclosures


def _other(raw: bytes, at: int) -> bytes:
    """Put another character of the alphabet in one place."""
    return raw[:at] + (b"B" if raw[at : at + 1] != b"B" else b"C") + raw[at + 1 :]


def _spare_bits(raw: bytes, end: int) -> bytes:
    """Set a bit that stands for nothing in the last character before `end`."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(raw[end - 1]) + 1]
    return raw[: end - 1] + bytes([last]) + raw[end:]


def size_and_form() -> Iterator[Case]:
    """Cases of what is no statement at all."""
    good = said("plain")
    yield "size.too_large", "one_byte_over", "256 KiB and one byte.", {
        "repeat": "A", "times": 256 * 1024 + 1,
    }, []  # fmt: skip
    shapeless = {
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
        _spare_bits(good, jws_end),
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
    outbox = writer("deep")
    header["header_nested"] = outbox.sign(
        long % (b'"kid":' + b"[" * 5_000 + b"]" * 5_000), b"{}", []
    )
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
    text = _spare_bits(plain, len(plain))
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


def disclosures() -> Iterator[Case]:
    """Cases of disclosures, keys and signatures."""
    good = said("disclosed")
    jws, first, *rest, _ = good.split(b"~")
    stranger = writer("put-in").disclosure("narrative", {"text": "x", "form": "summary"}).encode()
    unreferenced = {
        "put_in": b"~".join([jws, first, *rest, stranger, b""]),
        "sent_twice": b"~".join([jws, first, *rest, rest[0], b""]),
        "altered": b"~".join([jws, first, *rest[:-1], _other(rest[-1], 40), b""]),
        "alone": b"~".join([jws, stranger, b""]),
    }
    for name, raw in unreferenced.items():
        claim = f"A disclosure nothing refers to: {name.replace('_', ' ')}."
        yield "form.disclosure_unreferenced", name, claim, raw, []
    salted = {
        "salt_short": b'["AAAA","event",{}]',
        "salt_number": b'[1,"event",{}]',
        "two_members": b'["AAAAAAAAAAAAAAAAAAAAAA",{}]',
        "an_object": b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA"}',
    }
    for name, text in salted.items():
        raw = around(writer(name), [text_of(text)])
        yield "form.bad_member", f"disclosure_{name}", "Salt, name, value.", raw, ["disclosure"]
    outbox = writer("doubled")
    two = [outbox.disclosure("risk", {"danger_now": answer}) for answer in ("yes", "no")]
    yield (
        "form.bad_member",
        "disclosure_section_twice",
        "Two sections of one name.",
        around(outbox, two),
        ["disclosure"],
    )
    other = writer("other", key=key("nobody"))
    unknown = other.write(other.context("concern_reported"), concern(other.draw))
    yield "key.unknown", "never_enrolled", "A key that nobody enrolled.", unknown, []
    header, payload, texts = taken_apart(good)
    changed = payload.replace(b'"routine"', b'"urgent"')
    forged = writer("forger", key=key("nobody"))
    signature = jws.rpartition(b".")[2].decode()
    broken = {
        "altered": f"{text_of(header)}.{text_of(changed)}.{signature}~{'~'.join(texts)}~".encode(),
        "by_another_key": forged.sign(header, payload, texts),
        "one_bit": _other(good, len(jws) - 40),
        "cut": good.replace(signature.encode(), text_of(octets_of(signature)[:-1]).encode()),
    }
    for name, raw in broken.items():
        yield "signature.invalid", name, "Not what the key's holder signed.", raw, []


def digests_and_schema() -> Iterator[Case]:
    """Cases of what is signed and still not whole, known or well-formed."""
    good = said("stripped")
    jws, *texts, _ = good.split(b"~")
    absent = "form.section_absent"
    yield (
        absent,
        "narrative_taken_out",
        "A copy without its narrative.",
        b"~".join([jws, *texts[:-1], b""]),
        [],
    )
    yield (
        absent,
        "intake_taken_out",
        "A copy without its intake, as a view is.",
        b"~".join([jws, *texts[1:], b""]),
        ["intake"],
    )
    yield absent, "everything_taken_out", "The signed part alone.", jws + b"~", ["intake"]
    intakes: dict[str, dict[str, Any]] = {
        "intake_counts_one_more": {"sections": ["A" * 43]},
        "intake_stream_free_text": {"stream": "Daniel's stream"},
        "intake_sequence_below_0": {"sequence": -1},
        "intake_sequence_above_2_53": {"sequence": 2**53},
        "intake_previous_free_text": {"previous": "Daniel"},
    }
    for name, intake in intakes.items():
        outbox = writer(name)
        event = outbox.disclosure("event", concern(outbox.draw)["event"])
        fields = [] if "sections" in intake else ["intake"]
        raw = around(outbox, [event], **intake)
        yield absent, name, f"An {name.replace('_', ' ')}.", raw, fields
    for name, kind in {"unknown": "mood_noted.v1", "version_2": "concern_reported.v2"}.items():
        claim = f"No such type: {kind}."
        yield (
            "schema.type_unknown",
            name,
            claim,
            context(name, lambda m, kind=kind: m.update(type=f"uk.candour.{kind}")),
            [],
        )
    outbox = writer("uncaused")
    yield "schema.cause_missing", "response", "A response to nothing.", outbox.write(
        outbox.context("response_given"),
        {"event": {"statement": "0132b1a4-9c40-7000-8000-000000000001", "received_by": "Sgt",
                   "researched": "yes", "actions": ["research_opened"]}},
    ), ["cause.1"]  # fmt: skip
    nobody = ("person.1.identity", "person.2.identity")
    yield (
        "schema.person_missing",
        "concern",
        "A concern about nobody.",
        said("nobody", drop=nobody),
        ["person.1.identity"],
    )
    yield from _i_json()


def _i_json() -> Iterator[Case]:
    cases = {
        "member_twice": b'{"text":"he did","text":"he did not","form":"summary"}',
        "fraction": b'{"text":1.5,"form":"summary"}',
        "bad_utf8": b'{"text":"\xff","form":"summary"}',
        "not_shortest_utf8": b'{"text":"\xc0\xaf","form":"summary"}',
        "surrogate_in_utf8": b'{"text":"\xed\xa0\x80","form":"summary"}',
        "huge_number": b'{"text":123456789012345678901234567890,"form":"summary"}',
    }
    for name, value in cases.items():
        raw = section(name, "narrative", value)
        yield (
            "schema.not_i_json",
            name,
            f"A narrative: {name.replace('_', ' ')}.",
            raw,
            ["narrative"],
        )


def schema() -> Iterator[Case]:
    """Cases of sections that are not of their shape."""
    code = "schema.broken"
    event = concern(seeded("event"))["event"]
    token = "AAAAAAAAAAAAAAAAAAAAAA"
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "unknown_member": ({"narrative": {"text": "x", "form": "summary", "mood": 1}}, "narrative"),
        "unknown_word": ({"narrative": {"text": "x", "form": "poem"}}, "narrative.form"),
        "unknown_section": ({"rumours": {"text": "x"}}, "unknown section"),
        "person_33": ({"person_33_part": {"subject": token, "part": "child"}}, "unknown section"),
        "person_01": ({"person_01_part": {"subject": token, "part": "child"}}, "unknown section"),
        "name_as_token": (
            {"person_3_part": {"subject": "Daniel", "part": "child"}}, "person.3.part.subject"),
        "subject_of_another_number": (
            {"person_1_part": {"subject": token, "part": "child"}}, "person.1.part.subject"),
        "exclusion_of_nobody": ({"exclusions": {"excluded": [{"subjects": [token]}]}},
                                "exclusions.excluded[0]"),
        "day_too_precise": ({"event": {**event, "occurred": {"precision": "month",
                             "at": "2012-05-01"}}}, "event.occurred"),
        "day_that_is_not": ({"event": {**event, "recorded": "2012-02-30"}}, "event"),
        "time_in_words": ({"event": {**event, "recorded": "last Tuesday"}}, "event.recorded"),
    }  # fmt: skip
    for name, (sections, field) in cases.items():
        claim = f"Schema: {name.replace('_', ' ')}."
        yield code, name, claim, said(f"schema-{name}", **sections), [field]
    yield (
        code,
        "no_event",
        "A report without its facts.",
        said("no-event", drop=("event",)),
        ["event"],
    )
    outbox = writer("not-searched")
    made = {"task": "0132b1a4-9c40-7000-8000-000000000001", "subject": token, "system": "pnc",
            "statement": "0132b1a4-9c40-7000-8000-000000000002", "outcome": "not_searched",
            "operator": "DC 1", "searched_at": 0}  # fmt: skip
    yield (
        code,
        "not_searched_without_why",
        "No look, no reason: it would read as nil.",
        (
            outbox.write(
                outbox.context("research_completed"),
                {"event": made, "cause.1": {"statement": made["task"]}},
            )
        ),
        ["event"],
    )
    outbox = writer("spaced", separators=(", ", ": "))
    enrolled = {"act": "key_enrolled", "agency": "tv-probation",
                "key": source_key("tv-probation", "spare")}  # fmt: skip
    yield (
        code,
        "act_in_another_spelling",
        "What others endorse has one spelling.",
        outbox.write(outbox.context("act_proposed"), {"event": {"proposal": enrolled}}),
        ["event"],
    )


def cases() -> Iterator[Case]:
    """Give every case, in the order of checks."""
    yield from size_and_form()
    yield from canonical()
    yield from members()
    yield from contexts()
    yield from disclosures()
    yield from digests_and_schema()
    yield from schema()

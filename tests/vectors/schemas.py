"""Vectors of key, signature, digests and schema that need no state; and every stateless case."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.support.stranger import concern, octets_of, seeded, sha, text_of
from tests.vectors import forms
from tests.vectors.ledger import key, source_key
from tests.vectors.writing import (
    Case,
    around,
    changed_at,
    context,
    said,
    section,
    taken_apart,
    writer,
)


def disclosures() -> Iterator[Case]:
    """Cases of disclosures, keys and signatures."""
    good = said("disclosed")
    jws, first, *rest, _ = good.split(b"~")
    stranger = writer("put-in").disclosure("narrative", {"text": "x", "form": "summary"}).encode()
    unreferenced = {
        "put_in": b"~".join([jws, first, *rest, stranger, b""]),
        "sent_twice": b"~".join([jws, first, *rest, rest[0], b""]),
        "altered": b"~".join([jws, first, *rest[:-1], changed_at(rest[-1], 40), b""]),
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
    outsider = writer("other", key=key("nobody"))
    unknown = outsider.write(outsider.context("concern_reported"), concern(outsider.draw))
    yield "key.unknown", "never_enrolled", "A key that nobody enrolled.", unknown, []
    header, payload, texts = taken_apart(good)
    changed = payload.replace(b'"routine"', b'"urgent"')
    forged = writer("forger", key=key("nobody"))
    signature = jws.rpartition(b".")[2].decode()
    broken = {
        "altered": f"{text_of(header)}.{text_of(changed)}.{signature}~{'~'.join(texts)}~".encode(),
        "by_another_key": forged.sign(header, payload, texts),
        "one_bit": changed_at(good, len(jws) - 40),
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
    outbox = writer("counted-twice")
    event = outbox.disclosure("event", concern(outbox.draw)["event"])
    twice = around(outbox, [event], sections=[sha(event.encode())] * 2)
    yield absent, "intake_counts_one_twice", "One section, counted as two.", twice, []
    for name, kind in {"unknown": "mood_noted.v1", "version_2": "concern_reported.v2"}.items():
        claim = f"No such type: {kind}."
        yield (
            "schema.type_unknown",
            name,
            claim,
            context(name, _typed(kind)),
            [],
        )
    outbox = writer("uncaused")
    yield "schema.cause_missing", "response", "A response to nothing.", outbox.write(
        outbox.context("response_given"),
        {"event": {"statement": "0132b1a4-9c40-7000-8000-000000000001", "received_by": "Sgt",
                   "researched": "yes", "actions": ["research_opened"]}},
    ), ["cause.1"]  # fmt: skip
    gap = {"statement": "0132b1a4-9c40-7000-8000-000000000001"}
    claim = "Causes are numbered from 1 without gaps."
    yield "schema.broken", "cause_gap", claim, said("gap", cause_2=gap), ["cause"]
    nobody = ("person.1.identity", "person.2.identity")
    yield (
        "schema.person_missing",
        "concern",
        "A concern about nobody.",
        said("nobody", drop=nobody),
        ["person.1.identity"],
    )
    yield from _i_json()


def _typed(kind: str) -> Callable[[dict[str, Any]], None]:
    return lambda members: members.update(type=f"uk.candour.{kind}")


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
    outbox = writer("everybody")
    yield (
        code,
        "source_in_public_control",
        "What goes whole to everybody names no source.",
        outbox.write(
            outbox.context("act_proposed"),
            {"event": {"proposal": enrolled}, "source_identity": {"name": "Mrs Neighbour"}},
        ),
        ["source_identity"],
    )


def births() -> Iterator[Case]:
    """Cases of a birth that is not given to the precision that it names."""
    for name, value in {"backwards": "12/05/1980", "on_no_day": "1980-02-30"}.items():
        born = {"value": value, "precision": "day"}
        identity = {"subject": "A" * 22, "names": [], "born": born}
        raw = said(f"schema-born-{name}", person_3_identity=identity)
        claim = f"Schema: born {name.replace('_', ' ')}."
        yield "schema.broken", f"born_{name}", claim, raw, ["person.3.identity.born"]


def cases() -> Iterator[Case]:
    """Give every case, in the order of checks."""
    yield from forms.size_and_form()
    yield from forms.canonical()
    yield from forms.members()
    yield from forms.contexts()
    yield from disclosures()
    yield from digests_and_schema()
    yield from schema()
    yield from births()

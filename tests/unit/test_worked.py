"""What FORMAT.md works out for a stranger is what the code computes, and what the vectors hold."""

import json
import textwrap

from broker.core import state
from contracts import base64url, credential, entry, proof, signature, statement
from contracts.event import control
from tests.support.tables import TEXT, rows
from tests.vectors.ledger import key
from tests.vectors.make import HERE


def test_worked_values_are_what_the_code_computes() -> None:
    """A stranger tries the first line of code on these."""
    cases = json.loads((HERE / "signature" / "rfc8032.json").read_text())["cases"]
    seed = bytes.fromhex(cases[0]["seed"])
    key = signature.public_key_of(seed)
    shown = base64url.encode(key)
    possession = control.possession_text("mk-now", "/agencies/tv-probation/case", shown)
    salts = entry.salts(bytes(16), entry.SLOTS)
    begun = json.loads((HERE / "ledger.json").read_text())["submissions"]
    founding, proposed = (one["submission"]["text"].encode() for one in begun[:2])
    proposal = statement.interpret(statement.parse(proposed)).event
    assert isinstance(proposal, control.ActProposed)
    assert [value for _, value in rows("what", "is")] == [
        shown,
        signature.thumbprint(key),
        base64url.encode(signature.sign(seed, possession)),
        proof._key_id("candour/mk-now", key).hex(),
        base64url.encode(proof.EMPTY_ROOT),
        base64url.encode(proof.leaf_hash(b"")),
        base64url.encode(salts[entry.POSITION]),
        base64url.encode(salts[entry.FIRST_DELIVERY]),
        entry.commitment(salts[entry.FIRST_DELIVERY], b""),
        ", ".join(map(str, entry.slots_of(bytes(16), 3))),
        statement.digest_of(founding),
        state.digest_of_act(proposal.proposal),
    ]
    head = proof.Checkpoint("candour/mk-now", 0, proof.EMPTY_ROOT)
    assert textwrap.indent(proof.signed_note(head, seed), "    ") in TEXT


def _parts(text: str) -> tuple[list[str], list[str]]:
    """Give header and payload of an SD-JWT, and its disclosures, each in exact JSON."""
    jws, *disclosures, _ = text.split("~")
    signed = jws.split(".")[:2]
    header_payload, private = (
        [base64url.decode(one).decode() for one in part] for part in (signed, disclosures)
    )
    return header_payload, private


def test_worked_sections_stand_in_the_vectors() -> None:
    """An example that no reader would take teaches a stranger a mistake."""
    for vector, number, what, exact in rows("vector", "submission", "section", "exact JSON"):
        case = json.loads((HERE / vector).read_text())
        text = case["submissions"][int(number) - 1]["submission"]["text"]
        _, disclosures = _parts(text)
        sections = {json.loads(one)[1]: one for one in disclosures}
        if not what.startswith("the credential's "):
            assert sections[what].endswith(f",{exact}]"), what
            continue
        shown = json.loads(sections["provenance"])[2]["credential"]
        (header, payload), private = _parts(shown)
        held = {"header": header, "payload": payload}
        held |= {f"disclosure {n}": one for n, one in enumerate(private, 1)}
        assert exact == held[what.removeprefix("the credential's ")]
        assert (
            credential.open_credential(shown, _control_key).digest
            == json.loads(_event(case["submissions"][int(number) - 2]["submission"]["text"]))[
                "credential"
            ]
        )


def _event(text: str) -> str:
    """Give the exact JSON of a statement's event."""
    found = statement.parse(text.encode()).sections["event"]
    return found[1].decode()


def _control_key(kid: str) -> bytes | None:
    held = key("tv-probation/control")
    return held.public if kid == held.kid else None

"""A second auditor, who has FORMAT.md, the export's README.txt and none of our code.

Standard library and `cryptography` only: reads an export's folder, checks the tree, checkpoints,
commitments, digests and signatures, and says which statements stand where. It decides nothing
anew. It also writes exports, so that a test can make one that our own code never saw.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.support.merkle import mth
from tests.support.stranger import octets_of, read, sha, text_of

LOGS = ("ledger.log", "disclosures.log", "checkpoints.log")


def framed(records: Iterable[bytes]) -> bytes:
    """Write records one after the other, each behind its length."""
    return b"".join(len(one).to_bytes(4, "big") + one for one in records)


def unframed(file: bytes) -> list[bytes]:
    """Read the records of a file."""
    found, at = [], 0
    while at < len(file):
        length = int.from_bytes(file[at : at + 4], "big")
        found.append(file[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(file):
        raise ValueError("cut off")
    return found


def export_of(
    partnership: str,
    ledger: Iterable[bytes],
    disclosures: Mapping[str, bytes],
    checkpoints: Iterable[str],
) -> dict[str, bytes]:
    """Write an export's files, README.txt apart."""
    pairs = [part for key, value in disclosures.items() for part in (key.encode(), value)]
    notes = [note.encode() for note in checkpoints]
    return listed(partnership, dict(zip(LOGS, map(framed, (ledger, pairs, notes)), strict=True)))


def listed(partnership: str, logs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Put the manifest beside an export's logs."""
    files = {
        name: {
            "records": len(unframed(logs[name])),
            "bytes": len(logs[name]),
            "sha256": hashlib.sha256(logs[name]).hexdigest(),
        }
        for name in LOGS
    }
    manifest = {"format": "candour-export/1", "partnership": partnership, "files": files}
    return {**logs, "manifest.json": (json.dumps(manifest, indent=2) + "\n").encode()}


@dataclass
class Audited:
    """What the second auditor found."""

    statements: list[tuple[int, str]] = field(default_factory=list)
    """(entry, statement id) in ledger order, refused ones that took a number apart."""
    defects: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    """Digests of the statements that an entry erased."""


def audit(files: Mapping[str, bytes], trust: Mapping[str, str]) -> Audited:
    """Judge an export by a trust file."""
    found = Audited()
    try:
        ledger, pairs, notes = (unframed(files[name]) for name in LOGS)
        if files["manifest.json"] != listed(trust["partnership"], files)["manifest.json"]:
            found.defects.add("manifest")
    except (KeyError, ValueError):
        found.defects.add("folder")
        return found
    sections = dict(zip(pairs[::2], pairs[1::2], strict=False))
    keys: dict[str, bytes] = {}
    leaves = []
    found.erased = {one for record in ledger for one in _erased_by(record)}
    for index, record in enumerate(ledger):
        leaves.append(record.partition(b"\n")[0])
        try:
            _entry(index, record, sections, keys, found)
        except (ValueError, KeyError, TypeError, InvalidSignature) as error:
            found.defects.add(f"entry {index}: {type(error).__name__}")
    _checkpoints(leaves, notes, trust, found)
    return found


def audit_folder(folder: Path, trust: Path) -> Audited:
    """Judge a folder by a trust file."""
    files = {one.name: one.read_bytes() for one in folder.iterdir()}
    return audit(files, json.loads(trust.read_bytes()))


def _entry(
    index: int, record: bytes, sections: dict[bytes, bytes], keys: dict[str, bytes], found: Audited
) -> None:
    line, body_json, jws = record.split(b"\n")
    head, body = json.loads(line), json.loads(body_json)
    if head["index"] != index:
        raise ValueError("index")
    exact = _members(body_json.decode())
    opened = [exact.get(name) for name in ("position", "findings", "decision")]
    stated = [head.get(name) for name in ("position", "findings", "decision")]
    slots = head.get("deliveries", [])
    draw = hashlib.shake_128(b"candour-slots" + octets_of(body["salt"])).digest(4 * len(slots))
    order = sorted(range(len(slots)), key=lambda n: draw[4 * n : 4 * n + 4])
    held = dict.fromkeys(order, "")
    texts = [json.dumps(one, **_SPELT) for one in json.loads(exact.get("deliveries", "[]"))]
    held.update(zip(order, texts, strict=False))
    committed = [*opened, *(held[slot] for slot in range(len(slots)))]
    stated += slots
    salts = hashlib.shake_128(b"candour-salts" + octets_of(body["salt"])).digest(16 * len(stated))
    for at, (text, digest) in enumerate(zip(committed, stated, strict=True)):
        salt = salts[16 * at : 16 * at + 16]
        if (None if text is None else sha(salt + text.encode())) != digest:
            raise ValueError("commitment")
    if head["kind"] != "statement":
        return
    findings = body["findings"]
    found.statements.append((index, findings["id"]))
    if not {head["statement"], findings["statement"]} == {sha(jws)}:
        raise ValueError("digest")
    _learn(findings, keys)
    if head["statement"] in found.erased:
        if head["statement"].encode() in sections:
            found.defects.add(f"entry {index}: not erased")
        return
    if "kid" in head:
        raw = jws + b"~" + sections[head["statement"].encode()] + b"~"
        context, shown = read(raw, keys[head["kid"]])
        if (context["id"], list(shown)) != (findings["id"], findings["sections"]):
            raise ValueError("findings")


def _erased_by(record: bytes) -> list[str]:
    """List what an entry's deliveries have their recipients erase."""
    try:
        body = json.loads(record.split(b"\n")[1])
    except (ValueError, IndexError):
        return []
    return [
        duty["statement"]
        for delivery in body.get("deliveries", [])
        for duty in delivery.get("duties", [])
        if duty["kind"] == "erasure_confirmed"
    ]


_SPELT: dict[str, Any] = {"separators": (",", ":"), "ensure_ascii": False}


def _members(text: str) -> dict[str, str]:
    """Split a JSON object into the exact text of each member."""
    decoder, at, members = json.JSONDecoder(), 1, {}
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        _, end = decoder.raw_decode(text, at + 1)
        members[name] = text[at + 1 : end]
        at = end + (text[end] == ",")
    return members


def _learn(findings: dict[str, Any], keys: dict[str, bytes]) -> None:
    """Learn keys from a founding or an act, by their thumbprints."""
    act = findings.get("proposal", {})
    agencies = [*findings.get("founding", {}).get("founding", {}).get("agencies", [])]
    agencies += [act["agency"]] if isinstance(act.get("agency"), dict) else []
    held = [key for agency in agencies for key in agency["keys"]]
    for key in [*held, *([act["key"]] if "key" in act else [])]:
        public = octets_of(key["public_key"])
        members = {"crv": "Ed25519", "kty": "OKP", "x": text_of(public)}
        keys[sha(json.dumps(members, **_SPELT).encode())] = public


def _checkpoints(
    leaves: list[bytes], notes: list[bytes], trust: Mapping[str, str], found: Audited
) -> None:
    public, origin = octets_of(trust["log_key"]), trust["origin"]
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    size = 0
    for number, note in enumerate(notes):
        try:
            body, _, line = note.partition(b"\n\n")
            name, covers, root = body.decode().split("\n")
            dash, signer, signed = line.decode().removesuffix("\n").split(" ")
            octets = base64.b64decode(signed, validate=True)
            if (dash, signer, name, octets[:4]) != ("\u2014", origin, origin, key_id):
                raise ValueError("not the log's")
            Ed25519PublicKey.from_public_bytes(public).verify(octets[4:], body + b"\n")
        except (ValueError, InvalidSignature):
            found.defects.add(f"checkpoint {number}: signature")
            continue
        size = int(covers)
        if size > len(leaves) or mth(leaves[:size]) != base64.b64decode(root):
            found.defects.add(f"checkpoint {number}: root")
    if size != len(leaves):
        found.defects.add("size")

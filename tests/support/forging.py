"""A played log to be audited: whole, or after a forger with or without its key was at it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from typer.testing import CliRunner

from broker.core.tree import Tree
from broker.core.written import Frame, Parts, read_written, write
from consumers.audit.container import Export
from consumers.audit.defect import Defect
from consumers.audit.verdict import Trusted, Verdict
from consumers.audit.verify import verify
from contracts import base64url, proof
from contracts.entry import Decision, Delivery, Position
from contracts.finding import decode_findings
from contracts.opened import origin_of
from deploy.command import application
from tests.support.auditor import audit, export_of
from tests.support.delivering import Delivering
from tests.support.stranger import concern, seeded
from tests.support.town import LOG_SEED
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, Played, begun

OTHER_SEED = hashlib.sha256(b"candour-vector/another log").digest()


class Log:
    """A played ledger as its records, to be exported whole or after a forger was at it."""

    def __init__(self, played: Played | None = None) -> None:
        draw = seeded("audit")
        self.playing = Delivering(PARTNERSHIP, CLOCK_MS, lambda: draw(16), log_seed=LOG_SEED)
        self.played = played or begun()
        self.ledger: list[bytes] = []
        self.sections: dict[str, bytes] = {}
        self.checkpoints: list[str] = []
        self._sent = 0

    def concern(self, **changes: Any) -> None:
        """Report a concern that nothing is missing from, unless a change takes something out."""
        self.played.say(
            "tv-probation/case", "concern_reported", concern(self.played.draw), **changes
        )

    def deliver(self) -> "Log":
        """Submit what was said since the last time, as one batch, and take the records."""
        for one in self.played.submissions[self._sent :]:
            self.playing.submit(one["agency"], one["submission"]["text"].encode())
        self._sent = len(self.played.submissions)
        self.playing.deliver()
        self.ledger = [one.record for one in self.playing.entries]
        self.sections = {
            one.recorded.head.statement or "": one.disclosures
            for one in self.playing.entries
            if one.disclosures is not None
        }
        self.checkpoints = list(self.playing.checkpoints)
        return self

    def resign(self, seed: bytes = LOG_SEED) -> None:
        """Put one checkpoint over the records as they are now, as a forger with the key would."""
        tree = Tree()
        tree.append([proof.leaf_hash(one.partition(b"\n")[0]) for one in self.ledger])
        head = proof.Checkpoint(origin_of(PARTNERSHIP), tree.size, tree.root())
        self.checkpoints = [proof.signed_note(head, seed)]

    def rewrite(self, index: int, change: Callable[[Parts], Parts], **frame: Any) -> None:
        """Write one entry otherwise, commitments and all."""
        held = read_written(self.ledger[index])
        head, body, recorded = held.recorded.head, held.body, held.recorded
        findings = b"" if isinstance(body.findings, msgspec.UnsetType) else bytes(body.findings)
        parts = Parts(
            position=recorded.position, findings=recorded.findings, findings_json=findings,
            kid=head.kid, decision=recorded.decision, deliveries=held.deliveries,
            items=recorded.items, jws=held.jws,
        )  # fmt: skip
        framed = {
            name: frame.get(name, getattr(head, name))
            for name in (
                "partnership", "exercise", "index", "kind", "ledger_time", "appended_at",
                "clock_at",
            )
        }  # fmt: skip
        salt = base64url.decode(body.salt)
        self.ledger[index] = write(Frame(**framed), change(parts), salt=salt).record

    @property
    def files(self) -> dict[str, bytes]:
        """Export it, the manifest made to fit."""
        return export_of(PARTNERSHIP, self.ledger, self.sections, self.checkpoints)

    @property
    def trust(self) -> Trusted:
        """Give the auditor's trust file."""
        trust = self.playing.trust
        return Trusted(partnership=trust.partnership, origin=trust.origin, log_key=trust.log_key)

    def judged(self, **trust: Any) -> Verdict:
        """Verify it."""
        return verify(Export.held(self.files), msgspec.structs.replace(self.trust, **trust))

    def stranger(self) -> set[str]:
        """Ask the second auditor for defects."""
        return audit(self.files, msgspec.to_builtins(self.trust)).defects


def recorded() -> Log:
    """Found a partnership, agree, and record three concerns in two batches."""
    log = Log()
    log.concern()
    log.deliver()
    log.concern()
    log.concern()
    return log.deliver()


def names(verdict: Verdict) -> set[str]:
    """Give the names of what was found."""
    return {one.name for one in verdict.found}


def at(verdict: Verdict, defect: Defect) -> list[int]:
    """Give the entries at which something was found."""
    return next((one.entries for one in verdict.found if one.name == defect), [])


def other(parts: Parts, **changes: Any) -> Parts:
    """Change an entry's decision."""
    decision = parts.decision
    assert isinstance(decision, Decision)
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    return Parts(**{**held, "decision": msgspec.structs.replace(decision, **changes)})


def less(parts: Parts) -> Parts:
    """Take a delivery out of an entry."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    return Parts(**{**held, "deliveries": list(parts.deliveries)[:-1]})


def further(parts: Parts) -> Parts:
    """Deliver one section more than the leg allows."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    *rest, last = parts.deliveries
    more = msgspec.structs.replace(last, sections=[*last.sections, "use_limits"])
    assert isinstance(more, Delivery)
    return Parts(**{**held, "deliveries": [*rest, more]})


def moved(parts: Parts) -> Parts:
    """Say that a submission stood further on, passing one over."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    was = parts.position
    assert isinstance(was, Position)
    return Parts(**{**held, "position": Position(was.topic, was.topic_id, 0, 9, 9)})


def regraded(parts: Parts) -> Parts:
    """Claim a better provenance than the statement has."""
    held = {name: getattr(parts, name) for name in Parts.__slots__}
    exact = parts.findings_json.replace(b'"level":"named"', b'"level":"endorsed"')
    decided = msgspec.structs.replace(parts.decision, level="endorsed")  # type: ignore[type-var]
    return Parts(**{
        **held, "findings_json": exact, "findings": decode_findings(exact), "decision": decided
    })  # fmt: skip


def folder_of(log: Log, folder: Path) -> Path:
    """Write an export, README.txt included, and a trust file beside it."""
    made = folder / "export"
    made.mkdir()
    for name, exact in {**log.files, "README.txt": b"read me"}.items():
        (made / name).write_bytes(exact)
    (folder / "trust.json").write_bytes(msgspec.json.encode(log.playing.trust))
    return made


def run(*arguments: str, group: str = "audit") -> tuple[int, str]:
    """Run a command that reads an export."""
    result = CliRunner().invoke(application(), [group, *arguments])
    return result.exit_code, result.output

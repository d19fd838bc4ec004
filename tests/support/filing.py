"""Report files for tests: written, read and signed at a played home, and what they become."""

import json
from typing import Any

from contracts.agreement import Basis
from contracts.draft import Draft
from producers.report import read_report
from tests.support.speaking import Speaker
from tests.vectors.ledger import CLOCK_MS

CANARY = "Zebedee"
"""A name in every bad file: no error may repeat it, as a value or as what somebody typed."""
START = f"""\
report: concern
facts: {{concern: separation}}
people:
  - {{reference: case-0001, given: {CANARY}}}
"""
"""The least that is a report, in four lines."""


def facts(more: str, report: str = "concern") -> str:
    """Write a report with such facts, in line 2."""
    return f"report: {report}\nfacts: {{{more}}}\npeople: [{{reference: r, given: {CANARY}}}]\n"


def person(more: str) -> str:
    """Write a report whose one person has something more, in line 3."""
    return f"report: concern\nfacts: {{concern: separation}}\npeople: [{{reference: r, {more}}}]\n"


def drafted_with_basis(
    speaker: Speaker, text: str | bytes, *, at_ms: int = CLOCK_MS, at: str = "2012-05-01"
) -> tuple[Draft, Basis | None]:
    """Read a report's text; give its draft and the basis that was chosen."""
    path = speaker.home.folder.parent / "report.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_report(path, speaker.outbox, new_id=speaker.outbox.new_id, at_ms=at_ms, at=at)


def drafted(speaker: Speaker, text: str | bytes) -> Draft:
    """Read a report's text; give its draft."""
    return drafted_with_basis(speaker, text)[0]


def signed(
    speaker: Speaker, text: str, *, at_ms: int = CLOCK_MS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read, sign and store a report; give its context and sections, from the exact bytes."""
    said, basis = drafted_with_basis(speaker, text, at_ms=at_ms)
    speaker.outbox.publish(said, time_ms=at_ms, basis=basis)
    return speaker.opened(speaker.row(said.id)["raw"])


def section(said: Draft, name: str) -> Any:
    """Give a section of a draft as plain JSON."""
    return json.loads(bytes(said.sections[name]))

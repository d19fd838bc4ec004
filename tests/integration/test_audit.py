"""The auditor on real Kafka: what is exported verifies elsewhere, by somebody who has two files."""

import json
from pathlib import Path

import msgspec

from contracts import topic
from deploy.speaking import outbox_of, say
from tests.support.auditor import audit_folder
from tests.support.command import candour, invoked, typed
from tests.support.reports import concern
from tests.support.running import Running, running
from tests.support.topics import put_records


def trust_of(town: Running, folder: Path) -> Path:
    """Write what an auditor would have pinned."""
    trust = folder / "auditor-trust.json"
    trust.write_bytes(msgspec.json.encode(town.trust))
    return trust


async def test_an_export_from_kafka_verifies_in_another_process(kafka: str, tmp_path: Path) -> None:
    """Given only the folder and a trust file; the broker is gone when it is judged."""
    async with running(kafka, tmp_path / "town", "mk-audit") as town:
        outbox = outbox_of(town.homes["tv-probation/case"])
        said = [await say(outbox, concern(outbox)) for _ in range(3)]
        held = await say(outbox, concern(outbox, named=False))
        name = topic.submissions("mk-audit", "tv-probation")
        await put_records(kafka, name, [b"garbage", b"more garbage"])
        last = await say(outbox, concern(outbox, urgency="threat_to_life"))
        trust = trust_of(town, tmp_path)
        await typed(f"audit export {tmp_path}/export --partnership mk-audit --kafka {kafka}")
    judged = candour("audit", "verify", tmp_path / "export", "--trust", trust, "--workers", 2)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    verdict = json.loads((tmp_path / "export.verdict.json").read_bytes())
    assert (verdict["found"], verdict["size"], verdict["decided"]) == (
        [], last.entry + 1, last.entry + 1,
    )  # fmt: skip
    stranger = audit_folder(tmp_path / "export", trust)
    assert stranger.defects == set()
    assert {one.id for one in (*said, held, last)} <= {found for _, found in stranger.statements}
    told = invoked("audit", "chronology", tmp_path / "export", "--trust", trust)
    assert (told.returncode, "accepted emergency" in told.stdout) == (0, True)


async def test_a_flipped_byte_of_an_export_is_named_by_its_entry(
    kafka: str, tmp_path: Path
) -> None:
    """The demonstration's last step: which entry, not only that something is wrong."""
    async with running(kafka, tmp_path / "town", "mk-flip") as town:
        outbox = outbox_of(town.homes["tv-probation/case"])
        said = await say(outbox, concern(outbox))
        trust = trust_of(town, tmp_path)
        folder = tmp_path / "export"
        await typed(f"audit export {folder} --partnership mk-flip --kafka {kafka}")
    exact = bytearray((folder / "ledger.log").read_bytes())
    exact[-1] ^= 1
    (folder / "ledger.log").write_bytes(exact)
    judged = invoked("audit", "verify", folder, "--trust", trust, "--workers", 0)
    assert judged.returncode == 2
    assert "statement.signature: The publisher's signature does not hold" in judged.stdout
    assert f"entry {said.entry}" in judged.stdout


async def test_an_export_is_refused_over_another_folder_and_of_no_log(
    kafka: str, tmp_path: Path
) -> None:
    """A file of somebody else's is never lost to an export, and a wrong name is said in words."""
    async with running(kafka, tmp_path / "town", "mk-used"):
        (tmp_path / "used").mkdir()
        (tmp_path / "used" / "letter.txt").write_text("mine")
        export = f"audit export {tmp_path}/{{}} --partnership {{}} --kafka {kafka}"
        used = await typed(export.format("used", "mk-used"), expect=64)
        assert "already holds something" in used
        none = await typed(export.format("none", "mk-none"), expect=64)
        assert "shows no log of mk-none" in none
        assert not (tmp_path / "none").exists()

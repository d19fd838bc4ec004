"""Erasure on real Kafka: what was said, delivered, worked on and exported is in no file after."""

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from broker.shell.topics import agency_topics, partnership_topics
from consumers import store as stored
from consumers.research import rows as research
from consumers.research.found import Found
from contracts.draft import Draft, draft
from contracts.event.case import LegalHoldLifted, LegalHoldSet
from contracts.form import Section
from contracts.section import Cause, Identity, Name, Narrative
from deploy import clock
from deploy.kafka.server import KafkaServer
from deploy.speaking import say
from deploy.wiring import Acting, open_acting
from producers.outbox import Outbox
from tests.support.auditor import audit_folder
from tests.support.canary import holding
from tests.support.command import candour, invoked
from tests.support.reports import concern
from tests.support.running import Running, running

NAME = "mk-erase"
POLICE, HUB, PROBATION = "thames-valley/intelligence", "mk-hub/safeguarding", "tv-probation/case"
DAY = "2027-01-31"
GONE = ("Zquilfamily", "Zquilnarrative", "Zquilreference", "Zquildetail")
"""Family name, what is told, the agency's own case reference, what police found."""
KEPT = "Vrestnarrative"


def report(outbox: Outbox, words: str, family: str, reference: str) -> Draft:
    """Draft a report with words that stand nowhere else."""
    plain = concern(outbox)
    token = outbox.token_for("subject", reference)
    person = Identity(token, [Name("Tracey", family)])
    parts = {**plain.sections, "narrative": raw(Narrative(words, "summary"))}
    part = json.loads(bytes(parts["person.2.part"])) | {"subject": token}
    parts["person.2.identity"] = raw(person)
    parts["person.2.part"] = msgspec.Raw(msgspec.json.encode(part))
    return msgspec.structs.replace(plain, sections=parts)


def raw(section: Section) -> msgspec.Raw:
    """Spell a section as a draft holds it."""
    return msgspec.Raw(msgspec.json.encode(section))


@dataclass
class Story:
    """One partnership whose report is to be erased, and the folders that may hold any of it."""

    town: Running
    server: KafkaServer
    folder: Path
    report: str = ""

    @property
    def trust(self) -> Path:
        """What an auditor pinned."""
        return self.town.folder / "broker" / "trust.json"

    def acting(self, name: str) -> Acting:
        """Open a home with all that acts in it."""
        return open_acting(self.town.homes[name])

    async def do(self, *arguments: object, expect: int = 0) -> str:
        """Run a command while the broker runs here; one that waits, as a process of its own."""
        run = candour if "--wait" in arguments else invoked
        ran = await asyncio.to_thread(run, *arguments)
        if self.town.task.done():
            self.town.task.result()  # the broker failed: that is what is wrong
        assert ran.returncode == expect, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    async def export(self, name: str) -> Path:
        """Export the log."""
        source = ("--partnership", NAME, "--kafka", self.town.kafka)
        await self.do("audit", "export", self.folder / name, *source)
        return self.folder / name

    async def verdict(self, folder: Path) -> dict[str, object]:
        """Verify an export that has nothing amiss."""
        await self.do("audit", "verify", folder, "--trust", self.trust)
        found: dict[str, object] = json.loads(
            folder.with_name(f"{folder.name}.verdict.json").read_bytes()
        )
        return found

    async def plan(self, export: Path) -> list[str]:
        """List what goes together with the report."""
        shown = await self.do(
            "erasure", "plan", self.report, "--export", export, "--trust", self.trust
        )
        return shown.split("erasure propose ")[1].split(" --ground")[0].split()

    async def act(self, what: str, *more: object, home: str, expect: int = 0) -> str:
        """Propose, endorse or confirm as a named person of a home's agency."""
        who = ("--by", f"Officer of {home}", "--role", "officer")
        folder = self.town.homes[home].folder
        return await self.do("erasure", what, *more, *who, "--home", folder, expect=expect)

    async def settle(self) -> None:
        """Let every agency read, act and say until nothing new comes."""
        while sum([await self.acting(name).catch_up() for name in (POLICE, HUB, PROBATION)]):
            pass

    async def holding(self, *words: str) -> dict[str, set[str]]:
        """List the files of Kafka, broker and agencies that hold any of these words."""
        return await asyncio.to_thread(holding, [self.server.folder, self.town.folder], words)


async def told(story: Story) -> None:
    """Say a report that goes and one that stays; let everybody act; note what police found."""
    outbox = await story.town.outbox(PROBATION)
    goes = report(outbox, f"she said {GONE[1]}", GONE[0], GONE[2])
    story.report = (await say(outbox, goes)).id
    await say(outbox, report(outbox, f"he said {KEPT}", "Other", "other"))
    await story.settle()
    police = story.acting(POLICE)
    with police.store.read() as db:
        task = next(one for one in research.tasks_of(db, story.report) if one["system"] == "pnc")
    found = Found(
        outcome="match", kinds=["warning"], confidence="confirmed", reference="r1", detail=GONE[3]
    )
    wanted = police.research.complete(
        task["id"], found, operator=police.practitioner("P."), role="researcher",
        at=police.time_ms(),
    )  # fmt: skip
    await police.act(wanted)
    await story.settle()


async def refused(story: Story, old: Path) -> None:
    """Try to erase by half, by one agency, and what a coroner has asked for."""
    ids = await story.plan(old)
    assert len(ids) > 10
    because = ("--ground", "retention_ended", "--reason", "its schedule ended")
    half = await story.act("propose", story.report, *because, home=PROBATION, expect=64)
    assert "control.erasure_open" in half
    police = story.acting(POLICE)
    by = police.voice.signed_by(police.practitioner("C. Clerk"), role="coroner's officer")
    with police.store.read() as db:
        held = stored.held(db, story.report)
    assert held is not None
    subject = held.sections["person.2.identity"]
    assert isinstance(subject, Identity)
    hold = LegalHoldSet(
        subjects=[subject.subject], authority="coroner", reference="1", by="C. Clerk"
    )
    because_of = {"cause.1": Cause(story.report), "provenance": by}
    said = await say(
        police.outbox,
        draft(id=clock.uuid7(), event="legal_hold_set", sections={"event": hold, **because_of}),
    )
    assert said.outcome == "accepted", said.reasons
    kept = await story.export("kept")
    under = await story.do(
        "erasure", "plan", story.report, "--export", kept, "--trust", story.trust, expect=1
    )
    assert "A LEGAL HOLD stands" in under
    ids = sorted(set(re.findall(r"^(\S{36})  ", under, re.MULTILINE)))
    held_back = await story.act("propose", *ids, *because, home=PROBATION, expect=64)
    assert "control.under_hold" in held_back
    lifted = LegalHoldLifted(hold=said.id, reason="the inquest ended", by="C. Clerk")
    away = draft(id=clock.uuid7(), event="legal_hold_lifted", sections={
        "event": lifted, "provenance": by,
    })  # fmt: skip
    assert (await say(police.outbox, away)).outcome == "accepted"


async def endorsed(story: Story, ids: list[str]) -> str:
    """Propose and endorse by two people of two agencies; give the erasure's id."""
    because = ("--ground", "retention_ended", "--reason", "its schedule ended")
    proposed = await story.act("propose", *ids, *because, home=PROBATION)
    proposal = proposed.split("erasure endorse ")[1].split()[0]
    alone = await story.act("endorse", proposal, *ids, home=PROBATION, expect=64)
    assert "control.same_hand" in alone
    said = await story.act("endorse", proposal, *ids, home=POLICE)
    return said.split(": erasure ")[1].split(".")[0]


async def test_what_is_erased_is_in_no_file_and_the_log_still_proves(
    server: KafkaServer, tmp_path: Path
) -> None:
    """By two people of two agencies; confirmed by each holder; searched in every file."""
    async with running(server.address, tmp_path / "town", NAME) as town:
        story = Story(town, server, tmp_path)
        await told(story)
        before = await story.holding(*GONE, KEPT)
        assert set(before) == {*GONE, KEPT}
        places = "\n".join(sorted(set.union(*before.values())))
        for kind in (f"/disclosures.{NAME}-0/", f"/submissions.{NAME}.tv-probation-0/",
                     f"/views.{NAME}.mk-hub-0/", "/consumer.sqlite", "/outbox.sqlite"):  # fmt: skip
            assert kind in places
        old = await story.export("old")
        await refused(story, old)
        ids = await story.plan(await story.export("newer"))
        erasure = await endorsed(story, ids)
        await confirmed_while_purged(story, erasure)
        assert await story.holding(*GONE) == {}
        assert KEPT in await story.holding(KEPT)
        await stands_as_planned(story)
        new = await story.export("new")
        verdict = await story.verdict(new)
        assert verdict["found"] == []
        assert verdict["counts"]["erased"] == len(ids)  # type: ignore[index]
        assert audit_folder(new, story.trust).defects == set()
        assert holding([new], GONE) == {}
        source = ("--export", new, "--trust", story.trust)
        shown = await story.do("erasure", "status", *source)
        assert shown.count(f"backups complete on {DAY}") == 3
        searched = await story.do("erasure", "search", old, new, *source, expect=1)
        assert f"{old}/disclosures.log" in searched
        assert str(new) not in searched
        await goes_on(story)


async def confirmed_while_purged(story: Story, erasure: str) -> None:
    """Confirm for each holder while operations waits for the last of them."""
    early = await story.act("confirm", erasure, "--backups-until", DAY, home=HUB, expect=64)
    assert "Nothing waits here" in early
    await story.settle()
    late = await story.do("erasure", "status", "--home", story.town.homes[HUB].folder)
    assert "erase and confirm by" in late
    purging = asyncio.ensure_future(
        story.do(
            "erasure", "purge", "--partnership", NAME, "--home", story.server.folder, "--wait", 90
        )
    )
    ours = f"submissions.{NAME}.thames-valley"
    while (await settings_of(story))[ours]["segment.ms"] != "1":  # noqa: ASYNC110 - Kafka's to say
        await asyncio.sleep(0.2)
    for home in (POLICE, HUB, PROBATION):
        done = await story.act("confirm", erasure, "--backups-until", DAY, home=home)
        assert "backups are complete on" in done
    assert "holds an erased section" in await purging
    await story.settle()
    stands = await story.do("erasure", "status", "--home", story.town.homes[HUB].folder)
    assert f"confirmed; backups complete on {DAY}" in stands


async def settings_of(story: Story) -> dict[str, dict[str, str]]:
    """Read the settings of every topic."""

    def described() -> dict[str, dict[str, str]]:
        client = KafkaAdminClient(bootstrap_servers=story.server.address)
        try:
            names = [one["name"] for one in client.describe_topics() if not one["is_internal"]]
            asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
            found = client.describe_configs(asked)["topic"]
        finally:
            client.close()
        return {name: {key: row["value"] for key, row in found[name].items()} for name in names}

    return await asyncio.to_thread(described)


async def stands_as_planned(story: Story) -> None:
    """What was forced was put back: `candour kafka verify` must find nothing changed."""
    topics = partnership_topics(NAME) | agency_topics(NAME, "tv-probation")
    standing = await settings_of(story)
    assert {name: standing[name] for name in topics} == topics


async def goes_on(story: Story) -> None:
    """A restarted broker and a rebuilt consumer go on, and nothing comes back."""
    await story.town.stop()
    await story.town.start()
    hub = story.acting(HUB)
    await story.do("consumer", "rebuild", "--home", story.town.homes[HUB].folder)
    assert await hub.catch_up() == 0
    outbox = await story.town.outbox(PROBATION)
    assert (await say(outbox, concern(outbox))).outcome == "accepted"
    await story.settle()
    stands = await story.do("erasure", "status", "--home", story.town.homes[HUB].folder)
    assert f"confirmed; backups complete on {DAY}" in stands
    assert await story.holding(*GONE) == {}

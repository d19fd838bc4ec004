"""Keys over time, through the command line on real Kafka: rotation, theft, recall, succession."""

import re
import shutil
from pathlib import Path

import msgspec

from contracts.agreement import Agreement
from contracts.event.work import DutyOverdue
from contracts.section import Identity
from deploy.governing import read_agreement
from deploy.speaking import outbox_of
from producers.home import Home
from producers.sender import Sender
from tests.support.command import typed
from tests.support.offices import CASE, DESK, HUB, POLICE, Offices
from tests.support.reports import concern
from tests.support.running import DEMO, Running, running

SUSPECT = "SUSPECT: signed while its key was compromised"
CONTROL = "mk-csp/control"


async def test_a_rotation_loses_nothing_that_waits(kafka: str, tmp_path: Path) -> None:
    """What an officer wrote under the old key, and nobody has yet, must arrive all the same."""
    async with running(kafka, tmp_path, "mk-rotates", exercise=True) as town:
        offices, home = Offices(town), town.homes[CASE]
        before = await offices.report()
        running_on = outbox_of(Home.open(home.folder))
        waiting = [running_on.publish(concern(running_on)) for _ in range(2)]
        old = home.kid
        rotated = await typed_rotation(offices, CASE)
        assert "It is in force" in rotated
        new = Home.open(home.folder).newest.kid
        assert new != old
        # A process that opened the home before the rotation goes on, and signs with the new key.
        assert await Sender(running_on, what="a test").catch_up(60)
        waiting.append(running_on.publish(concern(running_on, urgency="urgent")))
        await offices.do("outbox catch-up", CASE)
        for said in waiting:
            view = await offices.view("thames-valley", said)
            assert view is not None
            assert view.statement.kid == new
            row = (await town.outbox(CASE)).row(said)
            assert row is not None
            assert row["outcome"] == "accepted"
        earlier = await offices.view("thames-valley", before)
        assert earlier is not None
        assert earlier.statement.kid == old
        listed = await offices.do("agency list", CONTROL)
        assert f"{old}  {home.source}  statements  ended" in listed
        assert f"{new}  {home.source}  statements  in force" in listed
        assert "It is in force" in await typed_rotation(offices, CONTROL, CONTROL)
        assert "It is in force" in await typed_rotation(offices, CASE)
        after = await offices.report()
        assert (await offices.view("thames-valley", after)) is not None
        await offices.do("outbox catch-up", CASE)
        assert "REFUSED" not in await offices.do("outbox", CASE)


async def typed_rotation(offices: Offices, name: str, by: str = "tv-probation/control") -> str:
    """Rotate the key of a home, by its own agency's control key."""
    return await offices.do(f"agency rotate-key {offices.town.homes[name].folder}", by)


async def test_a_stolen_key_is_recalled_from_everybody(kafka: str, tmp_path: Path) -> None:
    """Who acted on what a thief may have written must look again, and somebody must count them."""
    async with running(kafka, tmp_path, "mk-stolen", exercise=True) as town:
        offices = Offices(town)
        await offices.open_desk()
        good = await offices.report()
        await offices.settle(POLICE, HUB)
        await offices.pass_hours(2)
        doubtful = await offices.report(when="2012-02-01")
        await offices.settle(POLICE, HUB)
        (_, alert) = [one.split("  ")[0] for one in await alerts(offices)]
        await offices.do(f"alert ack {alert} --by 'L. Lead' --role duty_safeguarding_lead", HUB)
        thief, stolen = tmp_path / "thief", town.homes[CASE].kid
        shutil.copytree(town.homes[CASE].folder, thief)
        await revoke(offices, stolen)
        await offices.settle(POLICE, HUB, DESK, CASE)
        tasks = (await offices.do("research list", POLICE)).split("\nReport ")
        assert [SUSPECT in part for part in tasks if part.startswith((good, doubtful))] == [
            part.startswith(doubtful) for part in tasks if part.startswith((good, doubtful))
        ]
        reopened = await alerts(offices)
        assert [SUSPECT in one for one in reopened] == [doubtful in one for one in reopened]
        assert all("NOBODY has it yet" in one for one in reopened if doubtful in one)
        owed = await offices.do("response list", POLICE)
        assert f"{stolen}  recall_acknowledged by 2012-02-04 11:00 UTC" in owed
        assert SUSPECT in owed
        own = (await offices.do("outbox", CASE)).split(doubtful)
        assert SUSPECT not in own[0]
        assert SUSPECT in own[1]
        await acknowledge(offices, stolen)
        town.homes["thief"] = Home.open(thief)
        refused = await offices.do(f"publish {offices.write_report()} --again", "thief", expect=4)
        assert "key_use.revoked" in refused
        again = await offices.report()
        assert (await offices.view("thames-valley", again)) is not None


async def alerts(offices: Offices) -> list[str]:
    """List the hub's alerts, each as its lead reads it."""
    listed = await offices.do("alert list", HUB)
    return re.split(r"^(?=[0-9a-f]{8}-)", listed, flags=re.MULTILINE)[1:]


async def revoke(offices: Offices, stolen: str) -> None:
    """Put a new key in force, and end the stolen one from an hour after the first report."""
    home = offices.town.homes[CASE].folder
    key = offices.folder / "new.key.json"
    key.write_text(await typed(f"home key {home} --new"))
    await offices.do(f"agency enrol-key {key}", CONTROL)
    ends = f"agency revoke-key {stolen} --agency tv-probation --reason compromised"
    since = "--invalid-since 2012-02-01T10:00:00Z"
    assert "It is in force" in await offices.do(f"{ends} {since}", CONTROL)


async def acknowledge(offices: Offices, stolen: str) -> None:
    """Let police and probation look again; the hub does not, and its clock runs out."""
    counted = await offices.do("recall list", DESK)
    assert counted.count("has NOT looked again; by 2012-02-04 11:00 UTC") == 3
    here = await offices.do("recall list", POLICE)
    assert here.count("SUSPECT") == 1
    assert "concern_reported of tv-probation" in here
    assert "mk-hub" not in here
    for home, who in ((POLICE, "P. Officer"), (CASE, "A. Officer")):
        said = await offices.do(
            f"recall acknowledge {stolen} --by '{who}' --role 'duty officer'", home
        )
        assert "Acknowledged (entry" in said
    unknown = "A" * 43
    await offices.do(f"recall acknowledge {unknown} --by X --role Y", POLICE, expect=64)
    await offices.pass_hours(73)
    await offices.settle(DESK, HUB, CASE)
    for home in (DESK, CASE):
        counted = await offices.do("recall list", home)
        assert "mk-hub           has NOT looked again; by 2012-02-04 11:00 UTC - OVERDUE" in counted
        assert "thames-valley    has looked again (P. Officer): 1 suspect" in counted
        assert "tv-probation     has looked again (A. Officer): 1 suspect" in counted
    late = [one.statement.event for one in await offices.seen("mk-hub", "duty_overdue")]
    assert ("recall_acknowledged", stolen) in [
        (event.duty, event.about) for event in late if isinstance(event, DutyOverdue)
    ]


def warned() -> Agreement:
    """Give the demonstration's agreement with one leg more: police warn probation, who answer."""
    agreed = read_agreement(DEMO / "agreement.yaml").agreement
    responds = next(leg for leg in agreed.legs if leg.id == "police-respond")
    warns = msgspec.structs.replace(
        responds, id="police-warn", types=["concern_reported"], owes_response=True,
        sections=["event", "provenance", "person.identity", "person.part", "narrative"],
    )  # fmt: skip
    answers = msgspec.structs.replace(
        next(leg for leg in agreed.legs if leg.id == "hub-responds"),
        id="probation-respond", sender=["tv-probation"], to=["thames-valley"],
        recipient_basis=responds.basis,
    )  # fmt: skip
    return msgspec.structs.replace(agreed, legs=[*agreed.legs, warns, answers])


async def test_a_successor_takes_over_what_was_owed_and_agreed(kafka: str, tmp_path: Path) -> None:
    """On 26 June 2021 the CRC's cases went to the Probation Service: no question may be lost."""
    async with running(kafka, tmp_path, "mk-succeeds", exercise=True, agreement=warned()) as town:
        offices = Offices(town)
        warning = await offices.report(home=POLICE)
        reported = await offices.report()
        await offices.settle(POLICE)
        await admit(offices, town)
        succeeds = await offices.do("agency succeed tv-probation probation-service", CONTROL)
        digest = succeeds.split("candour act endorse ")[1].split()[0]
        await offices.do(f"act endorse {digest}", "thames-valley/control")
        inherited = await offices.view("probation-service", warning)
        assert inherited is not None
        assert "inherited" in inherited.delivery.marks
        assert [duty.agency for duty in inherited.delivery.duties] == ["probation-service"]
        new = "probation-service/case"
        await offices.settle(new)
        assert f"{warning}  response_given by 2012-02-02 09:00 UTC" in await offices.do(
            "response list", new
        )
        given = (
            f"response give {warning} --received-by 'O. New' --researched yes "
            "--action visit_planned --role 'probation officer'"
        )
        assert "Answered: accepted" in await offices.do(given, new)
        await offices.settle(new)
        asked = await questions(offices, new, reported)
        for question in asked:
            supplied = (
                f"response supply {question} --outcome nil --by 'O. New' --role 'probation officer'"
            )
            assert "Supplied: accepted" in await offices.do(supplied, new)
        assert len(await offices.seen("thames-valley", "information_supplied")) == len(asked)
        await offices.settle(new)
        assert "Nothing is owed." in await offices.do("response list", new)
        said = await offices.report(home=new)
        for agency in ("thames-valley", "mk-hub"):
            view = await offices.view(agency, said)
            assert view is not None
            assert any(isinstance(one, Identity) for one in view.statement.sections.values())
        listed = await offices.do("agency list", CONTROL)
        assert "its place was taken by probation-service" in listed


async def questions(offices: Offices, home: str, about: str) -> list[str]:
    """List what police asked the predecessor about a report, as its successor reads it."""
    owed = await offices.do("response list", home)
    asked = [line for line in owed.splitlines() if "information_supplied" in line]
    put = await offices.seen("thames-valley", "information_requested")
    assert owed.count(f"of report {about}") == len(asked) == len(put) > 0
    return [line.split("  ")[0] for line in asked]


async def admit(offices: Offices, town: Running) -> None:
    """Admit the Probation Service, by two hands."""
    keys = []
    for system in ("control", "case"):
        home = town.home("probation-service", system)
        key = offices.folder / f"service-{system}.key.json"
        control = " --control" if system == "control" else ""
        key.write_text(await typed(f"home key {home.folder}{control}"))
        keys.append(f"--key {key}")
    document = offices.folder / "service.yaml"
    document.write_text(
        "{id: probation-service, title: The Probation Service, kind: probation, "
        "contact: {mailbox: duty@service.example, telephone: 01632 960700}}"
    )
    told = await offices.do(f"agency admit {document} {' '.join(keys)}", CONTROL)
    digest = told.split("candour act endorse ")[1].split()[0]
    await offices.do(f"act endorse {digest}", "thames-valley/control")

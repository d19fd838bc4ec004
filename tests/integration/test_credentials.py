"""Credentials and rules through the command line on real Kafka: vouched for, signed, adopted."""

import json
from pathlib import Path

from producers.document import load_file
from tests.support.command import typed
from tests.support.offices import CASE, HUB, Offices
from tests.support.running import DEMO, running

CONTROL = "tv-probation/control"


async def test_a_practitioner_is_vouched_for_and_signs_for_herself(
    kafka: str, tmp_path: Path
) -> None:
    """From a name to a signature of one's own, and back to a name when the employer says so."""
    async with running(kafka, tmp_path, "mk-vouched", exercise=True) as town:
        offices = Offices(town)
        key, other = tmp_path / "officer.pem", tmp_path / "other.pem"
        own = (await typed(f"credential key {key}")).strip()
        assert (await typed(f"credential key {key}")).strip() == own
        await typed(f"credential key {other}")
        assert "named; no credential" in await said(offices)
        case = town.homes[CASE].folder
        person = tmp_path / "officer.yaml"
        person.write_text("name: A. Officer\nregistration: SWE 123\n")
        issue = (
            f"credential issue --words {person} --reference staff-0001 --role 'probation "
            f"officer' --until 2012-02-03 --key {own} --for {case}"
        )
        bad = await offices.do(f"{issue} --holds Trained=2012-02-02", CONTROL, expect=64)
        assert "dash_trained=2027-03-31" in bad
        foreign = await offices.do(issue, "mk-hub/control", expect=64)
        assert "another agency's home" in foreign
        issued = await offices.do(f"{issue} --holds dash_trained=2012-02-02", CONTROL)
        digest = issued.split("Issued ")[1].split(":")[0]
        listed = await offices.do("credential list", CASE)
        assert f"{digest}  tv-probation  probation officer, staff-0001: until 2012-02-04" in listed
        assert "dash_trained: until 2012-02-03 00:00 UTC" in listed
        assert "has a key of their own" in listed
        elsewhere = await offices.do("credential list", HUB)
        assert "staff-0001" not in elsewhere
        assert "Officer" not in elsewhere
        assert "their employer's credential, in force" in await said(offices)
        assert "they signed it themselves" in await said(offices, f"--sign-with {key}")
        assert "they signed it" not in await said(offices, f"--sign-with {other}")
        absent = f"publish {offices.folder / 'report.yaml'} --sign-with {tmp_path / 'none'}"
        assert "candour credential key FILE" in await offices.do(absent, CASE, expect=64)
        await offices.pass_hours(24 * 4)
        assert "named; no credential" in await said(offices, f"--sign-with {key}")
        assert "ENDED (expired)" in await offices.do("credential list", CASE)
        again = await offices.do(issue.replace("2012-02-03", "2013-02-03"), CONTROL)
        newer = again.split("Issued ")[1].split(":")[0]
        assert "they signed it themselves" in await said(offices, f"--sign-with {key}")
        revoke = f"credential revoke {newer} --reason suspended"
        assert "control.act_invalid" in await offices.do(revoke, "mk-hub/control", expect=64)
        assert "Revoked: entry" in await offices.do(revoke, CONTROL)
        assert "named; no credential" in await said(offices)
        assert "ENDED (revoked: suspended)" in await offices.do("credential list", CASE)


async def said(offices: Offices, more: str = "") -> str:
    """Report from probation; give what the officer reads."""
    return await offices.do(f"publish {offices.write_report()} --again {more}", CASE)


async def test_rules_and_decider_are_adopted_by_several_hands(kafka: str, tmp_path: Path) -> None:
    """Clocks and levels change for what comes after, and only when others stand behind it."""
    async with running(kafka, tmp_path, "mk-adopts", exercise=True) as town:
        offices = Offices(town)
        plan, _ = load_file(DEMO / "mk-now.yaml")
        assert isinstance(plan, dict)
        rules = plan["rules"] | {"version": "mk-2026-2", "provenance_hours_urgent": 9}
        rules["law"] = str((DEMO / rules["law"]).resolve())
        document = tmp_path / "rules.yaml"
        document.write_text(json.dumps(rules))
        adopt = f"partnership adopt-rules {document}"
        assert "this Kafka is plain" in await offices.do(adopt, "mk-csp/control", expect=64)
        document.write_text(json.dumps({**rules, "unverified_emergencies": False}))
        told = await offices.do(f"partnership adopt-rules {document}", "mk-csp/control")
        digest = told.split("candour act endorse ")[1].split()[0]
        before = await offices.report(lacks="role", expect=3)
        await offices.do(f"act endorse {digest}", "mk-hub/control")
        after = await offices.report(lacks="role", expect=3)
        assert [await hours(offices, one) for one in (before, after)] == [4, 9]
        same = await offices.do(f"partnership adopt-rules {document}", "mk-csp/control", expect=64)
        assert "control.act_invalid" in same
        unknown = await offices.do(
            "partnership adopt-decider candour-decide/99", "mk-csp/control", expect=64
        )
        assert "decider" in unknown
        told = await offices.do("partnership adopt-decider candour-decide/1", "mk-csp/control")
        digest = told.split("candour act endorse ")[1].split()[0]
        await offices.do(f"act endorse {digest}", "mk-hub/control")
        await offices.report()
        await offices.do("partnership adopt-decider candour-decide/2", "mk-csp/control")


async def hours(offices: Offices, statement: str) -> int:
    """Give how long the publisher has to supply what is missing."""
    view = await offices.view("tv-probation", statement)
    assert view is not None
    (duty,) = view.delivery.duties
    return (duty.due_at - view.head.ledger_time) // 3_600_000

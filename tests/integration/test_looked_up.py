"""Looks by connectors on real Kafka: by command, and by a consumer that runs; and what leaves."""

from pathlib import Path

from msgspec import structs

from consumers.research import rows
from deploy.governing import read_agreement
from deploy.speaking import say
from deploy.wiring import Acting, open_acting
from tests.integration.test_consumers import HUB, POLICE, PROBATION, reached
from tests.support import answering
from tests.support.command import typed
from tests.support.killing import Started
from tests.support.reports import concern
from tests.support.running import DEMO, running

CONNECTORS = """\
connectors:
  - name: niche-rms
    system: niche
    sql: {url: "sqlite:///niche.sqlite", table: person, reference: id, given: forename,
          family: surname, born: dob, numbers: {pnc: pnc_id}, kinds: [warning]}
  - name: local-search
    system: local
    timeout_s: 2
    http: {url: "URL", secret: local.secret, ca: CA}
"""


def outcomes(police: Acting, report: str, system: str) -> set[str | None]:
    """Give how a report's looks in one system ended."""
    with police.store.read() as db:
        return {t["outcome"] for t in rows.tasks_of(db, report) if t["system"] == system}


async def test_connectors_look_by_command_and_beside_a_running_consumer(
    kafka: str, tmp_path: Path
) -> None:
    """One system answers and one hangs: the first is done, and the second is said to be down."""
    async with (
        running(kafka, tmp_path, "mk-looks") as town,
        answering.system(tmp_path, answering.hangs) as local,
    ):
        outbox = await town.outbox(PROBATION)
        home = town.homes[POLICE].folder
        police = open_acting(town.homes[POLICE])
        answering.people_in_sqlite(home / "niche.sqlite")
        for name, text in (
            ("connectors.yaml", CONNECTORS.replace("URL", local.url).replace("CA", str(local.ca))),
            ("local.secret", "a-secret"),
        ):
            (home / name).write_text(text)
            (home / name).chmod(0o600)
        report = (await say(outbox, concern(outbox))).id
        await police.catch_up()
        told = await typed(f"research look --home {home}")
        assert "2 nil: nothing found in this system; not a finding of safety" in told
        assert "2 unavailable: the system could not be asked" in told
        await typed(f"consumer catch-up --home {home}")
        listed = await typed(f"research list --all --home {home}")
        assert "2 of 14 looks made (2 nil; none of them is a finding of safety); PARTIAL" in listed
        assert "local-search did not answer in 2 s); to be asked again from" in listed
        alerts = await typed(f"alert list --home {home}")
        assert "[M01]" in alerts
        second = (await say(outbox, concern(outbox))).id
        consumer = Started(["consumer", "run", "--home", str(home)], tmp_path / "consumer.log")
        try:
            await reached(lambda: outcomes(police, second, "niche") == {"nil"})
            await reached(lambda: outcomes(police, second, "local") == {"unavailable"})
        finally:
            consumer.kill()
        assert outcomes(police, report, "niche") == {"nil"}
        written = (tmp_path / "consumer.log").read_text()
        assert "system_unavailable" in written
        assert not {"Daniel", "Tracey", "Example", "a-secret"} & set(written.split())


async def test_police_grade_and_a_copy_leaves_with_two_hands(kafka: str, tmp_path: Path) -> None:
    """As typed: refused while it names somebody, then accepted, and listed with its code first."""
    agreed = read_agreement(DEMO / "agreement.yaml").agreement
    asked = next(leg for leg in agreed.legs if leg.id == "police-ask-probation")
    copies = structs.replace(
        asked, id="copies-to-hub", to=["mk-hub"], types=["product_released"], provenance="named"
    )
    agreed = structs.replace(agreed, legs=[*agreed.legs, copies])
    async with running(kafka, tmp_path, "mk-grades", agreement=agreed) as town:
        outbox = await town.outbox(PROBATION)
        home = town.homes[POLICE].folder
        report = (await say(outbox, concern(outbox))).id
        police = open_acting(town.homes[POLICE])
        await police.catch_up()
        with police.store.read() as db:
            subject = rows.tasks_of(db, report)[0]["subject"]
        words, copy = tmp_path / "words.yaml", tmp_path / "copy.yaml"
        words.write_text("instructions: Ring the handler first.\n")
        codes = "--scheme 3x5x2 --source 1 --assessment B --handling C --action A1"
        conditions = "--handling C --action A1 --sanitisation S1"
        await typed(
            f"intelligence grade {report} {codes} --sanitisation S1 --words {words} --by G. "
            f"--role analyst --home {home}"
        )
        release = (
            f"intelligence release {report} --of {report} --person {subject} {conditions} "
            f"--sanitised-by 'W. Writer' --by 'H. Head' --role inspector --words {copy} "
            f"--home {home}"
        )
        copy.write_text("product: Daniel is ending it\ninstructions: Ring us first.\n")
        assert "would give away: a name" in await typed(release, expect=64)
        copy.write_text("product: Somebody trained should ask.\ninstructions: Ring us first.\n")
        assert "Released as" in await typed(release)
        await police.catch_up()
        for listing in ("intelligence list", "research list"):
            lines = (await typed(f"{listing} --home {home}")).splitlines()
            at = next(n for n, line in enumerate(lines) if report in line)
            assert "A1: NO ACTION" in lines[at + 1]
        hub = town.homes[HUB].folder
        await typed(f"consumer catch-up --home {hub}")
        (came,) = [
            block
            for block in (await typed(f"intelligence list --home {hub}")).split("\n\n")
            if "Somebody trained should ask." in block
        ]
        assert came.splitlines()[1].strip().startswith("A1: NO ACTION")
        assert "sanitised by W. Writer, authorised by H. Head" in came
        assert "is no home of a police desk" in await typed(
            f"intelligence grade {report} {codes} --by G. --role x --home {hub}", expect=64
        )

"""A partnership that lives on the secured Kafka: somebody joins, rights are lost and given back."""

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.shell.topics import service_name
from contracts.fault import Transient
from deploy import clock
from deploy.demo.play import REPORTS
from deploy.demo.stage import Stage
from deploy.kafka.access import operations, service_connection
from deploy.kafka.plan import Right
from deploy.kafka.server import KafkaServer
from producers.keys import check_private
from tests.support.command import invoked
from tests.support.killing import Started

NOW = "mk-now"
# A command runs in this process here and ends its loop as its own process would end: a TLS
# connection that is saying good-bye at that moment is dropped, and Python warns of it.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
HOUSING = (
    "{id: mk-housing, title: MK Housing, kind: housing, contact: {mailbox: a@housing.example}}"
)
BEGINS = "2011-11-01T09:00:00Z"
REPORT = Path(__file__).parents[2] / "deploy" / "demo" / "reports" / "e14-release.yaml"


class Living:
    """The stage of the demonstration, with one partnership founded and agreed."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.stage = Stage(folder, tell=self.said.append, verbose=False)
        self.folder = folder
        self.kafka = folder / "kafka"
        self.server = KafkaServer(self.kafka)
        self.governance = self.stage.home(NOW, "mk-csp/control")

    def begin(self) -> None:
        """Found it."""
        self.do(f"kafka secure --home {self.kafka} --reauthentication 1")
        agencies = self.server.start()
        self.stage.found(NOW, agencies=agencies, services=self.server.services, begins=BEGINS)
        self.stage.agree(NOW)
        self.apply()

    def do(self, line: str, expect: int = 0) -> str:
        """Run a command."""
        return self.stage.do(line, quiet=True, expect=expect)

    def apply(self, more: str = "") -> str:
        """Apply what the log says."""
        source = f"--home {self.kafka} --agency-home {self.governance}"
        return self.do(f"kafka apply {source} --handover {self.folder}/handover {more}")

    def verify(self, expect: int = 0, more: str = "") -> str:
        """Verify what stands."""
        source = f"--home {self.kafka} --agency-home {self.governance}"
        return self.do(f"kafka verify {source} {more}", expect)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """Found and agree once for this module."""
    living = Living(tmp_path_factory.mktemp("living") / "stage")
    try:
        living.begin()
        yield living
    finally:
        living.stage.end()
        living.server.stop()
        gc.collect()


def test_applying_twice_changes_nothing_and_no_secret_is_said(town: Living) -> None:
    """A command that is given each night must be harmless, and its output goes into logs."""
    stands = town.do(f"kafka status --home {town.kafka}")
    for listener in (town.server.address, town.server.services):
        assert listener in stands
    assert "already" in town.do(f"kafka secure --home {town.kafka}")
    unknown = invoked(
        "kafka", "apply", "--home", town.kafka, "--agency-home", town.governance,
        "--renew", f"{NOW}.nobody",
    )  # fmt: skip
    assert (unknown.returncode, unknown.stdout) == (64, "")
    assert town.apply() == f"{NOW}: 0 differences mended.\n"
    assert "stand as planned; nothing else does" in town.verify()
    for path in (town.folder / NOW).rglob("kafka-secret"):
        check_private(path)
        assert path.read_text().split("\n")[1] not in "\n".join(town.said)
    planned = town.do(f"kafka plan --home {town.kafka} --agency-home {town.governance}")
    assert f"user {NOW}.mk-hub (mk-isa@1)" in planned
    assert f"user {NOW}.mk-csp (party to no agreement in force)" in planned
    purged = invoked("erasure", "purge", "--partnership", NOW, "--home", town.kafka)
    assert (purged.returncode, "Nothing was erased on this log" in purged.stderr) == (64, True)


def test_who_joins_gets_topics_first_and_a_user_once_admitted(town: Living) -> None:
    """Admitted without topics, it would hold up what is delivered to everybody."""
    place = town.folder / NOW
    control, case = place / "mk-housing-control", place / "mk-housing-case"
    keys = []
    for home, system in ((control, "control"), (case, "case")):
        town.do(
            f"home make {home} --partnership {NOW} --agency mk-housing --system {system} "
            f"--kafka {town.server.address}"
        )
        town.do(f"home trust {home} --from {place}/broker/trust.json")
        key = place / f"housing-{system}.key.json"
        purpose = " --control" if system == "control" else ""
        key.write_text(town.do(f"home key {home}{purpose}"))
        keys.append(f"--key {key}")
    document = place / "housing.yaml"
    document.write_text(HOUSING)
    admit = f"agency admit {document} {' '.join(keys)} --home {town.governance}"
    refused = invoked(*admit.split())
    assert refused.returncode == 64
    assert "candour kafka apply --agency-home HOME --admitting mk-housing" in refused.stderr
    assert "missing" in town.verify(1, "--admitting mk-housing")
    assert ".secret" not in town.apply("--admitting mk-housing")
    proposed = town.do(f"{admit} --prepared")
    assert town.verify().startswith(f"{NOW}: 18 topics, 4 users")
    digest = proposed.split("candour act endorse ")[1].split()[0]
    police = town.stage.home(NOW, "thames-valley/control")
    town.do(f"act endorse {digest} --home {police}")
    assert f"missing  user {NOW}.mk-housing" in town.verify(1)
    secret = town.folder / "handover" / f"{NOW}.mk-housing.secret"
    assert str(secret) in town.apply()
    for home in (control, case):
        town.do(f"home access {home} --ca {town.folder}/handover/ca.pem --secret {secret}")
    shown = town.do(f"partnership show --home {case}")
    assert "mk-housing" in shown
    assert "stand as planned" in town.verify()


def test_a_consumer_runs_on_through_its_re_authentications(town: Living) -> None:
    """Each session ends after a second here: what is sent between must still be acted on."""
    desk = town.stage.home(NOW, "thames-valley/desk")
    case = town.stage.home(NOW, "tv-probation/case")
    acting = Started(["consumer", "run", "--home", desk], town.folder / "consumer.log")
    try:
        for name, at in (*REPORTS, *(REPORTS[-1:] * 4)):  # longer than several sessions
            report = REPORT.with_name(f"{name}.yaml")
            said = town.do(f"publish {report} --again --home {case} --time {at}")
            statement = said.split("Stored as ")[1].split(";")[0]
            found = f"research list --all --home {desk}"
            deadline = time.monotonic() + 60
            while statement not in town.do(found):
                assert time.monotonic() < deadline, (town.folder / "consumer.log").read_text()
                time.sleep(0.2)
    finally:
        acting.kill()


def test_a_broker_that_lacks_a_right_waits_and_goes_on_when_it_is_given(town: Living) -> None:
    """Rights are given while everything runs; nobody should have to start the broker for it."""
    lost = Right(service_name(NOW, "dispatcher"), "WRITE", "TOPIC", f"receipts.{NOW}.tv-probation")
    with operations(town.kafka, now=clock.now()) as connected:
        connected.take_back((lost,))
    case = town.stage.home(NOW, "tv-probation/case")
    at = "--time 2011-11-21T12:00:00Z"
    silent = town.do(f"publish {REPORT} --again --home {case} {at} --wait 4", expect=75)
    assert "NOT DELIVERED" in silent
    assert f"missing  {lost}" in town.verify(1)
    town.apply()
    town.do(f"outbox catch-up --home {case}")
    assert "waits" not in town.do(f"outbox --home {case}")
    log = (town.folder / NOW / "broker.log").read_text()
    assert "Kafka does not allow this" in log


def test_a_renewed_secret_shuts_the_old_one_out(town: Living) -> None:
    """A lost laptop: the old secret opens nothing, the new one everything that was planned."""
    case = town.stage.home(NOW, "tv-probation/case")
    town.apply(f"--renew {NOW}.tv-probation")
    refused = invoked("partnership", "show", "--home", case)
    assert refused.returncode == 69
    assert "it is wrong, or it was revoked" in refused.stderr
    assert "candour kafka apply --renew" in refused.stderr
    secret = town.folder / "handover" / f"{NOW}.tv-probation.secret"
    ca = town.folder / "handover" / "ca.pem"
    for system in ("control", "case"):
        home = town.stage.home(NOW, f"tv-probation/{system}")
        town.do(f"home access {home} --ca {ca} --secret {secret}")
    assert "tv-probation" in town.do(f"partnership show --home {case}")


async def test_one_partnership_holds_one_services_certificates(town: Living) -> None:
    """The auditor's certificate claims no transactional id: nobody but the sequencer records."""
    held = town.folder / "handover"
    connection = service_connection(
        town.server.services, authority=held / "ca.pem",
        certificate=held / f"{service_name(NOW, 'auditor')}.pem", now=clock.now(),
    )  # fmt: skip
    with pytest.raises(Transient, match="Kafka does not allow this"):
        await connection.producer(service_name(NOW, "sequencer"))

"""An auditor who does not reach the log is told what to give, not to wait."""

from pathlib import Path

from tests.support.command import invoked
from tests.support.secured import OTHER, Secured


def test_an_export_that_does_not_reach_the_log_says_what_to_give(
    town: Secured, tmp_path: Path
) -> None:
    """Two addresses and two files are easily confused, and an auditor has no broker to wait for."""
    certificate = town.handover / f"candour.{OTHER}.auditor.pem"
    proved = ["--ca", town.security.authority, "--certificate", certificate]
    agencies, services = town.server.address, town.server.services

    def exported(kafka: str, *given: object, to: str = "export") -> tuple[int, str]:
        ran = invoked(
            "audit", "export", tmp_path / to, "--partnership", OTHER, "--kafka", kafka, *given
        )
        assert "The broker goes on by itself" not in ran.stderr
        return ran.returncode, ran.stderr + ran.stdout

    code, told = exported(agencies, *proved)
    assert (code, "Kafka's listener for agencies" in told) == (69, True)
    assert "candour kafka address --services" in told
    code, told = exported(services)
    assert (code, "needs --ca and --certificate" in told) == (69, True)
    for name in ("--ca", "--certificate"):
        lacking = [*proved]
        lacking[lacking.index(name) + 1] = tmp_path / "nope.pem"
        code, told = exported(services, *lacking)
        assert (code, f"{tmp_path / 'nope.pem'} is not there." in told) == (64, True)
        assert "as operations handed them over" in told
    assert not (tmp_path / "export").exists(), "of what was refused nothing is left"
    code, told = exported(services, *proved)
    assert (code, "Exported " in told) == (0, True)
    code, told = exported("127.0.0.1:1", *proved, to="away")  # nothing listens there
    assert (code, "Ask operations whether Kafka runs" in told) == (69, True)

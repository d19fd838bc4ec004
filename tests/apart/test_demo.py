"""The demonstration and the README: what a newcomer is promised is what the commands do."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.demo.kept import check_free
from deploy.kafka.server import KafkaServer
from tests.support.command import CANDOUR, ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_demonstration_plays_and_the_readme_goes_on_from_it(tmp_path: Path) -> None:
    """Two commands and a page are all that a newcomer has: each line of them must be true."""
    for shared in ("producers", ".venv"):
        (tmp_path / shared).symlink_to(ROOT / shared)
    environment = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    played = subprocess.run(
        ["candour", "demo"], capture_output=True, text=True, check=False, cwd=tmp_path,
        env=environment,
    )  # fmt: skip
    assert played.returncode == 0, played.stdout[-2000:] + played.stderr
    assert "14 of 14 looks are still to be made" in played.stderr
    assert "log of 2 May 2012 it was 2,218 days to the assault of 29 May 2018" in played.stdout
    assert "Nobody says who looks" not in played.stdout
    assert ".venv/bin/activate" in played.stdout
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    script = "\n".join(["set -e", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *blocks])
    try:
        ran = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path,
            env=environment,
        )  # fmt: skip
    finally:
        KafkaServer(tmp_path / ".candour/demo/kafka").stop()
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert "VERIFIED (exit code 0)" in ran.stdout
    assert "Delivered to: thames-valley, mk-hub." in ran.stdout
    again = subprocess.run(
        ["candour", "demo"], capture_output=True, text=True, check=False, cwd=tmp_path,
        env=environment,
    )  # fmt: skip
    assert (again.returncode, "Something was done in" in again.stderr) == (64, True)
    assert (tmp_path / ".candour/demo/proof").is_dir()


@pytest.mark.parametrize(
    ("by", "at"), [(signal.SIGINT, "candour partnership found"), (signal.SIGTERM, "Founding two")]
)
def test_a_demonstration_that_is_broken_off_stops_what_it_started(
    by: signal.Signals, at: str, tmp_path: Path
) -> None:
    """Ctrl-C is no defect to report, and leaves nothing running and nothing to be asked about."""
    folder = tmp_path / "demo"
    with subprocess.Popen(
        [*CANDOUR, "demo", "--folder", str(folder), "--verbose"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=ROOT,
    ) as playing:  # fmt: skip
        assert playing.stdout is not None
        for line in playing.stdout:
            if at in line:
                playing.send_signal(by)
                break
        told, failed = playing.communicate()
    assert playing.returncode == 130
    assert "Interrupted: what was started is stopped now." in told
    assert "report" not in failed
    assert not KafkaServer(folder / "kafka").status().running
    check_free(folder, afresh=False)

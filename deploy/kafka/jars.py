"""Kafka's jars, by its Maven coordinates; Java and Maven installed where that is allowed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from contracts.fault import Misuse

VERSION = "4.3.1"
JAVA_MIN = 17
_POM = Path(__file__).with_name("pom.xml")


class KafkaUnavailable(Misuse):
    """Kafka cannot be brought to this machine as it is."""


def jars(cache: Path, *, java: str, say: Callable[[str], None]) -> Path:
    """Give the folder with Kafka's jars, fetching them once.

    Args:
        cache: where they are kept between runs.
        java: the Java command.
        say: told in a line what takes time.

    Returns:
        A folder for the class path.

    Raises:
        KafkaUnavailable: Java, Maven or the jars cannot be had; the remedy says what to install.
    """
    _require_java(java, say)
    folder = cache / f"kafka-{VERSION}"
    if (folder / "complete").exists():
        return folder
    if shutil.which("mvn") is None:
        _install("maven", "Maven", say)
    say(f"Fetching Apache Kafka {VERSION} with Maven, once (about 54 MB)...")
    fresh = cache / f"kafka-{VERSION}.{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    ran = subprocess.run(
        ["mvn", "--quiet", "--batch-mode", "--file", str(_POM), "dependency:copy-dependencies",
         f"-DoutputDirectory={fresh}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0 or not any(fresh.glob("kafka_2.13-*.jar")):
        shutil.rmtree(fresh, ignore_errors=True)
        tail = "\n".join((ran.stdout + ran.stderr).splitlines()[-5:])
        raise KafkaUnavailable(
            f"Maven could not fetch Apache Kafka {VERSION}:\n{tail}\n",
            remedy="Check that this machine reaches a Maven repository, then run this again.",
        )
    (fresh / "complete").touch()
    if folder.exists():
        shutil.rmtree(fresh)
    else:
        fresh.rename(folder)
    return folder


def _require_java(java: str, say: Callable[[str], None]) -> None:
    version = _java_version(java)
    if version is None and java == "java":
        _install("default-jre-headless", f"Java {JAVA_MIN} or newer", say)
        version = _java_version(java)
    if version is None or version < JAVA_MIN:
        raise KafkaUnavailable(
            f"Kafka {VERSION} needs Java {JAVA_MIN} or newer; `{java}` is "
            f"{'missing' if version is None else f'version {version}'}.",
            remedy=f"Install a Java {JAVA_MIN} runtime, or point CANDOUR_JAVA at one.",
        )


def _java_version(java: str) -> int | None:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else None


def _install(package: str, name: str, say: Callable[[str], None]) -> None:
    """Install a Debian package where we may, else say what to install."""
    remedy = f"Install it (Debian: apt-get install {package}), then run this again."
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise KafkaUnavailable(f"{name} is not on this machine.", remedy=remedy)
    say(f"Installing {name} with apt-get...")
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", package]):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        ran = subprocess.run(command, capture_output=True, check=False, env=environment)
        if ran.returncode != 0:
            raise KafkaUnavailable(f"apt-get could not install {package}.", remedy=remedy)

"""One command makes every key and certificate; nothing has a default, nothing is half given."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from contracts.fault import Misuse
from deploy import clock
from deploy.broker_home import BrokerHome
from deploy.kafka.certificates import Held, issue, make_authority, read_revoked_list
from deploy.kafka.secured import Security, secure
from deploy.kafka.server import KafkaServer
from producers.keys import OTHERS, write_private

AT = datetime(2026, 11, 1, tzinfo=UTC)
PRIVATE = ("ca-key.pem", "broker.pem", "admin.pem")


def made(folder: Path, now: datetime = AT, **how: object) -> list[str]:
    """Secure a Kafka."""
    return secure(folder, now=now, random_bytes=clock.random_bytes, **how)  # type: ignore[arg-type]


def held(folder: Path, name: str) -> Held:
    """Read a key and its certificate."""
    return Held.read((folder / "security" / name).read_bytes())


def test_keys_are_drawn_private_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    """A default secret is everybody's secret; a new authority each night would shut all out."""
    one, two = tmp_path / "one", tmp_path / "two"
    assert made(one)
    before = {path: path.read_bytes() for path in (one / "security").rglob("*.*")}
    assert made(one) == []
    assert {path: path.read_bytes() for path in (one / "security").rglob("*.*")} == before
    made(two)
    for name in PRIVATE:
        assert not (one / "security" / name).stat().st_mode & OTHERS
        assert held(one, name).key.private_numbers() != held(two, name).key.private_numbers()
    for folder in (one, one / "security"):
        assert not folder.stat().st_mode & OTHERS


def test_kafkas_certificate_names_what_it_is_reached_by_and_is_renewed_in_time(
    tmp_path: Path,
) -> None:
    """A name that is not in it is refused by every client; so is one that ran out."""
    made(tmp_path, hosts=["kafka.example"], days=90)
    certificate = held(tmp_path, "broker.pem").certificate
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["kafka.example", "localhost"]
    assert [str(one) for one in named.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert certificate.not_valid_after_utc == AT + timedelta(days=90)
    assert made(tmp_path, now=AT + timedelta(days=59)) == []
    later = made(tmp_path, now=AT + timedelta(days=61))
    assert later == ["the certificate of broker", "the certificate of admin"]
    assert Security.opened(tmp_path).settings.hosts[0] == "kafka.example"


def test_what_is_revoked_stays_revoked_and_holds_nothing(tmp_path: Path) -> None:
    """The list only grows; Kafka refuses everybody once it has run out, so it does not."""
    made(tmp_path)
    security = Security.opened(tmp_path)
    name = "candour.mk-now.sequencer"
    for _ in range(2):
        security.issue(name, "services", now=AT, random_bytes=clock.random_bytes)
        assert security.holds(name, now=AT)
        assert security.revoke(name, now=AT) == 1
        assert not security.holds(name, now=AT)
    assert security.revoke("candour.mk-now.dispatcher", now=AT) == 0
    listed = (security.folder / "revoked.crl").read_bytes()
    assert len(read_revoked_list(listed)) == 2
    authority = held(tmp_path, "ca-key.pem").certificate
    assert x509.load_pem_x509_crl(listed).next_update_utc == authority.not_valid_after_utc


def test_a_kafka_secured_in_part_does_not_start(tmp_path: Path) -> None:
    """It would start open to everybody."""
    made(tmp_path)
    (tmp_path / "security" / "settings.yaml").unlink()
    with pytest.raises(Misuse, match="is not whole") as refused:
        KafkaServer(tmp_path).start()
    assert "candour kafka secure" in refused.value.remedy
    assert made(tmp_path)
    assert Security.of(tmp_path) is not None
    assert Security.of(tmp_path / "plain") is None
    with pytest.raises(Misuse, match="is not secured"):
        Security.opened(tmp_path / "plain")


def test_a_brokers_home_gives_all_three_files_or_none(tmp_path: Path) -> None:
    """A sequencer that connects plainly for want of one line would be refused at 3 am."""
    folder = tmp_path / "broker"
    home = BrokerHome.create(
        folder, partnership="mk-now", kafka="127.0.0.1:1", random_bytes=clock.random_bytes
    )
    assert home.certified is None
    authority = make_authority(now=AT, random_bytes=clock.random_bytes)
    paths = {name: tmp_path / name for name in ("ca", "sequencer", "dispatcher")}
    for name, path in paths.items():
        one = issue(
            authority, name, "services", lasts=timedelta(days=1), revoked_at="file:///none",
            now=AT, random_bytes=clock.random_bytes,
        )  # fmt: skip
        write_private(path, one.pem)
    given = BrokerHome.give_access(
        folder, authority=paths["ca"], sequencer=paths["sequencer"],
        dispatcher=paths["dispatcher"], address="127.0.0.1:2",
    )  # fmt: skip
    assert given.kafka == "127.0.0.1:2"
    assert given.certified is not None
    assert [path.read_bytes() for path in given.certified] == [
        path.read_bytes() for path in paths.values()
    ]
    written = folder / "partnership.yaml"
    written.write_text(written.read_text().replace("dispatcher: dispatcher.pem\n", ""))
    with pytest.raises(Misuse, match="gives some of"):
        BrokerHome.open(folder)

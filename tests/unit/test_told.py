"""Telling by command and by process: killed at random, asked for, and tried by hand."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from consumers import standing
from consumers.store import Store
from consumers.telling import contact, rows
from consumers.telling.notification import Waits, delivery_of, reference_of, standstill, told_of
from contracts.event.work import AlertRaised
from contracts.section import Whereabouts
from deploy.wiring import STORE
from producers.home import Home
from producers.keys import write_private
from tests.support.command import invoked, typed
from tests.support.killing import Started
from tests.support.letterboxes import (
    Mailbox,
    Pair,
    Web,
    certified,
    channels_file,
    mail_server,
    web_server,
)
from tests.support.speaking import home_of
from tests.support.town import Town

HUB = "mk-hub/safeguarding"
ROLES = """\
  duty_inspector:
    called: duty desk
    channels:
      - mail: duty@hub.example
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An authority of this test's own."""
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mail(pair: Pair) -> Iterator[Mailbox]:
    """A mail server that takes nothing without STARTTLS."""
    with mail_server(pair) as box:
        yield box


@pytest.fixture
def web(pair: Pair) -> Iterator[Web]:
    """A web server."""
    with web_server(pair) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, pair: Pair, mail: Mailbox, web: Web) -> Home:
    """The hub's home, whose Kafka is away, and whose channels are there."""
    made = home_of(tmp_path / "home", HUB)
    write_private(made.folder / "trust.json", msgspec.json.encode(Town().log.trust))
    channels_file(made.folder, pair, mail=mail.port, web=web.address, roles=ROLES)
    return made


def to_be_told(home: Home, *said: str) -> Store:
    """Let so many alerts wait to be told of."""
    store = Store(home.folder / STORE)
    with store.write() as db:
        for one in said:
            event = AlertRaised(
                rule="M20", rule_version="1", statements=[f"report-{one}"], good="g",
                attention="interrupt", owner_role="duty_inspector", fallback_role="other", due_at=0,
            )  # fmt: skip
            rows.add(db, told_of(one, event, exercise=False))
    return store


async def reached(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for a named condition."""

    async def wait() -> None:
        while not holds():  # noqa: ASYNC110 - another process makes it hold
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), within_s)


async def test_a_consumer_that_is_killed_loses_no_word_and_repeats_it_only_under_its_key(
    home: Home, mail: Mailbox, tmp_path: Path
) -> None:
    """A power cut while somebody is being told must cost nobody the telling."""
    names = [f"alert-{number:02d}" for number in range(40)]
    to_be_told(home, *names).close()
    chance = random.Random(5)
    log = tmp_path / "consumer.log"
    run = Started(["consumer", "run", "--home", home.folder], log)
    try:
        reach = 0
        for _ in range(4):
            reach += chance.randint(3, 8)
            await reached(lambda at=reach: len(mail.took) >= at)  # type: ignore[misc]
            run.again()
        await reached(lambda: len({one["Message-ID"] for one in mail.mails}) == len(names))
    finally:
        run.kill()
    channel = "mail-" + _channel_of(home)
    keys = [str(one["Message-ID"]).strip("<>").partition("@")[0] for one in mail.mails]
    assert list(dict.fromkeys(keys)) == [
        delivery_of("mk-hub", f"alert/{name}/duty_inspector", channel) for name in names
    ]
    assert max(Counter(keys).values()) <= 2
    assert "report-" not in log.read_text()


def _channel_of(home: Home) -> str:
    store = Store(home.folder / STORE)
    with store.read() as db:
        found = {row["channel"] for row in rows.listed(db)}
    store.close()
    (name,) = found
    return str(name).removeprefix("mail-")


def test_the_list_says_who_was_told_of_what_and_hides_what_is_kept(
    home: Home, mail: Mailbox
) -> None:
    """Whoever is rung gives a reference, and the desk finds what it is of."""
    store = to_be_told(home, "open-alert", "kept-alert")
    with store.write() as db:
        standing.keep_from(db, ["report-kept-alert"], ["his-token"])
    store.close()
    listed = invoked("telling", "list", "--home", home.folder)
    assert listed.returncode == 0
    assert reference_of("open-alert") in listed.stdout
    assert "nobody yet" in listed.stdout
    assert "kept-alert" not in listed.stdout
    assert reference_of("kept-alert") not in listed.stdout


def test_the_list_names_whatever_may_be_told(home: Home) -> None:
    """It broke off where another agency owes something, which the demonstration's own desk has."""
    (home.folder / "channels.yaml").unlink()
    store = Store(home.folder / STORE)
    with store.write() as db:
        for one in get_args(Waits):
            rows.add(db, [replace(standstill(one, 0, exercise=False), waits=one)])
    store.close()
    listed = invoked("telling", "list", "--home", home.folder)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert f"{home.folder} has no channels.yaml: nobody is told anything." in listed.stdout
    assert "what another agency owes" in listed.stdout


async def test_a_test_goes_to_every_channel_of_a_role_and_says_that_it_is_one(
    home: Home, mail: Mailbox
) -> None:
    """Nobody should find out in the night that the mailbox was closed in May."""
    told = await typed(f"telling try duty_inspector --home {home.folder}")
    assert "taken" in told
    (sent,) = mail.mails
    assert "test" in sent["Subject"]
    assert "THIS IS A TEST" in sent.get_content()
    mail.says = lambda _: "550 5.1.1 no such"
    told = await typed(f"telling try duty_manager --home {home.folder}", expect=1)
    assert "NOT TAKEN (smtp_550)" in told
    told = await typed(f"telling try postman --home {home.folder}", expect=64)
    assert "duty_inspector, duty_manager" in told
    store = Store(home.folder / STORE)
    with store.write() as db:
        rows.keep_contacts(
            db, "s", contact.private([Whereabouts("A" * 22, safe_contact="duty@hub.example")])
        )
    store.close()
    told = await typed(f"telling try duty_inspector --home {home.folder}", expect=64)
    assert "A channel of the role duty_inspector leads to where a private person" in told
    assert "duty@hub" not in told
    assert len(mail.took) == 1
    (home.folder / "channels.yaml").unlink()
    told = await typed(f"telling try duty_inspector --home {home.folder}", expect=64)
    assert "nobody is told anything" in told

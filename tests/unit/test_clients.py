"""Notifications by real servers: mail with STARTTLS, signed webhooks, Notify's official client."""

import asyncio
import json
import smtplib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import jwt
import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifying
from standardwebhooks.webhooks import WebhookVerificationError

from consumers.store import Store
from consumers.telling import rows
from consumers.telling.notification import Words, told_of
from consumers.telling.sending import Failed, Sending, Told
from contracts.event.control import Rules
from contracts.event.work import AlertRaised
from contracts.fault import Misuse
from deploy.telling import channels, clients
from deploy.telling.clients import Notify, Smtp, Webhook, brought
from deploy.telling.running import telling
from tests.support.doorbells import Watch, states
from tests.support.letterboxes import (
    HOOK_SECRET,
    HOST,
    NOTIFY_KEY,
    NOTIFY_SECRET,
    NOTIFY_SERVICE,
    Mailbox,
    Pair,
    Took,
    Web,
    certified,
    channels_file,
    mail_server,
    notified,
    web_server,
)
from tests.vectors.ledger import founding

WORDS = Words("Desk: look NOW, K7QX-2M4D", "Something waits for the duty desk.\n")
KEY = "0123456789abcdef0123456789abcdef"


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


def smtp(box: Mailbox, pair: Pair | None, host: str = HOST) -> Smtp:
    """Send by a mail server."""
    return Smtp(
        host=host, port=box.port, security="starttls", sender="candour@hub.example",
        ca=pair.ca if pair else None,
    )  # fmt: skip


async def failing(client: clients.Client, address: str) -> Failed:
    """Send what is not taken; give why."""
    with pytest.raises(Failed) as failed:
        await brought(client, address, WORDS, KEY)
    return failed.value


async def test_a_mail_goes_out_on_tls_and_its_message_id_is_the_key(
    mail: Mailbox, pair: Pair
) -> None:
    """A repetition has the same Message-ID, and nobody's answering machine answers it."""
    for _ in range(2):
        await brought(smtp(mail, pair), "duty@hub.example", WORDS, KEY)
    first, again = mail.mails
    assert first["Message-ID"] == again["Message-ID"] == f"<{KEY}@hub.example>"
    assert (first["To"], first["From"]) == ("duty@hub.example", "candour@hub.example")
    assert first["Subject"] == WORDS.subject
    assert first.get_content().replace("\r\n", "\n") == WORDS.body
    assert first["Auto-Submitted"] == "auto-generated"


async def test_nothing_is_said_to_a_mail_server_that_is_not_known_or_offers_no_tls(
    mail: Mailbox, pair: Pair
) -> None:
    """Whoever sits between must not read that something waits."""
    assert (await failing(smtp(mail, None), "duty@hub.example")).why == "SSLCertVerificationError"
    with mail_server(pair, starttls=False) as bare:
        assert not (await failing(smtp(bare, pair), "duty@hub.example")).forever
        assert bare.took == []
    assert mail.took == []
    with smtplib.SMTP(HOST, mail.port) as plain, pytest.raises(smtplib.SMTPSenderRefused):
        plain.sendmail("a@b.example", ["duty@hub.example"], "the server itself insists")


@pytest.mark.parametrize(
    ("answer", "why", "forever"),
    [
        ("550 5.1.1 no mailbox of T. Hill here", "smtp_550", True),
        ("451 4.7.1 greylisted", "smtp_451", False),
    ],
)
async def test_a_refused_mailbox_is_for_good_and_a_busy_one_is_not(
    mail: Mailbox, pair: Pair, answer: str, why: str, forever: bool
) -> None:
    """And nothing that the server wrote is repeated: it may name anybody."""
    mail.says = lambda _: answer
    failed = await failing(smtp(mail, pair), "duty@hub.example")
    assert (failed.why, failed.forever) == (why, forever)
    assert "Hill" not in repr(failed)
    mail.says = lambda _: "250 OK"
    mail.after = lambda: "452 4.3.1 full"
    assert (await failing(smtp(mail, pair), "duty@hub.example")).why == "smtp_452"


async def test_a_webhook_is_signed_as_the_standard_says(web: Web, pair: Pair) -> None:
    """Whoever receives it checks it with the standard's own library."""
    hook = Webhook(secret=HOOK_SECRET, ca=pair.ca)
    for _ in range(2):
        await brought(hook, f"{web.address}/desk", WORDS, KEY)
    assert [took.headers["webhook-id"] for took in web.took] == [KEY, KEY]
    took = web.took[0]
    said = Verifying(HOOK_SECRET).verify(took.body, took.headers)
    assert said["data"] == {"subject": WORDS.subject, "text": WORDS.body}
    assert set(said) == {"type", "timestamp", "data"}
    with pytest.raises(WebhookVerificationError):
        Verifying(HOOK_SECRET).verify(took.body.replace(b"NOW", b"now"), took.headers)
    with pytest.raises(Misuse, match="secret cannot be used"):
        Webhook(secret="")


async def test_a_redirect_is_not_followed_by_webhook_or_notify(web: Web, pair: Pair) -> None:
    """What is signed for one place must not be carried to another."""
    with web_server(pair) as elsewhere:
        web.answers = lambda _: (307, {"location": f"{elsewhere.address}/other"}, b"")
        hook = Webhook(secret=HOOK_SECRET, ca=pair.ca)
        assert (await failing(hook, f"{web.address}/desk")).why == "http_307"
        assert (await failing(notify(web, pair), "07700 900123")).why == "notify_307"
        assert elsewhere.took == []


@pytest.mark.parametrize(("status", "forever"), [(500, False), (404, False), (410, True)])
async def test_a_webhook_that_fails_is_tried_again_but_not_where_it_is_gone(
    web: Web, pair: Pair, status: int, forever: bool
) -> None:
    """A receiver that is being mended comes back; one that says it is gone does not."""
    web.answers = lambda _: (status, {}, b"T. Hill")
    failed = await failing(Webhook(secret=HOOK_SECRET, ca=pair.ca), f"{web.address}/desk")
    assert (failed.why, failed.forever) == (f"http_{status}", forever)


async def test_a_webhook_to_nobody_and_to_a_stranger_fails(web: Web, pair: Pair) -> None:
    """Refused, and a certificate that nobody vouches for."""
    hook = Webhook(secret=HOOK_SECRET, ca=pair.ca)
    assert (await failing(hook, f"https://{HOST}:1/desk")).why == "NewConnectionError"
    assert (await failing(Webhook(secret=HOOK_SECRET), web.address)).why == "SSLError"
    assert web.took == []


async def test_an_attempt_ends_in_time_however_slowly_a_server_answers(
    web: Web, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that never answers must not hold a channel for ever."""
    hold = threading.Event()

    def slow(_: Took) -> tuple[int, dict[str, str], bytes]:
        hold.wait(30)
        return 204, {}, b""

    web.answers = slow
    monkeypatch.setattr(clients, "ATTEMPT_S_MAX", 0.2)
    try:
        hook = Webhook(secret=HOOK_SECRET, ca=pair.ca)
        assert (await failing(hook, f"{web.address}/desk")).why == "too_slow"
        assert (await failing(notify(web, pair), "07700 900123")).why == "too_slow"
    finally:
        hold.set()


def notify(web: Web, pair: Pair, *, by_text: bool = True) -> Notify:
    """Send by Notify."""
    return Notify(
        key=NOTIFY_KEY, address=web.address, by_text=by_text, template="a-template", ca=pair.ca
    )


@pytest.mark.parametrize("by_text", [True, False])
async def test_notify_is_asked_by_its_official_client(web: Web, pair: Pair, by_text: bool) -> None:
    """Its token is checked as Notify checks it, and its reference is the key."""
    web.answers = notified
    await brought(notify(web, pair, by_text=by_text), "07700 900123", WORDS, KEY)
    (took,) = web.took
    token = took.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token, NOTIFY_SECRET, algorithms=["HS256"], options={"verify_iat": True}, leeway=30
    )
    assert claims["iss"] == NOTIFY_SERVICE
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, NOTIFY_SECRET.upper(), algorithms=["HS256"])
    asked = json.loads(took.body)
    to = {"phone_number": "07700 900123"} if by_text else {"email_address": "07700 900123"}
    personal = {"body": WORDS.body} | ({} if by_text else {"subject": WORDS.subject})
    assert asked == {
        **to, "template_id": "a-template", "personalisation": personal, "reference": KEY,
    }  # fmt: skip
    assert took.path == f"/v2/notifications/{'sms' if by_text else 'email'}"


@pytest.mark.parametrize(("status", "forever"), [(400, True), (403, False), (429, False)])
async def test_what_notify_will_never_take_is_for_good(
    web: Web, pair: Pair, status: int, forever: bool
) -> None:
    """Too many, a clock that is wrong: tried again. A number that is none: not."""
    errors = {"status_code": status, "errors": [{"error": "BadRequestError", "message": "T. Hill"}]}
    web.answers = lambda _: (status, {}, json.dumps(errors).encode())
    failed = await failing(notify(web, pair), "07700 900123")
    assert (failed.why, failed.forever) == (f"notify_{status}", forever)


def test_a_key_for_notify_that_is_none_is_refused(web: Web, pair: Pair) -> None:
    """The client itself would fail at the first alert."""
    with pytest.raises(Misuse, match="Copy it whole"):
        Notify(key="short", address=web.address, by_text=True, template="t", ca=pair.ca)


ROLES = """\
  duty_inspector:
    channels:
      - mail: duty@police.example
      - webhook: WEB/desk
        secret: hook-secret
        ca: letters-ca.pem
      - text: 07700 900123
"""


def test_the_thread_tells_every_way_while_one_hangs_and_goes_on_after_a_restart(
    tmp_path: Path, mail: Mailbox, web: Web, pair: Pair
) -> None:
    """Mail and webhook are there before the text message's server has said a word."""
    hold, asked = threading.Event(), threading.Event()

    def answers(took: Took) -> tuple[int, dict[str, str], bytes]:
        if took.path == "/desk":
            return 204, {}, b""
        asked.set()
        hold.wait(30)
        return notified(took)

    web.answers = answers
    store, told = _home(tmp_path, mail, web, pair)
    sending = Sending(store, told, now_ms=Watch().now_ms)
    try:
        with telling(sending, told.every(), may_begin=lambda: True):
            hanging = ["sent"] * 4 + ["waiting"] * 2
            _reached(
                lambda: (
                    asked.is_set()
                    and sorted(state or "" for _, state, _ in states(store)) == hanging
                )
            )
            assert (len(mail.took), len(_hooks(web))) == (2, 2)
    finally:
        hold.set()
    web.answers = notified
    with telling(sending, told.every(), may_begin=lambda: True):
        _reached(lambda: {state for _, state, _ in states(store)} == {"sent"})
    texts = [json.loads(took.body)["reference"] for took in web.took if took.path != "/desk"]
    assert len(set(texts)) == 2
    assert len(mail.took) == 2


def test_nothing_is_told_before_what_happened_meanwhile_was_read(
    tmp_path: Path, mail: Mailbox, web: Web, pair: Pair
) -> None:
    """A rebuilt consumer would else tell of what somebody saw to last year."""
    store, told = _home(tmp_path, mail, web, pair)
    began, asked = threading.Event(), list[bool]()

    def may_begin() -> bool:
        asked.append(began.is_set())
        return asked[-1]

    with telling(Sending(store, told, now_ms=Watch().now_ms), told.every(), may_begin=may_begin):
        _reached(lambda: len(asked) > 1)
        assert mail.took == []
        with store.read() as db:
            assert len(rows.fresh(db)) == 2
        began.set()
        _reached(lambda: len(mail.took) == 2)


def _hooks(web: Web) -> list[Took]:
    return [took for took in web.took if took.path == "/desk"]


def _home(folder: Path, mail: Mailbox, web: Web, pair: Pair) -> tuple[Store, Told]:
    roles = ROLES.replace("WEB", web.address)
    channels_file(folder, pair, mail=mail.port, web=web.address, roles=roles)
    rules = msgspec.convert(founding()["rules"], Rules)
    told = channels.read(folder, agency="thames-valley", rules=rules)
    assert told is not None
    store = Store(folder / "telling.sqlite")
    event = AlertRaised(
        rule="M20", rule_version="1", statements=["s"], attention="interrupt", good="g",
        owner_role="duty_inspector", fallback_role="other", due_at=0,
    )  # fmt: skip
    with store.write() as db:
        for said in ("a", "b"):
            rows.add(db, told_of(said, event, exercise=False))
    return store, told


def _reached(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for a named condition."""

    async def wait() -> None:
        while not holds():  # noqa: ASYNC110 - another thread makes it hold
            await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(wait(), within_s))

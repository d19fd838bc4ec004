"""`channels.yaml`: who is told comes from configuration alone, checked by line."""

from pathlib import Path

import msgspec
import pytest

from consumers.telling import contact
from consumers.telling.notification import DUTY
from contracts.event.control import Rules
from contracts.fault import InvariantBroken, Misuse
from contracts.section import SourceIdentity, Whereabouts
from deploy.telling import channels
from deploy.telling.channels import RoleChannel, read
from deploy.telling.clients import Webhook
from tests.support.letterboxes import HOOK_SECRET, certified, channels_file
from tests.vectors.ledger import founding

EXAMPLE = Path(channels.__file__).with_suffix(".yaml")
RULES = msgspec.convert(founding()["rules"], Rules)
ROLES = """\
  duty_inspector:
    called: duty desk
    readers: [L. Lead]
    channels:
      - mail: duty@police.example
      - webhook: https://127.0.0.1:1/desk
        secret: hook-secret
        ca: letters-ca.pem
      - text: 07700 900123
      - notify_mail: desk@police.example
"""
KEPT = {"L. Lead": frozenset({"token-of-lead"}), "J. Okafor": frozenset({"token-of-okafor"})}


def written(folder: Path, roles: str = ROLES, **changes: str) -> Path:
    """Write a home's file, some of its text replaced."""
    folder.mkdir(mode=0o700, exist_ok=True)
    pair = certified(folder / "tls")
    path = channels_file(folder, pair, mail=25, web="https://127.0.0.1:1", roles=roles)
    text = path.read_text()
    for old, new in changes.items():
        assert old.replace("__", ": ") in text
        text = text.replace(old.replace("__", ": "), new)
    path.write_text(text)
    return folder


def test_each_role_has_its_channels_and_readers_and_no_address_is_printed(tmp_path: Path) -> None:
    """A repr in a trace must not say where anybody is reached."""
    told = read(written(tmp_path / "home"), agency="mk-hub", rules=RULES, viewer=KEPT.get)
    assert told is not None
    assert [one.name.split("-")[0] for one in told.channels["duty_inspector"]] == [
        "mail", "webhook", "text", "notify_mail",
    ]  # fmt: skip
    assert len({one.name for one in told.every()}) == 5
    assert told.channels["duty_inspector"][0].readers == KEPT["L. Lead"]
    (manager,) = told.channels[DUTY]
    assert (manager.role, manager.readers) == (DUTY, KEPT["J. Okafor"])
    assert told.called == {"duty_inspector": "duty desk"}
    printed = repr(told.every())
    assert "example" not in printed
    assert "07700" not in printed
    assert "token" not in printed


def test_whom_a_reader_lives_with_counts_from_when_it_is_known(tmp_path: Path) -> None:
    """What runs on for weeks would tell an officer of his own household's case."""
    known = dict(KEPT)
    told = read(written(tmp_path / "home"), agency="mk-hub", rules=RULES, viewer=known.get)
    assert told is not None
    known["L. Lead"] = frozenset({*KEPT["L. Lead"], "household"})
    assert "household" in (told.channels["duty_inspector"][0].readers or ())


def test_a_reader_whom_nobody_knows_makes_the_readers_unknown(tmp_path: Path) -> None:
    """A name that was misspelt must not open to somebody what is kept from them."""
    told = read(written(tmp_path / "home"), agency="mk-hub", rules=RULES)
    assert told is not None
    assert {one.readers for one in told.every()} == {None}


def test_without_the_file_nobody_is_told(tmp_path: Path) -> None:
    """A home that never had one goes on as before."""
    assert read(tmp_path, agency="mk-hub", rules=RULES) is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("duty_inspector:", "duty_postman:", "line 19: this role is in no rule here. Known: "
         "duty_inspector."),
        ("called__duty desk", "called: domestic abuse desk", "line 20: `roles.duty_inspector.called"
         "`: write a neutral name"),
        ("- text__07700 900123", "- text: 07700 900123\n        mail: a@b.example",
         "exactly one of mail, webhook, text, notify_mail"),
        ("https://127.0.0.1:1/desk", "http://127.0.0.1:1/desk", "write an https:// address"),
        ("https://127.0.0.1:1/desk", "https://me:secret@127.0.0.1:1/desk", "write an https://"),
        ("        secret__hook-secret\n", "", "a webhook, and it alone, has a `secret`"),
        ("  text_template__f33517ff-2a88-4f6e-b855-c550268ce08a\n", "", "this needs `notify.text_"
         "template`"),
        ("duty@police.example", "duty desk", "write a mailbox that is read"),
        ("  telephone__01632 960101", "  telephone: none", "write a number that is answered"),
        ("  name__J. Okafor\n", "", "`on_duty.name` is missing"),
        ("  sender__candour@hub.example\n", "  sender: c@h.example\n  user: c\n", "`user` and "
         "`secret` go together"),
        ("on_duty:", "duty_manager:", "`on_duty` is missing"),
        ("duty_inspector:", "duty_manager:", "write `on_duty:`"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_by_line(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    """Whoever writes it at three in the morning needs the line, and never what stands there."""
    with pytest.raises(Misuse) as failed:
        read(written(tmp_path / "home", **{old: new}), agency="mk-hub", rules=RULES)
    assert told in failed.value.text
    assert "900123" not in failed.value.text


def test_a_file_or_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A secret that anybody reads signs for anybody."""
    home = written(tmp_path / "home")
    (home / "hook-secret").chmod(0o644)
    with pytest.raises(Misuse, match="Other users of this machine can open"):
        read(home, agency="mk-hub", rules=RULES)
    (home / "hook-secret").chmod(0o600)
    (home / "channels.yaml").chmod(0o640)
    with pytest.raises(Misuse, match="Other users of this machine can open"):
        read(home, agency="mk-hub", rules=RULES)


def test_no_channel_can_be_made_of_anything_but_the_file() -> None:
    """A victim's own telephone is impossible by construction, not by care."""
    client = Webhook(secret=HOOK_SECRET)
    with pytest.raises(InvariantBroken, match="elsewhere than the configuration"):
        RoleChannel("duty_inspector", "text", "07700 900999", lambda: None, client, object())
    root = Path(__file__).parents[2]
    makers = [
        path.relative_to(root).as_posix()
        for part in ("consumers", "deploy", "producers", "contracts", "broker")
        for path in (root / part).rglob("*.py")
        if "RoleChannel(" in path.read_text() or "_CONFIGURED" in path.read_text()
    ]
    assert makers == ["deploy/telling/channels.py"]


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("07700 900123", "+44 (0)7700 900 123"),
        ("+447700900123", "07700900123"),
        ("0044 7700 900123", "07700-900123"),
        ("only by text to 07700 900123, never after six", "07700 900123"),
        ("work 01632 960102 07700 900123", "07700 900123"),
        ("T.Hill@Example.com", "t.hill@example.com"),
        ("ring her sister, or t.hill+safe@example.com", "T.Hill@example.com"),
    ],
)
def test_a_private_address_is_known_however_it_is_written(said: str, typed: str) -> None:
    """Whoever types it into the file writes it another way than whoever reported it."""
    subject = "A" * 22
    assert contact.address(typed) in contact.private([Whereabouts(subject, safe_contact=said)])
    assert contact.address(typed) in contact.private([SourceIdentity("A. Neighbour", said)])
    other = Whereabouts(subject, telephone="01632 960555", address="1 High Street, MK1 1AA")
    assert contact.address(typed) not in contact.private([other])


def test_the_file_to_copy_can_be_used_as_it_stands(tmp_path: Path) -> None:
    """Whoever sets a desk up begins with it, at whatever hour."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    key = f"key-{'-'.join(['11111111-1111-4111-8111-111111111111'] * 2)}"
    for name, text in (("channels.yaml", EXAMPLE.read_text()), ("hook-secret", HOOK_SECRET),
                       ("notify-key", key)):  # fmt: skip
        (home / name).write_text(text)
        (home / name).chmod(0o600)
    known = {name: frozenset({name}) for name in ("L. Lead", "M. Lead", "J. Okafor")}
    rules = msgspec.structs.replace(RULES, roles={"other": "duty_safeguarding_lead"})
    told = read(home, agency="mk-hub", rules=rules, viewer=known.get)
    assert told is not None
    assert {role: len(its) for role, its in told.channels.items()} == {
        "duty_safeguarding_lead": 3, DUTY: 1,
    }  # fmt: skip

"""Sending: each channel by itself, again and again, and the duty manager where it fails."""

from pathlib import Path

import pytest
import structlog

from consumers import standing
from consumers.store import Store
from consumers.telling import contact, rows
from consumers.telling.notification import (
    DUTY,
    delivery_of,
    reference_of,
    told_of,
)
from consumers.telling.sending import BACK_OFF_MS, SELDOM_MS, insist_public
from contracts.event.work import AlertRaised
from contracts.fault import Misuse
from contracts.section import Whereabouts
from tests.support.doorbells import Bell, Fell, Watch, broken, ring, sending, states

INSPECTOR = "duty_inspector"


def alert(**changes: object) -> AlertRaised:
    """Raise an alert."""
    given = {
        "rule": "M20", "rule_version": "1", "statements": ["s"], "attention": "interrupt",
        "owner_role": INSPECTOR, "fallback_role": "other", "due_at": 1_335_866_400_000, "good": "g",
    }  # fmt: skip
    return AlertRaised(**{**given, **changes})  # type: ignore[arg-type]


def store_with(folder: Path, *events: AlertRaised) -> Store:
    """Make a store in which so many alerts are to be told."""
    store = Store(folder / "telling.sqlite")
    with store.write() as db:
        for number, event in enumerate(events):
            rows.add(db, told_of(f"alert-{number}", event, exercise=False))
    return store


async def test_a_crash_at_any_point_loses_nothing_and_repeats_only_under_the_same_key(
    tmp_path: Path,
) -> None:
    """Whoever is told twice must be able to see that it is once."""

    def fall() -> None:
        raise Fell

    for where in ("before", "after"):
        folder = tmp_path / where
        folder.mkdir()
        store = store_with(folder, alert(), alert(), alert())
        watch, bell = Watch(), Bell(INSPECTOR)
        for _ in range(3):  # each delivery is cut short once, by another process each time
            sender = sending(store, bell, watch=watch)
            sender.take_up()
            setattr(bell, where, fall)
            with pytest.raises(Fell):
                await sender.step(bell)
            setattr(bell, where, lambda: None)
            await sending(store, bell, watch=watch).step(bell)
        await ring(sending(store, bell, watch=watch), bell)
        keys = [key for key, _ in bell.rang]
        expected = [
            delivery_of("mk-hub", f"alert/alert-{n}/{INSPECTOR}", bell.name) for n in range(3)
        ]
        assert list(dict.fromkeys(keys)) == expected, "each, and in order"
        assert len(keys) == (3 if where == "before" else 6)


async def test_one_channel_that_is_down_holds_no_other_up(tmp_path: Path) -> None:
    """The mail server is down, and the text message goes out at once."""
    store = store_with(tmp_path, alert(), alert())
    watch = Watch()
    mail, text, manager = Bell(INSPECTOR, "mail"), Bell(INSPECTOR, "text"), Bell(DUTY, "manager")
    mail.before = broken()
    sender = sending(store, mail, text, manager, watch=watch)
    await ring(sender, mail, text, manager)
    assert (len(mail.rang), len(text.rang)) == (0, 2)


async def test_a_channel_rests_longer_each_time_then_the_named_manager_hears_of_it_once(
    tmp_path: Path,
) -> None:
    """What nobody could be told is a silence of its own; forty of them are one."""
    store = store_with(tmp_path, *[alert(attention="duty")] * 3)
    watch, bell, manager = Watch(), Bell(INSPECTOR), Bell(DUTY, "manager")
    bell.before = broken()
    sender = sending(store, bell, manager, watch=watch)
    for rest in BACK_OFF_MS:
        await ring(sender, bell, manager)
        watch.at += rest - 1
        await ring(sender, bell, manager)
        assert manager.rang == []
        watch.at += 1
    await ring(sender, bell, manager)
    ((_, words),) = manager.rang
    assert "word of it could not be brought" in words.body
    dead = [(INSPECTOR, "dead", "smtp_451")] * 3
    assert states(store) == [*dead, (DUTY, "sent", None)]
    bell.before = lambda: None
    watch.at += SELDOM_MS
    await ring(sender, bell, manager)
    assert len(bell.rang) == 3
    assert {state for _, state, _ in states(store)} == {"sent"}


async def test_what_presses_now_reaches_the_manager_each_time_while_a_channel_is_down(
    tmp_path: Path,
) -> None:
    """That the mail is down is old news; that somebody may be killed tonight is not."""
    store = store_with(tmp_path, alert(), alert(), alert(attention="duty"))
    watch, bell, manager = Watch(), Bell(INSPECTOR), Bell(DUTY, "manager")
    bell.before = broken()
    sender = sending(store, bell, manager, watch=watch)
    for rest in (*BACK_OFF_MS, 0):
        await ring(sender, bell, manager)
        watch.at += rest
    assert [words.subject for _, words in manager.rang] == [
        f"Desk: look NOW, {reference_of(f'alert-{n}')}" for n in range(2)
    ]


async def test_an_address_that_will_never_take_it_steps_aside_at_once(tmp_path: Path) -> None:
    """A mailbox that is gone must not hold up, nor be tried all night."""
    store = store_with(tmp_path, alert())
    watch, bell, manager = Watch(), Bell(INSPECTOR), Bell(DUTY, "manager")
    bell.before = broken("smtp_550", forever=True)
    await ring(sending(store, bell, manager, watch=watch), bell, manager)
    assert states(store) == [(INSPECTOR, "refused", "smtp_550"), (DUTY, "sent", None)]


async def test_a_role_without_a_channel_is_the_named_managers(tmp_path: Path) -> None:
    """A rule's role that nobody configured is nobody's telephone, and still somebody's duty."""
    store = store_with(tmp_path, alert(owner_role="somebody_else"))
    manager = Bell(DUTY, "manager")
    await ring(sending(store, manager, watch=Watch()), manager)
    assert len(manager.rang) == 1


async def test_nothing_goes_where_a_private_person_is_reached(tmp_path: Path) -> None:
    """A number typed into the wrong file must not ring in her kitchen."""
    store = store_with(tmp_path, alert())
    watch = Watch()
    hers, manager = Bell(INSPECTOR, address="+44 7700 900123"), Bell(DUTY, "manager")
    with store.write() as db:
        held = Whereabouts("A" * 22, safe_contact="07700 900 123")
        rows.keep_contacts(db, "a-report", contact.private([held]))
    with structlog.testing.capture_logs() as lines:
        await ring(sending(store, hers, manager, watch=watch), hers, manager)
    assert hers.rang == []
    assert states(store)[0] == (INSPECTOR, "refused", "private_address")
    assert "900123" not in repr(lines)
    with store.read() as db, pytest.raises(Misuse) as refused:
        insist_public(db, hers)
    assert "duty_inspector" in refused.value.text
    assert "900123" not in str(refused.value)
    with store.write() as db:
        rows.forget(db, "a-report")
    with store.read() as db:
        insist_public(db, hers)


async def test_what_is_kept_from_somebody_goes_only_to_readers_who_are_known_and_others(
    tmp_path: Path,
) -> None:
    """A mailbox that he reads must not ring because of him."""
    store = store_with(tmp_path, alert(statements=["kept"]), alert(statements=["open"]))
    with store.write() as db:
        standing.keep_from(db, ["kept"], ["his-token"])
    watch = Watch()
    anybody = Bell(INSPECTOR, "anybody")
    him = Bell(INSPECTOR, "him", readers=frozenset({"his-token", "household"}))
    her = Bell(INSPECTOR, "her", readers=frozenset({"her-token"}))
    manager = Bell(DUTY, "manager", readers=frozenset({"managers-token"}))
    await ring(sending(store, anybody, him, her, manager, watch=watch), anybody, him, her, manager)
    assert (len(anybody.rang), len(him.rang), len(her.rang)) == (1, 1, 2)
    assert len(manager.rang) == 1, "once, not for each channel"

"""A defect that one thing meets as time passes: it is set aside by name, and the others go on."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from consumers import aside
from consumers.consumer import Consumer
from consumers.safeguarding import rows
from consumers.seen_to import failed_seen
from consumers.standing import keep_from
from consumers.store import Store, Wanted, to_publish
from consumers.worker import Voice
from deploy.watching import _consumed
from deploy.workers import workers_of
from producers.partnership import Partnership
from tests.support.alerts import LEAD, deciding, person, raised
from tests.support.busy import FORCE, Busy, busy, couple, facts
from tests.support.desk import HUB, POLICE, Desk, named
from tests.support.stranger import sha
from tests.unit.test_linked import desk_record
from tests.vectors.ledger import compact


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


@dataclass(frozen=True)
class Failing(Voice):
    """Speaks as an agency does, but of one thing: there this program has a defect."""

    on: str = "-"

    def derived(self, key: str, *given: Any, **named: Any) -> Wanted:
        """Draft what the system says, and fail under the keys of the one thing."""
        if key.startswith(self.on):
            raise ZeroDivisionError
        return super().derived(key, *given, **named)


def failing(like: Consumer, where: Path, on: str = "-") -> Consumer:
    """Open an agency's database by a program that fails on one thing."""
    voice = Failing(like.voice.agency, like.voice.source, "duty manager", Partnership(), on=on)
    return Consumer(Store(where), voice=voice, trust=like._trust, workers=workers_of(voice))


def keys(consumer: Consumer) -> dict[str, str]:
    """Give the ids of what is said or to be said, by natural key."""
    with consumer.store.read() as db:
        found = db.execute(select(to_publish.c.key, to_publish.c.id))
        return {one.key: one.id for one in found}


def failed(consumer: Consumer) -> list[tuple[str, str]]:
    """List what was set aside, and which part failed on it."""
    with consumer.store.read() as db:
        return [(one["id"] or one["digest"], one["worker"]) for one in aside.all_unworked(db)]


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Busy:
    """Let two of each thing stand at a force that has a clock, and a month pass unread."""
    made = busy(tmp_path_factory.mktemp("force"))
    made.echo()
    for n in (1, 2):
        referred = facts(addressee="mk-mash", referral="marac", criterion="professional judgement")
        made.say(f"made {n}", FORCE, "referral_made", {**couple(made.draw), "event": referred})
    applied = facts(right="to_ask", applicant="third_party")
    made.say("applied", FORCE, "disclosure_applied", {**couple(made.draw), "event": applied})
    ends = facts(closure="case", ends_on="2026-12-22", risk_recognised="yes")
    made.say("ended", FORCE, "closure_notified", {**couple(made.draw), "event": ends})
    rules = json.loads(msgspec.json.encode(made.town.log.state.rules))
    act = {"act": "ruleset_adopted", "rules": rules | {"version": "2", "silent_hours": 48}}
    made.town.govern("mk-csp", "act_proposed", {"proposal": act})
    for one in (POLICE, "mk-mash"):
        made.town.govern(one, "act_endorsed", {"act": act["act"], "digest": sha(compact(act))})
    made.town.settle()
    made.town.consumers.pop(POLICE).store.settle()
    for _ in range(30):
        made.pass_hours(24)
    return made


@pytest.fixture(scope="module")
def ran_out(force: Busy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give what is said there once all its clocks have run out, where nothing fails."""
    where, copy = force.town._where[POLICE], tmp_path_factory.mktemp("whole") / "whole"
    like = force.town.consumer(POLICE, where)
    before = keys(like)
    shutil.copyfile(where, copy)
    whole = failing(like, copy)
    whole.take(force.town.records(POLICE))
    return {key: said for key, said in keys(whole).items() if key not in before}


KINDS = (
    "alert_escalated/", "alert_raised/M01/", "duty_overdue/HANDOVER_OUTSTANDING/",
    "duty_overdue/handover/", "duty_overdue/disclosure_decision/",
    "duty_overdue/referral_decision/", "duty_overdue/information_supplied/",
    "duty_overdue/response_given/", "silence_noticed/",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_one_thing_that_fails_as_time_passes_stops_no_other_clock(
    force: Busy, ran_out: dict[str, str], tmp_path: Path, kind: str
) -> None:
    """One alert of ten thousand must not silence the others for ever, and a person hears of it."""
    held, records = force.town._where[POLICE], force.town.records(POLICE)
    like = force.town.consumer(POLICE, held)
    copy = Path(shutil.copyfile(held, tmp_path / "broken"))
    its = sorted(one for one in ran_out if one.startswith(kind))
    thing = kind + its[0].removeprefix(kind).split("/")[0]
    assert not all(one.startswith(thing) for one in its), "there are others of its kind"
    broken = failing(like, copy, on=thing)
    broken.take(records[:-1])
    missing = set(ran_out) - set(keys(broken))
    assert {one for one in its if one.startswith(thing)} <= missing
    about = thing.removeprefix(kind)
    its_own = {about, *(ran_out[one] for one in its if one.startswith(thing))}
    assert all(any(name in one for name in its_own) for one in missing)
    assert {one for one, _ in failed(broken)} == {about}, "it is named"
    assert _consumed(copy, broken.topic).unworked == 1
    broken.store.close()
    mended = failing(like, copy)
    mended.take(records)
    assert its[0] in keys(mended), "it is tried again each minute"
    assert failed(mended) == [], "and once it works nobody need see to it"


def test_one_couple_that_fails_costs_a_link_no_other_alert(desk: Desk, tmp_path: Path) -> None:
    """A link shows the rules whatever is held of him: one report must not undo the link itself."""
    first, second = (named(desk.draw, concern="other", relationship="partners") for _ in range(2))
    his = first["person.1.identity"]["subject"]
    for name in ("person.1.identity", "person.1.part"):
        second[name]["subject"] = his
    second["use_limits"]["limits"][0]["subject"] = his
    record = desk_record(desk)
    reports = [desk.report(sections) for sections in (first, second)]
    desk.settle()
    held = desk.acting(POLICE)
    deciding(desk, POLICE).link(
        [his, record[1]], by=person(desk), role=LEAD, basis="seen", causes=[reports[0], record[0]]
    )
    held.store.settle()
    copy = Path(shutil.copyfile(str(held.store._engine.url.database), tmp_path / "copy.sqlite"))
    desk.consumers[POLICE] = failing(held, copy, on=f"alert_raised/M04/{reports[0]}")
    desk.settle()
    raised = [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M04"]
    assert [one["statements"] for one in raised] == [[reports[1], record[0]]]
    assert failed(desk.acting(POLICE)) == [(reports[0], "rule M04")]


def test_what_failed_is_not_shown_to_whom_what_it_rests_on_is_kept_from(
    desk: Desk,
) -> None:
    """An alert by its id says that there is one; and what is kept counts to no page's end."""
    alert = raised(desk)
    with desk.acting(HUB).store.write() as db:
        (report,) = rows.statements_of(db, alert)
        keep_from(db, [report], ["tok"])
        aside.set_aside(db, alert, alert, worker="Watching", what="KeyError")
        aside.set_aside(db, "zz-silent", None, worker="Silence", what="KeyError")
        for viewer in (frozenset({"tok"}), None):
            for count in (1, None):
                shown = failed_seen(db, viewer, count=count)
                assert [one["digest"] for one in shown] == ["zz-silent"]
        assert len(failed_seen(db, frozenset({"other"}))) == 2

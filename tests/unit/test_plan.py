"""What should stand on Kafka follows from who is in a partnership, and from nothing else."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from broker.shell.topics import agency_topics, partnership_topics, service_name
from contracts.duration import DAY_MS
from contracts.event.control import Agency, AgencyAdmitted, Founding
from deploy.governing import draft_founding, read_agreement
from deploy.kafka.plan import Governed, Plan, Quotas, Right, Standing, drift, is_user_of, plan
from producers.document import Unusable, read_document
from producers.home import Home
from producers.partnership import Partnership
from tests.support.running import DEMO, EXERCISE_BEGAN, SYSTEMS

FIGURES_FILE = DEMO.parent / "kafka" / "quotas.yaml"
FIGURES = read_document(FIGURES_FILE, Quotas)


def planned(*agencies: str, awaited: tuple[str, ...] = ()) -> Plan:
    """Plan for a partnership of these agencies."""
    return plan(Governed("mk-now", agencies, awaited), FIGURES)


def as_planned(wanted: Plan) -> Standing:
    """Stand exactly as planned."""
    return Standing(
        dict(wanted.topics), dict.fromkeys(wanted.topics, 1), wanted.users, wanted.rights,
        dict(wanted.quotas),
    )  # fmt: skip


@pytest.fixture(scope="module")
def founding(tmp_path_factory: pytest.TempPathFactory) -> Founding:
    """Draft the demonstration's founding."""
    counter = iter(range(1, 1000))
    keys = []
    for agency in SYSTEMS:
        home = Home.create(
            tmp_path_factory.mktemp("homes") / agency, partnership="mk-now", agency=agency,
            system="control", kafka="127.0.0.1:1",
            random_bytes=lambda count: next(counter).to_bytes(count),
        )  # fmt: skip
        keys.append(home.source_key(["control"]))
    return draft_founding(DEMO / "mk-now.yaml", log_key="A" * 43, keys=keys)


def test_an_agency_may_do_four_things_and_nothing_else() -> None:
    """Its own submissions, views, receipts and groups: no other name stands in its rights."""
    wanted = planned("mk-hub", "thames-valley")
    assert {right for right in wanted.rights if right.principal == "mk-now.mk-hub"} == {
        Right("mk-now.mk-hub", "WRITE", "TOPIC", "submissions.mk-now.mk-hub"),
        Right("mk-now.mk-hub", "READ", "TOPIC", "views.mk-now.mk-hub"),
        Right("mk-now.mk-hub", "READ", "TOPIC", "receipts.mk-now.mk-hub"),
        Right("mk-now.mk-hub", "READ", "GROUP", "mk-now.mk-hub.", prefixed=True),
    }
    assert wanted.users == {"mk-now.mk-hub", "mk-now.thames-valley"}


def test_the_dispatcher_alone_tells_the_sections_of_an_erasure() -> None:
    """Its tombstones on disclosures and views leave together, or not at all."""
    rights = planned("mk-hub").rights
    writes = {r.name for r in rights if (r.operation, r.resource) == ("WRITE", "TOPIC")
              and r.principal == service_name("mk-now", "dispatcher")}  # fmt: skip
    assert writes == {
        "disclosures.mk-now", "checkpoints.mk-now", "views.mk-now.mk-hub", "receipts.mk-now.mk-hub",
    }  # fmt: skip


def test_only_groups_are_prefixed_and_nothing_is_wild() -> None:
    """A prefix on topics would let `mk` read what is `mk-hub`'s."""
    for right in planned("mk", "mk-hub").rights:
        assert right.prefixed == (right.resource == "GROUP")
        assert not right.prefixed or right.name.endswith(".")
        assert (right.effect, right.host) == ("ALLOW", "*")
        assert "*" not in right.name
        assert right.operation in {"READ", "WRITE", "DELETE"}


def test_topics_have_the_settings_of_the_broker() -> None:
    """Spelled once: what the broker makes on a plain Kafka is what is planned here."""
    assert planned("mk-hub").topics == {
        **partnership_topics("mk-now"), **agency_topics("mk-now", "mk-hub"),
    }  # fmt: skip


def test_no_agency_can_be_called_as_a_service() -> None:
    """An agency named `dispatcher` must not inherit what the dispatcher may do."""
    wanted = planned("sequencer", "dispatcher", "auditor")
    assert not wanted.users & set(wanted.services)
    assert service_name("mk-now", "dispatcher") not in wanted.users
    elsewhere = plan(Governed("candour", ("mk-now",)), FIGURES)
    assert not elsewhere.users & set(wanted.services)
    assert not is_user_of("candour", service_name("mk-now", "dispatcher"))


def test_who_is_awaited_has_topics_and_no_user() -> None:
    """The dispatcher must be able to write to it on the day; nobody can speak for it before."""
    wanted = planned("mk-hub", awaited=("mk-housing",))
    assert set(agency_topics("mk-now", "mk-housing")) <= set(wanted.topics)
    assert wanted.users == {"mk-now.mk-hub"}
    theirs = [right for right in wanted.rights if "mk-housing" in right.name]
    assert {right.principal for right in theirs} == {
        service_name("mk-now", "sequencer"),
        service_name("mk-now", "dispatcher"),
    }


def test_a_party_to_an_agreement_in_force_has_its_quota_and_another_keeps_its_topics(
    founding: Founding,
) -> None:
    """No agreement must never mean no emergency."""
    known = Partnership(founding=founding)
    agreement = read_agreement(DEMO / "agreement.yaml").agreement
    known.versions[agreement.id] = {agreement.version: agreement}
    governed = Governed.known(known, at_ms=EXERCISE_BEGAN)
    assert governed is not None
    wanted = plan(governed, FIGURES)
    parties = {party.agency for party in agreement.parties}
    for agency in SYSTEMS:
        quota = FIGURES.party if agency in parties else FIGURES.other
        assert wanted.quotas[f"mk-now.{agency}"] == quota.figures()
        assert set(agency_topics("mk-now", agency)) <= set(wanted.topics)
    after = Governed.known(known, at_ms=EXERCISE_BEGAN + 40_000 * DAY_MS)
    assert after is not None
    assert after.agreements == {}
    assert plan(after, FIGURES).rights == wanted.rights


def test_an_agency_is_admitted_when_enough_hands_say_so(founding: Founding) -> None:
    """One hand alone must not give anybody a user."""
    assert founding.quorums.agency_admitted == 2
    known = Partnership(founding=founding)
    act = AgencyAdmitted(replace_id(founding))
    known.acts["d"] = act
    known._backers["d"] = {"mk-csp"}
    proposed = Governed.known(known, at_ms=EXERCISE_BEGAN)
    assert proposed is not None
    assert (proposed.awaited, "mk-housing" in proposed.admitted) == (("mk-housing",), False)
    known._backers["d"] = {"mk-csp", "mk-hub"}
    admitted = Governed.known(known, at_ms=EXERCISE_BEGAN)
    assert admitted is not None
    assert (admitted.awaited, "mk-housing" in admitted.admitted) == ((), True)
    assert Governed.known(Partnership(), at_ms=EXERCISE_BEGAN) is None
    assert Governed.founded(founding).admitted == tuple(SYSTEMS)


def replace_id(founding: Founding) -> Agency:
    """Give an agency that is none of the founders."""
    return msgspec.structs.replace(founding.agencies[0], id="mk-housing")


def test_what_stands_as_planned_does_not_differ() -> None:
    """And what others have beside it is theirs."""
    wanted = planned("mk-hub")
    standing = as_planned(wanted)
    others = planned_elsewhere()
    both = Standing(
        {**standing.topics, **others.topics}, {}, standing.users | others.users,
        standing.rights | others.rights, {**standing.quotas, **others.quotas},
    )  # fmt: skip
    assert not drift(wanted, standing)
    assert drift(wanted, both).lines() == []
    assert drift(others, both).lines() == []


def planned_elsewhere() -> Plan:
    """Plan for a partnership whose name begins alike."""
    return plan(Governed("mk-now-2", ("mk-hub",)), FIGURES)


@pytest.mark.parametrize(
    ("right", "left"),
    [
        (Right("mk-now.gone", "READ", "TOPIC", "views.mk-now.mk-hub"), False),
        (Right("mk-now.mk-hub", "READ", "TOPIC", "ledger.mk-now-2"), False),
        (Right("candour.mk-now.auditor", "READ", "CLUSTER", "kafka-cluster"), False),
        (Right("*", "READ", "TOPIC", "ledger.mk-now"), False),
        (Right("mk-now-2.x", "READ", "GROUP", "mk-now.mk-hub.desk"), False),
        (Right("mk-now-2.x", "WRITE", "TRANSACTIONAL_ID", "candour.mk-now.sequencer"), False),
        (Right("mk-now-2.x", "READ", "TOPIC", "views.", prefixed=True), True),
        (Right("mk-now-2.x", "READ", "TOPIC", "*"), True),
        (Right("mk-now-2.x", "READ", "GROUP", "*"), True),
        (Right("mk-now-2.x", "ALTER", "CLUSTER", "kafka-cluster"), True),
    ],
)
def test_a_right_that_nobody_planned_is_found(right: Right, *, left: bool) -> None:
    """Whoever it is given to and however wide; what is wider than ours is left to a person."""
    wanted = planned("mk-hub")
    standing = as_planned(wanted)
    found = drift(wanted, replace(standing, rights=standing.rights | {right}))
    assert (found.wide_rights if left else found.surplus_rights) == (right,)
    assert len(found.lines()) == 1
    assert found.left_by_apply() == (found.lines() if left else [])


def test_a_password_for_who_may_do_everything_is_surplus() -> None:
    """Only a certificate opens what operations may do."""
    wanted = planned("mk-hub")
    users = wanted.users | {"admin", "candour.mk-now.sequencer", "mk-now-2.mk-hub"}
    found = drift(wanted, replace(as_planned(wanted), users=users))
    assert found.surplus_users == ("admin", "candour.mk-now.sequencer")


def test_missing_and_changed_things_are_found() -> None:
    """Drift has two directions."""
    wanted = planned("mk-hub")
    standing = as_planned(wanted)
    views = "views.mk-now.mk-hub"
    topics = {**standing.topics, views: {"cleanup.policy": "delete", "x": "1"}}
    del topics["ledger.mk-now"]
    found = drift(
        wanted,
        Standing(topics, {views: 2}, frozenset(), frozenset(), {"mk-now.mk-hub": {"old": 1.0}}),
    )
    lines = found.lines()
    assert "missing  topic ledger.mk-now" in lines
    assert f"missing  {views}: cleanup.policy=compact" in lines
    assert f"surplus  {views}: x" in lines
    assert "missing  user mk-now.mk-hub" in lines
    assert "surplus  quota of mk-now.mk-hub: old" in lines
    assert found.missing_rights == tuple(sorted(wanted.rights))
    assert found.left_by_apply() == [f"surplus  partitions of topic {views}: it must have one"]


def test_quotas_that_would_stop_an_agency_are_refused(tmp_path: Path) -> None:
    """A figure of nought would hold up an emergency."""
    text = FIGURES_FILE.read_text().replace("4194304", "0")
    (tmp_path / "quotas.yaml").write_text(text)
    with pytest.raises(Unusable, match=r"party\.write_bytes_per_second"):
        read_document(tmp_path / "quotas.yaml", Quotas)

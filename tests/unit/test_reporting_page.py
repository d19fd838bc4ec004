"""The page on which a partner reports, without a browser: whose what is, and what is stored."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.desk.reporting.counter import Counter
from consumers.desk.session import KEPT_MS
from contracts.fault import Misuse, Transient
from contracts.sharing import Exclusion, Exclusions
from deploy.clock import random_bytes
from deploy.filing import Filing
from deploy.sealing import Sealer, sealer_of
from producers import withheld
from producers.outbox import Outbox
from producers.unanswered import telephone
from tests.support.reporting import FILLED, Clock, in_town
from tests.support.reports import concern
from tests.support.speaking import Speaker, adopt
from tests.support.visiting import Visited

SECRET = "a-secret-of-a-case-system-of-probation"
BEARER = {"authorization": f"Bearer {SECRET}"}


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


@pytest.fixture
def page(speaker: Speaker) -> Iterator[tuple[Visited, Counter, Clock]]:
    """The page of that home; a case system may ask."""
    (speaker.home.folder / "case-secret").write_text(SECRET)
    (speaker.home.folder / "case-secret").chmod(0o600)
    with in_town(speaker, case_secret="case-secret") as found:
        yield found


def fill(visitor: Any, address: str, *, apart: str = "") -> None:
    """Fill a whole report at an address, one page apart."""
    for step, typed in FILLED.items():
        if step == apart:
            continue
        assert visitor.post(f"{address}/{step}", **typed).status_code == 303, step


def test_a_report_is_stored_once_however_often_it_is_sent(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """A second press on a slow night must not make police research one couple twice."""
    visitor = page[0].visitor("pat", purpose=None)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    fill(visitor, address)
    first = visitor.post(f"{address}/send")
    again = visitor.post(f"{address}/send")
    assert first.headers["location"] == again.headers["location"]
    said = first.headers["location"].removeprefix("/sent/")
    speaker.send()
    speaker.read()
    assert [row["id"] for row in speaker.outbox.rows() if row["event"] == "concern_reported"] == [
        said
    ]
    assert "Delivered to" in visitor.get(f"/sent/{said}").text
    assert visitor.get(f"{address}/check").headers["location"] == f"/sent/{said}"
    with page[1].station.store.read() as db:
        from consumers.desk.rows import looks_at

        (look,) = looks_at(db, said)
    assert (look["purpose"], look["what"], look["role"]) == ("own_report", "sent", "reporter")


def test_what_is_somebody_elses_looks_as_if_it_were_not_there(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """A colleague's half-written report, or what came of it, is nobody else's to read."""
    visited = page[0]
    pat, sam = (visited.visitor(who, purpose=None) for who in ("pat", "sam"))
    address = pat.post("/report").headers["location"].removesuffix("/danger")
    fill(pat, address)
    for path in (f"{address}/check", f"{address}/delete"):
        assert pat.get(path).status_code == 200
        other, none = sam.get(path), sam.get(path.replace("report/", "report/x"))
        assert other.status_code == none.status_code == 404
        assert _plain(other.text) == _plain(none.text)
    assert sam.post(f"{address}/person-1", given="Mallory").status_code == 404
    said = pat.post(f"{address}/send").headers["location"]
    speaker.send()
    speaker.read()
    assert sam.get(said).status_code == 404
    assert "Concern reported" not in sam.get("/").text
    auditor = visited.visitor("visitor", purpose=None)
    assert auditor.get("/").status_code == auditor.post("/report").status_code == 403


def _plain(text: str) -> str:
    return re.sub(r'(nonce|value|next)="?[^"]*"|(report|sent)/[^"?<]*', "", text)


def test_what_is_kept_from_whoever_reported_it_looks_as_if_it_were_not_there(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """Somebody who turns out to live with him must not follow on a screen what police do."""
    visitor = page[0].visitor("pat", purpose=None)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    fill(visitor, address)
    said = visitor.post(f"{address}/send").headers["location"]
    assert said in visitor.get("/").text
    token = speaker.outbox.token_of("practitioner", "Pat Marsh (name invented)")
    assert token is not None
    with speaker.outbox.database.write() as db:
        digest = speaker.row(said.removeprefix("/sent/"))["digest"]
        withheld.keep_own(
            db, digest, {"exclusions": Exclusions([Exclusion([], practitioner=token)])}
        )
    assert said not in visitor.get("/").text
    hidden, none = visitor.get(said), visitor.get(f"/sent/{speaker.new_id()}")
    assert hidden.status_code == none.status_code == 404
    assert _plain(hidden.text) == _plain(none.text)


def test_what_an_alarm_lacked_of_who_says_so_is_said_with_the_rest(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """Whoever rang 999 owes police how they know, and should not have to say it twice."""
    visitor = page[0].visitor("pat", purpose=None)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    said = visitor.post(f"{address}/danger", danger_now="yes").headers["location"]
    speaker.send()
    speaker.read()
    told = visitor.get(said).text
    assert "how they know" in told
    assert "where they can be reached" not in told
    _, sections = speaker.opened(speaker.row(said.removeprefix("/sent/"))["raw"])
    assert sections["provenance"]["contact"]["telephone"] == sections["use_limits"]["ring"]
    fill(visitor, address, apart="danger")
    visitor.post(f"{address}/send")
    speaker.send()
    speaker.read()
    assert "Not said" not in visitor.get(said).text
    rows = {row["event"]: row["outcome"] for row in speaker.outbox.rows()}
    assert (rows["provenance_supplied"], rows["concern_reported"]) == (
        "accepted", "accepted_emergency",
    )  # fmt: skip


async def test_that_nobody_has_an_alarm_is_said_at_once_and_whom_to_telephone(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """For a minute it was said to go out, while Kafka was known to be away."""
    visitor, filing = page[0].visitor("pat", purpose=None), page[1].reporting
    assert isinstance(filing, Filing)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    said = visitor.post(f"{address}/danger", danger_now="yes").headers["location"]
    ring = telephone(speaker.outbox.partnership)
    told = visitor.get(said).text
    assert "Not delivered yet: telephone" in told
    assert f"Nobody has it yet. {ring}" in told
    before = filing.pulse([])
    await filing.reach.look()
    assert filing.pulse([]) != before, "a page that is open is shown again"
    told = visitor.get(said).text
    assert "NOT DELIVERED: telephone" in told
    assert f"{ring} Kafka does not answer at" in told
    assert ring in visitor.get("/").text


def test_an_alarm_that_cannot_be_stored_says_999_and_that_nothing_was_sent(
    page: tuple[Visited, Counter, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk must not show a reference that police will never have."""

    def full(*_: object, **__: object) -> str:
        raise Transient("The outbox does not fit on its disk any more.", remedy="Make room there.")

    visitor = page[0].visitor("pat", purpose=None)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    monkeypatch.setattr(Outbox, "publish", full)
    told = visitor.post(f"{address}/danger", danger_now="yes", now="At the door")
    assert told.status_code == 503
    assert told.text.index("Ring 999 now") < told.text.index("NOT SENT, and there is no reference")
    assert "At the door" in visitor.get(f"{address}/danger").text


def test_a_report_of_which_a_part_was_sent_is_not_said_to_be_unsent(
    page: tuple[Visited, Counter, Clock],
) -> None:
    """Nobody sends an alarm again because its page says that it was not sent."""
    visitor = page[0].visitor("pat", purpose=None)
    visitor.post("/report")
    text = visitor.get("/").text
    assert "/report/" not in text, "it was opened, and nothing typed"
    begun = visitor.post("/report").headers["location"]
    visitor.post(begun, danger_now="no", go="later")
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    sent = visitor.post(f"{address}/danger", danger_now="yes").headers["location"]
    text = visitor.get("/").text
    unsent, sent_list = text.index("Not sent yet"), text.index(">Sent</h2>")
    rest = text.index("Sent at once, the rest not yet")
    assert unsent < text.index(begun.removesuffix("danger")) < sent_list < text.index(f'"{sent}"')
    assert text.index(f'"{sent}"') < rest < text.index(f"{address}/")
    assert f"…{sent[-6:]}" in text[rest:]


def test_no_report_of_ones_own_is_out_of_reach(page: tuple[Visited, Counter, Clock]) -> None:
    """An answer to the sixteenth report back is owed to its author as much as the last one's."""
    visited, counter, _ = page
    sent = []
    for _ in range(17):
        draft = counter.drafts.begin("pat", counter.reporting.new_statement(), dict(FILLED))
        assert counter.send(draft, {"name": "Pat Marsh (name invented)"}) == []
        sent.append(draft.statement)
    visitor = visited.visitor("pat", purpose=None)
    first, older = visitor.get("/").text, visitor.get("/?after=15").text
    assert all(f"/sent/{one}" in first for one in sent[2:])
    assert all(f"/sent/{one}" in older for one in sent[:2])
    assert "/?after=15" in first
    assert visitor.get("/?after=-1").status_code == visitor.get("/?after=x").status_code == 200


def test_a_draft_is_kept_for_some_days_and_then_is_gone(
    page: tuple[Visited, Counter, Clock],
) -> None:
    """Personal data that nobody goes on with has no reason to be kept."""
    visited, counter, clock = page
    draft = counter.drafts.begin("pat", counter.reporting.new_statement(), dict(FILLED))
    clock.at_ms += 7 * KEPT_MS - 1
    assert counter.drafts.find(draft.id, ["pat"]) is not None
    clock.at_ms += 1
    assert counter.drafts.find(draft.id, ["pat"]) is None
    assert counter.drafts.drop_old() == 1
    assert visited.visitor("pat", purpose=None).get(f"/report/{draft.id}/check").status_code == 404


def test_what_is_sealed_opens_with_its_own_key_for_its_own_draft_alone(tmp_path: Path) -> None:
    """Whoever copies one row over another, or has the database without the key, reads nothing."""
    sealer = sealer_of(tmp_path / "key")
    sealed = sealer.seal(b"Tracey", "one")
    assert b"Tracey" not in sealed
    assert sealer_of(tmp_path / "key").unseal(sealed, "one") == b"Tracey"
    for other, about in ((sealer, "two"), (Sealer(random_bytes(32), random_bytes), "one")):
        with pytest.raises(Misuse, match="cannot be opened"):
            other.unseal(sealed, about)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(Misuse):
        sealer_of(tmp_path / "key")


BAD: dict[str, Any] = {
    "no people": {"practitioner": "pat", "people": []},
    "nobody": {"practitioner": "", "people": [{"reference": "Zebedee"}]},
    "unknown field": {"practitioner": "pat", "people": [{"reference": "r", "Zebedee": "x"}]},
    "no reference": {"practitioner": "pat", "people": [{"given": "Zebedee"}]},
    "too many": {"practitioner": "pat", "people": [{"reference": "r"}] * 13},
}


def test_a_case_system_begins_a_report_that_its_officer_alone_opens(
    page: tuple[Visited, Counter, Clock],
) -> None:
    """An officer who must type a name that a system knows makes a slip; a link tells nothing."""
    visited, _, _ = page
    client = visited.visitor(None).client
    person = {"reference": "case-4471", "given": "Daniel", "also": ["Dan", "D"], "sex": "male",
              "identifiers": {"pnc": "02/73319Z"}, "address": "Example Street"}  # fmt: skip
    asked = {"practitioner": "pat", "people": [person]}
    path = "/reports/from-case"
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": SECRET + "x"}):
        assert client.post(path, json=asked, headers=headers).status_code == 401
    for case in BAD.values():
        refused = client.post(path, json=case, headers=BEARER)
        assert refused.status_code == 422
        assert "Zebedee" not in refused.text
    too_long = {**asked, "people": [{**person, "address": "x" * 70_000}]}
    assert client.post(path, json=too_long, headers=BEARER).status_code == 413
    link = client.post(path, json=asked, headers=BEARER).json()["link"]
    assert visited.visitor("sam", purpose=None).get(link).status_code == 404
    shown = visited.visitor("pat", purpose=None).get(link.replace("danger", "check")).text
    for text in ("Daniel", "Dan, D", "02/73319Z", "male", "Example Street", "case-4471"):
        assert text in shown


def test_without_a_secret_no_case_system_may_ask(speaker: Speaker) -> None:
    """A service that nobody gave a secret must not take people's names from anybody."""
    with in_town(speaker) as (visited, _, _):
        client = visited.visitor(None).client
        asked = {"practitioner": "pat", "people": [{"reference": "r"}]}
        for headers in ({}, BEARER, {"authorization": "Bearer "}):
            assert client.post("/reports/from-case", json=asked, headers=headers).status_code == 404
    (speaker.home.folder / "case-secret").write_text("short")
    (speaker.home.folder / "case-secret").chmod(0o600)
    with pytest.raises(Misuse, match="too short"), in_town(speaker, case_secret="case-secret"):
        pass


def test_a_purpose_is_asked_only_where_two_would_fit(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """Nobody knows the law by heart at night; but where agreements differ no machine may choose."""
    visited, counter, _ = page
    assert counter.reporting.ways(None).purposes == ["safeguarding"]
    leg = {"purposes": ["supervision"], "types": ["concern_reported"]}
    adopt(speaker.town, id="mk-two", purposes=["supervision"], legs=[_leg(**leg)])
    speaker.read()
    visitor = visited.visitor("pat", purpose=None)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    fill(visitor, address)
    assert "Answer question 6: What is this shared for?" in visitor.get(f"{address}/check").text
    assert visitor.post(f"{address}/send").status_code == 422
    assert "To supervise somebody" in visitor.get(f"{address}/lawful").text
    assert visitor.post(f"{address}/lawful", purpose="Zebedee").status_code == 422
    assert visitor.post(f"{address}/lawful", purpose="supervision").status_code == 303
    said = visitor.post(f"{address}/send").headers["location"].removeprefix("/sent/")
    context, _ = speaker.opened(speaker.row(said)["raw"])
    assert (context["purpose"], context["agreement"]) == ("supervision", "mk-two")
    alarm = visitor.post("/report").headers["location"].removesuffix("/danger")
    at_once = visitor.post(f"{alarm}/danger", danger_now="yes").headers["location"]
    context, _ = speaker.opened(speaker.row(at_once.removeprefix("/sent/"))["raw"])
    assert context["urgency"] == "threat_to_life"


def _leg(**changes: Any) -> dict[str, Any]:
    from tests.vectors.ledger import agreement

    first: dict[str, Any] = agreement()["agreement"]["legs"][0]
    return {**first, **changes}


def test_a_held_report_is_completed_by_whoever_says_so(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """A held report that its author cannot find is a lost one."""
    said = speaker.say(concern(speaker.outbox, named=False))
    visitor = page[0].visitor("pat", purpose=None)
    assert f"/sent/{said}/complete" in visitor.get("/").text
    assert visitor.get(f"/sent/{said}").status_code == 404
    typed = {"how_known": "told_by_subject", "role": "probation officer",
             "telephone": "01632 960100"}  # fmt: skip
    wrong = visitor.post(f"/sent/{said}/complete", **{**typed, "mailbox": "nobody"})
    assert wrong.status_code == 422
    assert "Write a mailbox that is read" in wrong.text
    assert "01632 960100" in wrong.text
    assert visitor.post(f"/sent/{said}/complete", **typed).headers["location"] == f"/sent/{said}"
    speaker.send()
    speaker.read()
    assert "Delivered to" in visitor.get(f"/sent/{said}").text
    assert speaker.stands(said) == ("decided", "accepted")
    assert visitor.get(f"/sent/{said}/complete").status_code == 404


def test_whom_a_report_may_reach_and_whom_to_ring_about_what_is_held_is_said(
    speaker: Speaker, page: tuple[Visited, Counter, Clock]
) -> None:
    """Nobody signs for what goes to somebody unnamed, or telephones without a number."""
    visitor = page[0].visitor("pat", purpose=None)
    address = visitor.post("/report").headers["location"].removesuffix("/danger")
    what = visitor.get(f"{address}/source").text
    assert "Where you can be reached" in what
    assert re.search(r"<details[^>]* open", what), "a role is needed, and none is known yet"
    fill(visitor, address)
    assert re.search(r"It may go to [A-Z][^<]*, as far as", visitor.get(f"{address}/check").text)
    sent = visitor.get(visitor.post(f"{address}/send").headers["location"]).text
    assert "He means to end it." in sent.partition("Read what you reported")[2]
    said = speaker.say(concern(speaker.outbox, named=False))
    token = {"how_known": "record", "role": "officer", "telephone": "01632 960100"}
    held = visitor.post(f"/sent/{said}/complete", **token).headers["location"]
    text = visitor.get(held).text
    assert re.search(r"If it cannot wait: Telephone [^<]*01632 960\d{3}", text)
    assert "owe a decision by" in text

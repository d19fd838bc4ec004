"""A practitioner from whom her case is kept, at the desk: every page as if there were nothing.

Two towns, one with her case and one without; at each, the same pages by the same person. Equal:
status, headers, and every byte but what is drawn for each answer (nonce, form token) and the index
of an entry, which everything that anybody says moves; and how many queries were asked.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event, select

from consumers import standing, store
from consumers.consumer import Came
from consumers.desk.pages.inbox import _newest
from consumers.desk.station import Station
from consumers.people.rows import tokens_in
from deploy import clock
from deploy.desk import sessions_of, station_of
from deploy.wiring import Acting, open_acting
from producers.home import Home
from tests.support.browser import provider
from tests.support.speaking import Speaker
from tests.support.stranger import sha
from tests.support.twins import (
    DESK,
    HERS,
    KEPT,
    POLICE,
    Town,
    beginning,
    case_of,
    read,
    written,
)
from tests.support.visiting import Visited, Visitor, visited
from tests.vectors.ledger import CLOCK_MS, Played

COLLEAGUE = "C. Colleague"
ROLES = ["researcher", "supervisor", "duty_manager", "information_manager", "auditor"]
USERS = [("kept", KEPT, ROLES), ("colleague", COLLEAGUE, ROLES)]
HOUSEHOLD = "A" * 22
HER = {"given": HERS.partition(" ")[0], "family": HERS.partition(" ")[2]}


class Twin(NamedTuple):
    """One home in one of the towns, and its desk; `town` is the one without her case."""

    acting: Acting
    desk: Visited
    town: Town


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine's clock stand: what a page says by it would differ."""
    monkeypatch.setattr(clock, "now_ms", lambda: CLOCK_MS)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(USERS) as known:
        yield known


@pytest.fixture(params=[POLICE, DESK])
def pair(
    request: pytest.FixtureRequest, twin_homes: Callable[[str], Any], issuer: str
) -> Iterator[tuple[Twin, Twin]]:
    """Open a home's desk in a town with her case, and its copy's in a town without it."""
    *homes, town = twin_homes(request.param)
    with ExitStack() as stack:

        def twin(home: Path) -> Twin:
            acting = open_acting(Home.open(home))

            def station(settings: Any, ticking: Any) -> Station:
                sessions = sessions_of(acting.home, settings, ticking)
                return Station(acting.store, acting.voice, acting, sessions, ticking, "Agency")

            return Twin(acting, stack.enter_context(visited(issuer, station)), town)

        first, second = map(twin, homes)
        yield first, second


def hidden_in(twin: Twin) -> tuple[list[str], list[str]]:
    """List what is kept from him there: ids, and digests."""
    with twin.acting.store.read() as db:
        viewer = twin.acting.viewer(KEPT)
        found = standing.hidden_from(db, viewer)
        ids = set(db.execute(select(store.views.c.id)).scalars())
    return sorted(found & ids), sorted(found - ids)


def told(answer: Any) -> tuple[int, list[tuple[str, str]], str]:
    """Give what somebody meets, but for what is drawn anew for each answer."""
    text = re.sub(r'(nonce|name="csrf" value)="[^"]+"', r'\1="DRAWN"', answer.text)
    text = re.sub(r"before=\d+", "before=INDEX", text)
    headers = [
        (name, re.sub(r"'nonce-[^']+'", "'nonce'", value))
        for name, value in answer.headers.items()
        if name != "content-length"
    ]
    return answer.status_code, headers, text


_csrf_of = cache(attrgetter("csrf"))


def met(visitor: Visitor, method: str, path: str, **fields: Any) -> tuple[Any, int]:
    """Give what somebody meets at an address, and how many queries were asked for it."""
    asked: list[str] = []

    def note(_c: Any, _k: Any, text: str, *_: Any) -> None:
        asked.append(text)

    csrf = _csrf_of(visitor) if method == "POST" else ""
    event.listen(Engine, "before_cursor_execute", note)
    try:
        answer = visitor.get(path) if method == "GET" else visitor.post(path, csrf=csrf, **fields)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return told(answer), len(asked)


def named_in(twin: Twin, ids: list[str]) -> list[str]:
    """List whom statements name there, by token."""
    with twin.acting.store.read() as db:
        return sorted(tokens_in(db, ids))


def of_people(tokens: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List every page about a person, or two, at which he could look for her."""
    for one in tokens:
        for page in ("chronology", "picture"):
            yield "GET", f"/persons/{one}/{page}", {}
            yield "GET", f"/persons/{one}/{page}/{tokens[0]}", {}


def addresses(
    ids: list[str], digests: list[str], tokens: list[str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List every address at which he could look for her, and every form he could send there."""
    lists = (
        "/", "/?show=all", "/quarantine", "/whereabouts", "/exclusions", "/looks", "/key",
        "/persons", "/origins", "/origins?show=decided", "/intelligence",
        "/intelligence?show=graded", "/intelligence?show=waiting", "/intelligence?show=copies",
    )  # fmt: skip
    yield from (("GET", path, {}) for path in lists)
    for count, sought in enumerate([HER, *({"report": one} for one in ids[:2])], 1):
        yield "POST", "/search", {"requester": "me", "reason": "curious", **sought}
        yield "GET", f"/search/{count}", {}
    for one in ids:
        for path in (f"/reports/{one}", f"/reports/{one}/whereabouts/1",
                     f"/reports/{one}/whereabouts/2", f"/exclusions/about/{one}",
                     f"/exclusions/{one}", f"/looks?about={one}", f"/links/{one}",
                     f"/origins/{one}", f"/reports/{one}/grading",
                     f"/reports/{one}/copy", f"/copies/{one}"):  # fmt: skip
            yield "GET", path, {}
        yield "POST", f"/links/{one}", {"reason": "curious"}
        yield "POST", f"/reports/{one}/grading", {"source": "1", "assessment": "A", "handling": "P"}
        copy = {"subject": HOUSEHOLD, "text": "new words", "handling": "P"}
        yield "POST", f"/reports/{one}/copy", copy
        yield "POST", f"/copies/{one}", {"do": "drop"}
        yield "POST", f"/origins/{one}", {"decision": "different", "reason": "curious"}
        yield "POST", f"/reports/{one}/whereabouts/2", {"do": "alone", "reason": "curious"}
        yield "POST", f"/exclusions/{one}", {"reason": "curious"}
        yield "POST", "/exclusions", {"report": one}
        yield (
            "POST",
            f"/exclusions/about/{one}",
            {"subject": HOUSEHOLD, "kind": "household", "who": HOUSEHOLD, "reason": "curious"},
        )
    for one in tokens:
        for path in (f"/persons/{one}", f"/persons/{one}?show=candidates", f"/looks?about={one}"):
            yield "GET", path, {}
        for other in (*tokens, HOUSEHOLD):
            yield "GET", f"/persons/{one}/beside/{other}", {}
            yield "POST", f"/persons/{other}/beside/{one}", {"reason": "curious", "seen": "x"}
    for one in digests:
        yield "GET", f"/quarantine/{one}", {}
        yield "GET", f"/emergencies/{one}", {}
        yield "GET", f"/erasures/{one}", {}
        yield (
            "POST",
            f"/quarantine/{one}",
            {"decision": "release", "waive": "provenance.role_missing", "reason": "curious"},
        )
    yield from (("GET", path, {}) for path in lists)


def test_whoever_is_excluded_meets_what_they_would_meet_where_there_is_nothing(
    pair: tuple[Twin, Twin],
) -> None:
    """He works there, and knows her report's reference from a colleague's screen."""
    with_case, without = pair
    ids, digests = hidden_in(with_case)
    assert digests
    assert ids or with_case.acting.voice.agency == "mk-csp", "governance holds it by digest"
    assert hidden_in(without) == ([], [])
    tokens = named_in(with_case, ids)
    assert tokens or with_case.acting.voice.agency == "mk-csp", "whom it was sent by name"
    kept = [one.desk.visitor("kept") for one in pair]
    limit = 230  # a session asks no more in a minute; his does not
    asked = [*of_people(tokens), *addresses(ids, digests, tokens)]
    for count, (method, path, fields) in enumerate(asked):
        if count * 2 % limit > limit - 3:
            kept = [one.desk.visitor("kept") for one in pair]
        first, second = (met(one, method, path, **fields) for one in kept)
        assert first[0] == second[0], f"{method} {path}"
        assert first[1] == second[1], f"{method} {path}: another number of queries"


def test_a_colleague_meets_what_is_kept_from_him(pair: tuple[Twin, Twin]) -> None:
    """Else the comparison above would hold of pages that show nobody anything."""
    ids, digests = hidden_in(pair[0])
    first, second = (one.desk.visitor("colleague") for one in pair)
    persons = [f"/persons/{one}" for one in named_in(pair[0], ids)]
    paths = [*(f"/reports/{one}" for one in ids), *(f"/quarantine/{one}" for one in digests)]
    opened = [path for path in (*paths, *persons) if first.get(path).status_code == 200]
    assert set(persons) <= set(opened)
    assert opened
    assert all(second.get(path).status_code == 404 for path in opened)
    why = {"requester": "me", "reason": "my task"}
    hits = [one.post("/search", **why, **HER).headers["location"] for one in (first, second)]
    assert (HERS in first.get(hits[0]).text.partition("Search again")[0]) == bool(ids)
    assert HERS not in second.get(hits[1]).text.partition("Search again")[0]


def test_whoever_is_excluded_by_name_is_excluded_also_where_a_reference_is_known(
    tmp_path: Path,
) -> None:
    """The manager knew his name, the provider his number; a namesake is another hand."""
    made = Speaker(tmp_path / "home", name=POLICE)
    token = made.outbox.token_for("practitioner", KEPT)
    made.close()
    acting = open_acting(Home.open(tmp_path / "home"))
    own = acting.practitioner(KEPT, "staff-7")
    assert own.token != token
    assert acting.viewer(KEPT, "staff-7") == {token, own.token}
    assert acting.voice.viewer(own) == {token, own.token}, "what a form sends is judged by both too"
    assert acting.viewer(KEPT) == {token}
    assert acting.practitioner(KEPT, "staff-8").token != own.token
    assert acting.known_as(str(own.token)) == "staff-7"
    assert acting.known_as("x" * 22) == "x" * 22


def test_a_desk_that_runs_knows_whom_he_lives_with_as_soon_as_its_consumer_does(
    tmp_path: Path, issuer: str
) -> None:
    """His credential came weeks after the desk was started: it must not show him on until then."""
    made = Speaker(tmp_path / "home", name=POLICE)
    token = str(made.outbox.token_for("practitioner", KEPT))
    made.close()
    town, home = Town(beginning()), Home.open(tmp_path / "home")
    consumer = read(home.folder, town, "thames-valley").consumer

    def vouched(played: Played) -> None:
        vouch = {"credential": sha(b"his"), "practitioner": token, "role": "officer",
                 "until": "2030-01-01T00:00:00.000Z", "household": HOUSEHOLD}  # fmt: skip
        played.govern("thames-valley", "credential_issued", vouch)

    with visited(issuer, partial(station_of, home)) as desk:
        his, other = desk.visitor("kept"), desk.visitor("colleague")
        before = _newest(desk.station, desk.station.acts.viewer(KEPT))
        for said in (written("vouched", vouched), case_of({"household": HOUSEHOLD})):
            town.log.tell(said)
        town.log.deliver()
        held = town.log.views["thames-valley"]
        consumer.take([Came(n, k, v or None) for n, (k, v) in enumerate(held)])
        with consumer.store.read() as db:
            kept = set(standing.hidden_from(db, frozenset({HOUSEHOLD})))
            ids = kept & set(db.execute(select(store.views.c.id)).scalars())
        opened = [one for one in ids if other.get(f"/reports/{one}").status_code == 200]
        assert opened
        assert {his.get(f"/reports/{one}").status_code for one in opened} == {404}
        assert _newest(desk.station, desk.station.acts.viewer(KEPT)) == before


def test_nothing_of_her_comes_over_the_live_line(pair: tuple[Twin, Twin]) -> None:
    """While he watches, her case arrives: his line stays still, and a colleague's moves."""
    _, without = pair
    station, agency = without.desk.station, without.acting.voice.agency
    kept, other = without.acting.viewer(KEPT), without.acting.viewer(COLLEAGUE)
    before = [_newest(station, kept), _newest(station, other)]
    token = without.acting.practitioner(KEPT).token
    without.town.log.tell(case_of({"practitioner": str(token)}))
    without.town.log.deliver()
    held = without.town.log.views.get(agency, [])
    without.acting.consumer.take([Came(n, k, v or None) for n, (k, v) in enumerate(held)])
    assert _newest(station, kept) == before[0]
    assert _newest(station, other) != before[1] or agency == "mk-csp"

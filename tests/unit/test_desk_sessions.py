"""Who is at the desk: signing in, being locked out, coming back, and what is kept meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import create_engine, text
from starlette.responses import JSONResponse, PlainTextResponse

from consumers.desk.session import KEPT_MS
from contracts.duration import MINUTE_MS
from tests.support.lying import Lying, lying
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import Working

POLICE, PROBATION = "thames-valley", "nps-thames-valley/case"
IDLE_MS = 16 * MINUTE_MS
SHIFT_MS = 12 * 60 * MINUTE_MS + 1


def is_in(visitor: Visitor) -> bool:
    """Say whether the inbox opens."""
    return bool(visitor.get("/").status_code == 200)


def test_an_idle_session_is_locked_and_the_same_person_comes_back_to_it(desk: Visited) -> None:
    """They prove anew who they are, and go on where they were, for the same purpose."""
    officer = desk.visitor("officer")
    desk.clock.ahead_ms += IDLE_MS
    barred = officer.get("/?show=all")
    assert barred.headers["location"] == "/sign-in?next=/%3Fshow%3Dall"
    asked = officer.get(barred.headers["location"]).headers["location"]
    assert parse_qs(urlsplit(asked).query)["prompt"] == ["login"]
    assert parse_qs(urlsplit(asked).query)["max_age"] == ["0"]
    back = officer.get(officer.proved(asked, "officer"))
    assert back.headers["location"] == "/?show=all"
    assert "A task or alert that is mine" in officer.get("/").text


def test_another_person_gets_nothing_of_a_locked_session(desk: Visited) -> None:
    """Not the page, not the purpose, not what was being written, not its forms."""
    officer = desk.visitor("officer")
    before, old = officer.cookie, officer.csrf
    desk.clock.ahead_ms += IDLE_MS
    officer.post("/purpose", csrf=old, purpose="", words="she says")
    asked = officer.get("/sign-in?next=/reports/secret").headers["location"]
    back = officer.get(officer.proved(asked, "supervisor"))
    assert back.headers["location"] == "/"
    assert officer.cookie != before
    page = officer.get("/").text
    assert "Jo Bell" in page
    assert "You are looking for" not in page
    assert "unsaved" not in page
    assert "she says" not in officer.get("/unsaved").text
    assert officer.post("/purpose", csrf=old, purpose="audit").status_code == 403
    officer.sign_in("officer")
    assert "she says" in officer.get("/unsaved").text, "it is the officer's still"


def test_what_was_being_written_is_kept_by_lock_by_end_and_by_revocation(desk: Visited) -> None:
    """Nothing of it was sent; it is shown again, and goes when its form is taken."""
    for lost in ("locked", "ended", "revoked"):
        officer = desk.visitor("officer")
        token = officer.csrf
        if lost == "revoked":
            desk.station.sessions.revoke("officer")
        else:
            desk.clock.ahead_ms += IDLE_MS if lost == "locked" else SHIFT_MS
        answer = officer.post("/purpose", csrf=token, purpose="wrong", words=f"written {lost}")
        assert answer.headers["location"] == "/sign-in?next=/unsaved"
        officer.sign_in("officer", "/unsaved")
        page = officer.get("/unsaved").text
        assert f"written {lost}" in page
        assert "None of this was sent" in page
        assert 'href="/purpose?unsaved=1"' in page
        assert "Go on with it" in officer.get("/").text
        assert f"written {lost}" in officer.get("/unsaved").text, "a look does not lose it"
        assert officer.post("/purpose", purpose="my_task").status_code == 303
        assert "Nothing." in officer.get("/unsaved").text


def test_a_form_of_a_page_from_before_signing_in_again_is_kept_too(desk: Visited) -> None:
    """Two tabs: one signs in again, the other sends what was written before."""
    officer = desk.visitor("officer")
    old = officer.csrf
    desk.clock.ahead_ms += IDLE_MS
    officer.sign_in("officer")
    answer = officer.post("/purpose", csrf=old, purpose="audit", words="from the other tab")
    assert answer.status_code == 403
    assert "NOT sent" in answer.text
    assert "from the other tab" in officer.get("/unsaved").text


def test_what_somebody_else_sends_is_not_kept_for_anybody(desk: Visited) -> None:
    """A page of another site must not write into a locked officer's forms."""
    officer = desk.visitor("officer")
    desk.clock.ahead_ms += IDLE_MS
    officer.post("/purpose", origin="https://evil.example", csrf="x", words="planted")
    officer.sign_in("officer")
    assert "planted" not in officer.get("/unsaved").text


def test_what_is_unsaved_can_be_thrown_away_and_goes_after_a_day(desk: Visited) -> None:
    """Words about people are kept no longer than somebody needs them."""
    officer = desk.visitor("officer")
    for n in (1, 2):
        officer.post("/unsaved", page=f"/forms/{n}", words=f"draft {n}")
    assert officer.post("/unsaved", page="/forms/1", drop="yes").status_code == 303
    page = officer.get("/unsaved").text
    assert "draft 1" not in page
    assert "draft 2" in page
    assert "copy this into it" in page, "there is no such page to go back to"
    desk.clock.ahead_ms += KEPT_MS + 1
    officer.sign_in("officer")
    assert "draft 2" not in officer.get("/unsaved").text
    held = create_engine(str(desk.station.sessions._engine.url))
    with held.begin() as db:
        assert db.execute(text("select count(*) from desk_unsaved")).scalar() == 0


def test_a_session_ends_with_the_shift_however_busy_it_was(desk: Visited) -> None:
    """Absolute lifetime: and then the provider must ask again, also where it remembers them."""
    officer = desk.visitor("officer")
    for _ in range(12 * 5 - 1):
        desk.clock.ahead_ms += 12 * MINUTE_MS
        officer.get("/key")
    assert is_in(officer)
    desk.clock.ahead_ms += 12 * MINUTE_MS
    assert not is_in(officer)
    asked = officer.get("/sign-in").headers["location"]
    assert "prompt=login" in asked


def test_what_a_script_asks_for_by_itself_keeps_no_session_alive(desk: Visited) -> None:
    """A page that refreshes itself on a screen which nobody watches is no use by anybody."""
    officer = desk.visitor("officer")
    quiet = {"sec-fetch-dest": "empty", "sec-fetch-site": "same-origin"}
    for _ in range(4):
        desk.clock.ahead_ms += 5 * MINUTE_MS
        answer = officer.get("/", **quiet)
    assert answer.status_code == 401, "it is told, and not led to where it cannot go"
    assert not is_in(officer)


def test_signing_out_ends_the_session_and_the_next_must_prove_who_they_are(desk: Visited) -> None:
    """At a shared desk the provider may remember whoever was there before."""
    officer, again = desk.visitor("officer"), desk.visitor("officer")
    stolen = officer.cookie
    assert officer.post("/sign-out").headers["location"] == "/signed-out"
    assert officer.get("/signed-out").status_code == 200
    assert "prompt=login" in officer.get("/sign-in").headers["location"]
    officer.client.cookies.set("__Host-candour", stolen, domain="desk.example")
    assert not is_in(officer)
    assert is_in(again), "another browser's goes on"


def test_signing_out_everywhere_ends_every_session_of_theirs_and_nobody_elses(
    desk: Visited,
) -> None:
    """A telephone was lost."""
    one, two, other = (desk.visitor(who) for who in ("officer", "officer", "supervisor"))
    one.post("/sign-out", everywhere="yes")
    assert [is_in(one), is_in(two), is_in(other)] == [False, False, True]


def test_a_revoked_session_does_not_come_back_with_what_was_under_way(desk: Visited) -> None:
    """A request that began before must not write the session anew when it ends."""
    officer = desk.visitor("officer")
    session = desk.station.sessions.find(officer.cookie)
    assert session is not None
    desk.station.sessions.revoke("officer")
    desk.station.sessions.keep(session)
    assert desk.station.sessions.find(officer.cookie) is None
    assert desk.station.sessions.standing(officer.cookie) == "ended"
    held = create_engine(str(desk.station.sessions._engine.url))
    with held.begin() as db:
        row = db.execute(text("select state from desk_sessions where subject = 'officer'"))
        assert row.scalars().all() == ["{}"], "name, roles and purpose are gone"


def test_a_slow_page_takes_no_newer_purpose_back(desk: Visited) -> None:
    """The looks after it would stand under a purpose that nobody gave for them."""
    officer, sessions = desk.visitor("officer"), desk.station.sessions
    slow = sessions.find(officer.cookie)
    assert slow is not None
    slow.state["told"] = "It is done."
    desk.clock.ahead_ms += 60_000
    officer.post("/purpose", purpose="shift_handover")
    newer = sessions.find(officer.cookie)
    sessions.keep(slow)
    kept = sessions.find(officer.cookie)
    assert newer is not None
    assert kept is not None
    assert kept.state == {**newer.state, "told": "It is done."}
    taken = sessions.find(officer.cookie)
    assert taken is not None
    del taken.state["told"]
    sessions.keep(taken)
    sessions.keep(kept)
    assert "told" not in (sessions.find(officer.cookie) or kept).state, "said once"


# What the provider says


@pytest.fixture
def liar(town: Working, tmp_path: Path) -> Iterator[tuple[Lying, Visited]]:
    with (
        lying() as one,
        visiting(town, POLICE, tmp_path, issuer=one.issuer, tells_when=True) as open_,
    ):
        yield one, open_


def come_back(one: Lying, visitor: Visitor, **changes: str) -> Any:
    """Be led to the provider and back, with a code."""
    asked = parse_qs(urlsplit(visitor.get("/sign-in").headers["location"]).query)
    one.nonce = asked["nonce"][0]
    assert asked["code_challenge_method"] == ["S256"]
    given = {"code": "c", "state": asked["state"][0], **changes}
    return visitor.get("/signed-in?" + "&".join(f"{k}={v}" for k, v in given.items()))


def test_an_honest_word_is_believed(liar: tuple[Lying, Visited]) -> None:
    """Else every refusal below would hold of a desk that believes nobody."""
    one, desk = liar
    visitor = desk.visitor()
    assert come_back(one, visitor).headers["location"] == "/"
    assert is_in(visitor)
    assert "Lee Hart" in visitor.get("/").text
    assert one.asked[0]["code_verifier"], "PKCE"


LIES: dict[str, dict[str, Any]] = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong issuer": {"iss": "http://evil.example"},
    "no issuer": {"iss": None},
    "another client": {"aud": "another-desk"},
    "another client, naming us": {"aud": "another-desk", "azp": "candour-desk"},
    "no audience": {"aud": None},
    "expired": {"exp": 1_700_000_000},
    "no expiry": {"exp": None},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
}


def test_a_wrong_word_is_not_believed(liar: tuple[Lying, Visited]) -> None:
    """Each thing that an ID token must say (OpenID Connect Core 3.1.3.7)."""
    one, desk = liar
    for lie, one.claims in LIES.items():
        visitor = desk.visitor()
        answer = come_back(one, visitor)
        assert answer.headers["location"] == "/sign-in?failed=1", lie
        told = visitor.get("/sign-in?failed=1")
        assert told.status_code == 200, lie
        assert "ring your IT desk" in told.text, lie
        assert not is_in(visitor), lie
    one.claims = {}
    assert come_back(one, desk.visitor()).headers["location"] == "/", "no lie bars what follows"


def test_a_word_that_another_key_signed_is_not_believed(liar: tuple[Lying, Visited]) -> None:
    """Nor one under an algorithm that the provider does not use."""
    one, desk = liar
    one.published = RSAKey.generate_key(2048)
    visitor = desk.visitor()
    assert come_back(one, visitor).headers["location"] == "/sign-in?failed=1"
    assert not is_in(visitor)


def test_an_answer_that_nobody_asked_for_is_refused(liar: tuple[Lying, Visited]) -> None:
    """Wrong state (somebody else's sign-in), an error, no code."""
    one, desk = liar
    for changes in ({"state": "another"}, {"error": "access_denied"}, {"code": ""}):
        if "code" in changes:
            one.answer = lambda _: JSONResponse({"error": "invalid_grant"}, 400)
        visitor = desk.visitor()
        back = come_back(one, visitor, **changes)
        assert back.headers["location"] == "/sign-in?failed=1", changes
        assert not is_in(visitor), changes


def test_an_answer_is_taken_once(liar: tuple[Lying, Visited]) -> None:
    """Whoever reads it in a history cannot use it again, in this browser or another."""
    one, desk = liar
    visitor = desk.visitor()
    asked = parse_qs(urlsplit(visitor.get("/sign-in").headers["location"]).query)
    one.nonce = asked["nonce"][0]
    path = f"/signed-in?code=c&state={asked['state'][0]}"
    assert visitor.get(path).headers["location"] == "/"
    assert visitor.get(path).headers["location"] == "/sign-in?failed=1"
    assert desk.visitor().get(path).headers["location"] == "/sign-in?failed=1"


def test_a_provider_that_is_ill_lets_nobody_in_and_breaks_nothing(
    liar: tuple[Lying, Visited],
) -> None:
    """At 3 am somebody must read what to do, not a defect."""
    one, desk = liar
    for broken, one.answer in {
        "away": lambda _: PlainTextResponse("ill", 503),
        "no json": lambda _: PlainTextResponse("<html>"),
        "no token": lambda _: JSONResponse({"access_token": "a", "token_type": "Bearer"}),
    }.items():
        visitor = desk.visitor()
        assert come_back(one, visitor).headers["location"] == "/sign-in?failed=1", broken
        assert not is_in(visitor), broken
    one.answer = JSONResponse
    assert come_back(one, desk.visitor()).headers["location"] == "/", "once it is well it is heard"


def test_a_provider_that_is_not_there_is_said_so(town: Working, tmp_path: Path) -> None:
    """Likewise where it cannot be reached at all."""
    with visiting(town, POLICE, tmp_path, issuer="http://localhost:1") as desk:
        visitor = desk.visitor()
        assert visitor.get("/sign-in").headers["location"] == "/sign-in?failed=1"


@pytest.mark.parametrize(
    "told",
    [{"issuer": "http://evil.example"}, {"id_token_signing_alg_values_supported": ["HS256"]}],
)
def test_a_provider_that_speaks_for_another_is_not_met(
    liar: tuple[Lying, Visited], told: dict[str, Any]
) -> None:
    """Nor one that signs with nothing that a desk believes (OpenID Connect Discovery 4.3)."""
    one, desk = liar
    one.metadata = told
    assert desk.visitor().get("/sign-in").headers["location"] == "/sign-in?failed=1"


def test_somebody_sees_where_they_are_signed_in_and_ends_it_there(desk: Visited) -> None:
    """Two browsers, one of them lost; nobody else's stands on the page."""
    one, other = desk.visitor("officer"), desk.visitor("officer")
    desk.visitor("supervisor")
    page = one.get("/browsers").text
    assert page.count("last used") == 2
    out = one.post("/sign-out", everywhere="yes")
    assert one.get(out.headers["location"]).headers["clear-site-data"] == '"cache", "storage"'
    assert not is_in(other)


def test_somebody_without_a_role_that_is_known_here_may_do_nothing(
    liar: tuple[Lying, Visited],
) -> None:
    """They are told what to do, and shown no list."""
    one, desk = liar
    for roles in (None, [], ["governor"], "supervisor", {"supervisor": True}, 7):
        one.claims = {"roles": roles}
        visitor = desk.visitor()
        come_back(one, visitor)
        answer = visitor.get("/")
        assert answer.status_code == 403, roles
        assert "have no role at this desk" in answer.text, roles
        assert "/reports/" not in answer.text, roles


@pytest.mark.parametrize("proved", [None, 1_700_000_000, "now"])
def test_who_was_locked_out_must_have_proved_it_now(
    liar: tuple[Lying, Visited], proved: Any
) -> None:
    """A provider that lets somebody by because it remembers them has proved nothing."""
    one, desk = liar
    visitor = desk.visitor()
    come_back(one, visitor)
    desk.clock.ahead_ms += IDLE_MS
    one.claims = {"auth_time": proved}
    assert come_back(one, visitor).headers["location"] == "/sign-in?failed=1"
    assert not is_in(visitor)


def test_where_the_desk_asks_for_a_strong_proof_a_weak_one_is_refused(
    town: Working, tmp_path: Path
) -> None:
    """Two factors, in the provider's own words."""
    with (
        lying() as one,
        visiting(town, POLICE, tmp_path, issuer=one.issuer, acr="two-factors") as desk,
    ):
        visitor = desk.visitor()
        assert "acr_values=two-factors" in visitor.get("/sign-in").headers["location"]
        assert come_back(one, visitor).headers["location"] == "/sign-in?failed=1"
        one.claims = {"acr": "two-factors"}
        assert come_back(one, visitor).headers["location"] == "/"

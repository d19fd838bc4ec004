"""What stands before every page of the desk: headers, forms, limits, who may be here."""

import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from consumers.desk.address import inward
from consumers.desk.guard import BODY_MAX, PAGES, SIGN_INS
from tests.support.visiting import ADDRESS, FORM, Visited, Visitor, token_in

POLICE, PROBATION = "thames-valley", "nps-thames-valley/case"


def report_of(visitor: Visitor) -> str:
    """Give the address of the first report in the inbox."""
    found = re.search(r'href="(/reports/[0-9a-f-]{36})"', visitor.get("/").text)
    assert found is not None
    return found[1]


class Inline(HTMLParser):
    """Collects what a strict policy would refuse, and what a page asks of other addresses."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce, self.found = nonce, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [
            f"{tag} {name}" for name in given if name.startswith("on") or name == "style"
        ]
        if tag == "style" or (tag == "script" and given.get("nonce") != self.nonce
                              and not (given.get("src") or "").startswith("/assets/")):  # fmt: skip
            self.found.append(tag)
        if tag in {"script", "link", "img", "iframe", "form"}:
            asked = given.get("src") or given.get("href") or given.get("action") or ""
            if asked and not asked.startswith(("/", "data:,")):
                self.found.append(asked)


def test_every_answer_carries_the_policy_and_nothing_may_be_kept(desk: Visited) -> None:
    """A page, a refusal, a defect, a redirect and a file: nothing gets out without them."""
    officer = desk.visitor("officer")
    answers = [
        officer.get("/"), officer.get(report_of(officer)), officer.get("/nothing/here"),
        desk.visitor().get("/"), officer.post("/purpose", csrf="wrong"), officer.get("/alive"),
        officer.get("/assets/desk.css"), officer.get("/assets/none.css"),
        officer.get("/", host="another.example"), desk.visitor().get("/sign-in"),
    ]  # fmt: skip
    nonces = set()
    for one in answers:
        policy = one.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self' 'nonce-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        nonces.add(policy.partition("'nonce-")[2].partition("'")[0])
        kept = "no-cache" if "/assets/" in str(one.url) else "no-store"
        assert one.headers["cache-control"] == kept
        assert one.headers["referrer-policy"] == "same-origin"
        assert one.headers["x-content-type-options"] == "nosniff"
        assert "server" not in one.headers
    assert len(nonces) == len(answers)


def test_no_page_holds_anything_that_the_policy_would_refuse(desk: Visited) -> None:
    """No inline script, style or event, and nothing from another address."""
    officer = desk.visitor("officer")
    for path in ("/", "/key", "/purpose", "/unsaved", report_of(officer)):
        answer = officer.get(path)
        nonce = answer.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
        seen = Inline(nonce)
        seen.feed(answer.text)
        assert seen.found == [], path


def test_the_cookie_is_this_hosts_alone_and_no_script_reads_it(desk: Visited) -> None:
    """And it is another after signing in: one that was put there before is worth nothing."""
    visitor = desk.visitor()
    first = visitor.get("/sign-in")
    given = first.headers["set-cookie"]
    assert given.startswith("__Host-candour=")
    assert [part.strip() for part in given.split(";")[1:]] == [
        "Path=/", "Secure", "HttpOnly", "SameSite=Lax",
    ]  # fmt: skip
    before = visitor.cookie
    visitor.get(visitor.proved(first.headers["location"], "officer"))
    assert visitor.cookie != before
    thief = desk.visitor()
    thief.client.cookies.set("__Host-candour", before, domain="desk.example")
    assert thief.get("/").headers["location"] == "/sign-in?next=/"


@pytest.mark.parametrize(
    ("changed", "csrf"),
    [
        ({}, ""),
        ({}, "x" * 43),
        ({"origin": "https://evil.example"}, None),
        ({"origin": "null"}, None),
        ({"origin": "http://desk.example"}, None),
        ({"sec-fetch-site": "cross-site"}, None),
        ({"sec-fetch-site": "same-site"}, None),
    ],
)
def test_a_form_from_anywhere_else_changes_nothing(
    desk: Visited, changed: dict[str, str], csrf: str | None
) -> None:
    """No token, a wrong one, another origin, none that a browser will name, a sister host."""
    officer = desk.visitor("officer", purpose=None)
    token = officer.csrf if csrf is None else csrf
    answer = officer.client.post(
        "/purpose", content=f"csrf={token}&purpose=my_task",
        headers={**FORM, "origin": ADDRESS, **changed},
    )  # fmt: skip
    assert answer.status_code == 403
    assert officer.get(report_of(officer)).status_code == 303, "no purpose was taken"


def test_another_sessions_token_is_no_token(desk: Visited) -> None:
    """A colleague's own form must not act for me."""
    officer, other = desk.visitor("officer"), desk.visitor("supervisor")
    assert officer.post("/purpose", csrf=other.csrf, purpose="audit").status_code == 403


def test_a_form_in_json_or_in_parts_is_no_form(desk: Visited) -> None:
    """Other content types skip a browser's own check: none is read."""
    officer = desk.visitor("officer")
    token = officer.csrf
    for kind, body in (
        ("application/json", f'{{"csrf":"{token}"}}'),
        ("text/plain", f"x=1\ncsrf={token}"),
        ("multipart/form-data; boundary=b",
         f'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{token}\r\n--b--'),
    ):  # fmt: skip
        headers = {"content-type": kind, "origin": ADDRESS}
        assert officer.client.post("/purpose", content=body, headers=headers).status_code == 403


def test_what_is_too_large_or_has_too_many_fields_is_refused(desk: Visited) -> None:
    """Nobody fills this machine's memory, and the answer says what to do."""
    officer = desk.visitor("officer")
    large = officer.post("/purpose", purpose="x" * BODY_MAX)
    assert large.status_code == 413
    assert "Shorten it" in large.text
    many = "&".join(["a=1"] * 600)
    answer = officer.client.post("/purpose", content=many, headers={**FORM, "origin": ADDRESS})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_does_nothing(desk: Visited, method: str) -> None:
    """A page that is only looked at is never acted through."""
    officer = desk.visitor("officer")
    for path in ("/", report_of(officer), "/purpose"):
        assert officer.client.request(method, path).status_code in {403, 404}
    for path in ("/", "/key", report_of(officer)):
        assert officer.post(path).status_code in {403, 404}
    assert officer.get("/sign-out").status_code == 404, "signing out is no link"


def test_an_answer_is_given_to_this_desks_own_name_only(desk: Visited) -> None:
    """A name that somebody else points here (DNS rebinding), or a forged Host in a link."""
    officer = desk.visitor("officer")
    for host in ("evil.example", "desk.example.evil.example", "desk.example:444", ""):
        assert officer.get("/", host=host).status_code == 421


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../station.py", "/assets/..%2fstation.py", "/assets/%2e%2e/%2e%2e/store.py",
        "/assets//etc/passwd", "/assets/....//station.py", "/assets/..%5cstation.py",
        "/assets/desk.css%00.html", "/assets/", "/assets",
    ],
)  # fmt: skip
def test_no_other_file_is_served(desk: Visited, path: str) -> None:
    """Only what stands in the folder of assets."""
    answer = desk.visitor().get(path)
    assert answer.status_code in {303, 404, 307}
    assert "import" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "evil",
        "/\n/evil.example", "javascript:alert(1)", "/a\r\nset-cookie: x=1", "", "/é",
        "\\/evil.example", "/..//evil.example\\",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_this_desk(to: str) -> None:
    """A link in a mail that begins here must end here."""
    assert inward(to) == "/"


def test_the_way_back_is_kept_with_what_was_asked(desk: Visited) -> None:
    """Whoever is asked to sign in comes back to the page, and to nothing that was put there."""
    visitor = desk.visitor()
    asked = visitor.get("/?show=all")
    assert asked.headers["location"] == "/sign-in?next=/%3Fshow%3Dall"
    back = visitor.sign_in("officer", "/%3Fshow%3Dall")
    assert back.headers["location"] == "/?show=all"
    for path in ("//evil.example", "/x%0d%0aset-cookie:%20a=b", "/x%26next=//evil.example"):
        answer = desk.visitor().get(path)
        assert "evil.example" not in answer.headers.get("location", "").partition("?")[0]
        assert "a=b" not in str(answer.headers.get("set-cookie"))


def test_one_session_asks_no_more_than_a_person_does(desk: Visited) -> None:
    """Nor an address of nobody signed in, whatever cookie it makes up each time."""
    officer = desk.visitor("officer")
    codes = [officer.get("/key").status_code for _ in range(PAGES + 1)]
    assert codes[-1] == 429
    assert desk.visitor("supervisor").get("/key").status_code == 200, "a colleague goes on"
    nobody = desk.visitor()
    found = set()
    for n in range(SIGN_INS + 1):
        nobody.client.cookies.set("__Host-candour", f"made-up-{n}", domain="desk.example")
        found.add(nobody.get("/sign-in").status_code)
    assert 429 in found


def test_a_defect_says_nothing_of_what_it_met(
    desk: Visited, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the page nor the log: only its kind, and the line of code."""

    def broken(*_: Any) -> Any:
        raise ValueError("Tracey Hill, 3 Canary Row")

    officer = desk.visitor("officer")
    monkeypatch.setattr("consumers.desk.rows.pressing", lambda *_, **__: broken())
    answer = officer.get("/")
    assert answer.status_code == 500
    assert "no-store" in answer.headers["cache-control"]
    said = capsys.readouterr()
    assert "ValueError" in said.out + said.err
    for text in (answer.text, said.out, said.err):
        assert "Canary" not in text
    assert "Traceback" not in answer.text


def test_health_and_files_begin_no_session(desk: Visited) -> None:
    """A monitor that asks each second must not fill the database."""
    nobody = desk.visitor()
    for path in ("/alive", "/assets/desk.css"):
        answer = nobody.get(path)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert desk.station.sessions.live() == []


def test_the_database_of_sessions_is_its_owners_alone(desk: Visited, tmp_path: Path) -> None:
    """Another account of this machine must not read who is here, or what they were writing."""
    desk.visitor("officer")
    files = list(tmp_path.glob("sessions.sqlite*"))
    assert len(files) == 3, "with what SQLite keeps beside it"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_no_cookie_is_in_the_database(desk: Visited, tmp_path: Path) -> None:
    """Whoever reads a backup can take nobody's place."""
    officer = desk.visitor("officer")
    desk.station.sessions.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("sessions.sqlite*"))
    assert b"officer" in held
    assert officer.cookie.encode() not in held


def test_every_form_carries_this_sessions_token(desk: Visited) -> None:
    """One that has none could never be sent."""
    officer = desk.visitor("officer")
    for path in ("/", "/purpose", "/unsaved", report_of(officer)):
        page = officer.get(path).text
        assert page.count("<form") == page.count('name="csrf"') >= 1
        assert token_in(page) == officer.csrf


def test_what_nobody_can_tell_whose_it_was_is_said_to_be_lost(desk: Visited) -> None:
    """Where the session itself is gone, what was typed is not dropped in silence."""
    officer = desk.visitor("officer")
    officer.client.cookies.clear()
    answer = officer.post("/purpose", csrf="x", purpose="audit", words="typed in vain")
    officer.sign_in("officer", answer.headers["location"].removeprefix("/sign-in?next="))
    page = officer.get("/unsaved?lost=1").text
    assert answer.headers["location"] == "/sign-in?next=/unsaved%3Flost%3D1"
    assert "NOT sent and is NOT kept" in page
    assert "NOT kept" not in officer.get("/unsaved").text

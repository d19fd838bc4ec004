"""A form that was not taken: shown again by a page of its own, for its own session, once."""

import re
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import create_engine, text

from tests.support.visiting import ADDRESS, FORM, Visited


def test_a_form_that_was_not_taken_is_shown_again_by_a_page_of_its_own(desk: Visited) -> None:
    """The answer to a form is a page that no way back can bring: nothing here is cached."""
    officer, other = desk.visitor("officer"), desk.visitor("supervisor")

    def sent(words: str) -> Any:
        body = urlencode({"csrf": officer.csrf, "purpose": "wrong", "words": words})
        given = {**FORM, "origin": ADDRESS}
        return officer.client.post("/purpose?next=/key", content=body, headers=given)

    answer = sent("typed once")
    assert (answer.status_code, answer.headers["location"]) == (303, "/purpose?next=/key#wrong")
    for script in ({"sec-fetch-dest": "empty"}, None):
        who = officer if script else other
        assert "There is a problem" not in who.get("/purpose?next=/key", **(script or {})).text
    page = officer.get(answer.headers["location"])
    assert page.status_code == 422
    assert "There is a problem" in page.text
    nonce = re.search(r"nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce is not None
    assert nonce[1] in page.text, "its scripts run"
    assert "There is a problem" not in officer.get("/purpose?next=/key").text, "once"
    assert "typed once" in officer.get("/unsaved").text
    sent("typed late")
    desk.clock.ahead_ms += 60_001
    assert "There is a problem" not in officer.get("/purpose?next=/key").text, "it is old"
    with create_engine(str(desk.station.sessions._engine.url)).begin() as db:
        desk.visitor("manager")
        assert db.execute(text("select count(*) from desk_untaken")).scalar() == 0
    officer.post("/purpose", purpose="my_task")
    assert "Nothing." in officer.get("/unsaved").text

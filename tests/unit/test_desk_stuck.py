"""A desk whose Kafka is away: what could not leave says so, and every page says why."""

from pathlib import Path

import pytest
from sqlalchemy import update

from consumers.consumer import Came
from consumers.desk import station as stations
from consumers.desk.station import Station
from contracts.statement import interpret, parse
from deploy.desk import DeskSettings, sessions_of
from deploy.reaching import Reach
from deploy.wiring import Acting, open_acting
from producers.lock import sole_sender
from producers.tables import statements
from tests.support.browser import Ticking, provider
from tests.support.speaking import Speaker
from tests.support.visiting import visited

POLICE = "thames-valley/intelligence"
ANSWER = {"received_by": "Lee Hart", "researched": "no", "actions": "visit_planned"}


def reported(folder: Path) -> tuple[Acting, str]:
    """Open police, who have read a report; Kafka is away: nothing listens at its address."""
    speaker = Speaker(folder, name=POLICE)
    said = interpret(parse(speaker.town.report()), whole=False).context.id
    speaker.read()
    speaker.close()
    acting = open_acting(speaker.home)
    views = speaker.town.log.views[speaker.agency]
    acting.consumer.take([Came(offset, key, value) for offset, (key, value) in enumerate(views)])
    return acting, said


async def test_what_could_not_leave_never_looks_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was said that whoever reported was told; nobody was, and no page said why."""
    acting, said = reported(tmp_path / "home")
    reach = Reach(acting.outbox)
    monkeypatch.setattr(stations, "ACT_S_MAX", 0.0)

    def station(settings: DeskSettings, ticking: Ticking) -> Station:
        sessions = sessions_of(acting.home, settings, ticking)
        return Station(
            acting.store, acting.voice, acting, sessions, ticking, "Police", stuck=reach.stuck,
            unsent=reach.unsent,
        )  # fmt: skip

    with (
        provider() as issuer,
        visited(issuer, station) as desk,
        sole_sender(acting.home.folder, what="candour consumer run"),
    ):
        officer = desk.visitor("officer")
        assert "Kafka" not in officer.get("/feeds").text
        before = "1 answer and other duties owed</a>"
        assert f"{before}. As of" in officer.get("/").text
        sent = officer.post(f"/reports/{said}/answer", **ANSWER)
        page = officer.get(sent.headers["location"]).text
        assert 'id="undelivered">NOT DELIVERED' in page
        assert "goes on being sent: do not do it again" in page
        assert "is told what became of it" not in page
        assert "Your answer is stored here, NOT DELIVERED yet" in page
        assert "It was answered." not in page
        page = officer.get("/").text
        assert "0 answers and other duties owed</a>, and <a" in page
        assert "1 done here and NOT DELIVERED yet" in page
        for path in ("/duties", "/responses"):
            page = officer.get(path).text.partition("Done here, and NOT DELIVERED yet")[2]
            assert f"/reports/{said}/answer" in page, path
        assert "done, and NOT DELIVERED yet" in officer.get(f"/reports/{said}").text
        assert 'id="undelivered"' not in officer.get("/").text
        await reach.look()
        for path in ("/", "/feeds", f"/reports/{said}"):
            page = officer.get(path).text
            assert "Kafka does not answer at 127.0.0.1:1." in page
            assert "NOT DELIVERED: 1 of what was said here." in page
        with acting.outbox.database.write() as db:
            db.execute(update(statements).values(state="decided"))
        page = officer.get(f"/reports/{said}/answer").text
        assert "It was answered." in page
        sent = officer.post(f"/reports/{said}/answer", **ANSWER, again="yes")
        page = officer.get(sent.headers["location"]).text
        assert "Your answer is stored here, NOT DELIVERED yet" in page
        assert "It was answered." not in page

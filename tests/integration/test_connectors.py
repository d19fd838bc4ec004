"""Connectors against what they meet: SQLite, PostgreSQL, an HTTPS server; down, slow, wrong."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from consumers.research.connectors import matching
from consumers.research.connectors.connector import RECORDS_MAX, Terms, Unavailable
from consumers.research.connectors.http import ANSWER_BYTES_MAX, HttpConnector
from consumers.research.connectors.matching import terms_of
from consumers.research.connectors.sql import Mapped, SqlConnector, _Asking, prove_read_only
from consumers.research.known import Known
from contracts.section import Born, Identifier, Name
from tests.support import answering
from tests.support.answering import changed, people_in_postgres, people_in_sqlite, system

MAPPED = Mapped(
    table="person", reference="id", given="forename", family="surname", born="dob",
    identifiers={"pnc": "pnc_id", "niche": "id"},
)  # fmt: skip
DATABASES = ("sqlite", "postgresql")
SLOW = (
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) "
    "SELECT MAX(i) FROM n)"
)
SLOWLY = Mapped(
    table="slow", reference="id", given="forename", family="surname", born="held", identifiers={}
)


def terms(*names: tuple[str, str], born: str | None = None, **numbers: str) -> Terms:
    """Search for a person of these names."""
    person = Known(
        "", [Name(*one) for one in names], [Born(born, "day")] if born else [], [],
        [Identifier(scheme, value) for scheme, value in numbers.items()], [], [], frozenset(), [],
    )  # fmt: skip
    return terms_of(person, pivot=40)


judge = partial(matching.judge, pivot=40)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a filled database of each kind, for an account that may write."""
    if request.param == "sqlite":
        return people_in_sqlite(tmp_path / "a #1 file.sqlite")
    name = "t" + sha256(request.node.name.encode()).hexdigest()[:20]
    return people_in_postgres(request.getfixturevalue("database"), name)


def sql(url: str, *, seconds_max: float = 10, mapped: Mapped = MAPPED) -> SqlConnector:
    """Connect to a database."""
    at = make_url(url)
    return SqlConnector("niche-rms", "niche", at, mapped, ["warning"], seconds_max)


async def found(connector: SqlConnector, searched: Terms) -> Sequence[str]:
    """List the references that a search finds."""
    return [one.reference for one in (await connector.look(searched)).records]


async def test_a_name_finds_who_may_be_the_person_and_a_number_finds_who_is(url: str) -> None:
    """A nickname in capitals is left to a person; a PNC id in its short spelling is the same."""
    connector = sql(url)
    searched = terms(("daniel", "marsh"), born="1970-03-02")
    assert await found(connector, searched) == ["N-1", "N-2"]
    assert judge(searched, await connector.look(searched)).outcome == "possible_match"
    numbered = terms(("Somebody", "Else"), pnc="02/73319Z")
    judged = judge(numbered, await connector.look(numbered))
    assert (judged.outcome, judged.kinds) == ("match", ["warning"])
    assert judged.records[0].born == "1970-03-02"
    assert await found(connector, terms(("Nobody", "Known"))) == []


async def test_every_name_and_alias_is_searched_for(url: str) -> None:
    """Accents and apostrophes as a telephone writes them find what a form wrote."""
    connector = sql(url)
    assert await found(connector, terms(("Tracey", "Hill"), ("Trace", "MARSH"))) == [
        "N-1", "N-2", "N-3",
    ]  # fmt: skip
    assert await found(connector, terms(("Rob", "O\N{RIGHT SINGLE QUOTATION MARK}NEILL"))) == [
        "N-4"
    ]
    assert await found(connector, terms(("ÉLISE", "FOURNIER"))) == ["N-5"]


@pytest.mark.parametrize("family", ["Marshe", "Marsh-Hill", "O'Neill"])
@pytest.mark.parametrize("given", ["TRACEY", "tracey jane"])
async def test_a_given_name_and_the_day_of_birth_find_who_is_called_otherwise(
    url: str, family: str, given: str
) -> None:
    """She married, or a clerk misspelt her: nil by the exact family name would close the look."""
    row: dict[str, str | None] = {"a": "N-9", "b": given, "c": family, "d": "1979-05-02"}
    changed(url, "INSERT INTO person (id, forename, surname, dob) VALUES (:a, :b, :c, :d)", row)
    searched = terms(("Tracey Ann", "Marsh"), born="1979-05-02")
    answer = await sql(url).look(searched)
    assert "N-9" in [one.reference for one in answer.records]
    judged = judge(searched, answer)
    assert (judged.outcome, judged.confidence) == ("possible_match", "possible")
    assert [one.reference for one in judged.records] == ["N-9"]
    assert "N-9" not in await found(sql(url), terms(("Trace", "Marsh"), born="1979-05-02"))


@pytest.mark.parametrize(
    "hostile",
    [
        "Marsh' OR '1'='1", "'; DROP TABLE person; --", "Marsh\\' OR 1=1 --", "%", "_", ":family",
        "$1", "Marsh\N{RIGHT SINGLE QUOTATION MARK} OR 1=1", 'x"; DELETE FROM person; --', "%(x)s",
        "\\x00", "Ma\nrsh",
    ],
)  # fmt: skip
async def test_a_name_is_only_ever_a_name(url: str, hostile: str) -> None:
    """What a report calls somebody goes as a parameter, and is never part of a query."""
    connector = sql(url)
    searched = terms((hostile, hostile), born="1970-03-02", pnc=hostile, niche=hostile)
    assert await found(connector, searched) == []
    assert await found(connector, terms(("Tracey", "Hill"))) == ["N-3"]


async def test_what_is_searched_for_with_nothing_finds_nothing(url: str) -> None:
    """A search without a family name or number must never answer with the whole table."""
    assert await found(sql(url), Terms([Name("Daniel")], [], [])) == []
    assert await found(sql(url), terms(cro="029906/12J")) == []


async def test_nothing_can_be_written_even_by_an_account_that_may_write(url: str) -> None:
    """The account is the other side's mistake to make, and must not be ours."""
    connector = sql(url)
    for write in ("DELETE FROM person", "CREATE TABLE x (n INTEGER)", "UPDATE person SET dob=NULL"):
        with (
            connector._reading(_Asking()) as db,
            pytest.raises(DBAPIError, match=r"read-only transaction|readonly database"),
        ):
            db.execute(text(write))
    assert len(await found(connector, terms(("Daniel", "Marsh")))) == 2


def test_a_database_that_lets_itself_be_written_to_is_not_asked(url: str) -> None:
    """The proof is a write that is refused: where none is, no look is made and nothing is left."""
    engine = create_engine(url)
    with engine.connect() as db:
        with pytest.raises(Unavailable, match="would let itself be written to"):
            prove_read_only(db, "niche-rms")
        db.commit()
        with pytest.raises(DBAPIError, match="candour_must_not_write"):
            db.execute(text("SELECT n FROM candour_must_not_write"))
    engine.dispose()


async def test_a_query_that_takes_too_long_is_broken_off(url: str) -> None:
    """A view over millions must cost this look its answer, and the consumer nothing."""
    changed(url, f"CREATE VIEW slow AS SELECT *, {SLOW} AS held FROM person")
    with pytest.raises(Unavailable, match=r"did not answer in 0\.3 s"):
        await sql(url, seconds_max=0.3, mapped=SLOWLY).look(terms(("Daniel", "Marsh")))


async def test_more_records_than_one_look_takes_in_are_never_nil(url: str) -> None:
    """What was not seen may hold the person: it is a person's to look through."""
    many: list[dict[str, str | None]] = [
        {"a": f"M-{n:04}", "b": "Other", "c": "Common"} for n in range(RECORDS_MAX + 1)
    ]
    changed(url, "INSERT INTO person (id, forename, surname) VALUES (:a, :b, :c)", *many)
    searched = terms(("Zoe", "Common"), born="1990-01-01")
    answer = await sql(url).look(searched)
    assert (len(answer.records), answer.is_whole) == (RECORDS_MAX, False)
    assert judge(searched, answer).outcome == "possible_match"


async def test_a_database_that_is_away_or_has_no_such_table_is_unavailable_and_quotes_nothing(
    url: str, tmp_path: Path
) -> None:
    """Away is not nil; and a database's own words may hold the name that was asked for."""
    gone = make_url(url).set(database="nowhere")
    mapped = Mapped(
        table="nothing", reference="id", given="a", family="b", born=None, identifiers={}
    )
    for connector in (sql(gone.render_as_string(hide_password=False)), sql(url, mapped=mapped)):
        with pytest.raises(Unavailable) as failed:
            await connector.look(terms(("Daniel", "Marsh")))
        assert "Marsh" not in failed.value.why
        assert failed.value.__cause__ is None
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("after", [0, 60, 700])
async def test_a_database_that_falls_silent_is_given_up_on(database: str, after: int) -> None:
    """A cable that is pulled answers nothing, ever: at the door, in the greeting, in the answer."""
    url = people_in_postgres(database, f"silent{after}")
    async with answering.silenced(url, after) as instead:
        asked = sql(instead, seconds_max=0.5)
        with pytest.raises(Unavailable, match=r"did not answer|answered with a fault"):
            await asked.look(terms(("Daniel", "Marsh")))
        assert asked._thread._work_queue.empty(), "nothing is left for its thread to do"


async def test_a_look_that_nobody_waits_for_any_more_ends(url: str) -> None:
    """A consumer that is stopped must not be held up by what it asked."""
    changed(url, f"CREATE VIEW slow AS SELECT *, {SLOW} AS held FROM person")
    connector = sql(url, seconds_max=60, mapped=SLOWLY)
    look = asyncio.ensure_future(connector.look(terms(("Daniel", "Marsh"))))
    await asyncio.sleep(0)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    async with asyncio.timeout(60):
        while connector._thread._work_queue.qsize():  # noqa: ASYNC110 - a thread empties it
            await asyncio.sleep(0)
        await asyncio.to_thread(connector._thread.shutdown)


def http(at: answering.System, *, seconds_max: float = 10) -> HttpConnector:
    """Connect to a server."""
    trusted = ssl.create_default_context(cafile=str(at.ca))
    return HttpConnector("mash-search", "mash", at.url, "a-secret", trusted, seconds_max)


async def test_a_system_is_asked_over_https_and_says_nothing_in_its_address(
    tmp_path: Path,
) -> None:
    """Addresses stand in the logs of whatever lies between."""
    one = {"reference": "MASH-7", "given": "Tracey", "family": "Hill", "born": "1979-05-12",
           "kinds": ["other"]}  # fmt: skip
    async with system(tmp_path, answering.records(one)) as mash:
        searched = terms(("Tracey", "Hill"), born="1979-05-12")
        answer = await http(mash).look(searched)
        judged = judge(searched, answer)
        assert (judged.outcome, judged.confidence) == ("possible_match", "probable")
        (asked,) = mash.asked
        assert asked.line == "POST /search HTTP/1.1"
        assert asked.headers["authorization"] == "Bearer a-secret"
        assert asked.body == {
            "names": [{"given": "Tracey", "family": "Hill"}],
            "births": [{"value": "1979-05-12", "precision": "day"}],
            "identifiers": [],
        }
        assert "a-secret" not in repr(http(mash))


async def test_nobody_found_is_nil_only_where_that_is_all_it_has(tmp_path: Path) -> None:
    """A page of an answer is not the answer."""
    searched = terms(("Tracey", "Hill"))
    for reply, outcome in (
        (answering.records(), "nil"),
        (answering.records(more=True), "possible_match"),
    ):
        async with system(tmp_path, reply) as mash:
            assert judge(searched, await http(mash).look(searched)).outcome == outcome


@pytest.mark.parametrize(
    ("numbers", "family", "outcome"),
    [((), None, "not_searched"), (("pnc",), None, "not_searched"), (("nhs",), None, "nil"),
     ((), "Hill", "nil")],
)  # fmt: skip
async def test_nobody_found_is_nil_only_where_the_system_could_be_asked(
    tmp_path: Path, numbers: Sequence[str], family: str | None, outcome: str
) -> None:
    """A system without such numbers has nothing to look in: that is not nothing found."""
    searched = Terms([Name("Tracey", family)], [], [Identifier("NHS", "9434765919")])
    async with system(tmp_path, answering.records()) as mash:
        connector = replace(http(mash), numbers=numbers)
        assert judge(searched, await connector.look(searched)).outcome == outcome


FAULTS = {
    "hanging": (answering.hangs, "did not answer"),
    "dripping": (answering.drips, "did not answer"),
    "failing": (answering.answers("500 Oops", b"Hill"), "answered 500"),
    "denying": (answering.answers("401 No", b"{}"), "answered 401"),
    "elsewhere": (answering.answers("302 There\r\nLocation: http://127.0.0.1:1/", b""), "302"),
    "no_json": (answering.answers("200 OK", b"<html>Hill</html>"), "cannot be read"),
    "other_json": (answering.answers("200 OK", b'{"hits": ["Hill"]}'), "cannot be read"),
    "an_empty_list": (answering.answers("200 OK", b"[]"), "cannot be read"),
    "nothing": (answering.answers("200 OK", b""), "cannot be read"),
    "no_content": (answering.answers("204 None", b""), "answered 204"),
    "deep": (answering.answers("200 OK", b"[" * 100_000), "cannot be read"),
    "huge": (answering.answers("200 OK", b" " * (ANSWER_BYTES_MAX + 1)), "more than one look"),
    "no_http": (answering.answers("nonsense", b""), "cannot be reached|answered"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_answer_that_is_none_is_unavailable_and_quotes_nothing(
    tmp_path: Path, fault: str
) -> None:
    """What cannot be read is never taken for nothing found."""
    reply, why = FAULTS[fault]
    seconds = 0.4 if why == "did not answer" else 10
    async with system(tmp_path, reply) as mash:
        with pytest.raises(Unavailable, match=why) as failed:
            await http(mash, seconds_max=seconds).look(terms(("Tracey", "Hill")))
    assert "Hill" not in failed.value.why
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(("host", "trusted"), [("mash.example", True), ("127.0.0.1", False)])
async def test_a_server_that_cannot_prove_who_it_is_learns_nothing(
    tmp_path: Path, host: str, *, trusted: bool
) -> None:
    """Another's certificate, or nobody's: the secret and her name stay here."""
    async with system(tmp_path, answering.records(), host=host, trusted=trusted) as mash:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await http(mash).look(terms(("Tracey", "Hill")))
        assert mash.asked == []


async def test_a_system_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """Nobody listens: that is known at once."""
    async with system(tmp_path, answering.records()) as mash:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        await http(mash).look(terms(("Tracey", "Hill")))

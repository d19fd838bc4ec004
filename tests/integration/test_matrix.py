"""The disclosure matrix on real Kafka: what each agency reads on its own topic, cell by cell.

The same statements as in `tests/matrix`, through a real broker: what is compared with the table is
what stands on the views topics afterwards.
"""

from collections.abc import Iterable
from pathlib import Path

from broker.shell.connection import Connection
from broker.shell.topics import ensure_agency_topics, ensure_partnership_topics
from contracts import topic
from contracts.opened import View, open_view
from contracts.statement import digest_of
from deploy import clock
from deploy.broker_home import BrokerHome
from tests.matrix.comparing import compare
from tests.matrix.partnership import AGREEMENTS, PARTNERSHIP, Script, key, kinds
from tests.matrix.playing import Cast, Said
from tests.matrix.table import Case, table
from tests.support.running import Running
from tests.support.topics import enter, read_topic

Put = tuple[str, bytes]
STATEMENTS, CELLS = 526, 144_430
"""Said and compared: counted on purpose, so that no row is lost in silence."""


async def test_what_stands_on_the_topics_is_what_the_domain_says(
    kafka: str, tmp_path: Path
) -> None:
    """The pure broker could be right and its shell deliver to the wrong door."""
    town = Running(kafka, PARTNERSHIP, tmp_path)
    made = BrokerHome.create(
        tmp_path / "broker", partnership=PARTNERSHIP, kafka=kafka, random_bytes=clock.random_bytes
    )
    connection = Connection(kafka)
    await ensure_partnership_topics(connection, PARTNERSHIP)
    for agency in kinds():
        await ensure_agency_topics(connection, PARTNERSHIP, agency)
    await town.start()
    try:
        said = await play(kafka, Script("kafka", log_key=made.trust.log_key, exercise=True))
        held = {agency: await views_of(town, agency) for agency in kinds()}
    finally:
        await town.stop()

    def shown(raw: bytes) -> dict[str, View]:
        digest = digest_of(raw)
        return {agency: views[digest] for agency, views in held.items() if digest in views}

    found = compare(said, shown, in_force=True)
    assert found.differs == []
    assert (len(said), found.cells) == (STATEMENTS, CELLS)


def two_of_each_row() -> list[Case]:
    """Take the first case of each row of the table, and the last: other senders, other agencies."""
    first = {case.line: case for case in reversed(table().cases)}
    last = {case.line: case for case in table().cases}
    ends = ((first[line], last[line]) for line in sorted(first))
    return [case for one, other in ends for case in ((one,) if one is other else (one, other))]


async def play(kafka: str, script: Script) -> list[Said]:
    """Found the partnership, agree, and say the cases; each step once the last one is recorded."""
    script.found()
    await step(kafka, script.submissions)
    script.vouch()
    for name in AGREEMENTS:
        script.adopt(name)
    acts, parts = script.submissions[1:], {"mk-csp": list[Put](), "": list[Put]()}
    for agency, raw in acts:
        parts["mk-csp" if agency == "mk-csp" else ""].append((agency, raw))
    await step(kafka, parts["mk-csp"])
    await step(kafka, parts[""])
    cases, cast, put = two_of_each_row(), Cast(script), len(script.submissions)
    cast.prepare(cases)
    causes = script.submissions[put:]
    await step(kafka, causes[: len(kinds())])
    await step(kafka, causes[len(kinds()) :])
    put = len(script.submissions)
    said = [cast.say(case) for case in cases]
    await step(kafka, script.submissions[put:])
    return said


async def step(kafka: str, puts: Iterable[Put]) -> None:
    """Put submissions on their topics, and wait until each is in the ledger."""
    await enter(kafka, PARTNERSHIP, puts)


async def views_of(town: Running, agency: str) -> dict[str, View]:
    """Read, prove and open what stands on an agency's views topic."""
    keys = {
        held.kid: held.public
        for name in kinds()
        for held in (key(f"{name}/control"), key(f"{name}/case"))
    }
    found: dict[str, View] = {}
    for one in await read_topic(town.kafka, topic.views(PARTNERSHIP, agency)):
        opened = open_view(one.value, town.trust, keys.get, to=agency)
        if isinstance(opened, View):
            found[opened.statement.digest] = opened
    return found

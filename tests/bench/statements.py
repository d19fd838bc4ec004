"""The statement of the benchmark: about 3.9 KB, eight sections, for three recipients."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer

from contracts import topic
from contracts.agreement import Agreement
from contracts.context import Context
from contracts.event.report import ConcernReported, Occurred
from contracts.form import Section
from contracts.section import (
    Contact,
    Identity,
    Name,
    Narrative,
    PersonPart,
    Practitioner,
    Provenance,
)
from contracts.sharing import UseLimit, UseLimits
from contracts.statement import build, digest_of
from deploy import clock
from deploy.governing import read_agreement
from producers.home import Home
from producers.signing import spelled
from tests.support.running import DEMO

WORDS = "She means to end the relationship; how he will take it is not known."


def agreement() -> Agreement:
    """Let probation's concerns go whole to three recipients."""
    demo = read_agreement(DEMO / "agreement.yaml").agreement
    parties = [*demo.parties, msgspec.structs.replace(demo.parties[2], agency="mk-csp")]
    legs = [
        msgspec.structs.replace(leg, to=["mk-hub", "mk-csp"]) if leg.id == "concern-to-hub" else leg
        for leg in demo.legs
    ]
    return msgspec.structs.replace(demo, parties=parties, legs=legs)


def written(home: Home, count: int) -> Iterator[tuple[str, bytes]]:
    """Write and sign statements of one new stream: (id, exact bytes)."""
    agreed = agreement()
    stream, previous = clock.token(), None
    for sequence in range(count):
        said = clock.uuid7()
        context = Context(
            specversion="1.0", id=said, source=home.source, type="uk.candour.concern_reported.v1",
            time=spelled(clock.now_ms()), partnership=home.agency.partnership,
            purpose="safeguarding", classification="OFFICIAL-SENSITIVE", urgency="routine",
            digests=[], digest_algorithm="sha-256", basis=agreed.legs[0].basis,
        )  # fmt: skip
        raw = build(
            context=context, sections=_sections(), stream=stream, sequence=sequence,
            previous=previous, sign=home.sign, kid=home.kid, random_bytes=clock.random_bytes,
        )  # fmt: skip
        previous = digest_of(raw)
        yield said, raw


def _sections() -> dict[str, Section]:
    daniel, tracey = clock.token(), clock.token()
    return {
        "event": ConcernReported(
            occurred=Occurred("day", "2012-05-01"), known_to_agency="2012-05-01",
            recorded="2012-05-01", concern="separation", relationship="partners",
        ),
        "provenance": Provenance(
            "practitioner", practitioner=Practitioner(clock.token(), "A. Officer"),
            role="probation officer", employer="Thames Valley Probation Trust",
            contact=Contact(mailbox="duty@probation.example", telephone="01632 960100"),
            how_known="told_by_subject", said="summary",
        ),
        "use_limits": UseLimits([UseLimit(daniel, "ring_first", "no")], ring="01632 960100"),
        "person.1.identity": Identity(daniel, [Name("Daniel", "Example")]),
        "person.1.part": PersonPart(daniel, "unassessed"),
        "person.2.identity": Identity(tracey, [Name("Tracey", "Example")]),
        "person.2.part": PersonPart(tracey, "unassessed"),
        "narrative": Narrative(WORDS, "summary"),
    }  # fmt: skip


def load(folder: Path, kafka: str, count: int, name: str | None = None) -> None:
    """Write statements from a home straight onto a topic; run in a process apart.

    Args:
        folder: the home.
        kafka: `host:port`.
        count: how many.
        name: the topic, else the agency's submissions.
    """
    home = Home.open(folder)
    name = name or topic.submissions(home.agency.partnership, home.agency.agency)
    asyncio.run(_put(kafka, name, [(s.encode(), raw) for s, raw in written(home, count)]))


async def _put(kafka: str, name: str, records: list[tuple[bytes, bytes]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_batch_size=1_000_000, linger_ms=20)
    await producer.start()
    try:
        sent = [await producer.send(name, raw, key=key, partition=0) for key, raw in records]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()

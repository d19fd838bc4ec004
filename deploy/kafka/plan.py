"""What should stand on Kafka for a partnership: a pure function of who is in it.

Topics, users, rights and quotas follow from admitted agencies and agreements in force, and from
nothing else. `drift` compares that with what stands there, both ways.

Source: design.md, The ledger; technical.md 4; broker/README.md, Rights on Kafka.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, TypeVar

from pydantic import Field

from broker.shell.topics import agency_topics, partnership_topics, service_name
from contracts import topic
from contracts.agreement import Agreement
from contracts.event.control import AgencyAdmitted, Founding
from producers.access import user_of
from producers.document import Document
from producers.partnership import Partnership

SUPER_USERS = frozenset({"broker", "admin"})
"""Who may do everything: two certificates, and never a user with a password."""
_KINDS = frozenset({"submissions", "views", "receipts", "ledger", "disclosures", "checkpoints"})
_T = TypeVar("_T")


class Right(NamedTuple):
    """One thing that somebody may do on Kafka; `effect` and `host` are others' to deviate from."""

    principal: str
    operation: str
    resource: str
    name: str
    prefixed: bool = False
    effect: str = "ALLOW"
    host: str = "*"

    def __str__(self) -> str:
        may = "may" if self.effect == "ALLOW" else "may not"
        begins = " that begins with" if self.prefixed else ""
        host = "" if self.host == "*" else f" from {self.host}"
        kind = self.resource.lower().replace("_", " ")
        return f"{self.principal} {may} {self.operation} {kind}{begins} {self.name}{host}"


class Quota(Document):
    """How much of Kafka one agency may use; what is above is delayed."""

    write_bytes_per_second: int = Field(ge=65_536)
    read_bytes_per_second: int = Field(ge=65_536)
    request_percent: int = Field(ge=1)

    def figures(self) -> dict[str, float]:
        """Give the figures under Kafka's own names."""
        return {
            "producer_byte_rate": float(self.write_bytes_per_second),
            "consumer_byte_rate": float(self.read_bytes_per_second),
            "request_percentage": float(self.request_percent),
        }


class Quotas(Document):
    """`quotas.yaml`: for a party to an agreement in force, and for any other admitted agency."""

    party: Quota
    other: Quota


@dataclass(frozen=True)
class Governed:
    """Who is in a partnership, as its log says.

    Attributes:
        partnership: its id.
        admitted: agencies that are in it.
        awaited: agencies that are not yet: their topics must be there on the day they are.
        agreements: for each agency, the agreements in force that it is a party to.
    """

    partnership: str
    admitted: tuple[str, ...]
    awaited: tuple[str, ...] = ()
    agreements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def founded(cls, founding: Founding) -> "Governed":
        """Take a partnership before its entry 0: nothing is agreed yet."""
        return cls(founding.id, tuple(agency.id for agency in founding.agencies))

    def awaiting(self, agencies: Iterable[str]) -> "Governed":
        """Add agencies that are about to be admitted."""
        fresh = [one for one in agencies if one not in {*self.admitted, *self.awaited}]
        return replace(self, awaited=(*self.awaited, *fresh))

    @classmethod
    def known(cls, known: Partnership, *, at_ms: int) -> "Governed | None":
        """Fold what an agency was sent of its partnership; None before its founding.

        Args:
            known: the fold of its control views.
            at_ms: the time at which agreements must be in force.
        """
        if known.founding is None:
            return None
        admitted = [agency.id for agency in known.founding.agencies]
        awaited: list[str] = []
        needed = known.founding.quorums.agency_admitted
        for digest, act in known.acts.items():
            if isinstance(act, AgencyAdmitted):
                enough = len(known.backers(digest)) >= needed
                (admitted if enough else awaited).append(act.agency.id)
        return cls(
            known.founding.id,
            tuple(dict.fromkeys(admitted)),
            tuple(one for one in dict.fromkeys(awaited) if one not in admitted),
            _parties(known.in_force(at_ms)),
        )


@dataclass(frozen=True)
class Plan:
    """What should stand on Kafka for one partnership.

    Attributes:
        governed: what it follows from.
        topics: each with its settings; one partition each.
        users: who has a name and a secret: one for each admitted agency.
        services: who has a certificate.
        rights: who may do what, and nobody anything else.
        quotas: figures by user.
    """

    governed: Governed
    topics: dict[str, dict[str, str]]
    users: frozenset[str]
    services: tuple[str, ...]
    rights: frozenset[Right]
    quotas: dict[str, dict[str, float]]


def plan(governed: Governed, quotas: Quotas) -> Plan:
    """Say what should stand on Kafka for a partnership."""
    partnership = governed.partnership
    topics = partnership_topics(partnership)
    rights = set(_service_rights(governed))
    figures: dict[str, dict[str, float]] = {}
    for agency in (*governed.admitted, *governed.awaited):
        topics |= agency_topics(partnership, agency)
    for agency in governed.admitted:
        user = user_of(partnership, agency)
        rights |= {
            Right(user, "WRITE", "TOPIC", topic.submissions(partnership, agency)),
            Right(user, "READ", "TOPIC", topic.views(partnership, agency)),
            Right(user, "READ", "TOPIC", topic.receipts(partnership, agency)),
            Right(user, "READ", "GROUP", f"{user}.", prefixed=True),
        }
        quota = quotas.party if governed.agreements.get(agency) else quotas.other
        figures[user] = quota.figures()
    services = tuple(
        service_name(partnership, one) for one in ("sequencer", "dispatcher", "auditor")
    )
    return Plan(governed, topics, frozenset(figures), services, frozenset(rights), figures)


def _service_rights(governed: Governed) -> Iterable[Right]:
    """List what sequencer, dispatcher and auditor may do, and no more (broker/README.md)."""
    partnership = governed.partnership
    ledger, sections = topic.ledger(partnership), topic.disclosures(partnership)
    heads = topic.checkpoints(partnership)
    sequencer = service_name(partnership, "sequencer")
    dispatcher = service_name(partnership, "dispatcher")
    auditor = service_name(partnership, "auditor")
    for name in (ledger, sections):
        yield Right(sequencer, "READ", "TOPIC", name)
        yield Right(sequencer, "WRITE", "TOPIC", name)
        yield Right(dispatcher, "READ", "TOPIC", name)
    # A tombstone on the sections is the dispatcher's: it leaves with those on the views.
    yield Right(dispatcher, "WRITE", "TOPIC", sections)
    yield Right(dispatcher, "READ", "TOPIC", heads)
    yield Right(dispatcher, "WRITE", "TOPIC", heads)
    for agency in (*governed.admitted, *governed.awaited):
        yield Right(sequencer, "READ", "TOPIC", topic.submissions(partnership, agency))
        yield Right(sequencer, "DELETE", "TOPIC", topic.submissions(partnership, agency))
        yield Right(dispatcher, "WRITE", "TOPIC", topic.views(partnership, agency))
        yield Right(dispatcher, "WRITE", "TOPIC", topic.receipts(partnership, agency))
    # A service's transactional id is its own name.
    yield Right(sequencer, "WRITE", "TRANSACTIONAL_ID", sequencer)
    yield Right(dispatcher, "WRITE", "TRANSACTIONAL_ID", dispatcher)
    for name in (ledger, sections, heads):
        yield Right(auditor, "READ", "TOPIC", name)


@dataclass(frozen=True)
class Standing:
    """What stands on Kafka, of one partnership or of all.

    Attributes:
        topics: each with the settings that are its own.
        partitions: how many each has.
        users: who has a secret.
        rights: of everybody.
        quotas: figures by user.
    """

    topics: dict[str, dict[str, str]]
    partitions: dict[str, int]
    users: frozenset[str]
    rights: frozenset[Right]
    quotas: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Drift:
    """How what stands differs from the plan; false where it does not.

    `settings` and `quotas` give the value that should stand, None for one that should not.
    `wide` are rights on more than this partnership's: only whoever gave them can take them back.
    """

    missing_topics: dict[str, dict[str, str]]
    surplus_topics: tuple[str, ...]
    settings: dict[str, dict[str, str | None]]
    split_topics: tuple[str, ...]
    missing_users: tuple[str, ...]
    surplus_users: tuple[str, ...]
    missing_rights: tuple[Right, ...]
    surplus_rights: tuple[Right, ...]
    wide_rights: tuple[Right, ...]
    quotas: dict[str, dict[str, float | None]]

    def __bool__(self) -> bool:
        return bool(self.lines())

    def lines(self) -> list[str]:
        """Say each difference in a line, `missing` or `surplus` first."""
        changed: dict[str, dict[str, str | None]] = {
            **self.settings,
            **{
                f"quota of {user}": {k: None if v is None else f"{v:g}" for k, v in rows.items()}
                for user, rows in self.quotas.items()
            },
        }
        return [
            *(f"missing  topic {name}" for name in self.missing_topics),
            *(f"surplus  topic {name}" for name in self.surplus_topics),
            *(f"surplus  partitions of topic {name}: it must have one" for name in
              self.split_topics),
            *(
                f"surplus  {name}: {key}" if value is None else f"missing  {name}: {key}={value}"
                for name, rows in changed.items()
                for key, value in rows.items()
            ),
            *(f"missing  user {name}" for name in self.missing_users),
            *(f"surplus  user {name}" for name in self.surplus_users),
            *(f"missing  {right}" for right in self.missing_rights),
            *(f"surplus  {right}" for right in self.surplus_rights),
            *(f"surplus  {right} (reaches further than this partnership)" for right in
              self.wide_rights),
        ]  # fmt: skip

    def left_by_apply(self) -> list[str]:
        """Say what `apply` leaves to a person: it deletes no topic, and nothing of others'."""
        kept = {
            *(f"surplus  topic {name}" for name in self.surplus_topics),
            *(line for line in self.lines() if "partitions of topic" in line),
            *(line for line in self.lines() if line.endswith("than this partnership)")),
        }
        return [line for line in self.lines() if line in kept]


def drift(wanted: Plan, standing: Standing) -> Drift:
    """Compare what stands with a plan, both ways, in what is this partnership's alone."""
    partnership = wanted.governed.partnership
    ours = {name for name in standing.topics if is_topic_of(partnership, name)}
    users = {name for name in standing.users if is_user_of(partnership, name)}
    quotas = {name: rows for name, rows in standing.quotas.items() if is_user_of(partnership, name)}
    surplus, wide = [], []
    for right in sorted(standing.rights - wanted.rights):
        if _is_of(partnership, right):
            surplus.append(right)
        elif _reaches(right, wanted):
            wide.append(right)
    return Drift(
        {name: rows for name, rows in wanted.topics.items() if name not in ours},
        tuple(sorted(ours - set(wanted.topics))),
        {
            name: rows
            for name in sorted(ours & set(wanted.topics))
            if (rows := _changes(wanted.topics[name], standing.topics[name]))
        },
        tuple(n for n in sorted(ours & set(wanted.topics)) if standing.partitions.get(n, 1) != 1),
        tuple(sorted(wanted.users - users)),
        tuple(sorted(users - wanted.users)),
        tuple(sorted(wanted.rights - standing.rights)),
        tuple(surplus),
        tuple(wide),
        {
            user: figures
            for user in sorted({*wanted.quotas, *quotas})
            if (figures := _changes(wanted.quotas.get(user, {}), quotas.get(user, {})))
        },
    )


def is_topic_of(partnership: str, name: str) -> bool:
    """Say whether a topic is a partnership's by its name."""
    kind, *rest = name.split(".")
    return kind in _KINDS and rest[:1] == [partnership]


def is_user_of(partnership: str, name: str) -> bool:
    """Say whether a user is a partnership's by its name; who may do everything is everybody's."""
    whose, _, rest = name.rpartition(".")
    return (
        name in SUPER_USERS or (whose == partnership and bool(rest)) or _serves(partnership, name)
    )


def _serves(partnership: str, name: str) -> bool:
    return name.startswith(f"candour.{partnership}.")


def _is_of(partnership: str, right: Right) -> bool:
    """Say whether a right is a partnership's alone: by who has it, or by what it is on."""
    if right.principal not in SUPER_USERS and is_user_of(partnership, right.principal):
        return True
    if right.resource == "TOPIC":
        return is_topic_of(partnership, right.name)
    if right.resource == "GROUP":
        return right.name.startswith(f"{partnership}.")
    return right.resource == "TRANSACTIONAL_ID" and _serves(partnership, right.name)


def _reaches(right: Right, wanted: Plan) -> bool:
    """Say whether a right of somebody else's reaches one of the plan's resources."""
    groups = [f"{user}." for user in wanted.users]
    names: Iterable[str] = {
        "TOPIC": wanted.topics,
        "GROUP": groups,
        "TRANSACTIONAL_ID": wanted.services,
    }.get(right.resource, ())
    if right.resource == "CLUSTER":
        return True
    return any(
        right.name == "*" or (right.prefixed and name.startswith(right.name)) for name in names
    )


def _changes(wanted: Mapping[str, _T], standing: Mapping[str, _T]) -> dict[str, _T | None]:
    return {
        key: wanted.get(key)
        for key in sorted({*wanted, *standing})
        if wanted.get(key) != standing.get(key)
    }


def _parties(agreements: Iterable[Agreement]) -> dict[str, tuple[str, ...]]:
    rows = chain.from_iterable(
        ((party.agency, f"{one.id}@{one.version}") for party in one.parties) for one in agreements
    )
    found: dict[str, tuple[str, ...]] = {}
    for agency, named in rows:
        found[agency] = (*found.get(agency, ()), named)
    return found

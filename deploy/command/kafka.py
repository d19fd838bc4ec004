"""`candour kafka`: the Apache Kafka of one machine, and who may do what on it."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from contracts.fault import Misuse
from contracts.identifier import is_slug
from deploy import clock
from deploy.kafka.plan import Drift, Governed, Plan, Quotas, drift, plan
from deploy.kafka.secured import Security, secure
from deploy.kafka.server import KafkaServer
from producers.document import read_document
from producers.home import Home as AgencyHome

app = typer.Typer(no_args_is_help=True, help="Run Apache Kafka, and govern who may do what on it.")

Home = Annotated[Path, typer.Option("--home", help="Its folder: data, configuration, log.")]
AgencyHomes = Annotated[
    list[Path],
    typer.Option("--agency-home", help="A home whose views say who is in its partnership; repeat."),
]
Foundings = Annotated[
    list[Path],
    typer.Option("--founding", help="Before entry 0: what `candour partnership draft` wrote."),
]
Admitting = Annotated[
    list[str],
    typer.Option("--admitting", help="An agency about to be admitted: its topics come first."),
]
QuotasFile = Annotated[
    Path | None, typer.Option("--quotas", help="Figures of your own (deploy/kafka/quotas.yaml).")
]
_HOME = Path(".candour/kafka")
_QUOTAS = Path(__file__).parents[1] / "kafka" / "quotas.yaml"
_OPEN = "anybody on this machine may do anything"
READ_S_MAX = 30.0


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command()
def up(
    home: Home = _HOME,
    heap: Annotated[int, typer.Option(help="Java heap in MiB.", min=256)] = 384,
    plain: Annotated[
        bool, typer.Option("--plain", help="Make a new one, unsecured: for tests only.")
    ] = False,
) -> None:
    """Start Kafka, or find it started, and print its address; secured where its folder was."""
    server = KafkaServer(home, heap_mib=heap, say=_say)
    if not plain and not server.is_there:
        raise Misuse(
            f"There is no Kafka in {home}.",
            remedy=f"Is the folder's name right? To make a new one there: candour kafka secure "
            f"--home {home}, then this again. Unsecured, for tests only: --plain",
        )
    new = "" if server.is_there else "new and "
    typer.echo(server.start())
    kind = "secured" if server.status().services else f"{new}NOT secured: {_OPEN}"
    _say(f"Kafka is ready. It is {kind}.")
    _say(f"Its log: {server.log}. Stop it: candour kafka down --home {home}")


@app.command()
def down(home: Home = _HOME) -> None:
    """Stop Kafka; what it holds stays in its folder."""
    _made(home).stop()
    _say("Kafka is stopped.")


@app.command()
def status(home: Home = _HOME) -> None:
    """Say whether Kafka runs, and where; exit code 1 if it does not."""
    found = _made(home).status()
    if not found.running:
        _say(f"Kafka is not running. Start it: candour kafka up --home {home}")
        raise typer.Exit(1)
    typer.echo(f"running  {found.address}  pid {found.pid}  log {found.log}")
    if found.services is None:
        typer.echo(f"plain    {_OPEN}")
    else:
        typer.echo(f"agencies {found.address}  TLS, a user and secret (SCRAM-SHA-512)")
        typer.echo(f"services {found.services}  TLS, a certificate")


@app.command()
def address(
    home: Home = _HOME,
    services: Annotated[
        bool, typer.Option("--services", help="Where services, auditors, operations connect.")
    ] = False,
) -> None:
    """Print the address of agencies, or of services, of a Kafka that was started once."""
    server = _made(home)
    if server.status().address is None:
        raise Misuse(
            f"The Kafka in {home} was never started: it has no address yet.",
            remedy=f"Start it: candour kafka up --home {home}",
        )
    typer.echo(server.services if services else server.address)


def _made(home: Path) -> KafkaServer:
    """Give the Kafka of a folder that has one: a name mistyped makes none."""
    server = KafkaServer(home, say=_say)
    if not server.is_there:
        raise Misuse(
            f"There is no Kafka in {home}.",
            remedy="Give the folder of one with --home. To make one: candour kafka secure",
        )
    return server


@app.command("secure")
def secure_kafka(
    home: Home = _HOME,
    host: Annotated[
        list[str] | None, typer.Option(help="A name or address it is reached by; repeat it.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="How long a certificate holds.", min=1, max=3650)
    ] = None,
    reauthentication: Annotated[
        float | None,
        typer.Option(help="Seconds after which an agency must prove itself anew.", min=0.5),
    ] = None,
) -> None:
    """Make authority, certificates and keys, or renew what runs out; then (re)start Kafka."""
    made = secure(
        home, now=clock.now(), random_bytes=clock.random_bytes, hosts=host, days=days,
        reauthentication_s=reauthentication,
    )  # fmt: skip
    if not made:
        typer.echo("It is secured already; nothing had to be made.")
        return
    typer.echo(
        f"Made {', '.join(made)} in {home / 'security'}. Keep ca-key.pem and admin.pem from "
        f"everybody but operations.\nNow: candour kafka down --home {home}, then candour kafka up "
        f"--home {home}"
    )


@app.command("plan")
def planned(  # noqa: PLR0913 - independent options
    home: Home = _HOME,
    agency_home: AgencyHomes = [],  # noqa: B006 - typer copies it
    founding: Foundings = [],  # noqa: B006
    admitting: Admitting = [],  # noqa: B006
    quotas: QuotasFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a machine.")] = False,
) -> None:
    """Say what should stand on Kafka, from admitted agencies and agreements in force."""
    plans = _plans(agency_home, founding, admitting, quotas)
    Security.opened(home)
    if as_json:
        ordered = msgspec.json.encode(plans, order="deterministic")
        typer.echo(msgspec.json.format(ordered, indent=2).decode())
        return
    for one in plans:
        for line in _in_words(one):
            typer.echo(line)


@app.command()
def apply(  # noqa: PLR0913 - independent options
    home: Home = _HOME,
    agency_home: AgencyHomes = [],  # noqa: B006 - typer copies it
    founding: Foundings = [],  # noqa: B006
    admitting: Admitting = [],  # noqa: B006
    quotas: QuotasFile = None,
    handover: Annotated[
        Path | None, typer.Option(help="Where secrets are written; in Kafka's folder if absent.")
    ] = None,
    renew: Annotated[
        list[str], typer.Option(help="A user or service that gets a new secret or certificate.")
    ] = [],  # noqa: B006
    delete_topics: Annotated[
        bool, typer.Option("--delete-topics", help="Delete surplus topics and all they hold.")
    ] = False,
) -> None:
    """Make it stand: topics, users, rights, quotas; change only what differs."""
    from deploy.kafka.access import operations
    from deploy.kafka.applying import Applying

    plans = _plans(agency_home, founding, admitting, quotas)
    unknown = set(renew).difference(*(_named(renew, one) for one in plans))
    if unknown:
        raise Misuse(
            f"Nobody is called so here: {', '.join(sorted(unknown))}.",
            remedy="See who is: candour kafka plan.",
        )
    security, now = Security.opened(home), clock.now()
    folder = handover or home / "handover"
    with operations(home, now=now) as connected:
        applying = Applying(connected, security, folder, now, clock.random_bytes)
        for one in plans:
            done = applying.apply(one, renew=_named(renew, one), delete_topics=delete_topics)
            name = one.governed.partnership
            typer.echo(f"{name}: {len(done.mended)} differences mended.")
            for line in done.mended:
                typer.echo(f"  {line}")
            for path in done.handed:
                typer.echo(f"  hand over, then destroy here: {path}")
            for line in done.left:
                typer.echo(f"  LEFT TO YOU: {line}")


@app.command()
def verify(
    home: Home = _HOME,
    agency_home: AgencyHomes = [],  # noqa: B006 - typer copies it
    founding: Foundings = [],  # noqa: B006
    admitting: Admitting = [],  # noqa: B006
    quotas: QuotasFile = None,
) -> None:
    """List what is missing and what is surplus; exit code 1 where anything is."""
    from deploy.kafka.access import operations

    plans = _plans(agency_home, founding, admitting, quotas)
    with operations(home, now=clock.now()) as connected:
        standing = connected.standing()
    found: list[tuple[Plan, Drift]] = [(one, drift(one, standing)) for one in plans]
    for one, differs in found:
        for line in differs.lines():
            typer.echo(f"{one.governed.partnership}: {line}")
        if not differs:
            typer.echo(
                f"{one.governed.partnership}: {len(one.topics)} topics, {len(one.users)} users, "
                f"{len(one.rights)} rights and {len(one.quotas)} quotas stand as planned; "
                "nothing else does."
            )
    if any(differs for _, differs in found):
        raise typer.Exit(1)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="A user or service (candour kafka plan).")],
    home: Home = _HOME,
) -> None:
    """Take a user's secret or a service's certificates back, and every right at once."""
    from deploy.kafka.access import operations
    from deploy.kafka.applying import revoke as take_back

    security, now = Security.opened(home), clock.now()
    with operations(home, now=now) as connected:
        rights, credentials = take_back(connected, security, name, now=now)
    if not rights and not credentials:
        raise Misuse(
            "Nobody of this name has a right, a secret or a certificate.",
            remedy="See who has: candour kafka plan.",
        )
    typer.echo(
        f"Took back {rights} rights, at once, and {credentials} secrets or certificates: new "
        f"connections are refused within half a minute.\nBefore `candour kafka apply` lets it in "
        f"anew: a session of an agency ends by itself within "
        f"{security.settings.reauthentication_s:g} seconds, one of a service when Kafka is stopped "
        "and started."
    )


def _plans(
    homes: list[Path], foundings: list[Path], admitting: list[str], quotas: Path | None
) -> list[Plan]:
    """Plan for each partnership that was named."""
    from deploy.governing import read_drafted
    from deploy.speaking import governed_by

    figures = read_document(quotas or _QUOTAS, Quotas)
    governed = [Governed.founded(read_drafted(path)) for path in foundings]
    governed += [asyncio.run(governed_by(AgencyHome.open(one), READ_S_MAX)) for one in homes]
    names = [one.partnership for one in governed]
    if not names or len(set(names)) != len(names):
        raise Misuse(
            "Say once for each partnership where its members are read from.",
            remedy="Give --agency-home HOME, or before entry 0 --founding FILE.",
        )
    if admitting and (len(governed) != 1 or not all(map(is_slug, admitting))):
        raise Misuse(
            "--admitting names an agency's id, in one partnership.",
            remedy="Give one --agency-home, and the id as the agency's document has it.",
        )
    return [plan(one.awaiting(admitting), figures) for one in governed]


def _named(names: list[str], one: Plan) -> frozenset[str]:
    return frozenset(names) & (one.users | set(one.services))


def _in_words(one: Plan) -> list[str]:
    """Say a plan for a reader: each agency, why it has what it has, then the services."""
    governed = one.governed
    lines = [f"{governed.partnership}: {len(one.topics)} topics, one partition each"]
    for agency in governed.admitted:
        user = f"{governed.partnership}.{agency}"
        why = ", ".join(governed.agreements.get(agency, ())) or "party to no agreement in force"
        figures = ", ".join(f"{key} {value:g}" for key, value in one.quotas[user].items())
        lines += [f"\nuser {user} ({why})", f"  at most {figures}"]
        lines += [f"  {right}" for right in sorted(one.rights) if right.principal == user]
    lines += [f"\n{agency} is not admitted yet: topics only" for agency in governed.awaited]
    for service in one.services:
        lines.append(f"\ncertificate {service}")
        lines += [f"  {right}" for right in sorted(one.rights) if right.principal == service]
    return lines

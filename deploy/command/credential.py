"""`candour credential`: an employer vouches for a practitioner; who has a key signs for it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from contracts import base64url, credential, signature
from contracts.event.control import CredentialIssued, CredentialRevoked, Held
from contracts.fault import Misuse
from contracts.form import milliseconds
from contracts.identifier import is_token
from deploy import clock
from deploy.command.consumer import PASTED, at, known_of
from deploy.command.partnership import ControlHome
from deploy.command.words import Person
from deploy.speaking import govern, outbox_of
from producers.home import Home
from producers.keys import read_own, secret_of, write_key
from producers.signing import spelled

app = typer.Typer(
    no_args_is_help=True, help="Practitioners' credentials: role, training, vetting, own key."
)

KeyFile = Annotated[Path, typer.Argument(help="The practitioner's key file.")]
Secret = Annotated[
    Path | None, typer.Option(help="Its passphrase's file; else beside it, FILE.secret.")
]
LastDay = Annotated[str, typer.Option(help="The last day on which it counts, YYYY-MM-DD.")]


@app.command()
def key(file: KeyFile, secret: Secret = None) -> None:
    """Make a practitioner's own key, or show one's public part, for their credential to name."""
    if not file.exists():
        write_key(file, secret_of(file, secret), clock.random_bytes)
    public_key = signature.public_key_of(read_own(file, secret))
    typer.echo(base64url.encode(public_key))


@app.command()
def issue(  # noqa: PLR0913 - a credential has this many independent parts
    words: Person,
    role: Annotated[str, typer.Option(help="Their role.")],
    until: LastDay,
    reports_from: Annotated[
        Path, typer.Option("--for", help="The home that they report from; it keeps the credential.")
    ],
    home: ControlHome,
    reference: Annotated[
        str | None, typer.Option(help="The agency's own for them (who_says.reference), if any.")
    ] = None,
    holds: Annotated[
        list[str] | None,
        typer.Option(help="Training or vetting and its last day, dash_trained=2027-03-31; repeat."),
    ] = None,
    public_key: Annotated[
        str | None, typer.Option("--key", help="What `candour credential key` printed.")
    ] = None,
    household: Annotated[
        str | None, typer.Option(help="Their household's token, for exclusions.")
    ] = None,
) -> None:
    """Vouch for a practitioner of this agency; the log knows them by token alone."""
    employer, reporting = Home.open(home), Home.open(reports_from)
    if employer.agency.agency != reporting.agency.agency:
        raise Misuse(
            f"{reports_from} is another agency's home.",
            remedy="An employer vouches for its own practitioners: give a home of this agency.",
        )
    known = known_of(employer)
    ours = known.agencies.get(employer.agency.agency)
    token = outbox_of(reporting).token_for("practitioner", reference or words.name)
    qualifications = [_held(one) for one in holds or []]
    _check_public_key(public_key)
    written = credential.Credential(
        iss=employer.agency.agency, partnership=employer.agency.partnership, sub=token, role=role,
        organisation=ours.title if ours else employer.agency.agency, until=_end_of(until),
        qualifications=qualifications, public_key=public_key,
    )  # fmt: skip
    outbox = outbox_of(employer)
    with outbox.database.read() as db:
        signing = outbox.speaking(db)
    private = {"name": words.name}
    if words.registration is not None:
        private["register"] = words.registration
    text = credential.issue(
        written, private, sign=signing.sign, kid=signing.kid, random_bytes=clock.random_bytes
    )
    digest = credential.digest_of(text)
    event = CredentialIssued(
        credential=digest, practitioner=token, role=role, until=written.until,
        qualifications=qualifications, public_key=public_key, household=_household(household),
    )  # fmt: skip
    said = asyncio.run(govern(employer, "credential_issued", event))
    reporting.keep_credential(token, text)
    typer.echo(
        f"Issued {digest}: entry {said.entry}. It goes with what they say from {reports_from}."
    )


@app.command(context_settings=PASTED)
def revoke(
    digest: Annotated[str, typer.Argument(help="The credential's digest, as `list` shows it.")],
    reason: Annotated[
        Literal["left_service", "suspended", "lost", "superseded"], typer.Option(help="Why.")
    ],
    home: ControlHome,
) -> None:
    """End a credential: it vouches for nobody from now on."""
    event = CredentialRevoked(credential=digest, reason=reason)
    said = asyncio.run(govern(Home.open(home), "credential_revoked", event))
    typer.echo(f"Revoked: entry {said.entry}.")


@app.command("list")
def listed(home: Annotated[Path, typer.Option("--home", help="Any home.")]) -> None:
    """List every credential on the log: whose, until when, with which training and vetting."""
    opened = Home.open(home)
    known = known_of(opened)
    outbox = outbox_of(opened)
    with outbox.database.read() as db:
        now = outbox.time_ms(db)
    for digest, one in known.credentials.items():
        issued, ended = one.issued, one.ended(now)
        who = outbox.reference_of(issued.practitioner) or issued.practitioner
        stands = f"ENDED ({ended})" if ended else f"until {at(milliseconds(issued.until) or 0)}"
        own = "; has a key of their own" if issued.public_key else ""
        typer.echo(f"{digest}  {one.agency}  {issued.role}, {who}: {stands}{own}")
        for qualification in issued.qualifications:
            end = milliseconds(qualification.until) or 0
            late = "ENDED" if end <= now else "until"
            typer.echo(f"    {qualification.name}: {late} {at(end)}")
    if not known.credentials:
        typer.echo("No credential is on the log, as far as it was read here.")


def _end_of(day: str) -> str:
    """Give the end of a day in UTC, as the log spells an instant."""
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Misuse(
            "A last day is not a day of the calendar.", remedy="Write it like 2027-03-31."
        ) from None
    begins = datetime(after.year, after.month, after.day, tzinfo=UTC)
    return spelled(round(begins.timestamp() * 1000))


def _held(text: str) -> Held:
    name, _, day = text.partition("=")
    try:
        return msgspec.convert({"name": name, "until": _end_of(day)}, Held)
    except msgspec.ValidationError:
        raise Misuse(
            "--holds is no training or vetting with its last day.",
            remedy="Write the partnership's own short name for it: dash_trained=2027-03-31.",
        ) from None


def _check_public_key(text: str | None) -> None:
    try:
        fit = text is None or signature.is_acceptable_public_key(base64url.decode(text))
    except ValueError:
        fit = False
    if not fit:
        raise Misuse(
            "--key is no practitioner's key.",
            remedy="Give what `candour credential key FILE` printed, 43 characters.",
        )


def _household(text: str | None) -> str | None:
    if text is not None and not is_token(text):
        raise Misuse(
            "--household is no token.", remedy="Give the household's token, 22 characters."
        )
    return text

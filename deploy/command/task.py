"""`candour research show` and `request-victim-information`: one task whole, and what is no task."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing, whereabouts
from consumers import store as stored
from consumers.intelligence.rows import first_lines
from consumers.research import known, plan, rows
from consumers.research.found import no_task
from consumers.research.known import Known
from consumers.research.victim_information import KINDS, Sought
from consumers.research.worker import Research, looked_by
from consumers.responses.listed import answers_beside
from contracts.duration import HOUR_MS
from contracts.event.action import Excepted
from contracts.event.work import ResearchCompleted, ResearchRequested
from contracts.fault import Misuse
from contracts.section import Refuge, Whereabouts
from deploy.command.consumer import ActingHome, Looks, at, failing, insist_on, looked, looking
from deploy.command.spelling import By, Role, limits_of, spelled, stands_of
from deploy.command.words import EnquiryWords, MaybeReason
from deploy.wiring import Acting, open_acting
from producers.home import Home


def show(  # noqa: PLR0913 - a look has this many independent parts
    task: Annotated[str, typer.Argument(help="The task's id.")],
    home: ActingHome,
    by: Looks = None,
    reveal: Annotated[
        bool,
        typer.Option("--reveal-whereabouts", help="Also where somebody is whom no task shows: to "
                     "who took the urgent alert or made a look, with --by, --role and --words; "
                     "else two people do it at the desk. That you looked is kept, and reviewed "
                     "there."),
    ] = False,
    role: Annotated[str | None, typer.Option(help="Your role.")] = None,
    words: MaybeReason = None,
) -> None:  # fmt: skip
    """Show one task whole: what may be put to whom first; then whom to look up, and why."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, Research.kinds, "a police desk")
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        hidden = standing.hidden_from(db, viewer)
        row = rows.seen(db, task, hidden)
        person = None if row is None else known.known(db, row["statement"], row["subject"], viewer)
    if row is None or person is None:
        raise no_task()
    places: Sequence[Whereabouts | Refuge] = person.shown
    if reveal:
        if not (by and role and words):
            raise Misuse(
                "Whoever is shown where somebody is says who they are, and why.",
                remedy="Give --by, --role and --words.",
            )
        places = acting.research.reveal(
            task, by=acting.practitioner(by), role=role, reason=words, at=acting.time_ms()
        )
    looked(acting, by, "research_task", [row["statement"]])
    failing(acting, by, viewer)
    with acting.store.read() as db:
        for line in _lines(db, row, person, places, hidden, acting.voice.rules.version):
            typer.echo(line)


def _lines(  # noqa: PLR0913 - one task has this many independent parts
    db: Connection, task: RowMapping, person: Known,
    places: Sequence[Whereabouts | Refuge], hidden: frozenset[str], ruleset: str,
) -> Iterator[str]:  # fmt: skip
    """Lay one task out, in the order in which it is read."""
    report = standing.held(db, task["statement"], but=hidden)
    yield from (f"USE: {line}" for line in first_lines(db, task["statement"], hidden))
    yield from limits_of(report)
    yield from (line for one in ("statement", "id") for line in standing.marks_of(db, task[one]))
    stands = stands_of(task, stored.ledger_time(db), is_bare=person.is_bare)
    yield f"Task {task['id']}: {task['system'].upper()}, {stands}"
    yield from _asked(stored.held(db, task["id"]), task, ruleset)
    visible = [one for one in rows.tasks_of(db, task["statement"]) if one["id"] not in hidden]
    yield f"  report {task['statement']}: {plan.standing(visible)}"
    yield from _described(person)
    for place in places:
        told = (place.address, place.telephone, place.safe_contact, place.known_at)
        kind = "REFUGE, told to nobody" if isinstance(place, Refuge) else "whereabouts"
        yield f"  {kind}: {', '.join(text for text in told if text)}"
    unshown = [one for one in person.places if one not in places]
    if unshown:
        yield (
            f"  whereabouts: {len(unshown)} held and not shown: this person is, or may be, the "
            "victim, or somebody else is there too (--reveal-whereabouts: those of this report)"
        )
    for look in whereabouts.shown_to(db, report, task["subject"]):
        yield f"  whereabouts shown to {look['name']} at {at(look['shown_at'])}"
    yield from _results(db, task, hidden)


def _asked(requested: object, task: RowMapping, ruleset: str) -> Iterator[str]:
    """Say who asks, who answers for it, why, and under which power."""
    event = getattr(requested, "sections", {}).get("event")
    yield f"  {task['priority']}, due {at(task['due_at'])}"
    if isinstance(event, ResearchRequested):
        yield (
            f"  asked by the {event.requester or 'not said'}, authorised by the "
            f"{event.authoriser or 'not said'}, by {plan.authority(ruleset)}; "
            f"for {event.purpose or 'not said'}, under {event.gateway or 'not said'}"
        )
    yield f"  who looked: {looked_by(task)}"


def _described(person: Known) -> Iterator[str]:
    """Give everything to search for."""
    names = [spelled(name) for name in person.names]
    yield f"  names: {'; '.join(name for name in names if name) or 'none known'}"
    births = [f"{one.value} (known to the {one.precision})" for one in person.births]
    ages = {"known to the age": "an age, on a day that nobody said"}
    told = "; ".join(births) or "not known"
    for word, better in ages.items():
        told = told.replace(word, better)
    yield f"  born: {told}"
    yield f"  sex: {' or '.join(person.sexes) or 'not known'}"
    numbers = [f"{one.scheme} {one.value}" for one in person.identifiers]
    yield f"  identifiers: {'; '.join(numbers) or 'none known'}"
    yield f"  part: {', '.join(sorted(person.parts)) or 'unassessed'}"
    if person.is_bare:
        yield f"  NOT TO BE SEARCHED: {plan.BARE_NAME}; the publisher was asked who this is"
    if len(person.sources) > 1:
        yield f"  as {len(person.sources)} statements tell: {' '.join(person.sources)}"


def _results(db: Connection, task: RowMapping, hidden: frozenset[str]) -> Iterator[str]:
    """Show what was found; it is in this force's own store and nowhere else."""
    done = stored.held(db, task["completion"]) if task["completion"] else None
    event = done.sections.get("event") if done is not None else None
    if isinstance(event, ResearchCompleted):
        told = [
            f"{name.replace('_', ' ')}: {value}"
            for name in ("confidence", "reference", "grade", "handling")
            if (value := getattr(event, name))
        ]
        kinds = ", ".join(event.kinds or [])
        told += [f"kinds: {kinds}"] if kinds else []
        yield f"  {plan.WORDS[event.outcome]}; by {event.operator}; {'; '.join(told)}".rstrip("; ")
    for one in answers_beside(db, hidden, task):
        yield (
            f"  {one['supplied_by']} answered at {at(one['supplied_at'])}: "
            + (plan.WORDS[one["outcome"]])
        )
    for result in rows.results_of(db, task["id"], hidden):
        if result["detail"]:
            yield f"  found, attempt {result['attempt']}: {result['detail']}"


def request_victim_information(  # noqa: PLR0913 - a request has this many independent parts
    report: Annotated[str, typer.Argument(help="The report's id.")],
    person: Annotated[str, typer.Option(help="The victim's token, as the report has it.")],
    to: Annotated[str, typer.Option(help="The agency that is asked, by id.")],
    authorised_by: Annotated[str, typer.Option(help="Who authorised it, by name; not you.")],
    words: EnquiryWords,
    by: By,
    role: Role,
    home: ActingHome,
    notice: Annotated[
        bool, typer.Option("--notice-given", help="The victim has it in writing.")
    ] = False,
    exception: Annotated[
        Excepted | None, typer.Option(help="Or why the victim has no notice.")
    ] = None,
    hours: Annotated[int | None, typer.Option(min=1, help="Until an answer is due.")] = None,
) -> None:
    """Ask for a victim's information, for a line of enquiry: never research, and typed apart."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, KINDS, "a police desk")
    if notice == (exception is not None):
        raise Misuse(
            "A victim has written notice on or before a request, or one exception is named.",
            remedy="Give --notice-given, or --exception with why not; never both.",
        )
    sought = Sought(
        addressee=to, statement=report, subject=person, exception=exception,
        due_at=_due(acting, hours) if hours else None,
        authorised_by=authorised_by, line_of_enquiry=words.line_of_enquiry, period=words.period,
        why=words.why, less_intrusive=words.less_intrusive, counselling=words.counselling,
    )  # fmt: skip
    wanted = acting.requesting.request(sought, by=acting.practitioner(by), role=role)
    said = asyncio.run(acting.act(wanted))
    asked = "" if words.counselling else " Counselling records were not asked for."
    typer.echo(f"Asked of {to} (entry {said.entry}); research stands as it did.{asked}")


def _due(acting: Acting, hours: int) -> int:
    with acting.store.read() as db:
        return stored.ledger_time(db) + hours * HOUR_MS

"""A form as it was sent: what is wrong is said beside what was typed, and what was typed is kept.

Source: WCAG 2.2, 3.3.1 and 3.3.3 (errors identified, and what to do); GOV.UK Design System.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.desk.person import Person
from consumers.desk.reporting.filling import day_in
from consumers.desk.station import Station
from consumers.desk.wording import remedy_of, text_of
from consumers.store import Wanted
from contracts.fault import Misuse, Undelivered

DAY = "27 3 2012"
"""How every form here asks for a day; 2012-03-27 and 27 March 2012 are taken too."""
WORDS_MAX = 2_000
"""How long a text may be: what is longer belongs in a file of the case."""
Typed = Mapping[str, list[str]]
Problem = dict[str, str]


class Page(Protocol):
    """Renders the page that a form stands on, again."""

    def __call__(self, station: Station, request: Request, **more: Any) -> Response:
        """Render it; `more` has what was typed and what is wrong with it."""


class Form:
    """The fields of a form, checked one by one; `problems` are what is wrong with them."""

    def __init__(self, typed: Typed) -> None:
        """Take what was sent."""
        self.typed = typed
        self.problems: list[Problem] = []

    def text(self, name: str) -> str:
        """Give a field, without the spaces around it."""
        return next(iter(self.typed.get(name, ())), "").strip()

    def maybe(self, name: str) -> str | None:
        """Give a field; None where it is empty. One that is too long is a problem."""
        return self.written(name, None) or None

    def chosen(self, name: str, allowed: Collection[str], wrong: str) -> str:
        """Give a choice; another word, or none, is a problem."""
        given = self.text(name)
        if given not in allowed:
            self.wrong(name, wrong)
        return given

    def ticked(self, name: str, allowed: Collection[str], wrong: str | None = None) -> list[str]:
        """Give several choices; a word that is none is a problem, none at all where `wrong` is."""
        given = list(self.typed.get(name, ()))
        if not set(given) <= set(allowed) or (wrong is not None and not given):
            self.wrong(name, wrong or "Choose from the list")
        return given

    def written(self, name: str, wrong: str | None) -> str:
        """Give what was written; nothing is a problem where `wrong` says so, too much always."""
        given = self.text(name)
        if not given and wrong is not None:
            self.wrong(name, wrong)
        if len(given) > WORDS_MAX:
            self.wrong(name, f"Write at most {WORDS_MAX:,} characters: this has {len(given):,}")
        return given

    def day(self, name: str, wrong: str | None = None) -> date | None:
        """Give a day as people write it; no day is a problem, nothing at all where `wrong` is."""
        text = self.text(name)
        found = day_in(text)
        if found is None and (text or wrong is not None):
            self.wrong(name, wrong or f"Write a day that the calendar has, as {DAY}")
        return found

    def wrong(self, name: str, text: str) -> None:
        """Add a problem with a field."""
        self.problems.append({"href": f"#{name}", "text": text})


async def sent(request: Request) -> Form:
    """Read the form that somebody sent."""
    async with request.form() as form:
        return Form({name: [str(one) for one in form.getlist(name)] for name in form})


def left(station: Station, request: Request) -> Typed:
    """Give what somebody was writing here when their session was locked or lost."""
    subject = request.state.session.subject
    return station.sessions.take_up(subject, request.url.path) if subject else {}


async def say(  # noqa: PLR0913 - an act at a desk has this many independent parts
    station: Station,
    request: Request,
    form: Form,
    wanted: Callable[[Person], Sequence[Wanted]],
    *,
    page: Page,
    told: str,
    to: str,
    check: Page | None = None,
) -> Response:
    """Say what somebody decided, and lead them on; or show the form again, and why.

    Args:
        station: the desk.
        request: what is answered.
        form: checked.
        wanted: gives what is to be said, by the consumer's own desk.
        page: renders the form again.
        told: what was done, for the next page: no names in it.
        to: that page.
        check: shows what is about to be said, where it goes only once somebody has read it so: it
            stands as a form that was not taken does, and what was typed is kept alike.
    """
    if check is not None and not form.problems and not form.text("checked"):
        return await run_in_threadpool(check, station, request, typed=form.typed, status=422)
    if not form.problems:
        person = await run_in_threadpool(station.person, request)
        try:
            said = await station.act(await run_in_threadpool(wanted, person))
        except Misuse as why:
            form.problems.append({"text": f"{text_of(why)} {remedy_of(why)}"})
        except Undelivered as late:
            station.tell_undelivered(request, late)
            return RedirectResponse(to, 303)
        else:
            station.tell(request, f"{told} It is on the log, entry {said.entry}.")
            return RedirectResponse(to, 303)
    again = {"errors": form.problems, "typed": form.typed, "status": 422}
    return await run_in_threadpool(page, station, request, **again)

"""One agency's desk as its pages see it: the store, who is there, what may be done."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader, select_autoescape
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse

from consumers import standing
from consumers import store as stored
from consumers.desk import rows
from consumers.desk.person import PURPOSES, Person, Role
from consumers.desk.rights import RIGHTS, may
from consumers.desk.session import Session, Sessions
from consumers.desk.shown import capital
from consumers.desk.wording import text_of
from consumers.disclosure.desk import Disclosing
from consumers.disclosure.worker import Disclosures
from consumers.figures.table import Fact
from consumers.governance.desk import Governing
from consumers.governance.erasing import Erasing
from consumers.governance.excluding import Excluding
from consumers.intelligence.desk import KINDS as GRADE
from consumers.intelligence.desk import Grading
from consumers.people.desk import Matching
from consumers.referrals.desk import Referring
from consumers.referrals.making import Making
from consumers.research.desk import Desk
from consumers.research.victim_information import Requesting
from consumers.research.worker import Research
from consumers.responses.asking import Asking
from consumers.responses.desk import Answering
from consumers.safeguarding.desk import Deciding
from consumers.silence.standstill import Outside
from consumers.store import Store, Wanted
from consumers.worker import Voice
from contracts.fault import InvariantBroken, Undelivered
from contracts.section import Practitioner

Look = Callable[[str, Iterable[str]], None]
"""Says what sort of page something was seen on, and each thing by its id."""
ACT_S_MAX = 5.0
"""How long somebody at a desk waits for what became of what they said: it goes on being sent."""
AGAIN = (
    "It goes on being sent: do not do it again. It is not on the log yet: if the log refuses it, "
    "it is taken back here. What cannot wait: telephone whom it is for."
)


class Acts(Protocol):
    """What a person may do here; deploy hands it in, with the outbox behind it."""

    @property
    def research(self) -> Desk:
        """Where research is completed."""

    @property
    def grading(self) -> Grading:
        """Where police grade, and let a sanitised copy leave."""

    @property
    def answering(self) -> Answering:
        """Where answers are given."""

    @property
    def asking(self) -> Asking:
        """Where other agencies are asked."""

    @property
    def requesting(self) -> Requesting:
        """Where a force asks for a victim's information."""

    @property
    def deciding(self) -> Deciding:
        """Where a person decides what no machine may."""

    @property
    def matching(self) -> Matching:
        """Where persons are compared, joined and parted."""

    @property
    def disclosing(self) -> Disclosing:
        """Where officers record the stages of a disclosure."""

    @property
    def referring(self) -> Referring:
        """Where people decide whom to refer."""

    @property
    def making(self) -> Making:
        """Where referrals are made."""

    @property
    def governing(self) -> Governing:
        """Where people decide about the log itself."""

    @property
    def erasing(self) -> Erasing:
        """Where people say that something is erased."""

    @property
    def excluding(self) -> Excluding:
        """Where people say from whom somebody's case is kept."""

    def known_as(self, token: str) -> str:
        """Give what this agency knows a practitioner by; another's token as it is."""

    def time_ms(self) -> int:
        """Give the time that something said now carries."""

    def practitioner(self, name: str, reference: str | None = None) -> Practitioner:
        """Name a person at work, with the agency's own token for them, by reference where given."""

    def viewer(self, name: str, reference: str | None = None) -> frozenset[str]:
        """List the tokens by which something may be kept from a person: by name and reference."""

    async def act(self, wanted: Sequence[Wanted], *, wait_s: float) -> Any:
        """Say what a person decided, and wait so long for what became of it."""


_SPEAKING = (
    Role.DUTY_MANAGER, Role.RESEARCHER, Role.INFORMATION_MANAGER, Role.REPORTER, Role.AUDITOR,
)  # fmt: skip


@dataclass(frozen=True)
class Station:
    """What every page is given.

    Attributes:
        store: the consumer's.
        voice: who speaks here.
        acts: what a person may do.
        sessions: of browsers.
        now_ms: this machine's clock.
        title: the agency's own name.
        navigation: what every page leads to, where it is not the desk's.
        watched: gives what a watch sees from outside; None where none can be asked.
        learn: takes in what the partnership said since the last page; nothing where this very
            process reads it.
        stuck: says what does not leave here at the moment, and why; none while all is well.
        unsent: gives the ids of what was said here and has no receipt: nobody has it yet.
        refusals: counts what this agency said and was refused, but for what is kept from who looks.
    """

    store: Store
    voice: Voice
    acts: Acts
    sessions: Sessions
    now_ms: Callable[[], int]
    title: str
    navigation: Sequence[tuple[str, str]] = ()
    watched: Callable[[], Outside] | None = None
    learn: Callable[[], None] = lambda: None
    stuck: Callable[[], Sequence[str]] = tuple
    unsent: Callable[[], Collection[str]] = tuple
    refusals: Callable[[Collection[str]], Iterable[Fact]] = lambda _: ()

    @property
    def partners(self) -> dict[str, str]:
        """Name every agency of the partnership, by id."""
        return {name: one.title for name, one in self.voice.partners.agencies.items()}

    def acts_for(self) -> list[str]:
        """List this agency, and those in whose place it acts."""
        partners = self.voice.partners
        others = [one for one in partners.agencies if partners.acting(one) == self.voice.agency]
        return sorted({self.voice.agency, *others})

    def speaks_as(self, person: Person) -> str:
        """Give the role in which somebody speaks on the log: the ruleset's, for who leads."""
        if person.is_one_of(Role.SUPERVISOR):
            return self.voice.role_of(self.voice.agency)
        return next((one.value for one in _SPEAKING if person.is_one_of(one)), "practitioner")

    def person(self, request: Request) -> Person:
        """Give who is signed in."""
        session: Session = request.state.session
        name, reference = str(session.state["name"]), session.state.get("reference")
        practitioner = self.acts.practitioner(name, reference)
        roles = frozenset(Role(one) for one in session.state["roles"])
        viewer = self.acts.viewer(name, reference)
        return Person(str(session.subject), name, roles, practitioner, viewer)

    def hidden(self, db: Connection, person: Person) -> frozenset[str]:
        """List the ids and digests that are kept from somebody."""
        return standing.hidden_from(db, person.viewer)

    @contextmanager
    def looking(self, request: Request, person: Person) -> Iterator[tuple[Connection, Look]]:
        """Read for a page, and record what was looked at before anything of it is shown.

        Nobody who writes waits for somebody who reads: looks have a short transaction of their
        own, once all is read. Where they cannot be recorded, or reading breaks off, nothing is
        shown.

        Yields:
            An open reading transaction; and what says that each of some things was seen, by id.
        """
        taken = list[tuple[str, Sequence[str]]]()
        with self.store.read() as db:
            yield db, lambda what, about: taken.append((what, list(about)))
        if taken:
            with self.store.write() as db:
                for what, about in taken:
                    self.look_in(db, request, person, what, *about)

    def look(self, request: Request, person: Person, what: str, *about: str) -> None:
        """Record that somebody looks at something, and why: before it is read."""
        with self.store.write() as db:
            self.look_in(db, request, person, what, *about)

    def look_in(
        self, db: Connection, request: Request, person: Person, what: str, *about: str
    ) -> None:
        """Record a look together with what somebody did: in one transaction."""
        session: Session = request.state.session
        taken = {
            "at": self.acts.time_ms(), "token": person.practitioner.token or "",
            "role": " ".join(sorted(person.roles)), "what": what,
            "purpose": str(session.state.get("purpose")),
        }  # fmt: skip
        rows.look_at_each(db, [{**taken, "about": one} for one in dict.fromkeys(about)])

    async def act(self, wanted: Sequence[Wanted]) -> Any:
        """Say what a person decided; give what became of it."""
        return await self.acts.act(wanted, wait_s=ACT_S_MAX)

    def tell(self, request: Request, text: str) -> None:
        """Say something, once, on the next page that somebody opens: no names in it."""
        request.state.session.state["told"] = text

    def tell_undelivered(self, request: Request, late: Undelivered) -> None:
        """Say so there of what could not leave: it must not look like what was done."""
        request.state.session.state["undelivered"] = f"{text_of(late)} {AGAIN}"

    def page(
        self, request: Request, template: str, *, title: str, status: int = 200, **shown: Any
    ) -> HTMLResponse:
        """Render a page.

        Args:
            request: what is answered.
            template: its file.
            title: of the window and the page: never anything about anybody.
            status: of the answer.
            shown: what the template is given.
        """
        session: Session = request.state.session
        rules = self.voice.partners.founding
        given: dict[str, Any] = {
            "title": title, "request": request, "cspNonce": request.state.nonce,
            "csrf": session.csrf, "who": session.state.get("name"),
            "roles": session.state.get("roles", []), "desk": self.title,
            "purpose": PURPOSES.get(session.state.get("purpose", "")),
            "exercise": bool(rules and rules.exercise), "at": self.at, "zone": self.zone,
            "path": request.url.path,
            "navigation": self.navigation or self._ways(session, NAVIGATION),
            "more_ways": [] if self.navigation else self._ways(session, MORE),
            "unsaved": self._has_unsaved(session),
            "told": session.state.pop("told", None),
            "undelivered": session.state.pop("undelivered", None),
            "stuck": self.stuck(), "unsent": self.unsent(),
        }  # fmt: skip
        if clash := given.keys() & shown.keys():
            raise InvariantBroken(
                f"A page calls something {min(clash)}, as every page calls something else.",
                remedy="Give it another name, in the page and in its template.",
            )
        given |= shown
        return HTMLResponse(_TEMPLATES.get_template(f"desk/{template}").render(given), status)

    def _has_unsaved(self, session: Session) -> bool:
        return bool(session.subject and self.sessions.left(session.subject))

    def at(self, milliseconds: int | None) -> str:
        """Spell a time as people here read it: the partnership's own zone, to the minute."""
        if not milliseconds:
            return "not known"
        return f"{datetime.fromtimestamp(milliseconds / 1000, self.zone):%-d %B %Y, %H:%M}"

    @property
    def zone(self) -> tzinfo:
        """The partnership's own time zone."""
        founding = self.voice.partners.founding
        return ZoneInfo(founding.time_zone) if founding else UTC

    def nothing(self, request: Request) -> HTMLResponse:
        """Say that there is nothing to show: in the same words whether it is kept, or is none."""
        return self.page(request, "nothing.html", title="Nothing to show", status=404)

    def ledger_time(self) -> int:
        """Give the newest ledger time here."""
        with self.store.read() as db:
            return stored.ledger_time(db)

    def today(self) -> date:
        """Give the day of the newest ledger time here."""
        return datetime.fromtimestamp(self.ledger_time() / 1000, UTC).date()

    def _ways(self, session: Session, ways: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Leave out of the navigation what is not somebody's to open, or not this agency's."""
        roles = frozenset(Role(one) for one in session.state.get("roles", ()))
        kind = self.voice.kind
        return [
            way
            for way in ways
            if may(RIGHTS[way[0]], "GET", roles) and kind in ONLY.get(way[0], {kind})
        ]


NAVIGATION = [
    ("/", "Inbox"), ("/duties", "My duties"), ("/alerts", "Alerts"), ("/research", "Research"),
    ("/responses", "Answers owed"), ("/shift", "Shift"),
    ("/search", "Search"),
]  # fmt: skip
"""What every page leads to first: the address and the words."""
MORE = [
    ("/persons", "Persons"), ("/origins", "One source or two"),
    ("/intelligence", "Intelligence"), ("/requests", "Questions asked"),
    ("/referrals", "Referrals"), ("/handovers", "Handovers"),
    ("/disclosures", "Disclosures"), ("/quarantine", "Held"), ("/whereabouts", "Whereabouts"),
    ("/exclusions", "Exclusions"), ("/looks", "Who looked"), ("/feeds", "Feeds"),
    ("/figures", "Figures"), ("/key", "Key"),
]  # fmt: skip
"""What it leads to besides."""
ONLY = {
    "/research": Research.kinds, "/disclosures": Disclosures.kinds, "/intelligence": GRADE,
}  # fmt: skip
"""Pages of some kinds of agency alone."""


def refused(station: Station, request: Request, *roles: Role) -> HTMLResponse:
    """Say that something is not theirs to do, and whose it is."""
    titles = " or ".join(f"{'an' if role[0] in 'ai' else 'a'} {role.words}" for role in roles)
    return station.page(request, "refused.html", title="Not yours to do", status=403, titles=titles)


_TEMPLATES = Environment(
    loader=PrefixLoader({
        "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
        "desk": PackageLoader("consumers.desk"),
    }),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=ChainableUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # a page asks the disk after none of its templates
)  # fmt: skip
_TEMPLATES.filters["capital"] = capital
ASSETS = Path(__file__).parent / "assets"

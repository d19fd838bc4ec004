"""The outbox behind the page on which partners report: what it stores, and what became of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import RowMapping, func, select

from consumers.desk.reporting.drafts import Drafts
from consumers.desk.reporting.port import Answered, Became, Lack, Own, Unfit, Ways, Where
from contracts.entry import ReasonGiven
from contracts.form import Section
from contracts.opened import View, open_receipt
from contracts.reason import Reason
from contracts.section import Provenance
from contracts.statement import Statement, interpret, parse
from deploy.command.publish import VOUCHED
from deploy.reaching import Reach
from producers import form, withheld
from producers.lock import Busy
from producers.outbox import Outbox
from producers.sender import Sender
from producers.signing import spelled
from producers.tables import statements, views
from producers.unanswered import telephone

EVENT = "concern_reported"
TRY_S, DROP_S = 1.0, 3600.0
"""How often this tries to become its home's sender; how often old drafts are dropped."""
HELD_MAX = 20
MISSING: dict[str, str] = {
    Reason.PRACTITIONER_MISSING: "name",
    Reason.ROLE_MISSING: "role",
    Reason.EMPLOYER_MISSING: "employer",
    Reason.HOW_KNOWN_MISSING: "how_known",
    Reason.CONTACT_MISSING: "contact",
}
"""What lacks of who says so, by the code that says it."""
_OWN = ("role", "telephone", "out_of_hours", "mailbox", "supervisor")
_STATES: dict[str, Literal["stored", "sent", "decided"]] = {
    "waiting": "stored", "sent": "sent", "decided": "decided",
}  # fmt: skip
_log = structlog.get_logger()


class Filing:
    """A home's outbox, as `consumers.desk.reporting.port.Reporting` wants it."""

    def __init__(self, outbox: Outbox) -> None:
        """File with an outbox; nothing is sent before `sending`."""
        self._outbox = outbox
        self.reach = Reach(outbox)
        self._sender: Sender | None = None

    def own(self) -> Own:
        """Give what agency.yaml says of who reports, and where it does not, the agency itself."""
        home = self._outbox.home
        ours = self._outbox.partnership.agencies.get(home.agency.agency)
        told = {name: getattr(ours.contact, name, None) for name in _OWN} if ours else {}
        told |= home.agency.reporter.model_dump(include=set(_OWN), exclude_none=True)
        return Own({name: text for name, text in told.items() if text})

    def today(self) -> date:
        """Give the day in the partnership's zone; in an exercise the ledger's."""
        founding = self._outbox.partnership.founding
        zone = ZoneInfo(founding.time_zone) if founding else UTC
        return datetime.fromtimestamp(self._time_ms() / 1000, zone).date()

    def new_statement(self) -> str:
        """Draw a report's reference: a UUIDv7."""
        return self._outbox.new_id()

    def ways(self, purpose: str | None) -> Ways:
        """List how a concern may be sent from here, by the agreements in force."""
        known, sender = self._outbox.partnership, self._outbox.home.agency.agency
        found = known.choices(sender=sender, event=EVENT, at_ms=self._time_ms(), purpose=purpose)
        law = known.rules.law if known.rules else None
        titles = {one.citation: one.title for one in law.provisions} if law else {}
        articles = sorted({one.basis.article for one in found})
        return Ways(
            sorted({one.purpose for one in found}),
            [(article, titles.get(article, article)) for article in articles],
            sorted({self._title(to) for one in found for to in one.to - {sender}}),
        )

    def wrong(self, report: Mapping[str, Any]) -> Sequence[tuple[Where, str]]:
        """List what cannot be used of a report so far, by field."""
        return form.check_form(report, now_ms=self._outbox.now_ms())

    def store(self, report: Mapping[str, Any], statement: str) -> None:
        """Sign and store a report under its reference; the same again changes nothing.

        Raises:
            Unfit: it is no report yet.
            CandourError: it could not be stored.
        """
        at_ms = self._time_ms()
        try:
            said, basis = form.read_form(
                report, self._outbox, said_id=statement, at_ms=at_ms, at=spelled(at_ms)
            )
        except form.Unfit as unfit:
            raise Unfit(unfit.fields) from None
        self._outbox.publish(said, time_ms=at_ms, basis=basis)

    def became(self, statement: str, *, viewer: frozenset[str]) -> Became | None:
        """Say what became of a report; None where there is none, or none for who looks."""
        row = self._outbox.row(statement)
        with self._outbox.database.read() as db:
            hidden = withheld.hidden_from(db, viewer)
        if row is None or row["digest"] in hidden:
            return None
        return self._became(row, self._answers(statement, hidden))

    def said(self, statement: str) -> Statement | None:
        """Give what was said from here, as long as it is held whole."""
        row = self._outbox.row(statement)
        return None if row is None or row["raw"] is None else interpret(parse(row["raw"]))

    def is_by(self, statement: str, token: str) -> bool:
        """Say whether a practitioner of this agency said something from here."""
        said = self.said(statement)
        who = said.sections.get("provenance") if said is not None else None
        person = who.practitioner if isinstance(who, Provenance) else None
        return person is not None and bool(token) and person.token == token

    def held(self, *, viewer: frozenset[str]) -> Sequence[Became]:
        """List reports from here that are held for want of who says so, newest first."""
        query = select(statements).where(
            statements.c.outcome.in_(["quarantined", "provisional"]), statements.c.raw.is_not(None)
        )
        newest = query.order_by(statements.c.place.desc()).limit(HELD_MAX)
        with self._outbox.database.read() as db:
            hidden = withheld.hidden_from(db, viewer)
            rows = [row for row in db.execute(newest).mappings() if row["digest"] not in hidden]
        return [one for one in (self._became(row, ()) for row in rows) if one.missing]

    def pulse(self, statements_: Sequence[str]) -> str:
        """Give a mark that changes when something becomes of one of these, or anything came."""
        row = statements.c
        query = select(row.id, row.state, row.outcome, row.entry).where(row.id.in_(statements_))
        with self._outbox.database.read() as db:
            newest = db.execute(select(func.max(views.c.place))).scalar()
            stand = sorted(map(str, db.execute(query.order_by(row.id))))
        late = [one["id"] for one in self._outbox.undelivered()]
        return f"{newest} {stand} {late} {self._stuck()}"

    async def send(self) -> None:
        """Send for the home, or stand by while another process does."""
        while True:
            try:
                self._sender = Sender(self._outbox, what="candour report")
                await self._sender.run()
            except Busy:
                self._sender = None
                await asyncio.sleep(TRY_S)

    @asynccontextmanager
    async def sending(self, drafts: Drafts) -> AsyncIterator[None]:
        """Send while the block runs, and drop what nobody goes on with."""

        async def drop() -> None:
            while True:
                count = await asyncio.to_thread(drafts.drop_old)
                _log.info("drafts_dropped", count=count)
                await asyncio.sleep(DROP_S)

        tasks = [asyncio.create_task(self.send()), asyncio.create_task(drop())]
        try:
            yield
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _time_ms(self) -> int:
        with self._outbox.database.read() as db:
            return self._outbox.time_ms(db)

    def _became(self, row: RowMapping, answers: Sequence[Answered]) -> Became:
        known, stuck = self._outbox.partnership, self._stuck()
        late = row["state"] != "decided" and (
            any(one["id"] == row["id"] for one in self._outbox.undelivered())
            or (stuck is not None and row["urgency"] != "routine")
        )
        raw = row["raw"]
        said_ms = row["stored_at"] if raw is None else interpret(parse(raw)).context.time_ms
        stood = Became(
            row["id"], row["event"], row["urgency"], said_ms, _STATES[row["state"]],
            late=late, ring=telephone(known), emptied=raw is None, answers=answers,
            stuck=stuck,
        )  # fmt: skip
        if row["state"] != "decided" or row["receipt"] is None:
            return stood
        receipt = open_receipt(row["receipt"], self._outbox.home.trust)
        decision, given = receipt.decision, receipt.part.reasons
        anew = next((r for r in decision.redecided if r.statement == row["digest"]), None)
        told = anew.recipients if anew is not None else decision.recipients
        named = [self._title(one) for one in told]
        vouched = VOUCHED.get(decision.level or "") if anew is None else None
        clocks = [(duty.kind, duty.due_at) for duty in decision.duties]
        return _decided(replace(stood, clocks=clocks), row, named, given, decision.contact, vouched)

    def _stuck(self) -> str | None:
        """Say why nothing goes out from here: Kafka is away, or does not take what is sent."""
        refused = self._sender.refused if self._sender else None
        return (refused.text if refused else self.reach.why()) or None

    def _answers(self, statement: str, hidden: frozenset[str]) -> list[Answered]:
        known, found = self._outbox.partnership, list[Answered]()
        for row in self._outbox.answers(statement):
            view = self._outbox.opened(row["record"])
            if row["digest"] in hidden or not isinstance(view, View):
                continue
            sections, source = view.statement.sections, view.statement.context.source
            who = sections.get("provenance")
            person = who.practitioner if isinstance(who, Provenance) else None
            title = self._title(source.split("/")[2])
            suspect = known.is_suspect(view.statement.kid, view.head.ledger_time)
            found.append(
                Answered(title, person.name if person else None, sections["event"],
                         view.head.ledger_time, suspect, self._about(sections["event"]))
            )  # fmt: skip
        return found

    def _title(self, agency: str) -> str:
        known = self._outbox.partnership.agencies
        return known[agency].title if agency in known else agency

    def _about(self, event: Section) -> str | None:
        token = getattr(event, "subject", None)
        known = self._outbox.reference_of(token) if token else None
        report, _, step = (known or "").rpartition("/")
        return f"Person {step.rpartition('-')[2]} of this report" if report else known


def _decided(  # noqa: PLR0913 - a decision has this many parts
    stood: Became,
    row: RowMapping,
    told: Sequence[str],
    given: Sequence[ReasonGiven],
    contact: str | None,
    vouched: str | None,
) -> Became:
    return replace(
        stood, outcome=row["outcome"], entry=row["entry"], told=told, contact=contact,
        lacks=[Lack(one.code, Reason.told(one.code)[0]) for one in given],
        missing=[MISSING[one.code] for one in given if one.code in MISSING], vouched=vouched,
    )  # fmt: skip

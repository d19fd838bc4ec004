"""A case played from its founding to its end: items said, consumers acting, clocks running out.

Everything is real but Kafka, the clock and what is random: homes, keys, outboxes, the core that
decides, inboxes that prove what they read, consumers with every worker that ships.
"""

from collections.abc import Callable
from pathlib import Path

from broker.core.written import Written as Entry
from contracts.agreement import Agreement, Leg
from contracts.duration import DAY_MS
from contracts.entry import ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.event.case import PersonsLinked
from contracts.event.control import Founding
from contracts.fault import Misuse
from contracts.identifier import agency_of
from contracts.opened import View, open_view
from contracts.reason import Reason
from contracts.section import Identity, Provenance
from contracts.statement import Statement, interpret, parse
from deploy.replay import founding as founds
from deploy.replay.case import Item, Written, milliseconds
from deploy.replay.drawn import drawn
from deploy.replay.filing import filed
from deploy.replay.log import Log
from deploy.replay.never import Watch
from deploy.replay.offices import Office, Offices, Source
from deploy.replay.played import HEADERS, Anew, Delivered, Mode, Played, Said, Spoken
from producers.filed import Report
from producers.home import Reporter
from producers.report import Written as Filed
from producers.report import checked, drafted
from producers.saying import said_by
from producers.signing import spelled

DAYS_AFTER = 30
"""For how long clocks go on running out after the last item, where the case does not say."""
STOPS_MAX = 300
"""At how many moments time stops between two items, at most."""
CAUSES_MAX = 8

UNSAID: dict[str, str] = {
    "told_informally": "it was told, and nobody wrote it down",
    "learned_at_review": "no agency knew it before the review",
    "invented": "it is invented, and did not happen",
}
"""Why an item is not on the log as it was."""


def play(  # noqa: PLR0913 - each is an independent part
    written: Written,
    *,
    mode: Mode,
    folder: Path,
    store: str | None = None,
    keep: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Played:
    """Play a case.

    Args:
        written: the case, checked.
        mode: `then` is as it was, without any agreement and with nobody's consumer running; `now`
            as it should have been.
        folder: an empty one, for the homes of every agency; it can be worked in afterwards.
        store: where the consumers' databases are (`deploy.replay.offices.place_of`).
        keep: let every home read to the end, so that somebody can work in it afterwards.
        tell: told which item is being said, and of how many.

    Raises:
        Misuse: an item is no statement that could be said; the text names it and its line.
    """
    playing = _Playing(written, mode, folder, store)
    try:
        playing.begin()
        items = list(written.case.in_order)
        for number, item in enumerate(items, 1):
            tell(f"{number} of {len(items)} items, {item.id}, {mode}")
            playing.item(item)
        return playing.end(keep=keep)
    finally:
        playing.close()


class _Playing:
    def __init__(self, written: Written, mode: Mode, folder: Path, store: str | None) -> None:
        case = written.case
        self._written, self._mode = written, mode
        self._begins, last = milliseconds(case.begins), case.in_order[-1].at_ms
        self._ends = milliseconds(case.ends) if case.ends else last + DAYS_AFTER * DAY_MS
        seed = f"{case.case}/{mode}"
        draw = drawn(f"{seed}/log")
        self._log = Log(f"{case.case}-{mode}", seed=draw(32), draw=draw, now_ms=self._begins)
        homes = Offices(self._log, folder, seed=seed, store=store if mode == "now" else None)
        self._offices: dict[str, Office] = {}
        for agency in founds.agencies_of():
            own = [key for key, writer in case.writers.items() if writer.agency == agency]
            self._offices[agency] = homes.open(agency, own)
        self._founding = self._planned()
        self._played = Played(case, mode, self._founding, self._log)
        self._watch = Watch(case, self._played.people)
        self._legs: dict[str, Leg] = {}
        self._about: dict[str, tuple[str, ...]] = {}
        """The items that a statement is or rests on, by its id and by its digest."""
        self._entries, self._seen = 0, dict.fromkeys(self._offices, 0)

    def begin(self) -> None:
        """Found the partnership and, as it should have been, agree and vouch for the writers."""
        founds.found(self._offices, self._founding)
        if self._mode == "now":
            agreements = founds.agreements_of(self._begins, self._ends)
            founds.agree(self._offices, self._founding.governance, agreements)
            founds.vouch(self._offices, self._written.case, self._founding, agreements)
            self._legs = _legs_of(agreements)
        self._settle()

    def item(self, item: Item) -> None:
        """Let time come to an item, say it, and let everybody act."""
        self._pass_to(item.at_ms, item.id)
        self._played.items.append(self._say(item))
        self._settle()

    def end(self, *, keep: bool) -> Played:
        """Let clocks run out, and look at every desk."""
        self._pass_to(self._ends, "the end")
        if self._mode == "now":
            for office in self._offices.values():
                office.act(whole=True)
        self._settle()
        for office in self._offices.values():
            self._watch.look(office.agency, office.acting.store)
            for source in office.sources if keep else ():
                source.read()
        self._played.breaches = self._watch.breaches
        return self._played

    def close(self) -> None:
        """Give back every database."""
        for office in self._offices.values():
            office.close()

    def _planned(self) -> Founding:
        case, titles = self._written.case, dict[str, str]()
        for agency in self._offices if self._mode == "then" else ():
            called = [w.then for w in case.writers.values() if w.agency == agency and w.then]
            if called:
                titles[agency] = ", later ".join(dict.fromkeys(called))
        title = f"{case.title} - {HEADERS[self._mode]}"
        key = self._log.trust.log_key
        return founds.founding_of(self._offices, title=title, titles=titles, log_key=key)

    def _pass_to(self, at: int, before: str) -> None:
        """Move time to a moment, and stop wherever a clock runs out on the way."""
        control = self._offices[self._founding.governance].control
        for _ in range(STOPS_MAX):
            due = self._next_clock() if self._mode == "now" else None
            if due is None or due >= at:
                break
            founds.set_time(control, due)
            self._settle()
        else:
            self._played.hurried.append(before)
        if at > self._log.now_ms:
            founds.set_time(control, at)
            self._settle()

    def _next_clock(self) -> int | None:
        """Give when the next clock of anybody runs out; None where none is set."""
        every = (office.next_clock(self._log.now_ms) for office in self._offices.values())
        return min((due for due in every if due is not None), default=None)

    def _say(self, item: Item) -> Said:
        if self._mode == "then" and (item.link or item.standing != "held_then"):
            why = UNSAID.get(item.standing or "", "nobody joined them then")
            return Said(item, why_not=why)
        source = self._offices[self._written.case.writers[item.writer].agency].writers[item.writer]
        source.read()
        try:
            return self._link(item, source) if item.link else self._report(item, source)
        except Misuse as unfit:
            raise Misuse(f"{item.id}: {unfit.text}", remedy=unfit.remedy) from None

    def _report(self, item: Item, source: Source) -> Said:
        case, outbox = self._written.case, source.outbox
        for key in item.people:
            self._played.people[outbox.token_for("subject", key)] = key
        value = filed(
            item, case, token=lambda key: outbox.token_for("subject", key), id_of=self._id_of
        )
        if value.get("report") == "provenance" and value.get("completes") is None:
            return Said(item, why_not="what it completes was not said")
        name, lines, at = self._written.name, self._written.within(item), item.at_ms
        report = checked(value, lines, Report, name=name, now_ms=at)
        report = report.model_copy(update={"who_says": self._reporter(item)})
        draft, basis = drafted(
            Filed(report, lines, name), outbox, new_id=source.new_id, at_ms=at, at=spelled(at)
        )
        self._about[draft.id] = (item.id,)
        outbox.publish(draft, time_ms=at, basis=basis)
        row = outbox.row(draft.id)
        if row is not None:
            self._watch.say(item, interpret(parse(row["raw"])))
        source.send()
        source.read(views=False)
        return self._became(item, source, draft.id)

    def _link(self, item: Item, source: Source) -> Said:
        """Say that writers' own tokens are one person, from statements that are held there."""
        case, writer = self._written.case, self._written.case.writers[item.writer]
        given = item.link
        if given is None:
            return Said(item)
        said = list[str]()
        for person in given.people:
            tokens = [
                found
                for key in given.across
                if (found := self._writer(key).outbox.token_of("subject", person))
            ]
            held = {token: self._held(writer.agency, token) for token in tokens}
            joined = [token for token in tokens if held[token]]
            if len(joined) < 2:  # noqa: PLR2004 - a link joins two
                continue
            causes = list(dict.fromkeys(held[token] or "" for token in joined))[:CAUSES_MAX]
            value = PersonsLinked(sorted(joined), writer.name, given.basis)
            draft = said_by(
                source.outbox, "persons_linked", value, name=writer.name, role=writer.role,
                causes=causes,
            )  # fmt: skip
            self._about[draft.id] = (item.id,)
            source.say(draft)
            said.append(draft.id)
        if not said:
            return Said(item, why_not=f"{case.agency_of(item.writer)} holds no two of these tokens")
        return self._became(item, source, said[-1])

    def _writer(self, key: str) -> Source:
        return self._offices[self._written.case.writers[key].agency].writers[key]

    def _held(self, agency: str, token: str) -> str | None:
        """Give a statement that names a token, and that an agency said or was sent."""
        for one in reversed(self._played.delivered):
            if one.to == agency and token in one.subjects:
                return one.statement
        own = (one for one in reversed(self._played.spoken) if one.agency == agency)
        return next((one.id for one in own if token in _subjects(one.statement)), None)

    def _became(self, item: Item, source: Source, statement: str) -> Said:
        part = source.receipt(statement).part
        return Said(item, statement, part.outcome, tuple(map(_told, part.reasons)))

    def _reporter(self, item: Item) -> Reporter:
        """Name who says an item, complete as M02 wants it; nobody, where that is the case's."""
        if item.nameless:
            return Reporter()
        writer = self._written.case.writers[item.writer]
        agency = next(one for one in self._founding.agencies if one.id == writer.agency)
        contact = agency.contact
        who = Reporter(
            name=writer.name, reference=item.writer, role=writer.role, mailbox=contact.mailbox,
            telephone=contact.telephone, out_of_hours=contact.out_of_hours,
            how_known=item.how_known or writer.how_known, said=item.said or writer.said,
        )  # fmt: skip
        if self._mode == "then" and writer.then:
            return who.model_copy(update={"employer": writer.then})
        return who

    def _id_of(self, item: str) -> str | None:
        return next((one.statement for one in self._played.items if one.item.id == item), None)

    def _settle(self) -> None:
        """Let every agency read, act and say until nothing new comes.

        As it was, nothing acted: there was no such thing then.
        """
        self._look()
        if self._mode == "now":
            while self._act():
                self._look()

    def _act(self) -> bool:
        """Let every agency act once; give whether any of them had read something new."""
        moved = False
        for office in self._offices.values():
            moved = office.act() or moved
        return moved

    def _look(self) -> None:
        """Read what is new on the log, and what is new at each agency."""
        fresh, self._entries = self._log.entries[self._entries :], len(self._log.entries)
        for entry in fresh:
            self._take_entry(entry)
        for agency in self._offices:
            views = self._log.views.get(agency, [])
            for sent in views[self._seen[agency] :]:
                if sent.value is not None and sent.key not in self._log.times:
                    self._take_view(agency, sent.value)
            self._seen[agency] = len(views)

    def _take_entry(self, entry: Entry) -> None:
        decision, at = entry.recorded.decision, entry.recorded.head.ledger_time
        for row in decision.redecided if decision is not None else ():
            self._played.anew.append(Anew(row.id, at, row.outcome))
        if entry.disclosures is None or entry.recorded.findings is None or decision is None:
            return
        statement = interpret(parse(b"~".join([entry.jws, entry.disclosures, b""])))
        if BY_NAME[statement.kind.name].audience is Audience.PUBLIC_CONTROL:
            return
        self._about.setdefault(statement.context.id, self._rests_on(statement))
        about = self._about[statement.digest] = self._about[statement.context.id]
        who = statement.sections.get("provenance")
        one = Spoken(
            statement, entry.recorded.head.index, entry.recorded.head.ledger_time,
            agency_of(statement.context.source) or "",
            isinstance(who, Provenance) and who.kind == "system", about, statement.event,
            decision.outcome,
        )  # fmt: skip
        self._played.spoken.append(one)
        self._watch.hear(one)

    def _rests_on(self, statement: Statement) -> tuple[str, ...]:
        """List the items that a statement arises from, the one it is first about before others."""
        event = statement.event
        named = list(getattr(event, "statements", None) or [])
        single = (getattr(event, name, None) for name in ("statement", "about", "alert", "task"))
        named += [one for one in (*single, *statement.causes) if one is not None]
        return tuple(dict.fromkeys(i for one in named for i in self._about.get(one, ())))

    def _take_view(self, agency: str, record: bytes) -> None:
        keys = self._log.state.public_keys.get
        view = open_view(record, self._log.trust, keys, to=agency)
        if not isinstance(view, View) or view.delivery.leg in {"public_control", "own"}:
            return
        self._watch.see(agency, view)
        leg = self._legs.get(view.delivery.leg)
        self._played.delivered.append(
            Delivered(
                agency, view.statement.context.id,
                self._about.get(view.statement.context.id, ()), leg.level if leg else "full",
                view.delivery.leg, tuple(view.statement.sections),
                tuple(_subjects(view.statement)), tuple(view.delivery.marks),
                view.head.ledger_time,
            )
        )  # fmt: skip


def _legs_of(agreements: list[Agreement]) -> dict[str, Leg]:
    """Give every leg by the name under which a delivery cites it."""
    return {f"{one.id}@{one.version}/{leg.id}": leg for one in agreements for leg in one.legs}


def _subjects(statement: Statement) -> list[str]:
    return [one.subject for one in statement.sections.values() if isinstance(one, Identity)]


def _told(given: ReasonGiven) -> tuple[str, str]:
    return given.code, Reason.told(given.code)[0]

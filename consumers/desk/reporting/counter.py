"""What the pages on which a partner reports are given, and who is there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from consumers.desk import rows
from consumers.desk.person import Person
from consumers.desk.reporting.drafts import Draft, Drafts
from consumers.desk.reporting.filling import (
    Answers,
    Typed,
    Wrong,
    bare_of,
    completion_of,
    emergency_of,
    people_in,
    placed,
    report_of,
    without,
    wrong_on,
)
from consumers.desk.reporting.port import Reporting, Unfit, Ways
from consumers.desk.reporting.questions import AFTER_PEOPLE, DANGER, LAWFUL, Step, question_of
from consumers.desk.session import Session
from consumers.desk.station import Station

CAUSES_MAX = 8
Who = Mapping[str, str]
"""Whoever reports, as a report names them: `name`, and `reference` where it is known."""
PURPOSE = "own_report"
"""Why somebody looks at what became of their own report: recorded, and not asked."""


@dataclass(frozen=True)
class Counter:
    """What every page on which a partner reports is given.

    Attributes:
        station: the desk's manner of showing pages, and who is there.
        reporting: the agency's outbox.
        drafts: what is half-done.
        secret: what the agency's case system proves itself with; None where it may not ask.
    """

    station: Station
    reporting: Reporting
    drafts: Drafts
    secret: str | None = None

    def owners(self, request: Request) -> Sequence[str]:
        """Give the names that whoever is signed in is known by, the lasting one first."""
        session: Session = request.state.session
        known = (session.subject, session.state.get("reference"))
        return list(dict.fromkeys(str(one) for one in known if one))

    def who(self, request: Request) -> dict[str, str]:
        """Give whoever is signed in as a report names them: by name, and reference where known."""
        state = request.state.session.state
        known = {"name": state.get("name"), "reference": state.get("reference")}
        return {field: str(text) for field, text in known.items() if text}

    def draft(self, request: Request) -> Draft | None:
        """Give the draft of a page's address, where it is theirs."""
        return self.drafts.find(request.path_params["draft"], self.owners(request))

    def look(self, person: Person, statement: str) -> None:
        """Record that somebody looked at what became of a report."""
        with self.station.store.write() as db:
            rows.look(
                db, at=self.station.acts.time_ms(), token=person.practitioner.token or "",
                role=" ".join(sorted(person.roles)), purpose=PURPOSE, what="sent", about=statement,
            )  # fmt: skip

    def report(self, draft: Draft, who: Who) -> dict[str, Any]:
        """Write what was typed of a draft as a report's fields."""
        return report_of(draft.answers, **self._given(draft, who))

    def ways(self, answers: Answers) -> Ways:
        """List how a report may go, for the purpose that was chosen."""
        chosen = answers.get("lawful", {}).get("purpose", [])
        found = self.reporting.ways(None)
        if len(found.purposes) > 1:
            return replace(self.reporting.ways(chosen[0]) if chosen else Ways(),
                           purposes=found.purposes)  # fmt: skip
        return found

    def asks_way(self, answers: Answers) -> bool:
        """Say whether the agreements allow more than one way, which only a person can choose."""
        ways = self.ways(answers)
        return len(ways.purposes) > 1 or len(ways.bases) > 1

    def wrong(self, draft: Draft, who: Who, *, step: Step | None = None) -> list[Wrong]:
        """List what cannot be used of a draft: on one page, or on every page there is.

        Args:
            draft: as typed.
            who: whoever reports.
            step: the page; None for all of them, those that were not opened too.
        """
        today, people = self.reporting.today(), people_in(draft.answers)
        if step is None:
            steps = [DANGER.step, *(people or ["person-1"]), *(q.step for q in AFTER_PEOPLE)]
            steps += [LAWFUL.step] if self.asks_way(draft.answers) else []
        else:
            steps = [step]
        found = [
            one for at in steps if step or at in draft.answers
            for one in wrong_on(at, draft.answers.get(at, {}), today)
            if at != LAWFUL.step or self._is_asked(draft.answers, one.field)
        ]  # fmt: skip
        found += [_unopened(at) for at in steps if step is None and at not in draft.answers]
        known = {(one.step, one.field) for one in found}
        here = {*steps, "check"} if step is None else {step}
        for where, text in self.reporting.wrong(self.report(draft, who)):
            if where == ("people",):
                continue  # said of its page already
            one = placed(where, text, people)
            opened = one.step == "check" or one.step in draft.answers
            if opened and one.step in here and (one.step, one.field) not in known:
                found.append(one)
        return found

    def alarm(self, draft: Draft, who: Who) -> str:
        """Send what there is of a draft at once: somebody is in danger. The rest stays a draft.

        Returns:
            The reference to give.

        Raises:
            CandourError: it could not be stored.
        """
        reach = prefilled(self, draft, "source") | draft.answers.get("source", {})
        answers = {**draft.answers, "source": reach}
        report = emergency_of(answers, **self._given(draft, who))
        report = without(report, self.reporting.wrong(report))
        ways = self.ways(draft.answers)
        if len(ways.purposes) > 1:
            report.setdefault("purpose", ways.purposes[0])
            ways = self.reporting.ways(report["purpose"])
        if len(ways.bases) > 1:
            report.setdefault("basis", ways.bases[0][0])
        said = draft.statement
        try:
            self.reporting.store(report, said)
        except Unfit:
            reference = f"report/{draft.id}"
            self.reporting.store(bare_of(draft.answers, who=who, reference=reference), said)
        self.drafts.file(draft)
        draft.causes = [*draft.causes, said][-CAUSES_MAX:]
        draft.statement = self.reporting.new_statement()
        draft.answers["danger"] = {"danger_now": ["yes"]}
        self.drafts.keep(draft)
        return said

    def send(self, draft: Draft, who: Who) -> list[Wrong]:
        """Send a whole report; give what keeps it from being sent, where anything does.

        Raises:
            CandourError: it could not be stored.
        """
        wrong = self.wrong(draft, who)
        if wrong:
            return wrong
        try:
            self.reporting.store(self.report(draft, who), draft.statement)
        except Unfit as unfit:
            return [placed(*one, people_in(draft.answers)) for one in unfit.fields]
        self._complete(draft, who)
        self.drafts.file(draft)
        self.drafts.drop(draft)
        return []

    def _complete(self, draft: Draft, who: Who) -> None:
        """Say of what was sent at once what lacked of who says so: it is known now."""
        for said in draft.causes:
            became = self.reporting.became(said, viewer=frozenset())
            if became is not None and became.missing:
                supplied = completion_of(draft.answers["source"], who=who, statement=said)
                self.reporting.store(supplied, self.reporting.new_statement())

    def _is_asked(self, answers: Answers, field: str) -> bool:
        ways = self.ways(answers)
        return len(ways.purposes if field == "purpose" else ways.bases) > 1

    def _given(self, draft: Draft, who: Who) -> dict[str, Any]:
        steps = people_in(draft.answers) or ["person-1"]
        references = {step: f"report/{draft.id}/{step}" for step in steps}
        return {
            "who": who, "today": self.reporting.today(), "causes": draft.causes,
            "references": references,
        }  # fmt: skip


def _unopened(step: Step) -> Wrong:
    question = question_of(step) or LAWFUL
    text = f"Answer question {question.number}: {question.title}"
    return Wrong(step, question.fields[0].name, text)


Answer = Callable[[Request, Person], Response]
"""A page for whoever reports."""


def with_person(counter: Counter, answer: Answer) -> Callable[[Request], Response]:
    """Give a page whoever is signed in, with all that something may be kept from them by."""

    def answered(request: Request) -> Response:
        person = counter.station.person(request)
        known = person.viewer | counter.station.voice.viewer(person.practitioner)
        return answer(request, replace(person, viewer=known))

    return answered


def told_wrong(wrong: Sequence[Wrong], *, on: Step | None = None) -> list[dict[str, str]]:
    """Write errors for the summary: each leads to its field."""
    return [{"text": one.text, "href": f"#{one.field}" if on else one.step} for one in wrong]


def page(
    counter: Counter, request: Request, template: str, *, title: str, status: int = 200,
    **shown: Any,
) -> HTMLResponse:  # fmt: skip
    """Render one of these pages."""
    return counter.station.page(request, f"partner/{template}", title=title, status=status, **shown)


def prefilled(counter: Counter, draft: Draft, step: Step) -> Typed:
    """Give what stands on a page before anybody typed there: what the agency knows."""
    if step == "source":
        own = counter.reporting.own().fields
        typed = {name: [text] for name, text in own.items()}
        return typed | counter.drafts.reached(draft.owner)
    if step == "asked":
        source: Mapping[str, Sequence[str]] = draft.answers.get("source", {})
        numbers = [*source.get("out_of_hours", ()), *source.get("telephone", ())]
        return {"ring": [next((one for one in numbers if one.strip()), "")]}
    return {}

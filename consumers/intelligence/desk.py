"""What a named person decides about intelligence: how it is graded, and what of it may leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import acting, standing
from consumers import store as stored
from consumers.intelligence import grading, rows, waiting, wording
from consumers.intelligence.grading import Conditions
from consumers.research import known
from consumers.research import plan as research
from consumers.research import rows as tasks
from consumers.store import Store, Wanted
from consumers.worker import Voice, hand, is_same_hand, personal, practitioner_of
from contracts.duration import HOUR_MS
from contracts.event.action import (
    DisclosureApplied,
    DisclosureStaged,
    IntelligenceGraded,
    ProductReleased,
)
from contracts.event.work import InformationSupplied, ResearchCompleted
from contracts.fault import Misuse
from contracts.identifier import agency_of
from contracts.section import Identity, Practitioner
from contracts.statement import Statement

DUTY_MANAGER = "duty_manager"
"""Who leads at night, beside the role that the ruleset names."""
FREE = Conditions()
"""What code P asks: nothing."""
KINDS = frozenset({"police"})
"""Police grade; partners give facts and provenance (domain.md 1.4)."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """A sanitised copy, as its two hands let it go.

    Attributes:
        statement: the report's id that it is about.
        of: ids of what it is made of: items, answers, research results.
        subject: the token of whom it is about, in the report.
        text: in new words.
        sanitised_by: who wrote it.
        handling: its code.
        conditions: of code C.
        consulted: the originator was consulted before it was sanitised.
        decision: the id of a disclosure decision; needed for index content about a victim.
    """

    statement: str
    of: Sequence[str]
    subject: str
    text: str
    sanitised_by: Practitioner
    handling: str
    conditions: Conditions = FREE
    consulted: bool = False
    decision: str | None = None


@dataclass(frozen=True)
class Grading:
    """The intelligence desk of one force."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]

    def grade(
        self, statement: str, given: dict[str, Any], *, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Grade one item; what was graded before stands beside it.

        A grading that lets more happen than the one in force is a second look at it: by a role that
        leads (the ruleset's own, or the duty manager), and by another hand.

        Args:
            statement: the item's id.
            given: scheme, source, assessment, handling and the conditions of code C.
            by: who grades.
            role: their role.

        Raises:
            Misuse: no such item, it is no grade of its scheme, or it eases what is in force and is
                not theirs to ease.
        """
        event: IntelligenceGraded = grading.graded({
            **given,
            "statement": statement,
            "by": by.name or "",
            "role": role,
        })
        with self.store.write() as db:
            acting.check(db, self.voice)
            if self.item(db, statement, by) is None:
                raise no_item()
            self._check_eased(db, event, by)
            said_id = self.new_id()
            said = personal(
                said_id, f"intelligence_graded/{statement}/{said_id}", "intelligence_graded", event,
                causes=[statement], provenance=self.voice.signed_by(by, role=role),
            )  # fmt: skip
            rows.grade(db, said_id, event)
            stored.want(db, said)
        return [said]

    def release(self, product: Product, *, by: Practitioner, role: str) -> list[Wanted]:
        """Let a sanitised copy leave; the originals stay as they are, and where they are.

        At the command line nobody is authenticated: who sanitised it is believed as named. A desk
        has each hand from its own session (`submit`, `authorise`).

        Args:
            product: as it would leave.
            by: who authorises it; not who sanitised it.
            role: their role.

        Raises:
            Misuse: an original is not held or not graded, its conditions were let go of, the text
                gives somebody away, or nobody decided to disclose what it tells of a victim.
        """
        with self.store.write() as db:
            acting.check(db, self.voice)
            return [self._release(db, product, by, role)]

    def submit(self, product: Product, *, at: int) -> None:
        """Keep a copy that its writer, who is signed in, would let leave, for a second hand.

        Args:
            product: of one item; `sanitised_by` is who is signed in.
            at: when, in ledger milliseconds.

        Raises:
            Misuse: as `release`.
        """
        writer, conditions = product.sanitised_by, product.conditions
        with self.store.write() as db:
            self._check(db, product, writer)
            waiting.keep(
                db, id=self.new_id(), due_at=at + self.voice.rules.copy_hours * HOUR_MS,
                statement=product.statement, item=product.of[0], subject=product.subject,
                text=product.text, writer=writer.name or "", writer_token=writer.token or "",
                handling=product.handling, action=conditions.action,
                sanitisation=conditions.sanitisation, instructions=conditions.instructions,
                consulted=product.consulted, decision=product.decision,
            )  # fmt: skip

    def authorise(self, copy: str, *, by: Practitioner, role: str) -> list[Wanted]:
        """Let a copy leave that somebody else wrote at this desk; as `release`.

        Args:
            copy: its id among those that wait.
            by: who is signed in, and leads.
            role: their role.
        """
        with self.store.write() as db:
            acting.check(db, self.voice)
            row = waiting.one(db, copy)
            if row is None:
                raise Misuse(
                    "That copy waits no longer: nothing was changed.",
                    remedy="See what waits, and what left, among the sanitised copies.",
                )
            said = self._release(db, product_of(row), by, role)
            waiting.release(db, copy, said.draft.id)
        return [said]

    def _release(self, db: Connection, product: Product, by: Practitioner, role: str) -> Wanted:
        _check_hands(product.sanitised_by, by)
        self._check(db, product, by)
        said = self._released(product, by, role)
        rows.release(db, said.draft.id, self.voice.agency, _event_of(product, by))
        stored.want(db, said)
        return said

    def _check(self, db: Connection, product: Product, by: Practitioner) -> None:
        """Refuse a copy that may not leave, whoever of its two hands asks."""
        report = self.item(db, product.statement, by, product.sanitised_by)
        found = [self.item(db, one, by, product.sanitised_by) for one in product.of]
        originals = [one for one in found if one is not None]
        if report is None or not originals or len(originals) < len(found):
            raise no_item()
        viewer = self.voice.viewer(by)
        hidden = standing.hidden_from(db, viewer)
        person = known.known(db, product.statement, product.subject, viewer)
        if person is None:
            raise Misuse(
                "The report names no such person.",
                remedy="Take the person's token from: candour research list --all",
            )
        for one in originals:
            _check_conditions(db, one, product, hidden)
            if person.is_sheltered and _is_index_content(one):
                self._check_disclosed(db, product, hidden)
        details = [
            kept["detail"] or ""
            for one in originals
            for kept in tasks.results_of(db, getattr(one.sections.get("event"), "task", ""))
        ]
        about = [report, *originals, *self._reports_of(db, originals, hidden)]
        about += standing.corrected(db, about)  # as they were and as they stand
        _check_text(product, wording.gives_away(product.text, about, details))

    def _released(self, product: Product, by: Practitioner, role: str) -> Wanted:
        said_id = self.new_id()
        causes = list(dict.fromkeys([product.statement, *product.of]))
        return personal(
            said_id, f"product_released/{product.statement}/{said_id}", "product_released",
            _event_of(product, by), causes=causes, provenance=self.voice.signed_by(by, role=role),
        )  # fmt: skip

    def item(self, db: Connection, statement: str, *people: Practitioner) -> Statement | None:
        """Give what may be graded or sanitised, if none of these people is kept from it."""
        held = stored.held(db, statement)  # looked up also where it is kept: both take as long
        hidden = [standing.hidden_from(db, self.voice.viewer(one)) for one in people]
        if held is None or any(statement in kept for kept in hidden):
            return None
        event = held.sections.get("event")
        ours = agency_of(held.context.source) == self.voice.agency
        result = isinstance(event, InformationSupplied) or (
            ours and isinstance(event, ResearchCompleted) and event.outcome in research.HITS
        )
        return held if held.kind.persons or result else None

    def _check_eased(self, db: Connection, event: IntelligenceGraded, by: Practitioner) -> None:
        """Let what binds an item be eased by a second hand that leads alone; made stricter by any.

        What is kept from `by` binds too.
        """
        held = rows.in_force(db, event.statement)
        if held is None or event.scheme != held["scheme"]:
            return
        eased = Conditions(event.action, event.sanitisation).eased(Conditions.of(held))
        if not eased:
            return
        before = practitioner_of(stored.held(db, held["id"])) or Practitioner(name=held["by"])
        leading = {self.voice.role_of(self.voice.agency), DUTY_MANAGER}
        if event.role in leading and not is_same_hand(before, by):
            return
        ours = " or the ".join(sorted(leading))
        raise Misuse(
            f"It carries {', '.join(eased)}, and this grading would carry less: that is a second "
            "look, by another hand than graded it so.",
            remedy=f"Let the {ours} grade it anew, by their own name, if it may be eased and they "
            "did not grade it so themselves. Until then it leaves on its conditions or not.",
        )

    def _reports_of(
        self, db: Connection, originals: Sequence[Statement], hidden: frozenset[str]
    ) -> list[Statement]:
        """Give the reports that results are about: a copy must not name whom they name either."""
        about = {
            event.statement
            for one in originals
            for event in [one.sections.get("event")]
            if isinstance(event, (ResearchCompleted, InformationSupplied))
        }
        held = [stored.held(db, one) for one in sorted(about) if one not in hidden]
        return [one for one in held if one is not None]

    def _check_disclosed(self, db: Connection, product: Product, hidden: frozenset[str]) -> None:
        """Insist that somebody decided to disclose what an index holds about this person.

        Source:
            domain.md 7, Default matrix (about a victim only by disclosure decision).
        """
        said = product.decision
        held = stored.held(db, said) if said and said not in hidden else None
        event = held.sections.get("event") if held is not None else None
        decided = isinstance(event, DisclosureStaged) and event.decision == "disclose"
        ours = held is not None and agency_of(held.context.source) == self.voice.agency
        about = stored.held(db, event.application) if isinstance(event, DisclosureStaged) else None
        if not (decided and ours and about is not None and _concerns(about, product)):
            raise Misuse(
                "What PNC, LEDS or PND hold about somebody who may be the victim leaves only by a "
                "disclosure decision, and none about this person was given.",
                remedy="Give --decision with the id of the decision to disclose, or leave that "
                "result out of the product. Where this person is not the victim, let somebody "
                "assess the parts in a new report first.",
            )


def product_of(row: RowMapping) -> Product:
    """Read a copy that waits."""
    return Product(
        statement=row["statement"], of=[row["item"]], subject=row["subject"], text=row["text"],
        sanitised_by=Practitioner(row["writer_token"], row["writer"]), handling=row["handling"],
        conditions=Conditions.of(row), consulted=row["consulted"], decision=row["decision"],
    )  # fmt: skip


def _concerns(application: Statement, product: Product) -> bool:
    applied = application.sections.get("event")
    names = any(
        one.subject == product.subject
        for one in application.sections.values()
        if isinstance(one, Identity)
    )
    return isinstance(applied, DisclosureApplied) and (
        names or applied.statement == product.statement
    )


def _is_index_content(original: Statement) -> bool:
    event = original.sections.get("event")
    return isinstance(event, ResearchCompleted) and event.system in research.INDEXES


def _event_of(product: Product, by: Practitioner) -> ProductReleased:
    """Write the product as the log has it.

    Raises:
        Misuse: code C lacks its conditions, or code P has some.
    """
    conditions = product.conditions
    instructions = conditions.instructions
    if product.consulted and instructions:
        instructions = f"{instructions} The originator was consulted before it was sanitised."
    given = {
        "statement": product.statement, "of": list(product.of), "subject": product.subject,
        "product": product.text, "sanitised_by": product.sanitised_by.name or "",
        "authorised_by": by.name or "", "handling": product.handling,
        "action": conditions.action, "sanitisation": conditions.sanitisation,
        "instructions": instructions,
    }  # fmt: skip
    try:
        return msgspec.convert(given, ProductReleased)
    except msgspec.ValidationError:
        raise Misuse(
            "This is no product yet: code C carries all its conditions and code P none.",
            remedy="For C give --action, --sanitisation and `instructions` in --words.",
        ) from None


def _check_hands(sanitised_by: Practitioner, authorised_by: Practitioner) -> None:
    named = all(hand(one.name) for one in (sanitised_by, authorised_by))
    if not named or is_same_hand(sanitised_by, authorised_by):
        raise Misuse(
            "One person sanitises and another authorises.",
            remedy="Let another person authorise it, by their own name, who did not write it.",
        )


def _check_conditions(
    db: Connection, original: Statement, product: Product, hidden: frozenset[str]
) -> None:
    """Refuse a copy that leaves without its original's handling code and conditions."""
    graded = rows.in_force(db, original.context.id, hidden)
    if graded is None:
        raise Misuse(
            f"{original.context.id} is not graded under 3x5x2, so nobody said how it is handled.",
            remedy="Grade it first: candour intelligence grade. What 5x5x5 graded is graded anew "
            "by a person: it is never converted.",
        )
    if graded["handling"] != "C":
        return
    if product.handling != "C":
        raise Misuse(
            f"{original.context.id} is code C: a copy of it leaves on its conditions or not.",
            remedy="Give --handling C with the conditions that candour intelligence list shows.",
        )
    eased = product.conditions.eased(Conditions.of(graded))
    if eased:
        raise Misuse(
            f"{original.context.id} carries {', '.join(eased)}, and the copy would carry less.",
            remedy="Give the copy the same codes, or stricter ones.",
        )
    if graded["sanitisation"] == "S2" and not product.consulted:
        raise Misuse(
            f"{original.context.id} is S2: its originator is consulted before it is sanitised.",
            remedy="Ring them. When they were consulted, give --consulted.",
        )


def _check_text(product: Product, given_away: Sequence[str]) -> None:
    if not product.text.strip():
        raise Misuse("The product has no text.", remedy="Write it in --words as `product`.")
    if given_away:
        raise Misuse(
            f"The text would give away: {', '.join(given_away)}.",
            remedy="Write it in new words: nobody's name, no number, address or birth, and no "
            "phrase of the original. Where an ordinary word is also a name, use another word.",
        )


def no_item() -> Misuse:
    """Say that an item is not known here: in the same words whether it is kept, or is none."""
    return Misuse(
        "Nothing of this id is held here that could be graded or sanitised.",
        remedy="Take ids from: candour intelligence list, or candour research list --all",
    )

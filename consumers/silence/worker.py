"""The silence worker, for police and the hub: who stopped speaking, by ledger time."""

from functools import partial

from sqlalchemy import Connection, RowMapping

from consumers.silence import rows
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.duration import HOUR_MS
from contracts.event.action import SilenceNoticed
from contracts.identifier import agency_of
from contracts.opened import Notice, View

RULE = "silence/1"
_PUBLIC = "public_control"


class Silence(Worker):
    """Agencies that published to this one before, and do so no longer.

    What governs does not count as speaking: who governs by it alone would always be silent.
    """

    kinds = frozenset({"police", "safeguarding_hub"})

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Remember who spoke; take in a silence that another source of ours noticed."""
        agency = agency_of(view.statement.context.source)
        event = view.statement.sections.get("event")
        if agency == self._voice.agency:
            if isinstance(event, SilenceNoticed):
                rows.notice(db, view.statement.context.id, event.agency, event.since)
        elif agency is not None and view.delivery.leg != _PUBLIC:
            rows.speaks(db, agency, view.head.ledger_time)
        return []

    def notice(self, db: Connection, notice: Notice) -> list[Wanted]:
        """Remember who spoke, where what is held says so."""
        agency = agency_of(notice.context.source) if notice.context is not None else None
        if agency is not None and agency != self._voice.agency:
            rows.speaks(db, agency, notice.head.ledger_time)
        return []

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each agency that fell silent that it did, once for each silence."""
        hours, partners = self._voice.rules.silent_hours, self._voice.partners
        if hours is None:
            return []
        found = rows.silent(db, at - hours * HOUR_MS)
        # Whom another agency succeeded speaks no more, and nobody is to be rung.
        silent = [row for row in found if partners.acting(row["agency"]) == row["agency"]]
        noticed = partial(self._noticed, at=at)
        return self._each(db, silent, noticed, name="agency", statement=None)

    def _noticed(self, db: Connection, row: RowMapping, *, at: int) -> list[Wanted]:
        agency, since = row["agency"], row["last"]
        event = SilenceNoticed(
            agency=agency, silence="not_publishing", since=since,
            owner_role=self._voice.role_of(self._voice.agency),
            due_at=at + self._voice.rules.alert_hours * HOUR_MS,
        )  # fmt: skip
        wanted = self._voice.derived(
            f"silence_noticed/{agency}/{since}", "silence_noticed", event, causes=[], rule=RULE,
            at=since, urgency="urgent",
        )  # fmt: skip
        rows.notice(db, wanted.draft.id, agency, since)
        return [wanted]

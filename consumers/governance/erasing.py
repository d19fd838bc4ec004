"""What a named person does about erasure: propose, endorse, and confirm that it is done here.

It takes two people of two agencies; the log refuses whatever is not whole or under a legal hold.
A confirmation is refused here while anything of it is held: nobody signs what is not so.

Source: design.md, Control statements; domain.md 1.6.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy import Connection, select

from consumers import store as stored
from consumers.governance import rows
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts.entry import Delivery, ViewPart
from contracts.event import case
from contracts.fault import Misuse
from contracts.form import Section
from contracts.section import Practitioner

Ground = Literal["retention_ended", "unlawful", "court_order", "data_subject", "mistaken"]


@dataclass(frozen=True)
class Erasing:
    """Where an agency's people erase, and say that they did.

    Attributes:
        store: the consumer's.
        voice: who speaks here.
        new_id: makes a UUIDv7.
        clear: insists that nothing of some statements, by digest, is in this home's outbox.
    """

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    clear: Callable[[Collection[str]], object]

    def propose(
        self, statements: Sequence[str], ground: Ground, *, reason: str, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Propose to erase statements with all that derives from them.

        Args:
            statements: ids, as `candour erasure plan` lists them.
            ground: which.
            reason: why, in words; not what they say.
            by: who proposes.
            role: their role.
        """
        listed = list(dict.fromkeys(statements))
        event = case.ErasureProposed(
            statements=listed, ground=ground, reason=reason, by=by.name or ""
        )
        return self._wanted(event, "erasure_proposed", by, role)

    def endorse(
        self, proposal: str, statements: Sequence[str], *, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Stand behind another agency's proposal, of just these statements."""
        listed = list(dict.fromkeys(statements))
        event = case.ErasureEndorsed(proposal=proposal, statements=listed, by=by.name or "")
        return self._wanted(event, "erasure_endorsed", by, role)

    def confirm(
        self, erasure: str, *, backups_until: str, by: Practitioner, role: str
    ) -> list[Wanted]:
        """Say that everything is erased here, and when the last backup that has it ends.

        This home's databases are looked at and written anew first.

        Args:
            erasure: id of the statement that endorsed it.
            backups_until: an `Instant`; recorded, since no machine here sees the backups.
            by: who confirms.
            role: their role.

        Raises:
            Misuse: nothing of this id was to be erased here, it is confirmed, or something of it
                is still held.
            Transient: somebody is reading or writing meanwhile.
        """
        with self.store.read() as db:
            row, digests = rows.erasure(db, erasure), named(db, erasure)
            if row is None or row["backups_until"] is not None:
                raise Misuse(
                    "Nothing waits here to be confirmed under this id.",
                    remedy="Take the id from: candour erasure status --home DIR",
                )
            if self.left(db, erasure):
                raise Misuse(
                    "Something of it is still held here.",
                    remedy="Run candour consumer catch-up on this home, then confirm again.",
                )
        self.clear(digests)
        self.store.settle(whole=True)
        event = case.ErasureConfirmed(
            erasure=erasure, by=by.name or "", backups_until=backups_until
        )
        return self._wanted(event, "erasure_confirmed", by, role)

    def left(self, db: Connection, erasure: str) -> list[str]:
        """List the digests of what an erasure names and is still held here."""
        digests = stored.views.c.digest
        query = select(digests).where(digests.in_(named(db, erasure)))
        return list(db.execute(query).scalars())

    def _wanted(self, event: Section, name: str, by: Practitioner, role: str) -> list[Wanted]:
        said_id = self.new_id()
        wanted = personal(
            said_id, f"{name}/{said_id}", name, event,
            causes=[], provenance=self.voice.signed_by(by, role=role),
        )  # fmt: skip
        with self.store.write() as db:
            stored.want(db, wanted)
        return [wanted]


def named(db: Connection, erasure: str | None = None) -> list[str]:
    """List what this agency was told to erase, by digest; empty where it was told nothing.

    Args:
        db: an open transaction.
        erasure: the id of the statement that endorsed it; None for every erasure.
    """
    notices, views = stored.notices.c, stored.views.c
    told = select(notices.record).where(notices.leg == "erasure")
    own = select(views.record).where(views.event == "erasure_endorsed")
    if erasure is not None:
        told, own = told.where(notices.id == erasure), own.where(views.id == erasure)
    records = [*db.execute(told).scalars(), *db.execute(own).scalars()]
    exact = [msgspec.json.decode(one.split(b"\n", 2)[1], type=ViewPart).delivery for one in records]
    return [digest for one in exact for digest in msgspec.json.decode(one, type=Delivery).erases]

"""Making a plan stand: topics, rights and quotas on Kafka, secrets and certificates to hand over.

Applying twice changes nothing. What was made is read back before it is said to stand.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from contracts.fault import Transient
from deploy.kafka.certificates import Random
from deploy.kafka.operations import Operations
from deploy.kafka.plan import Drift, Plan, drift
from deploy.kafka.secured import Security
from producers.keys import check_private, replace_private

STANDS_S_MAX = 15.0
PAUSE_S = 0.05


@dataclass
class Applied:
    """What applying a plan did.

    Attributes:
        mended: what was missing or surplus, in words.
        handed: files to hand over, each to whom it names, and then to destroy here.
        left: what a person must decide, in words.
    """

    mended: list[str] = field(default_factory=list)
    handed: list[Path] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Applying:
    """What applying needs.

    Attributes:
        operations: a connection to Kafka.
        security: the folder that issues certificates.
        handover: a private folder for what is to be handed over; made if absent.
        now: the clock.
        random_bytes: the source of secrets and keys.
    """

    operations: Operations
    security: Security
    handover: Path
    now: datetime
    random_bytes: Random

    def apply(
        self, plan: Plan, *, renew: frozenset[str] = frozenset(), delete_topics: bool = False
    ) -> Applied:
        """Make a plan stand.

        Args:
            plan: what should.
            renew: those of the plan's users and services that get a new secret or certificate.
            delete_topics: delete surplus topics, with all that they hold.

        Raises:
            Transient: Kafka is away; giving it again goes on.
        """
        found = self._drift(plan)
        done = Applied(found.lines())
        self.operations.mend(found)
        self.operations.shut_out(found.surplus_users)
        if delete_topics and found.surplus_topics:
            self.operations.delete_topics(found.surplus_topics)
        self._folder()
        for user in sorted({*found.missing_users, *(renew & plan.users)}):
            self.operations.let_in(user, self._to_hand(f"{user}.secret", done), self.random_bytes)
        for service in plan.services:
            if service in renew:
                self.security.revoke(service, now=self.now)
            if not self.security.holds(service, now=self.now):
                pem = self.security.issue(
                    service, "services", now=self.now, random_bytes=self.random_bytes
                )
                replace_private(self._to_hand(f"{service}.pem", done), pem)
        if done.handed:
            authority = self.handover / "ca.pem"
            replace_private(authority, self.security.authority.read_bytes())
        done.left = [] if not found else self._settled(plan).left_by_apply()
        done.mended = [line for line in done.mended if line not in done.left]
        return done

    def _drift(self, plan: Plan) -> Drift:
        return drift(plan, self.operations.standing())

    def _settled(self, plan: Plan) -> Drift:
        """Wait until Kafka shows what it was told: it answers before every part knows."""
        deadline = time.monotonic() + STANDS_S_MAX
        while True:
            found = self._drift(plan)
            if found.lines() == found.left_by_apply():
                return found
            if time.monotonic() > deadline:
                raise Transient(
                    "Kafka took the plan and does not show all of it.",
                    remedy="Give the same again: what stands stays. `candour kafka verify` lists "
                    "what is lacking.",
                )
            time.sleep(PAUSE_S)

    def _folder(self) -> None:
        self.handover.mkdir(parents=True, mode=0o700, exist_ok=True)
        check_private(self.handover)

    def _to_hand(self, name: str, done: Applied) -> Path:
        path = self.handover / name
        done.handed.append(path)
        return path


def revoke(
    operations: Operations, security: Security, name: str, *, now: datetime
) -> tuple[int, int]:
    """Take back a user's secret or a service's certificates, and every right of theirs.

    Returns:
        How many rights, and how many secrets or certificates.
    """
    standing = operations.standing()
    rights = tuple(right for right in standing.rights if right.principal == name)
    operations.take_back(rights)
    users = (name,) if name in standing.users else ()
    operations.shut_out(users)
    return len(rights), len(users) + security.revoke(name, now=now)

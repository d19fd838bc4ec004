"""One vector that needs a ledger: what is submitted after the beginning, what is expected."""

from typing import Any

from tests.support.stranger import concern
from tests.vectors.ledger import begun, founding

CASE = "tv-probation/case"
POLICE = "thames-valley/intelligence"


class Ruling:
    """One vector: what is submitted after the beginning, and what becomes of the last."""

    def __init__(
        self, code: str, name: str, claim: str, *, outcome: str = "rejected",
        fields: list[str] | None = None, delivered: list[str] | None = None,
        exercise: bool = False,
    ) -> None:  # fmt: skip
        """Begin after the shared ledger; `code` is one of the reasons expected."""
        self.code, self.name, self.claim, self.outcome = code, name, claim, outcome
        self.reasons = [{"code": code, "fields": fields or []}]
        self.delivered = delivered or []
        self.redecided: list[dict[str, Any]] = []
        self.subjects: list[str] = []
        """The tokens of the last report's persons."""
        self.exercise = exercise
        self.played = begun("exercise" if exercise else "ledger", exercise=exercise)
        self.beginning = len(self.played.submissions)

    @property
    def own(self) -> list[dict[str, Any]]:
        """Give the submissions after the shared beginning."""
        return self.played.submissions[self.beginning :]

    def report(
        self, *, drop: tuple[str, ...] = (), event: str = "concern_reported",
        source: str = CASE, sections: dict[str, Any] | None = None, **changes: Any,
    ) -> bytes:  # fmt: skip
        """Say a concern, with sections taken out or put in."""
        parts = {**concern(self.played.draw), **(sections or {})}
        kept = {name: value for name, value in parts.items() if name not in drop}
        self.subjects = [kept[f"person.{n}.identity"]["subject"] for n in (1, 2)]
        return self.played.say(source, event, kept, **changes)

    @property
    def founding(self) -> Any:
        """Give the founding that the shared beginning plays."""
        return founding()

    def anew(self, code: str) -> None:
        """Expect the reason of the statement that is decided anew, and none of the last."""
        self.reasons = []
        self.redecided = [{"outcome": "rejected", "reasons": [{"code": code, "fields": []}]}]

    def propose(self, name: str, act: dict[str, Any]) -> bytes:
        """Propose an act with an agency's control key."""
        return self.played.govern(name, "act_proposed", {"proposal": act})

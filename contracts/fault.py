"""The tree of faults: what stops an operation, as opposed to what refuses a statement.

    CandourError
    ├── Transient         the same call may work later; a shell retries it, bounded
    │   └── Undelivered       what was said is stored and goes on being sent; nobody has it yet
    ├── Misuse            what the caller gave cannot be used; the remedy says what to change
    └── Fatal             go no further; somebody must look
        └── InvariantBroken   what we promise ourselves does not hold

A statement that is refused is not a fault: it is a `Decision` with reasons (contracts.reason).
Texts and remedies name fields, files and identifiers, never personal data.
"""


class CandourError(Exception):
    """What went wrong, in words for whoever is on duty.

    Args:
        text: one sentence that says what happened.
        remedy: one instruction that says what to do now.
    """

    def __init__(self, text: str, *, remedy: str) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}"


class Transient(CandourError):
    """Kafka or a database is away: the same call may work later."""


class Undelivered(Transient):
    """What was said is stored and goes on being sent, and nobody has it yet: say it once only."""


class Misuse(CandourError):
    """What was asked for, or the file it was asked with, cannot be used as it is."""


class Fatal(CandourError):
    """Going on could lose or falsify something: stop, and let somebody look."""


class InvariantBroken(Fatal):
    """A promise of the design does not hold at this point."""


def innermost(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the first failure of a group of tasks: a fatal one before what may pass."""
    fatal, _ = failed.split(Fatal)
    first: BaseException = fatal or failed
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first

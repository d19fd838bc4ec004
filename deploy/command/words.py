"""Words about people, as commands take them: from a YAML file, with errors by line.

Never from the command line: everybody on the machine can read that while it runs, and the shell
keeps it.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import Field

from contracts.fault import Misuse
from producers.document import Document, read_document, read_text
from producers.filed import BirthDay

_Text = Annotated[str, Field(min_length=1)]


class Given(Document):
    """Why something is decided, or was not done."""

    reason: _Text


class Learned(Document):
    """What is to be learned from a use of the emergency path."""

    lesson: _Text


class Vouched(Document):
    """Whom a credential is of: what it discloses only where its holder shows it."""

    name: _Text
    registration: _Text | None = None


class Answered(Document):
    """What whoever reported is told."""

    reason: _Text | None = None
    say: _Text | None = None
    avoid: _Text | None = None
    next_contact: _Text | None = None


class Heard(Document):
    """What somebody said when asked in private; or why nobody asked."""

    reason: _Text | None = None
    text: _Text | None = None


class Supplied(Document):
    """What is supplied on a request; or why nothing is."""

    reason: _Text | None = None
    text: _Text | None = None
    given: _Text | None = None
    family: _Text | None = None
    born: BirthDay | None = None


class Enquired(Document):
    """What is sought of a victim's information, for a line of enquiry, and why no less would do."""

    line_of_enquiry: _Text
    period: _Text
    why: _Text
    less_intrusive: _Text
    counselling: _Text | None = None


class Instructed(Document):
    """What whoever holds a code C item must keep to."""

    instructions: _Text | None = None


class Copied(Document):
    """A sanitised copy, in new words, and what whoever holds it must keep to."""

    product: _Text
    instructions: _Text | None = None


def text_in(path: Path, what: str) -> str:
    """Read a text file that an option names.

    Raises:
        Misuse: it is not there, or is no text; `what` is the option.
    """
    try:
        return read_text(path)
    except Misuse as fault:
        raise Misuse(f"{what}: {fault.text}", remedy=fault.remedy) from None


def _file(shape: type[Document], told: str) -> Any:
    """Make the option of a YAML file of such words."""
    return typer.Option(
        "--words", parser=lambda path: read_document(Path(path), shape), metavar="FILE",
        help=f"A YAML file: {told}.",
    )  # fmt: skip


def _reason(path: str) -> str:
    return read_document(Path(path), Given).reason


_WHY: Any = typer.Option(
    "--words", parser=_reason, metavar="FILE", help="A YAML file that says why, as `reason`."
)
Reason = Annotated[str, _WHY]
"""An option of whoever must say why; the command gets the reason itself."""
MaybeReason = Annotated[str | None, _WHY]
"""The same where it is not always asked."""
HerWords = Annotated[
    Heard | None,
    _file(Heard, "`text` what was said, in her words; `reason` why nobody asked"),
]
Lesson = Annotated[
    Learned, _file(Learned, "what is to be learned, as `lesson`; it goes on the log")
]
Person = Annotated[
    Vouched,
    _file(
        Vouched,
        "the practitioner's `name`, as their statements name them, and their `registration`, as "
        "SWE 123, if any",
    ),
]
AnswerWords = Annotated[
    Answered | None,
    _file(
        Answered,
        "`say` what the reporter may say and `avoid` what not, `next_contact` whom to ring and "
        "when, `reason` why nothing is done",
    ),
]
SupplyWords = Annotated[
    Supplied | None,
    _file(
        Supplied,
        "`text` in words; `given`, `family` and `born` (1980-05-12, 1980-05, 1980 or an age) of "
        "the person; `reason` why nothing is supplied",
    ),
]
EnquiryWords = Annotated[
    Enquired,
    _file(
        Enquired,
        "`line_of_enquiry`, the `period` of the records, `why` they are believed to hold what "
        "bears on it, what `less_intrusive` was considered; `counselling`, only where such records "
        "are asked for: why they are proportionate",
    ),
]
Instructions = Annotated[Instructed | None, _file(Instructed, "`instructions` of code C")]
CopyWords = Annotated[Copied, _file(Copied, "the `product` in new words; `instructions` of code C")]

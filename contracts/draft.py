"""A draft: what a consumer wants its agency to say, before anybody signed it.

It commits in one SQL transaction with the rows that led to it; `publish(draft)`, handed in by
deploy, signs it under its own id, so that saying it again changes nothing.
"""

import msgspec

from contracts.context import Classification, Urgency, Use
from contracts.form import Section


class Draft(Section, frozen=True, kw_only=True):
    """An unsigned statement.

    Attributes:
        id: the statement's UUIDv7, made once with the draft.
        event: the event's name, for example `research_completed`.
        sections: exact JSON value by section name, `event` and every `cause.<n>` included.
        urgency: as the statement will carry it.
        purpose: None where the one agreement in force leaves only one.
    """

    id: str
    event: str
    sections: dict[str, msgspec.Raw]
    urgency: Urgency = "routine"
    classification: Classification = "OFFICIAL-SENSITIVE"
    purpose: Use | None = None


def draft(  # noqa: PLR0913 - each is an independent part of what is said
    *,
    id: str,  # noqa: A002 - CloudEvents' own word
    event: str,
    sections: dict[str, Section],
    urgency: Urgency = "routine",
    classification: Classification = "OFFICIAL-SENSITIVE",
    purpose: Use | None = None,
) -> Draft:
    """Make a draft of typed sections."""
    encoded = {name: msgspec.Raw(msgspec.json.encode(v)) for name, v in sections.items()}
    return Draft(
        id=id, event=event, sections=encoded, urgency=urgency,
        classification=classification, purpose=purpose,
    )  # fmt: skip

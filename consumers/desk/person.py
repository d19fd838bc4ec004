"""Who is at the desk: a person whom the identity provider vouches for, their roles, their purpose.

Source: domain.md 1.11 (Actor = person + organisation + role + session), 7 (Machine or person).
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Literal

from contracts.section import Practitioner


@unique
class Role(StrEnum):
    """What somebody may do here, beside looking at what is nobody's secret."""

    RESEARCHER = "researcher"
    SUPERVISOR = "supervisor"
    DUTY_MANAGER = "duty_manager"
    INFORMATION_MANAGER = "information_manager"
    AUDITOR = "auditor"
    REPORTER = "reporter"

    @property
    def words(self) -> str:
        """The role as people say it."""
        return self.replace("_", " ")


Purpose = Literal[
    "my_task", "new_report", "shift_handover", "supervision", "disclosure", "subject_rights",
    "audit",
]  # fmt: skip
PURPOSES: dict[Purpose, str] = {
    "my_task": "A task or alert that is mine",
    "new_report": "A report that has just come in",
    "shift_handover": "Taking over or handing over a shift",
    "supervision": "Supervising what others did",
    "disclosure": "A disclosure or a referral",
    "subject_rights": "Somebody's rights over their own data",
    "audit": "Audit or review",
}
"""Why somebody looks: asked before anything about a person is opened, and recorded."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        subject: the provider's identifier for them.
        name: as their credential names them; it goes on the log with what they decide.
        roles: as the provider says.
        practitioner: the agency's token for them, and the name.
        viewer: the tokens by which something may be kept from them.
    """

    subject: str
    name: str
    roles: frozenset[Role]
    practitioner: Practitioner
    viewer: frozenset[str]

    def is_one_of(self, *roles: Role) -> bool:
        """Say whether somebody has one of these roles."""
        return not self.roles.isdisjoint(roles)

"""Who may see what, and do what, at which address: one table, and nothing outside it.

A role opens a page; what is kept from somebody is another matter (`consumers.standing`), and holds
whatever their role.

Source: OWASP ASVS 5.0 V8 (authorization); domain.md 7 (Machine or person; Attention).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consumers.desk.person import Role

Roles = frozenset[Role]
READS = frozenset({"GET", "HEAD"})

WORKING: Roles = frozenset({Role.RESEARCHER, Role.SUPERVISOR, Role.DUTY_MANAGER})
"""Who works on reports."""
LEADING: Roles = frozenset({Role.SUPERVISOR, Role.DUTY_MANAGER})
MANAGING: Roles = frozenset({Role.INFORMATION_MANAGER})
RELEASING: Roles = frozenset({Role.INFORMATION_MANAGER, Role.DUTY_MANAGER})
AUDITING: Roles = frozenset({Role.INFORMATION_MANAGER, Role.AUDITOR})
READING: Roles = WORKING | {Role.INFORMATION_MANAGER, Role.AUDITOR}
RECALLING: Roles = WORKING | MANAGING
SEARCHING: Roles = WORKING | MANAGING
FIGURING: Roles = LEADING | AUDITING
EVERY: Roles = frozenset(Role)


@dataclass(frozen=True)
class Right:
    """What one address asks of somebody.

    Attributes:
        see: who may open it; None for everybody who is signed in, with a role or without.
        do: who may send its form; None likewise.
        purpose: whether they must have said why they look.
        is_open: whether nobody need be signed in.
    """

    see: Roles | None = None
    do: Roles | None = frozenset()
    purpose: bool = False
    is_open: bool = False


RIGHTS: Mapping[str, Right] = {
    "/sign-in": Right(is_open=True),
    "/signed-in": Right(is_open=True),
    "/signed-out": Right(is_open=True),
    "/alive": Right(is_open=True),
    "/sign-out": Right(do=None),
    "/purpose": Right(see=EVERY, do=EVERY),
    "/unsaved": Right(do=None),
    "/browsers": Right(),
    "/key": Right(see=EVERY),
    "/": Right(see=READING),
    "/live": Right(see=READING),
    "/search": Right(see=SEARCHING, do=SEARCHING, purpose=True),
    "/search/{search}": Right(see=SEARCHING, purpose=True),
    "/reports/{statement}": Right(see=READING, purpose=True),
    "/reports/{statement}/whereabouts/{number}": Right(see=WORKING, do=WORKING, purpose=True),
    "/whereabouts": Right(see=LEADING, do=LEADING, purpose=True),
    "/quarantine": Right(see=READING, purpose=True),
    "/quarantine/{digest}": Right(see=RELEASING, do=RELEASING, purpose=True),
    "/exclusions": Right(see=MANAGING, do=MANAGING, purpose=True),
    "/exclusions/about/{statement}": Right(see=MANAGING, do=MANAGING, purpose=True),
    "/exclusions/{exclusion}": Right(see=MANAGING, do=MANAGING, purpose=True),
    "/research": Right(see=READING, purpose=True),
    "/research/reports/{statement}": Right(see=READING, do=LEADING, purpose=True),
    "/research/{task}": Right(see=READING, do=WORKING, purpose=True),
    "/persons": Right(see=READING, purpose=True),
    "/persons/{token}": Right(see=READING, purpose=True),
    "/persons/{token}/beside/{other}": Right(see=READING, do=WORKING, purpose=True),
    "/links/{link}": Right(see=READING, do=WORKING, purpose=True),
    "/alerts": Right(see=READING, purpose=True),
    "/alerts/{alert}": Right(see=READING, do=WORKING, purpose=True),
    "/origins": Right(see=READING, purpose=True),
    "/origins/{proposal}": Right(see=READING, do=WORKING, purpose=True),
    "/responses": Right(see=READING, purpose=True),
    "/reports/{statement}/answer": Right(see=WORKING, do=WORKING, purpose=True),
    "/reports/{statement}/ask": Right(see=WORKING, do=WORKING, purpose=True),
    "/reports/{statement}/victim-information": Right(see=WORKING, do=WORKING, purpose=True),
    "/reports/{statement}/referral": Right(see=WORKING, do=WORKING, purpose=True),
    "/reports/{statement}/refer/{kind}": Right(see=WORKING, do=WORKING, purpose=True),
    "/intelligence": Right(see=READING, purpose=True),
    "/reports/{statement}/grading": Right(see=WORKING, do=WORKING, purpose=True),
    "/reports/{statement}/copy": Right(see=WORKING, do=WORKING, purpose=True),
    "/copies/{copy}": Right(see=LEADING, do=LEADING, purpose=True),
    "/requests": Right(see=READING, purpose=True),
    "/requests/{request}/answer": Right(see=WORKING, do=WORKING, purpose=True),
    "/corrections/{correction}": Right(see=WORKING, do=WORKING, purpose=True),
    "/recalls/{kid}": Right(see=RECALLING, do=RECALLING, purpose=True),
    "/emergencies/{statement}": Right(see=MANAGING, do=MANAGING, purpose=True),
    "/erasures/{erasure}": Right(see=MANAGING, do=MANAGING, purpose=True),
    "/referrals": Right(see=READING, purpose=True),
    "/handovers": Right(see=READING, purpose=True),
    "/disclosures": Right(see=READING, purpose=True),
    "/disclosures/{application}": Right(see=READING, do=WORKING, purpose=True),
    "/persons/{token}/chronology": Right(see=READING, purpose=True),
    "/persons/{token}/chronology/{other}": Right(see=READING, purpose=True),
    "/persons/{token}/picture": Right(see=READING, purpose=True),
    "/persons/{token}/picture/{other}": Right(see=READING, purpose=True),
    "/duties": Right(see=READING, purpose=True),
    "/shift": Right(see=WORKING, do=WORKING, purpose=True),
    "/feeds": Right(see=READING, do=WORKING),
    "/figures": Right(see=FIGURING, do=FIGURING),
    "/figures/csv": Right(see=FIGURING),
    "/looks": Right(see=AUDITING, purpose=True),
}
"""Every address of the desk, as its routes spell it."""


def may(right: Right, method: str, roles: Roles) -> bool:
    """Say whether these roles open an address, or send its form."""
    allowed = right.see if method in READS else right.do
    return allowed is None or not allowed.isdisjoint(roles)

"""A desk at which looks are watched: who sits there, a report of where somebody is, who looked."""

from consumers.desk import looks
from consumers.desk.person import Role
from tests.support.played import token_of
from tests.support.stranger import concern, seeded
from tests.support.visiting import Visited
from tests.support.working import Working

POLICE, PROBATION = "thames-valley", "nps-thames-valley/case"
ADDRESS, TELEPHONE = "3 Canary Row", "01632 960999"
USERS = [
    ("officer", "Lee Hart", ["researcher"]),
    ("colleague", "Max Dean", ["researcher"]),
    ("supervisor", "Jo Bell", ["supervisor"]),
    ("namesake", "lee  HART", ["supervisor"]),
    ("auditor", "Ash Roy", ["auditor"]),
    ("everything", "Sam Poe", [role.value for role in Role]),
]


def report(town: Working, urgency: str) -> str:
    """Have probation say where somebody is; give the report's address at the police desk."""
    sections = concern(seeded(f"looks/{urgency}"))
    subject = sections["person.2.identity"]["subject"]
    sections["person.2.whereabouts"] = {
        "subject": subject, "address": ADDRESS, "telephone": TELEPHONE,
    }  # fmt: skip
    town.say(PROBATION, "concern_reported", sections, urgency=urgency)
    town.settle()
    views = town.log.opened(POLICE)
    found = [v for v in views if v.statement.kind.name == "concern_reported"][-1]
    assert "person.2.whereabouts" in found.statement.sections
    return f"/reports/{found.statement.context.id}"


def looked(desk: Visited) -> list[tuple[str, str, str, str]]:
    """List every look at something: token, purpose, what, about."""
    with desk.station.store.read() as db:
        found = looks.listed(db, viewer=[], hidden=[], before=None, count=500)
    return [
        (one["token"], one["purpose"], one["what"], one["about"])
        for one in reversed(found)
        if one["what"] not in {"signed_in", "signed_out", "refused"}
    ]


def token(name: str) -> str:
    return token_of(POLICE, name)

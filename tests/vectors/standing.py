"""Vectors of what one statement leaves standing for the next: consent, credential, rules.

FORMAT.md shows the sections of some of them (Worked sections).
"""

from collections.abc import Iterator
from typing import Any

from tests.support.stranger import concern, sha
from tests.vectors.governing import FIRST, agree, noted, say
from tests.vectors.ledger import endorsement, key
from tests.vectors.ruling import CASE, POLICE, Ruling

CONTROL = "tv-probation/control"
UNTIL = "2013-05-01T00:00:00.000Z"


def cases() -> Iterator[Ruling]:
    """Give every case, in the order of stages."""
    yield _switched_off()
    yield _machine()
    yield _other_training()
    yield _told_elsewhere()
    yield _kept_from()


def _switched_off() -> Ruling:
    case = Ruling("key.unknown", "no_more_let_through",
                  "Rules adopted since the founding let nothing through.")  # fmt: skip
    kept = {k: v for k, v in case.founding["rules"].items() if k != "unverified_emergencies"}
    act = {"act": "ruleset_adopted", "rules": {**kept, "version": "2"}}
    case.propose("mk-csp", act)
    case.played.govern("mk-hub", "act_endorsed", endorsement(act))
    case.played.writer(CASE, key=key("nobody"))
    case.report(urgency="threat_to_life")
    return case


def _machine() -> Ruling:
    case = Ruling("provenance.practitioner_missing", "machine_on_anonymous",
                  "No machine says that somebody consented, whatever it rests on.")  # fmt: skip
    case.report(id=FIRST, drop=("provenance",))
    views = [{"subject": case.subjects[0], "state": "given"}]
    machine = {"kind": "system", "system": "forms", "rule": "r1", "accountable": "Head of Unit"}
    sections = {"event": {"views": views, "asked_by": "a form", "asked_alone": False},
                "cause.1": {"statement": FIRST}, "provenance": machine}  # fmt: skip
    case.played.say(CASE, "consent_recorded", sections)
    return case


def _other_training() -> Ruling:
    case = Ruling("provenance.qualification_missing", "other_training",
                  "A credential vouches for what it names, and no more.",
                  outcome="quarantined")  # fmt: skip
    agree(case, provenance="credentialed", qualifications=["dash_trained"])
    given = concern(case.played.draw)["provenance"]
    person = given["practitioner"]
    held = {"role": given["role"], "until": UNTIL,
            "qualifications": [{"name": "vetted_npv2", "until": UNTIL}]}  # fmt: skip
    shown = case.played.writer(CONTROL).credential(
        {"iss": "tv-probation", "partnership": "mk-now", "sub": person["token"],
         "role": held["role"], "organisation": given["employer"], "until": UNTIL,
         "qualifications": held["qualifications"]},
        {"name": person["name"], "register": "PO 0001"},
    )  # fmt: skip
    digest = sha(shown.partition("~")[0].encode())
    issued = {"credential": digest, "practitioner": person["token"], **held}
    case.played.govern("tv-probation", "credential_issued", issued)
    noted(case, provenance={**given, "credential": shown})
    return case


def _told_elsewhere() -> Ruling:
    case = Ruling("consent.refused", "told_elsewhere", "What she told police binds probation too.",
                  outcome="quarantined")  # fmt: skip
    sections = concern(case.played.draw)
    case.report(id=FIRST, sections=sections)
    his, hers = case.subjects
    views = [{"subject": hers, "state": "refused", "reason": "for her own reasons"}]
    recorded = {"views": views, "asked_by": "B. Officer", "asked_alone": True}
    say(case, POLICE, "consent_recorded", recorded, FIRST)
    kept = {name: sections["event"][name] for name in ("occurred", "known_to_agency", "recorded")}
    agreed = {"views": [{"subject": his, "state": "given"}, {"subject": hers, "state": "given"}]}
    contact = {**sections, "event": {**kept, "contact": "visit"}, "consent": agreed}
    case.report(event="contact_recorded", sections=contact)
    return case


def _kept_from() -> Ruling:
    case = Ruling("minimisation.nobody_left", "excluded_for_good",
                  "What is recorded of a person holds for all that is said of them.",
                  outcome="quarantined")  # fmt: skip
    sections = concern(case.played.draw)
    case.report(id=FIRST, sections=sections)
    excluded: list[dict[str, Any]] = [
        {"subjects": [case.subjects[1]], "agency": "thames-valley"},
        {"subjects": [case.subjects[1]], "practitioner": sha(b"him")[:22]},
    ]
    recorded = {"excluded": excluded, "reason": "he works there", "by": "A. Officer"}
    say(case, CASE, "exclusion_recorded", recorded, FIRST)
    case.report(sections=sections)
    return case

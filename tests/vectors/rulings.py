"""Vectors that need a ledger: what is decided after the founding, the agreement and some more.

Each plays the shared beginning of `ledger.json` and then its own submissions; what is expected
is expected of the last of them.
"""

from collections.abc import Iterator
from typing import Any

from tests.support.stranger import concern, text_of
from tests.vectors import governing, standing
from tests.vectors.ledger import (
    Played,
    agency,
    agreement,
    endorsement,
    founded,
    key,
    source_key,
)
from tests.vectors.ruling import CASE, POLICE, Ruling

CONTROL = "tv-probation/control"
UNKNOWN = "0132b1a4-9c40-7000-8000-00000000ffff"


def keys_and_streams() -> Iterator[Ruling]:
    """Cases of a key that does not fit, and of a stream used twice."""
    case = Ruling("key_use.revoked", "after_revocation", "Signed under a key that was revoked.")
    case.propose("tv-probation", _revoked())
    case.report()
    yield case
    case = Ruling("key_use.wrong_source", "another_system", "Signed under another system's key.")
    case.played.writer(CASE, key=key("tv-probation/night"))
    case.report()
    yield case
    case = Ruling("key_use.wrong_source", "through_another_agency", "Replayed by another agency.")
    raw = case.report()
    case.played.send("mk-hub", raw)
    yield case
    case = Ruling("key_use.wrong_source", "as_another_agency", "Signed in another agency's name.")
    case.played.writer(POLICE, key=key(CASE))
    raw = case.report(source=POLICE)
    case.own[-1]["agency"] = "tv-probation"
    yield case
    case = Ruling("key_use.wrong_partnership", "replayed", "Signed for another partnership.")
    case.played.writer(CASE, partnership="mk-then")
    case.report()
    yield case
    case = Ruling("key_use.wrong_purpose", "control_by_case_key", "A case key governs nothing.")
    case.played.say(CASE, "act_endorsed", {"event": endorsement(agreement())})
    yield case
    case = Ruling(
        "key_use.wrong_purpose", "report_by_control_key", "A control key reports nothing."
    )
    case.report(source=CONTROL)
    yield case
    case = Ruling("stream.forked", "number_twice", "One number, two statements.")
    case.report()
    case.played.writer(CASE).used.clear()
    case.report()
    yield case
    case = Ruling("stream.forked", "id_twice", "One id, two statements.")
    case.report(id=UNKNOWN)
    case.report(id=UNKNOWN)
    yield case


def control() -> Iterator[Ruling]:
    """Cases of acts that nobody may do, or that do not fit."""
    newcomer = {"act": "agency_admitted", "agency": agency("mk-homes")}
    case = Ruling("control.not_entitled", "admitted_by_probation", "Governance alone admits.")
    case.propose("tv-probation", newcomer)
    yield case
    case = Ruling("control.not_entitled", "endorsed_by_no_party", "No party, no voice.")
    act = agreement(id="other-isa", legs=[])
    case.propose("tv-probation", act)
    case.played.govern("mk-csp", "act_endorsed", endorsement(act))
    yield case
    bad = agency("mk-homes")
    bad["keys"][0]["possession"] = bad["keys"][1]["possession"]
    invalid = {
        "possession": ({"act": "agency_admitted", "agency": bad}, "key.possession"),
        "key_of_another_partnership": ({"act": "key_enrolled", "agency": "mk-csp", "key":
            source_key("mk-csp", "case", partnership="mk-then")}, "key.possession"),
        "party_not_admitted": (agreement(id="new", legs=[], parties=[
            {"agency": name, "contact": {}} for name in ("tv-probation", "mk-homes")]),
            "agreement.parties (not admitted)"),
        "version_again": (agreement(title="Again"),
            "agreement.version (not above the last)"),
        "day_that_is_not": (agreement(id="new", legs=[], expires="2013-02-30"),
            "agreement.effective, review, expires"),
        "section_by_another_word": (agreement(id="new", legs=[_leg("person.part@culprit")]),
            "leg concern-to-police.sections"),
        "event_by_part": (agreement(id="new", legs=[_leg("event@victim")]),
            "leg concern-to-police.sections"),
        "revoked_unknown_key": ({"act": "key_revoked", "agency": "tv-probation",
            "kid": "A" * 43, "reason": "retired"}, "kid"),
    }  # fmt: skip
    for name, (act, field) in invalid.items():
        claim = f"An act that does not fit: {name.replace('_', ' ')}."
        case = Ruling("control.act_invalid", name, claim, fields=[field])
        case.propose("tv-probation" if "version" in name or "dates" in name else "mk-csp", act)
        yield case
    case = Ruling("control.act_invalid", "endorsed_twice", "One agency, one hand.",
                  fields=["endorsed twice"])  # fmt: skip
    case.propose("mk-csp", newcomer)
    case.played.govern("mk-csp", "act_endorsed", endorsement(newcomer))
    yield case
    case = Ruling("control.act_unknown", "never_proposed", "Endorsed, never proposed.")
    case.played.govern("mk-csp", "act_endorsed", endorsement(newcomer))
    yield case
    case = Ruling("control.act_unknown", "of_another_name", "Endorsed as another act.")
    case.propose("mk-csp", newcomer)
    case.played.govern("thames-valley", "act_endorsed", {
        "act": "key_revoked", "digest": endorsement(newcomer)["digest"],
    })  # fmt: skip
    yield case
    case = Ruling("control.act_unknown", "in_force", "Endorsed after it took effect.")
    case.played.govern("mk-csp", "act_endorsed", endorsement(agreement()))
    yield case
    case = Ruling("control.exercise_only", "live", "A live partnership's time is its log's.")
    case.played.govern("mk-csp", "exercise_time_set", {"at": "2012-06-01T00:00:00.000Z"})
    yield case
    case = Ruling("control.act_invalid", "time_back", "Ledger time never falls.",
                  fields=["event.at"], exercise=True)  # fmt: skip
    case.played.govern("mk-csp", "exercise_time_set", {"at": "2011-06-01T00:00:00.000Z"})
    yield case
    yield from _refers()


def _refers() -> Iterator[Ruling]:
    code = "control.refers_to_unknown"
    answer = {"statement": UNKNOWN, "received_by": "Sgt", "researched": "no", "actions": []}
    case = Ruling(code, "no_such_statement", "An answer to nothing held.", fields=["cause.1"])
    case.played.say(POLICE, "response_given", {"event": answer, "cause.1": {"statement": UNKNOWN}})
    yield case
    case = Ruling(code, "never_sent_there", "What was not sent to you is unknown to you.",
                  fields=["cause.1"])  # fmt: skip
    case.report(id=UNKNOWN)
    case.played.say(
        "mk-hub/safeguarding",
        "response_given",
        {"event": answer, "cause.1": {"statement": UNKNOWN}},
    )
    yield case
    case = Ruling(code, "nothing_held", "Provenance supplied for what was never held.",
                  fields=["cause.1"])  # fmt: skip
    case.report(id=UNKNOWN)
    supplied = {"event": {"statement": UNKNOWN}, "cause.1": {"statement": UNKNOWN},
                "provenance": concern(case.played.draw)["provenance"]}  # fmt: skip
    case.played.say(CASE, "provenance_supplied", supplied)
    yield case


def provenance() -> Iterator[Ruling]:
    """Cases of a report whose origin nobody could go back to."""
    takes = {
        "practitioner_missing": "practitioner",
        "role_missing": "role",
        "employer_missing": "employer",
        "how_known_missing": "how_known",
        "contact_missing": "contact",
    }
    held = "A validly signed report that names less than rec. 16 asks."
    for code, member in takes.items():
        case = Ruling(f"provenance.{code}", "routine", held, outcome="quarantined")
        case.report(sections={"provenance": _without(case.played, member)})
        yield case
        case = Ruling(f"provenance.{code}", "urgent", held, outcome="provisional",
                      delivered=["thames-valley"])  # fmt: skip
        case.report(sections={"provenance": _without(case.played, member)}, urgency="urgent")
        yield case
    missing = "provenance.practitioner_missing"
    case = Ruling(missing, "no_provenance", "No provenance at all.", outcome="quarantined")
    case.report(drop=("provenance",))
    yield case
    case = Ruling(missing, "threat_to_life", "What is missing never stops it.",
                  outcome="accepted_emergency", delivered=["thames-valley", "mk-hub"])  # fmt: skip
    case.report(drop=("provenance",), urgency="threat_to_life")
    yield case
    machine = {"kind": "system", "system": "case-alerts", "rule": "r1"}
    case = Ruling("provenance.accountable_missing", "machine", "A machine nobody answers for.",
                  outcome="quarantined")  # fmt: skip
    case.report(sections={"provenance": machine})
    yield case
    case = Ruling("provenance.below_leg", "machine", "The leg takes a named person's report.",
                  outcome="quarantined")  # fmt: skip
    case.report(sections={"provenance": {**machine, "accountable": "Head of Unit"}})
    yield case


def _without(played: Played, member: str) -> dict[str, Any]:
    given = concern(played.draw)["provenance"]
    return {name: value for name, value in given.items() if name != member}


def policy() -> Iterator[Ruling]:
    """Cases of agreement, basis, consent, exclusion and the emergency that cannot be verified."""
    held = "quarantined"
    case = Ruling(
        "agreement.none_in_force", "other", "Under an agreement nobody made.", outcome=held
    )
    case.report(agreement="no-isa")
    yield case
    case = Ruling("agreement.no_leg", "type", "No leg takes this type.", outcome=held)
    noted = {**concern(case.played.draw)["event"], "relationship": "partners", "state": "ending"}
    noted = {name: v for name, v in noted.items() if name not in {"concern", "asked"}}
    case.report(event="relationship_noted", sections={"event": noted})
    yield case
    case = Ruling("agreement.no_leg", "purpose", "No leg takes this purpose.", outcome=held)
    case.report(purpose="supervision")
    yield case
    case = Ruling("basis.unfit", "another", "Another basis than the leg names.", outcome=held)
    case.report(basis={"regime": "uk_gdpr", "article": "uk_gdpr.6.1.d"})
    yield case
    case = Ruling("basis.unfit", "none", "No basis at all.", outcome=held)
    case.report(basis=None)
    yield case
    excluded = {"subjects": [text_of(b"\0" * 16)], "agency": "thames-valley"}
    case = Ruling(
        "minimisation.nobody_left", "excluded", "Exclusions beat every leg.", outcome=held
    )
    case.report(sections={"exclusions": {"excluded": [excluded]}})
    yield case


def unverified() -> Iterator[Ruling]:
    """Cases of a threat to life that is refused and goes to the police all the same."""

    def beginning(name: str, claim: str, first: str) -> Ruling:
        case = Ruling("emergency.signature_unverified", name, claim,
                      outcome="accepted_emergency", delivered=["thames-valley"])  # fmt: skip
        case.reasons.insert(0, {"code": first, "fields": []})
        return case

    case = beginning("forged", "Readable, and nobody knows whose.", "signature.invalid")
    raw = case.report(urgency="threat_to_life")
    jws, _, rest = raw.partition(b"~")
    start = jws.rindex(b".") + 1
    swapped = jws[:start] + jws[start:][::-1][4:] + jws[start:][:4]
    case.own[-1]["submission"]["text"] = (swapped[:-1] + b"A~" + rest).decode()
    yield case
    case = beginning("unknown_key", "Signed by a new officer's key.", "key.unknown")
    case.played.writer(CASE, key=key("nobody"))
    case.report(urgency="threat_to_life")
    yield case
    case = beginning("revoked_key", "Signed under a key revoked today.", "key_use.revoked")
    case.propose("tv-probation", _revoked())
    case.report(urgency="threat_to_life")
    yield case
    case = beginning("another_systems_key", "Signed at another desk.", "key_use.wrong_source")
    case.played.writer(CASE, key=key("tv-probation/night"))
    case.report(urgency="threat_to_life")
    yield case
    case = beginning("number_twice", "A restored outbox reuses a number.", "stream.forked")
    outbox = case.played.writer(CASE)
    case.report()
    outbox.used.clear()
    case.report(urgency="threat_to_life")
    yield case
    case = beginning("police_stood_in_for", "Whoever stands in for police has it.", "key.unknown")
    case.delivered = ["mk-hub"]
    case.played.writer(CASE, key=key("nobody"))
    case.report(urgency="threat_to_life", sections=_kept_from("thames-valley"))
    yield case


def nobody() -> Iterator[Ruling]:
    """Cases of a threat to life that reaches nobody: it says so, and whom to ring."""
    code, outcome = "emergency.nobody_told", "accepted_emergency"
    claim = "Kept from everybody who acts on it."
    sections = _kept_from("thames-valley", "mk-hub")
    case = Ruling(code, "all_excluded", claim, outcome=outcome)
    case.reasons.insert(0, {"code": "minimisation.nobody_left", "fields": []})
    case.report(urgency="threat_to_life", sections=sections)
    yield case
    case = Ruling(code, "unverified", claim, outcome=outcome)
    case.reasons.insert(0, {"code": "key.unknown", "fields": []})
    case.played.writer(CASE, key=key("nobody"))
    case.report(urgency="threat_to_life", sections=sections)
    yield case


def foundings() -> Iterator[Ruling]:
    """Cases of a founding in which a threat to life might reach nobody who acts."""
    taken = "founding (already founded)"
    for name, field, changes in (
        ("no_police_told", "founding.emergency_recipients (no police)",
         {"emergency_recipients": ["mk-hub"]}),
        ("police_without_alternate", "founding.alternates (none for police)", {"alternates": {}}),
        ("police_stand_in_for_themselves", "founding.alternates (none for police)",
         {"alternates": {"thames-valley": "thames-valley"}}),
    ):  # fmt: skip
        claim = f"A founding that is unfit: {name.replace('_', ' ')}."
        case = Ruling("control.act_invalid", name, claim, fields=[taken, field])
        case.played.govern("mk-csp", "partnership_founded", founded(**changes))
        yield case


def _kept_from(*agencies: str) -> dict[str, Any]:
    subject = text_of(b"\0" * 16)
    return {"exclusions": {"excluded": [{"subjects": [subject], "agency": a} for a in agencies]}}


def _leg(section: str) -> dict[str, Any]:
    """Give the first leg, with one section more."""
    leg = agreement()["agreement"]["legs"][0]
    return {**leg, "sections": [*leg["sections"], section]}


def _revoked() -> dict[str, Any]:
    kid = key(CASE).kid
    return {"act": "key_revoked", "agency": "tv-probation", "kid": kid, "reason": "compromised"}


def cases() -> Iterator[Ruling]:
    """Give every case, in the order of stages."""
    yield from keys_and_streams()
    yield from control()
    yield from provenance()
    yield from policy()
    yield from governing.cases()
    yield from standing.cases()
    yield from unverified()
    yield from nobody()
    yield from foundings()

"""Vectors of what governs a case or a partnership: release, correction, erasure, hold, basis.

Each plays on from the shared beginning; what is expected is expected of the last submission, and
of an earlier statement that it decides anew (`redecided`).
"""

from collections.abc import Iterator
from typing import Any

from tests.support.stranger import concern, sha, text_of
from tests.vectors.ledger import agreement, endorsement
from tests.vectors.ruling import CASE, POLICE, Ruling

DESK, HUB = "mk-csp/desk", "mk-hub/safeguarding"
FIRST, SECOND = "0132b1a4-9c40-7000-8000-000000000001", "0132b1a4-9c40-7000-8000-000000000002"


def cases() -> Iterator[Ruling]:
    """Give every case, in the order of stages."""
    yield from _corrections()
    yield from _releases()
    yield from _erasures()
    yield from _legs()
    yield from _consents()
    yield from _closed()


def digest(raw: bytes) -> str:
    """Give the digest that a statement is known by."""
    return sha(raw.partition(b"~")[0])


def _by(case: Ruling, who: str = "") -> dict[str, Any]:
    """Name a practitioner; the same `who` is the same person."""
    given = dict(concern(case.played.draw)["provenance"])
    if who:
        given["practitioner"] = {"token": sha(who.encode())[:22], "name": "B. Officer"}
    return given


def say(case: Ruling, source: str, event: str, value: dict[str, Any], *causes: str,
        who: str = "", **changes: Any) -> bytes:  # fmt: skip
    """Say something of a case, named, about the statements that it arises from."""
    caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
    sections = {"event": value, **caused, "provenance": _by(case, who)}
    return case.played.say(source, event, sections, **changes)


def _nameless(case: Ruling, **changes: Any) -> bytes:
    """Report what will be held: it names no role."""
    given = {k: v for k, v in _by(case, "author").items() if k != "role"}
    return case.report(sections={"provenance": given}, **changes)


def _retract(case: Ruling, source: str, statement: str) -> None:
    event = {"statement": statement, "reason": "mistaken", "by": "A. Officer"}
    say(case, source, "statement_retracted", event, statement)


def _corrections() -> Iterator[Ruling]:
    case = Ruling("control.not_originator", "by_a_recipient", "Only who said it takes it back.")
    case.report(id=FIRST)
    _retract(case, POLICE, FIRST)
    yield case
    case = Ruling("control.still_held", "corrected", "What nobody was given is not corrected.")
    _nameless(case, id=FIRST)
    _correct(case)
    yield case
    case = Ruling("control.person_mixed", "numbered_anew", "Legs withhold a person by number.")
    case.report(id=FIRST)
    hers = {"subject": case.subjects[1], "address": "1 High St"}
    identity = {"subject": case.subjects[1], "names": [{"given": "Tracey"}]}
    _correct(case, {"person.1.identity": identity, "person.1.whereabouts": hers})
    yield case
    case = Ruling("control.person_mixed", "without_identity", "Whose place it is cannot be seen.")
    case.report(id=FIRST)
    _correct(case, {"person.2.whereabouts": hers})
    yield case


def _correct(case: Ruling, more: dict[str, Any] | None = None) -> None:
    event = {"statement": FIRST, "reason": "mistaken", "by": "A. Officer"}
    cause = {"cause.1": {"statement": FIRST}}
    sections = {"event": event, **cause, "provenance": _by(case), **(more or {})}
    case.played.say(CASE, "statement_corrected", sections)


def _release(case: Ruling, raw: bytes, *, who: str, waived: tuple[str, ...] = (),
             decision: str = "release", **more: Any) -> None:  # fmt: skip
    event = {"statement": digest(raw), "decision": decision, "waived": list(waived),
             "reason": "known to us", "by": "B. Officer", **more}  # fmt: skip
    say(case, DESK, "release_decided", event, who=who)


def _releases() -> Iterator[Ruling]:
    case = Ruling("control.not_held", "accepted_already", "Nothing is held under this digest.")
    _release(case, case.report(), who="first")
    yield case
    case = Ruling("control.not_waivable", "exclusion", "An exclusion is waived by nobody.")
    _release(case, _nameless(case), who="first", waived=("minimisation.nobody_left",))
    yield case
    case = Ruling("control.not_waivable", "refusal", "Nobody waives a no that they cannot see.")
    raw = _contact(case, "refused")
    _release(case, raw, who="first", waived=("consent.refused",))
    yield case
    case = Ruling("control.credential_missing", "invented", "A token alone is nobody's hand.")
    raw = _nameless(case)
    issued = {"credential": sha(b"shown by nobody"), "practitioner": sha(b"first")[:22],
              "role": "manager", "until": "2013-05-01T00:00:00.000Z"}  # fmt: skip
    case.played.govern("mk-csp", "credential_issued", issued)
    _release(case, raw, who="first", waived=("provenance.role_missing",))
    yield case
    case = Ruling("control.not_night", "at_half_past_nine", "By day two decide.")
    _release(case, _nameless(case), who="first", waived=("provenance.role_missing",), alone=True)
    yield case
    case = Ruling("control.author_decides", "own_report", "Nobody releases their own report.")
    _release(case, _nameless(case), who="author", waived=("provenance.role_missing",))
    yield case
    case = Ruling("control.same_hand", "released_twice", "One practitioner, one hand.")
    raw = _nameless(case)
    _release(case, raw, who="first", waived=("provenance.role_missing",))
    _release(case, raw, who="first", waived=("provenance.role_missing",))
    yield case


def _erase(case: Ruling, source: str, *statements: str, who: str) -> None:
    event = {"statements": list(statements), "ground": "mistaken", "reason": "wrong person",
             "by": "B. Officer"}  # fmt: skip
    say(case, source, "erasure_proposed", event, who=who, id=SECOND)


def _erasures() -> Iterator[Ruling]:
    case = Ruling("control.same_hand", "erased_by_one_agency", "An erasure needs two agencies.")
    case.report(id=FIRST)
    _erase(case, CASE, FIRST, who="first")
    event = {"proposal": SECOND, "statements": [FIRST], "by": "C. Officer"}
    say(case, CASE, "erasure_endorsed", event, who="second")
    yield case
    case = Ruling("control.erasure_open", "an_answer_is_left", "What derives from it goes too.")
    case.report(id=FIRST)
    answer = {"statement": FIRST, "received_by": "Sgt", "researched": "no", "actions": []}
    say(case, POLICE, "response_given", answer, FIRST)
    _erase(case, CASE, FIRST, who="first")
    yield case
    case = Ruling("control.under_hold", "coroner", "Nothing under a legal hold is erased.")
    case.report(id=FIRST)
    answer = {**answer, "actions": ["no_action"]}
    subject = case.subjects[0]
    held = {"subjects": [subject], "authority": "coroner", "reference": "2018/1", "by": "Clerk"}
    say(case, POLICE, "legal_hold_set", held, FIRST, id="0132b1a4-9c40-7000-8000-000000000003")
    _erase(case, CASE, FIRST, "0132b1a4-9c40-7000-8000-000000000003", who="first")
    yield case


def agree(case: Ruling, **leg: Any) -> None:
    """Let an agreement of one leg more come into force."""
    act = agreement(id="other-isa")
    first = act["agreement"]["legs"][0]
    changed = {**first, "types": ["relationship_noted"], **leg}
    order = [
        "id", "from", "to", "types", "purposes", "level", "sections", "basis", "recipient_basis",
        "categories", "provenance", "qualifications", "when", "consent", "retention_days",
        "owes_response",
    ]  # fmt: skip
    act["agreement"]["legs"] = [{name: changed[name] for name in order if name in changed}]
    case.propose("mk-csp", act)
    for name in ("tv-probation", "thames-valley", "mk-hub"):
        case.played.govern(name, "act_endorsed", endorsement(act))


def noted(case: Ruling, **sections: Any) -> bytes:
    """Note a relationship, with other sections put in."""
    event = {**concern(case.played.draw)["event"], "relationship": "partners", "state": "ending"}
    event = {name: v for name, v in event.items() if name not in {"concern", "asked"}}
    return case.report(event="relationship_noted", sections={"event": event, **sections})


def _legs() -> Iterator[Ruling]:
    held = "quarantined"
    case = Ruling("provenance.classification_missing", "routine", "Nobody said how it is marked.",
                  outcome=held)  # fmt: skip
    case.report(classification=None)
    yield case
    case = Ruling("provenance.qualification_missing", "untrained", "The leg takes the trained.",
                  outcome=held)  # fmt: skip
    agree(case, qualifications=["dash_trained"])
    noted(case)
    yield case
    case = Ruling("agreement.suspended", "by_a_party", "Suspended: nothing flows, all is held.",
                  outcome=held)  # fmt: skip
    suspended = {"act": "agreement_suspended", "agreement": "mk-isa", "version": 1,
                 "reason": "a breach is looked into"}  # fmt: skip
    case.propose("tv-probation", suspended)
    case.report()
    yield case
    case = Ruling("agreement.condition_unmet", "not_involved", "The leg shares it only then.",
                  outcome=held)  # fmt: skip
    agree(case, when={"involved": ["supervising"]})
    noted(case)
    yield case
    case = Ruling("basis.not_in_force", "before_its_day", "Law that began later carries nothing.",
                  outcome=held)  # fmt: skip
    _rule(case)
    case.report()
    yield case


def _rule(case: Ruling) -> None:
    """Let rules be adopted whose catalogue begins in 2018."""
    rules = dict(case.founding["rules"])
    provisions = [
        {"citation": "uk_gdpr.6.1.e", "title": "Public task", "use": "article",
         "regimes": ["uk_gdpr"], "source": "UK GDPR Article 6(1)(e)", "since": "2018-05-25"},
        {"citation": "cda_1998.115", "title": "Crime and disorder", "use": "gateway",
         "regimes": ["uk_gdpr"], "source": "Crime and Disorder Act 1998 s115"},
        {"citation": "dpa_2018.35", "title": "Law enforcement", "use": "article",
         "regimes": ["dpa_2018_part_3"], "source": "DPA 2018 s35"},
    ]  # fmt: skip
    law = {"version": "1", "provisions": provisions}
    act = {"act": "ruleset_adopted", "rules": {**rules, "version": "2", "law": law}}
    case.propose("mk-csp", act)
    case.played.govern("mk-hub", "act_endorsed", endorsement(act))


def _consents() -> Iterator[Ruling]:
    held = "quarantined"
    for view in ("refused", "withdrawn", "unsafe_to_ask"):
        case = Ruling("consent.refused", view, "Somebody asked has said no.", outcome=held)
        _contact(case, view)
        yield case
    case = Ruling("consent.absent", "nobody_asked", "The leg needs consent.", outcome=held)
    _contact(case, None)
    yield case
    case = Ruling("consent.absent", "not_sought", "Not sought is not given.", outcome=held)
    _contact(case, "not_sought")
    yield case
    unfit: dict[str, dict[str, Any]] = {
        "ground_the_leg_has_not": {"ground": "serious_crime"},
        "protects_only_herself": {"at_risk": []},
        "protects_nobody_known": {"at_risk": [text_of(b"\1" * 16)]},
        "of_somebody_else": {"of": [text_of(b"\0" * 16)]},
    }
    for name, changes in unfit.items():
        claim = f"An override that does not fit: {name.replace('_', ' ')}."
        case = Ruling("consent.override_unfit", name, claim, outcome=held)
        _contact(case, "refused", changes)
        yield case
    case = Ruling("consent.absent", "another_speaks", "Nobody speaks for whom they never met.",
                  outcome=held)  # fmt: skip
    people = concern(case.played.draw)
    case.report(sections=people)
    views = [{"subject": one, "state": "given"} for one in case.subjects]
    case.report(source=HUB, sections={"consent": {"views": views}})
    _contact(case, None, people=people)
    yield case


def _contact(
    case: Ruling, view: str | None, override: dict[str, Any] | None = None,
    people: dict[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """Report a contact; both persons' consent is needed, one of them says otherwise."""
    sections = dict(people or concern(case.played.draw))
    event = {name: sections["event"][name] for name in ("occurred", "known_to_agency", "recorded")}
    sections["event"] = {**event, "contact": "visit"}
    his, hers = (sections[f"person.{n}.part"]["subject"] for n in (1, 2))
    if view is not None:
        views = [{"subject": his, "state": view}, {"subject": hers, "state": "given"}]
        sections["consent"] = {"views": views}
    if override is not None:
        sections["consent"]["override"] = {
            "ground": "serious_harm_to_others", "by": "A. Guardian", "role": "Caldicott Guardian",
            "reason": "x", "of": [his], "at_risk": [hers], **override,
        }  # fmt: skip
    return case.report(event="contact_recorded", sections=sections)


def _closed() -> Iterator[Ruling]:
    case = Ruling("quarantine.refused", "by_two", "Two refuse it.", outcome="accepted")
    raw = _nameless(case)
    _release(case, raw, who="first", decision="refuse")
    _release(case, raw, who="second", decision="refuse")
    case.anew("quarantine.refused")
    yield case
    case = Ruling("quarantine.retracted", "while_held", "Taken back before anybody saw it.",
                  outcome="accepted")  # fmt: skip
    _nameless(case, id=FIRST)
    _retract(case, CASE, FIRST)
    case.anew("quarantine.retracted")
    yield case

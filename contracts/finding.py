"""Findings: what a statement shows, without names and without content.

`examine` makes them from a verified statement; the broker records them and the publisher makes
them again to check. After the sections are erased, the decision is recomputed from these.

Source: design.md, Examine and decide; domain.md 4 (M02), 7 (Provenance).
"""

from collections.abc import Mapping
from hashlib import sha256
from string import digits as ascii_digits
from typing import Any

import msgspec

from contracts import base64url
from contracts.agreement import Basis, Level
from contracts.credential import endorsed_by, shown_by
from contracts.event import Audience, action, case, control, report, work
from contracts.form import Section
from contracts.reason import Reason
from contracts.section import (
    Contact,
    Endorsement,
    Identity,
    PersonPart,
    Provenance,
    Risk,
    number_of,
)
from contracts.sharing import Consent, Exclusion, Exclusions, Involved, Involvements
from contracts.statement import Statement

TELEPHONE_DIGITS_MIN = 3
"""Of a number that can be dialled: 101 is one."""

EXAMINER = "candour-examine/2"
"""The version of this module that stands in each decision; a change in findings changes it."""


class ConsentFinding(Section, frozen=True):
    """One subject's consent by token."""

    subject: str
    state: str


class OverrideFinding(Section, frozen=True):
    """An override of consent: its ground, whose refusal it is of, and whom it protects."""

    ground: str
    of: list[str]
    at_risk: list[str] = []


class ReleaseFinding(Section, frozen=True):
    """What the quarantine desk decides of which held statement."""

    statement: str
    decision: str
    waived: list[str]
    alone: bool = False


class Findings(Section, frozen=True, kw_only=True):
    """What decides, with no names and no content. Members absent where there is nothing.

    The first ones repeat the signed context so that `decide` needs nothing else. `parts` and
    `subjects` are by a person's number. `missing` are provenance reason codes. `practitioner` is
    the token of who says so, `credential` the digest of the credential shown, `endorsed_by` the
    thumbprint of the key that signed what is said. `refers` are the ids of `cause.<n>`, in number
    order. `addressee` is the one agency a request or referral is put to. What governs a
    partnership is carried whole because it names no subject; of what governs a case stand here
    tokens and ids alone: `linked`, `held`, `erases`, and in `about` the statement (of a recall: the
    key) that it undoes, reviews or acknowledges.
    """

    statement: str
    id: str
    partnership: str
    source: str
    event: str
    purpose: str
    basis: Basis | None = None
    agreement: str | None = None
    classification: str | None = None
    urgency: str
    time: int
    kid: str
    stream: str
    sequence: int
    previous: str | None = None
    level: Level
    missing: list[str] = []
    practitioner: str | None = None
    credential: str | None = None
    endorsed_by: str | None = None
    sections: list[str]
    parts: dict[int, str] = {}
    subjects: dict[int, str] = {}
    risk: str | None = None
    consent: list[ConsentFinding] = []
    override: OverrideFinding | None = None
    exclusions: list[Exclusion] = []
    involved: list[Involved] = []
    refers: list[str] = []
    addressee: str | None = None
    founding: control.PartnershipFounded | None = None
    proposal: control.Act | None = None
    endorsed: control.ActEndorsed | None = None
    issued: control.CredentialIssued | None = None
    revoked: str | None = None
    linked: list[str] = []
    about: str | None = None
    released: ReleaseFinding | None = None
    erases: list[str] = []
    held: list[str] = []
    reviewed: str | None = None
    set_time: str | None = None
    stream_use: str | None = None
    duty_due_at: int | None = None
    standing: str | None = None


decode_findings = msgspec.json.Decoder(Findings).decode
"""Read findings from their exact JSON; raises msgspec.MsgspecError for any other shape."""


def examine(statement: Statement) -> Findings:
    """Say what a verified statement shows.

    Args:
        statement: signature, digests and schema hold.

    Returns:
        Findings with no name and no content in them: tokens, section names, codes.
    """
    sections, context, event = statement.sections, statement.context, statement.event
    level, missing = _provenance(statement)
    public = statement.kind.audience is Audience.PUBLIC_CONTROL
    return Findings(
        statement=statement.digest,
        id=context.id,
        partnership=context.partnership,
        source=context.source,
        event=statement.kind.name,
        purpose=context.purpose,
        basis=context.basis,
        agreement=context.agreement,
        classification=context.classification,
        urgency=context.urgency,
        time=statement.time_ms,
        kid=statement.kid,
        stream=statement.intake.stream,
        sequence=statement.intake.sequence,
        previous=statement.intake.previous,
        level=level,
        missing=[] if public else missing,
        sections=list(sections),
        refers=statement.causes,
        standing=getattr(event, "standing", None),
        **_people(sections),
        **_joined(_said_of_sharing(statement), _governs(event)),
    )


Members = dict[str, Any]


def _joined(sections: Members, event: Members) -> Members:
    """Put what sections and event say of the same member together: lists add, the event leads."""
    both = [name for name in sections if isinstance(sections[name], list) and event.get(name)]
    return {**sections, **event, **{name: [*sections[name], *event[name]] for name in both}}


def _people(sections: Mapping[str, Section]) -> Members:
    """Say which part each person plays, and by which token they are known."""
    parts, subjects = {}, {}
    for name, value in sections.items():
        if isinstance(value, PersonPart):
            parts[number_of(name)] = value.part
        elif isinstance(value, Identity):
            subjects[number_of(name)] = value.subject
    return {"parts": parts, "subjects": subjects}


def _said_of_sharing(statement: Statement) -> Members:
    """Say what stands in the sections that bear on who may receive this."""
    sections, found = statement.sections, Members()
    provenance, risk = sections.get("provenance"), sections.get("risk")
    if isinstance(provenance, Provenance) and provenance.practitioner is not None:
        found["practitioner"] = provenance.practitioner.token
        found["credential"] = shown_by(provenance.credential, provenance.practitioner)
        found["endorsed_by"] = _endorsed_by(statement)
    if isinstance(risk, Risk):
        found["risk"] = risk.level
    consent, exclusions = sections.get("consent"), sections.get("exclusions")
    if isinstance(consent, Consent):
        found["consent"] = [ConsentFinding(view.subject, view.state) for view in consent.views]
        if consent.override is not None:
            given = consent.override
            found["override"] = OverrideFinding(given.ground, given.of, given.at_risk or [])
    if isinstance(exclusions, Exclusions):
        found["exclusions"] = exclusions.excluded
    involvement = sections.get("involvement")
    if isinstance(involvement, Involvements):
        found["involved"] = involvement.involved
    return found


def _endorsed_by(statement: Statement) -> str | None:
    given = statement.sections.get("endorsement")
    if not isinstance(given, Endorsement):
        return None
    apart = {"intake", "endorsement"}
    digests = [
        base64url.encode(sha256(text).digest())
        for name, text in statement.disclosures.items()
        if name not in apart
    ]
    return endorsed_by(given, statement.context.id, digests)


def _governs(event: Section) -> Members:
    """Say what an event governs: by type, whole or by token."""
    match event:
        case control.PartnershipFounded():
            return {"founding": event}
        case control.ActProposed():
            return {"proposal": event.proposal}
        case control.ActEndorsed():
            return {"endorsed": event}
        case control.CredentialIssued():
            return {"issued": event}
        case control.CredentialRevoked():
            return {"revoked": event.credential}
        case case.PersonsLinked():
            return {"linked": event.subjects}
        case case.PersonsUnlinked(link=None):
            return {"linked": event.subjects}
        case case.PersonsUnlinked():
            return {"about": event.link}
        case control.ExerciseTimeSet():
            return {"set_time": event.at}
        case control.StreamOpened():
            return {"stream_use": event.use}
    return _governs_case(event)


def _governs_case(event: Section) -> Members:
    match event:
        case case.ConsentRecorded():
            views = [ConsentFinding(view.subject, view.state) for view in event.views]
            return {"consent": views}
        case case.ExclusionRecorded():
            return {"exclusions": event.excluded}
        case case.ExclusionLifted():
            return {"about": event.exclusion}
        case case.ReleaseDecided():
            decided = ReleaseFinding(event.statement, event.decision, event.waived, event.alone)
            return {"released": decided}
        case case.StatementRetracted() | case.StatementCorrected():
            return {"about": event.statement}
        case case.ErasureProposed():
            return {"erases": event.statements}
        case case.ErasureEndorsed():
            return {"about": event.proposal, "erases": event.statements}
        case case.LegalHoldSet():
            return {"held": event.subjects}
        case case.LegalHoldLifted():
            return {"about": event.hold}
    return _tells(event)


def _tells(event: Section) -> Members:
    match event:
        case case.CorrectionAcknowledged():
            return {"about": event.correction}
        case case.RecallAcknowledged():
            return {"about": event.kid}
        case case.ErasureConfirmed():
            return {"about": event.erasure}
        case case.EmergencyReviewed():
            return {"about": event.statement, "reviewed": event.finding}
        case (
            work.InformationRequested()
            | report.ReferralMade()
            | action.VictimInformationRequested()
            | action.HousingNoticeGiven()
        ):
            return {"addressee": event.addressee}
        case report.RiskAssessed():
            return {"risk": event.level}
        case work.DutyOverdue():
            return {"duty_due_at": event.due_at}
    return {}


def _provenance(statement: Statement) -> tuple[Level, list[str]]:
    """Grade the provenance as claimed, and name every field that is missing."""
    given = statement.sections.get("provenance")
    if not isinstance(given, Provenance):
        return "anonymous", [Reason.PRACTITIONER_MISSING]
    unmarked = [] if statement.context.classification else [str(Reason.CLASSIFICATION_MISSING)]
    if given.kind == "system":
        complete = given.system and given.rule and given.accountable
        return "automated", [*unmarked, *([] if complete else [str(Reason.ACCOUNTABLE_MISSING)])]
    person = given.practitioner
    absent = (
        (Reason.PRACTITIONER_MISSING, not (person and person.name and person.token)),
        (Reason.ROLE_MISSING, not given.role),
        (Reason.EMPLOYER_MISSING, not given.employer),
        (Reason.HOW_KNOWN_MISSING, given.how_known is None),
        (Reason.CONTACT_MISSING, not _is_reachable(given.contact)),
    )
    missing = [str(code) for code, is_absent in absent if is_absent]
    if missing:
        return "anonymous", [*unmarked, *missing]
    return _claimed(statement, given), unmarked


def _claimed(statement: Statement, given: Provenance) -> Level:
    """Say which level a complete provenance claims: whether it is borne out, the state says."""
    if given.practitioner is None or shown_by(given.credential, given.practitioner) is None:
        return "named"
    return "credentialed" if _endorsed_by(statement) is None else "endorsed"


def _is_reachable(contact: Contact | None) -> bool:
    """Say whether a contact can be used: a mailbox that is one, or a number with digits enough."""
    if contact is None:
        return False
    name, at, domain = (contact.mailbox or "").partition("@")
    digits = sum(one in ascii_digits for one in contact.telephone or "")
    return bool(name and at and "." in domain) or digits >= TELEPHONE_DIGITS_MIN

"""Findings: what a statement shows, without names and without content.

`examine` makes them from a verified statement; the broker records them and the publisher makes
them again to check. After the sections are erased, the decision is recomputed from these.

Source: design.md, Examine and decide; domain.md 4 (M02), 7 (Provenance).
"""

import msgspec

from contracts.agreement import Basis, Level
from contracts.event import Audience, control, work
from contracts.reason import Reason
from contracts.section import Consent, Exclusions, PersonPart, Provenance, Section
from contracts.statement import Statement

EXAMINER = "candour-examine/1"
"""The version of this module that stands in each decision; a change in findings changes it."""


class ConsentFinding(Section, frozen=True):
    """One subject's consent by token."""

    subject: str
    state: str


class Findings(Section, frozen=True, kw_only=True):
    """What decides, with no names and no content. Members absent where there is nothing.

    The first ones repeat the signed context so that `decide` needs nothing else. `parts` maps a
    person's number to the part. `missing` are provenance reason codes. `excluded` are agencies,
    `withheld_from` practitioner tokens. `refers` are the ids of `cause.<n>`, in number order.
    `addressee` is the one agency a request is put to. `founding`, `proposal` and `endorsed` are
    public control, carried whole because it names no subject.
    """

    statement: str
    id: str
    partnership: str
    source: str
    event: str
    purpose: str
    basis: Basis | None = None
    agreement: str | None = None
    classification: str
    urgency: str
    time: int
    kid: str
    stream: str
    sequence: int
    previous: str | None = None
    level: Level
    missing: list[str] = []
    sections: list[str]
    parts: dict[int, str] = {}
    consent: list[ConsentFinding] = []
    override: str | None = None
    excluded: list[str] = []
    withheld_from: list[str] = []
    refers: list[str] = []
    addressee: str | None = None
    founding: control.PartnershipFounded | None = None
    proposal: control.Act | None = None
    endorsed: control.ActEndorsed | None = None
    linked: list[str] = []
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
    sections = statement.sections
    consent = sections.get("consent")
    exclusions = sections.get("exclusions")
    excluded = exclusions.excluded if isinstance(exclusions, Exclusions) else []
    level, missing = _provenance(statement)
    event = statement.event
    public = statement.kind.audience is Audience.PUBLIC_CONTROL
    return Findings(
        statement=statement.digest,
        id=statement.context.id,
        partnership=statement.context.partnership,
        source=statement.context.source,
        event=statement.kind.name,
        purpose=statement.context.purpose,
        basis=statement.context.basis,
        agreement=statement.context.agreement,
        classification=statement.context.classification,
        urgency=statement.context.urgency,
        time=statement.time_ms,
        kid=statement.kid,
        stream=statement.intake.stream,
        sequence=statement.intake.sequence,
        previous=statement.intake.previous,
        level=level,
        missing=[] if public else missing,
        sections=list(sections),
        parts={
            int(name.split(".")[1]): value.part
            for name, value in sections.items()
            if isinstance(value, PersonPart)
        },
        consent=[ConsentFinding(view.subject, view.state) for view in consent.views]
        if isinstance(consent, Consent)
        else [],
        override=consent.override.ground
        if isinstance(consent, Consent) and consent.override
        else None,
        excluded=sorted({e.agency for e in excluded if e.agency}),
        withheld_from=sorted({e.practitioner for e in excluded if e.practitioner}),
        refers=statement.causes,
        addressee=event.addressee if isinstance(event, work.InformationRequested) else None,
        founding=event if isinstance(event, control.PartnershipFounded) else None,
        proposal=event.proposal if isinstance(event, control.ActProposed) else None,
        endorsed=event if isinstance(event, control.ActEndorsed) else None,
        linked=event.subjects
        if isinstance(event, (control.PersonsLinked, control.PersonsUnlinked))
        else [],
        set_time=event.at if isinstance(event, control.ExerciseTimeSet) else None,
        stream_use=event.use if isinstance(event, control.StreamOpened) else None,
        duty_due_at=event.due_at if isinstance(event, work.DutyOverdue) else None,
        standing=getattr(event, "standing", None),
    )


def _provenance(statement: Statement) -> tuple[Level, list[str]]:
    """Grade the provenance as claimed, and name every field that is missing."""
    given = statement.sections.get("provenance")
    if not isinstance(given, Provenance):
        return "anonymous", [Reason.PRACTITIONER_MISSING]
    contact = given.contact
    reachable = contact is not None and bool(contact.mailbox or contact.telephone)
    if given.kind == "system":
        complete = given.system and given.rule and given.accountable
        missing = [] if complete else [Reason.ACCOUNTABLE_MISSING]
        return "automated", [str(code) for code in missing]
    person = given.practitioner
    absent = (
        (Reason.PRACTITIONER_MISSING, not (person and person.name and person.token)),
        (Reason.ROLE_MISSING, not given.role),
        (Reason.EMPLOYER_MISSING, not given.employer),
        (Reason.HOW_KNOWN_MISSING, given.how_known is None),
        (Reason.CONTACT_MISSING, not reachable),
    )
    missing = [code for code, is_absent in absent if is_absent]
    return "anonymous" if missing else "named", [str(code) for code in missing]

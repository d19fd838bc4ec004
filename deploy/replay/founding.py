"""The partnership of a replay: the shipped plan, laws and agreements, founded as an exercise.

Source: deploy/governance; domain.md 7 ('then' says Probation Trust, 'now' is today's law).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from broker.core.state import digest_of_act
from contracts import credential
from contracts.agreement import Agreement
from contracts.draft import draft
from contracts.event.control import (
    ActEndorsed,
    ActProposed,
    AgreementAdopted,
    CredentialIssued,
    ExerciseTimeSet,
    Founding,
    Held,
    PartnershipFounded,
)
from contracts.form import Section
from deploy.governing import draft_founding, read_agreement, signed_founding
from deploy.replay.case import Case, milliseconds
from deploy.replay.offices import Office, Source, keys_of
from producers.document import load_file
from producers.signing import spelled

PLAN = Path(__file__).parents[1] / "governance" / "milton-keynes" / "founding.yaml"
YEARS_AFTER = 2
"""How long after its end a replay's agreements and credentials would still bind."""
_DAY = timedelta(days=1)


def agencies_of(plan: Path = PLAN) -> list[str]:
    """List the ids of the agencies that a plan founds."""
    value, _ = load_file(plan)
    listed = value.get("agencies") if isinstance(value, dict) else None
    return [str(one["id"]) for one in listed or [] if isinstance(one, dict)]


def founding_of(
    offices: Mapping[str, Office], *, title: str, titles: Mapping[str, str], log_key: str
) -> Founding:
    """Complete the shipped plan as an exercise.

    Args:
        offices: every founding agency's, by id.
        title: the partnership's.
        titles: of agencies that were called otherwise then.
        log_key: the log's public key, base64url.
    """
    keys = [key for office in offices.values() for key in keys_of(office)]
    planned = draft_founding(PLAN, log_key=log_key, keys=keys)
    # Years pass between two items: who said nothing meanwhile was not silent.
    rules = msgspec.structs.replace(planned.rules, silent_hours=None)
    agencies = [
        msgspec.structs.replace(one, title=titles.get(one.id, one.title))
        for one in planned.agencies
    ]
    first = next(iter(offices.values()))
    return msgspec.structs.replace(
        planned, id=first.control.home.agency.partnership, title=title, exercise=True,
        rules=rules, agencies=agencies,
    )  # fmt: skip


def found(offices: Mapping[str, Office], founding: Founding) -> None:
    """Say entry 0, signed by every agency."""
    signatures = [signed_founding(founding, one.control.home) for one in offices.values()]
    govern(
        offices[founding.governance].control,
        "partnership_founded",
        PartnershipFounded(founding, signatures),
    )


def agreements_of(begins: int, ends: int) -> list[Agreement]:
    """Read the shipped agreements, dated for a replay: in force from its beginning to its end.

    Args:
        begins: exercise time in milliseconds.
        ends: likewise.
    """
    shipped = [read_agreement(path).agreement for path in sorted(PLAN.parent.glob("mk-*.yaml"))]
    last = _day(ends) + 365 * YEARS_AFTER * _DAY
    dates = {
        "effective": f"{_day(begins)}", "review": f"{last - _DAY}", "expires": f"{last}",
    }  # fmt: skip
    return [msgspec.structs.replace(one, **dates) for one in shipped]


def agree(offices: Mapping[str, Office], governance: str, agreements: Sequence[Agreement]) -> None:
    """Propose agreements, and have every party endorse each."""
    for agreement in agreements:
        act = AgreementAdopted(agreement)
        govern(offices[governance].control, "act_proposed", ActProposed(act))
        endorsed = ActEndorsed("agreement_adopted", digest_of_act(act))
        for party in agreement.parties:
            if party.agency != governance:
                govern(offices[party.agency].control, "act_endorsed", endorsed)


def vouch(
    offices: Mapping[str, Office], case: Case, founding: Founding, agreements: Sequence[Agreement]
) -> None:
    """Have each agency vouch for its writers: trained and vetted as the agreements ask.

    They are invented, and so is that: what a leg asks of whoever says a thing is taken as given.
    """
    asked = {q for one in agreements for leg in one.legs for q in leg.qualifications or ()}
    rules = founding.rules
    asked |= {rules.index_qualification or "", rules.disclosure_qualification or ""} - {""}
    until = spelled(milliseconds(f"{agreements[0].expires}T00:00:00Z"))
    titles = {one.id: one.title for one in founding.agencies}
    for key, writer in case.writers.items():
        office = offices[writer.agency]
        source, employer = office.writers[key], office.control
        token = source.outbox.token_for("practitioner", key)
        written = credential.Credential(
            iss=writer.agency, partnership=founding.id, sub=token, role=writer.role,
            organisation=titles[writer.agency], until=until,
            qualifications=[Held(name, until) for name in sorted(asked)],
        )  # fmt: skip
        text = credential.issue(
            written, {"name": writer.name}, sign=employer.home.sign, kid=employer.home.kid,
            random_bytes=employer.draw,
        )  # fmt: skip
        issued = CredentialIssued(
            credential=credential.digest_of(text), practitioner=token, role=writer.role,
            until=until, qualifications=written.qualifications,
        )  # fmt: skip
        govern(employer, "credential_issued", issued)
        source.home.keep_credential(token, text)


def set_time(source: Source, at_ms: int) -> None:
    """Move the exercise's time forward."""
    source.log.now_ms = at_ms
    govern(source, "exercise_time_set", ExerciseTimeSet(spelled(at_ms)))


def govern(source: Source, event: str, value: Section) -> None:
    """Say public control, and insist on it."""
    source.insist(
        draft(id=source.new_id(), event=event, sections={"event": value}, classification="OFFICIAL")
    )


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()

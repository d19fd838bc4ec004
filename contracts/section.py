"""The sections of a statement: one disclosure each (design.md, The statement).

A section is named in the closed vocabulary below and holds one JSON object of the shape given
here, members in this order, absent where not known. Nothing in this module refuses for policy:
a field that is missing is a finding, a field that is wrong is a schema refusal.

Source: RFC 9901 (disclosures); design.md; domain.md 1.11, 7.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from contracts.form import DayOrMoment, Section, Sha256, StatementId, Token, Whole, is_real
from contracts.sharing import Consent, Exclusions, Involvements, Necessity, UseLimits


class Intake(Section, frozen=True):
    """Where the statement stands in its writer's chain; read by the broker, in no view.

    `sections` are the digests of the disclosures that are real, this one apart, so that a
    stripped copy is refused. `sequence` counts from 0; `previous` is the digest of the stream's
    last statement, absent at 0.
    """

    stream: Token
    sequence: Whole
    sections: list[Sha256]
    previous: Sha256 | None = None


class Cause(Section, frozen=True):
    """One statement that this one arises from, by id. One section each: `cause.<n>`."""

    statement: StatementId


class Practitioner(Section, frozen=True):
    """A named person at work: the agency's random token for them, and the name."""

    token: Token | None = None
    name: str | None = None


class Contact(Section, frozen=True):
    """How to reach a role, not a private person; at least one of them must work at night."""

    mailbox: str | None = None
    telephone: str | None = None
    out_of_hours: str | None = None


def _refuse_unreal(day: str | None) -> None:
    if day is not None and not is_real(day):
        raise ValueError("the calendar has no such day")


class Relay(Section, frozen=True):
    """One link of the chain that the information came through, nearest to its origin first."""

    role: str
    organisation: str
    name: str | None = None
    at: DayOrMoment | None = None

    def __post_init__(self) -> None:
        """Refuse a day that the calendar has not."""
        _refuse_unreal(self.at)


HowKnown = Literal[
    "told_by_subject", "told_by_other", "observed", "record", "public_source", "inferred"
]


class Provenance(Section, frozen=True):
    """Who says so, for whom, how they know, and where to ring (review rec. 16).

    `kind` is `practitioner`, `system` (then `system`, `rule` and `accountable` are given) or
    `anonymous` (an agency's report that names nobody). `source` is `public_anonymous` where a
    member of the public asked not to be named: the receiving practitioner still is. `credential`
    is the practitioner's credential as the employer issued it (contracts.credential).
    """

    kind: Literal["practitioner", "system", "anonymous"]
    practitioner: Practitioner | None = None
    role: str | None = None
    employer: str | None = None
    acting_for: str | None = None
    contact: Contact | None = None
    supervisor: str | None = None
    relay: list[Relay] | None = None
    how_known: HowKnown | None = None
    said: Literal["verbatim", "summary"] | None = None
    source: Literal["public_anonymous"] | None = None
    system: str | None = None
    rule: str | None = None
    accountable: str | None = None
    credential: str | None = None


class Name(Section, frozen=True):
    """One name a person is known by; a bare first name has no `family`."""

    given: str | None = None
    family: str | None = None


_BORN = {
    "day": r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "month": "[0-9]{4}-[0-9]{2}", "year": "[0-9]{4}",
    "age": "[0-9]{1,3}",
}  # fmt: skip


class Born(Section, frozen=True):
    """A date of birth as well as it is known: `value` is YYYY-MM-DD, YYYY-MM, YYYY or an age."""

    value: str
    precision: Literal["day", "month", "year", "age"]

    def __post_init__(self) -> None:
        """Refuse one that is not as precise as it says: it would part one person in two (M03)."""
        fits = re.fullmatch(_BORN[self.precision], self.value)
        if fits is None or not (self.precision == "age" or is_real(self.value)):
            raise ValueError("a birth is given to the precision it names")


class Identifier(Section, frozen=True):
    """A number some register gave a person (`nhs`, `pnc`, `cro`, or a register's own name)."""

    scheme: str
    value: str


class Identity(Section, frozen=True):
    """Who one person is. `subject` is the publisher's own random token for them."""

    subject: Token
    names: list[Name]
    born: Born | None = None
    sex: Literal["female", "male", "other", "not_known"] | None = None
    identifiers: list[Identifier] | None = None


class Whereabouts(Section, frozen=True):
    """Where one person is and how to reach them safely; withheld from most legs."""

    subject: Token
    address: str | None = None
    telephone: str | None = None
    safe_contact: str | None = None
    known_at: DayOrMoment | None = None

    def __post_init__(self) -> None:
        """Refuse a day that the calendar has not."""
        _refuse_unreal(self.known_at)


class Refuge(Section, frozen=True):
    """A refuge that one person is in: a section of its own, so that nothing sends it as an address.

    A leg carries it only where it names `person.refuge`; what carries `person.whereabouts` does
    not. Its members are those of `Whereabouts`.

    Source: domain.md 5 (trap 4), 7 (Attention).
    """

    subject: Token
    address: str | None = None
    telephone: str | None = None
    safe_contact: str | None = None
    known_at: DayOrMoment | None = None

    def __post_init__(self) -> None:
        """Refuse a day that the calendar has not."""
        _refuse_unreal(self.known_at)


PLACES = (Whereabouts, Refuge)
"""Sections that say where somebody is, of either kind: for what must let no place of theirs out."""

Part = Literal["victim", "alleged_perpetrator", "child", "associate", "unassessed"]


class PersonPart(Section, frozen=True):
    """The part one person played in *this* event; a later assessment is a new statement."""

    subject: Token
    part: Part


class Narrative(Section, frozen=True):
    """What happened, in words: what was said apart from what its writer makes of it.

    `question` is what was asked, where `text` answers it.
    """

    text: str
    form: Literal["verbatim", "summary"]
    question: str | None = None
    assessment: str | None = None


RiskLevel = Literal["standard", "low", "medium", "high", "very_high"]
Answer = Literal["yes", "no", "unknown", "not_asked", "refused"]
Children = Literal[
    "household", "contact", "cares_for_others", "pregnant", "none_known", "not_asked"
]


Factor = Literal[
    "violence_history", "previous_partner_abuse", "third_party_allegation", "threats_to_kill",
    "separation", "alcohol", "drugs", "reported_personality_disorder", "revenge", "anger",
    "jealousy", "isolation", "debt", "bereavement", "unexplained_injury", "belittling",
    "animal_as_weapon", "lost_support", "co_defendant_at_home", "reporting_barrier",
    "grooming_family", "care_needs", "homelessness", "accompanied", "medication",
]  # fmt: skip
"""What bears on danger besides an answer: domain.md 2, F01 to F24, in that order; then what review
5.6.2 (iii) names besides as a change of circumstances."""


class Risk(Section, frozen=True):
    """What bears on danger, each answer as given; unknown is never no.

    `answers` are an instrument's, by the id of the question; `account` says whose they are: what
    somebody took from records is never the victim's own account. `raised_because` is why judgement
    raised the level.
    """

    danger_now: Answer
    children: Children
    weapons: Answer = "not_asked"
    animals: Answer = "not_asked"
    partner_present: Answer = "not_asked"
    phone_monitored: Answer = "not_asked"
    seen_alone: Answer = "not_asked"
    factors: list[Factor] | None = None
    instrument: str | None = None
    level: RiskLevel | None = None
    answers: dict[str, Answer] | None = None
    account: Literal["victim", "records"] | None = None
    raised_because: str | None = None


class Health(Section, frozen=True):
    """Health detail; self-report is never a diagnosis."""

    text: str
    standing: Literal["diagnosed", "self_reported", "observed", "third_party"]


class Endorsement(Section, frozen=True):
    """A practitioner's own signature on what is said (contracts.credential).

    `sections` are the digests of what was signed: all real sections but `intake` and this one.
    """

    public_key: Sha256
    sections: list[Sha256]
    signature: str


class SourceIdentity(Section, frozen=True):
    """A public source who asked for anonymity: sealed, in no leg."""

    name: str
    contact: str | None = None


PLAIN: dict[str, type[Section]] = {
    "intake": Intake,
    "provenance": Provenance,
    "use_limits": UseLimits,
    "narrative": Narrative,
    "risk": Risk,
    "consent": Consent,
    "health": Health,
    "exclusions": Exclusions,
    "involvement": Involvements,
    "necessity": Necessity,
    "endorsement": Endorsement,
    "source_identity": SourceIdentity,
}
"""Sections that occur at most once, by name; `event` is typed by the statement's type."""

NUMBERED: dict[str, type[Section]] = {
    "identity": Identity,
    "whereabouts": Whereabouts,
    "refuge": Refuge,
    "part": PersonPart,
}
"""What `person.<n>.<these>` hold; n counts from 1 to 32."""

NEVER_DELIVERED = frozenset({"intake", "exclusions"})
"""Sections that no view holds, the publisher's own included."""

SEALED = NEVER_DELIVERED | {"source_identity"}
"""Sections that reach nobody but the publisher: no leg may name one."""

_PERSON = re.compile(r"person\.([1-9]|[12][0-9]|3[0-2])\.(identity|whereabouts|refuge|part)\Z")
_CAUSE = re.compile(r"cause\.([1-9]|[12][0-9]|3[0-2])\Z")


@lru_cache(maxsize=4096)
def kind_of(name: str) -> str | None:
    """Give the vocabulary's word for a section name: its number taken out.

    Args:
        name: as in the disclosure, for example `person.2.identity`.

    Returns:
        The name itself, `person.identity` and its like, or `cause`; None for an unknown name.
    """
    if name == "event" or name in PLAIN:
        return name
    person = _PERSON.match(name)
    if person is not None:
        return f"person.{person[2]}"
    return "cause" if _CAUSE.match(name) else None


def number_of(name: str) -> int:
    """Give the n of `person.<n>.…` or `cause.<n>`; 0 for a section without one."""
    part = name.split(".")
    return int(part[1]) if len(part) > 1 else 0


def shape_of(name: str) -> type[Section] | None:
    """Give the type of a section other than `event`; None for an unknown name."""
    plain = PLAIN.get(name)
    if plain is not None:
        return plain
    kind = kind_of(name)
    if kind == "cause":
        return Cause
    return NUMBERED.get(kind.removeprefix("person.")) if kind and kind != "event" else None


def mixed_subject(sections: Mapping[str, Section]) -> str | None:
    """Find a person section about another subject than its number's, or one already numbered.

    Legs withhold by number and part, so a mix-up would send one person's section as another's.

    Args:
        sections: value by section name.

    Returns:
        The section's name; None where every number is one subject and every subject one number.
    """
    numbers: dict[str, int] = {}
    subjects: dict[int, str] = {}
    for name, value in sections.items():
        if isinstance(value, (Identity, *PLACES, PersonPart)):
            number, subject = number_of(name), value.subject
            if subjects.setdefault(number, subject) != subject:
                return name
            if numbers.setdefault(subject, number) != number:
                return name
    return None

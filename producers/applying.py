"""The file of an application for disclosure: who is at risk, from whom, and who asks, sealed.

Source: DVDS guidance, April 2023; Domestic Abuse Act 2021 s77; domain.md 1.3, 5 (traps 7, 8).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from producers.assessing import WHO
from producers.document import Where, line_of, unusable
from producers.field import Id
from producers.filed import Report
from producers.report import Written, opened_as

Applicant = Literal["person_at_risk", "third_party", "agency", "police"]
_ASKS = frozenset({"person_at_risk", "third_party"})

BLANK = f"""\
# Somebody asks to know, or police think somebody should. IN DANGER NOW: ring 999 first.
# Give this file to: candour disclosure apply FILE --home DIR
right: to_ask                   # to_know: the police, or an agency, think of it
applicant: person_at_risk       # third_party; of a right to know: police agency
# about:                        # of a right to know: the id of the report
when: undated                   # the day on which it was asked
{WHO}
people:
  - {{reference: , given: , family: , part: victim, safe_contact: }}
  - {{reference: , given: , family: , part: alleged_perpetrator, may_be_told: no}}
children: not_asked             # household contact cares_for_others pregnant none_known
# public: {{name: , contact: }}   # a third party who asks: sealed, in no list, sent to nobody
words:                          # what is asked, and why; never who asks
"""
"""The form to fill."""


class Applying(Report):
    """The file. `public` is who asks, sealed; `about` the report that made police think of it."""

    report: Literal["disclosure"] = "disclosure"
    right: Literal["to_ask", "to_know"]
    applicant: Applicant
    about: Id | None = None


def read_application(path: Path, *, now_ms: int) -> Written:
    """Read an application's file.

    Args:
        path: the YAML file.
        now_ms: this machine's clock, in milliseconds since 1970.

    Raises:
        Misuse: it cannot be used; each defect by line and field, never by content.
    """
    filed, lines = opened_as(path, Applying, now_ms=now_ms)
    told = [(line_of(where, lines), text) for where, text in _defects(filed)]
    if told:
        raise unusable(path.name, told)
    facts = {"right": filed.right, "applicant": filed.applicant}
    changed = {
        "facts": {**facts, "statement": filed.about} if filed.about else facts,
        "causes": [*([filed.about] if filed.about else []), *filed.causes],
    }
    return Written(filed.model_copy(update=changed), lines, path.name)


def _defects(filed: Applying) -> Iterator[tuple[Where, str]]:
    if filed.facts:
        yield ("facts",), "`facts`: an application's are worked out; leave them out."
    if (filed.right == "to_ask") != (filed.applicant in _ASKS):
        yield (
            ("applicant",),
            "`applicant`: a right to ask is a person_at_risk's or a third_party's; a right to "
            "know begins with the police or an agency.",
        )
    parts = [one.part for one in filed.people]
    if parts.count("victim") != 1:
        yield (
            ("people",),
            "`people`: write one person with `part: victim`, who may be at risk. A new partner is "
            "a case of her own: apply for each apart.",
        )
    if parts.count("alleged_perpetrator") != 1:
        yield ("people",), "`people`: write one person with `part: alleged_perpetrator`."
    at_risk = [one for one in filed.people if one.part == "victim"]
    if filed.applicant == "person_at_risk" and not any(one.safe_contact for one in at_risk):
        yield (
            ("people",),
            "`people`: write `safe_contact` with who applies: how to reach her unseen by him.",
        )
    if filed.applicant == "third_party" and (filed.public is None or not filed.public.contact):
        yield (
            ("public",),
            "`public`: write who asks, `name` and `contact`: it is sealed, and reaches no other "
            "agency and no list.",
        )

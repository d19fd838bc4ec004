"""What a person records of an enquiry in private: how it ended, and that it was in private.

Source: review 5.4.2, 5.5.3, 7.1, rec. 17; domain.md 4 (M05, M08), 5 (trap 5).
"""

from typing import Literal

from consumers.enquiry.seen import ASKED
from contracts.event.report import Enquiry
from contracts.fault import Misuse
from contracts.section import Answer, Risk

Companion = Literal["nobody", "partner", "family", "other", "not_known"]


def check(
    enquiry: Enquiry, *, alone: bool, companion: Companion, setting: str, why: str | None
) -> None:
    """Refuse to record as asked what was not asked in private; the desk's own button.

    Args:
        enquiry: how it ended.
        alone: whether she was seen with nobody else there, an interpreter of ours apart.
        companion: who had come with her.
        setting: where it was.
        why: in words, where nobody asked.

    Raises:
        Misuse: with what to record instead.
    """
    if enquiry in ASKED and not alone:
        raise Misuse(
            "What is asked in front of somebody is not asked: the answer may be for them.",
            remedy="Record unsafe or not_asked, with why in --words, and make a time to see her "
            "alone.",
        )
    if enquiry in ASKED and setting == "joint_meeting":
        raise Misuse(
            "A joint meeting is no place to ask in private.",
            remedy="See her apart, and record where that was; nothing of it shows in the joint "
            "record.",
        )
    if enquiry not in ASKED and not why:
        raise Misuse("Nobody asked and nothing says why.", remedy="Give --words with `reason`.")
    if alone and companion == "not_known":
        raise Misuse(
            "She was seen alone, and nothing says whether somebody came with her.",
            remedy="Give --came-with nobody, partner, family or other.",
        )


def risk_of(*, alone: bool, companion: Companion) -> Risk:
    """Write what an enquiry shows of the danger: whether it was private, and who was near."""
    near: dict[Companion, Answer] = {
        "partner": "yes", "nobody": "no", "not_known": "unknown",
    }  # fmt: skip
    return Risk(
        danger_now="not_asked", children="not_asked", partner_present=near.get(companion, "no"),
        seen_alone="yes" if alone else "no",
        factors=["accompanied"] if companion in {"partner", "family", "other"} else None,
    )  # fmt: skip

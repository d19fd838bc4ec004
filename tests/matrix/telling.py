"""One partnership with its agreements in force, to say single things in and look what became."""

from functools import cache
from typing import Any

from tests.matrix.partnership import Heard, Milton
from tests.matrix.saying import Saying, token_in

POLICE, HUB, PROBATION, MK_ACT = "thames-valley", "mk-mash", "nps-thames-valley", "mk-act"
HOUSING, SURGERY, URGENT_CARE, COMPASS = "mkc-housing", "grove-surgery", "mkucs", "compass"
HEALTH = (SURGERY, URGENT_CARE, "mkuhft")


@cache
def town() -> Milton:
    """Give the partnership; every test says its own statements about its own people."""
    return Milton("traps")


def tell(sender: str, saying: Saying, **context: Any) -> Heard:
    """Say something that holds every section, and give what became of it."""
    return tell_exactly(sender, saying.event, saying.sections(town().draw), **context)


def tell_exactly(sender: str, event: str, sections: dict[str, Any], **context: Any) -> Heard:
    """Say sections as they are, and give what became of it."""
    return town().hear(f"{sender}/case", event, sections, **context)


def ask(sender: str, answers: str) -> str:
    """Have one agency ask another about him and her; give the question's id."""
    said = new_id()
    asked = Saying(
        "information_requested", "PV", reported(sender), answers, last=token_in(said)
    )  # fmt: skip
    tell(sender, asked, id=said)
    return said


def new_id() -> str:
    """Make a statement's id."""
    text = town().draw(16).hex()
    return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-8{text[17:20]}-{text[20:32]}"


@cache
def reported(agency: str) -> str:
    """Have an agency report something that the rest may arise from; give its id."""
    said = new_id()
    tell(agency, Saying("concern_reported", "PV", last=token_in(said)), id=said)
    return said

"""Which parts work for an agency, and in which order they are shown what came."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import structlog

from consumers.chronology.worker import Chronology
from consumers.desk.worker import Inbox
from consumers.disclosure.worker import Disclosures
from consumers.enquiry.worker import Enquiries
from consumers.governance.worker import Governance
from consumers.handover.worker import Handovers
from consumers.intelligence.worker import Intelligence
from consumers.people.weighing import Weighing
from consumers.people.worker import People
from consumers.referrals.worker import Referrals
from consumers.research.worker import Research
from consumers.responses.worker import Responses
from consumers.safeguarding.reassessing import Reassessing
from consumers.safeguarding.worker import Watching
from consumers.silence.worker import Silence
from consumers.telling.worker import Telling
from consumers.worker import Voice, Worker
from contracts.fault import Misuse
from contracts.instrument.assessed import Instrument
from deploy.matching import SHIPPED, weighing_of
from producers import instruments

_log = structlog.get_logger()


def workers_of(
    voice: Voice, weighing: Weighing | None = None, home: Path = instruments.SHIPPED
) -> list[Worker]:
    """Give every worker; each acts for its own kinds of agency, as the founding names them.

    Research comes first: the rules look at the tasks it opens. Responses come before referrals,
    and referrals before handovers: each looks at what the one before it keeps; what is to be
    assessed anew looks at what the rules raised. Who is told of it all comes last.

    Args:
        voice: who speaks.
        weighing: how it compares people; None for the settings that are shipped.
        home: the folder whose own instruments come before those that are shipped.
    """
    people = People(voice, weighing or weighing_of(SHIPPED.parent))
    casework = [Referrals(voice), Handovers(voice), Disclosures(voice), Enquiries(voice)]
    reassessing = Reassessing(voice, instruments_of(home))
    police = [Research(voice), Intelligence(voice)]
    return [
        Responses(voice), Governance(voice), people, *police, *casework,
        Watching(voice, reassessing.again), reassessing, Inbox(voice), Chronology(voice),
        Silence(voice), Telling(voice),
    ]  # fmt: skip


def instruments_of(home: Path) -> Callable[[str], Instrument | None]:
    """Give what finds an instrument at a home: each file is read when it is first asked for.

    Returns:
        Gives None for an instrument that is not known there, or whose file cannot be used: no
        report waits for it.
    """

    @cache
    def found(name: str) -> Instrument | None:
        if name not in instruments.known_instruments(home):
            return None
        try:
            return instruments.instrument(name, home)
        except Misuse as fault:
            _log.warning("instrument_unusable", remedy=fault.remedy)
            return None

    return found

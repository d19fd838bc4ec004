"""Which parts work for an agency, and in which order they are shown what came."""

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
from consumers.safeguarding.worker import Watching
from consumers.silence.worker import Silence
from consumers.telling.worker import Telling
from consumers.worker import Voice, Worker
from deploy.matching import SHIPPED, weighing_of


def workers_of(voice: Voice, weighing: Weighing | None = None) -> list[Worker]:
    """Give every worker; each acts for its own kinds of agency, as the founding names them.

    Research comes first: the rules look at the tasks it opens. Responses come before referrals,
    and referrals before handovers: each looks at what the one before it keeps. Who is told of it
    all comes last.

    Args:
        voice: who speaks.
        weighing: how it compares people; None for the settings that are shipped.
    """
    people = People(voice, weighing or weighing_of(SHIPPED.parent))
    casework = [Referrals(voice), Handovers(voice), Disclosures(voice), Enquiries(voice)]
    police = [Research(voice), Intelligence(voice)]
    return [
        Responses(voice), Governance(voice), people, *police, *casework, Watching(voice),
        Inbox(voice), Chronology(voice), Silence(voice), Telling(voice),
    ]  # fmt: skip

"""Who cannot have been told something through the log, as far as one recipient can know.

An agency holds its own views and no other's: whom else a report reached it is not told, so that
nobody learns from a list of recipients that one was left out. Agreements are public control: where
no leg of any carries a report to an agency, that agency was not given it by one. Everything else
only the ledger knows, which an auditor reads (`candour audit chronology`).

Source: design.md, The ledger (Public control), Examine and decide; domain.md 5 (trap 14).
"""

from consumers.worker import Partners
from contracts.agreement import Agreement
from contracts.event.control import AgreementAdopted
from contracts.statement import Statement


def untold(partners: Partners, statement: Statement, *, by: str) -> list[str]:
    """List the agencies to which no agreement ever adopted carries a report like this, by id.

    Args:
        partners: what is known of the partnership.
        statement: the report.
        by: its publisher.

    Returns:
        Empty for a threat to life: that goes without an agreement.
    """
    if statement.context.urgency == "threat_to_life":
        return []
    reached = {
        partners.acting(to)
        for agreement in _adopted(partners)
        for leg in agreement.legs
        if by in map(partners.acting, leg.sender)
        and statement.kind.name in leg.types
        and statement.context.purpose in leg.purposes
        and statement.context.agreement in {None, agreement.id}
        for to in leg.to
    }
    there = {partners.acting(one) for one in partners.agencies}
    return sorted(there - reached - {partners.acting(by)})


def _adopted(partners: Partners) -> list[Agreement]:
    """List every agreement that was ever put to the parties: none is taken for not in force."""
    return [act.agreement for act in partners.acts.values() if isinstance(act, AgreementAdopted)]

"""Topic names and record keys, spelled nowhere else (design.md, The ledger).

`<kind>.<partnership>[.<agency>]`; an agency's rights are exactly its own three. Keys are digests
or statement ids: opaque, because Kafka keeps a tombstone's key for a while after erasure.
"""

from contracts.identifier import AgencyId, is_slug


def submissions(partnership: str, agency: str) -> str:
    """Name the topic that one agency, and nobody else, writes."""
    return f"submissions.{partnership}.{agency}"


def views(partnership: str, agency: str) -> str:
    """Name the topic with what one agency holds."""
    return f"views.{partnership}.{agency}"


def receipts(partnership: str, agency: str) -> str:
    """Name the topic with what was decided on one agency's submissions."""
    return f"receipts.{partnership}.{agency}"


def ledger(partnership: str) -> str:
    """Name the topic with the entries in total order: one partition, no key."""
    return f"ledger.{partnership}"


def disclosures(partnership: str) -> str:
    """Name the topic with the sections of each recorded statement, keyed by its digest."""
    return f"disclosures.{partnership}"


def checkpoints(partnership: str) -> str:
    """Name the topic with the log's signed heads."""
    return f"checkpoints.{partnership}"


def submitter(topic: str, partnership: str) -> AgencyId | None:
    """Read the agency out of a submissions topic's name; None for any other topic."""
    kind, _, rest = topic.partition(".")
    found, _, agency = rest.partition(".")
    if kind != "submissions" or found != partnership or not is_slug(agency):
        return None
    return AgencyId(agency)

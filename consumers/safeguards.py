"""Safeguards that a ruleset may leave out, in words: which are off, and what that means."""

from contracts.event.control import Rules

OFF: dict[str, str] = {
    "index_qualification": "no vetting is asked of whoever looks in PNC, LEDS or PND: anybody at "
    "police who may research may look there",
    "disclosure_qualification": "no training is asked of whoever decides on a disclosure (Clare's "
    "Law): any second person in a deciding role may decide",
    "silent_hours": "an agency that publishes nothing any more is asked after by nobody",
}
"""Each by its member of the ruleset, and what it means that the ruleset does not name it."""


def off(rules: Rules) -> list[str]:
    """List the safeguards that a ruleset leaves out, as whoever founds or works by it reads it."""
    return [
        f"OFF in ruleset {rules.version}: {means} ({name})."
        for name, means in OFF.items()
        if getattr(rules, name) is None
    ]

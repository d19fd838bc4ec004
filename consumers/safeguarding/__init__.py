"""Safeguarding: rules over what an agency was lawfully sent, alerts to a role, named decisions."""

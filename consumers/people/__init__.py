"""People: which persons in what an agency was sent may be one; a named person decides."""

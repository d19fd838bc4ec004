"""The page on which a partner reports, for an agency of any kind; and what became of it."""

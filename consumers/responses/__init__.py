"""What is owed to whoever told us: an answer, by a clock; a duty that ran out becomes a fact."""

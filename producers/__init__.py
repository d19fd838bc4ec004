"""What an agency runs: its home, its outbox, and the report a practitioner writes."""

"""What happened to somebody, by time, and with whom they are connected: as it was told."""

"""How it is put together: settings, wiring, the `candour` command, Kafka for one machine."""

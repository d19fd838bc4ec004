"""How the log is recorded on Kafka: sequencer, dispatcher, index, checkpoints, recovery."""

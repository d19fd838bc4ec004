"""Apache Kafka for one machine: brought by its Maven coordinates, run by the project."""

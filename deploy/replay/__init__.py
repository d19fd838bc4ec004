"""A review replayed: a case's items as statements, over the real pathway, without Kafka."""

"""The demonstration: the review's report as it went, and as it goes now."""

"""What people decide about the log itself: release, review, correction, recall, erasure."""

"""Telling people: that something waits at their desk, how much it presses, and nothing else."""

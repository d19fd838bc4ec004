"""Silence: an agency that stopped speaking, and what here stands still."""

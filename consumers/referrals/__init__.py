"""Referrals: made and received, how each was decided, by when; and what was decided not to."""

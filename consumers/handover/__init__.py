"""Handover before a known end: due in time, to whom, and taken over by somebody who says so."""

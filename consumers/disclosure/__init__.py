"""Disclosure to somebody at risk (Clare's Law), for police: stages, clock, and who may know."""

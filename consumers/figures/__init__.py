"""Figures for the strategic group: how often, in time or not, and nothing of anybody."""

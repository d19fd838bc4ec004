"""Research for police: for each report a task per person per system, and how each ended."""

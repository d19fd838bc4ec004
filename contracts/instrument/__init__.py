"""Instruments and criteria as documents: what is asked, what it counts for, who then acts.

The YAML files beside this module are what ships. They hold questions, cut-offs, owners and
criteria; the modules hold the arithmetic. Another instrument, or another partnership's cut-offs,
is another file and no code. Nothing here reads a file, and nothing of it stands on a log: what was
answered does, with the id and version of what was asked.
"""

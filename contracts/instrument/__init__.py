"""Instruments and criteria as documents: what is asked, what it counts for, who then acts.

The YAML files beside this module are what ships. They hold questions, cut-offs, owners and
criteria; the modules hold the arithmetic. Another instrument, or another partnership's cut-offs,
is another file and no code. Nothing here reads a file.
"""

"""Connectors: what looks a person up in a local system by itself, and only reads it.

One port (`connector`), a SQL one and an HTTP one; `matching` says what an answer amounts to.
"""

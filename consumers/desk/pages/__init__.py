"""The pages of the desk, each with its routes."""

"""Texts of the counter."""

TEXTS: dict[str, tuple[str, str]] = {}

"""Texts of members' pages."""

TEXTS: dict[str, tuple[str, str]] = {}

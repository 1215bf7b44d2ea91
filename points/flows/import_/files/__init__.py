"""Bytes into rows: what kind of file it is, whether it is safe to open, and where its rows are."""

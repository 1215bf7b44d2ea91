"""Databases: base, column types, set-based reads and writes, connections. Knows no concept."""

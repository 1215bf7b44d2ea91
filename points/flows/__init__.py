"""What the engine does: one verb a module, the only place where concepts meet.

Each writing flow is a command (a frozen dataclass), what it needs, and a pure decision on what was
loaded; ``points.flows.table`` says which belongs to which.
"""

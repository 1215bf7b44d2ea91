"""Corrections: what was scored before is scored anew, decided by two, posted as deltas."""

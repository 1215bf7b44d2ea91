"""Unspent money that goes back to whoever gave it, by two people."""

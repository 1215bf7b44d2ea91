"""Adjustments of what a partner is owed, proposed by one person and decided by another."""

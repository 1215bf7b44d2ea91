"""Handouts: one reward for many members, by two people, counted to the last voucher."""

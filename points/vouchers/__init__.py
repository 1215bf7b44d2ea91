"""Vouchers: codes, what happens to them, where each stands, and passing them on."""

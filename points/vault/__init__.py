"""Sealing and opening of personal data: pure cryptography that knows no table and no concept."""

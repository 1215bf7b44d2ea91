"""Notices to members: told once, read when they like."""

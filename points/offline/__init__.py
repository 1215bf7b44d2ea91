"""Offline tokens: bounded promises that a till without network may take, and who bears a loss."""

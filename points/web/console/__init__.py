"""The console: what staff see."""

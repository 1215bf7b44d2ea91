"""Back-tests: what a draft would have made of what really happened."""

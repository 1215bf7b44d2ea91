"""Partners, their outlets, counters and contracts, and what each is owed."""

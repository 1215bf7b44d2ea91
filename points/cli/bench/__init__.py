"""``points bench``: how fast the engine is, beside plain references."""

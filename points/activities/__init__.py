"""Activities: what happened, how claims of it are decided, and what they were awarded."""

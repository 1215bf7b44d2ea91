"""Members: who takes part, in what role and standing."""

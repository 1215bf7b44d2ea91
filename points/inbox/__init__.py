"""The inbox of members: what the association has to tell each of them, once."""

"""Messages to partners' systems about what happened."""

"""The rule book: drafts on their way, published versions, and which of them holds when."""

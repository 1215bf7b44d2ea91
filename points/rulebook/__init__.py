"""The rule book: versions of rule sets, from the first draft to the last day in force."""

"""Pages about rules: versions, drafts with their editors, cases and back-tests, and approvals."""

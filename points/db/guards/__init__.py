"""The database's own guards: roles, privileges, row-level security, triggers; made and examined."""

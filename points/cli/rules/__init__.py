"""``points rules``: one module for each command."""

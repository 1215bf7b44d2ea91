"""The command line ``points``: parse, call one flow, present."""

"""The command line ``points``: parse, call one flow, present."""

from points.cli.app import main

__all__ = ["main"]

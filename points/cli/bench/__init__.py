"""``points bench``: postings through the engine, beside plain SQL on the same tables."""

from points.cli.bench.command import app

__all__ = ["app"]

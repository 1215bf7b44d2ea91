"""``points privacy``: consents, unmasking, export, erasure, keys, retention, assessments."""

from points.cli.privacy.app import app

__all__ = ["app"]

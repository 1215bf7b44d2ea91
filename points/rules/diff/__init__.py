"""What changed between two rule sets, by meaning: read from the models, said to staff."""

from points.rules.diff.changes import Change, Diff, Direction
from points.rules.diff.compare import diff

__all__ = ["Change", "Diff", "Direction", "diff"]

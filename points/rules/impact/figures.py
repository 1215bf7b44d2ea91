"""Sums that are compared: points, awards and points forgone, on either side."""

from dataclasses import dataclass

from points.rules.impact.sides import Line


@dataclass(slots=True)
class Figures:
    """What one way of counting comes to before and after, in one measure.

    Attributes:
        points: Granted; before and after, as all others.
        awards: How many lines granted something.
        forgone: What caps took.
    """

    points: list[int]
    awards: list[int]
    forgone: list[int]

    @classmethod
    def none(cls) -> "Figures":
        """Return figures of nothing."""
        return cls([0, 0], [0, 0], [0, 0])

    def add(self, line: Line, side: int) -> None:
        """Count a line on a side."""
        self.points[side] += line.points
        self.awards[side] += line.points > 0
        self.forgone[side] += line.forgone

    def merge(self, other: "Figures") -> None:
        """Add what another part counted."""
        for mine, theirs in zip(self.parts, other.parts, strict=True):
            mine[0] += theirs[0]
            mine[1] += theirs[1]

    @property
    def parts(self) -> tuple[list[int], list[int], list[int]]:
        """Return points, awards and points forgone."""
        return self.points, self.awards, self.forgone

    @property
    def delta(self) -> int:
        """Return how many points more there are after."""
        return self.points[1] - self.points[0]

    def as_json(self) -> dict[str, int]:
        """Return plain values."""
        return {
            "before": self.points[0],
            "after": self.points[1],
            "delta": self.delta,
            "awards_before": self.awards[0],
            "awards_after": self.awards[1],
            "forgone_before": self.forgone[0],
            "forgone_after": self.forgone[1],
        }

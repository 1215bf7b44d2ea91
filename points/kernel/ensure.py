"""Assertions that survive ``python -O``."""

from points.kernel.errors import BrokenInvariant


def ensure(holds: object, promise: str) -> None:
    """Raise when a promise of this program does not hold.

    Args:
        holds: The condition; anything truthy passes.
        promise: What should have been true, as a sentence.

    Raises:
        BrokenInvariant: The condition is false: a defect of ours, never a user's mistake.
    """
    if not holds:
        raise BrokenInvariant(promise)

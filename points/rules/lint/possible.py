"""What something may still be, once conditions are known to hold: numbers, words, truth, lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from points.rules.activity_types import NUMBER_LIMIT, FieldSpec
from points.rules.lint import ranges
from points.rules.lint.ranges import Numbers

DAY_MAX = 3_652_059
"""The number of the last day of a calendar."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts that something may be: only some, or all but some."""

    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()

    @property
    def single(self) -> str | None:
        """Return the one text that it can be, if there is only one."""
        return next(iter(self.only)) if self.only is not None and len(self.only) == 1 else None


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether something may be true, and whether it may be false."""

    may: frozenset[bool] = frozenset((True, False))


@dataclass(frozen=True, slots=True)
class Items:
    """What a list certainly holds, and what it certainly lacks."""

    holds: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()


Possible = Numbers | Words | Truth | Items
Known = Mapping[str, Possible]
"""What is known, by name; a name that is not there may be anything that its field allows."""

BOTH = Truth()


def of_field(spec: FieldSpec) -> Possible:
    """Return what a field may be, by its activity type alone."""
    match spec.kind:
        case "boolean":
            return BOTH
        case "enum":
            return Words(frozenset(spec.values))
        case "text" | "member":
            return Words()
        case "list":
            return Items()
        case "date":
            return Numbers(low=Decimal(1), high=Decimal(DAY_MAX), whole=True)
        case _:
            return Numbers(
                low=-NUMBER_LIMIT if spec.minimum is None else spec.minimum,
                high=NUMBER_LIMIT if spec.maximum is None else spec.maximum,
                whole=spec.kind == "integer",
            )


def meet(one: Possible, other: Possible) -> Possible | None:
    """Return what both allow, or nothing when that is nothing."""
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return ranges.meet(one, other)
    if isinstance(one, Words) and isinstance(other, Words):
        return _words(one, other)
    if isinstance(one, Truth) and isinstance(other, Truth):
        may = one.may & other.may
        return Truth(may) if may else None
    if isinstance(one, Items) and isinstance(other, Items):
        both = Items(one.holds | other.holds, one.lacks | other.lacks)
        return None if both.holds & both.lacks else both
    return one


def _words(one: Words, other: Words) -> Words | None:
    never = one.never | other.never
    if one.only is None and other.only is None:
        return Words(None, never)
    if one.only is None or other.only is None:
        only = (one.only or frozenset()) | (other.only or frozenset())
    else:
        only = one.only & other.only
    return Words(only - never) if only - never else None


def join(one: Possible, other: Possible) -> Possible | None:
    """Return something that allows whatever either allows; nothing says that all is allowed."""
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return ranges.join(one, other)
    if isinstance(one, Truth) and isinstance(other, Truth):
        return Truth(one.may | other.may)
    if isinstance(one, Items) and isinstance(other, Items):
        return Items(one.holds & other.holds, one.lacks & other.lacks)
    if not (isinstance(one, Words) and isinstance(other, Words)):
        return None
    if one.only is not None and other.only is not None:
        return Words(one.only | other.only)
    return Words(
        None,
        frozenset(
            word
            for word in one.never | other.never
            if not _allows(one, word) and not _allows(other, word)
        ),
    )


def _allows(words: Words, word: str) -> bool:
    return word not in words.never if words.only is None else word in words.only


def either(one: Known | None, other: Known | None) -> Known | None:
    """Return what is known when one or the other holds; ``None`` is what cannot be."""
    if one is None or other is None:
        return other if one is None else one
    joined = {name: join(one[name], other[name]) for name in one.keys() & other.keys()}
    return {name: found for name, found in joined.items() if found is not None}

"""Whether a history of concurrent operations could have happened one after the other.

Wing and Gong's search with Lowe's memory of what was tried: an operation may come next if it was
called before any other that is left came to its end. One whose outcome is unknown, because its
answer was lost, may have happened at any time after its call, or never.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

STEPS_MAX = 1_000_000

State = Hashable
Step = Callable[[State, Hashable], tuple[State, Hashable]]
"""Carries an operation out on a state; returns the next state and the answer."""


class Undecided(Exception):
    """The search was given up."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a history.

    Attributes:
        called: When it was asked for.
        ended: When its answer came; None where none ever did.
        asked: What was asked.
        answer: What was answered; of no meaning where none came.
    """

    called: int
    ended: int | None
    asked: Hashable
    answer: Hashable = None


def linearizable(
    history: Iterable[Operation], start: State, step: Step, *, steps_max: int = STEPS_MAX
) -> bool:
    """Return whether some order explains every answer and keeps to what came before what.

    Raises:
        Undecided: There are too many orders to try.
    """
    operations = sorted(history, key=lambda each: each.called)
    known = sum(1 << n for n, each in enumerate(operations) if each.ended is not None)
    tried: set[tuple[int, State]] = set()
    left: list[tuple[int, State]] = [(0, start)]
    while left:
        done, state = left.pop()
        if done & known == known:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        if len(tried) > steps_max:
            raise Undecided
        left.extend(_branches(operations, done, state, step))
    return False


def _branches(
    operations: list[Operation], done: int, state: State, step: Step
) -> list[tuple[int, State]]:
    """Return what may come next; the search goes on with the last of them."""
    sure: list[tuple[int, State]] = []
    unsure: list[tuple[int, State]] = []
    for number in _next(operations, done):
        each, (after, answer) = operations[number], step(state, operations[number].asked)
        branch = done | 1 << number, after
        if each.ended is None:
            # What changes nothing may as well never have happened.
            unsure += [branch] if after != state else []
        elif answer == each.answer:
            if after == state:
                # It only looked, and what it saw is so now: whatever else there is can come later.
                return [branch]
            sure.append(branch)
    return unsure + sure


def _next(operations: list[Operation], done: int) -> list[int]:
    """Return which operations may come next: those called before any other that is left ended."""
    remaining = [number for number in range(len(operations)) if not done >> number & 1]
    ends = [operations[number].ended for number in remaining]
    first = min((end for end in ends if end is not None), default=None)
    return [n for n in remaining if first is None or operations[n].called <= first]

"""The machine driven by seeded chance alone: the same storm every time, and no search around it.

Hypothesis looks for the small counterexample; a storm meets many different situations quickly,
which is what hunting mutants wants.
"""

import random

from tests.properties.ledger_machine import MISS, VERBS, LedgerMachine, Step
from tests.properties.ledger_world import World

ACTIONS = {"alone": 8, "together": 5, "tick": 3, "replay": 1, "other_body": 1, "backwards": 1}


def storm(world: World, seed: int, actions: int = 60) -> None:
    """Do so many things to two fresh associations, comparing with the model after each."""
    machine = type("Machine", (LedgerMachine,), {"world": world})()
    chance = random.Random(seed)
    machine.open()
    for name in chance.choices(list(ACTIONS), list(ACTIONS.values()), k=actions):
        act(machine, name, chance)
        machine.agrees()
    machine.teardown()


def act(machine: LedgerMachine, name: str, chance: random.Random) -> None:
    """Do one thing."""
    if name == "alone":
        machine.perform([step(chance)])
    elif name == "together":
        steps = [step(chance) for _ in range(chance.randint(2, 6))]
        machine.perform(steps, twice=chance.random() < 0.3)
    elif name == "tick":
        machine.tick(hours=chance.choice([1, 12, 24, 24, 48, 240]))
    elif name == "backwards":
        machine.clock_runs_backwards()
    elif name == "replay":
        machine.replay(pick=chance.randrange(1000))
    else:
        machine.replay_with_another_body(pick=chance.randrange(1000))


def step(chance: random.Random) -> Step:
    """Draw a step."""
    return Step(
        verb=chance.choices(list(VERBS), list(VERBS.values()))[0],
        at=chance.choice([0, 0, 0, 1]),
        of=chance.choice([0, 0, 0, 1]),
        pick=chance.randint(0, MISS),
        points=chance.randint(1, 12),
        days=chance.choice([None, 1, 1, 2, 5, -1]),
        pending=chance.random() < 0.3,
    )

"""A process that posts and keeps a journal, to be killed at any moment and started again.

Usage: ``poster.py URL JOURNAL SEED [once|no-ids]``. The journal holds what a careful client keeps:
``intent N`` before a command is sent, ``ack N TRANSACTION`` after it was answered, each on disk
before the next step; ``again N`` is for who waits to kill. Started again, it first repeats what was
never acknowledged.

``once`` stops after that. ``no-ids`` is the control: each attempt is given a new operation id.
"""

import os
import random
import sys
from concurrent.futures import Future
from pathlib import Path

from points.db.engines import open_database
from points.engine import Engine, Outcome
from points.kernel.clock import SystemClock
from points.kernel.ids import AccountId, AssociationId, Ids, OperationId
from tests.properties.ledger_flows import FLOWS, Earn, OnAccount, Open, SetAside

ASSOCIATION = AssociationId("A")
ACCOUNTS = (AccountId("M1.party.wallet"), AccountId("M2.party.wallet"))
EARNED = 3


class Journal:
    """Lines that are on disk once they are written."""

    def __init__(self, file: Path) -> None:
        self.intended, self.acknowledged = read_journal(file)
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, *lines: str) -> None:
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
        os.fsync(self._file)


def read_journal(file: Path) -> tuple[list[int], dict[int, str]]:
    """Return the numbers that were intended, and the transactions of those acknowledged."""
    intended: list[int] = []
    acknowledged: dict[int, str] = {}
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    for line in lines:
        word, number, *rest = line.split()
        if word == "intent":
            intended.append(int(number))
        elif word == "ack":
            acknowledged[int(number)] = rest[0]
    return intended, acknowledged


def command(number: int, attempt: str) -> OnAccount:
    """Return the command of a number, the same each time; every fifth sets points aside."""
    base = {
        "association_id": ASSOCIATION,
        "operation_id": OperationId(f"poster:{number}{attempt}"),
        "account_id": ACCOUNTS[number % 2],
    }
    return SetAside(**base, points=1) if number % 5 == 4 else Earn(**base, points=EARNED)


def post(engine: Engine, journal: Journal, numbers: list[int], attempt: str) -> None:
    """Send commands and acknowledge each as its answer comes."""
    sent: list[Future[Outcome]] = engine.enqueue_many(command(n, attempt) for n in numbers)
    for number, future in zip(numbers, sent, strict=True):
        outcome = future.result()
        done = outcome.result.get("transaction_id", "refused")
        journal.write(f"ack {number} {done}")


def main() -> None:
    url, file, seed, *mode = sys.argv[1:]
    journal, chance = Journal(Path(file)), random.Random(int(seed))
    attempt = f":{seed}" if mode == ["no-ids"] else ""
    database = open_database(url, pool_size=2)
    clock = SystemClock()
    with Engine(database, FLOWS, clock=clock, ids=Ids(clock)) as engine:
        engine.submit_many(
            Open(association_id=ASSOCIATION, operation_id=OperationId(f"open:{a}"), account_id=a)
            for a in ACCOUNTS
        )
        left = [n for n in journal.intended if n not in journal.acknowledged]
        post(engine, journal, left, attempt)
        number = max(journal.intended, default=-1) + 1
        while mode != ["once"]:
            numbers = list(range(number, number + chance.randint(1, 12)))
            journal.write(*(f"intent {n}" for n in numbers))
            post(engine, journal, numbers, attempt)
            number = numbers[-1] + 1
    database.dispose()


if __name__ == "__main__":
    main()

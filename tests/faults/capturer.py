"""A process that captures and voids, and keeps a journal, to be killed at any moment.

Usage: ``capturer.py URL JOURNAL LINKS SEED [once|no-ids]``, as ``poster.py``; LINKS is a file with
the vouchers' links. Every fourth command takes back the capture before it. ``no-ids`` is the
control: each attempt has request numbers of its own.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

from points.db.engines import open_database
from points.engine import Engine
from points.flows import capture, void
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, Ids
from points.vouchers.model import Links
from tests.faults.poster import Journal
from tests.flows.market import FLOWS, PHARMACY, SHOP
from tests.flows.town import HERE, NOON, civic_context

FEN = 10
VOIDS_EVERY = 4


def command(number: int, attempt: str, links: list[Links]) -> Any:
    """Return the command of a number, the same each time."""
    undoes = number % VOIDS_EVERY == VOIDS_EVERY - 1
    about = number - 1 if undoes else number
    request_no = f"k{about}{attempt}"
    common: dict[str, Any] = {
        "association_id": HERE,
        "actor": Actor(f"outlet:{SHOP}"),
        "partner_id": PHARMACY,
        "outlet_id": SHOP,
        "request_no": request_no,
        "links": links[about % len(links)],
    }
    if undoes:
        return void.Void(**common, operation_id=void.void_operation(PHARMACY, f"v{request_no}"))
    operation = capture.capture_operation(PHARMACY, request_no)
    return capture.Capture(**common, operation_id=operation, amount_fen=FEN)


def send(
    engine: Engine, journal: Journal, numbers: list[int], attempt: str, links: list[Links]
) -> None:
    """Send commands and acknowledge each as its answer comes."""
    sent = engine.enqueue_many(command(number, attempt, links) for number in numbers)
    for number, future in zip(numbers, sent, strict=True):
        result = future.result().result
        done = result.get("void_id") or result.get("capture_id") or "refused"
        journal.write(f"ack {number} {done}")


def main() -> None:
    url, file, known, seed, *mode = sys.argv[1:]
    journal, chance = Journal(Path(file)), random.Random(int(seed))
    links = [Links(**each) for each in json.loads(Path(known).read_text())]
    attempt = f".{seed}" if mode == ["no-ids"] else ""
    database, clock = open_database(url, pool_size=2), ManualClock(NOON)
    with Engine(database, FLOWS, clock=clock, ids=Ids(clock), context=civic_context()) as engine:
        left = [n for n in journal.intended if n not in journal.acknowledged]
        send(engine, journal, left, attempt, links)
        number = max(journal.intended, default=-1) + 1
        while mode != ["once"]:
            numbers = list(range(number, number + chance.randint(1, 12)))
            journal.write(*(f"intent {n}" for n in numbers))
            send(engine, journal, numbers, attempt, links)
            number = numbers[-1] + 1
    database.dispose()


if __name__ == "__main__":
    main()

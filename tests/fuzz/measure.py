"""Runs inputs through a target, each in a process of its own that gets little memory; says what each took.

Called with a JSON file of [[target, text], …]; prints one JSON list of {cpu, failed}. The first inputs
are ``SMALL``: how long they take says how fast the machine is, and so what is quick on it.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS

QUICK_SECONDS = 0.03
SMALL = ["yaml", "a: [1, 2, 3]\n" * 30]
SMALL_SECONDS = 0.001
"""What a machine of the kind that the bounds are for takes to read the small file."""
MEMORY_MAX = 64_000_000
TRIES = 3


def measured(target: str, text: str, slowness: float) -> dict[str, object]:
    """Return the least CPU time of several tries; one that was quick needs no other."""
    least = float("inf")
    for _ in range(TRIES):
        began = time.process_time()
        TARGETS[target](text)
        least = min(least, time.process_time() - began)
        if least <= QUICK_SECONDS * slowness * max(1, len(text) // 8_192):
            break
    return {"cpu": least, "failed": ""}


def apart(target: str, text: str, slowness: float) -> dict[str, Any]:
    """Measure in a child that may take no more than so much memory on top of what it has."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        return json.loads(said) if said else {"cpu": 0, "failed": f"died with {status}"}
    os.close(reading)
    had = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (had + MEMORY_MAX, had + MEMORY_MAX))
    try:
        found = measured(target, text, slowness)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        found = {"cpu": 0, "failed": repr(error)[:300]}
    with os.fdopen(writing, "w") as pipe:
        pipe.write(json.dumps(found))
    os._exit(0)


def slowness_of(small: list[dict[str, Any]]) -> float:
    """Return how many times slower this machine is at the moment than the one of the bounds."""
    return max(1.0, min(float(each["cpu"]) for each in small) / SMALL_SECONDS)


def main() -> None:
    """Measure all that a file names."""
    inputs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    results = [apart(*SMALL, 1) for _ in range(3)]
    slowness = slowness_of(results)
    results += [apart(target, text, slowness) for target, text in inputs]
    print(json.dumps(results))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()

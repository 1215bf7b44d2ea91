"""Processes to be killed that are there at once: forked off one that has imported what they run.

A process of its own takes a second to import what it needs, and is killed after some hundredths of
one. The nursery imports once; each child is a process like any other, and dies alone.

Usage: ``nursery.py MODULE...``; it reads ``["start", MODULE, ARGUMENT...]`` and ``["poll", PID]``, a
line each, and answers with a number, or with null for a child that runs.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent.parent
LOOKING_SECONDS = 0.002


@dataclass(frozen=True)
class Nursery:
    """What starts children, and hears how they ended."""

    asking: IO[str]
    answering: IO[str]

    def start(self, module: str, *arguments: str) -> "Child":
        """Start a child that runs a module's ``main`` with such arguments."""
        pid = self._ask("start", module, *arguments)
        assert pid is not None
        return Child(self, pid)

    def poll(self, pid: int) -> int | None:
        """Return how a child ended, once; nothing while it runs."""
        return self._ask("poll", pid)

    def _ask(self, *words: str | int) -> int | None:
        print(json.dumps(words), file=self.asking, flush=True)
        answer: int | None = json.loads(self.answering.readline())
        return answer


@dataclass
class Child:
    """A process that runs, or ran."""

    nursery: Nursery
    pid: int
    ended: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, below zero for a signal; nothing while it runs."""
        if self.ended is None:
            self.ended = self.nursery.poll(self.pid)
        return self.ended

    def kill(self) -> None:
        """Kill it, and wait until it is dead."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.wait(60) == -signal.SIGKILL

    def wait(self, seconds_max: float) -> int | None:
        """Wait until it ends; return as what."""
        until = time.monotonic() + seconds_max
        while self.poll() is None and time.monotonic() < until:
            time.sleep(LOOKING_SECONDS)
        return self.ended


@contextmanager
def nursery(*modules: str) -> Iterator[Nursery]:
    """Open a nursery for children that run such modules."""
    # Not measured: a process that is killed writes no coverage, and measuring slows it down.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    command = [sys.executable, "-m", "tests.faults.nursery", *modules]
    with subprocess.Popen(  # noqa: S603 - this interpreter and our own module
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Nursery(process.stdin, process.stdout)
        process.stdin.close()


def _born(module: str, arguments: list[str]) -> None:
    """Run a module in a child that has just been forked; what it says goes where errors go."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.argv = [module, *arguments]
    code = 0
    try:
        importlib.import_module(module).main()
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        traceback.print_exc()
        code = 1
    os._exit(code)


def main() -> None:
    for module in sys.argv[1:]:
        importlib.import_module(module)
    for line in sys.stdin:
        word, what, *arguments = json.loads(line)
        if word == "start":
            answer: int | None = os.fork()
            if answer == 0:
                _born(what, arguments)
        else:
            pid, status = os.waitpid(what, os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        print(json.dumps(answer), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()

"""The same sums on several processes: each opens what it needs for itself."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from multiprocessing import get_context, parent_process

from points.flows.backtest.scoring import Bench, sum_members
from points.kernel.errors import BrokenInvariant
from points.rules.impact import Partial

Opener = Callable[[], AbstractContextManager[Bench]]
"""Opens what is tried; it can be pickled, and what it opens need not be."""

AHEAD = 2
"""Groups of members that wait for each process."""

_opened: list[Bench] = []


def spread(
    opener: Opener, shards: Iterable[Sequence[str]], jobs: int
) -> Iterator[tuple[Sequence[str], Partial]]:
    """Yield the part of each group of members, as they are done."""
    # A forked child would share its parent's connections; a spawned one has its own.
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_open, initargs=(opener,)
    ) as pool:
        waiting: dict[Future[Partial], Sequence[str]] = {}
        coming = iter(shards)
        while True:
            for shard in islice(coming, jobs * AHEAD - len(waiting)):
                waiting[pool.submit(_sum, shard)] = shard
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for each in done:
                yield waiting.pop(each), each.result()


def _open(opener: Opener) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Never closed: the process ends with its pool, and with it all that it opened.
    _opened.append(ExitStack().enter_context(opener()))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        # A parent that was killed tells nobody; its children would wait for ever.
        parent.join()
        os._exit(1)


def _sum(shard: Sequence[str]) -> Partial:
    if not _opened:
        raise BrokenInvariant("a process opens its bench before it sums")
    return sum_members(_opened[-1], shard)

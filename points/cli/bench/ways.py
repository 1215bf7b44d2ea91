"""The ways of posting that ``points bench post`` compares."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from points.cli.bench.measure import Open, Pair, Post, Way
from points.cli.bench.postings import Postings, Reference
from points.cli.bench.reference_postgres import PostgresReference
from points.cli.bench.reference_sqlite import SqliteReference
from points.cli.bench.scratch import Scratch
from points.engine import Engine
from points.flows import grant
from points.kernel.ensure import ensure

SUBMITTERS = (1, 8, 32)
BATCHES = (1, 100, 1000)
SINGLE_GOALS = {32: 1.5}
BATCH_GOALS = {1000: 0.35}

PostThrough = Callable[[Reference], int]
"""Posts through a reference and returns how many postings that were."""


def pairs(scratch: Scratch, engine: Engine) -> tuple[Pair, ...]:
    """Return what is compared: submitters with as many connections, batches with batches."""
    postings = Postings.of(scratch)
    singles = {n: _single_reference(scratch, postings, n) for n in SUBMITTERS}
    batches = {n: _batch_reference(scratch, postings, n) for n in BATCHES if n > 1}
    return (
        *(
            Pair(
                engine=_submitters(engine, postings, n),
                reference=singles[n],
                goal=SINGLE_GOALS.get(n),
            )
            for n in SUBMITTERS
        ),
        *(
            Pair(
                engine=_batches(engine, postings, n),
                reference=batches.get(n, singles[1]),
                goal=BATCH_GOALS.get(n),
            )
            for n in BATCHES
        ),
    )


def new_engine(scratch: Scratch) -> Engine:
    """Return an engine that knows one flow; close it."""
    postings = Postings.of(scratch)
    return Engine(
        scratch.database, {grant.Grant: grant.FLOW}, clock=postings.clock, ids=postings.ids
    )


def _submitters(engine: Engine, postings: Postings, workers: int) -> Way:
    def post() -> int:
        ensure(engine.submit(postings.command()).refusal is None, "a bench posting is not refused")
        return 1

    return Way(
        code=f"engine.submit.{workers}",
        zh=f"引擎：{workers} 个提交者，各自逐笔",
        en=f"engine, {workers} submitters, one at a time",
        workers=workers,
        open=_shared(post),
    )


def _batches(engine: Engine, postings: Postings, size: int) -> Way:
    def post() -> int:
        outcomes = engine.submit_many([postings.command() for _ in range(size)])
        ensure(not any(o.refusal for o in outcomes), "a bench posting is not refused")
        return size

    return Way(
        code=f"engine.batch.{size}",
        zh=f"引擎：每批 {size} 笔",
        en=f"engine, batches of {size}",
        workers=1,
        open=_shared(post),
    )


def _single_reference(scratch: Scratch, postings: Postings, workers: int) -> Way:
    def post(reference: Reference) -> int:
        reference.post(postings.posting())
        return 1

    return Way(
        code=f"sql.single.{workers}",
        zh=f"纯 SQL：{workers} 个连接，一笔一个事务",
        en=f"plain SQL, {workers} connections, a transaction each",
        workers=workers,
        open=_connected(scratch, post),
    )


def _batch_reference(scratch: Scratch, postings: Postings, size: int) -> Way:
    def post(reference: Reference) -> int:
        reference.post_many([postings.posting() for _ in range(size)])
        return size

    return Way(
        code=f"sql.batch.{size}",
        zh=f"纯 SQL：每批 {size} 笔，集合写入",
        en=f"plain SQL, set-based batches of {size}",
        workers=1,
        open=_connected(scratch, post),
    )


def _shared(post: Post) -> Open:
    @contextmanager
    def opened() -> Iterator[Post]:
        yield post

    return opened


def _connected(scratch: Scratch, post: PostThrough) -> Open:
    @contextmanager
    def opened() -> Iterator[Post]:
        reference = _connect(scratch)
        try:
            yield lambda: post(reference)
        finally:
            reference.close()

    return opened


def _connect(scratch: Scratch) -> Reference:
    if scratch.kind == "postgresql":
        return PostgresReference(scratch.url)
    return SqliteReference(scratch.url)

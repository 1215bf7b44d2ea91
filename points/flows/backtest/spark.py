"""The same sums on an existing Spark: each partition runs the very function that a process runs.

``pyspark`` is no dependency: whoever has a Spark has it, and it is asked for only here.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from points.flows.backtest.processes import Opener
from points.flows.backtest.scoring import sum_members
from points.kernel.errors import Misused
from points.rules.impact import Partial


def sum_partition(
    opener: Opener, shards: Iterable[Sequence[str]]
) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Yield the part of each group of members of a partition, as plain values."""
    with opener() as bench:
        for shard in shards:
            yield list(shard), sum_members(bench, shard).as_json()


def on_spark(
    master: str, opener: Opener, shards: Iterable[Sequence[str]], partitions: int
) -> Iterator[tuple[Sequence[str], Partial]]:
    """Yield the part of each group of members, summed up on a Spark.

    Args:
        master: Where the Spark is, as ``spark://host:7077`` or ``local[2]``.
        opener: Opens what is tried; workers need the same Python and packages.
        shards: The groups of members.
        partitions: Among how many tasks the groups are divided.

    Raises:
        Misused: There is no pyspark here.
    """
    session = _session(master)
    try:
        groups = session.sparkContext.parallelize([list(each) for each in shards], partitions)
        parts = groups.mapPartitions(partial(sum_partition, opener))
        for shard, part in parts.toLocalIterator(prefetchPartitions=True):
            yield shard, Partial.read(part)
    finally:
        session.stop()


def _session(master: str) -> Any:  # noqa: ANN401 - pyspark may not be here to say
    try:
        sql = import_module("pyspark.sql")
    except ImportError:
        raise Misused(
            "backtest.no_spark",
            "未安装 pyspark：请在已有 Spark 的环境中运行，或去掉 --engine spark",
            "pyspark is not installed: run where a Spark is, or without --engine spark",
        ) from None
    session = sql.SparkSession.builder.master(master).appName("points-backtest").getOrCreate()
    if master.startswith("local"):
        # It would take the machine's own Python, which knows nothing of this one's packages.
        session.sparkContext.pythonExec = sys.executable
    return session

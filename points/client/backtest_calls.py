"""The call of staff who try rules on past activities, and its answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from points.client.answers import Read
from points.client.calls import Call, post


class Backtested(Read):
    """What would have been different.

    Attributes:
        sha256: Of the canonical JSON of the summary.
        summary: Totals, members, caps, cost and reasons, as the reference describes them.
    """

    sha256: str
    programme: str
    since: date
    until: date
    summary: Mapping[str, Any]


def backtest(since: date, until: date, **said: str | int) -> Call[Backtested]:
    """Ask what other rules would have made of the activities of a period.

    Args:
        since: First local day.
        until: First local day that is no longer in it.
        **said: ``draft`` and ``against_draft`` (texts of rule sets), ``programme``, ``against``
            (``stored`` or ``in_force``), ``fen_a_point``, ``budget_fen``.
    """
    body = {"since": since.isoformat(), "until": until.isoformat(), **said}
    return post("/v1/rulesets:backtest", Backtested, body, None, keyed=False)

"""Calls about pools, money that goes back, and the budget report."""

from datetime import datetime

from points.client import budget_answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post


def pools() -> Call[budget_answers.Pools]:
    """Return every programme's pool."""
    return get("/v1/pools", budget_answers.Pools)


def pool(programme: str) -> Call[budget_answers.Pool]:
    """Return a programme's pool."""
    return get(path_of("/v1/pools/{}", programme), budget_answers.Pool)


def pool_entries(
    programme: str, *, funding_only: bool = False, cursor: str | None = None
) -> Call[Page[budget_answers.PoolEntry]]:
    """List a pool's entries, the newest first."""
    only = "funding" if funding_only else None
    path = path_of("/v1/pools/{}/entries", programme)
    return get(path, Page[budget_answers.PoolEntry], only=only, cursor=cursor)


def fund_pool(
    programme: str,
    amount_fen: int,
    source: str,
    *,
    note: str = "",
    document: str = "",
    key: str | None = None,
) -> Call[budget_answers.Funded]:
    """Put money into a pool.

    Args:
        programme: ``party`` or ``health``.
        amount_fen: Above zero.
        source: ``union``, ``unit``, ``donor`` or ``association``.
        note: Where it comes from.
        document: Number of the resolution or payment.
        key: Names the request.
    """
    body = {"amount_fen": amount_fen, "source": source, "note": note, "document": document}
    return post(path_of("/v1/pools/{}/fundings", programme), budget_answers.Funded, body, key)


def propose_return(
    programme: str,
    amount_fen: int,
    source: str,
    note: str,
    *,
    document: str = "",
    key: str | None = None,
) -> Call[budget_answers.ReturnProposed]:
    """Ask another person to give unspent money back to whoever gave it."""
    body = {"amount_fen": amount_fen, "source": source, "note": note, "document": document}
    path = path_of("/v1/pools/{}/returns", programme)
    return post(path, budget_answers.ReturnProposed, body, key)


def pool_returns(
    programme: str, *, cursor: str | None = None
) -> Call[Page[budget_answers.PoolReturn]]:
    """List a pool's returns, the newest first."""
    path = path_of("/v1/pools/{}/returns", programme)
    return get(path, Page[budget_answers.PoolReturn], cursor=cursor)


def approve_return(
    return_id: str, reason: str = "", *, key: str | None = None
) -> Call[budget_answers.ReturnEnded]:
    """Approve a return of somebody else; the money leaves the pool at once."""
    path = path_of("/v1/returns/{}:approve", return_id)
    return post(path, budget_answers.ReturnEnded, {"reason": reason}, key)


def reject_return(
    return_id: str, reason: str, *, key: str | None = None
) -> Call[budget_answers.ReturnEnded]:
    """Reject a return of somebody else."""
    path = path_of("/v1/returns/{}:reject", return_id)
    return post(path, budget_answers.ReturnEnded, {"reason": reason}, key)


def withdraw_return(return_id: str, *, key: str | None = None) -> Call[budget_answers.ReturnEnded]:
    """Withdraw one's own return."""
    return post(path_of("/v1/returns/{}:withdraw", return_id), budget_answers.ReturnEnded, {}, key)


def budget(*, at: datetime | None = None) -> Call[budget_answers.Budget]:
    """Return the budget report, as recorded by an instant; now if none is given."""
    return get("/v1/reports/budget", budget_answers.Budget, at=at)

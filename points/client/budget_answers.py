"""What is answered of pools and the budget. Fields that a newer server adds are left alone."""

from datetime import date, datetime

from points.client.answers import Read


class Pool(Read):
    """A programme's money, in fen."""

    programme: str
    funded_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int
    margin_fen: int


class Pools(Read):
    """Every programme's pool."""

    items: list[Pool]


class PoolEntry(Read):
    """One change of a pool."""

    entry_id: str
    kind: str
    funded_fen: int
    reserved_fen: int
    spent_fen: int
    source: str | None = None
    note: str
    document: str
    about: str | None = None
    actor: str
    recorded_at: datetime


class Funded(Read):
    """What the pool holds now."""

    funded_fen: int
    free_fen: int


class PoolReturn(Read):
    """Money that goes back, and what became of it."""

    return_id: str
    programme: str
    amount_fen: int
    source: str
    note: str
    document: str
    state: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_reason: str | None = None


class ReturnProposed(Read):
    """A return that waits for another person."""

    return_id: str
    state: str
    until: datetime


class ReturnEnded(Read):
    """A return that has ended."""

    return_id: str
    state: str


class Forecast(Read):
    """When a pool is expected to run out; dates are missing where the end is not in sight."""

    known: bool
    weeks: int
    week_fen: int
    week_low_fen: int
    week_high_fen: int
    runs_out: date | None = None
    earliest: date | None = None
    latest: date | None = None
    by_last_year: date | None = None


class PoolReport(Read):
    """A pool with its sources and its forecast."""

    funded_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int
    margin_fen: int
    sellable_fen: int
    warns: bool
    sources: dict[str, int]
    weekly: list[int]
    forecast: Forecast


class Share(Read):
    """A share that is known within a range, in parts per million."""

    low_ppm: int
    high_ppm: int


class Expiring(Read):
    """Open points that go in one month."""

    month: str
    lots: int
    pending: int
    available: int
    held: int
    value_fen: int
    expected_fen: int


class Cohort(Read):
    """What became of what was issued in one month."""

    month: str
    issued: int
    redeemed: int
    expired: int
    lost: int
    donated: int = 0
    open: int
    breakage_ppm: int


class Liability(Read):
    """What open points may cost."""

    pending: int
    available: int
    held: int
    debt: int
    share: Share | None = None
    value_fen: int
    fund: int = 0
    fund_fen: int = 0
    expected_low_fen: int
    expected_fen: int
    months: list[Expiring]
    cohorts: list[Cohort]


class ProgrammeBudget(Read):
    """One programme."""

    programme: str
    pool: PoolReport
    liability: Liability


class Owed(Read):
    """What partners are owed for captures."""

    spent_fen: int
    statements_fen: int
    fees_fen: int
    paid_fen: int
    unpaid_fen: int
    open_fen: int


class Budget(Read):
    """The budget report."""

    at: datetime
    zone: str
    value_fen_per_point: int
    programmes: list[ProgrammeBudget]
    owed: Owed

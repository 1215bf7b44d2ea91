"""The budget report as pages show it: sentences, tables, and charts beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from points.flows.budget import BudgetReport, Liability, PoolFigures, ProgrammeBudget
from points.ledger.runoff import MILLION, Share
from points.web.charts import Series, columns
from points.web.shown import money
from points.web.texts import Texts, texts

COHORTS_MAX, EXPIRIES_MAX = 24, 24
PERCENT = MILLION // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing, its legend, and the table that says the same."""

    svg: Markup
    legend: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def shown(found: BudgetReport, language: str) -> dict[str, Any]:
    """Return what the template needs."""
    t = texts(language)
    return {
        "at": found.at,
        "point": found.value_fen_per_point,
        "programmes": [_programme(each, t) for each in found.programmes],
        "owed": [
            (t.budget_owed_spent, found.owed.spent_fen),
            (t.budget_owed_statements, found.owed.statements_fen),
            (t.budget_owed_paid, found.owed.paid_fen),
            (t.budget_owed_unpaid, found.owed.unpaid_fen),
            (t.budget_owed_open, found.owed.open_fen),
        ],
    }


def _programme(each: ProgrammeBudget, t: Texts) -> dict[str, Any]:
    pool, owed, code = each.pool, each.liability, each.programme
    return {
        "code": code,
        "name": t.word("programme", code),
        "stopped": pool.warns and not pool.sellable_fen,
        "warns": pool.warns,
        "warn_days": pool.warn_days,
        "pool": [
            (t.budget_funded, pool.funded_fen),
            (t.budget_spent, pool.spent_fen),
            (t.budget_reserved, pool.reserved_fen),
            (t.budget_free, pool.free_fen),
            (t.budget_margin, pool.margin_fen),
            (t.budget_sellable, pool.sellable_fen),
        ],
        "sources": [(t.word("source", name), fen) for name, fen in pool.sources.items()],
        **_forecast(pool, t),
        "weekly": _weekly(code, pool, t),
        "points": [
            (t.budget_pending, owed.pending),
            (t.budget_available, owed.available),
            (t.budget_held, owed.held),
            (t.budget_debt, owed.debt),
            (t.budget_hardship, owed.fund),
        ],
        "share": _share(owed.share),
        "cost": [
            (t.budget_value, owed.value_fen),
            (t.budget_expected, owed.expected_fen),
            (t.budget_expected_low, owed.expected_low_fen),
            (t.budget_fund_value, owed.fund_fen),
        ],
        "expiry": _expiry(code, owed, t),
        "cohorts": _cohorts(code, owed, t),
    }


def _forecast(pool: PoolFigures, t: Texts) -> dict[str, str]:
    ends = pool.forecast
    season = ends.by_last_year.isoformat() if ends.by_last_year else ""
    if not ends.known:
        return {"runs_out": t.budget_unknown, "range": "", "pace": "", "season": season}
    low, middle, high = ends.week_low_fen, ends.week_fen, ends.week_high_fen
    return {
        "runs_out": _day(ends.runs_out, t),
        "range": t.budget_range.format(_day(ends.earliest, t), _day(ends.latest, t)),
        "pace": t.budget_pace.format(ends.weeks, money(middle), money(low), money(high)),
        "season": season,
    }


def _day(day: date | None, t: Texts) -> str:
    return day.isoformat() if day else t.budget_no_end


def _share(share: Share | None) -> str:
    if share is None:
        return ""
    low, high = percent(share.low_ppm), percent(share.high_ppm)
    return high if low == high else f"{low}–{high}"


def percent(ppm: int) -> str:
    """Return parts per million as a percentage with one place, cut off."""
    return f"{ppm // PERCENT}.{ppm * 10 // PERCENT % 10}%"


def _weekly(code: str, pool: PoolFigures, t: Texts) -> Chart | None:
    uses = list(reversed(pool.weekly))
    if not uses:
        return None
    labels = [f"−{number}" for number in range(len(uses), 0, -1)]
    ago = [t.budget_weeks_ago.format(number) for number in range(len(uses), 0, -1)]
    told = f"{t.budget_weekly}: {money(min(uses))} – {money(max(uses))}"
    svg = columns(
        f"{code}-weeks",
        t.budget_weekly,
        told,
        labels,
        [Series(name=t.budget_used, values=uses)],
        money,
    )
    rows = [[label, money(fen)] for label, fen in zip(ago, uses, strict=True)]
    return Chart(svg=svg, legend=[t.budget_used], heads=[t.budget_week, t.budget_used], rows=rows)


def _expiry(code: str, owed: Liability, t: Texts) -> Chart | None:
    if not owed.months:
        return None
    lines = {each.month: each for each in owed.months}
    names = [each.month for each in owed.months]
    labels = [t.word("expiry_span", name) for name in names]
    expected = [lines[name].expected_fen for name in names]
    rest = [lines[name].value_fen - lines[name].expected_fen for name in names]
    told = f"{t.budget_by_expiry}: {t.budget_expected} {money(owed.expected_fen)}"
    svg = columns(
        f"{code}-expiry",
        t.budget_by_expiry,
        told,
        labels,
        [
            Series(name=t.budget_expected, values=expected),
            Series(name=t.budget_beyond, values=rest),
        ],
        money,
    )
    heads = [t.budget_month, t.budget_lots, t.budget_pending, t.budget_available]
    heads += [t.budget_held, t.budget_value, t.budget_expected]
    rows = [
        [
            label,
            *(f"{n:,}" for n in (line.lots, line.pending, line.available, line.held)),
            money(line.value_fen),
            money(line.expected_fen),
        ]
        for label, line in zip(labels, owed.months, strict=True)
    ]
    return Chart(svg=svg, legend=[t.budget_expected, t.budget_beyond], heads=heads, rows=rows)


def _cohorts(code: str, owed: Liability, t: Texts) -> Chart | None:
    if not owed.cohorts:
        return None
    last = owed.cohorts[-COHORTS_MAX:]
    common = [t.budget_redeemed, t.budget_open, t.budget_expired]
    names = [*common, t.budget_otherwise]
    values = [
        [each.redeemed for each in last],
        [each.open for each in last],
        [each.expired for each in last],
        [each.lost + each.donated for each in last],
    ]
    labels = [t.word("expiry_span", each.month) for each in last]
    issued = sum(each.issued for each in owed.cohorts)
    told = f"{t.budget_cohorts}: {t.budget_issued} {issued:,}"
    svg = columns(
        f"{code}-cohorts",
        t.budget_cohorts,
        told,
        labels,
        [Series(name=n, values=v) for n, v in zip(names, values, strict=True)],
        "{:,}".format,
    )
    heads = [t.budget_month, t.budget_issued, *common]
    heads += [t.budget_lost, t.budget_donated, t.budget_breakage]
    rows = [
        [
            t.word("expiry_span", each.month),
            *(f"{n:,}" for n in (each.issued, each.redeemed, each.open, each.expired)),
            *(f"{n:,}" for n in (each.lost, each.donated)),
            percent(each.breakage_ppm),
        ]
        for each in owed.cohorts
    ]
    return Chart(svg=svg, legend=names, heads=heads, rows=rows)

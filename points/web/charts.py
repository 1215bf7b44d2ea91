"""Column charts as SVG, made here: no script, readable in the dark, told in words beside.

Whole numbers only: lengths are the share of the largest column in hundredths of its height.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT, TOP, BOTTOM, LEFT = 720, 240, 22, 28, 4
LABELS_MAX = 13
GAP_PARTS, HALF_LABEL = 4, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour of a chart.

    Attributes:
        name: What it is called in the legend.
        values: One a column; what is below zero is drawn as nothing and stands in the table.
    """

    name: str
    values: Sequence[int]


def columns(
    name: str,
    title: str,
    told: str,
    labels: Sequence[str],
    series: Sequence[Series],
    spell: Callable[[int], str],
) -> Markup:
    """Return a chart of columns, the series on top of each other.

    Args:
        name: Of the chart on its page, for what describes it.
        title: What it shows.
        told: The same in a sentence, for those who do not see it.
        labels: One a column; of many only some are written.
        series: From the bottom up; at most four.
        spell: Says a value for people; the highest column's stands beside its height.
    """
    heights = [sum(max(v, 0) for v in each) for each in zip(*_values(series), strict=True)]
    most, floor = max(heights, default=0), HEIGHT - BOTTOM
    parts = [
        f'<svg class="columns" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f' aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title)}</title>',
        f'<desc id="{name}-d">{escape(told)}</desc>',
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{floor}" y2="{floor}"/>',
    ]
    parts.append(f'<text class="most" x="0" y="{TOP - 4}">{escape(spell(most))}</text>')
    step = (WIDTH - LEFT) // max(len(labels), 1)
    every = -(-len(labels) // LABELS_MAX)
    for number, label in enumerate(labels):
        x = LEFT + number * step
        parts += _column(x, step, [s.values[number] for s in series], most)
        if number % every == 0:
            middle, under = max(x + step // 2, HALF_LABEL), HEIGHT - 8
            parts.append(
                f'<text x="{middle}" y="{under}" text-anchor="middle">{escape(label)}</text>'
            )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - numbers of ours, texts escaped


def _values(series: Sequence[Series]) -> list[Sequence[int]]:
    return [each.values for each in series]


def _column(x: int, step: int, values: Sequence[int], most: int) -> list[str]:
    room, foot = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    wide = max(step - step // GAP_PARTS, 1)
    drawn, below = [], 0
    for number, value in enumerate(values):
        if value <= 0 or most <= 0:
            continue
        start, end = below * room // most, (below + value) * room // most
        # What is there is seen, however little it is beside the rest.
        tall = max(end - start, 1)
        drawn.append(
            f'<rect class="s{number + 1}" x="{x}" y="{foot - start - tall}" '
            f'width="{wide}" height="{tall}"/>'
        )
        below += value
    return drawn

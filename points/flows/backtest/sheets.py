"""A back-test's summary as tables, for files that people open in a spreadsheet program."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from points.rules.impact.words import DIMENSION_TITLES, headlines, named

Cell = str | int
FIGURES = {
    "before": "原分 before",
    "after": "新分 after",
    "delta": "变化 change",
    "awards_before": "原得分次数 awards before",
    "awards_after": "新得分次数 awards after",
    "forgone_before": "原封顶减少 forgone before",
    "forgone_after": "新封顶减少 forgone after",
}
MEASURE = "计量 measure"


class Sheet(NamedTuple):
    """One table.

    Attributes:
        name: Stable, for files.
        title: For people.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: list[list[Cell]]


def sheets(found: Mapping[str, Any], sha256: str) -> Iterator[Sheet]:
    """Yield the tables of a summary.

    Args:
        found: What ``Impact.as_json`` returns.
        sha256: Its hash, so that a file says what it was made from.
    """
    yield _summary(found, sha256)
    yield Sheet(
        "measures",
        "合计 totals",
        (MEASURE, *FIGURES.values()),
        [[each["measure"], *_figures(each)] for each in found["measures"]],
    )
    for dimension in found["by"]:
        yield _by(found, dimension)
    yield _caps(found)
    yield _members(found)
    yield _largest(found, "members")
    yield _largest(found, "activities")
    yield _quarantined(found)


def _summary(found: Mapping[str, Any], sha256: str) -> Sheet:
    said: list[list[Cell]] = [[title.zh, title.en] for title in headlines(found)]
    proof: list[list[Cell]] = [
        ["规则哈希 rules sha256", found["after"]["sha256"]],
        ["数据标记 data mark", found["data"]["mark"]],
        ["摘要哈希 summary sha256", sha256],
    ]
    return Sheet("summary", "概要 summary", ("中文", "English"), [*said, *proof])


def _by(found: Mapping[str, Any], dimension: str) -> Sheet:
    title = DIMENSION_TITLES[dimension]
    return Sheet(
        f"by_{dimension}",
        f"按{title.zh} by {title.en}",
        (f"{title.zh} {title.en}", "名称", "name", MEASURE, *FIGURES.values()),
        [
            [each[dimension], *_titled(found, dimension, each), each["measure"], *_figures(each)]
            for each in found["by"][dimension]
        ],
    )


def _titled(found: Mapping[str, Any], dimension: str, row: Mapping[str, Any]) -> list[str]:
    title = named(found, dimension, row[dimension])
    return [title.zh, title.en]


def _caps(found: Mapping[str, Any]) -> Sheet:
    names = {
        "hits_before": "原触顶次数 hits before",
        "hits_after": "新触顶次数 hits after",
        "forgone_before": "原减少分数 forgone before",
        "forgone_after": "新减少分数 forgone after",
    }
    return Sheet(
        "caps",
        "封顶 caps",
        ("封顶 cap", "名称", "name", MEASURE, *names.values()),
        [
            [each["cap"], *_titled(found, "cap", each), each["measure"]]
            + [each[name] for name in names]
            for each in found["caps"]
        ],
    )


def _members(found: Mapping[str, Any]) -> Sheet:
    return Sheet(
        "members",
        "会员变化 members",
        (MEASURE, "变化起点 change from", "人数 members", "分数合计 points in sum"),
        [
            [measure, band["band"], band["members"], band["points"]]
            for measure, people in found["members"]["measures"].items()
            for band in people["bands"]
        ],
    )


def _largest(found: Mapping[str, Any], of: str) -> Sheet:
    titles = {"members": "变化最大的会员 members", "activities": "变化最大的活动 activities"}
    header = (
        *(MEASURE, "方向 direction", "会员 member", "活动 activity", "类型 type", "时间 at"),
        *("原分 before", "新分 after", "变化 change", "原因", "reason"),
    )
    return Sheet(
        f"largest_{of}",
        titles[of],
        header,
        [
            [
                *(each["measure"], each["direction"], each["member"]),
                *(each["id"] if of == "activities" else "", each.get("type", "")),
                *(each.get("at", ""), each["before"], each["after"], each["delta"]),
                *(_reasons(each, "zh"), _reasons(each, "en")),
            ]
            for each in found["largest"][of]
        ],
    )


def _reasons(change: Mapping[str, Any], language: str) -> str:
    joined = "；" if language == "zh" else "; "
    return joined.join(f"{each['rule']} {each['said'][language]}" for each in change["reasons"])


def _quarantined(found: Mapping[str, Any]) -> Sheet:
    return Sheet(
        "quarantined",
        "搁置 set aside",
        ("规则 rule", "错误 error", "原次数 before", "新次数 after"),
        [
            [each["rule"], each["code"], each["before"], each["after"]]
            for each in found["quarantined"]
        ],
    )


def _figures(row: Mapping[str, Any]) -> list[Cell]:
    return [row[name] for name in FIGURES]

"""Profiles are data: their mistakes are findings with line and column."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from points.flows.import_.profiles.expressions import Compiler, hours_between
from points.flows.import_.profiles.file import choose, load_profiles, read_profile
from points.flows.import_.profiles.model import Profile
from points.kernel.errors import Misused
from points.rules.load_types import load_activity_types
from points.rules.reading import Reader
from points.rules.yaml_positions import read_yaml
from tests.unit.import_.samples import DEMO, ROOT

BEIJING = ZoneInfo("Asia/Shanghai")
GOOD = """\
sheet: s
version: 1
title: {zh: 表, en: S}
files: {names: ["s*"]}
source: sheet.s
facts:
  day: {title: {zh: 日, en: Day}, pattern: '(\\S+)', type: date}
columns:
  id:    {header: 编号, type: text, required: true}
  phone: {header: 手机号, type: phone, required: true}
  start: {header: 签到, type: datetime}
  out:   {header: 签退, type: datetime}
  kind:  {header: 类型, type: enum, values: {a: 甲, b: [乙, 丙]}}
person: {phone: phone}
key: {column: id}
checks:
  - order: {start: start, end: out}
yields:
  - activity: a.b
    occurred_at: start
    fields: {kind: kind}
"""


def codes(text: str) -> list[tuple[str, int | None]]:
    profile, findings = read_profile(text, file="s.yaml")
    assert (profile is None) == bool(findings)
    return [(finding.code, finding.line) for finding in findings]


def test_every_demo_file_has_exactly_one_profile(profiles: Mapping[str, Profile]) -> None:
    chosen = {path.name: choose(profiles, path.name) for path in DEMO.iterdir()}
    assert all(chosen.values())
    assert len({profile.name for profile in chosen.values() if profile}) == len(profiles) == 8
    assert choose(profiles, "别的.xlsx") is None
    assert choose(profiles, "义诊签到与培训签到.xlsx") is None


def test_a_file_s_name_fits_however_it_is_spelt(profiles: Mapping[str, Profile]) -> None:
    for name in ("会员花名册.xlsx", "2026会员花名册 - 待修改.XLSX", "C:\\表\\会员花名册.csv"):
        assert profiles["roster"].fits(name)


def test_every_activity_type_and_field_exists(profiles: Mapping[str, Profile]) -> None:
    text = (ROOT / "rules" / "activities.yaml").read_text(encoding="utf-8")
    types, findings = load_activity_types(text, file="activities.yaml")
    assert types is not None, findings
    for profile in profiles.values():
        for one in profile.yields:
            if one.kind == "activity":
                known = types.types[one.type].fields
                assert set(one.fields) <= set(known)
                assert {n for n, spec in known.items() if spec.required} <= set(one.fields)
                assert one.exclusive == (types.types[one.type].overlap == "refuse")


def test_a_profile_without_mistakes_has_none() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "code", "at"),
    [
        ("version: 1", "version: 1\nsheet: t", "yaml.duplicate_key", 3),
        ("version: 1", "versoin: 1", "file.unknown_key", 2),
        ("type: phone", "type: fone", "file.bad_value", 10),
        ("occurred_at: start", "occurred_at: begin", "profile.unknown_name", 20),
        ("occurred_at: start", "occurred_at: {noon: start}", "file.bad_value", 20),
        ("occurred_at: start", "occurred_at: {is: [kind]}", "profile.expression", 20),
        (
            "occurred_at: start",
            "occurred_at: {noon_of: start, day_of: out}",
            "profile.expression",
            20,
        ),
        ("occurred_at: start", "ended_at: start", "file.missing_key", 19),
        ("end: out", "end: fin", "profile.unknown_name", 17),
        ("- order:", "- ordre:", "file.bad_value", 17),
        ("'(\\S+)'", "'(\\S+'", "profile.pattern", 7),
        ("pattern: '(\\S+)',", "", "file.bad_value", 7),
        ("b: [乙, 丙]", "b: [乙, 甲]", "profile.ambiguous_value", 13),
        (", values: {a: 甲, b: [乙, 丙]}", "", "file.missing_key", 13),
        ("column: id", "column: kind", "profile.key", 15),
        ("column: id", "digest: [id, out]", "profile.key", 15),
        ("phone: phone}", "phone: id}", "profile.person", 14),
        ("  id:    {", "  day:    {", "file.bad_value", 9),
        ("- activity: a.b", "- activity: a.b\n    member: {}", "file.bad_value", 19),
        ("version: 1", "version: 1\nyear: &a 1", "yaml.anchor", 3),
    ],
)
def test_mistakes_are_found_where_they_stand(right: str, wrong: str, code: str, at: int) -> None:
    assert right in GOOD
    assert (code, at) in codes(GOOD.replace(right, wrong, 1))


def test_a_title_that_may_be_missing_identifies_no_row() -> None:
    loose = GOOD.replace("type: date}", "type: date, required: false}")
    assert codes(GOOD.replace("column: id", "digest: [day, id]")) == []
    assert codes(loose.replace("column: id", "digest: [day, id]")) == [("profile.key", 15)]


def test_records_of_one_row_are_told_apart() -> None:
    twice = GOOD + GOOD[GOOD.index("  - activity") :]
    assert ("profile.suffix", 19) in codes(twice)


def test_a_folder_with_a_mistake_is_not_loaded_in_part(tmp_path: object) -> None:
    folder = type(ROOT)(str(tmp_path))
    (folder / "a.yaml").write_text(GOOD, encoding="utf-8")
    assert list(load_profiles(folder)) == ["s"]
    (folder / "b.yaml").write_text(GOOD.replace("id:", "ID", 1), encoding="utf-8")
    with pytest.raises(Misused, match=r"b\.yaml"):
        load_profiles(folder)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("kind", "a"),
        ("{constant: 3}", 3),
        ("{present: [start, out]}", True),
        ("{present: [start, gone]}", False),
        ("{is: [kind, a, b]}", True),
        ("{is: [kind, b]}", False),
        ("{not: {is: [kind, b]}}", True),
        ("{all: [box, {is: [kind, b]}]}", False),
        ("{any: [box, {is: [kind, b]}]}", True),
        ("{matches: [words, 流动党员|临时]}", True),
        ("{matches: [gone, 流动党员]}", False),
        ("{first: [gone, kind]}", "a"),
        ("{hours_between: [start, out]}", Decimal("1.6666")),
        ("{hours_between: [start, gone]}", None),
        ("{day_of: start}", date(2025, 6, 7)),
        ("{noon_of: {day_of: start}}", datetime(2025, 6, 7, 12, tzinfo=BEIJING)),
        ("{ticked: {x: box, y: gone}}", ("x",)),
        ('{template: "t-{kind}"}', "t-a"),
    ],
)
def test_what_a_row_may_yield(expression: str, value: object) -> None:
    values = {
        "kind": "a", "box": True, "gone": None, "words": "第一流动党员支部",
        "start": datetime(2025, 6, 7, 8, tzinfo=BEIJING),
        "out": datetime(2025, 6, 7, 9, 40, tzinfo=BEIJING),
    }  # fmt: skip
    node, _ = read_yaml(expression, file="x")
    reader = Reader("x")
    compiled = Compiler(reader, values, BEIJING).compile(node)
    assert reader.findings == []
    assert compiled(values) == value


def test_hours_are_rounded_down_so_that_nobody_gains_by_rounding() -> None:
    start = datetime(2025, 6, 7, 8, tzinfo=BEIJING)
    assert hours_between(start, start.replace(minute=29, second=59)) == Decimal("0.4997")
    assert str(hours_between(start, start.replace(hour=10))) == "2"

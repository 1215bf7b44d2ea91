"""Lint finds every mistake of a rule file, all at once, each at its place."""

from pathlib import Path

import pytest

from points.kernel.findings import Severity
from points.rules import lint, read_file, render
from tests.unit.rules.worlds import HEAD, RULE, WORLD, codes_of, findings_of, ruleset_of

CAP = "caps:\n  c: {window: day, max: 5, title: {zh: 甲, en: A}}\n"


def rule(rest: str, before: str = "") -> list[str]:
    return codes_of(f"{before}rules:\n{RULE}{rest}}}\n")


def test_a_right_file_has_no_findings() -> None:
    assert rule("points: 1") == []
    assert rule("points: 1, caps: [c]", CAP) == []


@pytest.mark.parametrize(
    ("rest", "codes"),
    [
        ("when: event.hourz > 1, points: 1", ["expression.unknown_name"]),
        ("when: event.hours, points: 1", ["expression.type"]),
        ("when: event.trips > 1, points: 1", ["expression.may_be_missing"]),
        ("when: has(event.trips), points: event.trips", []),
        ("audience: event.verified, points: 1", ["expression.unknown_name"]),
        ("points: true", ["expression.type"]),
        ("points: -5", ["rule.negative_points"]),
        ("points: 1, pionts: 2", ["file.unknown_key"]),
        ("points: {wallet: 1, money: 2}", ["file.unknown_key"]),
        ("points: {wallet: 1}, measures: [wallet]", ["rule.measures"]),
        ("points: [1]", ["file.bad_value"]),
        ("points: 1, measures: [walet]", ["file.bad_value"]),
        ("points: 1, caps: [nope]", ["rule.unknown_cap"]),
        ("points: 1, caps: nope", ["file.bad_value"]),
        ("points: 1, caps: [[c]]", ["file.bad_value"]),
        ("points: 1, cooldown: soon", ["file.bad_value"]),
        ("points: 1, category: ''", ["file.bad_value"]),
        ("points: 1, category: [a]", ["file.bad_value"]),
        ("points: 1, group: nope", ["rule.unknown_group"]),
        ("points: 1, multipliers: [nope]", ["rule.unknown_multiplier"]),
        ("points: 1, evidence: [selfie]", ["file.bad_value"]),
        ("points: 1, round: sideways", ["file.bad_value"]),
        ("points: 1, round: {mode: down, step: 0}", ["file.bad_value"]),
        ("points: 1, expires: tomorrow", ["file.bad_value"]),
        ("points: 1, expires: PX", ["file.bad_value"]),
        ("points: 1, expires: {wallet: P90D}", []),
        ("points: 1, late_after: 90", ["file.bad_value"]),
        ("points: 1, cooldown: P1M", ["rule.cooldown"]),
        ("points: 1, review: {first: nobody}", ["file.bad_value"]),
        ("points: 1, review: {publicity: P5D}", ["file.missing_key"]),
        ("points: 1, review: {first: branch, publicity: PT5H}", ["review.publicity"]),
        ("points: 1, schedule: {weekdays: [monday]}", ["file.bad_value"]),
        ("points: 1, schedule: {from: noon}", ["file.bad_value"]),
        ("points: 1, schedule: {only: [today]}", ["file.bad_value"]),
        ("category: x", ["rule.points"]),
        ("points: 1, table: {hit: first, columns: [event.hours], rows: []}", ["rule.points"]),
    ],
)
def test_each_mistake_in_a_rule(rest: str, codes: list[str]) -> None:
    assert rule(rest) == codes


@pytest.mark.parametrize(
    ("before", "rest", "codes"),
    [
        (CAP, "points: 1", ["ruleset.unused"]),
        ("let: {x: event.hours}\n", "points: 1", ["ruleset.unused"]),
        ("let: {x: event.hours, y: let.x + 1}\n", "points: let.y", []),
        ("let: {y: let.x, x: event.hours}\n", "points: let.y", ["expression.unknown_name", "ruleset.unused", "expression.unknown_name"]),
        ("let: {x: let.x + 1}\n", "points: let.x", ["expression.unknown_name"] * 2),
        ("let: {x: '1 +'}\n", "points: let.x", ["expression.syntax", "expression.unknown_name"]),
        ("let: {x: [1]}\n", "points: 1", ["file.bad_value"]),
        ("let: [x]\n", "points: 1", ["file.bad_value"]),
        ("groups: {g: {mode: best_one, title: {zh: 甲, en: A}}}\n", "points: 1", ["ruleset.unused"]),
        ("groups: {g: {mode: best_one, title: {zh: 甲, en: A}}}\n", "points: 1, group: g", []),
        ("groups: {g: {mode: some}}\n", "points: 1, group: g", ["file.bad_value"]),
        ("multipliers: [{id: m, when: event.verified, times: 2}]\n", "points: 1", ["ruleset.unused"]),
        ("multipliers: [{id: m, when: event.verified, times: 2}]\n", "points: 1, multipliers: [m]", []),
        ("multipliers: [{id: m, when: event.hours, times: 2}]\n", "points: 1, multipliers: [m]", ["expression.type"]),
        ("multipliers: [{id: m, when: event.verified, times: 0}]\n", "points: 1, multipliers: [m]", ["multiplier.times"]),
        ("multipliers: [{id: m, when: event.verified, times: x}]\n", "points: 1, multipliers: [m]", ["file.bad_value"]),
        ("multipliers: [{id: m, when: event.verified, times: NaN}]\n", "points: 1, multipliers: [m]", ["file.bad_value"]),
        (
            "multipliers: [{id: m, when: event.verified, times: 2}, {id: m, when: event.verified, times: 3}]\n",
            "points: 1, multipliers: [m]",
            ["multiplier.duplicate"],
        ),
        ("multipliers: [m]\n", "points: 1", ["file.bad_value"]),
        ("caps: {c: {window: day, max: 0}}\n", "points: 1, caps: [c]", ["file.bad_value"]),
        ("caps: {c: {window: decade, max: 1}}\n", "points: 1, caps: [c]", ["file.bad_value"]),
        ("caps: {c: {window: month, years: 2, max: 1}}\n", "points: 1, caps: [c]", ["cap.years"]),
        ("caps: {c: {window: lifetime, mode: defer, max: 1}}\n", "points: 1, caps: [c]", ["cap.defer"]),
        ("caps: {c: {window: day, max: 1, within: d}}\n", "points: 1, caps: [c]", ["cap.unknown"]),
        ("caps: {c: {window: day, max: 1, per: event.nope}}\n", "points: 1, caps: [c]", ["cap.per"]),
        ("caps: {c: {window: day, max: 1, per: event.kinds}}\n", "points: 1, caps: [c]", ["cap.per"]),
        ("caps: {c: {window: day, max: 1, per: event.level}}\n", "points: 1, caps: [c]", []),
    ],
)  # fmt: skip
def test_each_mistake_around_the_rules(before: str, rest: str, codes: list[str]) -> None:
    assert rule(rest, before) == codes


@pytest.mark.parametrize(
    ("inner", "outer", "code"),
    [
        ("window: day", "window: month", None),
        ("window: day", "window: week", None),
        ("window: year", "window: year, years: 2", None),
        ("window: year, years: 2", "window: year, years: 4", None),
        ("window: quarter", "window: lifetime", None),
        ("window: activity", "window: week", None),
        ("window: week", "window: month", "cap.nesting"),
        ("window: week", "window: year", "cap.nesting"),
        ("window: month", "window: day", "cap.nesting"),
        ("window: month", "window: week", "cap.nesting"),
        ("window: year, years: 2", "window: year, years: 3", "cap.nesting"),
        ("window: year, years: 2", "window: year", "cap.nesting"),
        ("window: day", "window: month, per: event.level", "cap.nesting"),
        ("window: day, per: event.level", "window: month, per: event.level", None),
        ("window: day, per: event.level", "window: month", None),
    ],
)
def test_cap_trees_nest(inner: str, outer: str, code: str | None) -> None:
    caps = f"caps:\n  in: {{{inner}, max: 1, within: out}}\n  out: {{{outer}, max: 1}}\n"
    assert rule("points: 1, caps: [in]", caps) == ([code] if code else [])


def test_an_outer_cap_may_be_named_too_and_counts_once() -> None:
    caps = "caps:\n  in: {window: day, max: 1, within: out}\n  out: {window: month, max: 1}\n"
    rules = ruleset_of(f"{caps}rules:\n{RULE}points: 1, caps: [in, out]}}\n")
    assert [cap.id for cap in rules.rules[0].caps] == ["in", "out"]


def test_caps_do_not_run_in_circles() -> None:
    caps = "caps:\n  a: {window: day, max: 1, within: b}\n  b: {window: day, max: 1, within: a}\n"
    assert rule("points: 1, caps: [a]", caps) == ["cap.circle", "cap.circle"]
    caps = "caps:\n  a: {window: day, max: 1, within: b}\n  b: {window: day, max: 1, within: b}\n"
    assert set(rule("points: 1, caps: [a]", caps)) == {"cap.circle"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("ruleset: party", "ruleset: Party!", "file.bad_value"),
        ("ruleset: party", "rulset: party", "file.unknown_key"),
        ("version: 1", "version: one", "file.bad_value"),
        ("version: 1", "version: 1\nversion: 2", "yaml.duplicate_key"),
        ('from: "2024-01-01"', 'from: "2031-01-01"', "ruleset.effective"),
        ('from: "2024-01-01"', 'from: "1.1.2024"', "file.bad_value"),
        ("Asia/Shanghai", "Asia/Shanghi", "file.bad_value"),
        ("measures: [rating, wallet]", "measures: [rating, money]", "file.bad_value"),
        ("measures: [rating, wallet]", "measures: [wallet]\nbase: {rating: 60}", "file.unknown_key"),
        ("title: {zh: 规则, en: Rules}", "title: {zh: 规则}", "title.translation"),
        ("title: {zh: 规则, en: Rules}", "title: 规则", "title.translation"),
        ("title: {zh: 规则, en: Rules}", "title: ''", "file.bad_value"),
        ("title: {zh: 规则, en: Rules}", "title: [a]", "file.bad_value"),
        ("version: 1", "version: 1\nstars: [{at_least: 1, stars: 1}, {at_least: 2, stars: 2}]", "ruleset.stars"),
        ("version: 1", "version: 1\nstars: [{at_least: 1, stars: 6}]", "file.bad_value"),
        ("version: 1", "version: 1\nstacking: pile", "file.bad_value"),
        ("version: 1", "version: 1\nbase: {wallet: x}", "file.bad_value"),
        ("effective:", "effective: soon\n#", "file.bad_value"),
    ],
)  # fmt: skip
def test_each_mistake_in_the_head(old: str, new: str, code: str) -> None:
    assert old in HEAD
    assert code in codes_of(f"rules:\n{RULE}points: 1}}\n", HEAD.replace(old, new, 1))


def test_rule_ids_are_unique_and_types_known() -> None:
    assert codes_of(f"rules:\n{RULE}points: 1}}\n{RULE}points: 2}}\n") == ["rule.duplicate_id"]
    unknown = f"rules:\n{RULE}points: 1}}\n".replace("shift.done", "shift.don")
    assert codes_of(unknown) == ["rule.unknown_type"]
    assert "shift.done" in findings_of(unknown)[0].en
    assert codes_of("rules:\n  - {id: R1, points: 1}\n") == ["file.missing_key"] * 2
    assert "ruleset.too_many" in codes_of(
        f"rules:\n{f'{RULE}points: 1}}' + chr(10)}" * 1 + f"{RULE}points: 1}}\n" * 501
    )


def test_all_findings_come_at_once_and_in_order() -> None:
    body = (
        "let: {spare: '1'}\nrules:\n"
        "  - id: A\n    title: {zh: 甲, en: A}\n    on: shift.done\n"
        "    when: event.verified && event.hourz >= 1\n    points: let.nope\n    caps: [x]\n"
    )
    found = findings_of(body)
    assert [(each.code, each.place()) for each in found] == [
        ("ruleset.unused", "r.yaml:8:7"),
        ("expression.unknown_name", "r.yaml:13:29"),
        ("expression.unknown_name", "r.yaml:14:13"),
        ("rule.unknown_cap", "r.yaml:15:12"),
    ]
    assert found[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("when: event.nope > 1", "11:11"),
        ("when: 'event.nope > 1'", "11:12"),
        ('when: "event.nope > 1"', "11:12"),
        ("when: event.hours > 1 &&\n      event.nope > 1", "12:7"),
        ("when: |\n      event.hours > 1\n      && event.nope > 1", "13:10"),
        ("when: >-\n      event.hours > 1 &&\n      event.nope > 1", "13:7"),
        ("when: 'member.kind == ''rider'' && event.nope > 1'", "11:40"),
    ],
)
def test_places_hold_in_every_style_of_yaml(written: str, place: str) -> None:
    body = f"rules:\n  - id: A\n    title: {{zh: 甲, en: A}}\n    on: shift.done\n    {written}\n    points: 1\n"
    found = findings_of(body, HEAD.lstrip())
    assert [each.place() for each in found] == [f"r.yaml:{place}"]


def test_what_a_comment_swallowed_gets_a_hint() -> None:
    body = "rules:\n  - id: A\n    title: {zh: 甲, en: A}\n    on: shift.done\n"
    found = findings_of(body + "    when: event.verified && #event.hours > 1\n    points: 1\n")
    assert "is a comment" in found[0].en
    assert (
        "is a comment"
        not in findings_of(body + "    when: event.verified &&\n    points: 1\n")[0].en
    )


def test_a_finding_is_shown_with_its_line_and_a_caret() -> None:
    text = HEAD + f"rules:\n{RULE}when: event.hourz > 1, points: 1}}\n"
    shown = render(lint(text, file="r.yaml", types=WORLD), text, "en")
    head, line, caret = shown.splitlines()
    assert head.startswith("r.yaml:9:59: 'event' has no field 'hourz' — did you mean 'hours'?")
    assert head.endswith("[expression.unknown_name]")
    # One Chinese character before the caret takes two columns of a terminal.
    assert line[caret.index("^") - 1 :].startswith("event.hourz")
    assert "警告" in render(findings_of("let: {x: '1'}\nrules: []\n"), text)
    assert "warning" in render(findings_of("let: {x: '1'}\nrules: []\n"), text, "en")
    assert render(findings_of("rules: x\n"), "", "en").count("\n") == 0


def test_an_unreadable_file_is_one_finding() -> None:
    assert [each.code for each in lint("a: [", file="r.yaml", types=WORLD)] == ["yaml.syntax"]
    assert [each.code for each in lint("[]", file="r.yaml", types=WORLD)] == ["file.bad_value"]


def test_the_hash_is_of_the_content_not_the_layout() -> None:
    one = ruleset_of(f"rules:\n{RULE}points: 1}}\n")
    laid_out = ruleset_of(f"# a comment\nrules:\n{RULE}  points:   1  }}\n")
    changed = ruleset_of(f"rules:\n{RULE}points: 2}}\n")
    assert one.sha256 == laid_out.sha256 != changed.sha256


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_file(path) == "a: 1"


def test_a_flood_of_mistakes_is_cut_short() -> None:
    """Each of these took minutes when findings, or hints, had no bound."""
    assert len(findings_of("rules: []\n" + "".join(f"key{n}: 1\n" for n in range(19_000)))) == 201
    assert len(findings_of("rules: []\n" + "a: 1\n" * 19_000)) <= 201
    assert len(findings_of("rules: []\n" + "k" * 900_000 + ": 1\n")[0].en) < 400
    assert codes_of("x: [" + "?" * 900_000) == ["yaml.syntax"]

"""The rules of donations, grants and cards: read with every mistake in its place."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from points.kernel.errors import BrokenInvariant
from points.rules import (
    BenefitPolicy,
    DonationPolicy,
    EvaluationError,
    Facts,
    Gift,
    HardshipPolicy,
    load_benefits,
    read_file,
)
from tests.flows.town import activity_types

SHIPPED = Path(__file__).parents[3] / "rules" / "benefits.yaml"
HEAD = "version: 1\ntimezone: Asia/Shanghai\n"
CARD = (
    "stamp_cards:\n- {code: c, title: {zh: 卡, en: Card}, programme: health, on: [health.quiz], "
    'stamps: 3, valid_for: P30D, since: "2026-01-01", gives: {points: 5}'
)


def read(text: str) -> BenefitPolicy:
    policy, findings = load_benefits(HEAD + text, file="b.yaml", types=activity_types())
    assert policy is not None, findings
    return policy


def codes(text: str) -> list[str]:
    return codes_of(HEAD + text)


def codes_of(text: str) -> list[str]:
    policy, findings = load_benefits(text, file="b.yaml", types=activity_types())
    assert policy is None
    assert all(each.line > 0 and each.column > 0 for each in findings)
    return [each.code for each in findings]


def test_the_shipped_file_has_no_finding() -> None:
    policy, findings = load_benefits(
        read_file(SHIPPED), file="benefits.yaml", types=activity_types()
    )
    assert not findings
    assert policy is not None
    assert policy.donations["health"] == DonationPolicy(least=10, most=200, per_month=300)
    assert policy.hardship_in("party").source == "issuance"
    assert policy.cards["healthy_habits"].gives == Gift(reward="C13")


def test_a_file_that_says_nothing_lets_nobody_give() -> None:
    policy = read("")
    assert (policy.donations, policy.cards) == ({}, {})
    assert policy.hardship_in("health") == HardshipPolicy()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("programmes: {health: {donation: {least: 9, most: 3, per_month: 9}}}", "benefits.limits"),
        ("programmes: {health: {donation: {most: 3}}}", "file.missing_key"),
        ("programmes: {health: {hardship: {source: nowhere}}}", "file.bad_value"),
        ("programmes: {health: {hardship: {source: fund, expires: P1M}}}", "benefits.days"),
        (CARD.replace("code: c", "code: C-1") + "}", "benefits.code"),
        (f"{CARD}}}\n{CARD.split(chr(10))[1]}}}", "benefits.duplicate"),
        (CARD.replace("on: [health.quiz]", "on: []") + "}", "benefits.types"),
        (CARD.replace("health.quiz", "branch.meeting") + "}", "file.bad_value"),
        (CARD.replace("{points: 5}", "{points: 5, reward: C13}") + "}", "benefits.gift"),
        (CARD.replace("{points: 5}", "{reward: C13, expires: P9D}") + "}", "benefits.gift"),
        (CARD.replace("{points: 5}", "{reward: C13, expires: P3D}") + "}", "benefits.gift"),
        (CARD.replace("{points: 5}", "{}") + "}", "benefits.gift"),
        (CARD.replace(", gives: {points: 5}", "") + "}", "file.missing_key"),
        (CARD + ", when: event.nothing}", "expression.unknown_name"),
        (CARD + ", when: event.lesson}", "expression.type"),
        ("stamp_cards: 7", "file.bad_value"),
    ],
)
def test_a_mistake_is_named(text: str, code: str) -> None:
    assert any(each.startswith(code.split(".", maxsplit=1)[0]) for each in codes(text)), codes(text)


def test_a_zone_that_there_is_not_is_named() -> None:
    text = "version: 1\ntimezone: Asia/Shanghia\n"
    assert codes_of("version: 1\n") == ["file.missing_key"]
    assert codes_of("version: [1\n")
    policy, [finding] = load_benefits(text, file="b.yaml", types=activity_types())
    assert policy is None
    assert (finding.code, finding.line, finding.column) == ("benefits.timezone", 2, 11)


def facts(**fields: object) -> Facts:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Facts(
        activity_id="a",
        type="health.quiz",
        occurred_at=at,
        received_at=at,
        source="venue_qr",
        fields=fields,
        member={},
    )


def test_a_card_counts_what_its_condition_says() -> None:
    every = read(CARD + "}").cards["c"]
    passed = read(CARD + ", when: event.passed}").cards["c"]
    assert every.counts(facts(passed=False))
    assert passed.counts(facts(passed=True))
    assert not passed.counts(facts(passed=False))
    assert not every.counts(replace(facts(passed=True), type="branch.meeting"))
    assert every.since == date(2026, 1, 1)
    with pytest.raises(EvaluationError, match="missing_field"):
        passed.counts(facts())


def test_a_condition_that_cannot_be_worked_out_is_named() -> None:
    shifts = CARD.replace("health.quiz", "volunteer.shift").replace("health", "party")
    ratio = read(shifts + ", when: 1 / event.hours > 1}").cards["c"]
    shift = replace(facts(hours=Decimal(0), verified=True), type="volunteer.shift")
    with pytest.raises(EvaluationError, match="arithmetic"):
        ratio.counts(shift)


def test_days_and_months_are_local() -> None:
    policy = read("")
    late = datetime(2026, 2, 28, 17, tzinfo=UTC)
    assert (policy.day(late), policy.month(late)) == (date(2026, 3, 1), "2026-03")
    assert policy.after_days(late, 1) == datetime(2026, 3, 2, 16, tzinfo=UTC)


def test_policies_check_themselves() -> None:
    for wrong in (
        lambda: DonationPolicy(least=5, most=4, per_month=9),
        lambda: HardshipPolicy(source="nowhere"),
        Gift,
        lambda: Gift(reward="C13", points=1),
    ):
        with pytest.raises(BrokenInvariant):
            wrong()

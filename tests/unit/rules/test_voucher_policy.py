"""What may become of vouchers: read whole, mistakes with their place, nothing where it is silent."""

from pathlib import Path

import pytest

from points.kernel.errors import BrokenInvariant
from points.rules import PassingRule, VoucherPolicy, load_vouchers, schemas
from points.rules.load_vouchers import VOUCHERS_KEYS
from points.wiring import load_voucher_policy
from points.wiring.authored import RulesRefused

SHIPPED = Path(__file__).parents[3] / "rules" / "vouchers.yaml"


def load(text: str) -> tuple[VoucherPolicy | None, list[tuple[str, int | None, object]]]:
    policy, findings = load_vouchers(text, file="vouchers.yaml")
    return policy, [(each.code, each.line, each.column) for each in findings]


def test_the_shipped_file_lets_members_pass_on_what_it_names() -> None:
    policy, findings = load(SHIPPED.read_text("utf-8"))
    assert findings == []
    assert policy is not None
    assert policy.rule_for("C11", "item", "member") is not None
    assert policy.rule_for("C12", "amount", "member") is None
    assert policy.rule_for("C12", "amount", "staff") is not None
    assert (policy.reissues, policy.staff_reissues, policy.reminders) == (10, 5, (7, 1))


def test_silence_passes_nothing_on() -> None:
    assert load("version: 1\n") == (VoucherPolicy(), [])
    assert VoucherPolicy().rule_for("C11", "item", "staff") is None


def test_every_number_can_be_chosen() -> None:
    policy, findings = load(
        "version: 1\n"
        "reissue: {by_member_max: 0, by_staff_max: 1}\n"
        "reminders: [1, 3, 3, 14]\n"
        "reassign:\n"
        "  offer_days: 2\n"
        "  received_a_month_max: 0\n"
        "  rules: [{rewards: [C1], kinds: [item], by: [staff], most: 4, days_left_min: 5}]\n"
        "bulk: {members_max: 7}\n"
    )
    assert findings == []
    assert policy == VoucherPolicy(
        reissues=0,
        staff_reissues=1,
        reminders=(14, 3, 1),
        offer_days=2,
        received_a_month=0,
        passing=(
            PassingRule(
                rewards=frozenset({"C1"}),
                kinds=frozenset({"item"}),
                by=frozenset({"staff"}),
                most=4,
                days_left=5,
            ),
        ),
        bulk_members=7,
    )


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("reisue: {}", ("file.unknown_key", 2, 1)),
        ("reminders: [61]", ("file.bad_value", 2, 13)),
        ("reminders: 7", ("file.bad_value", 2, 12)),
        ("reassign: {rules: [{by: [staff]}]}", ("file.missing_key", 2, 20)),
        ("reassign: {rules: [{kinds: [item]}]}", ("file.missing_key", 2, 20)),
        ("reassign: {rules: [{kinds: [thing], by: [staff]}]}", ("file.bad_value", 2, 29)),
        ("reassign: {rules: [{kinds: [item], by: [nobody]}]}", ("file.bad_value", 2, 41)),
        ("bulk: {members_max: 100001}", ("file.bad_value", 2, 21)),
    ],
)
def test_mistakes_are_named_with_their_place(line: str, finding: tuple[str, int, int]) -> None:
    policy, findings = load(f"version: 1\n{line}\n")
    assert policy is None
    assert finding in findings


def test_what_is_no_yaml_is_no_policy() -> None:
    assert load("{")[0] is None


def test_the_schema_knows_every_key() -> None:
    assert tuple(schemas()["vouchers.v1.json"]["properties"]) == VOUCHERS_KEYS


def test_a_folder_without_the_file_passes_nothing_on(tmp_path: Path) -> None:
    assert load_voucher_policy(tmp_path) == VoucherPolicy()
    (tmp_path / "vouchers.yaml").write_text("version: 2\n")
    with pytest.raises(RulesRefused):
        load_voucher_policy(tmp_path)


def test_a_policy_checks_itself() -> None:
    with pytest.raises(BrokenInvariant):
        VoucherPolicy(reminders=(1, 7))
    with pytest.raises(BrokenInvariant):
        VoucherPolicy(bulk_members=0)

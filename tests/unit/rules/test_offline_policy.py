"""The file of offline tokens: off by default, bounds named with their place when they are wrong."""

from pathlib import Path

import pytest

from points.kernel.errors import BrokenInvariant
from points.rules import OfflinePolicy, load_offline, schemas
from points.rules.load_offline import OFFLINE_KEYS
from points.wiring.authored import load_offline_policy

SHIPPED = Path(__file__).parents[3] / "rules" / "offline.yaml"
HEAD = "version: 1\nenabled: false\n"


def load(text: str) -> tuple[OfflinePolicy | None, list[tuple[str, int | None]]]:
    policy, findings = load_offline(text, file="offline.yaml")
    return policy, [(each.code, each.line) for each in findings]


def test_the_shipped_file_says_the_defaults() -> None:
    assert load(SHIPPED.read_text("utf-8")) == (OfflinePolicy(), [])
    assert load(HEAD) == (OfflinePolicy(), [])
    assert not OfflinePolicy().allows("YF01")


def test_every_bound_can_be_chosen() -> None:
    policy, findings = load(
        "version: 1\nenabled: true\noutlets: [YF01, YF02]\n"
        "token: {value_fen_max: 1, hours_max: 24, upload_hours: 2}\n"
        "limits: {per_voucher: 3, per_till_a_day: 4}\n"
        "keys: {signing: 7, revoked: [6]}\n"
    )
    assert findings == []
    assert policy == OfflinePolicy(
        enabled=True,
        outlets=("YF01", "YF02"),
        value_fen_max=1,
        hours_max=24,
        upload_hours=2,
        per_voucher=3,
        per_till_a_day=4,
        signing_key=7,
        revoked_keys=(6,),
    )
    assert policy.allows("YF02")
    assert policy.trusted_keys == (7,)
    assert OfflinePolicy(signing_key=7).trusted_keys == (7, 6)
    assert OfflinePolicy().trusted_keys == (1,)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "yaml.empty", None),
        ("version: 1\n", "file.missing_key", 1),
        ("version: 1\nenabled: true\n", "offline.outlets", 2),
        (HEAD + "token: {hours_max: 25}\n", "file.bad_value", 3),
        (HEAD + "limits: {per_voucher: 0}\n", "file.bad_value", 3),
        (HEAD + "keys: {signing: 2, revoked: [2]}\n", "offline.key", 3),
        (HEAD + "hours: 3\n", "file.unknown_key", 3),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, code: str, line: int | None) -> None:
    policy, findings = load(text)
    assert policy is None
    assert code in {each[0] for each in findings}
    assert line is None or (code, line) in findings


def test_no_token_lasts_longer_than_a_day() -> None:
    with pytest.raises(BrokenInvariant):
        OfflinePolicy(hours_max=25)
    with pytest.raises(BrokenInvariant):
        OfflinePolicy(revoked_keys=(1,))


def test_a_folder_without_the_file_issues_none(tmp_path: Path) -> None:
    assert load_offline_policy(tmp_path) == OfflinePolicy()
    assert load_offline_policy(SHIPPED.parent) == OfflinePolicy()


def test_the_schema_knows_every_key() -> None:
    assert set(schemas()["offline.v1.json"]["properties"]) == set(OFFLINE_KEYS)

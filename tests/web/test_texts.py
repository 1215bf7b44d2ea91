"""Nothing is said in one language alone, and every template says only what there is."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

import points.web
from points.activities.model import State as ClaimState
from points.activities.model import Step
from points.audit.model import TEXT_LENGTH_MAX
from points.benefits.model import EntryKind
from points.catalogue.model import RewardKind, Window
from points.corrections.model import Kind as CorrectionKind
from points.corrections.model import State as CorrectionState
from points.flows.alert_desk import Noun
from points.flows.erase import Ground
from points.flows.unmask import FIELDS, Reason
from points.handouts.model import Mode as HandoutMode
from points.handouts.model import State as HandoutState
from points.identity.roles import Level, Role
from points.identity.staff import Change
from points.kernel.findings import Severity
from points.ledger.model import Kind as LineKind
from points.members.model import MemberKind
from points.members.model import Role as Duty
from points.offline.model import Bearer
from points.offline.model import Decision as OfflineDecision
from points.privacy.model import Purpose
from points.proposals.model import REASONS
from points.proposals.model import Kind as ProposalKind
from points.proposals.model import State as ProposalState
from points.rulebook.model import DraftState, Phase
from points.rulebook.model import Step as DraftStep
from points.rules.diff import Direction
from points.rules.watch import SIGNS
from points.vouchers.model import EventKind
from points.vouchers.model import State as VoucherState
from points.web.shown import device, yuan
from points.web.templating import templates
from points.web.texts import TABLES, preferred, texts, words

FOLDER = Path(points.web.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NO_WORDS = {"brand"}
WORDED: dict[str, type[StrEnum]] = {
    "claim_state": ClaimState,
    "step": Step,
    "member_kind": MemberKind,
    "duty": Duty,
    "line_kind": LineKind,
    "hardship_kind": EntryKind,
    "voucher_state": VoucherState,
    "voucher_event": EventKind,
    "handout_state": HandoutState,
    "handout_mode": HandoutMode,
    "level": Level,
    "look_reason": Reason,
    "purpose": Purpose,
    "proposal_kind": ProposalKind,
    "proposal_state": ProposalState,
    "account_change": Change,
    "role": Role,
    "reward_kind": RewardKind,
    "window": Window,
    "draft_state": DraftState,
    "draft_step": DraftStep,
    "rule_phase": Phase,
    "direction": Direction,
    "correction_kind": CorrectionKind,
    "correction_state": CorrectionState,
    "severity": Severity,
    "offline_decision": OfflineDecision,
    "offline_bearer": Bearer,
    "alert_noun": Noun,
}


def lacking(table: dict[str, tuple[str, str]]) -> list[str]:
    return [
        name
        for name, (zh, en) in table.items()
        if not CHINESE.search(zh) or not en.strip() or CHINESE.search(en)
    ]


def test_every_text_is_there_in_both_languages() -> None:
    for table in (*TABLES, *words.GROUPS.values()):
        assert lacking(table) == []


def test_a_text_in_one_language_is_caught() -> None:
    assert lacking({"a": ("中", ""), "b": ("x", "x"), "c": ("中", "中"), "d": ("中", "x")}) == [
        "a",
        "b",
        "c",
    ]


def test_no_two_tables_say_the_same_name() -> None:
    names = [name for table in TABLES for name in table]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("group", WORDED)
def test_every_code_has_words(group: str) -> None:
    assert {each.value for each in WORDED[group]} <= words.GROUPS[group].keys()


def test_other_codes_have_words() -> None:
    assert {each.value for each in Ground if each is not Ground.RESTORED} <= words.GROUND.keys()
    assert set(FIELDS) <= words.LOOK_FIELD.keys()
    assert {code for known in REASONS.values() for code in known} <= words.LINE_REASON.keys()


def said() -> dict[str, set[str]]:
    found = {}
    for path in FOLDER.rglob("*.html"):
        found[str(path.relative_to(FOLDER))] = set(
            re.findall(r"\bt\.([a-z_]+)\b(?!\()", path.read_text("utf-8"))
        )
    return found


def test_templates_say_only_what_there_is() -> None:
    known = {name for table in TABLES for name in table} | {"find", "word", "of"}
    assert {name: used - known for name, used in said().items() if used - known} == {}


def test_no_text_is_left_unsaid() -> None:
    used = set().union(*said().values())
    for path in FOLDER.rglob("*.py"):
        if path.parent.name != "texts":
            used.update(re.findall(r"\w+", path.read_text("utf-8")))
    left = {
        name
        for table in TABLES
        for name in table
        if name not in used and not name.startswith(("door_", "done_"))
    }
    assert left == set()


def test_every_template_compiles() -> None:
    env = templates()
    for name in env.list_templates():
        env.get_template(name)


def test_nothing_stands_inline() -> None:
    """The content security policy would not let it run."""
    for path in FOLDER.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src)|javascript:", text), path
        assert "| safe" not in text, path


def test_languages_are_chosen() -> None:
    assert preferred("en", "zh-CN") == "en"
    assert preferred("xx", "en-US,en;q=0.9") == "en"
    assert preferred("", "fr") == "zh"
    assert texts("en").find("done_unknown") == ""


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 Chrome/126.0 MicroMessenger/8.0",
            "Android · 微信",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1",
            "iPhone · Safari",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/126.0 Safari/537.36 Edg/126.0",
            "Windows · Edge",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; V2309A) Chrome/126.0 ".ljust(TEXT_LENGTH_MAX, "x"),
            "Android",
        ),
        ("Mozilla/4.0 (PlayStation)", "Mozilla/4.0 (PlayStation)"),
        ("my telephone", "my telephone"),
        ("", ""),
    ],
)
def test_a_device_is_called_as_its_owner_calls_it(said: str, name: str) -> None:
    assert device(said) == name


@pytest.mark.parametrize(
    ("fen", "said"), [(0, "¥0.00"), (1250, "¥12.50"), (-3600, "−¥36.00"), (-5, "−¥0.05")]
)
def test_the_sign_stands_before_the_currency(fen: int, said: str) -> None:
    assert yuan(fen) == said


def test_every_bound_of_the_watch_has_a_name() -> None:
    assert {name for each in SIGNS.values() for name in each} <= words.GROUPS["alert_bound"].keys()

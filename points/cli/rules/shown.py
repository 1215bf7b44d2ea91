"""A version, a draft or a correction, told line by line in words and local times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from points.cli.present import Presenter
from points.web.texts.words import (
    CORRECTION_KIND,
    CORRECTION_STATE,
    DRAFT_STATE,
    DRAFT_STEP,
    RULE_PHASE,
    Pair,
)

ORIGIN: dict[str, Pair] = {
    "folder": ("随系统安装", "installed"),
    "published": ("审批发布", "published"),
}
NAMES: dict[str, Pair] = {
    "correction_id": ("更正批次", "correction_id"),
    "draft_id": ("草稿", "draft_id"),
    "programme": ("项目", "programme"),
    "version": ("版本", "version"),
    "revision": ("修订", "revision"),
    "kind": ("类别", "kind"),
    "state": ("状态", "state"),
    "phase": ("状态", "phase"),
    "origin": ("来自", "origin"),
    "note": ("说明", "note"),
    "starts_at": ("起", "starts_at"),
    "ends_at": ("止（不含）", "ends_at"),
    "starts": ("活动时间起", "starts"),
    "ends": ("活动时间止（不含）", "ends"),
    "author": ("起草人", "author"),
    "owners": ("参与起草", "owners"),
    "saved_at": ("保存时间", "saved_at"),
    "submitted_by": ("提交人", "submitted_by"),
    "approved_by": ("批准人", "approved_by"),
    "published_at": ("发布时间", "published_at"),
    "retired_by": ("停用人", "retired_by"),
    "retired_reason": ("停用原因", "retired_reason"),
    "proposed_by": ("提出人", "proposed_by"),
    "proposed_at": ("提出时间", "proposed_at"),
    "until": ("审批期限", "until"),
    "members": ("会员", "members"),
    "lines": ("行数", "lines"),
    "totals": ("合计", "totals"),
    "fen": ("折合金额（分钱）", "fen"),
    "progress": ("入账进度", "progress"),
    "posted": ("已入账", "posted"),
    "stale": ("已变化而跳过", "stale"),
    "failed": ("无法计分", "failed"),
    "members_up": ("增加人数", "members_up"),
    "members_down": ("减少人数", "members_down"),
    "up": ("增加分", "up"),
    "down": ("减少分", "down"),
    "lines_sha256": ("明细校验", "lines_sha256"),
    "sha256": ("规则校验", "sha256"),
    "digest": ("文件校验", "digest"),
}
WORDS: dict[str, dict[str, Pair]] = {
    "kind": CORRECTION_KIND,
    "phase": RULE_PHASE,
    "origin": ORIGIN,
}
UNTOLD = frozenset(("text", "cases", "steps"))


def tell(present: Presenter, said: Mapping[str, Any], zone: ZoneInfo) -> None:
    """Print what is known, a line each, then the steps with when and by whom."""
    words = WORDS | {"state": CORRECTION_STATE if "correction_id" in said else DRAFT_STATE}
    for name, value in said.items():
        if name in UNTOLD or value in (None, "", [], {}):
            continue
        zh, en = NAMES.get(name, (name, name))
        told = value if isinstance(value, str) else ""
        in_zh, in_en = words.get(name, {}).get(told) or _both(value, zone)
        present.say(f"{zh}：{in_zh}", f"{en}: {in_en}")
    steps = CORRECTION_STATE if "correction_id" in said else DRAFT_STEP
    for each in said.get("steps", ()):
        zh, en = steps.get(each["step"], (each["step"],) * 2)
        when, by, why = local(each["recorded_at"], zone), each["actor"], each.get("reason")
        present.say(
            f"  {when} {by} {zh}" + (f"：{why}" if why else ""),
            f"  {when} {by} {en}" + (f": {why}" if why else ""),
        )


def local(value: object, zone: ZoneInfo) -> str:
    """Return a value as people read it: moments by the association's clock, lists with commas."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _both(value: object, zone: ZoneInfo) -> Pair:
    """Return a value in both languages; what stands within it by its names."""
    if not isinstance(value, Mapping):
        return (local(value, zone),) * 2
    parts = [(NAMES.get(key, (key, key)), _both(each, zone)) for key, each in value.items()]
    return (
        "，".join(f"{name[0]} {told[0]}" for name, told in parts),
        ", ".join(f"{name[1]} {told[1]}" for name, told in parts),
    )

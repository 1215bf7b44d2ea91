"""Rules that travel: one file with a version, its cases and what it was written against.

It is JSON, which a YAML reader reads as well. Nothing in it names a person, and whoever imports it
gets a draft: it is published where it arrives as anything else is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from points.flows.context import Context
from points.identity.policy import TABLE, Action
from points.kernel.canonical import digest, plain
from points.kernel.errors import Refusal
from points.kernel.findings import Finding, Severity
from points.rulebook.errors import BundleInvalid
from points.rulebook.model import Shelved
from points.rulebook.reads import Printed
from points.rules import ActivityTypes, RuleSet, load_ruleset

FORMAT = 1
BYTES_MAX = 4 << 20
PARTS = ("bundle", "programme", "version", "ruleset", "cases", "types", "history", "made_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle whose hashes were verified.

    Attributes:
        sha256: Of the rule set, as it stands on awards where it comes from.
        used: The activity types that it was written against, plain.
        types_sha256: Of all activity types where it comes from.
    """

    programme: str
    version: int
    sha256: str
    text: str
    cases: Mapping[str, str]
    used: Mapping[str, Any]
    types_sha256: str


def write_bundle(printed: Printed, history: list[Shelved], known: Context) -> dict[str, Any]:
    """Return a published version as plain JSON values, each part with its hash."""
    head = printed.shelved.version
    ruleset, _ = load_ruleset(printed.text, file=f"{head.programme}.yaml", types=known.types)
    used = _used(ruleset) if ruleset is not None else set()
    types = {name: plain(known.types.types[name]) for name in sorted(used)}
    said: dict[str, Any] = {
        "bundle": FORMAT,
        "programme": head.programme,
        "version": head.version,
        "ruleset": {
            "text": printed.text,
            "text_sha256": _sha256(printed.text),
            "sha256": head.sha256,
        },
        "cases": [
            {"name": name, "text": text, "text_sha256": _sha256(text)}
            for name, text in sorted(printed.cases.items())
        ],
        "types": {
            "all_sha256": digest(known.types),
            "used": types,
            "used_sha256": digest(types),
        },
        "history": [
            {
                "version": each.version.version,
                "sha256": each.version.sha256,
                "starts_at": each.version.starts_at.isoformat(),
                "ends_at": each.ends_at.isoformat(),
                "published_at": each.version.published_at.isoformat(),
            }
            for each in history
        ],
        # Roles and no names: who they are is nobody's business where it arrives.
        "made_by": {
            "submitted": sorted(TABLE[Action.WRITE_RULES]),
            "approved": sorted(TABLE[Action.APPROVE_RULES]),
        },
    }
    return said | {"sha256": digest(said)}


def spell_bundle(bundle: Mapping[str, Any]) -> str:
    """Return a bundle as the text of a file."""
    return json.dumps(bundle, ensure_ascii=False, indent=1) + "\n"


def parse_bundle(text: str) -> object:
    """Return what a file says, or nothing where it is no JSON at all or far too long."""
    if len(text) > BYTES_MAX:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_bundle(said: object) -> Bundle | Refusal:
    """Return a bundle, or which part of it is missing or was changed on the way."""
    if not isinstance(said, Mapping) or said.get("bundle") != FORMAT:
        return BundleInvalid(what="bundle")
    if missing := next((name for name in PARTS if name not in said), None):
        return BundleInvalid(what=missing)
    try:
        return _read(said)
    except (KeyError, TypeError, ValueError):
        return BundleInvalid(what="form")


def _read(said: Mapping[str, Any]) -> Bundle | Refusal:
    ruleset, types = said["ruleset"], said["types"]
    cases = {each["name"]: each["text"] for each in said["cases"]}
    listed = [each["text"] for each in said["cases"]]  # one name may stand there twice
    texts = [ruleset["text"], *listed, said["programme"], ruleset["sha256"]]
    if not all(isinstance(each, str) for each in (*texts, *cases)):
        return BundleInvalid(what="form")
    if _sha256(ruleset["text"]) != ruleset["text_sha256"]:
        return BundleInvalid(what="ruleset")
    for each in said["cases"]:
        if _sha256(each["text"]) != each["text_sha256"]:
            return BundleInvalid(what="cases")
    if digest(types["used"]) != types["used_sha256"]:
        return BundleInvalid(what="types")
    whole = {name: value for name, value in said.items() if name != "sha256"}
    if digest(whole) != said.get("sha256"):
        return BundleInvalid(what="sha256")
    return Bundle(
        programme=said["programme"],
        version=int(said["version"]),
        sha256=ruleset["sha256"],
        text=ruleset["text"],
        cases=cases,
        used=dict(types["used"]),
        types_sha256=str(types["all_sha256"]),
    )


def strange_types(bundle: Bundle, types: ActivityTypes) -> list[Finding]:
    """Return what the bundle was written against and is missing or different here, by name."""
    return [
        each for name in sorted(bundle.used) for each in _strange(name, bundle.used[name], types)
    ]


def _strange(name: str, there: Any, types: ActivityTypes) -> Iterator[Finding]:  # noqa: ANN401 - JSON
    here = types.types.get(name)
    if here is None:
        yield _finding(
            "bundle.type_missing", name, "没有这种活动类型", "there is no such activity type"
        )
        return
    said, mine = _fields(there), _fields(plain(here))
    for field in sorted(said):
        if field not in mine:
            yield _finding(
                "bundle.field_missing", f"{name}.{field}", "没有这个字段", "there is no such field"
            )
        elif said[field] != mine[field]:
            parts = sorted(
                key
                for key in {*said[field], *mine[field]}
                if said[field].get(key) != mine[field].get(key)
            )
            differs = "、".join(parts)
            yield _finding(
                "bundle.field_differs",
                f"{name}.{field}",
                f"字段定义不同（{differs}）",
                f"the field is another one ({', '.join(parts)})",
            )


def _fields(kind: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    """Return the fields of an activity type by name, whichever way they are spelled."""
    fields = kind.get("fields", {}) if isinstance(kind, Mapping) else {}
    listed = list(fields.values()) if isinstance(fields, Mapping) else fields
    found = listed if isinstance(listed, list) else []
    return {
        str(each["name"]): dict(each)
        for each in found
        if isinstance(each, Mapping) and "name" in each
    }


def _finding(code: str, subject: str, zh: str, en: str) -> Finding:
    return Finding(code=code, subject=subject, zh=zh, en=en, severity=Severity.WARNING)


def _used(ruleset: RuleSet) -> set[str]:
    """Return the activity types that rules score and ask after."""
    scored = {rule.type.name for rule in ruleset.rules}
    return scored | {name for rule in ruleset.rules for name, _ in rule.histories}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

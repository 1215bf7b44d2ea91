"""Calls of staff about rules: drafts on their way, versions, and bundles that travel."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from points.client import rule_answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post


def save_draft(
    programme: str,
    text: str,
    cases: Mapping[str, str] | None = None,
    *,
    note: str = "",
    key: str | None = None,
) -> Call[rule_answers.DraftSaved]:
    """Save a new draft of rules, with its case files by name."""
    body = {"programme": programme, "text": text, "cases": dict(cases or {}), "note": note}
    return post("/v1/rulesets/drafts", rule_answers.DraftSaved, body, key)


def revise_draft(
    draft_id: str,
    revision: int,
    programme: str,
    text: str,
    cases: Mapping[str, str] | None = None,
    *,
    note: str = "",
    key: str | None = None,
) -> Call[rule_answers.DraftSaved]:
    """Save the next revision of a draft; ``revision`` is the one that was seen."""
    body = {
        "programme": programme,
        "text": text,
        "cases": dict(cases or {}),
        "note": note,
        "revision": revision,
    }
    path = path_of("/v1/rulesets/drafts/{}/revisions", draft_id)
    return post(path, rule_answers.DraftSaved, body, key)


def rule_drafts(
    *, state: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[rule_answers.DraftBrief]]:
    """Ask which drafts there are, the newest first."""
    reads = Page[rule_answers.DraftBrief]
    return get("/v1/rulesets/drafts", reads, state=state, cursor=cursor, limit=limit)


def rule_draft(draft_id: str) -> Call[rule_answers.RuleDraft]:
    """Ask for a draft, word for word, and what happened to it."""
    return get(path_of("/v1/rulesets/drafts/{}", draft_id), rule_answers.RuleDraft)


def check_draft(
    draft_id: str, *, backtest: Mapping[str, Any] | None = None
) -> Call[rule_answers.DraftChecked]:
    """Ask what the gate finds about a draft; nothing is written."""
    path = path_of("/v1/rulesets/drafts/{}:check", draft_id)
    return post(path, rule_answers.DraftChecked, {"backtest": backtest}, None, keyed=False)


def submit_draft(
    draft_id: str,
    revision: int,
    backtest: Mapping[str, Any],
    *,
    note: str = "",
    key: str | None = None,
) -> Call[rule_answers.DraftEnded]:
    """Put a draft with its back-test before another person."""
    body = {"revision": revision, "backtest": dict(backtest), "note": note}
    path = path_of("/v1/rulesets/drafts/{}:submit", draft_id)
    return post(path, rule_answers.DraftEnded, body, key)


def approve_draft(
    draft_id: str, revision: int, *, reason: str = "", key: str | None = None
) -> Call[rule_answers.DraftEnded]:
    """Approve somebody else's draft, which publishes it."""
    path = path_of("/v1/rulesets/drafts/{}:approve", draft_id)
    return post(path, rule_answers.DraftEnded, {"revision": revision, "reason": reason}, key)


def reject_draft(
    draft_id: str, revision: int, reason: str, *, key: str | None = None
) -> Call[rule_answers.DraftEnded]:
    """Reject somebody else's draft."""
    path = path_of("/v1/rulesets/drafts/{}:reject", draft_id)
    return post(path, rule_answers.DraftEnded, {"revision": revision, "reason": reason}, key)


def withdraw_draft(draft_id: str, *, key: str | None = None) -> Call[rule_answers.DraftEnded]:
    """Withdraw one's own draft."""
    path = path_of("/v1/rulesets/drafts/{}:withdraw", draft_id)
    return post(path, rule_answers.DraftEnded, {}, key)


def rule_versions() -> Call[rule_answers.RuleVersions]:
    """Ask for every version and where it stands."""
    return get("/v1/rulesets/versions", rule_answers.RuleVersions)


def rule_version(programme: str, version: int) -> Call[rule_answers.RuleVersionText]:
    """Ask for a version, word for word."""
    path = path_of("/v1/rulesets/versions/{}/{}", programme, str(version))
    return get(path, rule_answers.RuleVersionText)


def retire_version(
    programme: str,
    version: int,
    reason: str,
    *,
    last: date | None = None,
    key: str | None = None,
) -> Call[rule_answers.VersionRetired]:
    """Retire a version from a coming day on, or before it begins."""
    path = path_of("/v1/rulesets/versions/{}/{}:retire", programme, str(version))
    return post(path, rule_answers.VersionRetired, {"reason": reason, "last": last}, key)


def export_rules(programme: str, version: int) -> Call[rule_answers.RuleBundle]:
    """Ask for a version as it travels to another association."""
    path = path_of("/v1/rulesets/versions/{}/{}/bundle", programme, str(version))
    return get(path, rule_answers.RuleBundle)


def import_rules(
    bundle: Mapping[str, Any], *, note: str = "", key: str | None = None
) -> Call[rule_answers.DraftImported]:
    """Make a draft of what another association exported."""
    body = {"bundle": dict(bundle), "note": note}
    return post("/v1/rulesets/drafts:import", rule_answers.DraftImported, body, key)

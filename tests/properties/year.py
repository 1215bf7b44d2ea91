"""A year of random activities, scored again, as one hash of everything that was said about it.

Run as a program it prints that hash: in another process, with another seed of hashing.
"""

import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path

from points.rules import (
    ActivityTypes,
    Evaluation,
    EvaluationError,
    RuleSet,
    load_activity_types,
    load_ruleset,
    replay,
)
from points.rules.replay import Replayed
from tests.properties.activities import ZONE, Activities

RULES = Path(__file__).parents[2] / "rules"
LEAKING = "leaking"
"""Asks for the control: what is said includes the order in which a set comes."""


def shipped_rules() -> tuple[ActivityTypes, list[RuleSet]]:
    """Return the shipped activity types and rule sets, read anew."""
    types, findings = load_activity_types(
        (RULES / "activities.yaml").read_text("utf-8"), file="activities.yaml"
    )
    assert types is not None, findings
    found = []
    for name in ("party.yaml", "health.yaml"):
        text = (RULES / name).read_text("utf-8")
        ruleset, problems = load_ruleset(text, file=name, types=types)
        assert ruleset is not None, problems
        found.append(ruleset)
    return types, found


def hash_of_a_year(count: int = 600, *, leaking: bool = False) -> str:
    """Return the hash of all evaluations of a year, traces included."""
    types, rulesets = shipped_rules()
    since = datetime(2026, 1, 1, tzinfo=ZONE)
    entries = Activities(types, 2026, members=10, since=since, days=365).take(count)

    def choose(programme: str, at: datetime) -> RuleSet | None:
        return next((r for r in rulesets if r.programme == programme and r.in_force(at)), None)

    found = hashlib.sha256()
    for each in replay(entries, choose, trace=True):
        found.update(json.dumps(_said(each), ensure_ascii=False).encode())
        if leaking:
            found.update(repr(set(each.ruleset.measures) | set(each.entry.programmes)).encode())
    return found.hexdigest()


def _said(each: Replayed) -> list[object]:
    said: list[object] = [each.entry.facts.activity_id, each.ruleset.sha256]
    if isinstance(each.result, EvaluationError):
        return [*said, each.result.rule_id, each.result.code]
    return [*said, repr(_without_trace(each.result)), each.result.trace]


def _without_trace(found: Evaluation) -> tuple[object, ...]:
    return found.awards, found.refused, found.deferred, found.review


if __name__ == "__main__":
    sys.stdout.write(hash_of_a_year(leaking=LEAKING in sys.argv))

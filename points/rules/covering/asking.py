"""Answers what expressions ask of a member's past, for whoever walks their trees."""

from dataclasses import dataclass
from datetime import timedelta

from points.rules.facts import Facts, Usage
from points.rules.history import REFERENCE_BACK, streak, streak_span
from points.rules.model import RuleSet


@dataclass(frozen=True, slots=True)
class Before:
    """What happened before one activity, as its member's usage has it."""

    facts: Facts
    ruleset: RuleSet
    usage: Usage

    def count(self, activity_type: str, back: timedelta) -> int:
        """Return how many scored activities of a type happened in the time before."""
        at = self.facts.occurred_at
        return len(list(self.usage.happened(activity_type, at - back, at)))

    def streak(self, activity_type: str, window: str) -> int:
        """Return in how many windows in a row before this one a type happened."""
        zone = self.ruleset.zone
        local = self.facts.occurred_at.astimezone(zone)
        moments = self.usage.happened(activity_type, *streak_span(window, local, zone))
        return streak(moments, window, local.date(), zone)

    def awarded(self, rule_id: str, external_id: str) -> int:
        """Return what a rule granted for the activity that a source's number names."""
        at = self.facts.occurred_at
        return self.usage.awarded(rule_id, external_id, at - REFERENCE_BACK, at)

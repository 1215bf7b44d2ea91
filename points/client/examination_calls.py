"""Calls that ask how an activity was scored, and why."""

from collections.abc import Mapping
from datetime import datetime

from points.client import examination_answers as answers
from points.client.calls import Call, get, path_of, post


def examination(activity_id: str) -> Call[answers.Examination]:
    """Ask how an activity was scored: every condition, every cap, and what was recorded."""
    return get(path_of("/v1/activities/{}/examination", activity_id), answers.Examination)


def why(activity_id: str) -> Call[answers.Why]:
    """Ask why one of one's own activities brought points or none."""
    return get(path_of("/v1/me/activities/{}/why", activity_id), answers.Why)


def try_rules(
    programme: str,
    type: str,  # noqa: A002 - the name on the wire
    occurred_at: datetime,
    fields: Mapping[str, object],
    **more: object,
) -> Call[answers.Tried]:
    """Ask what an activity would be worth; ``more`` is member, member_id, source, ruleset."""
    body = {"programme": programme, "type": type, "occurred_at": occurred_at, **more}
    body = {**body, "fields": dict(fields)}
    return post("/v1/rulesets:examine", answers.Tried, body, None, keyed=False)

"""Answers what an expression asks of a member's history, for whoever walks its tree."""

from datetime import timedelta

from points.rules.covering.walking import Ask
from points.rules.durations import parse_duration
from points.rules.facts import Facts, Usage


def asker(facts: Facts, usage: Usage) -> Ask:
    """Return what answers for one activity on a member's usage."""

    def count(texts: tuple[str, ...]) -> int:
        name, span = texts
        duration = parse_duration(span)
        back = duration.elapsed if duration else timedelta(0)
        return len(list(usage.happened(name, facts.occurred_at - back, facts.occurred_at)))

    answers = {"history.count": count}
    return lambda function, texts: answers[function](texts)

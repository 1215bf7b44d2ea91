"""What is answered about how an activity was scored."""

from datetime import datetime
from typing import Any

from pydantic import Field

from points.client.answers import Read


class Version(Read):
    """A version of a programme's rules."""

    version: int
    sha256: str


class Recorded(Read):
    """An award as it was recorded."""

    rule_id: str
    measure: str
    points: int
    forgone: int
    calculation: int
    ruleset_version: int
    ruleset_sha256: str
    transaction_id: str | None = None


class Mismatch(Read):
    """Where what was recorded is not what it comes to."""

    rule_id: str
    measure: str
    recorded: int | None = None
    recomputed: int | None = None
    what: str


class Refused(Read):
    """A rule that gave nothing, and why."""

    rule_id: str
    reason: str


class ProgrammeExamined(Read):
    """What one programme's rules make of an activity; ``trace`` has a step for every rule."""

    programme: str
    version: int
    sha256: str
    other_versions: list[Version]
    error: str | None = None
    awards: dict[str, dict[str, int]]
    refused: list[Refused]
    recorded: list[Recorded]
    corrected: list[Recorded]
    mismatches: list[Mismatch]
    sentences: list[str]
    trace: dict[str, Any]


class Examination(Read):
    """An activity with everything that is known of its scoring.

    Attributes:
        basis: ``recorded``, as it was scored; ``now``, as scoring it now would be; ``never``.
        sound: Whether everything recorded is what it comes to.
    """

    activity_id: str
    state: str
    basis: str
    at: datetime
    comparable: bool
    sound: bool
    programmes: list[ProgrammeExamined]


class RuleTold(Read):
    """What one rule gave, or why it gave nothing."""

    rule_id: str
    title: str
    outcome: str
    reason: str
    points: dict[str, int]
    text: str


class Why(Read):
    """Why an activity brought points or none; ``sentences`` are the whole answer."""

    activity_id: str
    type: str
    title: str
    occurred_at: datetime
    status: str
    rules: list[RuleTold]
    sentences: list[str]


class Tried(Read):
    """What an example would be worth, and why."""

    ruleset: str
    ruleset_sha256: str
    awards: list[dict[str, Any]]
    sentences: list[str]
    trace: dict[str, Any] = Field(repr=False)

"""What answers to alerts are refused for."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAnswered(Refusal):
    """An alert ends once."""

    code: ClassVar[str] = "alert_answered"
    zh: ClassVar[str] = "该预警已办结（{state}）"
    en: ClassVar[str] = "the alert has been answered already ({state})"
    state: str

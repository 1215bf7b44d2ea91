"""An alert with its evidence, as channels show it."""

from dataclasses import dataclass
from typing import Any

from points.engine import Engine
from points.kernel.ids import AlertId, AssociationId, MemberId
from points.members.reads import masked_names
from points.vouchers.watching import Traded, traded
from points.watch.signs import EVENTS_OF
from points.watch.store import Filed, find_alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An alert, the captures and voids that show it, and masked names.

    Attributes:
        evidence: In order of time; empty where the evidence is of another kind.
        names: Of the members in it; whoever was erased is left out.
    """

    filed: Filed
    evidence: tuple[Traded, ...]
    names: dict[MemberId, str]


def shown(
    engine: Engine,
    association: AssociationId,
    alert_id: AlertId,
    known: Any,  # noqa: ANN401 - what opens names
) -> Shown | None:
    """Return an alert with its evidence, or None."""
    with engine.reading(association) as connection:
        filed = find_alert(connection, association, alert_id)
        if filed is None:
            return None
        finding = filed.alert.finding
        found = traded(connection, association, finding.events if _trades(filed) else ())
        people = {each.member_id for each in found}
        if finding.member_id is not None:
            people.add(finding.member_id)
        names = masked_names(connection, association, people, known)
    return Shown(filed=filed, evidence=tuple(found), names=dict(names))


def _trades(filed: Filed) -> bool:
    return filed.alert.finding.kind in EVENTS_OF


def subject_of(filed: Filed, names: dict[MemberId, str]) -> str:
    """Return what an alert is about, for people: with a masked name instead of a member's id."""
    finding = filed.alert.finding
    who = finding.member_id
    if who is None:
        return finding.subject
    return finding.subject.replace(who, names.get(who, "…"))


def cursor_of(filed: Filed) -> str:
    """Return the key of a page that goes on after an alert."""
    return f"{filed.alert.day}~{filed.alert.alert_id}"


def read_cursor_of(key: str) -> tuple[str, str] | None:
    """Return the day and the id of a page's key; None for the first page."""
    day, _, alert_id = key.partition("~")
    return (day, alert_id) if day and alert_id else None

"""Reads the activities of a case file: the member, what happened, and when."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from points.rules.activity_types import ActivityType, ActivityTypes, FieldFault
from points.rules.days import DAY_KINDS
from points.rules.facts import Facts, member_snapshot
from points.rules.reading import Reader
from points.rules.scope import MEMBER_FIELDS
from points.rules.texts import did_you_mean, short
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Scalar, plain

ACTIVITY_KEYS = (
    *("at", "type", "received", "source", "fields", "member"),
    *("who", "number", "day", "proved"),
)
HISTORY_KEYS = (*ACTIVITY_KEYS, "repeat")
MANUAL = "manual"
ME = "me"
"""Whose activities they are where a case does not say."""
_NOBODY: Mapping[str, Any] = {"kind": "rider"}


class Activities:
    """Reads activities as rules see them; each mistake becomes a finding at its place."""

    def __init__(self, reader: Reader, types: ActivityTypes, zone: ZoneInfo) -> None:
        """Read with the file's reader, the known types, and the zone of times without one."""
        self.reader, self.types, self.zone = reader, types, zone

    def member(self, *nodes: Node | None) -> dict[str, Any]:
        """Return the member that several mappings say, the later ones on top."""
        said: dict[str, Any] = dict(_NOBODY)
        for node in nodes:
            if node is not None:
                fields = self.reader.fields(node, tuple(MEMBER_FIELDS))
                said.update({name: plain(value) for name, value in fields.items()})
        try:
            return member_snapshot(said)
        except ValueError as error:
            where = next(node for node in reversed(nodes) if node is not None)
            self.reader.error("case.member", where, "成员字段不正确", f"bad member field: {error}")
            return member_snapshot(_NOBODY)

    def facts(
        self, node: Node, members: tuple[Node | None, ...], name: str, keys: tuple[str, ...]
    ) -> Facts | None:
        """Return the facts of an activity, or None where something about it is wrong.

        Args:
            node: The activity.
            members: What the file and the case say about the member; the activity may add to it.
            name: What to call it.
            keys: Which keys it may have.
        """
        reader = self.reader
        fields = reader.fields(node, keys, ("at", "type"))
        at = self.moment(fields.get("at"))
        type_name = reader.choice(fields.get("type"), tuple(self.types.types))
        if at is None or type_name is None:
            return None
        kind = self.types.types[type_name]
        said = self._fields(node, fields.get("fields"), kind)
        if said is None:
            return None
        return Facts(
            activity_id=name,
            type=type_name,
            occurred_at=at,
            received_at=self.moment(fields.get("received")) or at,
            source=reader.text(fields.get("source")) or MANUAL,
            fields=said,
            member=self.member(*members, fields.get("member")),
            member_id=reader.text(fields.get("who")) or ME,
            external_id=reader.text(fields.get("number")) or "",
            day_kind=reader.choice(fields.get("day"), DAY_KINDS),
            proved=reader.boolean(fields.get("proved")) is not False,
        )

    def _fields(
        self, activity: Node, node: Node | None, kind: ActivityType
    ) -> dict[str, Any] | None:
        entries = self.reader.mapping(node)
        said = plain(entries) if entries else {}
        faults = kind.validate(said)
        for fault in faults:
            self._fault(fault, entries, activity)
        for name, key in entries.keys.items() if entries else ():
            if name not in kind.fields:
                self._unknown(key, kind)
        return None if faults else kind.normalise(said)

    def _fault(self, fault: FieldFault, entries: MappingNode | None, activity: Node) -> None:
        name = fault.pointer.removeprefix("/")
        if name:
            where = (entries.values.get(name) if entries else None) or entries or activity
            en = f"{fault.pointer}: {fault.en}"
            self.reader.error("case.activity", where, f"{fault.pointer}：{fault.zh}", en)

    def _unknown(self, key: Scalar, kind: ActivityType) -> None:
        hint, name = did_you_mean(key.text, kind.fields), short(key.text)
        zh, en = f"没有字段“{name}”{hint.zh}", f"no field '{name}'{hint.en}"
        self.reader.error("case.activity", key, zh, en)

    def moment(self, node: Node | None) -> datetime | None:
        """Return an instant; without an offset it is local time."""
        text = self.reader.text(node)
        if text is None or node is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            local = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            return local.astimezone(UTC)
        except (ValueError, OverflowError):
            zh, en = "时间应写作 2026-03-01T09:00", "write a time as 2026-03-01T09:00"
            self.reader.error("file.bad_value", node, zh, en)
            return None

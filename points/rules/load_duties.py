"""Reads how much one person may do in a day."""

from collections.abc import Mapping
from datetime import time
from zoneinfo import ZoneInfo

from points.kernel.findings import Finding
from points.rules.duties import OVER, REFUSE, DutyPolicy, Quota
from points.rules.reading import Reader, known_zones
from points.rules.texts import did_you_mean, short
from points.rules.yaml_positions import Node, read_yaml

FILE = "duties.yaml"
DUTIES_KEYS = (
    "version", "timezone", "proposals", "reviewer", "filer", "sheet", "office_hours", "note",
)  # fmt: skip
DUTIES_REQUIRED = ("version", "timezone")
PROPOSAL_KEYS = ("points_max", "days", "note")
REVIEWER_KEYS = ("points_a_day", "claims_a_day", "backfills_a_day", "note")
FILER_KEYS = ("backfills_a_day", "note")
SHEET_KEYS = ("rows_a_day", "note")
QUOTA_KEYS = ("max", "over")
HOURS_KEYS = ("from", "until", "note")
PROPOSAL_DAYS_MAX = 60
DEFAULTS = DutyPolicy()


def load_duties(text: str, *, file: str) -> tuple[DutyPolicy | None, list[Finding]]:
    """Return the policy of a file, or nothing when it has errors, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    policy = _policy(reader, root)
    return (None if reader.failed else policy), reader.findings


def _policy(reader: Reader, root: Node) -> DutyPolicy:
    fields = reader.fields(root, DUTIES_KEYS, DUTIES_REQUIRED)
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    proposals = reader.fields(fields.get("proposals"), PROPOSAL_KEYS)
    reviewer = reader.fields(fields.get("reviewer"), REVIEWER_KEYS)
    filer = reader.fields(fields.get("filer"), FILER_KEYS)
    sheet = reader.fields(fields.get("sheet"), SHEET_KEYS)
    hours = reader.fields(fields.get("office_hours"), HOURS_KEYS)
    opens = _clock(reader, hours.get("from"), DEFAULTS.opens_at)
    closes = _clock(reader, hours.get("until"), DEFAULTS.closes_at)
    if opens >= closes:
        place = hours.get("until") or hours.get("from") or root
        zh, en = "until 应晚于 from", "'until' is later than 'from'"
        reader.error("duties.hours", place, zh, en)
    return DutyPolicy(
        zone=_zone(reader, fields.get("timezone")),
        proposal_points_max=_most(reader, proposals, "points_max", DEFAULTS.proposal_points_max),
        proposal_days=reader.integer(proposals.get("days"), at_least=1, at_most=PROPOSAL_DAYS_MAX)
        or DEFAULTS.proposal_days,
        reviewer_points=_most(reader, reviewer, "points_a_day", DEFAULTS.reviewer_points),
        reviewer_claims=_most(reader, reviewer, "claims_a_day", DEFAULTS.reviewer_claims),
        reviewer_backfills=_most(reader, reviewer, "backfills_a_day", DEFAULTS.reviewer_backfills),
        filer_backfills=_quota(reader, filer.get("backfills_a_day"), DEFAULTS.filer_backfills),
        sheet_rows=_quota(reader, sheet.get("rows_a_day"), DEFAULTS.sheet_rows),
        opens_at=opens,
        closes_at=closes,
    )


def _most(reader: Reader, fields: Mapping[str, Node], key: str, default: int) -> int:
    return reader.integer(fields.get(key), at_least=1) or default


def _quota(reader: Reader, node: Node | None, default: Quota) -> Quota:
    if node is None:
        return default
    fields = reader.fields(node, QUOTA_KEYS, ("max",))
    most = reader.integer(fields.get("max"), at_least=1) or default.most
    over = reader.choice(fields.get("over"), OVER)
    return Quota(most, over if over in OVER else REFUSE)


def _zone(reader: Reader, node: Node | None) -> ZoneInfo:
    name = reader.text(node)
    if name is None or node is None:
        return DEFAULTS.zone
    known = known_zones()
    if name in known:
        return ZoneInfo(name)
    hint = did_you_mean(name, known)
    zh, en = f"没有时区“{short(name)}”{hint.zh}", f"no time zone '{short(name)}'{hint.en}"
    reader.error("duties.timezone", node, zh, en)
    return DEFAULTS.zone


def _clock(reader: Reader, node: Node | None, default: time) -> time:
    text = reader.text(node)
    if text is None or node is None:
        return default
    try:
        said = time.fromisoformat(text)
    except ValueError:
        said = None
    if said is None or said.tzinfo is not None:
        zh, en = "此处应为“07:30”这样的时刻", 'expected a time of day such as "07:30"'
        reader.error("duties.clock", node, zh, en)
        return default
    return said

"""Reads from where on something looks odd."""

from zoneinfo import ZoneInfo

from points.kernel.canonical import digest
from points.kernel.findings import Finding
from points.rules.reading import Reader, known_zones
from points.rules.texts import did_you_mean, short
from points.rules.watch import SHANGHAI, SIGNS, WatchPolicy
from points.rules.yaml_positions import Node, plain, read_yaml

WATCH_KEYS = ("version", "timezone", "window_days", "signs", "note")
WATCH_REQUIRED = ("version", "timezone", "signs")
WINDOW_DAYS_MAX = 92
OFF = "disabled"


def load_watch(text: str, *, file: str) -> tuple[WatchPolicy | None, list[Finding]]:
    """Return the thresholds of a file, or nothing when it has errors, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, WATCH_KEYS, WATCH_REQUIRED)
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    signs = reader.fields(fields.get("signs"), tuple(SIGNS))
    days = reader.integer(fields.get("window_days"), at_least=7, at_most=WINDOW_DAYS_MAX)
    policy = WatchPolicy(
        zone=_zone(reader, fields.get("timezone")),
        window_days=days or WatchPolicy().window_days,
        signs={
            name: found
            for name in SIGNS
            if (found := _sign(reader, name, signs.get(name))) is not None
        },
        sha256=digest({"watch": plain(root)}),
    )
    return (None if reader.failed else policy), reader.findings


def _sign(reader: Reader, name: str, node: Node | None) -> dict[str, int] | None:
    """Return a sign's thresholds; None where it is off."""
    bounds = SIGNS[name]
    fields = reader.fields(node, (*bounds, OFF, "note"))
    if reader.boolean(fields.get(OFF)):
        return None
    return {
        key: reader.integer(fields.get(key), at_least=bound.least, at_most=bound.most)
        or bound.default
        for key, bound in bounds.items()
    }


def _zone(reader: Reader, node: Node | None) -> ZoneInfo:
    name = reader.text(node)
    if name is None or node is None:
        return SHANGHAI
    known = known_zones()
    if name in known:
        return ZoneInfo(name)
    hint = did_you_mean(name, known)
    zh, en = f"没有时区“{short(name)}”{hint.zh}", f"no time zone '{short(name)}'{hint.en}"
    reader.error("watch.timezone", node, zh, en)
    return SHANGHAI

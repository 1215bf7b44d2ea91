"""Reads the retention schedule: what is kept how long, on what ground, and what then happens."""

from dataclasses import dataclass
from enum import StrEnum

from points.kernel.findings import Finding
from points.privacy.model import Words
from points.rules.durations import Duration
from points.rules.reading import Reader
from points.rules.yaml_positions import Node, Scalar, read_yaml

KEYS = ("keep", "from", "action", "ground")


class Kind(StrEnum):
    """What is kept."""

    EVIDENCE = "evidence"
    PERSONAL = "personal"
    AUDIT = "audit"
    ASSESSMENT = "assessment"
    CONSENT = "consent"
    LEDGER = "ledger"


class Act(StrEnum):
    """What happens when the time is over."""

    DESTROY = "destroy"
    PROPOSE_ERASURE = "propose_erasure"
    KEEP = "keep"


ALLOWED = {
    Kind.EVIDENCE: (Act.DESTROY, Act.KEEP),
    Kind.PERSONAL: (Act.PROPOSE_ERASURE, Act.KEEP),
    Kind.AUDIT: (Act.KEEP,),
    Kind.ASSESSMENT: (Act.KEEP,),
    Kind.CONSENT: (Act.KEEP,),
    Kind.LEDGER: (Act.KEEP,),
}
"""Facts are never deleted by the program, whatever a file says."""

FROM = {
    Kind.EVIDENCE: "filed",
    Kind.PERSONAL: "left",
    Kind.AUDIT: "recorded",
    Kind.ASSESSMENT: "recorded",
    Kind.CONSENT: "recorded",
    Kind.LEDGER: "recorded",
}
MONTHS_MIN = {Kind.AUDIT: 6, Kind.ASSESSMENT: 36}
"""The law's least: a schedule cannot promise less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the schedule."""

    kind: Kind
    keep: Duration
    action: Act
    ground: Words


@dataclass(frozen=True, slots=True)
class Schedule:
    """The whole schedule."""

    lines: tuple[Line, ...]

    def of(self, kind: Kind) -> Line | None:
        """Return the line of a kind."""
        return next((line for line in self.lines if line.kind is kind), None)


def read_schedule(text: str, *, file: str) -> tuple[Schedule | None, list[Finding]]:
    """Return the schedule of a file, or nothing, and every finding with its place."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, ("version", "retention"), ("version", "retention"))
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    lines = []
    for key, node in reader.entries(fields.get("retention")):
        kind = reader.choice(key, [each.value for each in Kind])
        if kind in {each.value for each in Kind}:
            lines.append(_line(reader, Kind(kind), key, node))
    schedule = Schedule(tuple(line for line in lines if line is not None))
    return (None if reader.failed else schedule), reader.findings


def _line(reader: Reader, kind: Kind, key: Scalar, node: Node) -> Line | None:
    fields = reader.fields(node, KEYS, KEYS)
    keep = reader.duration(fields.get("keep"))
    reader.choice(fields.get("from"), (FROM[kind],))
    action = reader.choice(fields.get("action"), [each.value for each in ALLOWED[kind]])
    ground = reader.fields(fields.get("ground"), ("zh", "en"), ("zh", "en"))
    zh, en = reader.text(ground.get("zh")), reader.text(ground.get("en"))
    least = MONTHS_MIN.get(kind, 0)
    if keep is not None and keep.months < least:
        said_zh, said_en = f"至少保存 {least} 个月", f"{least} months are the least"
        reader.error("retention.too_short", fields.get("keep", key), said_zh, said_en)
    if reader.failed or keep is None or action is None or zh is None or en is None:
        return None
    return Line(kind=kind, keep=keep, action=Act(action), ground=Words(zh=zh, en=en))

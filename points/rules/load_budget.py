"""Reads what pools keep back."""

from points.kernel.findings import Finding
from points.rules.budget import BudgetPolicy, Margin
from points.rules.load_types import PROGRAMMES
from points.rules.reading import Reader
from points.rules.yaml_positions import Node, read_yaml

BUDGET_KEYS = ("version", "pools", "note")
BUDGET_REQUIRED = ("version", "pools")
POOL_KEYS = ("reserve_fen", "warn_days", "note")
WARN_DAYS_MAX = 366
DEFAULTS = Margin()


def load_budget(text: str, *, file: str) -> tuple[BudgetPolicy | None, list[Finding]]:
    """Return the margins of a file, or nothing when it has errors, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, BUDGET_KEYS, BUDGET_REQUIRED)
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    pools = reader.fields(fields.get("pools"), PROGRAMMES)
    policy = BudgetPolicy({name: _margin(reader, node) for name, node in pools.items()})
    return (None if reader.failed else policy), reader.findings


def _margin(reader: Reader, node: Node) -> Margin:
    fields = reader.fields(node, POOL_KEYS)
    warn = reader.integer(fields.get("warn_days"), at_least=1, at_most=WARN_DAYS_MAX)
    return Margin(
        reserve_fen=reader.integer(fields.get("reserve_fen"), at_least=0) or 0,
        warn_days=warn or DEFAULTS.warn_days,
    )

"""What a file allows with a reason: ``lint: {allow: [cap.never_bites], why: …}``.

An allowance holds for what it stands in: a rule, a cap, a group, a multiplier, or the whole file.
Errors are never allowed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from points.kernel.findings import Finding, Severity
from points.rules.lint.draft import Draft
from points.rules.reading import Reader
from points.rules.texts import did_you_mean
from points.rules.yaml_positions import Mapping, Node, Scalar

KEYS = ("allow", "why")
Spot = tuple[int, int]
_END: Spot = (10**9, 0)


@dataclass(slots=True, kw_only=True)
class Allowance:
    """Codes that are left out between two places of the file."""

    begins: Spot
    ends: Spot
    codes: dict[str, Node]
    used: set[str] = field(default_factory=set)

    def covers(self, finding: Finding) -> bool:
        """Return whether a finding is allowed, and remember that it was."""
        column = finding.column if isinstance(finding.column, int) else 0
        inside = self.begins <= (finding.line or 0, column) < self.ends
        if not inside or finding.code not in self.codes:
            return False
        self.used.add(finding.code)
        return True


def without_allowed(
    draft: Draft, findings: Iterable[Finding], known: frozenset[str], tried: frozenset[str]
) -> Iterator[Finding]:
    """Yield the findings that nothing allows, and what is wrong with the allowances.

    Args:
        draft: The file.
        findings: What was found in it.
        known: The codes that may be allowed.
        tried: Those of them that would have been found now.
    """
    reader = Reader(draft.file)
    allowances = list(_allowances(draft, reader, known))
    for finding in findings:
        mild = finding.severity is not Severity.ERROR
        if not mild or not any(allowance.covers(finding) for allowance in allowances):
            yield finding
    for allowance in allowances:
        for code, node in allowance.codes.items():
            if code in tried and code not in allowance.used:
                zh = f"此处并没有“{code}”，不必允许；请删去"
                en = f"there is no {code} here to allow — take it away"
                reader.warn("lint.idle", node, zh, en)
    yield from reader.findings


def _allowances(draft: Draft, reader: Reader, known: frozenset[str]) -> Iterator[Allowance]:
    for begins, ends, node in _regions(draft):
        fields = reader.fields(node, KEYS, KEYS)
        reader.text(fields.get("why"))
        codes: dict[str, Node] = {}
        for item in reader.items(fields.get("allow")):
            code = reader.text(item)
            if code in known:
                codes[code] = item
            elif code is not None:
                hint = did_you_mean(code, known)
                zh = f"错误不能允许，警告中没有“{code}”{hint.zh}"
                en = f"errors cannot be allowed, and there is no warning '{code}'{hint.en}"
                reader.error("lint.unknown", item, zh, en, fix=hint.nearest)
        yield Allowance(begins=begins, ends=ends, codes=codes)


def _regions(draft: Draft) -> Iterator[tuple[Spot, Spot, Node]]:
    """Yield each allowance with where the part that it stands in begins and ends."""
    root = draft.loaded.root
    if not isinstance(root, Mapping):
        return
    if "lint" in root.values:
        yield (0, 0), _END, root.values["lint"]
    tops = sorted(_spot(key) for key in root.keys.values())
    for key in ("caps", "groups", "rules", "multipliers"):
        if key not in root.keys:
            continue
        after = next((top for top in tops if top > _spot(root.keys[key])), _END)
        parts: list[tuple[Node, Node]] = list(draft.entries(key))
        parts += [(node, node) for node in draft.items(key)]
        for number, (name, node) in enumerate(parts):
            ends = _spot(parts[number + 1][0]) if number + 1 < len(parts) else after
            if isinstance(node, Mapping) and "lint" in node.values:
                yield _spot(name), ends, node.values["lint"]


def _spot(node: Node | Scalar) -> Spot:
    return node.line, node.column

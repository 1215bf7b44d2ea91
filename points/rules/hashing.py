"""The hash of a rule file's content, from its text alone: as it stands on every award."""

from points.kernel.canonical import digest
from points.rules.load import SEMANTICS
from points.rules.yaml_positions import plain, read_yaml


def content_sha256(text: str) -> str:
    """Return the hash that a rule set of this text has; nothing where it is no YAML of ours."""
    root, _ = read_yaml(text, file="ruleset.yaml")
    return "" if root is None else digest({"semantics": SEMANTICS, "ruleset": plain(root)})

"""Reads the record of an impact assessment from a file."""

import re

from points.flows.assess import NEEDED
from points.kernel.findings import Finding
from points.rules.reading import Reader
from points.rules.yaml_positions import read_yaml

KEYS = ("title", "made_on", "author", "document_sha256", *NEEDED, "personal_data", "recipients")
REQUIRED = ("title", "made_on", "author", "document_sha256", *NEEDED)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LISTS = ("risks", "measures", "personal_data", "recipients")


def read_assessment(text: str, *, file: str) -> tuple[dict[str, object] | None, list[Finding]]:
    """Return title, date, author, hash and body of an assessment, or nothing, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, KEYS, REQUIRED)
    made_on = reader.day(fields.get("made_on"))
    said: dict[str, object] = {
        name: reader.texts(fields[name]) if name in _LISTS else reader.text(fields[name])
        for name in fields
        if name != "made_on"
    }
    sha256 = fields.get("document_sha256")
    if sha256 is not None and not _SHA256.fullmatch(str(said["document_sha256"])):
        zh, en = "应为签署文件的 SHA-256（64 位小写十六进制）", "the SHA-256 of the signed document"
        reader.error("assessment.sha256", sha256, zh, en)
    if reader.failed or made_on is None:
        return None, reader.findings
    head = {name: said.pop(name) for name in ("title", "author", "document_sha256")}
    return {**head, "made_on": made_on.isoformat(), "body": said}, reader.findings

"""Reads the notices that members are shown before they consent, and finds everything amiss."""

from points.kernel.canonical import digest
from points.kernel.findings import Finding
from points.privacy.model import Notice, Notices, Purpose, Words
from points.rules.reading import Reader
from points.rules.yaml_positions import Node, Scalar, read_yaml

KEYS = ("version", "effective", "sensitive", "renew", "title", "text")
REQUIRED = ("version", "effective", "sensitive", "title", "text")
SENSITIVE = (Purpose.PARTY, Purpose.HEALTH, Purpose.LOCATION)
"""Purposes that concern sensitive personal information, whatever a file says."""


def read_notices(text: str, *, file: str) -> tuple[Notices | None, list[Finding]]:
    """Return the notices of a file, or nothing, and every finding with its place."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, ("version", "notices"), ("version", "notices"))
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    notices: list[Notice] = []
    for key, node in reader.entries(fields.get("notices")):
        purpose = reader.choice(key, [each.value for each in Purpose])
        if purpose in {each.value for each in Purpose}:
            notices.extend(_of_purpose(reader, Purpose(purpose), key, node))
    if (notices_node := fields.get("notices")) is not None and not reader.failed:
        for missing in sorted(set(Purpose) - {notice.purpose for notice in notices}):
            zh, en = f"缺少用途“{missing}”的告知书", f"there is no notice of '{missing}'"
            reader.error("notice.missing", notices_node, zh, en)
    return (None if reader.failed else Notices(tuple(notices))), reader.findings


def _of_purpose(reader: Reader, purpose: Purpose, key: Scalar, node: Node) -> list[Notice]:
    notices: list[Notice] = []
    items = reader.items(node)
    if not items:
        reader.error("notice.missing", key, "至少要有一版告知书", "at least one version is needed")
    for item in items:
        notice = _notice(reader, purpose, item)
        if notice is None:
            continue
        before = notices[-1] if notices else None
        if notice.version != len(notices) + 1:
            zh, en = f"应为第 {len(notices) + 1} 版", f"this is version {len(notices) + 1}"
            reader.error("notice.version", item, zh, en)
        if before is not None and notice.effective <= before.effective:
            zh, en = "生效日应晚于上一版", "it takes effect after the version before it"
            reader.error("notice.effective", item, zh, en)
        notices.append(notice)
    return notices


def _notice(reader: Reader, purpose: Purpose, node: Node) -> Notice | None:
    fields = reader.fields(node, KEYS, REQUIRED)
    version = reader.integer(fields.get("version"), at_least=1, at_most=999)
    effective = reader.day(fields.get("effective"))
    sensitive = reader.boolean(fields.get("sensitive"))
    renew = reader.boolean(fields.get("renew")) or False
    title, text = _words(reader, fields.get("title")), _words(reader, fields.get("text"))
    if sensitive is False and purpose in SENSITIVE:
        zh, en = "此用途涉及敏感个人信息", "this purpose concerns sensitive personal information"
        reader.error("notice.sensitive", fields["sensitive"], zh, en)
    if None in (version, effective, sensitive) or title is None or text is None:
        return None
    said = {"title": [title.zh, title.en], "text": [text.zh, text.en]}
    return Notice(
        purpose=purpose,
        version=version or 0,
        effective=effective,  # type: ignore[arg-type]  # None was excluded
        sensitive=bool(sensitive),
        renew=renew,
        title=title,
        text=text,
        sha256=digest(said),
    )


def _words(reader: Reader, node: Node | None) -> Words | None:
    if node is None:
        return None
    fields = reader.fields(node, ("zh", "en"), ("zh", "en"))
    zh, en = reader.text(fields.get("zh")), reader.text(fields.get("en"))
    return None if zh is None or en is None else Words(zh=zh.strip(), en=en.strip())

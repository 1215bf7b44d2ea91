"""Reads profiles from YAML; every mistake is a finding with line and column."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from points.flows.import_.cells.text import folded
from points.flows.import_.profiles import parts
from points.flows.import_.profiles.columns import Column
from points.flows.import_.profiles.expressions import Compiler
from points.flows.import_.profiles.model import (
    ENCODINGS,
    FORMATS,
    Fact,
    Profile,
    same_header,
)
from points.kernel.errors import Misused
from points.kernel.findings import Finding
from points.rules.reading import Reader
from points.rules.yaml_positions import Node, read_yaml

KEYS = (
    "sheet", "version", "title", "files", "timezone", "source", "trusted", "header", "footers",
    "facts", "columns", "ignored", "person", "key", "unique", "checks", "yields",
)  # fmt: skip
REQUIRED = ("sheet", "version", "title", "files", "source", "columns", "key", "yields")
WITHIN = 10
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "UTC")
"""Where a sheet's clock may hang; the first unless the profile says otherwise."""


def read_profile(text: str, *, file: str) -> tuple[Profile | None, list[Finding]]:
    """Return the profile that a YAML text describes, or nothing, and all its mistakes."""
    tree, findings = read_yaml(text, file=file)
    if tree is None or findings:
        return None, findings
    reader = Reader(file)
    profile = _profile(reader, tree)
    return (None if reader.failed else profile), reader.findings


def load_profiles(folder: Path) -> dict[str, Profile]:
    """Return every profile of a folder, by name.

    Raises:
        Misused: A file has mistakes; says which and where.
    """
    profiles: dict[str, Profile] = {}
    for path in sorted(folder.glob("*.yaml")):
        profile, findings = read_profile(path.read_text(encoding="utf-8"), file=path.name)
        if profile is None:
            first = findings[0]
            where = first.place()
            raise Misused("profile.invalid", f"{where}：{first.zh}", f"{where}: {first.en}")
        profiles[profile.name] = profile
    return profiles


def choose(profiles: Mapping[str, Profile], filename: str) -> Profile | None:
    """Return the one profile whose file names fit; nothing when none or several do."""
    fitting = [profile for profile in profiles.values() if profile.fits(filename)]
    return fitting[0] if len(fitting) == 1 else None


def _profile(reader: Reader, tree: Node) -> Profile:
    entries = reader.fields(tree, KEYS, REQUIRED)
    files = reader.fields(entries.get("files"), ("names", "formats", "encodings"), ("names",))
    header = reader.fields(entries.get("header"), ("within", "skip_sheets"))
    person = reader.fields(entries.get("person"), ("phone", "name"))
    key = reader.fields(entries.get("key"), ("column", "digest"))
    zone = ZoneInfo(reader.choice(entries.get("timezone"), ZONES) or ZONES[0])
    facts = parts.read_facts(reader, entries.get("facts"))
    names = {fact.name for fact in facts}
    columns = parts.read_columns(reader, entries.get("columns"), names)
    compiler = Compiler(reader, names | {column.name for column in columns}, zone)
    name = reader.text(entries.get("sheet")) or ""
    if "key" in entries:
        _check_key(reader, entries["key"], key, _certain(facts, columns))
    if "phone" in person:
        _check_phone(reader, person["phone"], columns)
    return Profile(
        name=name,
        title=reader.title(entries.get("title"), name),
        names=tuple(reader.texts(files.get("names"))),
        formats=_some(reader, files.get("formats"), FORMATS),
        encodings=_some(reader, files.get("encodings"), ENCODINGS),
        zone=zone,
        source=reader.text(entries.get("source")) or "",
        trusted=bool(reader.boolean(entries.get("trusted"))),
        within=reader.integer(header.get("within"), at_least=1, at_most=50) or WITHIN,
        skip_sheets=frozenset(reader.texts(header.get("skip_sheets"))),
        footers=tuple(folded(word) for word in reader.texts(entries.get("footers"))),
        facts=facts,
        columns=columns,
        ignored=frozenset(same_header(text) for text in reader.texts(entries.get("ignored"))),
        person_phone=_known(compiler, person.get("phone")),
        person_name=_known(compiler, person.get("name")),
        key_column=_known(compiler, key.get("column")),
        key_digest=tuple(compiler.name(node) for node in reader.items(key.get("digest"))),
        unique=tuple(compiler.name(node) for node in reader.items(entries.get("unique"))),
        checks=parts.read_checks(reader, entries.get("checks"), compiler, _titles(columns)),
        yields=parts.read_yields(reader, entries.get("yields"), compiler),
    )


def _certain(facts: tuple[Fact, ...], columns: tuple[Column, ...]) -> set[str]:
    """Return the names that have a value in every row that is read."""
    required = {fact.name for fact in facts if fact.required}
    return required | {column.name for column in columns if column.required}


def _check_key(reader: Reader, at: Node, key: dict[str, Node], certain: set[str]) -> None:
    """A row is identified by what every row has."""
    if len(key) != 1:
        reader.error("file.bad_value", at, "应写 column 或 digest", "column or digest")
    for node in (*reader.items(key.get("digest")), *(key[k] for k in ("column",) if k in key)):
        if reader.text(node) not in certain:
            reader.error(
                "profile.key",
                node,
                "识别行的列须为必填列或标题信息",
                "a key column is required: true",
            )


def _check_phone(reader: Reader, node: Node, columns: tuple[Column, ...]) -> None:
    """A member is recognised by a telephone number that every row has."""
    phones = {column.name for column in columns if column.type == "phone" and column.required}
    if reader.text(node) not in phones:
        reader.error(
            "profile.person", node, "应为必填的 phone 列", "expected a required phone column"
        )


def _some(reader: Reader, node: Node | None, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen = [reader.choice(item, known) for item in reader.items(node)]
    return tuple(word for word in chosen if word is not None) or known


def _known(compiler: Compiler, node: Node | None) -> str | None:
    return compiler.name(node) if node is not None else None


def _titles(columns: tuple[Column, ...]) -> dict[str, str]:
    return {column.name: column.headers[0] for column in columns if column.headers}

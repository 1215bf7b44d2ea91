"""What policy forbids: to score it, to collect it, or to put a price on what is free."""

from collections.abc import Iterator
from dataclasses import dataclass

from points.kernel.findings import Finding
from points.rules.activity_types import ActivityType, ActivityTypes, FieldSpec
from points.rules.lint.draft import Draft, Site
from points.rules.lint.policy import Free, Policy, Subject, speaks_of
from points.rules.load_types import load_activity_types
from points.rules.model import Rule
from points.rules.reading import Reader
from points.rules.syntax import Field, Tree, walk
from points.rules.texts import short
from points.rules.yaml_positions import Mapping, Node, Scalar, Sequence, read_yaml


def check_forbidden(draft: Draft) -> Iterator[Finding]:
    """Yield rules that score what is never scored."""
    told: dict[tuple[str, str], _Told] = {}
    for site in draft.sites:
        for subject in draft.policy.never_scored:
            key = (site.rule.type.name, subject.id)
            if key not in told:
                told[key] = _Told.of(site.rule.type, subject)
            node = _scores(site, subject, told[key])
            if node is not None:
                yield _scored(draft, site, subject, node)


@dataclass(frozen=True, slots=True)
class _Told:
    """Whether an activity type is about a subject, and which of its fields are."""

    itself: bool
    fields: frozenset[str]

    @classmethod
    def of(cls, kind: ActivityType, subject: Subject) -> "_Told":
        names = (name for name, spec in kind.fields.items() if _tells(spec, subject))
        return cls(is_about(kind, subject), frozenset(f"event.{name}" for name in names))


def _scores(site: Site, subject: Subject, told: _Told) -> Node | None:
    """Return the part of a rule that makes it score a subject, if any."""
    rule = site.rule
    if told.itself:
        return site.part("on") or site.name
    if subject.tells_of(rule.title.zh, rule.title.en):
        return site.part("title") or site.name
    if not told.fields.intersection(rule.reads):
        return None
    for key, tree in _formulas(rule):
        if any(isinstance(node, Field) and node.path in told.fields for node in walk(tree)):
            return site.part(key) or site.name
    return site.part("table") or site.part("points") or site.name


def _formulas(rule: Rule) -> Iterator[tuple[str, Tree]]:
    if rule.when is not None:
        yield "when", rule.when.tree
    for compiled in rule.points.values():
        yield "points", compiled.tree


def is_about(kind: ActivityType, subject: Subject) -> bool:
    """Return whether a kind of activity is itself what is never scored."""
    return subject.names_it(kind.name) or subject.tells_of(kind.title.zh, kind.title.en)


def _tells(spec: FieldSpec, subject: Subject) -> bool:
    return subject.names_it(spec.name) or subject.tells_of(spec.title.zh, spec.title.en)


def _scored(draft: Draft, site: Site, subject: Subject, node: Node) -> Finding:
    zh = f"{site.rule.id} 按“{subject.title.zh}”计分，不允许：{subject.why.zh}；请删去"
    en = (
        f"{site.rule.id} scores {subject.title.en}, which is forbidden: {subject.why.en}"
        " — take it away"
    )
    reader = Reader(draft.file)
    reader.error("policy.never_scored", node, zh, en)
    return reader.findings[0]


def lint_types(
    text: str, *, file: str, policy: Policy
) -> tuple[ActivityTypes | None, list[Finding]]:
    """Return the activity types of a file and every finding, those of policy included."""
    types, findings = load_activity_types(text, file=file)
    root, _ = read_yaml(text, file=file)
    reader = Reader(file)
    listed = root.values.get("types") if isinstance(root, Mapping) else None
    if types is not None and isinstance(listed, Mapping):
        for name, kind in types.types.items():
            _check_type(reader, listed, kind, name, policy)
    return types, [*findings, *reader.findings]


def _check_type(
    reader: Reader, listed: Mapping, kind: ActivityType, name: str, policy: Policy
) -> None:
    node = listed.values.get(name)
    fields = node.values.get("fields") if isinstance(node, Mapping) else None
    for subject in policy.never_scored:
        why_zh, why_en = f"：{subject.why.zh}；请删去", f": {subject.why.en} — take it away"
        if is_about(kind, subject):
            zh = f"活动类型“{name}”是“{subject.title.zh}”，不允许计分{why_zh}"
            en = f"activity type '{name}' is {subject.title.en}, which never scores{why_en}"
            reader.error("policy.never_scored", listed.keys[name], zh, en)
        for spec in kind.fields.values():
            if _tells(spec, subject) and isinstance(fields, Mapping):
                zh = f"字段“{spec.name}”是“{subject.title.zh}”，不允许收集{why_zh}"
                en = f"field '{spec.name}' holds {subject.title.en}, which is not collected{why_en}"
                reader.error("policy.never_collected", fields.keys[spec.name], zh, en)


def lint_catalogue(text: str, *, file: str, policy: Policy) -> list[Finding]:
    """Return the rewards of a catalogue that have a price although they must be free."""
    root, _ = read_yaml(text, file=file)
    rewards = root.values.get("rewards") if isinstance(root, Mapping) else None
    reader = Reader(file)
    for node in rewards.items if isinstance(rewards, Sequence) else ():
        if isinstance(node, Mapping):
            _check_price(reader, node, policy)
    return reader.findings


def _check_price(reader: Reader, node: Mapping, policy: Policy) -> None:
    code = node.values.get("code")
    named = code.text if isinstance(code, Scalar) else ""
    for price in _prices(node.values.get("price")):
        if not isinstance(price.value, int) or price.value <= 0:
            continue
        for free in policy.must_be_free:
            if named in free.codes or speaks_of(free.words, _titles(node)):
                reader.error("policy.must_be_free", price, *_priced(named, free), fix="0")


def _prices(node: Node | None) -> Iterator[Scalar]:
    """Yield every price of a reward: the one, or those by star band."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for each in node.values.values():
            yield from _prices(each)


def _titles(node: Mapping) -> list[str]:
    title = node.values.get("title")
    parts = title.values.values() if isinstance(title, Mapping) else [title]
    return [part.text for part in parts if isinstance(part, Scalar)]


def _priced(code: str, free: Free) -> tuple[str, str]:
    zh = f"“{short(code)}”是必须免费的服务（{free.title.zh}），价格只能是 0"
    en = f"'{short(code)}' must be free ({free.title.en}): its price can only be 0"
    return zh, en

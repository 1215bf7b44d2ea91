"""Reads ``rules/catalogue.yaml``: rewards as staff wrote them, and every mistake with its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from points.catalogue.model import (
    NO_FEN,
    PER_MEMBER_MAX,
    PROGRAMMES,
    CatalogueVersion,
    Reward,
    RewardKind,
)
from points.flows.catalogue_parts import (
    Around,
    check_rated,
    priced,
    read_gate,
    read_limits,
    read_photo_of,
    read_price,
    read_stock,
    read_tiers,
    read_windows,
)
from points.kernel.amounts import Fen, Points
from points.kernel.canonical import digest
from points.kernel.findings import Finding
from points.kernel.ids import RewardId
from points.rules.check import check
from points.rules.compile import NO_PAST, Compiled, compile_expression
from points.rules.expressions import Expressions
from points.rules.parser import parse
from points.rules.reading import Reader
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.texts import did_you_mean, short
from points.rules.types import BOOLEAN
from points.rules.yaml_positions import Mapping as YamlMapping
from points.rules.yaml_positions import Node, Scalar, Sequence, read_yaml

CATEGORIES = ("pharmacy", "hospital", "drivers_home", "merchant", "association")
ALWAYS_FREE = ("C01", "C02", "C03")
"""Blood pressure and glucose on the spot, the basics of a drivers' home, legal advice."""

FILE_REQUIRED = ("version", "timezone", "value_fen_per_point", "rewards")
FILE_KEYS = (*FILE_REQUIRED, "effective_from")
REWARD_KEYS = (
    "code",
    "programme",
    "title",
    "kind",
    "price",
    "must_be_free",
    "amount_fen",
    "uses",
    "tariff_fen",
    "tariff",
    "partners",
    "valid_for",
    "stock",
    "limit",
    "limits",
    "eligible",
    "tiers",
    "gate",
    "visible",
    "active",
    "photo",
    "note",
)
REQUIRED = ("code", "programme", "title", "kind", "price", "partners", "valid_for", "visible")
MEMBER_SCOPE = Scope(roots={"member": MEMBER_FIELDS})
FEN_MAX = 10**9
DEFAULT = "default"
"""Stands in a tariff for whoever is not named in it."""

NOTHING_AROUND = Around()

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFile:
    """A catalogue without any mistake."""

    version: CatalogueVersion
    rewards: tuple[Reward, ...]


def read_catalogue(
    text: str, *, file: str, around: Around = NOTHING_AROUND
) -> tuple[CatalogueFile | None, list[Finding]]:
    """Return the catalogue, unless an error was found, and all findings with line and column."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    catalogue = _Catalogue(reader, text, around).read(root) if root is not None else None
    return (None if reader.failed else catalogue), reader.findings


def catalogue_hash(version: CatalogueVersion, rewards: Iterable[object]) -> str:
    """Return the hash of a version: its head, and its rewards in the order of the file."""
    said = [version.version, version.zone, version.value_fen_per_point, list(rewards)]
    begins = version.starts_at
    return digest(said if begins is None else [*said, version.day(begins)])


def in_order_of(text: str, rewards: Mapping[str, _T]) -> list[_T]:
    """Return rewards in the order of their file; without a text that names them by code.

    Args:
        text: The file.
        rewards: By code.
    """
    order = {code: at for at, code in enumerate(_codes_in(text))}
    codes = sorted(rewards, key=lambda code: (order.get(code, len(order)), code))
    return [rewards[code] for code in codes]


@lru_cache(maxsize=20)
def _codes_in(text: str) -> tuple[str, ...]:
    root, _ = read_yaml(text, file="catalogue.yaml")
    rewards = root.values.get("rewards") if isinstance(root, YamlMapping) else None
    nodes = rewards.items if isinstance(rewards, Sequence) else []
    codes = (each.values.get("code") for each in nodes if isinstance(each, YamlMapping))
    return tuple(each.text for each in codes if isinstance(each, Scalar))


@lru_cache(maxsize=1000)
def eligibility(expression: str) -> Compiled:
    """Return the compiled condition of a reward whose file was read without a finding."""
    tree = parse(expression)
    check(tree, MEMBER_SCOPE, expected=BOOLEAN)
    return compile_expression(expression, tree, {})


def eligible(reward: Reward, member: Mapping[str, Any]) -> bool:
    """Return whether a member, by their snapshot, may draw a reward.

    Nobody is eligible by a condition that has no answer for them, as one that divides by nothing:
    it is a reason against one redemption, not against everything that is asked with it.
    """
    if not reward.eligible:
        return True
    try:
        return bool(eligibility(reward.eligible).run({}, member, NO_PAST))
    except ArithmeticError:
        return False


class _Catalogue:
    """Reads one file."""

    def __init__(self, reader: Reader, text: str, around: Around) -> None:
        self.reader, self.text, self.around = reader, text, around
        self.expressions = Expressions(reader, text, frozenset())
        self.first: dict[str, Node] = {}

    def read(self, root: Node) -> CatalogueFile | None:
        fields = self.reader.fields(root, FILE_KEYS, FILE_REQUIRED)
        version = self.reader.integer(fields.get("version"), at_least=1)
        value = self.reader.integer(fields.get("value_fen_per_point"), at_most=FEN_MAX)
        zone = self._zone(fields.get("timezone"))
        begins = self.reader.day(fields.get("effective_from"))
        read = [
            self._reward(node, version or 1) for node in self.reader.items(fields.get("rewards"))
        ]
        rewards = [each for each in read if each is not None]
        if version is None or value is None or zone is None:
            return None
        head = CatalogueVersion(
            version=version,
            zone=zone,
            value_fen_per_point=Fen(value),
            sha256="",
            text=self.text,
        )
        if begins is not None:
            head = replace(head, starts_at=head.midnight(begins))
        head = replace(head, sha256=catalogue_hash(head, rewards))
        return CatalogueFile(version=head, rewards=tuple(rewards))

    def _zone(self, node: Node | None) -> str | None:
        name = self.reader.text(node)
        if name is None or node is None:
            return None
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            self.reader.error("catalogue.zone", node, f"没有时区“{name}”", f"no zone '{name}'")
            return None
        return name

    def _reward(self, node: Node, version: int) -> Reward | None:
        before = len(self.reader.findings)
        reader, fields = self.reader, self.reader.fields(node, REWARD_KEYS, REQUIRED)
        code = self._code(fields.get("code"))
        title, note = reader.title(fields.get("title"), code), reader.title(fields.get("note"), "")
        kind = reader.choice(fields.get("kind"), [kind.value for kind in RewardKind])
        programmes = self._words(fields.get("programme"), PROGRAMMES)
        partners = self._words(fields.get("partners"), CATEGORIES)
        photo, photo_path = read_photo_of(reader, fields.get("photo"), self.around)
        read = {
            "reward_id": RewardId(code),
            "version": version,
            "title_zh": title.zh,
            "title_en": title.en,
            "note_zh": note.zh,
            "note_en": note.en,
            "programmes": programmes,
            "partners": partners,
            "valid_days": self._days(fields.get("valid_for")),
            "limits": read_limits(reader, fields),
            "stock": read_stock(reader, fields.get("stock"), partners, self.around),
            "eligible": self._eligible(fields.get("eligible")),
            "tiers": read_tiers(reader, fields.get("tiers"), programmes, self.around),
            "gate": read_gate(reader, fields.get("gate")),
            "photo": photo,
            "photo_path": photo_path,
            **read_windows(reader, fields),
            **self._price(code, fields, programmes),
            **self._worth(kind, node, fields),
        }
        self._agreed(code, read["tariff_fen"], fields.get("tariff_fen"))
        if kind is None or (len(reader.findings) > before and reader.failed):
            return None
        return Reward(**read, kind=RewardKind(kind))

    def _code(self, node: Node | None) -> str:
        """Read a reward's code; one that stands twice is found whatever else is amiss there."""
        code = self.reader.text(node)
        if code is None or node is None:
            return "?"
        first = self.first.setdefault(code, node)
        if first is not node:
            self.reader.error(
                "catalogue.duplicate",
                node,
                f"兑换项目“{code}”重复，首次见第 {first.line} 行",
                f"this code is used twice, first in line {first.line}",
            )
        return code

    def _price(
        self, code: str, fields: dict[str, Node], programmes: tuple[str, ...]
    ) -> dict[str, Any]:
        price, by_tier = read_price(self.reader, fields.get("price"))
        if by_tier:
            check_rated(self.reader, fields["price"], programmes, self.around)
        declared = self.reader.boolean(fields.get("must_be_free")) or False
        must_be_free = declared or code in ALWAYS_FREE
        for node in priced(fields.get("price")) if must_be_free else ():
            if isinstance(node, Scalar) and node.value not in {0, None}:
                self.reader.error(
                    "catalogue.must_be_free",
                    node,
                    f"“{code}”是必须免费的基本服务，价格只能是 0",
                    f"'{code}' is a basic that must stay free: its price can only be 0",
                    fix="0",
                )
        return {"price": Points(price), "tier_prices": by_tier, "must_be_free": must_be_free}

    def _worth(self, kind: str | None, node: Node, fields: dict[str, Node]) -> dict[str, Any]:
        """Read the face value, the uses and the tariff, which depend on the kind."""
        amount = self.reader.integer(fields.get("amount_fen"), at_least=1, at_most=FEN_MAX)
        uses = self.reader.integer(fields.get("uses"), at_least=2, at_most=PER_MEMBER_MAX)
        for key, wanted in (("amount_fen", "amount"), ("uses", "count")):
            self._belongs(node, fields, key, needed=kind == wanted)
        # Whoever takes an amount in parts is paid those parts: a sum for each would add up to more
        # than was set aside.
        face = self.reader.choice(fields.get("tariff"), ["face"]) == "face"
        self._belongs(node, fields, "tariff", needed=kind == "amount")
        self._belongs(node, fields, "tariff_fen", needed=kind != "amount")
        return {
            "amount_fen": Fen(amount) if amount else NO_FEN,
            "uses": uses or 1,
            "tariff_is_face": face,
            "tariff_fen": self._tariff(fields.get("tariff_fen")),
        }

    def _belongs(self, node: Node, fields: dict[str, Node], key: str, *, needed: bool) -> None:
        """Find a key that is missing where it is needed, or given where it means nothing."""
        if needed and key not in fields:
            self.reader.error(
                "catalogue.missing", node, f"此类项目须写“{key}”", f"this kind needs '{key}'"
            )
        if not needed and key in fields:
            self.reader.error(
                "catalogue.unused", fields[key], f"此处不应写“{key}”", f"'{key}' means nothing here"
            )

    def _tariff(self, node: Node | None) -> dict[str, int]:
        tariff = {}
        for key, value in self.reader.entries(node):
            fen = self.reader.integer(value, at_most=FEN_MAX)
            self._payee(key)
            if fen is not None:
                tariff[key.text] = fen
        if node is not None and DEFAULT not in tariff:
            self.reader.error(
                "catalogue.tariff", node, "结算价须写“default”", "a tariff needs 'default'"
            )
        return tariff

    def _payee(self, key: Scalar) -> None:
        """Find a sum that nobody would be paid: those that it was meant for get another."""
        if self.around.partners is None:
            return
        known = {DEFAULT, *CATEGORIES, *self.around.partners}
        if key.text not in known:
            hint = did_you_mean(key.text, known)
            self.reader.error(
                "catalogue.payee_unknown",
                key,
                f"“{short(key.text)}”不是 default、类别或合作单位编号{hint.zh}；不能写门店编号",
                f"'{short(key.text)}' is neither 'default' nor a category or a partner{hint.en}; "
                "an outlet is none of them",
                fix=hint.nearest,
            )

    def _agreed(self, code: str, tariff: Mapping[str, int], node: Node | None) -> None:
        """Find what sets aside less than a contract pays: less would be paid than agreed."""
        partner, agreed = self.around.agreed.get(code, ("", 0))
        most = max(tariff.values(), default=0)
        if node is not None and agreed > most:
            self.reader.error(
                "catalogue.tariff_agreed",
                node,
                f"合同约定“{partner}”每次 {agreed} 分，此处最多预留 {most} 分："
                "请提高结算价，或先改合同",
                f"by contract {partner} is paid {agreed} fen for one use, and {most} are set aside "
                "here: raise the tariff, or change the contract first",
            )

    def _words(self, node: Node | None, known: tuple[str, ...]) -> tuple[str, ...]:
        """Read one word or a list of different words."""
        nodes = node.items if isinstance(node, Sequence) else [node] if node else []
        words = [self.reader.choice(each, known) for each in nodes]
        if node is not None and (not words or len(set(words)) < len(words)):
            self.reader.error("catalogue.words", node, "至少写一个，且不重复", "one or more, once")
        return tuple(word for word in words if word is not None)

    def _days(self, node: Node | None) -> int:
        duration = self.reader.duration(node)
        if duration is None or node is None:
            return 1
        whole = not duration.months and not duration.elapsed.seconds and duration.elapsed.days > 0
        if not whole:
            self.reader.error("catalogue.valid_for", node, "须为整天，如 P90D", "whole days: P90D")
            return 1
        return duration.elapsed.days

    def _eligible(self, node: Node | None) -> str:
        if node is None or isinstance(node, (YamlMapping, Sequence)):
            self.reader.scalar(node)
            return ""
        typed = self.expressions.read(node, MEMBER_SCOPE, expected=BOOLEAN)
        return typed.compiled.text if typed else ""

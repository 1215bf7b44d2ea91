"""Reads what members may do for each other, and which cards they fill."""

import re
from zoneinfo import ZoneInfo

from points.kernel.findings import Finding
from points.rules.activity_types import ActivityTypes, FieldSpec
from points.rules.benefits import (
    ISSUANCE,
    SHANGHAI,
    SOURCES,
    BenefitPolicy,
    CardRule,
    DonationPolicy,
    Gift,
    HardshipPolicy,
)
from points.rules.expressions import Expressions
from points.rules.reading import Reader, known_zones
from points.rules.scope import MEMBER_FIELDS
from points.rules.texts import did_you_mean, short
from points.rules.types import BOOLEAN
from points.rules.yaml_positions import Node, read_yaml

FILE = "benefits.yaml"
KEYS = ("version", "timezone", "programmes", "stamp_cards", "note")
REQUIRED = ("version", "timezone")
PROGRAMMES = ("party", "health")
PROGRAMME_KEYS = ("donation", "hardship", "note")
DONATION_KEYS = ("least", "most", "per_month", "named", "note")
DONATION_REQUIRED = ("most", "per_month")
HARDSHIP_KEYS = ("source", "per_member_month", "expires", "note")
HARDSHIP_REQUIRED = ("source",)
CARD_KEYS = (
    *("code", "title", "programme", "on", "when", "per_day", "stamps", "valid_for", "since"),
    *("gives", "note"),
)
CARD_REQUIRED = (*("code", "title", "programme", "on", "stamps", "valid_for", "since", "gives"),)
GIFT_KEYS = ("reward", "points", "expires")
STAMPS_MAX = 50
PER_DAY_MAX = 10
CARDS_MAX = 50
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def load_benefits(
    text: str, *, file: str, types: ActivityTypes
) -> tuple[BenefitPolicy | None, list[Finding]]:
    """Return the policy of a file, or nothing when it has errors, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    policy = _Benefits(reader, text, types).read(root)
    return (None if reader.failed else policy), reader.findings


class _Benefits:
    """Reads one file."""

    def __init__(self, reader: Reader, text: str, types: ActivityTypes) -> None:
        self.reader, self.types = reader, types
        self.expressions = Expressions(reader, text, frozenset())

    def read(self, root: Node) -> BenefitPolicy:
        reader, fields = self.reader, self.reader.fields(root, KEYS, REQUIRED)
        reader.integer(fields.get("version"), at_least=1, at_most=1)
        donations, hardship = {}, {}
        for programme, node in reader.fields(fields.get("programmes"), PROGRAMMES).items():
            said = reader.fields(node, PROGRAMME_KEYS)
            if "donation" in said:
                donations[programme] = self._donation(said["donation"])
            if "hardship" in said:
                hardship[programme] = self._hardship(said["hardship"])
        return BenefitPolicy(
            zone=self._zone(fields.get("timezone")),
            donations=donations,
            hardship=hardship,
            cards=self._cards(fields.get("stamp_cards")),
        )

    def _donation(self, node: Node) -> DonationPolicy:
        reader, fields = self.reader, self.reader.fields(node, DONATION_KEYS, DONATION_REQUIRED)
        least = reader.integer(fields.get("least"), at_least=1) or 1
        most = reader.integer(fields.get("most"), at_least=1) or least
        month = reader.integer(fields.get("per_month"), at_least=1) or most
        named = reader.boolean(fields.get("named")) or False
        if not least <= most <= month:
            zh, en = "应为 least ≤ most ≤ per_month", "least, most and per_month go up"
            reader.error("benefits.limits", node, zh, en)
            return DonationPolicy()
        return DonationPolicy(least=least, most=most, per_month=month, named=named)

    def _hardship(self, node: Node) -> HardshipPolicy:
        reader, fields = self.reader, self.reader.fields(node, HARDSHIP_KEYS, HARDSHIP_REQUIRED)
        source = reader.choice(fields.get("source"), SOURCES)
        return HardshipPolicy(
            source=source if source in SOURCES else ISSUANCE,
            per_member_month=reader.integer(fields.get("per_member_month"), at_least=1),
            days=self._days(fields.get("expires")),
        )

    def _cards(self, node: Node | None) -> dict[str, CardRule]:
        cards: dict[str, CardRule] = {}
        for each in self.reader.items(node):
            card = self._card(each)
            if card is None:
                continue
            if card.code in cards or len(cards) >= CARDS_MAX:
                zh, en = f"集章卡“{card.code}”重复或过多", "this code is used twice, or too many"
                self.reader.error("benefits.duplicate", each, zh, en)
            cards[card.code] = card
        return cards

    def _card(self, node: Node) -> CardRule | None:
        reader, fields = self.reader, self.reader.fields(node, CARD_KEYS, CARD_REQUIRED)
        code, since = reader.text(fields.get("code")), reader.day(fields.get("since"))
        programme = reader.choice(fields.get("programme"), PROGRAMMES)
        if code is not None and not CODE.fullmatch(code):
            zh, en = "代码用小写英文", "a code is lower case, digits and _"
            reader.error("benefits.code", fields["code"], zh, en)
        types = self._types(fields.get("on"), programme)
        gives, when = self._gift(fields.get("gives")), fields.get("when")
        condition = self.expressions.read(
            when,
            self.expressions.scope({"event": self._shared(types), "member": MEMBER_FIELDS}),
            expected=BOOLEAN,
        )
        stamps = reader.integer(fields.get("stamps"), at_least=1, at_most=STAMPS_MAX)
        if code is None or since is None or programme is None or gives is None:
            return None
        return CardRule(
            code=code,
            title=reader.title(fields.get("title"), code),
            programme=programme,
            types=types,
            when=condition.compiled if condition else None,
            per_day=reader.integer(fields.get("per_day"), at_least=1, at_most=PER_DAY_MAX) or 1,
            stamps=stamps or 1,
            valid_days=self._days(fields.get("valid_for")) or 1,
            since=since,
            gives=gives,
        )

    def _types(self, node: Node | None, programme: str | None) -> tuple[str, ...]:
        known = {
            name: each
            for name, each in self.types.types.items()
            if programme is None or programme in each.programmes
        }
        named = [self.reader.choice(each, known) for each in self.reader.items(node)]
        if node is not None and not named:
            self.reader.error("benefits.types", node, "至少写一类活动", "one type at least")
        return tuple(dict.fromkeys(name for name in named if name is not None and name in known))

    def _shared(self, types: tuple[str, ...]) -> dict[str, FieldSpec]:
        """Return the fields that all of some types have alike."""
        if not types:
            return {}
        first, *others = (self.types.types[name].fields for name in types)
        return {
            name: spec
            for name, spec in first.items()
            if all(name in each and each[name].kind == spec.kind for each in others)
        }

    def _gift(self, node: Node | None) -> Gift | None:
        reader, fields = self.reader, self.reader.fields(node, GIFT_KEYS)
        reward = reader.text(fields.get("reward")) or ""
        points = reader.integer(fields.get("points"), at_least=1) or 0
        if node is not None and bool(reward) == bool(points):
            zh, en = "写 reward 或 points 之一", "either 'reward' or 'points'"
            reader.error("benefits.gift", node, zh, en)
            return None
        if reward and "expires" in fields:
            zh, en = "券的有效期由目录规定", "the catalogue says how long a voucher is good"
            reader.error("benefits.gift", fields["expires"], zh, en)
        if not (reward or points):
            return None
        return Gift(reward=reward, points=points, days=self._days(fields.get("expires")))

    def _days(self, node: Node | None) -> int | None:
        duration = self.reader.duration(node)
        if duration is None or node is None:
            return None
        if duration.months or duration.elapsed.seconds or duration.elapsed.days <= 0:
            self.reader.error("benefits.days", node, "须为整天，如 P90D", "whole days: P90D")
            return None
        return duration.elapsed.days

    def _zone(self, node: Node | None) -> ZoneInfo:
        name = self.reader.text(node)
        if name is None or node is None:
            return SHANGHAI
        known = known_zones()
        if name in known:
            return ZoneInfo(name)
        hint = did_you_mean(name, known)
        zh, en = f"没有时区“{short(name)}”{hint.zh}", f"no time zone '{short(name)}'{hint.en}"
        self.reader.error("benefits.timezone", node, zh, en)
        return SHANGHAI

"""Well-typed expressions and contexts out of a seed, for whatever has to agree on what they mean.

Made by hand rather than by Hypothesis: a hundred thousand of them take seconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from points.rules.activity_types import FieldSpec
from points.rules.check import check
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.syntax import Tree
from points.rules.texts import Title

NONE = Title("", "")


def _field(name: str, kind: str, **said: Any) -> FieldSpec:
    return FieldSpec(name=name, kind=kind, title=NONE, **said)


FIELDS: Mapping[str, FieldSpec] = {
    spec.name: spec
    for spec in (
        _field("hours", "number", minimum=Decimal(0), maximum=Decimal(24)),
        _field("change", "number", minimum=Decimal(-100), maximum=Decimal(100)),
        _field("people", "integer", minimum=Decimal(0), maximum=Decimal(50)),
        _field("trips", "integer", minimum=Decimal(0), maximum=Decimal(9), required=False),
        _field("verified", "boolean"),
        _field("urgent", "boolean", required=False),
        _field("level", "enum", values=("province", "city", "county")),
        _field("kind", "enum", values=("hazard", "incident"), required=False),
        _field("task", "text", max_length=20),
        _field("services", "list", values=("ct", "ear_seeds", "tuina")),
        _field("closed_on", "date"),
    )
}
LETS: Mapping[str, Tree] = {
    "half_hours": parse("floor(event.hours * 2) / 2"),
    "long": parse("event.hours > 6"),
}
SCOPE = Scope(roots={"event": FIELDS, "member": MEMBER_FIELDS}, lets=LETS)
TEXTS = ("", "a", "社区", "it's", 'x"y', "50%", "😀", "back\\slash", "'; drop table x --")
QUARTERS = tuple(Decimal(number) / 4 for number in range(97))


@dataclass(slots=True)
class Expressions:
    """Makes expressions.

    Attributes:
        chance: Where they come from.
        dyadic: Only numbers and divisions that binary floating point holds exactly.
    """

    chance: Random
    dyadic: bool = False

    def truth(self, depth: int) -> str:
        """Return the text of a condition."""
        if depth <= 0:
            return self._simple_truth()
        return self.chance.choice(
            (
                lambda: f"({self.truth(depth - 1)} && {self.truth(depth - 1)})",
                lambda: f"({self.truth(depth - 1)} || {self.truth(depth - 1)})",
                lambda: f"!({self.truth(depth - 1)})",
                lambda: self._comparison(depth - 1),
                lambda: self._comparison(depth - 1),
                lambda: self._guarded(depth - 1),
                lambda: f"({self.number(depth - 1)} in [{self.literal()}, {self.literal()}])",
                lambda: (
                    f"({self.truth(depth - 1)} ? {self.truth(depth - 1)} : {self.truth(depth - 1)})"
                ),
                lambda: self.truth(0),
            )
        )()

    def number(self, depth: int) -> str:
        """Return the text of an expression for a number."""
        if depth <= 0:
            return self._simple_number()
        return self.chance.choice(
            (
                lambda: self._arithmetic(depth - 1),
                lambda: self._arithmetic(depth - 1),
                lambda: self._extreme(depth - 1),
                lambda: f"{self._rounding()}({self.number(depth - 1)})",
                lambda: f"{self._rounding()}({self._division(depth - 1)})",
                lambda: self._division(depth - 1),
                lambda: (
                    f"({self.truth(depth - 1)} ? {self.number(depth - 1)} : {self.number(depth - 1)})"
                ),
                lambda: f"(has(event.trips) ? event.trips : {self.number(depth - 1)})",
                lambda: f"-({self.number(depth - 1)})",
                lambda: self.number(0),
            )
        )()

    def literal(self) -> str:
        """Return a number as written."""
        if self.dyadic or self.chance.random() < 0.5:
            return format(self.chance.choice(QUARTERS), "f")
        digits = self.chance.choice((0, 1, 2, 3))
        return f"{Decimal(self.chance.randrange(0, 5000)) / 10**digits:f}"

    def _arithmetic(self, depth: int) -> str:
        op = self.chance.choice("+-*" if self.dyadic else "+-*/%")
        return f"({self.number(depth)} {op} {self.number(depth)})"

    def _division(self, depth: int) -> str:
        if self.dyadic:
            return f"({self.number(depth)} / {self.chance.choice(('2', '0.5', 'event.people'))})"
        return f"({self.number(depth)} / {self.chance.choice((self.literal(), 'event.people', 'event.hours'))})"

    def _extreme(self, depth: int) -> str:
        numbers = ", ".join(self.number(depth) for _ in range(self.chance.choice((2, 2, 3))))
        return f"{self.chance.choice(('min', 'max'))}({numbers})"

    def _rounding(self) -> str:
        return self.chance.choice(("floor", "ceil", "round", "abs"))

    def _comparison(self, depth: int) -> str:
        op = self.chance.choice(("<", "<=", ">", ">=", "==", "!="))
        return f"({self.number(depth)} {op} {self.number(depth)})"

    def _guarded(self, depth: int) -> str:
        return self.chance.choice(
            (
                f"(has(event.trips) && event.trips > {self.number(depth)})",
                f"(!has(event.trips) || event.trips <= {self.number(depth)})",
                "(has(event.urgent) && event.urgent)",
                "(has(event.kind) && event.kind == 'hazard')",
                "(has(member.branch) && member.branch != event.task)",
            )
        )

    @staticmethod
    def _quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def _simple_truth(self) -> str:
        chance = self.chance
        return chance.choice(
            (
                chance.choice(("true", "false")),
                chance.choice(("event.verified", "member.party_member", "let.long")),
                f"(event.task == {self._quoted(chance.choice(TEXTS))})",
                f"(event.task in [{self._quoted(chance.choice(TEXTS))}, 'a'])",
                f"(event.level == '{chance.choice(FIELDS['level'].values)}')",
                f"('{chance.choice(FIELDS['services'].values)}' in event.services)",
                "('pioneer' in member.roles)",
                "(member.kind in ['rider', 'courier'])",
                f"(event.closed_on >= date('2026-0{chance.randint(1, 9)}-15'))",
                f"has(event.{chance.choice(('trips', 'urgent', 'kind', 'hours'))})",
                f"(event.hours >= {self.literal()})",
            )
        )

    def _simple_number(self) -> str:
        return self.chance.choice(
            (
                self.literal(),
                *("event.hours", "event.change", "event.people", "let.half_hours"),
                *("size(event.services)", "size(event.task)"),
            )
        )


def expressions(
    seed: int, count: int, *, dyadic: bool = False, depth: int = 4
) -> Iterator[tuple[str, Tree]]:
    """Yield so many well-typed expressions as text and tree, the same for the same seed."""
    make = Expressions(Random(seed), dyadic=dyadic)
    made = 0
    while made < count:
        level = make.chance.randint(1, depth)
        text = make.truth(level) if make.chance.random() < 0.5 else make.number(level)
        tree = parse(text)
        # Dividing by a zero written out is the one fault that is generated.
        if not check(tree, SCOPE)[1]:
            made += 1
            yield text, tree


def contexts(
    seed: int, count: int, *, dyadic: bool = False
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return so many activities' fields and member snapshots."""
    chance = Random(seed)
    return [(_event(chance, dyadic=dyadic), _member(chance)) for _ in range(count)]


def _event(chance: Random, *, dyadic: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "hours": _number(chance, 0, 24, dyadic=dyadic),
        "change": _number(chance, -100, 100, dyadic=dyadic),
        "people": chance.choice((0, 1, 2, 4, 32) if dyadic else (0, 0, 1, 3, 7, 49, 50)),
        "verified": chance.random() < 0.7,
        "level": chance.choice(FIELDS["level"].values),
        "task": chance.choice(TEXTS),
        "services": tuple(each for each in FIELDS["services"].values if chance.random() < 0.4),
        "closed_on": date(2026, chance.randint(1, 12), chance.choice((1, 15, 28))),
    }
    if chance.random() < 0.6:
        found["trips"] = chance.randint(0, 9)
    if chance.random() < 0.6:
        found["urgent"] = chance.random() < 0.5
    if chance.random() < 0.6:
        found["kind"] = chance.choice(("hazard", "incident"))
    return found


def _number(chance: Random, low: int, high: int, *, dyadic: bool) -> Decimal:
    edges = (low, high, 0, min(1, high))
    if chance.random() < 0.3:
        return Decimal(chance.choice(edges))
    if dyadic:
        return Decimal(chance.randint(low * 4, high * 4)) / 4
    digits = chance.choice((0, 1, 2, 9))
    return Decimal(chance.randint(low * 10**digits, high * 10**digits)).scaleb(-digits)


def _member(chance: Random) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": chance.choice(MEMBER_FIELDS["kind"].values),
        "party_member": chance.random() < 0.5,
        "mobile_party_member": False,
        "probationary": False,
        "roles": chance.choice(((), ("pioneer",), ("grid_agent", "pioneer"))),
    }
    if chance.random() < 0.6:
        found["branch"] = chance.choice(("a", "第一支部"))
    return found

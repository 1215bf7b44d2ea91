"""What an expression may speak of: the fields of its activity type, of the member, and lets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from points.rules.activity_types import FieldSpec
from points.rules.syntax import Tree
from points.rules.texts import Title


def _spec(
    name: str,
    kind: str,
    zh: str,
    en: str,
    labels: Mapping[str, Title] = MappingProxyType({}),
    *,
    required: bool = True,
) -> FieldSpec:
    return FieldSpec(
        name=name,
        kind=kind,
        title=Title(zh, en),
        values=tuple(labels),
        required=required,
        labels=labels,
    )


KIND_LABELS: Mapping[str, Title] = {
    "courier": Title("快递员", "courier"),
    "rider": Title("外卖骑手", "delivery rider"),
    "truck_driver": Title("货车司机", "truck driver"),
    "ride_hailing_driver": Title("网约车司机", "ride-hailing driver"),
    "taxi_driver": Title("出租车司机", "taxi driver"),
}
ROLE_LABELS: Mapping[str, Title] = {
    "grid_agent": Title("网格员", "grid agent"),
    "policy_speaker": Title("政策宣讲员", "policy speaker"),
    "opinion_courier": Title("民意信使", "opinion courier"),
    "food_safety_supervisor": Title("食品安全监督员", "food safety supervisor"),
    "pioneer": Title("先锋模范", "pioneer"),
}
KINDS, ROLES = tuple(KIND_LABELS), tuple(ROLE_LABELS)
MEMBER_FIELDS: Mapping[str, FieldSpec] = {
    spec.name: spec
    for spec in (
        _spec("kind", "enum", "从业类别", "kind of work", KIND_LABELS),
        _spec("branch", "text", "所在支部", "branch", required=False),
        _spec("grid", "text", "所在网格", "grid", required=False),
        _spec("party_member", "boolean", "中共党员", "party member"),
        _spec("mobile_party_member", "boolean", "流动党员", "mobile party member"),
        _spec("probationary", "boolean", "预备党员", "probationary member"),
        _spec("roles", "list", "担任角色", "roles", ROLE_LABELS),
    )
}
"""The member as it was when the activity happened: the snapshot that facts carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The names that one expression may use.

    Attributes:
        roots: Fields by root (``event``, ``member``) and name.
        lets: Trees of the bindings by name.
        histories: Activity types that ``history.count`` may ask for; none where it has no say.
        rules: Ids of rules that ``history.awarded`` may ask for.
    """

    roots: Mapping[str, Mapping[str, FieldSpec]]
    lets: Mapping[str, Tree] = field(default_factory=dict)
    histories: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()

    def spec(self, root: str, name: str) -> FieldSpec | None:
        """Return the field that a name means, if any."""
        return self.roots.get(root, {}).get(name)

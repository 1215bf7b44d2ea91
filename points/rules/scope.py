"""What an expression may speak of: the fields of its activity type, of the member, and lets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from points.rules.activity_types import FieldSpec
from points.rules.syntax import Tree
from points.rules.texts import Title


def _spec(
    name: str, kind: str, zh: str, en: str, values: tuple[str, ...] = (), *, required: bool = True
) -> FieldSpec:
    return FieldSpec(name=name, kind=kind, title=Title(zh, en), values=values, required=required)


KINDS = ("courier", "rider", "truck_driver", "ride_hailing_driver", "taxi_driver")
ROLES = ("grid_agent", "policy_speaker", "opinion_courier", "food_safety_supervisor", "pioneer")
MEMBER_FIELDS: Mapping[str, FieldSpec] = {
    spec.name: spec
    for spec in (
        _spec("kind", "enum", "从业类别", "kind of work", KINDS),
        _spec("branch", "text", "所在支部", "branch", required=False),
        _spec("grid", "text", "所在网格", "grid", required=False),
        _spec("party_member", "boolean", "中共党员", "party member"),
        _spec("mobile_party_member", "boolean", "流动党员", "mobile party member"),
        _spec("probationary", "boolean", "预备党员", "probationary member"),
        _spec("roles", "list", "担任角色", "roles", ROLES),
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

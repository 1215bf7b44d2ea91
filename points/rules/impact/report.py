"""The whole comparison, as it is read by people, kept as proof, and compared by its hash."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from points.kernel.canonical import canonical_json
from points.rules.impact.largest import Largest
from points.rules.impact.partial import DIMENSIONS, Partial

FORMAT = 1
SPENDABLE = "wallet"
"""The measure that costs money: what is in it can be spent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Which rules one side was scored by.

    Attributes:
        kind: ``stored`` for what was posted, ``in_force`` for the published versions, ``file`` for
            one version or draft throughout.
        version: Of the file.
        sha256: Of the file's content, or of all versions in force.
    """

    kind: str
    version: int = 0
    sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kind": self.kind, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What a change of one programme's rules would have done in a period.

    Attributes:
        since: First local day.
        until: First local day that is no longer in it.
        before: What it is compared with.
        after: What is tried.
        engine: ``exact``, ``duckdb`` or ``spark``.
        data: Says which activities: their mark.
        fen_a_point: What a spendable point is reckoned at.
        budget_fen: What spendable points may cost in the period, if anybody said.
        part: All the sums.
        reasons: By activity id: why it changed.
        member_reasons: By member id: why their points changed.
        titles: Of rules and caps, for people.
    """

    programme: str
    since: date
    until: date
    timezone: str
    before: Basis
    after: Basis
    engine: str
    data: str
    fen_a_point: int
    budget_fen: int | None
    part: Partial
    reasons: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    member_reasons: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the canonical form."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @property
    def canonical(self) -> str:
        """The one JSON text of the summary."""
        return canonical_json(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Return plain values: always the same for the same comparison."""
        return {
            "format": FORMAT,
            "programme": self.programme,
            "period": {
                "from": self.since.isoformat(),
                "until": self.until.isoformat(),
                "timezone": self.timezone,
            },
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "engine": self.engine,
            "data": {"mark": self.data, "activities": self.part.activities},
            "activities": self._activities(),
            "measures": self._by("total", "measure"),
            "cost": self._cost(),
            "members": self._members(),
            "by": {name: self._by(name, name) for name in DIMENSIONS[1:]},
            "caps": self._caps(),
            "quarantined": [
                {"rule": rule, "code": code, "before": before, "after": after}
                for (rule, code), (before, after) in sorted(self.part.failures.items())
            ],
            "largest": {
                "members": list(self._largest(self.part.members_most, self.member_reasons)),
                "activities": list(self._largest(self.part.activities_most, self.reasons)),
            },
            "titles": {key: dict(self.titles[key]) for key in sorted(self.titles)},
        }

    def _activities(self) -> dict[str, int]:
        failed = self.part.failures.values()
        return {
            "compared": self.part.activities,
            "changed": self.part.changed,
            "posted_otherwise": self.part.otherwise,
            "quarantined_before": sum(before for before, _ in failed),
            "quarantined_after": sum(after for _, after in failed),
        }

    def _by(self, dimension: str, called: str) -> list[dict[str, Any]]:
        return [
            {**({called: name} if name else {}), "measure": measure, **figures.as_json()}
            for (by, name, measure), figures in sorted(self.part.figures.items())
            if by == dimension
        ]

    def _cost(self) -> dict[str, Any]:
        figures = self.part.figures.get(("total", "", SPENDABLE))
        before, after = figures.points if figures else (0, 0)
        cost = after * self.fen_a_point
        return {
            "fen_a_point": self.fen_a_point,
            "before_fen": before * self.fen_a_point,
            "after_fen": cost,
            "delta_fen": (after - before) * self.fen_a_point,
            "budget_fen": self.budget_fen,
            "over_budget": self.budget_fen is not None and cost > self.budget_fen,
        }

    def _members(self) -> dict[str, Any]:
        measures: dict[str, dict[str, Any]] = {}
        for (measure, band), (count, points) in sorted(self.part.bands.items()):
            found = measures.setdefault(
                measure,
                {"gaining": 0, "losing": 0, "unchanged": 0, "gained": 0, "lost": 0, "bands": []},
            )
            found["bands"].append({"band": band, "members": count, "points": points})
            if not band:
                found["unchanged"] += count
                continue
            found["gaining" if band > 0 else "losing"] += count
            found["gained" if band > 0 else "lost"] += abs(points)
        for found in measures.values():
            # Who had nothing in a measure on either side has no line in it.
            met = found["gaining"] + found["losing"] + found["unchanged"]
            found["unchanged"] += self.part.members - met
        return {"compared": self.part.members, "measures": measures}

    def _caps(self) -> list[dict[str, Any]]:
        names = ("hits_before", "hits_after", "forgone_before", "forgone_after")
        return [
            {"cap": cap, "measure": measure, **dict(zip(names, sums, strict=True))}
            for (cap, measure), sums in sorted(self.part.caps.items())
        ]

    def _largest(
        self,
        most: Mapping[tuple[str, str], Largest],
        reasons: Mapping[str, list[dict[str, Any]]],
    ) -> Iterator[dict[str, Any]]:
        for (measure, direction), largest in sorted(most.items()):
            for change in largest.kept:
                said = [each for each in reasons.get(change.id, ()) if each["measure"] == measure]
                yield {
                    "measure": measure,
                    "direction": direction,
                    "id": change.id,
                    "member": change.member_id,
                    "before": change.before,
                    "after": change.after,
                    "delta": change.delta,
                    **({"type": change.type, "at": change.occurred_at} if change.type else {}),
                    "reasons": said,
                }

"""Usage in memory: what was granted and what happened so far, as replays and cases keep it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from points.rules.facts import PEER, Facts, Reference, referred
from points.rules.outcome import Evaluation, Spent, UsageKey

_NOTHING = Spent()


@dataclass(slots=True)
class Tally:
    """Usage in memory, filled from a store or by what was scored before.

    Attributes:
        spendings: What this member was granted.
        shared: What branches and the programme were granted; the same for all members' tallies.
        grants: When rules granted something.
        happened_at: When scored activities of a type happened.
        references: What rules granted, by rule and the source's number of the activity.
        peers: Returns the tally of another member; without, peers are counted in ``shared``.
    """

    spendings: dict[UsageKey, Spent] = field(default_factory=dict)
    shared: dict[UsageKey, Spent] = field(default_factory=dict)
    grants: dict[str, list[datetime]] = field(default_factory=dict)
    happened_at: dict[str, list[datetime]] = field(default_factory=dict)
    references: dict[tuple[str, str], list[Reference]] = field(default_factory=dict)
    peers: Callable[[str], "Tally"] | None = None

    def spent(self, key: UsageKey) -> Spent:
        """Return what was granted under a key."""
        if not key.holder:
            return self.spendings.get(key, _NOTHING)
        counts, own = self._counts(key)
        return counts.get(own, _NOTHING)

    def granted_between(
        self, rule_id: str, after: datetime, before: datetime, peer: str = ""
    ) -> bool:
        """Return whether a rule granted something strictly between two instants."""
        grants = self._of(peer).grants.get(_grant_name(rule_id, peer, self), ())
        return any(after < at < before for at in grants)

    def happened(self, activity_type: str, since: datetime, until: datetime) -> Iterable[datetime]:
        """Return when activities of a type happened, from an instant up to another."""
        return [at for at in self.happened_at.get(activity_type, ()) if since <= at < until]

    def awarded(self, rule_id: str, external_id: str, since: datetime, until: datetime) -> int:
        """Return what a rule granted for the activity that a source's number names."""
        return referred(self.references.get((rule_id, external_id), ()), since, until)

    def record(self, facts: Facts, evaluation: Evaluation) -> None:
        """Add what an evaluation granted, as posting it would."""
        self.happened_at.setdefault(facts.type, []).append(facts.occurred_at)
        self.grant(facts, evaluation)

    def grant(self, facts: Facts, evaluation: Evaluation) -> None:
        """Add what was granted for an activity that is counted already, or will be."""
        for award in evaluation.awards:
            rule_id, to = award.rule_id, award.to
            holder = self._of(to) if to else self
            name = _grant_name(rule_id, to, self) if to else rule_id
            holder.grants.setdefault(name, []).append(facts.occurred_at)
            if facts.external_id and not to:
                self.references.setdefault((rule_id, facts.external_id), []).extend(
                    Reference(facts.occurred_at, *each) for each in award.points.items()
                )
            for cap, measure, window, amount, more, whose in award.uses:
                key = UsageKey(cap, measure, window, whose)
                counts, own = self._counts(key) if whose else (self.spendings, key)
                points, times = counts.get(own, _NOTHING)
                counts[own] = Spent(points + amount, times + more)

    def forget(self, facts: Facts, evaluation: Evaluation, *, happened: bool = True) -> None:
        """Take out again what an evaluation granted, as reversing it does.

        Args:
            facts: The activity.
            evaluation: What was recorded, or granted, for it.
            happened: Whether the activity itself no longer counts, or only what was granted.
        """
        if happened:
            self.happened_at[facts.type].remove(facts.occurred_at)
        for award in evaluation.awards:
            holder = self._of(award.to)
            holder.grants[_grant_name(award.rule_id, award.to, self)].remove(facts.occurred_at)
            if facts.external_id and not award.to:
                for each in award.points.items():
                    reference = Reference(facts.occurred_at, *each)
                    self.references[award.rule_id, facts.external_id].remove(reference)
            for use in award.uses:
                counts, own = self._counts(use.key)
                points, times = counts.get(own, _NOTHING)
                counts[own] = Spent(points - use.amount, times - use.times)

    def _counts(self, key: UsageKey) -> tuple[dict[UsageKey, Spent], UsageKey]:
        if not key.holder:
            return self.spendings, key
        if self.peers is not None and key.holder.startswith(PEER):
            peer = self.peers(key.holder.removeprefix(PEER))
            return peer.spendings, key._replace(holder="")
        return self.shared, key

    def _of(self, peer: str) -> "Tally":
        return self if self.peers is None or not peer else self.peers(peer)


def _grant_name(rule_id: str, peer: str, tally: Tally) -> str:
    # Without tallies of others a peer's grants stand beside the member's own, under another name.
    return f"{rule_id}>{peer}" if peer and tally.peers is None else rule_id

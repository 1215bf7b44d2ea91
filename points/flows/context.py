"""What the composition root gives to decisions: rule sets, activity types, codes, policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from points.identity.passwords import Passwords
from points.identity.sealing import Seal
from points.identity.second_factor import SecondFactors
from points.kernel.errors import Misused
from points.offline.token import TokenKeys
from points.privacy.model import Notices
from points.rules import (
    ActivityTypes,
    BenefitPolicy,
    BudgetPolicy,
    DutyPolicy,
    OfflinePolicy,
    Policy,
    RuleSet,
    VoucherPolicy,
    WatchPolicy,
)
from points.unit_of_work import Keys, WorkingSet
from points.vault.keychain import Vault
from points.vouchers.codes import CodeBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that an association published, and for which instants it may hold.

    Attributes:
        published_at: Since when it has been known.
        retired_at: When it was given an end before its own, if it was.
        until: Its own end.
    """

    ruleset: RuleSet
    starts_at: datetime
    ends_at: datetime
    published_at: datetime
    until: datetime
    retired_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Return whether it may hold for what happens at an instant."""
        return self.starts_at <= at < self.ends_at

    def covered(self, at: datetime, known_at: datetime) -> bool:
        """Return whether it might hold for an instant by what was known at another."""
        if known_at < self.published_at:
            return False
        retired = self.retired_at is not None and self.retired_at <= known_at
        return self.starts_at <= at < (self.ends_at if retired else self.until)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The approved rule sets; exactly one of a programme is in force at any moment.

    Attributes:
        rulesets: Those of the installation's folder: the base, which holds where an association
            has published nothing for that moment.
        published: What the association itself published.
        revision: How often its book has changed.
        texts: The base's files, by hash.
        kept: Which hashes of the base the association has kept in its own database.
    """

    rulesets: tuple[RuleSet, ...]
    published: tuple[Published, ...] = ()
    revision: int = 0
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept: frozenset[str] = frozenset()

    def in_force(self, programme: str, at: datetime) -> RuleSet | None:
        """Return the rule set by when the activity happened, or None where none applies.

        The highest published version that covers the moment, else the base's.
        """
        ours = [
            each.ruleset
            for each in self.published
            if each.ruleset.programme == programme and each.covers(at)
        ]
        return self._highest(programme, at, ours)

    def held(self, programme: str, at: datetime, known_at: datetime) -> RuleSet | None:
        """Return the rule set that held for an instant by what was known at another.

        What was scored before a version was published for the past goes on by what it was scored
        by, until a correction batch reaches it.
        """
        ours = [
            each.ruleset
            for each in self.published
            if each.ruleset.programme == programme and each.covered(at, known_at)
        ]
        return self._highest(programme, at, ours)

    def _highest(self, programme: str, at: datetime, ours: list[RuleSet]) -> RuleSet | None:
        if ours:
            return max(ours, key=lambda each: each.version)
        for ruleset in self.rulesets:
            if ruleset.programme == programme and ruleset.in_force(at):
                return ruleset
        return None

    def all_of(self, programme: str) -> tuple[RuleSet, ...]:
        """Return every known rule set of a programme, the newest first."""
        known = (*(each.ruleset for each in self.published), *self.rulesets)
        of_programme = [each for each in known if each.programme == programme]
        return tuple(sorted(of_programme, key=lambda each: each.version, reverse=True))

    def programmes(self) -> dict[str, tuple[str, ...]]:
        """Return each programme's measures; no version changes them."""
        return {r.programme: tuple(r.measures) for r in self.rulesets}

    def of(self, programme: str) -> RuleSet:
        """Return the newest rule set of a programme.

        Raises:
            Misused: There is none.
        """
        found = self.all_of(programme)
        if not found:
            raise Misused("unknown_programme", "没有这个积分项目", "there is no such programme")
        return found[0]

    def by_hash(self, sha256: str) -> RuleSet | None:
        """Return the rule set of a hash, as it stands on an award, or None."""
        known = (*self.rulesets, *(each.ruleset for each in self.published))
        return next((each for each in known if each.sha256 == sha256), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a decision may know besides its command and the working set.

    Attributes:
        rules: The rule sets.
        types: The activity types.
        codes: Makes and recognises voucher codes.
        index_key: Secret of the blind indexes of phone and identity number.
        feed_seal: Seals the secrets with which sources sign.
        login_key: Secret of the codes and tokens with which members log in.
        vault: Wraps and unwraps the keys of persons.
        notices: What members are told before they consent.
        grace: How long points that return to an expired lot stay spendable.
        measures: Each programme's measures, by programme.
        passwords: Hashes and verifies what staff log in with.
        factors: Seals and checks second factors.
        duties: How much one person may do in a day.
        limits: What no rule may score, whoever approves it.
        benefits: Donations, hardship grants and stamp cards.
        vouchers: What may become of vouchers after their issue.
        offline: How far tills without network are trusted.
        token_keys: Signs what they take.
        budget: What pools keep back, and when to warn.
        watch: From where on something at a counter looks odd.
        trial: Whether this is a trial, where messages may go to the machine itself.
    """

    rules: RuleBook
    types: ActivityTypes
    codes: CodeBook
    index_key: bytes = field(repr=False)
    vault: Vault
    notices: Notices
    feed_seal: Seal = field(default_factory=partial(Seal, b""))
    login_key: bytes = field(default=b"", repr=False)
    grace: timedelta = timedelta(days=7)
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passwords: Passwords = field(default_factory=Passwords)
    factors: SecondFactors = field(default_factory=SecondFactors.of_this_process)
    duties: DutyPolicy = field(default_factory=DutyPolicy)
    limits: Policy = field(default_factory=Policy)
    benefits: BenefitPolicy = field(default_factory=BenefitPolicy)
    vouchers: VoucherPolicy = field(default_factory=VoucherPolicy)
    offline: OfflinePolicy = field(default_factory=OfflinePolicy)
    token_keys: TokenKeys = field(default_factory=TokenKeys.of_this_process)
    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    watch: WatchPolicy = field(default_factory=WatchPolicy)
    trial: bool = False


def context(on: WorkingSet | Keys) -> Context:
    """Return the working set's context, typed; the keys of a batch have it as well."""
    found: Context = on.context
    return found

"""The partners' part of a batch: the register, contracts and statements. Touches no database."""

from dataclasses import dataclass, field

from points.kernel.ensure import ensure
from points.kernel.ids import OutletId, PartnerId, StatementId
from points.partners.agreement import Agreement, Contract
from points.partners.counters import CounterPolicy, NewPolicy, RegisteredTill, TillEvent
from points.partners.model import Account, Correction, Line, Operator, Outlet, Partner, Statement
from points.partners.standing import Standing, StatementEvent

WEB = "web"
"""How the counters in browsers are called together; each is followed by its session."""


def is_browser(device: str) -> bool:
    """Return whether a device is a counter in a browser without a till's name of its own."""
    return device == WEB or device.startswith(f"{WEB}-")


@dataclass(slots=True)
class Contracts:
    """Partners under the locks of their accounts, and the facts to append.

    Attributes:
        operators: All that the outlets have registered, disabled ones too.
        disabled: Those of them who may not act.
        tills: All that the outlets have registered, by outlet and name.
        policies: What holds at partners' counters.
        agreed: Every version of a partner's contract.
        standings: Where drawn-up statements stand.
        lines: Lines that somebody asks about, by statement and number.
        corrected: By how much captures that somebody asks about were corrected, in fen; none where
            nobody corrected one.
        about: The capture that a void, a correction or a line of those is about in the end, by what
            it lists.
    """

    partners: dict[PartnerId, Partner] = field(default_factory=dict)
    outlets: dict[OutletId, Outlet] = field(default_factory=dict)
    operators: set[tuple[OutletId, str]] = field(default_factory=set)
    disabled: set[tuple[OutletId, str]] = field(default_factory=set)
    accounts: dict[PartnerId, Account] = field(default_factory=dict)
    tills: dict[tuple[OutletId, str], RegisteredTill] = field(default_factory=dict)
    policies: dict[PartnerId, CounterPolicy] = field(default_factory=dict)
    corrections: dict[PartnerId, list[Correction]] = field(default_factory=dict)
    agreed: dict[PartnerId, tuple[Contract, ...]] = field(default_factory=dict)
    standings: dict[StatementId, Standing] = field(default_factory=dict)
    lines: dict[tuple[StatementId, int], Line] = field(default_factory=dict)
    corrected: dict[str, int] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    new_partners: list[Partner] = field(default_factory=list)
    new_outlets: list[Outlet] = field(default_factory=list)
    new_operators: list[Operator] = field(default_factory=list)
    new_tills: list[TillEvent] = field(default_factory=list)
    new_policies: list[NewPolicy] = field(default_factory=list)
    new_corrections: list[Correction] = field(default_factory=list)
    new_statements: list[Statement] = field(default_factory=list)
    new_contracts: list[Contract] = field(default_factory=list)
    new_events: list[StatementEvent] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return sum(
            len(facts)
            for facts in (
                self.new_partners,
                self.new_outlets,
                self.new_operators,
                self.new_tills,
                self.new_policies,
                self.new_corrections,
                self.new_statements,
                self.new_contracts,
                self.new_events,
            )
        )

    def add_partner(self, partner: Partner) -> None:
        """Take a partner up, with its first open period."""
        self.partners[partner.partner_id] = partner
        self.accounts[partner.partner_id] = Account(partner_id=partner.partner_id, fresh=True)
        self.new_partners.append(partner)

    def add_outlet(self, outlet: Outlet) -> None:
        """Take an outlet up."""
        self.outlets[outlet.outlet_id] = outlet
        self.new_outlets.append(outlet)

    def add_operator(self, operator: Operator) -> None:
        """Take an operator up."""
        self.operators.add((operator.outlet_id, operator.operator_id))
        self.new_operators.append(operator)

    def policy(self, partner: PartnerId) -> CounterPolicy:
        """Return what holds at a partner's counters; where nothing was agreed, what is usual."""
        return self.policies.get(partner) or CounterPolicy(partner_id=partner)

    def agree(self, new: NewPolicy) -> None:
        """Let another policy hold from now on."""
        policy = new.policy
        ensure(policy.version == self.policy(policy.partner_id).version + 1, "without a gap")
        self.policies[policy.partner_id] = policy
        self.new_policies.append(new)

    def till(self, event: TillEvent) -> None:
        """Register a till, switch it off or on, or give it a key of its own."""
        name = event.outlet_id, event.device_id
        before = self.tills.get(name)
        ensure(event.version == (before.version if before else 0) + 1, "without a gap")
        had_key = before is not None and before.own_key
        ensure(event.own_key or not had_key, "a name that was given a key is never free again")
        self.tills[name] = RegisteredTill(
            outlet_id=event.outlet_id,
            device_id=event.device_id,
            version=event.version,
            active=event.active,
            own_key=event.own_key,
        )
        self.new_tills.append(event)

    def works(self, outlet: OutletId, device: str) -> bool:
        """Return whether a device is a till of an outlet; any is where none was registered.

        Browsers are one kind of till: who registered ``web`` lets all of them work.
        """
        if not any(of == outlet for of, _ in self.tills):
            return True
        till = self.tills.get((outlet, self.known_as(outlet, device)))
        return till is not None and till.active

    def has_own_key(self, outlet: OutletId, device: str) -> bool:
        """Return whether a device is called as a till that was given a key of its own."""
        till = self.tills.get((outlet, device))
        return till is not None and till.own_key

    def known_as(self, outlet: OutletId, device: str) -> str:
        """Return the name that a device was registered by; empty for one that nobody registered."""
        name = WEB if is_browser(device) else device
        return name if (outlet, name) in self.tills else ""

    def correct(self, correction: Correction) -> None:
        """Append a correction to the open period."""
        self.corrections.setdefault(correction.partner_id, []).append(correction)
        self.new_corrections.append(correction)
        self.counts(correction.correction_id, correction.corrects, correction.amount_fen)

    def counts(self, correction_id: str, corrects: str | None, amount_fen: int) -> None:
        """Count a correction for the capture that it is about in the end, if that is asked for."""
        capture = self.about.get(corrects or "")
        if capture is not None:
            self.about[correction_id] = capture
            self.corrected[capture] = self.corrected.get(capture, 0) + amount_fen

    def agreement(self, partner_id: PartnerId) -> Agreement:
        """Return a partner with what was agreed with it."""
        return Agreement(self.partners[partner_id], self.agreed.get(partner_id, ()))

    def sign(self, contract: Contract) -> None:
        """Append a version of a partner's contract."""
        known = self.agreed.get(contract.partner_id, ())
        ensure(contract.version == len(known) + 1, "contracts are numbered without a gap")
        self.agreed[contract.partner_id] = (*known, contract)
        self.new_contracts.append(contract)

    def draw_up(self, statement: Statement) -> None:
        """Close a period for ever."""
        account = self.accounts[statement.partner_id]
        ensure(statement.number == account.statements + 1, "statements are numbered without a gap")
        ensure(statement.totals.add_up, "outlets add up to the fen")
        account.closed_until, account.statements = statement.ends, statement.number
        account.last_sha256 = statement.totals.sha256
        account.touched = True
        self.new_statements.append(statement)
        standing = Standing.of(statement)
        self.standings[standing.statement_id] = standing

    def happened(self, event: StatementEvent) -> None:
        """Append what happened to a statement, which stands accordingly from now on."""
        self.standings[event.statement_id].apply(event)
        self.new_events.append(event)

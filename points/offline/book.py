"""The offline tokens' part of a batch: what was read under others' locks, and what to append."""

from dataclasses import dataclass, field
from datetime import datetime

from points.kernel.ids import OutletId, VoucherId
from points.offline.model import Ruling, Token, Use


@dataclass(slots=True)
class TokenBook:
    """Tokens, uses and rulings. Nothing here touches a database.

    Attributes:
        tokens: By id.
        of_voucher: How many tokens a voucher was given.
        spent: Tokens that were honoured, or whose loss the association bears.
        handed: Which device handed something over without network and when, by outlet, of what the
            outlet is paid for.
        uses: By id.
        rulings: By the use that they decide.
    """

    tokens: dict[str, Token] = field(default_factory=dict)
    of_voucher: dict[VoucherId, int] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    handed: dict[OutletId, list[tuple[str, datetime]]] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    new_tokens: list[Token] = field(default_factory=list)
    new_uses: list[Use] = field(default_factory=list)
    new_rulings: list[Ruling] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.new_tokens) + len(self.new_uses) + len(self.new_rulings)

    def issue(self, token: Token) -> None:
        """Append a token."""
        self.tokens[token.token_id] = token
        self.of_voucher[token.voucher_id] = self.of_voucher.get(token.voucher_id, 0) + 1
        self.new_tokens.append(token)

    def use(self, use: Use) -> None:
        """Append what a till brought back."""
        self.uses[use.use_id] = use
        if use.spends_token:
            if use.token_id is not None:
                self.spent.add(use.token_id)
            self.handed.setdefault(use.outlet_id, []).append((use.device_id, use.handed_at))
        self.new_uses.append(use)

    def rule(self, ruling: Ruling) -> None:
        """Append a decision."""
        self.rulings[ruling.use_id] = ruling
        self.new_rulings.append(ruling)

"""Offline tokens in the database: reads that others' locks protect, and appends."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, select

from points.db.base import indexed
from points.db.bulk import append_rows, within
from points.kernel.amounts import Fen
from points.kernel.ids import AssociationId, OutletId, VoucherId
from points.offline.book import TokenBook
from points.offline.model import Bearer, Decision, Outcome, Reason, Ruling, Token, Use
from points.offline.tables import SPENT, offline_ruling, offline_token, offline_use

A_DAY = timedelta(hours=25)
"""No local day is longer."""


@dataclass(slots=True)
class TokenKeys:
    """What a batch needs of the offline tokens.

    Attributes:
        tokens: To read, with whether they were honoured; whoever asks holds their voucher.
        vouchers: Whose tokens are to be counted; whoever asks holds them.
        handed: Outlets whose uses around an instant are to be counted; whoever asks holds the
            partner's account.
        uses: To read, with what was decided about them.
    """

    tokens: set[str] = field(default_factory=set)
    vouchers: set[VoucherId] = field(default_factory=set)
    handed: set[tuple[OutletId, datetime]] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)


def load_tokens(connection: Connection, association: AssociationId, keys: TokenKeys) -> TokenBook:
    """Read what a batch asks for; call it once every lock of the batch is held."""
    book = TokenBook()
    if keys.tokens:
        book.tokens.update(find_tokens(connection, association, keys.tokens))
        u = offline_use.c
        spent = select(u.token_id).where(
            u.association_id == association, SPENT, within(connection, u.token_id, keys.tokens)
        )
        book.spent.update(connection.execute(spent).scalars())
    if keys.vouchers:
        t = offline_token.c
        counted = (
            select(t.voucher_id, func.count())
            .where(
                t.association_id == association,
                within(connection, t.voucher_id, keys.vouchers),
                indexed(t.voucher_id),
            )
            .group_by(t.voucher_id)
        )
        book.of_voucher.update({row[0]: int(row[1]) for row in connection.execute(counted)})
    for outlet in sorted({each for each, _ in keys.handed}):
        around = [at for each, at in keys.handed if each == outlet]
        book.handed[outlet] = _handed(connection, association, outlet, around)
    if keys.uses:
        _read_uses(connection, association, keys.uses, book)
    return book


def _handed(
    connection: Connection, association: AssociationId, outlet: OutletId, around: list[datetime]
) -> list[tuple[str, datetime]]:
    """Return which devices of an outlet handed things over in the days around some instants.

    The tills' limits bound how many there are, so nothing more does.
    """
    u = offline_use.c
    rows = connection.execute(
        select(u.device_id, u.handed_at).where(
            u.association_id == association,
            u.outlet_id == outlet,
            u.handed_at > min(around) - A_DAY,
            u.handed_at < max(around) + A_DAY,
            u.bearer != Bearer.PARTNER.value,
            indexed(u.outlet_id),
        )
    )
    return [(device, at) for device, at in rows]


def _read_uses(
    connection: Connection, association: AssociationId, ids: set[str], book: TokenBook
) -> None:
    rows = connection.execute(
        select(offline_use).where(
            offline_use.c.association_id == association,
            within(connection, offline_use.c.use_id, ids),
        )
    )
    book.uses.update({row["use_id"]: use_from(row) for row in rows.mappings()})
    book.rulings.update(find_rulings(connection, association, ids))


def find_rulings(
    connection: Connection, association: AssociationId, ids: set[str]
) -> dict[str, Ruling]:
    """Return what was decided, by the use that it is about."""
    r = offline_ruling.c
    rows = connection.execute(
        select(offline_ruling).where(
            r.association_id == association, within(connection, r.use_id, ids)
        )
    )
    return {row["use_id"]: ruling_from(row) for row in rows.mappings()}


def find_tokens(
    connection: Connection, association: AssociationId, ids: set[str]
) -> dict[str, Token]:
    """Return tokens by their ids."""
    t = offline_token.c
    rows = connection.execute(
        select(offline_token).where(
            t.association_id == association, within(connection, t.token_id, ids)
        )
    )
    return {row["token_id"]: token_from(row) for row in rows.mappings()}


def token_from(row: RowMapping) -> Token:
    """Return the token of a row."""
    return Token(
        token_id=row["token_id"],
        voucher_id=row["voucher_id"],
        outlet_id=row["outlet_id"],
        key_no=row["key_no"],
        kind=row["kind"],
        reward_id=row["reward_id"],
        value_fen=Fen(row["value_fen"]),
        issued_at=row["issued_at"],
        until=row["until"],
        upload_until=row["upload_until"],
        operation_id=row["operation_id"],
        actor=row["actor"],
    )


def use_from(row: RowMapping) -> Use:
    """Return the use of a row."""
    return Use(
        use_id=row["use_id"],
        partner_id=row["partner_id"],
        outlet_id=row["outlet_id"],
        device_id=row["device_id"],
        operator_id=row["operator_id"],
        request_no=row["request_no"],
        token_id=row["token_id"],
        voucher_id=row["voucher_id"],
        programme=row["programme"],
        handed_at=row["handed_at"],
        amount_fen=row["amount_fen"],
        outcome=Outcome(row["outcome"]),
        reason=Reason(row["reason"]),
        value_fen=Fen(row["value_fen"]),
        event_id=row["event_id"],
        uploaded_at=row["uploaded_at"],
        operation_id=row["operation_id"],
        actor=row["actor"],
    )


def ruling_from(row: RowMapping) -> Ruling:
    """Return the ruling of a row."""
    return Ruling(
        use_id=row["use_id"],
        decision=Decision(row["decision"]),
        amount_fen=Fen(row["amount_fen"]),
        correction_id=row["correction_id"],
        reason=row["reason"],
        decided_at=row["decided_at"],
        operation_id=row["operation_id"],
        actor=row["actor"],
    )


_TOKEN = (
    *("association_id", "token_id", "voucher_id", "outlet_id", "key_no", "kind", "reward_id"),
    *("value_fen", "issued_at", "until", "upload_until", "operation_id", "actor"),
)
_USE = (
    *("association_id", "use_id", "partner_id", "outlet_id", "device_id", "operator_id"),
    *("request_no", "token_id", "voucher_id", "programme", "handed_at", "amount_fen", "outcome"),
    *("bearer", "reason", "value_fen", "event_id", "uploaded_at", "operation_id", "actor"),
)
_RULING = (
    *("association_id", "use_id", "decision", "amount_fen", "correction_id", "reason"),
    *("decided_at", "operation_id", "actor"),
)


def save_tokens(connection: Connection, association: AssociationId, book: TokenBook) -> None:
    """Append tokens, uses and rulings; their vouchers and events stand already."""
    a = association
    append_rows(
        connection,
        offline_token,
        _TOKEN,
        [
            (
                *(a, t.token_id, t.voucher_id, t.outlet_id, t.key_no, t.kind, t.reward_id),
                *(t.value_fen, t.issued_at, t.until, t.upload_until, t.operation_id, t.actor),
            )
            for t in book.new_tokens
        ],
    )
    append_rows(
        connection,
        offline_use,
        _USE,
        [
            (
                *(a, u.use_id, u.partner_id, u.outlet_id, u.device_id, u.operator_id),
                *(u.request_no, u.token_id, u.voucher_id, u.programme, u.handed_at, u.amount_fen),
                *(u.outcome.value, u.bearer.value, u.reason.value, u.value_fen, u.event_id),
                *(u.uploaded_at, u.operation_id, u.actor),
            )
            for u in book.new_uses
        ],
    )
    append_rows(
        connection,
        offline_ruling,
        _RULING,
        [
            (
                *(a, r.use_id, r.decision.value, r.amount_fen, r.correction_id, r.reason),
                *(r.decided_at, r.operation_id, r.actor),
            )
            for r in book.new_rulings
        ],
    )

"""Everything that is kept about a person, for that person: as JSON, and as a workbook.

It is read and written a page at a time, so that memory stays bounded however much there is.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter  # type: ignore[import-untyped]

from points.activities.evidence import open_evidence
from points.db.person import Naming, rows_naming
from points.engine import Engine
from points.flows.context import Context
from points.flows.formulas import neutral
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId, MemberId
from points.members.reads import open_personal
from points.members.store import wrapped_keys
from points.vault.keychain import Keychain

FORMAT = "points-person-export/1"
SHEET_NAME_MAX = 31
ROWS_MAX = 1_000_000
"""A worksheet holds a little more."""

SECTIONS: Mapping[str, Naming] = {
    "personal": Naming(table="personal"),
    "profile": Naming(table="member_state"),
    "member": Naming(table="member"),
    "events": Naming(table="member_event"),
    "enrolments": Naming(table="enrolment"),
    "consents": Naming(table="consent_event"),
    "consents_now": Naming(table="consent"),
    "activities": Naming(table="activity"),
    "claims": Naming(table="claim"),
    "claim_events": Naming(table="claim_event", column="activity_id", through="activity"),
    "evidence": Naming(table="evidence"),
    "awards": Naming(table="award"),
    "cap_usage": Naming(table="cap_usage"),
    "deferrals": Naming(table="deferral"),
    "deferral_ends": Naming(table="deferral_end", column="deferral_id", through="deferral"),
    "rule_effects": Naming(table="rule_effect"),
    "accounts": Naming(table="account"),
    "transactions": Naming(table="ledger_transaction"),
    "entries": Naming(table="entry", column="account_id", through="account"),
    "lots": Naming(table="lot", column="account_id", through="account"),
    "lots_open": Naming(table="open_lot", column="account_id", through="account"),
    "lot_movements": Naming(
        table="lot_movement", column="transaction_id", through="ledger_transaction"
    ),
    "rating_closes": Naming(table="rating_close", column="account_id", through="account"),
    "vouchers": Naming(table="voucher"),
    "voucher_states": Naming(table="voucher_state", column="voucher_id", through="voucher"),
    "voucher_events": Naming(table="voucher_event", column="voucher_id", through="voucher"),
    "vouchers_owned": Naming(table="voucher_state", column="owner_id"),
    "vouchers_received": Naming(table="voucher_owner"),
    "vouchers_given": Naming(table="voucher_owner", column="from_member"),
    "voucher_offers": Naming(table="voucher_offer"),
    "voucher_offers_made": Naming(table="voucher_offer", column="from_member"),
    "voucher_offer_ends": Naming(
        table="voucher_offer_end", column="offer_id", through="voucher_offer"
    ),
    "voucher_reminders": Naming(table="voucher_reminder", column="voucher_id", through="voucher"),
    "hardship": Naming(table="hardship_entry"),
    "stamps": Naming(table="stamp"),
    "stamp_events": Naming(table="stamp_event"),
    "stamp_cards": Naming(table="stamp_card"),
    "wishes": Naming(table="wish_event"),
    "wishes_now": Naming(table="wish"),
    "gate_grants": Naming(table="gate_grant"),
    "gate_ends": Naming(table="gate_end", column="grant_id", through="gate_grant"),
    "notices": Naming(table="member_notice"),
    "notices_read": Naming(table="member_notice_read"),
    "handouts": Naming(table="handout_member"),
    "handout_results": Naming(table="handout_result"),
    "offline_tokens": Naming(table="offline_token", column="voucher_id", through="voucher"),
    "offline_uses": Naming(table="offline_use", column="voucher_id", through="voucher"),
    "keys": Naming(table="api_key", column="subject"),
    "disclosures": Naming(table="disclosure"),
    "erasure_requests": Naming(table="erasure_step"),
    "sessions": Naming(table="session", column="subject"),
    "devices": Naming(table="member_device"),
    "proposals": Naming(table="proposal"),
    "proposal_events": Naming(table="proposal_event", column="proposal_id", through="proposal"),
    "correction_lines": Naming(table="correction_line"),
    "correction_postings": Naming(table="correction_posting"),
    "relations": Naming(table="relation_event"),
    "relations_now": Naming(table="relation"),
    "audit": Naming(table="audit_event", column="subject"),
}
"""Every table that names a member, and how. A test finds the ones that are missing."""

LEFT_OUT = {
    "open_deferral": "which deferrals have no end yet; the section before says so as well",
    "rescoring": "a note to the worker, gone when it is done",
    "subject_key": "the key that opens the rest; it is no information about the person",
    "voucher_code": "hashes of codes",
    "operation": "technical receipts; what was done stands in the other sections",
    "stock_entry": "counts goods, not people",
    "pool_entry": "counts money, not people",
    "offline_ruling": "what a partner is paid for a loss; the use stands in the export",
    "alert": "a question about counters, told to nobody outside while it is looked into",
    "statement_line": "what a partner is owed, with the last four characters of a code",
}
"""Tables that name a member, or a row of one, and are no part of the export, with the reason."""

HIDDEN = {
    "association_id",
    "secret_hash",
    "token_hash",
    "thumbprint",
    "phone_index",
    "identity_index",
    "body_hash",
}
HIDDEN_IN = {"audit": {"address", "device", "session", "previous_hash", "hash"}}
"""Of the audit trail a member sees who looked, when and why; not from which machine."""


class Reading(Protocol):
    """Opens connections for reads."""

    def __call__(self, association: AssociationId) -> AbstractContextManager[Any]:
        """Return a connection."""
        ...


@dataclass(frozen=True, slots=True)
class PersonExport:
    """Reads what is kept about one member, section by section.

    Attributes:
        engine: Where to look.
        association: Whose member.
        member_id: Who.
        at: As of when, for the document's head.
    """

    engine: Engine
    association: AssociationId
    member_id: MemberId
    at: datetime

    def rows(self, section: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a section, opened, as plain JSON values."""
        naming, known = SECTIONS[section], self.engine.context
        with self.engine.reading(self.association) as connection:
            keychain = self._keychain(connection, known)
            for row in rows_naming(connection, self.association, naming, [self.member_id]):
                yield self._shown(section, row, keychain)

    def _keychain(self, connection: Any, known: Context) -> Keychain:  # noqa: ANN401 - a connection
        wrapped = wrapped_keys(connection, self.association, [self.member_id])
        return Keychain(known, self.association, wrapped)

    def _shown(self, section: str, row: dict[str, Any], keychain: Keychain) -> dict[str, Any]:
        if section == "personal":
            return plain_row(_fields(open_personal(keychain, row)))
        if section == "evidence":
            return plain_row(_fields(open_evidence(row, keychain)))
        hidden = HIDDEN | HIDDEN_IN.get(section, set())
        return plain_row({name: value for name, value in row.items() if name not in hidden})

    def as_json(self) -> Iterator[bytes]:
        """Yield the export as one JSON object, piece by piece."""
        head = {
            "format": FORMAT,
            "association": self.association,
            "member_id": self.member_id,
            "exported_at": self.at.isoformat(),
        }
        yield json.dumps(head, ensure_ascii=False)[:-1].encode()
        for section in SECTIONS:
            yield f', "{section}": ['.encode()
            first = True
            for row in self.rows(section):
                text = json.dumps(row, ensure_ascii=False)
                yield (text if first else f", {text}").encode()
                first = False
            yield b"]"
        yield b"}\n"

    def write_json(self, path: Path) -> None:
        """Write the export into a file that is open to its owner only."""
        with path.open("wb") as file:
            file.writelines(self.as_json())

    def write_xlsx(self, path: Path) -> None:
        """Write the export as a workbook, a sheet a section; text stays text."""
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(path), options) as workbook:
            for section in SECTIONS:
                _write_sheet(workbook.add_worksheet(section[:SHEET_NAME_MAX]), self.rows(section))

    def as_xlsx(self) -> bytes:
        """Return the workbook; it is put together on disk, not in memory."""
        with tempfile.TemporaryDirectory(prefix="points-export-") as folder:
            path = Path(folder) / "export.xlsx"
            self.write_xlsx(path)
            return path.read_bytes()


def _fields(fact: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
    return {name: getattr(fact, name) for name in fact.__slots__}


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's values as plain JSON values."""
    return {name: plain(value) for name, value in row.items()}


def _write_sheet(sheet: Any, rows: Iterable[dict[str, Any]]) -> None:  # noqa: ANN401 - untyped library
    for number, row in enumerate(rows, 1):
        if number == 1:
            for column, name in enumerate(row):
                sheet.write_string(0, column, name)
        if number > ROWS_MAX:
            break
        for column, value in enumerate(row.values()):
            _write_cell(sheet, number, column, value)


def _write_cell(sheet: Any, row: int, column: int, value: object) -> None:  # noqa: ANN401 - untyped library
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value is not None:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        sheet.write_string(row, column, neutral(text))

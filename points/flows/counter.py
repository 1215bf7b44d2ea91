"""A counter's way from a presented code to an answer: look up, then authorise, capture or void.

Channels call these; each takes what a clerk has in hand. A code that cannot be one is refused at
once. Everything else passes the look-up, which counts codes that do not exist. Between look-up and
capture only links travel, which never change; whether the voucher is still good is decided under
its lock. Who goes on with an authorisation presents no code again.
"""

from dataclasses import dataclass, replace
from typing import Any

from points import unit_of_work
from points.engine import OUTLET, Command, Engine, Outcome, answered
from points.flows.authorise import Authorise, authorise_operation
from points.flows.capture import Capture, capture_operation
from points.flows.look_up import LookUp
from points.flows.release import Release, release_operation
from points.flows.void import Void, void_operation
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, IdSource, OperationId, OutletId, PartnerId
from points.ledger.operations import Recorded, find_operations
from points.partners.errors import OperatorSessionNeeded
from points.partners.operator_store import has_operators
from points.vouchers.codes import CodeBook, Form, Presented, is_offline, read_code
from points.vouchers.counter_reads import find_authorised
from points.vouchers.errors import (
    AuthorisationUnknown,
    CaptureUnknown,
    CodeMistyped,
    OnlineCodeNeeded,
    QrOutdated,
    VoucherUnknown,
)
from points.vouchers.model import Links
from points.vouchers.qr import Ticket, drawn_for
from points.vouchers.reads import Captured, find_captured
from points.vouchers.store import find_aliased, find_links


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """Where a code is presented.

    Attributes:
        device_id: The till or phone; invalid codes are counted for it.
        device_proven: Whether the till's own key speaks, or a clerk whom it let in.
        operator_id: Which clerk; empty where the outlet keeps none apart.
        operator_proven: Whether the clerk logged in.
    """

    association_id: AssociationId
    partner_id: PartnerId
    outlet_id: OutletId
    device_id: str
    device_proven: bool = False
    operator_id: str = ""
    operator_proven: bool = False

    @property
    def actor(self) -> Actor:
        """The outlet acts, through this operator."""
        return Actor(f"outlet:{self.outlet_id}:{self.operator_id}".rstrip(":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was presented stands for.

    Attributes:
        counted: Whether a look-up of its own has asked the guard; else the command has to.
        outdated: Whether it is a QR whose time is over.
        in_hand: Whether this outlet scanned it in time and is still handling the voucher.
    """

    links: Links
    counted: bool = False
    outdated: bool = False
    in_hand: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Serves tills through an engine.

    Attributes:
        codes: Hashes what was presented.
        ids: Names each look-up, so that each is counted.
    """

    engine: Engine
    codes: CodeBook
    ids: IdSource

    def look_up(self, till: Till, presented: str) -> Links | Refusal:
        """Return what a code stands for, or why that is not said."""
        read = _read(presented)
        found = read if isinstance(read, Refusal) else self._find(till, read)
        if isinstance(found, Refusal):
            return found
        return QrOutdated() if found.outdated else found.links

    def _stands_for(self, till: Till, presented: str, operation: OperationId) -> Found | Refusal:
        """Return what was presented for an operation, or why that is not said."""
        read = _read(presented)
        if isinstance(read, Refusal):
            return read
        return (
            self._known(till, read)
            or self._asked_before(till, read, operation)
            or self._find(till, read)
        )

    def _known(self, till: Till, read: Presented) -> Found | None:
        """Return what a printed or typed code stands for, without counting; None: look it up.

        Nothing is said of it yet: whether this device may try codes at all is decided with the
        command, under the lock of the outlet's counter. So a code that exists costs one
        transaction, and one that does not is counted in its own.
        """
        if read.form is Form.QR:
            return None
        code_hash = self.codes.hashed(till.association_id, read)
        with unit_of_work.reading(self.engine.database, till.association_id) as connection:
            links = find_links(connection, till.association_id, [code_hash]).get(code_hash)
        return None if links is None else Found(links=links)

    def _asked_before(self, till: Till, read: Presented, operation: OperationId) -> Found | None:
        """Return what a code stood for when the same was asked and answered, whatever it is now.

        A till that lost the answer asks again with the code that it has: its owner may have had it
        replaced meanwhile, and a QR is over in a minute. The answer is the first one.
        """
        if self.answered(till, operation) is None:
            return None
        book, association, now = self.codes, till.association_id, self.engine.clock.now()
        with unit_of_work.reading(self.engine.database, association) as connection:
            if read.form is Form.QR:
                ticket = Ticket.read(read)
                aliased = find_aliased(connection, association, ticket.alias, replaced=True)
                known = drawn_for(aliased, book, association, ticket, now)
                return None if known is None else Found(links=known[0].links, counted=True)
            code_hash = book.hashed(association, read)
            found = find_links(connection, association, [code_hash], replaced=True)
        return Found(links=found[code_hash]) if code_hash in found else None

    def _find(self, till: Till, read: Presented) -> Found | Refusal:
        """Return what a code stands for, with a QR that does not count any more."""
        asked = LookUp(
            association_id=till.association_id,
            operation_id=OperationId(f"{till.actor}:look:{self.ids.next()}"),
            actor=till.actor,
            partner_id=till.partner_id,
            outlet_id=till.outlet_id,
            device_id=till.device_id,
            device_proven=till.device_proven,
            operator_id=till.operator_id,
            operator_proven=till.operator_proven,
        )
        if read.form is Form.QR:
            asked = replace(asked, ticket=Ticket.read(read))
        else:
            asked = replace(asked, code_hash=self.codes.hashed(till.association_id, read))
        outcome = self.engine.submit(asked)
        if outcome.refusal is not None:
            return outcome.refusal
        if not outcome.result["found"]:
            return VoucherUnknown()
        return Found(
            links=Links(**outcome.result["links"]),
            counted=True,
            outdated=outcome.result.get("outdated", False),
            in_hand=outcome.result.get("in_hand", False),
        )

    def authorise(self, till: Till, presented: str, key: str) -> Outcome:
        """Say what a code is good for and keep others from it for three minutes."""
        operation = authorise_operation(till.partner_id, key)
        found = self._stands_for(till, presented, operation)
        if isinstance(found, Refusal):
            return _refused(operation, found)
        if found.outdated:
            return _refused(operation, QrOutdated())
        return self._submit(
            Authorise(**_at(till, operation), guarded=not found.counted, links=found.links)
        )

    def release(self, till: Till, authorisation_id: str) -> Outcome:
        """Give an authorisation up; the same again answers the same."""
        operation = release_operation(till.partner_id, authorisation_id)
        links = self._in_hand(till, authorisation_id)
        if isinstance(links, Refusal):
            return _refused(operation, links)
        return self._submit(
            Release(
                **_at(till, operation),
                authorisation_id=authorisation_id,
                links=links,
            )
        )

    def capture(
        self,
        till: Till,
        presented: str | None,
        request_no: str,
        amount_fen: int | None = None,
        *,
        authorisation_id: str | None = None,
    ) -> Outcome:
        """Use a voucher under the partner's own request number; the same again answers the same.

        A QR that was scanned in time counts on while its authorisation lasts. Whoever asks again
        for the answer to the same request gets it by any code that was genuine then.

        Args:
            till: Where.
            presented: The code; None where an authorisation says which voucher it is.
            request_no: The partner's own.
            amount_fen: Of an amount voucher, the part.
            authorisation_id: The authorisation to go on with.
        """
        operation = capture_operation(till.partner_id, request_no)
        links: Links | Refusal
        if presented is None:
            links = self._in_hand(till, authorisation_id or "")
        else:
            links = self._presented(till, presented, operation)
        if isinstance(links, Refusal):
            return _refused(operation, links)
        return self._submit(
            Capture(
                **_at(till, operation),
                guarded=presented is not None,
                request_no=request_no,
                links=links,
                amount_fen=amount_fen,
                authorisation_id=authorisation_id,
            )
        )

    def _presented(self, till: Till, presented: str, operation: OperationId) -> Links | Refusal:
        """Return what a code stands for, and of a QR that is late only what is in hand here."""
        found = self._stands_for(till, presented, operation)
        if isinstance(found, Refusal):
            return found
        return QrOutdated() if found.outdated and not found.in_hand else found.links

    def void(self, till: Till, request_no: str, void_no: str) -> Outcome:
        """Take back this outlet's capture with a request number, under the void's own number."""
        operation = void_operation(till.partner_id, void_no)
        if refusal := self._at_the_door(till):
            return _refused(operation, refusal)
        captured = self.find_capture(till, request_no)
        if captured is None:
            return _refused(operation, CaptureUnknown())
        return self._submit(
            Void(**_at(till, operation), request_no=request_no, links=captured.links)
        )

    def find_capture(self, till: Till, request_no: str) -> Captured | None:
        """Return what became of a request number, after an answer was lost; None: nothing."""
        with unit_of_work.reading(self.engine.database, till.association_id) as connection:
            return find_captured(connection, till.association_id, till.partner_id, request_no)

    def answered(self, till: Till, operation: OperationId) -> Outcome | None:
        """Return what an operation was answered, refusals too; None where it never was."""
        found = self._recorded(till, operation)
        return None if found is None else answered(found)

    def heard(self, till: Till, operation: OperationId) -> Outcome | None:
        """Return what an operation was answered, as :meth:`answered`, to whoever may hear it.

        A refusal names no event that says where it happened: an outlet hears only what it asked
        itself, and not what was kept before refusals said who did.

        Args:
            till: Who asks; the head office is at no outlet, and hears everything of the partner.
            operation: Which.
        """
        found = self._recorded(till, operation)
        if found is None:
            return None
        others = "refused" in found.outcome and found.outcome.get(OUTLET) != till.outlet_id
        return None if till.outlet_id and others else answered(found)

    def _recorded(self, till: Till, operation: OperationId) -> Recorded | None:
        with unit_of_work.reading(self.engine.database, till.association_id) as connection:
            return find_operations(connection, till.association_id, [operation]).get(operation)

    def _in_hand(self, till: Till, authorisation_id: str) -> Links | Refusal:
        """Return the voucher that this outlet authorised; another's is as good as none."""
        if refusal := self._at_the_door(till):
            return refusal
        with unit_of_work.reading(self.engine.database, till.association_id) as connection:
            found = find_authorised(
                connection, till.association_id, till.outlet_id, authorisation_id
            )
        return AuthorisationUnknown() if found is None else found

    def _at_the_door(self, till: Till) -> Refusal | None:
        """Return why this till may do nothing, before a number is used up for it.

        Whoever logs in, or takes a registered till, sends the same number again.
        """
        if not till.operator_proven and self._needs_operator(till):
            return OperatorSessionNeeded()
        return None

    def _needs_operator(self, till: Till) -> bool:
        with unit_of_work.reading(self.engine.database, till.association_id) as connection:
            return has_operators(connection, till.association_id, till.outlet_id)

    def _submit(self, command: Command) -> Outcome:
        return self.engine.submit(command)


def _at(till: Till, operation: OperationId) -> dict[str, Any]:
    """Return what every command at a counter begins with."""
    return {
        "association_id": till.association_id,
        "operation_id": operation,
        "actor": till.actor,
        "partner_id": till.partner_id,
        "outlet_id": till.outlet_id,
        "operator_id": till.operator_id,
        "operator_proven": till.operator_proven,
        "device_id": till.device_id,
        "device_proven": till.device_proven,
    }


def _read(presented: str) -> Presented | Refusal:
    """Return what was presented, or why it cannot be a code."""
    read = read_code(presented)
    if read is not None:
        return read
    return OnlineCodeNeeded() if is_offline(presented) else CodeMistyped()


def _refused(operation: OperationId, refusal: Refusal) -> Outcome:
    return Outcome(operation_id=operation, result={}, refusal=refusal)

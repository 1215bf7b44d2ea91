"""A member's way in: ask for a code, send it back with a device's key, renew what that opened.

Everything until the right code goes the same way whether the number is a member's or nobody's: the
same look-ups, the same writes, the same hashes, the same answer. Only the message is not sent.
"""

import logging
from dataclasses import dataclass, field
from typing import Any, NewType

from points.audit.model import Origin, Result
from points.engine import Command, Engine, Outcome
from points.flows.context import Context
from points.flows.note_access import NoteAccess
from points.flows.open_browser import OpenBrowser
from points.flows.open_device import OpenDevice
from points.flows.ports import MessageNotSent, Messenger
from points.flows.renew_device import RenewDevice
from points.flows.send_code import SendCode
from points.flows.try_code import TryCode
from points.identity.allowances import Watch, allowance_name
from points.identity.devices import (
    ACCESS_TTL,
    Renewal,
    access_secret,
    read_refresh,
    spell_refresh,
)
from points.identity.errors import CodeWrong, RefreshInvalid
from points.identity.keys import fresh_secret, is_sandbox, secret_hash
from points.identity.login_codes import TEMPLATE, TTL, code_hash
from points.identity.sessions import spell_token
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, IdSource, MemberId, OperationId
from points.kernel.networks import neighbourhood
from points.members.identifiers import blind_index
from points.members.reads import any_member, member_by_phone

DOOR = Actor("system:log-in")
Code = NewType("Code", str)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a device goes on with.

    Attributes:
        access: Opens for ten minutes, with a proof by the device's key.
        refresh: Good once, for the next pair.
    """

    member_id: str
    device_id: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int = int(ACCESS_TTL.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """A number at an association, as somebody typed it, and from where they ask."""

    association_id: AssociationId
    phone: str = field(repr=False)
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class MemberDoor:
    """Lets members in through an engine.

    Attributes:
        messenger: Sends codes.
        day_max: How many messages an association may have in a day.
    """

    engine: Engine
    context: Context
    ids: IdSource
    messenger: Messenger
    day_max: int = 2_000

    def ask(self, at: Telephone, code: Code) -> MemberId | Refusal | None:
        """Keep a code for a telephone.

        Returns:
            Whose number it is, so that the message can be sent; None where it is nobody's, and the
            answer is the same. In a sandbox all are nobody's: its members are made up, so whoever
            has such a number is a stranger. A refusal where it was asked too often.
        """
        found, index = self._owner(at)
        if not self._known(at.association_id):
            return None
        outcome = self._submit(
            SendCode(
                **self._acting(at.association_id),
                phone_index=index,
                code_hash=code_hash(self.context.login_key, at.association_id, index, code),
                allowances=self._allowances(at, index),
                day_max=self.day_max,
            ),
            at.origin,
        )
        if outcome.refusal is not None:
            return outcome.refusal
        if outcome.result["last"]:
            self._alarm(at)
        return None if is_sandbox(at.association_id) else found

    def send(self, phone: str, code: Code) -> None:
        """Send a code. What goes wrong is logged without the number; the member may ask again."""
        minutes = str(int(TTL.total_seconds()) // 60)
        try:
            self.messenger.send(phone, TEMPLATE, {"code": code, "minutes": minutes})
        except MessageNotSent as error:
            _log.warning("a log-in code was not sent", extra={"error": type(error).__name__})

    def log_in(self, at: Telephone, code: str, name: str, thumbprint: str) -> Tokens | Refusal:
        """Let a member in on a device.

        Args:
            at: The number, as it was typed.
            code: What came by message.
            name: What the member calls the device.
            thumbprint: Of the device's key, which has proved itself.
        """
        found = self.prove(at, code)
        if isinstance(found, Refusal):
            return found
        device_id = self.ids.next()
        opened = self._submit(
            OpenDevice(
                **self._acting(at.association_id),
                member_id=found,
                device_id=device_id,
                name=name,
                thumbprint=thumbprint,
                token_hash=secret_hash(self._access(at.association_id, device_id, 1)),
            ),
            at.origin,
        )
        if opened.refusal is not None:
            return opened.refusal
        return self._tokens(at.association_id, found, device_id, 1)

    def open_browser(self, at: Telephone, code: str) -> str | Refusal:
        """Let a member in with a browser; return the token that it keeps in a cookie."""
        found = self.prove(at, code)
        if isinstance(found, Refusal):
            return found
        session_id, secret = self.ids.next(), fresh_secret()
        opened = self._submit(
            OpenBrowser(
                **self._acting(at.association_id),
                member_id=found,
                session_id=session_id,
                token_hash=secret_hash(secret),
                device=at.origin.device,
                address=at.origin.address,
            ),
            at.origin,
        )
        if opened.refusal is not None:
            return opened.refusal
        return spell_token(at.association_id, session_id, secret)

    def prove(self, at: Telephone, code: str) -> MemberId | Refusal:
        """Return whose code it was, or why that is not said; every try is counted."""
        found, index = self._owner(at)
        if not self._known(at.association_id):
            return CodeWrong()
        tried = self._submit(
            TryCode(
                **self._acting(at.association_id),
                phone_index=index,
                code_hash=code_hash(self.context.login_key, at.association_id, index, code),
                allowances=(self._watched(Watch.TRIES_HOUR, neighbourhood(at.origin.address)),),
            ),
            at.origin,
        )
        if tried.refusal is not None:
            return tried.refusal
        if not tried.result["right"] or found is None:
            return CodeWrong()
        return found

    def renew(self, refresh: str, thumbprint: str, origin: Origin) -> Tokens | Refusal:
        """Give a device its next tokens."""
        read = read_refresh(self.context.login_key, refresh)
        if read is None:
            return RefreshInvalid()
        next_ = self._access(read.association_id, read.device_id, read.generation + 1)
        outcome = self._submit(
            RenewDevice(
                **self._acting(read.association_id),
                device_id=read.device_id,
                generation=read.generation,
                thumbprint=thumbprint,
                token_hash=secret_hash(next_),
            ),
            origin,
        )
        if outcome.refusal is not None:
            return outcome.refusal
        member = outcome.result["member_id"]
        if outcome.result["renewal"] == Renewal.REPLAYED:
            self._note(read.association_id, "refresh_replayed", member, origin)
            return RefreshInvalid()
        generation = outcome.result["generation"]
        return self._tokens(read.association_id, member, read.device_id, generation)

    def _owner(self, at: Telephone) -> tuple[MemberId | None, str]:
        index = blind_index(self.context.index_key, "phone", at.phone)
        with self.engine.reading(at.association_id) as connection:
            found = member_by_phone(connection, at.association_id, at.phone, self.context)
        return found, index

    def _known(self, association: AssociationId) -> bool:
        """Return whether there is such an association; nothing is written for one that is not."""
        with self.engine.reading(association) as connection:
            return any_member(connection, association)

    def _allowances(self, at: Telephone, index: str) -> tuple[str, ...]:
        numbers = (Watch.PHONE_MINUTE, Watch.PHONE_HOUR, Watch.PHONE_DAY)
        return (
            *(self._watched(watch, index) for watch in numbers),
            self._watched(Watch.ADDRESS_HOUR, neighbourhood(at.origin.address)),
        )

    def _watched(self, watch: Watch, whom: str) -> str:
        # Who has no address at all shares one allowance with all others that have none.
        return allowance_name(watch, self.context.login_key, whom or "nowhere")

    def _access(self, association: AssociationId, device_id: str, generation: int) -> str:
        return access_secret(self.context.login_key, association, device_id, generation)

    def _tokens(
        self, association: AssociationId, member: str, device_id: str, generation: int
    ) -> Tokens:
        access = self._access(association, device_id, generation)
        return Tokens(
            member_id=member,
            device_id=device_id,
            access=spell_token(association, device_id, access),
            refresh=spell_refresh(self.context.login_key, association, device_id, generation),
        )

    def _alarm(self, at: Telephone) -> None:
        self._note(at.association_id, "login_codes_exhausted", "", at.origin)
        _log.error("an association has used up its messages of the day")

    def _note(self, association: AssociationId, action: str, subject: str, origin: Origin) -> None:
        self._submit(
            NoteAccess(
                **self._acting(association), action=action, subject=subject, outcome=Result.REFUSED
            ),
            origin,
        )

    def _acting(self, association: AssociationId) -> dict[str, Any]:
        return {
            "association_id": association,
            "operation_id": OperationId(f"{DOOR}:{self.ids.next()}"),
            "actor": DOOR,
        }

    def _submit(self, command: Command, origin: Origin) -> Outcome:
        return self.engine.submit(command, origin)

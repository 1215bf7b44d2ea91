"""What flows need of the world outside, as protocols; adapters stand at the edges."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from points.kernel.errors import Unavailable


class MessageNotSent(Unavailable):
    """A message did not leave; whoever waits for it may ask again."""

    code = "message_not_sent"


class Messenger(Protocol):
    """Sends short messages to telephones."""

    def send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        """Send one message.

        Args:
            phone: The recipient's number.
            template: The name of a text that the provider knows.
            values: What fills it.

        Raises:
            MessageNotSent: The provider did not take it.
        """
        ...


class Silent:
    """Stands where nothing can be sent."""

    def send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        """Send nothing, and say so."""
        del phone, template, values
        raise MessageNotSent("nothing sends messages here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back from whoever was told something.

    Attributes:
        status: Of the answer; None where none came.
        error: Why none came, as a stable code; empty otherwise.
    """

    status: int | None = None
    error: str = ""


class Carrier(Protocol):
    """Carries messages to addresses that somebody registered."""

    def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send one message once; whatever goes wrong is an answer, too."""
        ...

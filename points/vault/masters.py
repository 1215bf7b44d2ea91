"""Master keys: they wrap the keys of persons, live outside the database, and can be changed."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from points.kernel.errors import Misused
from points.vault.ciphers import KEY_BYTES, fresh_key
from points.vault.tokens import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKeys:
    """The master keys of an installation.

    Attributes:
        keys: By id; all of them open, until the last token of one is gone.
        current: The one that wraps from now on.
    """

    keys: Mapping[str, Key]
    current: Key

    @classmethod
    def of(cls, *secrets: bytes) -> "MasterKeys":
        """Return these keys, oldest first; the last one is the current one."""
        keys = [Key.of(secret) for secret in secrets]
        return cls(keys={key.key_id: key for key in keys}, current=keys[-1])


def read_master_keys(text: str) -> MasterKeys:
    """Return the master keys of a file or a setting: one a line, the last one is the current one.

    What follows ``#`` is for people. A key is 32 bytes in base64url; commas do for new lines.

    Raises:
        Misused: There is none, or a line is no key. The text does not repeat it.
    """
    keys = [key for line in text.splitlines() for key in line.split("#")[0].split(",")]
    secrets = [_read(key.strip()) for key in keys if key.strip()]
    if not secrets or any(len(secret) != KEY_BYTES for secret in secrets):
        raise Misused(
            "master_key_invalid",
            "主密钥应为每行一个 32 字节的 base64url 文字，最后一行为当前密钥",
            "master keys are 32 bytes in base64url, one a line; the last one is the current one",
        )
    return MasterKeys.of(*secrets)


def spell_master_key(secret: bytes) -> str:
    """Return a master key as a line of the file."""
    return base64.urlsafe_b64encode(secret).decode("ascii").rstrip("=")


def fresh_master_key() -> str:
    """Return the line of a fresh master key."""
    return spell_master_key(fresh_key())


def _read(line: str) -> bytes:
    try:
        return base64.b64decode(line + "=" * (-len(line) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""

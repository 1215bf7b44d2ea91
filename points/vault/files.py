"""Secrets on disk: files that only their owner may read, written once and never overwritten."""

import os
import secrets
from pathlib import Path

from points.kernel.errors import Misused
from points.vault.masters import MasterKeys, fresh_master_key, read_master_keys

_OTHERS = 0o077


def make_private_file(path: Path, text: str) -> bool:
    """Write a new file that only its owner may read; an existing one stays. Return if made."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return True


def make_secret(path: Path) -> bool:
    """Write a fresh secret; an existing one stays. Return if made."""
    return make_private_file(path, secrets.token_urlsafe(48) + "\n")


def make_master_keys(path: Path) -> bool:
    """Write a file with one fresh master key; an existing one stays. Return if made."""
    said = (
        "# 主密钥：每行一个，最后一行为当前密钥 · master keys, the last line is the current one\n"
    )
    return make_private_file(path, f"{said}{fresh_master_key()}\n")


def load_master_keys(path: Path) -> MasterKeys | None:
    """Return the master keys of a file, or None where there is no file.

    Raises:
        Misused: The file holds no keys, or others may read it.
    """
    if not path.is_file():
        return None
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise Misused(
            "master_key_exposed",
            f"主密钥文件 {path.name} 只能由其所有者读取：请运行 chmod 600",
            f"only its owner may read the file of master keys {path.name}: chmod 600 it",
        )
    return read_master_keys(path.read_text("utf-8"))


def add_master_key(path: Path) -> MasterKeys:
    """Add a fresh master key, which is the current one from now on; the file is replaced whole."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    make_private_file(fresh, f"{path.read_text('utf-8').rstrip()}\n{fresh_master_key()}\n")
    fresh.replace(path)
    return read_master_keys(path.read_text("utf-8"))

"""From where a command is typed."""

import getpass
import os
import platform
from functools import cache

from points.audit.model import Channel, Origin


@cache
def console_origin() -> Origin:
    """Return from where a command is typed: the operating system's account, and the host."""
    return Origin(channel=Channel.CLI, device=f"{_account()}@{platform.node()}")


def _account() -> str:
    # Not from the environment, which whoever types may set.
    try:
        import pwd  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry
        return str(os.getuid())

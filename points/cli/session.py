"""The session that somebody keeps at this command line: one for each database and association."""

import os
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import make_url

from points.wiring import Installation

OWNER_ONLY = 0o600
FORMER = "session"
"""The one file that was kept for all databases together; it is read no more, and taken away."""


def kept_session(here: Installation) -> str | None:
    """Return the token of whoever logged in here; None where nobody did.

    A session of another database is no session here, and no reason to refuse anything.
    """
    file = session_file(here)
    return file.read_text("ascii", errors="replace").strip() if file.is_file() else None


def keep_session(here: Installation, token: str) -> None:
    """Write the token so that nobody but its owner can ever have read it."""
    file = session_file(here)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Beside it first: the file that others may have open never holds the new token.
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="ascii") as written:
        written.write(f"{token}\n")
    fresh.replace(file)
    _drop_former(here)


def forget_session(here: Installation) -> None:
    """Forget who logged in here; sessions of other databases stay."""
    session_file(here).unlink(missing_ok=True)
    _drop_former(here)


def session_file(here: Installation) -> Path:
    """Return where the session is kept: the file that was named, else one of the database's own."""
    named = here.settings.session_file
    return named or here.settings.state_folder / "sessions" / _place(here)


def _place(here: Installation) -> str:
    """Return the name of the database and association: the same whoever connects, and how."""
    url = make_url(here.settings.database_url)
    if url.get_backend_name() == "sqlite":
        where = str(Path(url.database or "").resolve())
    else:
        where = f"{url.host}:{url.port}/{url.database}?{sorted(url.query.items())}"
    return blake2b(f"{where}\n{here.association}".encode(), digest_size=16).hexdigest()


def _drop_former(here: Installation) -> None:
    if here.settings.session_file is None:
        (here.settings.state_folder / FORMER).unlink(missing_ok=True)

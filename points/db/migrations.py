"""Bring a database's tables up to date, from Python."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it is used: most programs start on tables that are up to date, and it
# takes a twentieth of the time in which they do.


def configured(url: str, scripts: Path) -> "Config":
    """Return Alembic's configuration for a database and a folder of migrations."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["url"] = url
    return config


def upgrade(url: str, scripts: Path, revision: str = "head") -> None:
    """Run the migrations that a database lacks."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(configured(url, scripts), revision)

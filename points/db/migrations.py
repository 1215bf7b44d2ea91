"""Bring a database's tables up to date, from Python."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def configured(url: str, scripts: Path) -> Config:
    """Return Alembic's configuration for a database and a folder of migrations."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["url"] = url
    return config


def upgrade(url: str, scripts: Path, revision: str = "head") -> None:
    """Run the migrations that a database lacks."""
    command.upgrade(configured(url, scripts), revision)

"""The environment, read once. Only ``points.wiring`` imports this."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an installation chooses.

    Every value comes from ``POINTS_<NAME>`` or, for secrets, from a file named like it in
    ``/run/secrets``.
    """

    model_config = SettingsConfigDict(
        env_prefix="POINTS_", secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None
    )

    database_url: str = Field(default="sqlite:///points.db", description="PostgreSQL or SQLite URL")
    redis_url: str | None = Field(default=None, description="optional; limits and leaderboards")
    rules_dir: Path | None = Field(
        default=None, description="another folder than the shipped rules"
    )
    association: str = Field(default="demo", description="the association that commands act for")
    secret: SecretStr | None = Field(
        default=None, description="32 bytes or more; keys of voucher codes and blind indexes"
    )
    secret_file: Path = Field(
        default=Path("points.secret"), description="holds the secret where none is set"
    )
    insecure_dev: bool = Field(
        default=False,
        description="for trials: allow unsafe databases, and a fixed secret where none is set",
    )
    app_password: SecretStr | None = Field(
        default=None, description="for `points db harden`: the password of the application's role"
    )
    batch_max: int = Field(default=1000, ge=1, le=10_000, description="commands in one transaction")

"""The environment, read once. Only ``points.wiring`` imports this."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from points.vault.ciphers import Algorithm


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
    master_key: SecretStr | None = Field(
        default=None, description="master keys of personal data, oldest first, commas between them"
    )
    keys_file: Path | None = Field(
        default=None, description="holds the master keys; points.keys beside the secret otherwise"
    )
    cipher: Algorithm = Field(
        default=Algorithm.AES_256_GCM, description="aes256gcm or sm4gcm; both stay readable"
    )
    erasure_journal: Path | None = Field(
        default=None,
        description="remembers erasures outside the database; points.erasures beside the secret",
    )
    insecure_dev: bool = Field(default=False, description="allow fixed development secrets")
    trusted_proxies: str = Field(
        default="",
        description="networks, as 10.0.0.0/8,::1, whose X-Forwarded-For says who asks",
    )
    audit_months: int = Field(
        default=6, ge=6, le=1200, description="how long the audit trail is kept, at the least"
    )
    batch_max: int = Field(default=1000, ge=1, le=10_000, description="commands in one transaction")

    @property
    def keys_path(self) -> Path:
        """Where the master keys are kept."""
        return self.keys_file or self.secret_file.with_name("points.keys")

    @property
    def journal_path(self) -> Path:
        """Where erasures are remembered outside the database."""
        return self.erasure_journal or self.secret_file.with_name("points.erasures")

"""The environment, read once. Only ``points.wiring`` imports this."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from points.identity.oidc import Client
from points.kernel.errors import Misused
from points.logs import Form
from points.vault.ciphers import Algorithm


def _state_folder() -> Path:
    """Return where the command line keeps sessions, as the XDG base directories say."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "points"


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
    session_file: Path | None = Field(
        default=None,
        description="keeps who logged in at this command line; otherwise a file for each database "
        "under the state folder",
    )
    state_folder: Path = Field(
        default_factory=_state_folder, description="what the command line keeps of its user"
    )
    secret_file: Path | None = Field(
        default=None,
        description="holds the secret where none is set; otherwise a file named like an SQLite "
        "database, as points.secret",
    )
    master_key: SecretStr | None = Field(
        default=None, description="master keys of personal data, oldest first, commas between them"
    )
    keys_file: Path | None = Field(
        default=None,
        description="holds the master keys; beside the secret otherwise, as points.keys",
    )
    cipher: Algorithm = Field(
        default=Algorithm.AES_256_GCM, description="aes256gcm or sm4gcm; both stay readable"
    )
    erasure_journal: Path | None = Field(
        default=None,
        description="remembers erasures outside the database; beside the secret otherwise, "
        "as points.erasures",
    )
    insecure_dev: bool = Field(
        default=False,
        description="for trials: allow unsafe databases, and fixed secrets where none are set",
    )
    app_password: SecretStr | None = Field(
        default=None, description="for `points db harden`: the password of the application's role"
    )
    audit_months: int = Field(
        default=6, ge=6, le=1200, description="how long the audit trail is kept, at the least"
    )
    batch_max: int = Field(default=1000, ge=1, le=10_000, description="commands in one transaction")
    log_form: Form = Field(default=Form.AUTO, description="auto, json or text")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_addresses: bool = Field(default=False, description="a request's line holds its address")
    allowed_hosts: str = Field(
        default="", description="names by which callers reach the server, separated by commas"
    )
    behind_tls: bool = Field(default=False, description="a proxy in front ends TLS")
    trusted_proxies: str = Field(
        default="",
        description="addresses and networks, as 10.0.0.0/8,::1, whose X-Forwarded-For is believed",
    )
    requests_at_once_max: int = Field(default=1000, ge=1, description="more are answered 503")
    sms_adapter: Literal["console", "http", "none"] = Field(
        default="none", description="how messages reach telephones"
    )
    sms_url: str | None = Field(default=None, description="where the provider takes messages")
    sms_secret: SecretStr | None = Field(
        default=None, description="whsec_ and base 64; signs what the provider gets"
    )
    oidc_issuer: str | None = Field(default=None, description="single sign-on of staff, https://…")
    oidc_client_id: str = Field(default="", description="what the issuer calls this installation")
    oidc_client_secret: SecretStr | None = Field(default=None, description="shared with the issuer")
    oidc_redirect_uri: str = Field(default="", description="where the issuer sends people back to")
    oidc_acr: str = Field(
        default="", description="values of acr that say a second factor was used, with commas"
    )
    oidc_amr: str = Field(
        default="mfa,otp,hwk", description="values of amr that say so, with commas"
    )
    outbound_networks: str = Field(
        default="", description="networks that are not public and may be reached all the same"
    )

    @property
    def secret_path(self) -> Path:
        """Where the secret is kept: each SQLite database of a folder has one of its own."""
        return self.secret_file or self._beside("secret")

    @property
    def keys_path(self) -> Path:
        """Where the master keys are kept."""
        return self.keys_file or self._beside("keys")

    @property
    def journal_path(self) -> Path:
        """Where erasures are remembered outside the database."""
        return self.erasure_journal or self._beside("erasures")

    def _beside(self, ending: str) -> Path:
        if self.secret_file is not None:
            return self.secret_file.with_name(f"points.{ending}")
        kind, _, file = self.database_url.partition(":///")
        name = Path(file).stem if kind.startswith("sqlite") else ""
        return Path(f"{name or 'points'}.{ending}")

    @property
    def sign_on(self) -> Client | None:
        """Who this installation is to the issuer of single sign-on, where one was configured.

        Raises:
            Misused: It was configured by halves.
        """
        if self.oidc_issuer is None:
            return None
        secret = self.oidc_client_secret
        if secret is None or not self.oidc_client_id or not self.oidc_redirect_uri:
            raise Misused(
                "oidc_incomplete",
                "启用统一认证须同时设置 POINTS_OIDC_CLIENT_ID、CLIENT_SECRET 与 REDIRECT_URI",
                "single sign-on needs POINTS_OIDC_CLIENT_ID, CLIENT_SECRET, REDIRECT_URI as well",
            )
        return Client(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=secret.get_secret_value(),
            redirect_uri=self.oidc_redirect_uri,
            acr=frozenset(_parts(self.oidc_acr)),
            amr=frozenset(_parts(self.oidc_amr)),
        )


def listed(text: str) -> list[str]:
    """Return what a setting lists, separated by commas, in lower case."""
    return [part.lower() for part in _parts(text)]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def networks(text: str, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that a setting lists.

    Raises:
        Misused: One of them is no network.
    """
    try:
        return tuple(ip_network(each) for each in listed(text))
    except ValueError:
        raise Misused(
            "bad_networks",
            f"{name} 应为逗号分隔的网段，例如 10.0.0.0/8,::1",
            f"{name} takes networks and commas, as 10.0.0.0/8,::1",
        ) from None

"""The composition root: settings in, a working installation out."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

import points
from points.db.engines import open_database
from points.db.failures import is_forbidden
from points.db.guards.safety import startup_findings
from points.db.migrations import upgrade
from points.edge.policy import EdgePolicy
from points.engine import Engine
from points.flows.context import Context, RuleBook
from points.flows.issuer import Issuer
from points.flows.notices_file import read_notices
from points.flows.ports import Messenger
from points.flows.retention_file import Schedule, read_schedule
from points.flows.table import FLOWS
from points.identity.sealing import Seal
from points.identity.second_factor import SecondFactors
from points.kernel.clock import Clock, SystemClock
from points.kernel.errors import Misused, Unavailable
from points.kernel.findings import Finding, Severity
from points.kernel.ids import AssociationId, Ids, IdSource
from points.privacy.model import Notices
from points.rules import (
    ActivityTypes,
    DutyPolicy,
    load_activity_types,
    load_duties,
    load_ruleset,
    read_file,
)
from points.settings import Settings, listed, networks
from points.vault.files import load_master_keys
from points.vault.journal import Journal
from points.vault.keychain import Vault
from points.vault.masters import MasterKeys, read_master_keys
from points.vouchers.codes import CodeBook

if TYPE_CHECKING:
    from points.outbound import Outbound

RULESETS = ("party.yaml", "health.yaml")


class RulesRefused(Misused):
    """The authored files have errors; nothing starts on rules that are not sound.

    Attributes:
        findings: Every one of them, with its place.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("rules.refused", "规则文件有错误", "the rule files have errors")
        self.findings = findings


class UnsafeDatabase(Misused):
    """The database could lose acknowledged writes, or the role in use could change history.

    Attributes:
        findings: Every reason.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "unsafe_database",
            "数据库设置不安全，拒绝启动；仅供试用时可设 POINTS_INSECURE_DEV=1",
            "the database is not safe to start on; for a trial only, set POINTS_INSECURE_DEV=1",
        )
        self.findings = findings


@dataclass(slots=True)
class Installation:
    """A running engine with everything around it; close it when done."""

    settings: Settings
    engine: Engine
    context: Context
    clock: Clock
    ids: IdSource
    rules_dir: Path
    issuer: Issuer | None = None

    @property
    def association(self) -> AssociationId:
        """The association that this process acts for where nothing else says so."""
        return AssociationId(self.settings.association)

    @property
    def journal(self) -> Journal:
        """The journal of erasures, which lies outside the database."""
        return Journal(self.settings.journal_path)

    @property
    def schedule(self) -> Schedule:
        """The retention schedule; the shipped one where the rules folder has none of its own.

        Raises:
            RulesRefused: The file has errors.
        """
        return load_schedule(self.rules_dir)

    def close(self) -> None:
        """Answer what waits, then let go of the database."""
        self.engine.close()
        self.engine.database.dispose()

    def __enter__(self) -> Self:
        """Return the installation, to be closed at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def settings(**chosen: object) -> Settings:
    """Return the settings of the environment, with what a command line chose instead."""
    return Settings.model_validate(
        {
            **Settings().model_dump(exclude_unset=True),
            **{name: value for name, value in chosen.items() if value is not None},
        }
    )


def shipped(folder: str) -> Path:
    """Return a folder that travels with the package: ``rules`` or ``alembic``."""
    inside = Path(points.__file__).parent / f"_{folder}"
    return inside if inside.is_dir() else Path(points.__file__).parent.parent / folder


def open_installation(
    chosen: Settings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    migrate: bool = False,
    administering: bool = False,
) -> Installation:
    """Return an installation on the chosen database.

    Args:
        chosen: The settings.
        clock: Another clock than the machine's.
        ids: Another source of ids.
        migrate: Whether to bring the database's tables up to date first.
        administering: Whether whoever may change the tables opens it, for a while: the database
            and the role are not examined then.

    Raises:
        RulesRefused: The rule files have errors.
        UnsafeDatabase: The database is unsafe, and the settings do not allow that.
        Misused: There is no secret, or the database is of an unknown kind or behind.
        Unavailable: The database does not answer.
    """
    if migrate:
        _bring_up(chosen.database_url)
    rules_dir = chosen.rules_dir or shipped("rules")
    types = load_types(rules_dir)
    rules = load_rules(rules_dir, types)
    clock = clock or SystemClock()
    ids = ids or Ids(clock)
    secret = _secret(chosen)
    context = Context(
        rules=rules,
        types=types,
        codes=CodeBook(_derived(secret, "voucher codes")),
        index_key=_derived(secret, "blind index"),
        login_key=_derived(secret, "log-ins of members"),
        feed_seal=Seal(_derived(secret, "feed signatures")),
        vault=open_vault(chosen),
        notices=load_notices(rules_dir),
        factors=SecondFactors(_derived(secret, "second factors")),
        duties=load_policy(rules_dir),
    )
    database = open_database(chosen.database_url)
    if not chosen.insecure_dev and not administering:
        _refuse_unsafe(database)
    engine = Engine(
        database,
        FLOWS,
        clock=clock,
        ids=ids,
        context=context,
        batch_max=chosen.batch_max,
        hash_key=_derived(secret, "command hashes"),
    )
    return Installation(
        settings=chosen,
        engine=engine,
        context=context,
        clock=clock,
        ids=ids,
        rules_dir=rules_dir,
        issuer=issuer(chosen),
    )


def load_types(rules_dir: Path) -> ActivityTypes:
    """Return the activity types of a rules folder.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "activities.yaml"
    return _sound(*load_activity_types(read_file(path), file=path.name))


def load_rules(rules_dir: Path, types: ActivityTypes) -> RuleBook:
    """Return the rule sets of a rules folder.

    Raises:
        RulesRefused: A file has errors.
    """
    return RuleBook(
        tuple(
            _sound(*load_ruleset(read_file(rules_dir / name), file=name, types=types))
            for name in RULESETS
            if (rules_dir / name).is_file()
        )
    )


def _bring_up(url: str) -> None:
    try:
        upgrade(url, shipped("alembic"))
    except DBAPIError as error:
        if not is_forbidden(error):
            raise
        raise Misused(
            "database.behind",
            "表结构需要升级，而当前角色无权升级：请以管理员运行 points db upgrade",
            "the tables are out of date and this role may not change them: "
            "run `points db upgrade` as the administrator",
        ) from error


def _refuse_unsafe(database: Database) -> None:
    try:
        with database.connect() as connection:
            findings = startup_findings(connection)
    except DBAPIError as error:
        database.dispose()
        raise Unavailable(type(error.orig).__name__) from error
    if findings:
        database.dispose()
        raise UnsafeDatabase(findings)


def load_policy(rules_dir: Path) -> DutyPolicy:
    """Return how much one person may do in a day; the defaults where a folder does not say.

    Raises:
        RulesRefused: The file has errors.
    """
    path = rules_dir / "duties.yaml"
    if not path.is_file():
        return DutyPolicy()
    return _sound(*load_duties(read_file(path), file=path.name))


_T = TypeVar("_T")


def _sound(loaded: _T | None, findings: list[Finding]) -> _T:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if loaded is None or errors:
        raise RulesRefused(errors)
    return loaded


def _secret(chosen: Settings) -> bytes:
    if chosen.secret is not None:
        return chosen.secret.get_secret_value().encode()
    if chosen.secret_file.is_file():
        return chosen.secret_file.read_bytes().strip()
    if chosen.insecure_dev:
        return b"a development secret that everybody knows"
    raise Misused(
        "no_secret",
        "没有密钥：请先运行 points init，或设置 POINTS_SECRET",
        "there is no secret: run `points init` first, or set POINTS_SECRET",
    )


def edge_policy(chosen: Settings, host: str) -> EdgePolicy:
    """Return what a server lets in.

    Args:
        chosen: The settings.
        host: The address on which it listens; callers may use it as a name.
    """
    named = listed(chosen.allowed_hosts)
    return EdgePolicy(
        hosts=frozenset({*named, host.lower(), "localhost", "127.0.0.1", "::1"}),
        behind_tls=chosen.behind_tls,
        trusted_proxies=networks(chosen.trusted_proxies, "POINTS_TRUSTED_PROXIES"),
        requests_at_once_max=chosen.requests_at_once_max,
        addresses_logged=chosen.log_addresses,
    )


def outbound(chosen: Settings, *urls: str, insecure: bool = False) -> "Outbound":
    """Return the client that reaches the hosts of the URLs that an operator configured.

    Raises:
        Misused: A network is no network, or a URL is no URL.
    """
    # Here: most commands ask nobody, and an HTTP client takes long to load.
    from points.outbound import Outbound, Policy  # noqa: PLC0415

    try:
        parts = [urlsplit(url) for url in urls]
        hosts = frozenset(each.hostname for each in parts if each.hostname)
        ports = frozenset(each.port for each in parts if each.port)
    except ValueError:
        raise Misused(
            "outbound_invalid",
            "外部地址无效",
            "an outside address is not valid",
        ) from None
    allowed = networks(chosen.outbound_networks, "POINTS_OUTBOUND_NETWORKS")
    return Outbound(
        policy=Policy(hosts=hosts, ports=ports | {443}, networks=allowed, insecure=insecure)
    )


def issuer(chosen: Settings) -> Issuer | None:
    """Return the issuer of single sign-on, where one was configured."""
    client = chosen.sign_on
    if client is None:
        return None
    from points.outbound.sign_on import asking  # noqa: PLC0415

    return Issuer(client, asking(outbound(chosen, client.issuer)))


def messenger(
    chosen: Settings, clock: Clock, ids: IdSource, show: Callable[[str], None]
) -> Messenger:
    """Return what sends short messages.

    Args:
        chosen: The settings.
        clock: Times signatures.
        ids: Names messages.
        show: Shows a line to whoever runs the process; it goes into no log.

    Raises:
        Misused: The provider is chosen and not described.
    """
    from points.outbound.messages import (  # noqa: PLC0415
        ConsoleMessenger,
        HttpMessenger,
        NoMessenger,
    )

    if chosen.sms_adapter == "console" or (chosen.sms_adapter == "none" and chosen.insecure_dev):
        return ConsoleMessenger(show)
    if chosen.sms_adapter == "none":
        return NoMessenger()
    if chosen.sms_url is None or chosen.sms_secret is None:
        raise Misused(
            "sms_not_configured",
            "短信接口缺少 POINTS_SMS_URL 或 POINTS_SMS_SECRET",
            "the message provider lacks POINTS_SMS_URL or POINTS_SMS_SECRET",
        )
    return HttpMessenger(
        outbound=outbound(chosen, chosen.sms_url),
        url=chosen.sms_url,
        secret=chosen.sms_secret.get_secret_value(),
        clock=clock,
        ids=ids,
    )


def make_secret(path: Path) -> bool:
    """Write a fresh secret that only its owner may read; an existing one stays. Return if made."""
    if path.exists():
        return False
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
    return True


def open_vault(chosen: Settings) -> Vault:
    """Return what seals and opens personal data.

    Raises:
        Misused: There is no master key, or it cannot be read.
    """
    if chosen.master_key is not None:
        masters = read_master_keys(chosen.master_key.get_secret_value())
    else:
        found = load_master_keys(chosen.keys_path)
        if found is None and chosen.insecure_dev:
            found = MasterKeys.of(_derived(_secret(chosen), "development master key"))
        if found is None:
            raise Misused(
                "no_master_key",
                "没有主密钥，无法加密个人信息：请先运行 points init，或设置 POINTS_MASTER_KEY",
                "there is no master key for personal data: run `points init` first, "
                "or set POINTS_MASTER_KEY",
            )
        masters = found
    return Vault(masters, chosen.cipher)


def load_notices(rules_dir: Path) -> Notices:
    """Return the notices of a rules folder; the shipped ones where it has none of its own.

    Raises:
        RulesRefused: The file has errors.
    """
    path = _privacy_file(rules_dir, "notices.yaml")
    return _sound(*read_notices(read_file(path), file=path.name))


def load_schedule(rules_dir: Path) -> Schedule:
    """Return the retention schedule of a rules folder, or the shipped one.

    Raises:
        RulesRefused: The file has errors.
    """
    path = _privacy_file(rules_dir, "retention.yaml")
    return _sound(*read_schedule(read_file(path), file=path.name))


def _privacy_file(rules_dir: Path, name: str) -> Path:
    path = rules_dir / "privacy" / name
    return path if path.is_file() else shipped("rules") / "privacy" / name


def _derived(secret: bytes, purpose: str) -> bytes:
    """Return a key of its own for each purpose, so that none can be used for another."""
    return blake2b(purpose.encode(), key=secret[:64], digest_size=32).digest()

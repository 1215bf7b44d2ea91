"""The composition root: settings in, a working installation out."""

import secrets
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

import points
from points.db.engines import open_database
from points.db.failures import is_forbidden
from points.db.guards.safety import startup_findings
from points.db.migrations import upgrade
from points.engine import Engine
from points.flows.context import Context, RuleBook
from points.flows.table import FLOWS
from points.kernel.clock import Clock, SystemClock
from points.kernel.errors import Misused, Unavailable
from points.kernel.findings import Finding, Severity
from points.kernel.ids import AssociationId, Ids, IdSource
from points.rules import ActivityTypes, load_activity_types, load_ruleset, read_file
from points.settings import Settings
from points.vouchers.codes import CodeBook

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

    @property
    def association(self) -> AssociationId:
        """The association that this process acts for where nothing else says so."""
        return AssociationId(self.settings.association)

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
) -> Installation:
    """Return an installation on the chosen database.

    Args:
        chosen: The settings.
        clock: Another clock than the machine's.
        ids: Another source of ids.
        migrate: Whether to bring the database's tables up to date first.

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
    )
    database = open_database(chosen.database_url)
    if not chosen.insecure_dev:
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
        settings=chosen, engine=engine, context=context, clock=clock, ids=ids, rules_dir=rules_dir
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


def make_secret(path: Path) -> bool:
    """Write a fresh secret that only its owner may read; an existing one stays. Return if made."""
    if path.exists():
        return False
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
    return True


def _derived(secret: bytes, purpose: str) -> bytes:
    """Return a key of its own for each purpose, so that none can be used for another."""
    return blake2b(purpose.encode(), key=secret[:64], digest_size=32).digest()

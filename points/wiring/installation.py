"""An installation: settings in, a running engine with everything around it out."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from points.db.engines import open_database
from points.db.failures import is_forbidden
from points.db.guards.safety import startup_findings
from points.db.migrations import upgrade
from points.engine import Engine
from points.flows.context import Context
from points.flows.issuer import Issuer
from points.flows.retention_file import Schedule
from points.flows.rule_books import RuleBooks, VersionsUnsound
from points.flows.table import FLOWS
from points.identity.sealing import Seal
from points.identity.second_factor import SecondFactors
from points.kernel.clock import Clock, SystemClock
from points.kernel.errors import Misused, Unavailable
from points.kernel.findings import Finding
from points.kernel.ids import AssociationId, Ids, IdSource
from points.offline.token import TokenKeys
from points.rules import Policy
from points.settings import Settings
from points.unit_of_work import reading
from points.vault.journal import Journal
from points.vouchers.codes import CodeBook
from points.wiring import authored
from points.wiring.authored import (
    load_budget_policy,
    load_limits,
    load_notices,
    load_policy,
    load_schedule,
    load_voucher_policy,
    load_watch_policy,
    shipped,
)
from points.wiring.outside import issuer
from points.wiring.secrets import derived, open_vault, secret_of


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

    @property
    def limits(self) -> Policy:
        """What may never score and never have a price; the shipped limits where a folder has none.

        Raises:
            RulesRefused: The file has errors.
        """
        return load_limits(self.rules_dir)

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
        {name: value for name, value in chosen.items() if value is not None}
    )


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
        VersionsUnsound: A published version does not fit the activity types any more.
        UnsafeDatabase: The database is unsafe, and the settings do not allow that.
        Misused: There is no secret, or the database is of an unknown kind or behind.
        Unavailable: The database does not answer.
    """
    if migrate:
        _bring_up(chosen.database_url)
    rules_dir = chosen.rules_dir or shipped("rules")
    clock = clock or SystemClock()
    ids = ids or Ids(clock)
    secret = secret_of(chosen)
    context = _context(chosen, rules_dir, secret)
    database = open_database(chosen.database_url)
    if not chosen.insecure_dev and not administering:
        _refuse_unsafe(database)
    books = RuleBooks(context, partial(reading, database))
    if not administering:
        _compile_published(books, AssociationId(chosen.association), database)
    engine = Engine(
        database,
        FLOWS,
        clock=clock,
        ids=ids,
        context=context,
        contexts=books,
        batch_max=chosen.batch_max,
        hash_key=derived(secret, "command hashes"),
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


def _compile_published(books: RuleBooks, association: AssociationId, database: Database) -> None:
    """Find out before anything starts whether what was published still fits the types."""
    try:
        books.current(association)
    except DBAPIError as error:
        database.dispose()
        raise Unavailable(type(error.orig).__name__) from error
    except VersionsUnsound:
        database.dispose()
        raise


def _context(chosen: Settings, rules_dir: Path, secret: bytes) -> Context:
    types = authored.load_types(rules_dir)
    return Context(
        rules=authored.load_rules(rules_dir, types),
        types=types,
        codes=CodeBook(derived(secret, "voucher codes")),
        index_key=derived(secret, "blind index"),
        login_key=derived(secret, "log-ins of members"),
        feed_seal=Seal(derived(secret, "feed signatures")),
        vault=open_vault(chosen),
        notices=load_notices(rules_dir),
        factors=SecondFactors(derived(secret, "second factors")),
        duties=load_policy(rules_dir),
        vouchers=load_voucher_policy(rules_dir),
        offline=authored.load_offline_policy(rules_dir),
        token_keys=TokenKeys(derived(secret, "offline tokens")),
        limits=load_limits(rules_dir),
        budget=load_budget_policy(rules_dir),
        benefits=authored.load_benefit_policy(rules_dir, types),
        watch=load_watch_policy(rules_dir),
        trial=chosen.insecure_dev,
    )

"""The secrets of an installation; each purpose has a key of its own."""

from hashlib import blake2b

from sqlalchemy.exc import DBAPIError

from points.db.engines import open_database
from points.kernel.errors import Misused, Unavailable
from points.kernel.ids import AssociationId
from points.ledger.operations import anything_answered
from points.settings import Settings
from points.unit_of_work import reading
from points.vault.files import load_master_keys
from points.vault.keychain import Vault
from points.vault.masters import MasterKeys, read_master_keys


def secret_of(chosen: Settings) -> bytes:
    """Return the secret that all keyed hashes begin with.

    Raises:
        Misused: There is none.
    """
    if chosen.secret is not None:
        return chosen.secret.get_secret_value().encode()
    if chosen.secret_path.is_file():
        return chosen.secret_path.read_bytes().strip()
    if chosen.insecure_dev:
        return b"a development secret that everybody knows"
    raise Misused(
        "no_secret",
        "没有密钥：请先运行 points init，或设置 POINTS_SECRET；"
        "演示库（points demo）请设 POINTS_INSECURE_DEV=true",
        "there is no secret: run `points init` first, or set POINTS_SECRET; "
        "for the demo's database set POINTS_INSECURE_DEV=true",
    )


def refuse_second_secret(chosen: Settings) -> None:
    """Refuse to make a secret for a database that was used with another.

    Raises:
        Misused: Something was written in it.
        Unavailable: It does not answer.
    """
    if chosen.secret is not None or chosen.secret_path.is_file():
        return
    database = open_database(chosen.database_url, pool_size=1)
    try:
        with reading(database, AssociationId(chosen.association)) as connection:
            used = anything_answered(connection)
    except DBAPIError as error:
        raise Unavailable(type(error.orig).__name__) from error
    finally:
        database.dispose()
    if used:
        raise Misused(
            "secret_elsewhere",
            "数据库已有数据，属于另一个密钥：新密钥打不开其中的账号与券码。请找回它的 "
            f"{chosen.secret_path.name} 和 {chosen.keys_path.name}，或用 --database 另建一个库；"
            "演示库（points demo）不用初始化，请设 POINTS_INSECURE_DEV=true",
            "the database is in use and belongs to another secret, and with a new one its accounts "
            f"and codes would not open: bring back its {chosen.secret_path.name} and "
            f"{chosen.keys_path.name}, or name another with --database; the demo's needs no init, "
            "set POINTS_INSECURE_DEV=true",
        )


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
            found = MasterKeys.of(derived(secret_of(chosen), "development master key"))
        if found is None:
            raise Misused(
                "no_master_key",
                "没有主密钥，无法加密个人信息：请先运行 points init，或设置 POINTS_MASTER_KEY；"
                "演示库（points demo）请设 POINTS_INSECURE_DEV=true",
                "there is no master key for personal data: run `points init` first, "
                "or set POINTS_MASTER_KEY; for the demo's database set POINTS_INSECURE_DEV=true",
            )
        masters = found
    return Vault(masters, chosen.cipher)


def derived(secret: bytes, purpose: str) -> bytes:
    """Return a key of its own for each purpose, so that none can be used for another."""
    return blake2b(purpose.encode(), key=secret[:64], digest_size=32).digest()

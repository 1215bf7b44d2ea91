"""Reads how far a till without network may be trusted."""

from points.kernel.findings import Finding
from points.rules.offline import HOURS_MOST, OfflinePolicy
from points.rules.reading import Reader
from points.rules.yaml_positions import Node, read_yaml

FILE = "offline.yaml"
OFFLINE_KEYS = ("version", "enabled", "outlets", "token", "limits", "keys", "note")
OFFLINE_REQUIRED = ("version", "enabled")
TOKEN_KEYS = ("value_fen_max", "hours_max", "upload_hours", "note")
LIMIT_KEYS = ("per_voucher", "per_till_a_day", "note")
SIGNING_KEYS = ("signing", "revoked", "note")
KEY_NO_MAX = 65_535
UPLOAD_HOURS_MAX = 24 * 31
PER_TILL_MAX = 2_000
DEFAULTS = OfflinePolicy()


def load_offline(text: str, *, file: str) -> tuple[OfflinePolicy | None, list[Finding]]:
    """Return the policy of a file, or nothing when it has errors, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    policy = _policy(reader, root)
    return (None if reader.failed else policy), reader.findings


def _policy(reader: Reader, root: Node) -> OfflinePolicy:
    fields = reader.fields(root, OFFLINE_KEYS, OFFLINE_REQUIRED)
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    token = reader.fields(fields.get("token"), TOKEN_KEYS)
    limits = reader.fields(fields.get("limits"), LIMIT_KEYS)
    keys = reader.fields(fields.get("keys"), SIGNING_KEYS)
    enabled = reader.boolean(fields.get("enabled")) or False
    outlets = tuple(reader.texts(fields.get("outlets")))
    if enabled and not outlets:
        zh, en = "启用时须列出门店", "where it is enabled, the outlets are named"
        reader.error("offline.outlets", fields["enabled"], zh, en)
    signing, revoked = _keys(reader, keys, root)
    return OfflinePolicy(
        enabled=enabled,
        outlets=outlets,
        value_fen_max=_most(reader, token.get("value_fen_max"), DEFAULTS.value_fen_max),
        hours_max=_most(reader, token.get("hours_max"), DEFAULTS.hours_max, HOURS_MOST),
        upload_hours=_most(
            reader, token.get("upload_hours"), DEFAULTS.upload_hours, UPLOAD_HOURS_MAX
        ),
        per_voucher=_most(reader, limits.get("per_voucher"), DEFAULTS.per_voucher),
        per_till_a_day=_most(
            reader, limits.get("per_till_a_day"), DEFAULTS.per_till_a_day, PER_TILL_MAX
        ),
        signing_key=signing,
        revoked_keys=revoked,
    )


def _keys(reader: Reader, keys: dict[str, Node], root: Node) -> tuple[int, tuple[int, ...]]:
    signing = _most(reader, keys.get("signing"), DEFAULTS.signing_key, KEY_NO_MAX)
    read = [
        reader.integer(each, at_least=1, at_most=KEY_NO_MAX)
        for each in reader.items(keys.get("revoked"))
    ]
    revoked = tuple(each for each in read if each is not None)
    if signing in revoked:
        zh, en = (
            "签名密钥已被吊销：请改用更大的编号",
            "the signing key is revoked: take a higher number",
        )
        reader.error("offline.key", keys.get("revoked") or root, zh, en)
        return DEFAULTS.signing_key, ()
    return signing, revoked


def _most(reader: Reader, node: Node | None, default: int, most: int = 10**9) -> int:
    return reader.integer(node, at_least=1, at_most=most) or default

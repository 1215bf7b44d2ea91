"""Reads what may become of a voucher after its issue."""

from points.kernel.findings import Finding
from points.rules.reading import Reader
from points.rules.vouchers import KINDS, WHO, PassingRule, VoucherPolicy
from points.rules.yaml_positions import Node, place_of, read_yaml

VOUCHERS_KEYS = ("version", "reissue", "reminders", "reassign", "bulk", "note")
VOUCHERS_REQUIRED = ("version",)
REISSUE_KEYS = ("by_member_max", "by_staff_max", "note")
REASSIGN_KEYS = ("offer_days", "received_a_month_max", "rules", "note")
RULE_KEYS = ("rewards", "kinds", "by", "most", "days_left_min", "note")
RULE_REQUIRED = ("by",)
BULK_KEYS = ("members_max", "note")
ISSUES_MAX = 100
DAYS_MAX = 60
DEFAULTS = VoucherPolicy()


def load_vouchers(text: str, *, file: str) -> tuple[VoucherPolicy | None, list[Finding]]:
    """Return the policy of a file, or nothing when it has errors, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    policy = _policy(reader, root)
    return (None if reader.failed else policy), reader.findings


def _policy(reader: Reader, root: Node) -> VoucherPolicy:
    fields = reader.fields(root, VOUCHERS_KEYS, VOUCHERS_REQUIRED)
    reader.integer(fields.get("version"), at_least=1, at_most=1)
    reissue = reader.fields(fields.get("reissue"), REISSUE_KEYS)
    reassign = reader.fields(fields.get("reassign"), REASSIGN_KEYS)
    bulk = reader.fields(fields.get("bulk"), BULK_KEYS)
    return VoucherPolicy(
        reissues=_whole(reader, reissue.get("by_member_max"), DEFAULTS.reissues, ISSUES_MAX),
        staff_reissues=_whole(
            reader, reissue.get("by_staff_max"), DEFAULTS.staff_reissues, ISSUES_MAX
        ),
        reminders=_reminders(reader, fields.get("reminders")),
        offer_days=_whole(
            reader, reassign.get("offer_days"), DEFAULTS.offer_days, DAYS_MAX, at_least=1
        ),
        received_a_month=_whole(
            reader, reassign.get("received_a_month_max"), DEFAULTS.received_a_month, ISSUES_MAX
        ),
        passing=tuple(_rule(reader, node) for node in reader.items(reassign.get("rules"))),
        bulk_members=_whole(
            reader,
            bulk.get("members_max"),
            DEFAULTS.bulk_members,
            VoucherPolicy.BULK_MOST,
            at_least=1,
        ),
    )


def _whole(
    reader: Reader, node: Node | None, default: int, at_most: int, *, at_least: int = 0
) -> int:
    found = reader.integer(node, at_least=at_least, at_most=at_most)
    return default if found is None else found


def _reminders(reader: Reader, node: Node | None) -> tuple[int, ...]:
    if node is None:
        return DEFAULTS.reminders
    days = [reader.integer(item, at_least=0, at_most=DAYS_MAX) for item in reader.items(node)]
    return tuple(sorted({day for day in days if day is not None}, reverse=True))


def _rule(reader: Reader, node: Node) -> PassingRule:
    fields = reader.fields(node, RULE_KEYS, RULE_REQUIRED)
    if "rewards" not in fields and "kinds" not in fields:
        zh, en = "缺少“rewards”或“kinds”", "'rewards' or 'kinds' is missing"
        reader.at("file.missing_key", place_of(node), zh, en)
    kinds = [reader.choice(item, KINDS) for item in reader.items(fields.get("kinds"))]
    by = [reader.choice(item, WHO) for item in reader.items(fields.get("by"))]
    return PassingRule(
        rewards=frozenset(reader.texts(fields.get("rewards"))),
        kinds=frozenset(kind for kind in kinds if kind),
        by=frozenset(who for who in by if who),
        most=_whole(reader, fields.get("most"), 1, ISSUES_MAX, at_least=1),
        days_left=_whole(reader, fields.get("days_left_min"), 0, DAYS_MAX),
    )

"""The words for everything that may be wrong with a database's guards, by stable code."""

from points.kernel.findings import Finding

TEXTS = {
    "fsync_off": (
        "断电会损坏整个数据库：请在 postgresql.conf 中设 fsync = on",
        "a power cut destroys the database: set fsync = on in postgresql.conf",
    ),
    "full_page_writes_off": (
        "断电会损坏数据页：请设 full_page_writes = on",
        "a power cut destroys pages: set full_page_writes = on",
    ),
    "synchronous_commit_off": (
        "已答复的写入断电后会丢失：请设 synchronous_commit = on",
        "a power cut loses acknowledged writes: set synchronous_commit = on",
    ),
    "connected_as_superuser": (
        "超级用户不受任何限制：服务请改用应用角色连接（先运行 points db harden）",
        "nothing holds a superuser back: connect as the application's role (see points db harden)",
    ),
    "connected_with_bypassrls": (
        "该角色绕过行级安全：请运行 ALTER ROLE … NOBYPASSRLS，或改用应用角色",
        "this role bypasses row-level security: ALTER ROLE … NOBYPASSRLS, or use the application's",
    ),
    "connected_as_owner": (
        "该角色拥有数据表（{detail}），可以解除一切保护：请改用应用角色连接",
        "this role owns tables ({detail}) and can take guards off: connect as the application's",
    ),
    "table_missing": (
        "缺少数据表：请以管理员运行 points db upgrade",
        "the table is missing: run `points db upgrade` as the administrator",
    ),
    "row_security_missing": (
        "行级安全未启用、未强制或策略不符，协会之间的数据没有隔离：请运行 points db harden",
        "row-level security is off, not forced, or of another policy: run `points db harden`",
    ),
    "trigger_missing": (
        "防篡改触发器缺失或不是 ALWAYS（{detail}）：请运行 points db harden，再运行 ledger verify",
        "a trigger is missing or not ENABLE ALWAYS ({detail}): `points db harden`, then verify",
    ),
    "trigger_unknown": (
        "有来历不明的触发器（{detail}）：请核实后删除",
        "an unknown trigger ({detail}): find out whose it is and drop it",
    ),
    "rule_present": (
        "有改写规则，写入可能被悄悄改道：请核实后删除",
        "a rule rewrites what is asked of this table: find out whose it is and drop it",
    ),
    "function_changed": (
        "防篡改函数被改动：请运行 points db harden，并运行 points ledger verify",
        "the function that refuses changes was replaced: run `points db harden`, then verify",
    ),
    "function_unknown": (
        "有以他人权限执行的函数（SECURITY DEFINER）：请核实后删除",
        "it runs with another's rights (SECURITY DEFINER): find out whose it is and drop it",
    ),
    "owner_wrong": (
        "表属于 {detail}：请运行 points db harden",
        "it belongs to {detail}: run `points db harden`",
    ),
    "role_missing": ("没有此角色：请运行 points db harden", "no such role: run `points db harden`"),
    "role_powerful": (
        "该角色权力过大（{detail}）：请运行 points db harden",
        "this role can do too much ({detail}): run `points db harden`",
    ),
    "role_member": (
        "该角色是 {detail} 的成员：请运行 points db harden",
        "this role is a member of {detail}: run `points db harden`",
    ),
    "role_setting": (
        "该角色的会话默认设置不当（{detail}）：请运行 points db harden",
        "sessions of this role begin with the wrong settings ({detail}): run `points db harden`",
    ),
    "privilege_excess": (
        "多余的权限（{detail}）：请运行 points db harden",
        "privileges too many ({detail}): run `points db harden`",
    ),
    "privilege_missing": (
        "缺少权限（{detail}）：请运行 points db harden",
        "privileges are missing ({detail}): run `points db harden`",
    ),
    "synchronous_low": (
        "断电会丢失已答复的写入：synchronous 应为 FULL",
        "a power cut loses acknowledged writes: synchronous has to be FULL",
    ),
    "foreign_keys_off": ("外键检查未启用", "foreign keys are not checked"),
    "recursive_triggers_off": (
        "REPLACE 可绕过防篡改触发器：recursive_triggers 应为 ON",
        "REPLACE passes by the triggers that keep facts: recursive_triggers has to be ON",
    ),
}
"""Code without ``database.``, and the sentence in both languages; ``{detail}`` is filled in."""


def weak(code: str, subject: str, detail: str = "") -> Finding:
    """Return a finding about a setting, a role or a table."""
    zh, en = TEXTS[code]
    return Finding(
        code=f"database.{code}",
        zh=zh.format(detail=detail),
        en=en.format(detail=detail),
        subject=subject,
    )

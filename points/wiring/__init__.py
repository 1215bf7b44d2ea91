"""The composition root: the only place that reads the settings and puts everything together."""

from points.wiring.authored import (
    RULESETS,
    RulesRefused,
    load_budget_policy,
    load_limits,
    load_notices,
    load_policy,
    load_rules,
    load_schedule,
    load_types,
    load_voucher_policy,
    load_watch_policy,
    shipped,
)
from points.wiring.installation import (
    Installation,
    UnsafeDatabase,
    open_installation,
    settings,
)
from points.wiring.outside import carrier, edge_policy, issuer, messenger, outbound
from points.wiring.secrets import open_vault, refuse_second_secret

__all__ = [
    "RULESETS",
    "Installation",
    "RulesRefused",
    "UnsafeDatabase",
    "carrier",
    "edge_policy",
    "issuer",
    "load_budget_policy",
    "load_limits",
    "load_notices",
    "load_policy",
    "load_rules",
    "load_schedule",
    "load_types",
    "load_voucher_policy",
    "load_watch_policy",
    "messenger",
    "open_installation",
    "open_vault",
    "outbound",
    "refuse_second_secret",
    "settings",
    "shipped",
]

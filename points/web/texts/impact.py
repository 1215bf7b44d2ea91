"""Texts of back-tests: what other rules would have made of activities that happened."""

Pair = tuple[str, str]

TEXTS: dict[str, Pair] = {
    "impact_title": ("规则回测报告", "What the rules would have done"),
    "impact_totals": ("合计", "Totals"),
    "impact_before": ("原结果", "before"),
    "impact_after": ("新结果", "after"),
    "impact_delta": ("变化", "change"),
    "impact_members": ("会员得失", "Members"),
    "impact_people": ("人", "members"),
    "impact_rules": ("各规则", "By rule"),
    "impact_months": ("各月", "By month"),
    "impact_branches": ("各支部", "By branch"),
    "impact_kinds": ("各类会员", "By kind of member"),
    "impact_types": ("各类活动", "By activity type"),
    "impact_caps": ("封顶", "Caps"),
    "impact_hits": ("触顶次数", "hits"),
    "impact_forgone": ("封顶减少的分", "points forgone"),
    "impact_largest_members": ("变化最大的会员", "Members with the largest changes"),
    "impact_largest_activities": ("变化最大的活动", "Activities with the largest changes"),
    "impact_reasons": ("原因", "why"),
    "impact_quarantined": ("计算出错而搁置", "Set aside because a rule fails"),
    "impact_none": ("没有变化。", "Nothing changes."),
    "impact_all_rows": ("全部行", "All rows"),
    "impact_proof": ("凭据", "Proof"),
    "impact_rules_hash": ("规则内容哈希", "SHA-256 of the rules"),
    "impact_data_mark": ("数据标记", "mark of the data"),
    "impact_own_hash": ("本摘要哈希", "SHA-256 of this summary"),
    "impact_engine": ("计算引擎", "engine"),
    "impact_timezone": ("时区", "time zone"),
}

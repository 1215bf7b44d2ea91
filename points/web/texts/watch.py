"""Texts of the watch over counters."""

Pair = tuple[str, str]

TEXTS: dict[str, Pair] = {
    "nav_alerts": ("核销预警", "Alerts"),
    "alerts_text": (
        "预警只请人核查，不自动处罚、不拦截。门店与合作单位看不到。",
        "An alert asks somebody to look. Nothing is blocked by it, and partners do not see it.",
    ),
    "alerts_none": ("没有预警。", "No alerts."),
    "alert_day": ("日期", "day"),
    "alert_about": ("对象", "about"),
    "alert_figures": ("数字", "figures"),
    "alert_threshold": ("阈值", "threshold"),
    "alert_policy": ("阈值文件哈希", "hash of the thresholds"),
    "alert_evidence": ("依据", "Evidence"),
    "alert_evidence_ids": ("依据编号", "ids of the evidence"),
    "alert_steps": ("核查记录", "Steps"),
    "alert_look": ("我来核查", "I am looking at it"),
    "alert_answer": ("答复", "Answer"),
    "alert_note": ("查明情况", "What was found out"),
    "alert_explained": ("有合理解释", "Explained"),
    "alert_confirmed": ("情况属实", "Confirmed"),
    "alert_outlet": ("门店", "outlet"),
    "alert_operator": ("操作员", "operator"),
    "alert_when": ("时间", "when"),
    "alert_amount": ("应付", "cost"),
    "done_alert_looked": ("已登记", "Noted"),
    "done_alert_answered": ("已答复", "Answered"),
    "waits_alert": ("核销预警待核查", "alerts wait to be looked at"),
}

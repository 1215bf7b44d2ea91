"""Texts of tills, counters' policies and opening hours, at both doors."""

Pair = tuple[str, str]

TEXTS: dict[str, Pair] = {
    "tills": ("收银设备与核销政策", "Tills and policy"),
    "tills_lead": (
        "登记第一台设备后，该门店只能在已登记的设备上核销。",
        "Once an outlet registered its first till, it works at registered tills only.",
    ),
    "tills_keys": (
        "标有“专用密钥”的设备只能用自己的密钥；密钥由协会签发，每台一个。",
        "A till with its own key works with that key only; the association issues one for each.",
    ),
    "tills_none": ("尚未登记设备：任何设备均可核销", "No till is registered: any device works."),
    "tills_cut": ("仅显示前 500 台", "The first 500 are shown."),
    "till_on": ("启用", "enabled"),
    "till_off": ("停用", "disabled"),
    "till_own_key": ("专用密钥", "own key"),
    "till_enable": ("重新启用", "Enable"),
    "till_disable": ("停用", "Disable"),
    "till_add": ("登记设备", "Register a till"),
    "till_outlet": ("门店", "Outlet"),
    "till_device": ("设备编号", "Till's code"),
    "till_device_hint": (
        "与收银系统发送的一致；网页收银台填 web",
        "As the till sends it; web for counters in browsers.",
    ),
    "policy": ("核销政策", "Policy"),
    "policy_hours": ("营业时间以外", "Outside opening hours"),
    "policy_operator": ("每名操作员每日撤销上限", "Voids a day, each operator"),
    "policy_outlet": ("每个门店每日撤销上限", "Voids a day, each outlet"),
    "policy_usual": ("（默认）", "(as usual)"),
    "policy_agree": ("设定新政策", "Agree on another policy"),
    "hours": ("营业时间", "Opening hours"),
    "hours_unread": ("无法识别，不作判断", "Not understood, so it never counts."),
    "hours_open": ("营业中", "open"),
    "hours_closed": ("休息", "closed"),
    "hours_read_as": ("系统读作", "Read as"),
    "hours_none": ("尚无门店", "No outlet yet."),
    "done_till_registered": ("设备已登记", "The till is registered."),
    "done_till_switched": ("设备状态已变更", "The till was switched."),
    "done_policy_agreed": ("核销政策已生效", "The policy holds from now on."),
}
OUTSIDE_HOURS: dict[str, Pair] = {
    "allow": ("允许核销", "allowed"),
    "flag": ("允许并标记", "allowed and flagged"),
    "refuse": ("拒绝核销", "refused"),
}
OPENING_DAY: dict[str, Pair] = {
    "weekday_0": ("周一", "Mon"),
    "weekday_1": ("周二", "Tue"),
    "weekday_2": ("周三", "Wed"),
    "weekday_3": ("周四", "Thu"),
    "weekday_4": ("周五", "Fri"),
    "weekday_5": ("周六", "Sat"),
    "weekday_6": ("周日", "Sun"),
    "day_worked": ("工作日", "Days worked"),
    "day_holiday": ("法定节假日", "Public holidays"),
}

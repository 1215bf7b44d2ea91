"""Words about offline tokens: why a use is a conflict, and who bears it."""

Pair = tuple[str, str]

TEXTS: dict[str, Pair] = {
    "nav_offline": ("离线冲突", "Offline conflicts"),
    "offline_text": (
        "门店断网时已交付、上传后无法核销的笔数。由协会承担的，请裁定是否付款。",
        "Handed over without network, and no voucher covers it. What the association bears waits.",
    ),
    "waits_offline": ("离线冲突待裁定", "offline conflicts await a decision"),
    "offline_waiting": ("待裁定", "Waiting"),
    "offline_all": ("全部", "All"),
    "offline_handed": ("交付时间", "Handed over"),
    "offline_uploaded": ("上传时间", "Uploaded"),
    "offline_request": ("请求编号", "Request number"),
    "offline_value": ("金额", "Amount"),
    "offline_none": ("没有离线冲突。", "No offline conflicts."),
    "offline_off": (
        "离线核销目前关闭：不再签发凭证，已签发的到期前仍可上传。",
        "Offline tokens are off: none are issued; what was issued may still be brought back.",
    ),
    "offline_decision": ("裁定", "Decision"),
    "offline_decide": ("提交裁定", "Decide"),
    "offline_decide_text": (
        "门店遵守了全部限制。付款将作为更正列入该商户下一期对账单。",
        "The till kept to all bounds. What is paid stands as a correction in the next statement.",
    ),
    "offline_pool": ("由哪个资金池付款", "Whose pool pays"),
    "offline_reason": ("理由", "Reason"),
    "offline_reason_hint": ("将永久保存，请勿填写姓名、电话", "Kept for ever; no names or numbers"),
    "offline_partner_bears": (
        "门店未遵守限制，由商户承担，无需裁定。",
        "The till did not keep to the bounds: the partner bears it, and nothing is to be decided.",
    ),
    "done_offline_decided": ("已裁定", "Decided"),
    "offline_no_outlets": ("目前没有门店开通离线核销", "No outlet takes offline tokens."),
    "take_offline": ("领取离线凭证", "Take an offline token"),
    "offline_for": ("门店", "Outlet"),
    "offline_title": ("门店断网时使用", "For a shop without network"),
    "offline_take_text": (
        "凭证只在所选门店有效一次；在失效前，此券不能在其他门店使用，也不能撤回。请截图保存。",
        "Good once, there. Until it ends no other outlet takes the voucher. Keep a screenshot.",
    ),
    "offline_qr": ("离线凭证二维码", "QR code of the offline token"),
    "offline_good_until": ("有效至", "Good until"),
    "offline_worth": ("最多", "At most"),
}

OFFLINE_REASON: dict[str, Pair] = {
    "used_elsewhere": ("券已在别处使用", "the voucher was used elsewhere"),
    "voucher_closed": ("券已结束", "the voucher was closed"),
    "token_lost": ("凭证记录丢失", "the record of the token was lost"),
    "signature": ("凭证不是本协会签发", "not signed by the association"),
    "wrong_outlet": ("凭证属于另一门店", "the token is another outlet's"),
    "out_of_time": ("交付时凭证未生效或已失效", "handed over outside the token's time"),
    "uploaded_late": ("上传过晚", "uploaded too late"),
    "used_twice": ("凭证重复使用", "the token was used before"),
    "used_here": ("本店已在线核销", "this outlet had captured it online"),
    "over_cap": ("金额超过凭证上限", "more than the token is worth"),
    "amount": ("金额填写不符", "an amount is missing or too many"),
    "too_many": ("超出当日笔数", "too many on one day"),
}
OFFLINE_BEARER: dict[str, Pair] = {
    "association": ("协会承担", "the association"),
    "partner": ("商户承担", "the partner"),
    "nobody": ("无", "nobody"),
}
OFFLINE_DECISION: dict[str, Pair] = {
    "paid": ("付款", "pay"),
    "refused": ("不付款", "do not pay"),
}

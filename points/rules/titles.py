"""What the codes of rule files are called when a rule is said to people."""

from collections.abc import Mapping

from points.rules.texts import Title

EVIDENCE: Mapping[str, Title] = {
    "check_in": Title("签到", "check-in"),
    "check_out": Title("签退", "check-out"),
    "photo": Title("照片", "a photo"),
    "place": Title("地点", "the place"),
    "roster": Title("签到表", "a roster"),
    "ticket": Title("工单", "a ticket"),
    "certificate": Title("证书", "a certificate"),
    "quiz": Title("测验成绩", "a quiz result"),
    "order": Title("任务单", "an order"),
    "receipt": Title("回执", "a receipt"),
    "note": Title("说明", "a note"),
    "consent": Title("本人同意书", "consent"),
    "provider": Title("服务机构证明", "the provider's word"),
    "venue_qr": Title("场所码", "the venue's code"),
    "device": Title("设备记录", "a device's record"),
    "referral": Title("转介单", "a referral"),
    "contract": Title("签约书", "a contract"),
    "voucher": Title("凭证", "a voucher"),
    "log": Title("日志", "a log"),
    "text": Title("文字材料", "a text"),
    "checklist": Title("清单", "a checklist"),
    "reply": Title("答复", "a reply"),
    "beneficiary": Title("受助人确认", "the beneficiary's word"),
    "ledger": Title("台账", "a register"),
}
"""What a claim may have to bring."""

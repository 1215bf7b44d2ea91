"""Texts of the console's pages about webhooks."""

Pair = tuple[str, str]

TEXTS: dict[str, Pair] = {
    "nav_webhooks": ("消息推送", "Webhooks"),
    "webhooks_lead": (
        "核销、撤销、对账单等发生后，系统会把消息推送到登记的地址；失败会自动重试两天多。",
        "What happens at counters is sent there; what fails is tried again for two days and more.",
    ),
    "webhook_secret_once": ("签名密钥，只显示这一次", "The secret, shown this once"),
    "webhook_secret_text": (
        "请立即交给接收方，用来核验消息签名；遗失后只能更换。",
        "Hand it to the receiver, who verifies messages with it; one that is lost is replaced.",
    ),
    "webhook_rotated_text": (
        "二十四小时内新旧密钥同时签名。",
        "For a day both this and the one before sign.",
    ),
    "webhook_number": ("接收地址编号", "Number of the address"),
    "webhook_of": ("合作单位 {0}", "partner {0}"),
    "webhook_own": ("协会自己的地址", "The association's own"),
    "no_webhooks": ("尚未登记接收地址", "No address is registered yet"),
    "webhook_add": ("登记接收地址", "Register an address"),
    "webhook_url": ("地址", "Address"),
    "webhook_url_hint": (
        "https 开头的公网域名，如 https://pos.example.cn/points",
        "https and a public name, as https://pos.example.cn/points",
    ),
    "webhook_partner": ("归属", "Whose it is"),
    "webhook_partner_hint": (
        "协会的地址收到全部消息；合作单位只收到自己的核销、撤销、对账单和目录更新",
        "The association's is told everything; a partner's of its own counters and statements",
    ),
    "webhook_kinds": ("推送哪些消息", "Which messages"),
    "webhook_kinds_hint": (
        "不勾选即推送该地址可收到的全部消息",
        "None ticked: everything that this address may be told",
    ),
    "webhook_kind_own": ("仅协会", "the association only"),
    "webhook_description": ("备注", "Note"),
    "webhook_test": ("发送测试", "Send a test"),
    "webhook_replay": ("重新投递", "Send again"),
    "webhook_replay_failed": ("重投失败消息", "Send what failed again"),
    "webhook_rotate": ("更换密钥", "Another secret"),
    "webhook_disable": ("暂停", "Stop"),
    "webhook_enable": ("恢复", "Go on"),
    "webhook_end": ("永久停用", "End for good"),
    "webhook_end_text": (
        "今后不再推送，也不能恢复；要暂时不收，请用“暂停”。",
        "Nothing is sent there any more, and that cannot be undone. To pause, use Stop.",
    ),
    "webhook_messages": ("最近的消息", "Newest messages"),
    "no_webhook_messages": ("还没有消息", "No messages yet"),
    "webhook_tries": ("投递记录", "Tries"),
    "webhook_tried": ("已投递 {0} 次", "tried {0} times"),
    "webhook_answered": ("对方返回 {0}", "answered {0}"),
    "webhook_happened": ("发生时间", "Happened"),
    "webhook_next": ("下次投递", "Next try"),
    "done_webhook_none_failed": (
        "近三十天没有投递失败的消息",
        "Nothing failed within thirty days",
    ),
    "done_webhook_changed": ("接收地址已修改", "The address was changed"),
    "done_webhook_queued": ("已排队，稍后投递", "Queued; it is sent in a moment"),
    "webhook_not_tried": ("尚未尝试投递", "Not tried yet"),
}

"""Texts of the console's pages about webhooks."""

Pair = tuple[str, str]

TEXTS: dict[str, Pair] = {
    "nav_webhooks": ("消息推送", "Webhooks"),
    "webhooks_lead": (
        "核销、撤销、对账单等发生后，系统会把消息推送到登记的地址；失败会自动重试两天多。",
        "What happens at counters is sent there; what fails is tried again for two days and more.",
    ),
    "webhook_secret_once": ("签名密钥，只显示这一次", "The secret, shown this once"),
    "no_webhooks": ("尚未登记接收地址", "No address is registered yet"),
    "webhook_add": ("登记接收地址", "Register an address"),
    "webhook_url": ("地址", "Address"),
    "webhook_url_hint": (
        "https 开头的公网域名，如 https://pos.example.cn/points",
        "https and a public name, as https://pos.example.cn/points",
    ),
    "webhook_partner": ("合作单位编号", "Partner's code"),
    "webhook_partner_hint": (
        "留空则为协会自己的地址；合作单位只收到自己的消息",
        "Empty for the association's own; a partner is told of its own things only",
    ),
    "webhook_description": ("备注", "Note"),
    "webhook_test": ("发送测试", "Send a test"),
    "webhook_replay": ("重新投递", "Send again"),
    "webhook_replay_failed": ("重投失败消息", "Send what failed again"),
    "webhook_rotate": ("更换密钥", "Another secret"),
    "webhook_disable": ("暂停", "Stop"),
    "webhook_enable": ("恢复", "Go on"),
    "webhook_end": ("停用", "End"),
    "webhook_messages": ("最近的消息", "Newest messages"),
    "no_webhook_messages": ("还没有消息", "No messages yet"),
    "webhook_tries": ("尝试", "Tries"),
    "done_webhook_changed": ("接收地址已修改", "The address was changed"),
    "done_webhook_queued": ("已排队，稍后投递", "Queued; it is sent in a moment"),
    "webhook_not_tried": ("尚未尝试投递", "Not tried yet"),
}

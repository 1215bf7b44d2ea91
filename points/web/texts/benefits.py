"""Texts of what members do besides redeeming: messages, wishes, helping each other, cards."""

TEXTS: dict[str, tuple[str, str]] = {
    # Messages
    "inbox": ("消息", "Messages"),
    "inbox_empty": ("没有消息", "No messages."),
    "inbox_mark_read": ("以上全部标为已读", "Mark these as read"),
    "inbox_unread": ("条未读", "not read"),
    "done_inbox_read": ("已标为已读", "Marked as read"),
}

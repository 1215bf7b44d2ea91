"""Texts of what members do besides redeeming: messages, wishes, helping each other, cards."""

TEXTS: dict[str, tuple[str, str]] = {
    # Messages
    "inbox": ("消息", "Messages"),
    "inbox_empty": ("没有消息", "No messages."),
    "inbox_mark_read": ("以上全部标为已读", "Mark these as read"),
    "inbox_unread": ("条未读", "not read"),
    # Wishes
    "wishes": ("心愿单", "Wish-list"),
    "wishes_text": (
        "积分够兑换时，我们会给您发消息。",
        "You get a message when your points are enough for one of these.",
    ),
    "wishes_none": (
        "心愿单还是空的。在兑换项目页点“加入心愿单”即可。",
        "Nothing on your list yet. Open a benefit and put it on the list.",
    ),
    "wish_progress": ("积分进度", "How far your points reach"),
    "wish_missing": ("还差", "still missing:"),
    "wish_reached": ("积分已够", "points enough"),
    "wish_add": ("♡ 加入心愿单", "♡ Put it on my list"),
    "wish_remove": ("移出心愿单", "Take it off the list"),
    "done_wish_added": ("已加入心愿单", "It is on your list"),
    "done_wish_removed": ("已移出心愿单", "It is off your list"),
    "done_inbox_read": ("已标为已读", "Marked as read"),
}

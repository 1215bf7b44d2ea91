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
    # Stamp cards
    "stamp_cards": ("集章卡", "Stamp cards"),
    "stamp_cards_text": (
        "规则写在 rules/benefits.yaml。章由已入账的活动生成，冲正时收回。",
        "The rules are in rules/benefits.yaml. Stamps come from activities that were posted, and go with them.",
    ),
    "stamp_gives": ("集满可得", "A full card gives:"),
    "stamp_full": ("已集满，奖励正在发放", "Full: what it gives is on its way"),
    "stamp_owed": (
        "因活动冲正，需先补章：",
        "Stamps to be made up first, for activities that were reversed:",
    ),
    "stamp_none": ("目前没有集章活动。", "There are no stamp cards at the moment."),
    "stamp_needed": ("集满枚数", "Stamps that fill it"),
    "stamp_holders": ("持卡人数", "Members with stamps"),
    "stamp_stamps": ("现有印章", "Stamps on open cards"),
    "stamp_given": ("已发奖励", "Cards that gave"),
    "stamp_on": ("计章活动", "Counts"),
    "nav_stamp_cards": ("集章卡", "Stamp cards"),
    # The hardship fund
    "donations": ("捐赠积分", "Donate points"),
    "donations_text": (
        "捐出的积分进入本项目的帮扶基金，用于帮助有困难的会员；捐赠不公开姓名，捐出后不能自行撤回。",
        "What you give goes to the programme's hardship fund. Nobody is named, and you cannot take it back yourself.",
    ),
    "donations_closed": (
        "协会目前不接受积分捐赠。",
        "The association takes no donations of points.",
    ),
    "donation_left": ("本月还可捐", "left this month:"),
    "donation_named": ("愿意公开我的捐赠", "My name may be shown"),
    "donation_sure": (
        "我自愿捐出，捐出后不能自行撤回",
        "I give this freely and cannot take it back",
    ),
    "donation_not_now": ("目前没有可捐的积分。", "There is nothing to give at the moment."),
    "donate": ("捐赠", "Donate"),
    "donations_given": ("我的捐赠", "What I gave"),
    "donation_returned": ("已退回", "given back"),
    "done_donated": ("感谢您的捐赠", "Thank you"),
    "hardship": ("帮扶基金", "Hardship fund"),
    "hardship_text": (
        "单位为积分。会员捐入，困难帮扶由两人经办发放；基金有多少，才能发多少。捐赠人不公开。",
        "In points. Members give, two people grant, and the fund grants what it holds. Donors are not shown.",
    ),
    "nav_hardship": ("帮扶基金", "Hardship fund"),
    "fund_donated": ("捐入", "donated"),
    "fund_returned": ("退回", "given back"),
    "fund_granted": ("发放", "granted"),
    "fund_source": ("帮扶来源", "Grants come from"),
    "fund_month": ("每人每月至多", "a member and month at most"),
    "fund_empty": ("还没有收支", "Nothing yet."),
    "anonymous": ("匿名", "anonymous"),
    "propose_donation_return": ("提出退回", "Propose to give it back"),
    "done_inbox_read": ("已标为已读", "Marked as read"),
}

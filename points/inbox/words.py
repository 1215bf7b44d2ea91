"""What members are told, by kind, in Chinese and English; the details fill the braces.

A kind that others need is added here, with its words: nothing else has to know of it.
"""

from enum import StrEnum
from string import Formatter
from typing import NamedTuple


class NoticeKind(StrEnum):
    """What a notice is about."""

    VOUCHER_EXPIRES_SOON = "voucher_expires_soon"
    VOUCHER_ISSUED = "voucher_issued"
    VOUCHER_REASSIGNED = "voucher_reassigned"
    VOUCHER_OFFERED = "voucher_offered"
    VOUCHER_PASSED_ON = "voucher_passed_on"
    WISH_AFFORDABLE = "wish_affordable"
    HARDSHIP_GRANTED = "hardship_granted"
    STAMP_CARD_FULL = "stamp_card_full"
    STAMP_CARD_TURNED_IN = "stamp_card_turned_in"
    OFFLINE_CONFLICT = "offline_conflict"


class Words(NamedTuple):
    """A notice's title and text in both languages, and the page of what it is about.

    Attributes:
        page: Where ``about`` is looked at on the phone, with it in braces; empty for nowhere.
    """

    title_zh: str
    title_en: str
    zh: str
    en: str
    page: str = ""


WORDS: dict[NoticeKind, Words] = {
    NoticeKind.VOUCHER_EXPIRES_SOON: Words(
        "兑换券即将到期",
        "A voucher expires soon",
        "“{title_zh}”有效期至 {until}，请及时使用。",
        "“{title_en}” is good until {until}.",
        "/m/vouchers/{about}",
    ),
    NoticeKind.VOUCHER_ISSUED: Words(
        "您有一张新的券",
        "A voucher for you",
        "协会为您发放了“{title_zh}”，有效期至 {until}。",
        "The association gave you “{title_en}”, good until {until}.",
        "/m/vouchers/{about}",
    ),
    NoticeKind.VOUCHER_REASSIGNED: Words(
        "有一张券转给了您",
        "A voucher was passed on to you",
        "“{title_zh}”已转到您名下，有效期至 {until}。",
        "“{title_en}” is yours now, good until {until}.",
        "/m/vouchers/{about}",
    ),
    NoticeKind.VOUCHER_OFFERED: Words(
        "有人想转给您一张券",
        "Somebody offers you a voucher",
        "“{title_zh}”，有效期至 {until}。接受后归您使用。",
        "“{title_en}”, good until {until}. It is yours once you accept.",
        "/m/vouchers",
    ),
    NoticeKind.VOUCHER_PASSED_ON: Words(
        "您的一张券已转出",
        "A voucher of yours has a new owner",
        "“{title_zh}”已转给另一位会员，原券码作废。",
        "“{title_en}” is another member's now; its old code opens nothing.",
        "/m/vouchers",
    ),
    NoticeKind.WISH_AFFORDABLE: Words(
        "心愿可以兑换了",
        "A wish is within reach",
        "您的积分已够兑换“{title_zh}”（{price} 分）。",
        "Your points are enough for “{title_en}” ({price} points).",
        "/m/rewards/{about}",
    ),
    NoticeKind.HARDSHIP_GRANTED: Words(
        "收到一笔帮扶积分",
        "You received points from the association",
        "协会发放给您 {points} 分帮扶积分，可在兑换目录中使用。",
        "The association granted you {points} points. They are spent like all others.",
        "/m",
    ),
    NoticeKind.STAMP_CARD_FULL: Words(
        "集章卡已集满",
        "A stamp card is full",
        "“{title_zh}”已集满 {stamps} 枚章，奖励正在发放。",
        "“{title_en}” has all its {stamps} stamps; what it gives is on its way.",
        "/m/stamp-cards",
    ),
    NoticeKind.STAMP_CARD_TURNED_IN: Words(
        "集章奖励已到账",
        "A full stamp card was rewarded",
        "“{title_zh}”的奖励已发放给您。",
        "What “{title_en}” gives is yours now.",
        "/m/stamp-cards",
    ),
    NoticeKind.OFFLINE_CONFLICT: Words(
        "一张离线券需要核对",
        "An offline voucher is being looked into",
        "“{title_zh}”的一次离线核销与记录不一致，协会正在核对，您的积分不会因此多扣。",
        "A use of “{title_en}” without a network does not fit the records. The association is"
        " looking into it; no more points are taken from you for it.",
        "/m/vouchers/{about}",
    ),
}


def fields_of(kind: NoticeKind) -> frozenset[str]:
    """Return which details a kind's words name."""
    words = WORDS[kind]
    spelled = (words.title_zh, words.title_en, words.zh, words.en)
    named = (field for text in spelled for _, field, _, _ in Formatter().parse(text))
    return frozenset(field for field in named if field)

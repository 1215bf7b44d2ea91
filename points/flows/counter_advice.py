"""Everything that a counter can be refused with: one list, and for each what the clerk does next.

Nothing else reaches a till: a reason that does not stand here is said as ``not_now``. The refusal's
own Chinese sentence is what a clerk can read out to the customer.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Advice:
    """What a clerk or a till does after a refusal.

    Attributes:
        zh: The next step.
        en: The same in English.
        retryable: Whether the very same request, with its number, may succeed when sent again.
    """

    zh: str
    en: str
    retryable: bool = False


_RESCAN = Advice(
    "请顾客重新出示，再扫一次", "ask the customer to show it again, and scan once more"
)
_RETYPE = Advice("核对券码，重新扫码或输入", "check the code, then scan or type it again")
_KEEP = Advice(
    "不交付；请顾客联系协会", "hand nothing over; the customer should ask the association"
)
_NOTHING = Advice("不交付；向顾客说明原因", "hand nothing over; tell the customer why")
_OFFICE = Advice("联系本单位总部", "ask your head office")
_ASSOCIATION = Advice("联系协会更正", "ask the association to correct it")
_LOG_IN = Advice(
    "请操作员先登录，再用同一编号重试", "log in first, then send it again", retryable=True
)
_WAIT = Advice("稍候用同一编号重试", "wait, then send the same request again", retryable=True)
_VENDOR = Advice("联系收银软件供应商", "ask whoever made the till's program")

ADVICE: dict[str, Advice] = {
    # The code
    "code_mistyped": _RETYPE,
    "qr_outdated": Advice(
        "请顾客刷新二维码后再扫", "ask the customer to refresh the QR, and scan again"
    ),
    "online_code_needed": Advice(
        "请顾客出示动态二维码或券码", "ask the customer for the QR or the code"
    ),
    "voucher_unknown": _RETYPE,
    "too_many_attempts": Advice(
        "等到所示时间再试；急用请换收银台或联系协会",
        "wait until the time shown, or use another till",
        retryable=True,
    ),
    # The voucher
    "wrong_partner": Advice(
        "不交付；请顾客查看券面可用门店", "hand nothing over; the voucher says where it is good"
    ),
    "wrong_outlet": Advice(
        "不交付；请顾客到所示门店", "hand nothing over; the customer goes to the outlet shown"
    ),
    "already_captured": _NOTHING,
    "voucher_expired": _NOTHING,
    "voucher_not_yet": _NOTHING,
    "voucher_in_use": Advice(
        "等到所示时间，用新编号再办", "wait until the time shown, then begin anew"
    ),
    "amount_invalid": Advice("核对金额后用新编号再办", "correct the amount and begin anew"),
    "amount_exceeds": Advice("按券内余额重新输入金额", "take no more than what is left"),
    "not_now": _KEEP,
    # An authorisation
    "authorisation_unknown": _RESCAN,
    "authorisation_ended": _RESCAN,
    # A capture that is taken back, or looked for
    "capture_unknown": Advice(
        "没有核销过；可用此编号办理", "nothing was captured; the number is free"
    ),
    "void_unknown": Advice("没有撤销过；可用此编号撤销", "nothing was voided; the number is free"),
    "already_voided": Advice("已撤销，无须再办", "it was voided; nothing is left to do"),
    "capture_corrected": Advice("已更正，无须再办", "it was corrected; nothing is left to do"),
    "void_too_late": _ASSOCIATION,
    "void_after_close": _ASSOCIATION,
    "void_limit_reached": _ASSOCIATION,
    "voids_of_day_reached": _ASSOCIATION,
    # Who and where
    "operator_session_needed": _LOG_IN,
    "operator_differs": _LOG_IN,
    "operator_unknown": _OFFICE,
    "outlet_unknown": _OFFICE,
    "till_unknown": _OFFICE,
    "till_differs": _OFFICE,
    "till_key_needed": _OFFICE,
    "outlet_closed": Advice(
        "请顾客在营业时间内再来", "ask the customer to come back while you are open"
    ),
    # The request
    "operation_conflict": Advice("换一个新编号", "take a new number"),
    "unauthenticated": _OFFICE,
    "forbidden": _OFFICE,
    "address_not_allowed": _OFFICE,
    "second_factor_needed": _OFFICE,
    "person_needed": _OFFICE,
    "content_invalid": _VENDOR,
    "json_invalid": _VENDOR,
    "cursor_invalid": _VENDOR,
    "media_type": _VENDOR,
    "too_large": _VENDOR,
    "idempotency_key_missing": _VENDOR,
    "idempotency_key_invalid": _VENDOR,
    "not_found": _VENDOR,
    "proof_invalid": _VENDOR,
    "proof_used": _VENDOR,
    "rate_limited": _WAIT,
    "unavailable": _WAIT,
}
"""By the refusal's code."""


INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)")
_FEN = re.compile(r"(\d+) 分（人民币）")
_HERE = ZoneInfo("Asia/Shanghai")


def spoken(text: str) -> str:
    """Return a refusal's Chinese sentence as a clerk reads it out: dates and yuan, not data."""
    return _FEN.sub(_yuan, INSTANT.sub(_moment, text))


def _moment(found: re.Match[str]) -> str:
    at = datetime.fromisoformat(found[0])
    local = at.astimezone(_HERE) if at.utcoffset() == timedelta() else at
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def _yuan(found: re.Match[str]) -> str:
    yuan, fen = divmod(int(found[1]), 100)
    return f"{yuan}.{fen:02} 元"


def advised(code: str) -> Advice | None:
    """Return what follows a refusal at a counter; None where a counter may not be told it."""
    return ADVICE.get(code)

"""What is refused at the counter."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMistyped(Refusal):
    """The check character does not fit; no voucher was looked for."""

    code: ClassVar[str] = "code_mistyped"
    zh: ClassVar[str] = "券码输入有误，请核对后重新输入"
    en: ClassVar[str] = "the code is mistyped; check it and try again"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherUnknown(Refusal):
    """Unknown here, or another association's: the answer does not tell which."""

    code: ClassVar[str] = "voucher_unknown"
    zh: ClassVar[str] = "券码无效"
    en: ClassVar[str] = "this code is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrOutdated(Refusal):
    """A genuine QR whose time is over: a screenshot, or a phone that did not draw it anew."""

    code: ClassVar[str] = "qr_outdated"
    zh: ClassVar[str] = "二维码已过期，请顾客刷新后再扫"
    en: ClassVar[str] = "this QR is outdated; ask the customer to refresh it"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineCodeNeeded(Refusal):
    """A token for tills without network was presented to one that has it."""

    code: ClassVar[str] = "online_code_needed"
    zh: ClassVar[str] = "这是离线凭证；有网络时请顾客出示动态二维码或券码"
    en: ClassVar[str] = "this is an offline token; there is a network, so scan the QR or the code"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherUnusable(Refusal):
    """A voucher that was used up or has expired has no QR."""

    code: ClassVar[str] = "voucher_unusable"
    zh: ClassVar[str] = "此券已使用或已到期，没有二维码"
    en: ClassVar[str] = "this voucher was used or has expired; it has no QR"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyAttempts(Refusal):
    """Too many codes that do not exist were tried on this device or in this outlet."""

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "too_many_attempts"
    zh: ClassVar[str] = "无效券码尝试过多，请于 {until} 后再试"
    en: ClassVar[str] = "too many invalid codes; try again after {until}"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPartner(Refusal):
    """The voucher is honoured by partners of another kind."""

    code: ClassVar[str] = "wrong_partner"
    zh: ClassVar[str] = "此券不能在本单位使用"
    en: ClassVar[str] = "this voucher is not honoured here"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongOutlet(Refusal):
    """The voucher was drawn for one outlet, and this is another."""

    code: ClassVar[str] = "wrong_outlet"
    zh: ClassVar[str] = "此券只能在{outlet}使用"
    en: ClassVar[str] = "this voucher is good at {outlet} only"
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyCaptured(Refusal):
    """The voucher was used up, there and then."""

    code: ClassVar[str] = "already_captured"
    zh: ClassVar[str] = "此券已于 {at} 在{outlet}使用"
    en: ClassVar[str] = "this voucher was used at {outlet} on {at}"
    at: str
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherExpired(Refusal):
    """The voucher is no longer valid."""

    code: ClassVar[str] = "voucher_expired"
    zh: ClassVar[str] = "此券已于 {valid_until} 到期"
    en: ClassVar[str] = "this voucher expired on {valid_until}"
    valid_until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet(Refusal):
    """The voucher is not valid yet."""

    code: ClassVar[str] = "voucher_not_yet"
    zh: ClassVar[str] = "此券自 {valid_from} 起可用"
    en: ClassVar[str] = "this voucher is valid from {valid_from}"
    valid_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse(Refusal):
    """Another outlet has just authorised it and has some minutes to hand over the thing."""

    code: ClassVar[str] = "voucher_in_use"
    zh: ClassVar[str] = "此券正在另一门店办理，请于 {until} 后再试"
    en: ClassVar[str] = "another outlet is handling this voucher until {until}"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountInvalid(Refusal):
    """Amount vouchers need an amount above zero, others take none."""

    code: ClassVar[str] = "amount_invalid"
    zh: ClassVar[str] = "金额券须填写大于零的金额，其他券不填金额"
    en: ClassVar[str] = "amount vouchers need an amount above zero, other vouchers take none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountExceeds(Refusal):
    """More was asked for than is left on the voucher."""

    code: ClassVar[str] = "amount_exceeds"
    zh: ClassVar[str] = "金额超出券内余额 {remaining_fen} 分（人民币）"
    en: ClassVar[str] = "the amount exceeds the {remaining_fen} fen left on the voucher"
    remaining_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureUnknown(Refusal):
    """The outlet has no capture under this request number.

    Not kept: whether a void is on file must not tell whether another outlet has one.
    """

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "capture_unknown"
    zh: ClassVar[str] = "没有此请求编号的核销记录"
    en: ClassVar[str] = "there is no capture with this request number"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCorrected(Refusal):
    """What the association corrected is not taken back at a counter as well."""

    code: ClassVar[str] = "capture_corrected"
    zh: ClassVar[str] = "该笔核销已由协会更正，不能再撤销"
    en: ClassVar[str] = "the association has corrected this capture: it is not voided as well"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyVoided(Refusal):
    """A capture is voided once."""

    code: ClassVar[str] = "already_voided"
    zh: ClassVar[str] = "该笔核销已撤销"
    en: ClassVar[str] = "this capture has already been voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidTooLate(Refusal):
    """A capture is voided on the same local day; afterwards the association corrects it."""

    code: ClassVar[str] = "void_too_late"
    zh: ClassVar[str] = "只能撤销当日核销；请联系协会更正"
    en: ClassVar[str] = "captures are voided on the same day; ask the association to correct it"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidLimitReached(Refusal):
    """A voucher was captured and voided too often."""

    code: ClassVar[str] = "void_limit_reached"
    zh: ClassVar[str] = "此券撤销次数已达上限 {most} 次"
    en: ClassVar[str] = "this voucher was voided {most} times already"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDue(Refusal):
    """The voucher has not expired, or was closed before."""

    code: ClassVar[str] = "voucher_not_due"
    zh: ClassVar[str] = "此券未到期或已结束"
    en: ClassVar[str] = "this voucher has not expired, or is closed already"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherClosed(Refusal):
    """Used up or expired: there is nothing to show or to pass on any more."""

    code: ClassVar[str] = "voucher_closed"
    zh: ClassVar[str] = "此券已使用或已到期，不能再换码或转让"
    en: ClassVar[str] = "this voucher is used up or expired: no new code, no new owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReissuesUsedUp(Refusal):
    """The code was replaced as often as the policy allows."""

    code: ClassVar[str] = "reissues_used_up"
    zh: ClassVar[str] = "此券最多换码 {most} 次；请用券页上的二维码，或联系工作人员"
    en: ClassVar[str] = "a code is replaced {most} times at most: use the QR, or ask the staff"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTransferable(Refusal):
    """The policy lets nobody, or not this one, pass such a voucher on, or not again."""

    code: ClassVar[str] = "not_transferable"
    zh: ClassVar[str] = "按协会规定，此券不能转让"
    en: ClassVar[str] = "by the association's rules this voucher cannot be passed on"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingTooLate(Refusal):
    """Whoever gets a voucher has to have time to use it."""

    code: ClassVar[str] = "passing_too_late"
    zh: ClassVar[str] = "离到期不足 {days} 天的券不能转让"
    en: ClassVar[str] = "a voucher with less than {days} days left is not passed on"
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverUnsuitable(Refusal):
    """The other is unknown, oneself, outside the programme or frozen: it is not said which."""

    code: ClassVar[str] = "receiver_unsuitable"
    zh: ClassVar[str] = "不能转给此会员"
    en: ClassVar[str] = "the voucher cannot be passed to this member"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEnough(Refusal):
    """A member gets so many vouchers from others in a month, and no more."""

    code: ClassVar[str] = "received_enough"
    zh: ClassVar[str] = "每人每月最多接收 {most} 张转让的券"
    en: ClassVar[str] = "a member receives {most} vouchers from others a month at most"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferOpen(Refusal):
    """The voucher is offered to somebody already, who has not answered."""

    code: ClassVar[str] = "offer_open"
    zh: ClassVar[str] = "此券正在等待对方接收，请先撤回"
    en: ClassVar[str] = "this voucher is offered to somebody: withdraw that offer first"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(Refusal):
    """The offer was answered, withdrawn, or its time is over."""

    code: ClassVar[str] = "offer_ended"
    zh: ClassVar[str] = "该转让已处理、已撤回或已过期"
    en: ClassVar[str] = "the offer was answered, withdrawn, or is out of time"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationUnknown(Refusal):
    """This outlet made no such authorisation."""

    code: ClassVar[str] = "authorisation_unknown"
    zh: ClassVar[str] = "没有此验券记录，请重新扫码"
    en: ClassVar[str] = "there is no such authorisation here; scan the code again"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationEnded(Refusal):
    """Its time is over, it was used or given up, or another outlet has the voucher in hand."""

    code: ClassVar[str] = "authorisation_ended"
    zh: ClassVar[str] = "本次验券已失效，请重新扫码"
    en: ClassVar[str] = "this authorisation has ended; scan the code again"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidUnknown(Refusal):
    """The partner has no void under this number."""

    code: ClassVar[str] = "void_unknown"
    zh: ClassVar[str] = "没有此编号的撤销记录"
    en: ClassVar[str] = "there is no void with this number"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidAfterClose(Refusal):
    """The capture stands in a statement that was closed; the association corrects it."""

    code: ClassVar[str] = "void_after_close"
    zh: ClassVar[str] = "该笔核销所在账期已结账，不能撤销；请联系协会更正"
    en: ClassVar[str] = "the capture's period is closed; ask the association to correct it"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidsOfDayReached(Refusal):
    """Too many captures were taken back today, by this operator or in this outlet."""

    code: ClassVar[str] = "voids_of_day_reached"
    zh: ClassVar[str] = "今日撤销次数已达上限 {most} 次，请联系协会"
    en: ClassVar[str] = "{most} captures were voided today already; ask the association"
    most: int

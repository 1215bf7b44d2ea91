"""What is refused about partners and their statements."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerExists(Refusal):
    """The code is taken."""

    code: ClassVar[str] = "partner_exists"
    zh: ClassVar[str] = "该合作单位编号已存在"
    en: ClassVar[str] = "a partner with this code exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerUnknown(Refusal):
    """There is no such partner."""

    code: ClassVar[str] = "partner_unknown"
    zh: ClassVar[str] = "没有此合作单位"
    en: ClassVar[str] = "there is no such partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceImplausible(Refusal):
    """An outlet lies in China, and both its coordinates are known or none."""

    code: ClassVar[str] = "place_implausible"
    zh: ClassVar[str] = "经纬度须成对填写，且在中国境内"
    en: ClassVar[str] = "give both coordinates or none; they have to lie in China"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletExists(Refusal):
    """The code is taken."""

    code: ClassVar[str] = "outlet_exists"
    zh: ClassVar[str] = "该门店编号已存在"
    en: ClassVar[str] = "an outlet with this code exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletUnknown(Refusal):
    """The partner has no such outlet.

    Not kept: whether an operation is on file must not tell which of two codes there is.
    """

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "outlet_unknown"
    zh: ClassVar[str] = "该合作单位没有此门店"
    en: ClassVar[str] = "the partner has no such outlet"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorExists(Refusal):
    """The outlet has this operator already."""

    code: ClassVar[str] = "operator_exists"
    zh: ClassVar[str] = "该门店已有此操作员编号"
    en: ClassVar[str] = "the outlet has this operator already"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodOpen(Refusal):
    """A period is drawn up after it has ended."""

    code: ClassVar[str] = "period_open"
    zh: ClassVar[str] = "账期 {period} 尚未结束"
    en: ClassVar[str] = "the period {period} has not ended"
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodClosed(Refusal):
    """A closed period never changes."""

    code: ClassVar[str] = "period_closed"
    zh: ClassVar[str] = "账期 {period} 已结账"
    en: ClassVar[str] = "the period {period} is closed"
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionEmpty(Refusal):
    """A correction changes an amount."""

    code: ClassVar[str] = "correction_empty"
    zh: ClassVar[str] = "更正金额不能为零"
    en: ClassVar[str] = "a correction changes an amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorUnknown(Refusal):
    """The outlet accepts only the operators that it registered."""

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "operator_unknown"
    zh: ClassVar[str] = "该门店没有此操作员编号"
    en: ClassVar[str] = "the outlet has no such operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorInvalid(Refusal):
    """An operator is a number; names of people have no place here."""

    code: ClassVar[str] = "operator_invalid"
    zh: ClassVar[str] = "操作员编号应为数字，前面可加不超过八个字母，例如 07 或 A-12；不得填写姓名"
    en: ClassVar[str] = "an operator is a number, as 07 or A-12; never a name"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorUnchanged(Refusal):
    """The operator stands like that already."""

    code: ClassVar[str] = "operator_unchanged"
    zh: ClassVar[str] = "该操作员已是此状态"
    en: ClassVar[str] = "the operator stands like that already"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSessionNeeded(Refusal):
    """Where an outlet has operators, a key alone works no counter."""

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "operator_session_needed"
    zh: ClassVar[str] = "本门店须由操作员登录后办理：请输入操作员编号与 PIN 登录"
    en: ClassVar[str] = "an operator has to log in at this outlet, with number and PIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDiffers(Refusal):
    """Whoever logged in acts; nobody acts as somebody else."""

    code: ClassVar[str] = "operator_differs"
    zh: ClassVar[str] = "操作员以登录者为准，不能以他人编号办理"
    en: ClassVar[str] = "whoever logged in acts, and not under another number"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRefused(Refusal):
    """Unknown, wrong, disabled or closed: the answer never tells which."""

    code: ClassVar[str] = "operator_refused"
    zh: ClassVar[str] = (
        "操作员编号或 PIN 不正确，或尝试次数过多；请核对后稍后再试，或联系本商户总部"
    )
    en: ClassVar[str] = (
        "the operator or the PIN is not right, or there were too many tries; ask your head office"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSetUpRefused(Refusal):
    """No such operator, or the code is wrong, used or too old: never said which."""

    code: ClassVar[str] = "operator_set_up_refused"
    zh: ClassVar[str] = "操作员编号或一次性设置码不正确，或设置码已失效，请联系本商户总部"
    en: ClassVar[str] = (
        "the operator or the set-up code is not right, or the code has ended; ask your head office"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PinWeak(Refusal):
    """A PIN that is guessed."""

    code: ClassVar[str] = "pin_weak"
    zh: ClassVar[str] = (
        "PIN 须为 6 至 12 位数字且不易猜到（不能是日期、连号、重复数字），或不少于 12 个字符的口令"
    )
    en: ClassVar[str] = (
        "a PIN has 6 to 12 digits that are not easily guessed (no date, no row, no repetition), "
        "or is a passphrase of 12 characters at least"
    )
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTooSoon(Refusal):
    """What was captured already keeps the terms under which it was."""

    code: ClassVar[str] = "contract_too_soon"
    zh: ClassVar[str] = "合同条款只能从 {earliest} 起生效：已发生的核销不改价"
    en: ClassVar[str] = "a contract begins on {earliest} at the earliest: captures keep their terms"
    earliest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractWithinPeriod(Refusal):
    """The cycle changes where a period of either kind begins."""

    code: ClassVar[str] = "contract_within_period"
    zh: ClassVar[str] = "变更结算周期须从账期首日起，最早 {earliest}"
    en: ClassVar[str] = "the cycle changes on the first day of a period, {earliest} at the earliest"
    earliest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffInvalid(Refusal):
    """A tariff is agreed for a reward that is there and is not paid by its face value."""

    code: ClassVar[str] = "tariff_invalid"
    zh: ClassVar[str] = "商品 {reward_id} 不存在，或按面额结算，不能另定结算价"
    en: ClassVar[str] = "there is no reward {reward_id}, or it is paid by its face value"
    reward_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffTooHigh(Refusal):
    """A contract pays no more than the catalogue sets aside: what is above would never be paid."""

    code: ClassVar[str] = "tariff_too_high"
    zh: ClassVar[str] = (
        "商品 {reward_id} 在现行或已发布待生效的兑换目录中每次只预留 {most_fen} 分（人民币），"
        "合同结算价不能更高；请先发布预留更多的目录"
    )
    en: ClassVar[str] = (
        "the catalogue in force, or one yet to begin, sets aside {most_fen} fen for one "
        "{reward_id}, and a contract cannot pay more; publish a catalogue that sets aside more "
        "first"
    )
    reward_id: str
    most_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUnknown(Refusal):
    """The statement has no such line."""

    code: ClassVar[str] = "line_unknown"
    zh: ClassVar[str] = "对账单没有第 {line} 行"
    en: ClassVar[str] = "the statement has no line {line}"
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimUnchanged(Refusal):
    """Whoever disputes a line says another amount."""

    code: ClassVar[str] = "claim_unchanged"
    zh: ClassVar[str] = "主张的金额与该行相同，无须提出异议"
    en: ClassVar[str] = "the amount that is claimed is what the line says"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeNeverPaid(Refusal):
    """A fee is kept, less of it or none, and never paid out: its line is zero at the most."""

    code: ClassVar[str] = "fee_never_paid"
    zh: ClassVar[str] = "服务费行只能主张零或负数：少收写较小的负数，不收写 0"
    en: ClassVar[str] = "a line of fees is zero or below: say less with the sign, or 0 for none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpen(Refusal):
    """The line is in dispute already."""

    code: ClassVar[str] = "dispute_open"
    zh: ClassVar[str] = "该行已有异议待答复"
    en: ClassVar[str] = "the line is in dispute already, and waits for an answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSettled(Refusal):
    """What was settled, or rejected as often as it may be disputed, stands."""

    code: ClassVar[str] = "dispute_settled"
    zh: ClassVar[str] = "该行异议已了结，不能再次提出（每行最多 {rounds_max} 次）"
    en: ClassVar[str] = "the dispute is settled; a line is disputed {rounds_max} times at most"
    rounds_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputesTooMany(Refusal):
    """With so many lines in dispute, people had better talk."""

    code: ClassVar[str] = "disputes_too_many"
    zh: ClassVar[str] = "一张对账单最多对 {most} 行提出异议，请直接联系协会"
    en: ClassVar[str] = "at most {most} lines of a statement are disputed: call the association"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeUnknown(Refusal):
    """There is no open dispute of this line."""

    code: ClassVar[str] = "dispute_unknown"
    zh: ClassVar[str] = "该行没有待答复的异议"
    en: ClassVar[str] = "no dispute of this line waits for an answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingLeft(Refusal):
    """What was taken back of a capture before is not taken once more."""

    code: ClassVar[str] = "nothing_left"
    zh: ClassVar[str] = "该行所涉核销扣除撤销和更正后已无金额可收回，请驳回该异议并说明"
    en: ClassVar[str] = (
        "nothing is left of the capture to take back, less its void and its corrections: "
        "reject the dispute and say so"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementConfirmed(Refusal):
    """One side agrees once, and then has nothing more to dispute."""

    code: ClassVar[str] = "statement_confirmed"
    zh: ClassVar[str] = "本方已确认该对账单"
    en: ClassVar[str] = "this side has agreed to the statement already"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceTooSoon(Refusal):
    """The contract gives no meaning to silence, or more time."""

    code: ClassVar[str] = "silence_too_soon"
    zh: ClassVar[str] = "尚不能视为默认确认"
    en: ClassVar[str] = "silence does not count as a confirmation, or not yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStatement(Refusal):
    """Two people: whoever drew up does not countersign, whoever countersigned does not pay."""

    code: ClassVar[str] = "own_statement"
    zh: ClassVar[str] = "须由另一人办理：制单人不能复核，复核人不能登记付款"
    en: ClassVar[str] = (
        "another person has to: whoever drew up does not countersign, nor pays who countersigned"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPayable(Refusal):
    """Only what both sides agreed to, and nothing twice."""

    code: ClassVar[str] = "not_payable"
    zh: ClassVar[str] = (
        "可登记付款的金额为 {payable_fen} 分（人民币；双方确认后、扣除争议与已付部分）"
    )
    en: ClassVar[str] = "{payable_fen} fen can be paid: what both agreed to, less what was paid"
    payable_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMarked(Refusal):
    """One transfer is marked once."""

    code: ClassVar[str] = "payment_marked"
    zh: ClassVar[str] = "该银行流水号已登记"
    en: ClassVar[str] = "this transfer is marked already"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInvalid(Refusal):
    """A payment has the bank's number and a day that has come."""

    code: ClassVar[str] = "payment_invalid"
    zh: ClassVar[str] = "付款须有银行流水号（4 至 40 个字母、数字或连字符），日期不得晚于今天"
    en: ClassVar[str] = (
        "a payment has the bank's number, 4 to 40 letters, digits or dashes, and no day to come"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TillUnknown(Refusal):
    """Where an outlet registered its tills, no other device works its counter."""

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "till_unknown"
    zh: ClassVar[str] = "此设备未在本门店登记或已停用，不能核销"
    en: ClassVar[str] = "this device is no registered till of the outlet, or is switched off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillDiffers(Refusal):
    """A till's key speaks for this till, and not under another name."""

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "till_differs"
    zh: ClassVar[str] = "此密钥属于另一台收银设备，不能以所报设备编号办理"
    en: ClassVar[str] = "this key is another till's, and speaks for no till but its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillKeyNeeded(Refusal):
    """Once a till was given a key of its own, nobody else speaks under its name."""

    kept: ClassVar[bool] = False
    code: ClassVar[str] = "till_key_needed"
    zh: ClassVar[str] = "此收银设备有专用密钥，须用该密钥办理"
    en: ClassVar[str] = "this till has a key of its own, and works with that key only"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillShared(Refusal):
    """Browsers share one name, which cannot have a key of its own."""

    code: ClassVar[str] = "till_shared"
    zh: ClassVar[str] = "web 代表所有网页收银台，不能有专用密钥；请为该设备登记自己的编号"
    en: ClassVar[str] = "web stands for all browsers: register a till of another name for the key"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillExists(Refusal):
    """The outlet has this till already."""

    code: ClassVar[str] = "till_exists"
    zh: ClassVar[str] = "该门店已登记此设备"
    en: ClassVar[str] = "the outlet has this till already"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillUnchanged(Refusal):
    """The till stands like that already."""

    code: ClassVar[str] = "till_unchanged"
    zh: ClassVar[str] = "该设备已是此状态"
    en: ClassVar[str] = "the till stands like that already"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillInvalid(Refusal):
    """A till is called by letters and digits; names of people have no place here."""

    code: ClassVar[str] = "till_invalid"
    zh: ClassVar[str] = "设备编号须为 1 至 80 个字母、数字或 . _ ~ -，以字母或数字开头"
    en: ClassVar[str] = "a till is called by 1 to 80 letters, digits or . _ ~ -"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletClosed(Refusal):
    """The outlet is closed at this hour, and its partner does not honour vouchers then."""

    code: ClassVar[str] = "outlet_closed"
    zh: ClassVar[str] = "现在不在本门店的营业时间内，不能核销"
    en: ClassVar[str] = "the outlet is closed at this hour, and takes no vouchers"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUnchanged(Refusal):
    """That is what holds already."""

    code: ClassVar[str] = "counter_policy_unchanged"
    zh: ClassVar[str] = "核销政策没有变化"
    en: ClassVar[str] = "that is what holds at these counters already"

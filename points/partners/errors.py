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
class OutletExists(Refusal):
    """The code is taken."""

    code: ClassVar[str] = "outlet_exists"
    zh: ClassVar[str] = "该门店编号已存在"
    en: ClassVar[str] = "an outlet with this code exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletUnknown(Refusal):
    """The partner has no such outlet."""

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
    """A period is closed after it has ended."""

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

    code: ClassVar[str] = "operator_unknown"
    zh: ClassVar[str] = "该门店没有此操作员编号"
    en: ClassVar[str] = "the outlet has no such operator"

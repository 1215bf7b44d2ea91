"""What is refused about offline tokens and their conflicts."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineOff(Refusal):
    """The association does not issue offline tokens, or not for this outlet."""

    code: ClassVar[str] = "offline_off"
    zh: ClassVar[str] = "本协会未对该门店开通离线凭证"
    en: ClassVar[str] = "offline tokens are not issued for this outlet"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineOut(Refusal):
    """A token of the voucher is out already; it cannot be called back."""

    code: ClassVar[str] = "offline_out"
    zh: ClassVar[str] = "此券的离线凭证已发出，{until} 前有效，不能再发"
    en: ClassVar[str] = "an offline token of this voucher is out until {until}"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineTooMany(Refusal):
    """So many tokens of one voucher are enough."""

    code: ClassVar[str] = "offline_too_many"
    zh: ClassVar[str] = "每张券最多发 {most} 次离线凭证"
    en: ClassVar[str] = "a voucher gets at most {most} offline tokens"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineTooDear(Refusal):
    """The reward is worth more than what may be risked without network."""

    code: ClassVar[str] = "offline_too_dear"
    zh: ClassVar[str] = "此券金额超过离线凭证上限 {most_fen} 分（人民币）"
    en: ClassVar[str] = "this voucher is worth more than the {most_fen} fen an offline token may be"
    most_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineUseUnknown(Refusal):
    """There is no such use, or it is no conflict that anybody decides."""

    code: ClassVar[str] = "offline_use_unknown"
    zh: ClassVar[str] = "没有这条待裁定的离线核销"
    en: ClassVar[str] = "there is no such offline conflict to decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineDecided(Refusal):
    """The conflict was decided before."""

    code: ClassVar[str] = "offline_decided"
    zh: ClassVar[str] = "该冲突已裁定"
    en: ClassVar[str] = "this conflict has been decided already"

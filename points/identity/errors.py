"""What identity refuses."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyExists(Refusal):
    """A key id is used once."""

    code: ClassVar[str] = "key_exists"
    zh: ClassVar[str] = "该密钥编号已存在"
    en: ClassVar[str] = "a key of this id exists already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden(Refusal):
    """The role may not do this, here or anywhere."""

    code: ClassVar[str] = "forbidden"
    zh: ClassVar[str] = "无权执行此操作"
    en: ClassVar[str] = "not allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureNeeded(Refusal):
    """What a source feeds is signed, and says which secret it has."""

    code: ClassVar[str] = "signature_needed"
    zh: ClassVar[str] = "上报须签名：请附 webhook-id、webhook-timestamp 与 webhook-signature 请求头"
    en: ClassVar[str] = "sign what you feed: webhook-id, webhook-timestamp and webhook-signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureInvalid(Refusal):
    """The signature is another's, too old, or over something else."""

    code: ClassVar[str] = "signature_invalid"
    zh: ClassVar[str] = "签名无效，或时间与服务器相差超过五分钟"
    en: ClassVar[str] = "the signature is not valid, or its time is more than five minutes off"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressNotAllowed(Refusal):
    """The key may be used from some networks only, and this is none of them."""

    code: ClassVar[str] = "address_not_allowed"
    zh: ClassVar[str] = "该密钥不可从此网络地址使用"
    en: ClassVar[str] = "the key may not be used from this address"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnded(Refusal):
    """A key that opens nothing any more has no successor."""

    code: ClassVar[str] = "key_ended"
    zh: ClassVar[str] = "该密钥已停用或到期，请签发新密钥"
    en: ClassVar[str] = "the key has ended; issue another one"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Refusal):
    """A key has one successor."""

    code: ClassVar[str] = "key_rotated"
    zh: ClassVar[str] = "该密钥已经轮换过，请轮换其后继密钥"
    en: ClassVar[str] = "the key was rotated before; rotate its successor"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNeeded(Refusal):
    """The role may do this, but only as a person who logged in."""

    code: ClassVar[str] = "person_needed"
    zh: ClassVar[str] = "此操作须由工作人员本人登录后进行，接口密钥不可用"
    en: ClassVar[str] = "somebody has to log in for this; a machine's key will not do"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorNeeded(Refusal):
    """The second factor was proved too long ago."""

    code: ClassVar[str] = "second_factor_needed"
    zh: ClassVar[str] = "此操作须重新验证第二因素"
    en: ClassVar[str] = "prove the second factor again for this"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Refusal):
    """Whoever logged in here is logged in no more."""

    code: ClassVar[str] = "session_ended"
    zh: ClassVar[str] = "登录已失效，请重新登录（points login），或退出登录（points logout）"
    en: ClassVar[str] = "the session has ended: log in again with `points login`, or log out"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyCodes(Refusal):
    """Codes were asked for, or tried, too often; whose number it is makes no difference."""

    code: ClassVar[str] = "too_many_codes"
    zh: ClassVar[str] = "请求过于频繁，请在 {until} 之后再试"
    en: ClassVar[str] = "too often; try again after {until}"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWrong(Refusal):
    """Wrong, used, too old, tried too often, or never sent: the answer does not tell which."""

    code: ClassVar[str] = "code_wrong"
    zh: ClassVar[str] = "验证码不正确或已失效，请重新获取"
    en: ClassVar[str] = "the code is wrong or good no more; ask for another one"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshInvalid(Refusal):
    """The device may not renew its tokens: it has to log in again."""

    code: ClassVar[str] = "refresh_invalid"
    zh: ClassVar[str] = "登录已失效，请重新登录"
    en: ClassVar[str] = "the log-in is good no more; log in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofInvalid(Refusal):
    """The device did not prove that it holds its key, for this request and now (RFC 9449)."""

    code: ClassVar[str] = "proof_invalid"
    zh: ClassVar[str] = "设备证明缺失或无效"
    en: ClassVar[str] = "the device's proof is missing or not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofUsed(Refusal):
    """A proof is good once."""

    code: ClassVar[str] = "proof_used"
    zh: ClassVar[str] = "设备证明已使用过"
    en: ClassVar[str] = "the device's proof was used before"

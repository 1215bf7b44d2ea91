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

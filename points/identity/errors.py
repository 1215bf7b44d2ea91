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

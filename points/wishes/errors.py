"""What the wish-list refuses."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class WishListFull(Refusal):
    """A list that holds everything says nothing."""

    code: ClassVar[str] = "wish_list_full"
    zh: ClassVar[str] = "心愿单最多 {most} 项，请先移除一项"
    en: ClassVar[str] = "a wish-list holds {most} rewards: take one off first"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WishUnknown(Refusal):
    """The reward is not on the member's list."""

    code: ClassVar[str] = "wish_unknown"
    zh: ClassVar[str] = "心愿单中没有该项目"
    en: ClassVar[str] = "this reward is not on the wish-list"

"""The inbox's facts: what a member was told, and that they read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from points.inbox.words import WORDS, NoticeKind, fields_of
from points.kernel.ensure import ensure
from points.kernel.ids import MemberId

ONCE_LENGTH_MAX = 120

Detail = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Something that a member is to be told; it becomes a notice when it is written.

    Attributes:
        about: The id of what it is about: a voucher, a reward, a card.
        detail: Plain values for the words: titles of rewards, points, days. Nothing personal.
        once: The name under which it is told once and never again.
    """

    member_id: MemberId
    kind: NoticeKind
    about: str
    once: str
    detail: Detail = field(default_factory=dict)

    def __post_init__(self) -> None:
        ensure(0 < len(self.once) <= ONCE_LENGTH_MAX, "a notice is told once, under a name")
        ensure(fields_of(self.kind) <= set(self.detail), "the words of a notice find their details")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as its member sees it."""

    notice_id: str
    member_id: MemberId
    kind: NoticeKind
    about: str
    detail: Detail
    recorded_at: datetime
    read_at: datetime | None = None

    def title(self, language: str) -> str:
        """Return the title in a language."""
        words = WORDS[self.kind]
        return (words.title_en if language == "en" else words.title_zh).format_map(self.detail)

    def text(self, language: str) -> str:
        """Return what is said, in a language."""
        words = WORDS[self.kind]
        return (words.en if language == "en" else words.zh).format_map(self.detail)

    @property
    def page(self) -> str:
        """Where what it is about is looked at on the phone; empty for nowhere."""
        return WORDS[self.kind].page.format(about=self.about)

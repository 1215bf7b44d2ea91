"""What can go wrong, as a contract.

PointsError
├── BrokenInvariant   a promise of this program does not hold: a defect
├── Unavailable       a resource that is needed does not answer; trying again may help
└── Misused           the caller asked for something that cannot be carried out as asked

A *refusal* is no exception: it is the recorded answer to a command that was understood and may not
be carried out. Each refusal is a frozen dataclass with a stable ``code``, a sentence in Chinese and
English, and fields that hold no personal data. Channels map codes, never texts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self


class PointsError(Exception):
    """Anything that this engine raises on purpose."""

    code: ClassVar[str] = "error"


class BrokenInvariant(PointsError):
    """A promise of this program does not hold."""

    code: ClassVar[str] = "broken_invariant"


class Unavailable(PointsError):
    """A resource that is needed does not answer; trying again may help."""

    code: ClassVar[str] = "unavailable"


class Misused(PointsError):
    """The caller asked for something that cannot be carried out as asked.

    Attributes:
        code: Stable, for programs.
        zh: For people.
        en: For people.
    """

    code: str = "misused"  # type: ignore[misc]  # one class, many stable codes

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A recorded "no" with its reason; subclasses add fields and texts.

    Texts are ``str.format`` templates over the fields. One that is not ``kept`` was said at the
    door, before anything was decided: the operation is not used up, and may be sent again.
    """

    kept: ClassVar[bool] = True
    code: ClassVar[str] = ""
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""

    def details(self) -> dict[str, Any]:
        """Return the fields, which are plain JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def text(self, language: str = "zh") -> str:
        """Return the sentence in ``zh`` or ``en``."""
        return (self.zh if language == "zh" else self.en).format(**self.details())

    @classmethod
    def restore(cls, code: str, details: Mapping[str, Any]) -> "Refusal":
        """Rebuild a stored refusal, so that a replay answers what was answered first."""
        kind = refusals()[code]
        return kind(**details)

    @classmethod
    def leaves(cls) -> Iterator[type[Self]]:
        """Yield every refusal that carries a code of its own."""
        # ``dataclass(slots=True)`` makes each class anew; the discarded one may still be listed.
        seen: dict[str, type[Self]] = {}
        for kind in cls.__subclasses__():
            seen.update({leaf.code: leaf for leaf in kind.leaves()})
            if kind.code and "__slots__" in kind.__dict__:
                seen[kind.code] = kind
        yield from seen.values()


def refusals() -> dict[str, type[Refusal]]:
    """Return every known refusal by its code."""
    return {kind.code: kind for kind in Refusal.leaves()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(Refusal):
    """The same operation id came with another body."""

    code: ClassVar[str] = "operation_conflict"
    zh: ClassVar[str] = "同一请求编号已用于不同内容的请求，请更换编号或核对内容"
    en: ClassVar[str] = "this operation id was already used for a request with another body"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Refusal):
    """Unknown here, or another's: the answer does not tell which."""

    code: ClassVar[str] = "not_found"
    zh: ClassVar[str] = "未找到该{noun_zh}"
    en: ClassVar[str] = "no such {noun}"
    noun: str
    noun_zh: str

"""The types of the expression language: one number type, truth, text, dates, enums, lists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type; ``values`` are an enum's, or those of a list's items."""

    kind: str
    values: frozenset[str] = frozenset()

    def named(self, language: str) -> str:
        """Return the type's name for people."""
        return _NAMES[self.kind][language == "en"]

    def comparable(self, other: "Type") -> bool:
        """Return whether ``==`` between the two makes sense."""
        texts = ("text", "enum")
        return self.kind == other.kind or (self.kind in texts and other.kind in texts)


_NAMES = {
    "number": ("数字", "a number"),
    "boolean": ("是非", "true or false"),
    "text": ("文字", "text"),
    "date": ("日期", "a date"),
    "enum": ("选项", "an enum value"),
    "list": ("列表", "a list"),
}
NUMBER = Type("number")
BOOLEAN = Type("boolean")
TEXT = Type("text")
DATE = Type("date")

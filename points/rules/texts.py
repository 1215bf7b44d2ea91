"""Texts in two languages, lines of a file, and guesses at what a misspelt name should have been."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from points.kernel.findings import Finding, Related


@dataclass(frozen=True, slots=True)
class Title:
    """A name for people, in Chinese and English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """Return the text in ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh

    def as_json(self) -> dict[str, str]:
        """Return both texts as a plain mapping."""
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Hint(Title):
    """What a misspelt name should have been; ``nearest`` is the one name that is meant."""

    nearest: str | None = None


NO_HINT = Hint("", "")


def did_you_mean(name: str, known: Iterable[str], *, most: int = 12) -> Hint:
    """Return a hint at the nearest known name, or at what is possible, or nothing."""
    names = sorted(known)
    if len(name) <= NAME_MAX and (near := get_close_matches(name, names, n=1)):
        return Hint(f"，是否想写“{near[0]}”？", f" — did you mean '{near[0]}'?", near[0])
    if names and len(names) <= most:
        return Hint(f"，可用：{'、'.join(names)}", f" — expected one of {', '.join(names)}")
    return NO_HINT


WORDS_MAX = 40
"""Fixed words of the format are all listed: whoever writes one of their own has no other way to
learn them. Of names that people made, more than a dozen are no help in one line."""

NAME_MAX = 60
"""A longer name is nobody's slip of the pen, and comparing it would take long."""


def short(name: str) -> str:
    """Return a name as far as a finding shows it."""
    return name if len(name) <= NAME_MAX else name[:NAME_MAX] + "…"


def lines_named(source: str, findings: Iterable[Finding]) -> list[str]:
    """Return the lines of a file as far as a finding names one.

    Of a file refused for its length that is the first; a million are not taken apart for it.
    """
    found = list(findings)
    places: list[Finding | Related] = [*found, *(more for each in found for more in each.related)]
    last = max((each.end_line or each.line or 1 for each in places), default=0)
    end = -1
    for _ in range(last):
        end = source.find("\n", end + 1)
        if end < 0:
            return source.splitlines()
    return source[: end + 1].splitlines()

"""Everything that the pages say, in Chinese and English; no text lacks either.

One table for each door, one for the frame around all pages, and one for words of the field: states,
kinds and reasons, by their codes.
"""

from functools import cache

from points.web.texts import (
    benefits,
    budget,
    catalogue,
    console,
    counter,
    frame,
    impact,
    offline,
    phone,
    rules,
    settlement,
    tills,
    vouchers,
    watch,
    webhooks,
    words,
)

LANGUAGES = ("zh", "en")
TAGS_MAX = 20
TABLES = (
    frame.TEXTS,
    console.TEXTS,
    phone.TEXTS,
    benefits.TEXTS,
    catalogue.TEXTS,
    counter.TEXTS,
    impact.TEXTS,
    budget.TEXTS,
    watch.TEXTS,
    offline.TEXTS,
    rules.TEXTS,
    vouchers.TEXTS,
    settlement.TEXTS,
    tills.TEXTS,
    webhooks.TEXTS,
)


class Texts:
    """The texts in one language, by name."""

    def __init__(self, language: str) -> None:
        """Take a language, ``zh`` or ``en``."""
        self.language, self._at = language, 1 if language == "en" else 0
        self._texts = {name: pair[self._at] for table in TABLES for name, pair in table.items()}

    def __getattr__(self, name: str) -> str:
        """Return the text of a name.

        Raises:
            AttributeError: There is none.
        """
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(name) from None

    def find(self, name: str) -> str:
        """Return the text of a name that somebody sent; empty where there is none."""
        return self._texts.get(name, "")

    def word(self, group: str, code: str) -> str:
        """Return what a code of the field is called; the code itself where it has no name."""
        pair = words.GROUPS[group].get(str(code))
        return str(code) if pair is None else pair[self._at]

    def of(self, zh: str, en: str) -> str:
        """Return the one of two texts that came with what is shown."""
        return en if self._at and en else zh


@cache
def texts(language: str) -> Texts:
    """Return the texts in a language."""
    return Texts(language)


def preferred(kept: str, accepted: str) -> str:
    """Return the language that somebody chose, else the one that their browser asks for.

    Args:
        kept: What they chose here.
        accepted: ``Accept-Language``.
    """
    if kept in LANGUAGES:
        return kept
    for part in accepted.split(",")[:TAGS_MAX]:
        name = part.split(";")[0].split("-")[0].strip().lower()
        if name in LANGUAGES:
            return name
    return "zh"

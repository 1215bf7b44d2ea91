"""The limits that no rule may cross, as data: what is never scored, what is never priced."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from points.kernel.findings import Finding
from points.rules.reading import Reader
from points.rules.texts import Title
from points.rules.yaml_positions import Node, read_yaml

FILE_KEYS = ("version", "never_scored", "must_be_free", "note")
SUBJECT_KEYS = ("id", "title", "why", "names", "words", "note")
FREE_KEYS = ("codes", "title", "words", "note")
_LATIN = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that never scores.

    Attributes:
        names: Parts of field and type names that give it away.
        words: What gives it away in a title.
    """

    id: str
    title: Title
    why: Title
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def names_it(self, name: str) -> bool:
        """Return whether a name such as ``event.heart_rate`` speaks of this."""
        padded = f"_{re.sub(r'[._-]+', '_', name.lower())}_"
        return any(f"_{part}_" in padded for part in self.names)

    def tells_of(self, *texts: str) -> bool:
        """Return whether a title speaks of this."""
        return speaks_of(self.words, texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """Something that may never have a price."""

    codes: tuple[str, ...]
    title: Title
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole file."""

    never_scored: tuple[Subject, ...] = ()
    must_be_free: tuple[Free, ...] = ()


def speaks_of(words: tuple[str, ...], texts: Iterable[str]) -> bool:
    """Return whether a word stands in a text; Latin ones only as whole words."""
    pattern = _pattern(words)
    return bool(words) and any(pattern.search(text.lower()) for text in texts)


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for all the words, which are the policy's and not of any file."""
    return re.compile(
        "|".join(
            rf"(?<![a-z]){re.escape(word.lower())}(?![a-z])"
            if _LATIN.fullmatch(word)
            else re.escape(word)
            for word in words
        )
    )


def load_lint_policy(text: str, *, file: str) -> tuple[Policy | None, list[Finding]]:
    """Return the policy of a file, or nothing, and every finding."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    if root is None:
        return None, reader.findings
    fields = reader.fields(root, FILE_KEYS, ("version", "never_scored", "must_be_free"))
    reader.integer(fields.get("version"), at_least=1)
    policy = Policy(
        never_scored=tuple(
            _subject(reader, node) for node in reader.items(fields.get("never_scored"))
        ),
        must_be_free=tuple(
            _free(reader, node) for node in reader.items(fields.get("must_be_free"))
        ),
    )
    return (None if reader.failed else policy), reader.findings


def _subject(reader: Reader, node: Node) -> Subject:
    fields = reader.fields(node, SUBJECT_KEYS, ("id", "title", "why"))
    named = reader.text(fields.get("id")) or ""
    return Subject(
        id=named,
        title=reader.title(fields.get("title"), named),
        why=reader.title(fields.get("why"), named),
        names=tuple(reader.texts(fields.get("names"))),
        words=tuple(reader.texts(fields.get("words"))),
    )


def _free(reader: Reader, node: Node) -> Free:
    fields = reader.fields(node, FREE_KEYS, ("title",))
    return Free(
        codes=tuple(reader.texts(fields.get("codes"))),
        title=reader.title(fields.get("title"), ""),
        words=tuple(reader.texts(fields.get("words"))),
    )

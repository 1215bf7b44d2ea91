"""How each field of each model is compared: under which name, in which words, which way."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from points.rules.diff import direction as way
from points.rules.diff.changes import Change, Direction
from points.rules.diff.content import content, counted
from points.rules.diff.wording import Wording
from points.rules.texts import Title

Say = Callable[[Wording, Any], Title]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is compared: one thing in the old rule set and in the new, and who says each."""

    subject: str
    subject_id: str
    title: Title
    rules: tuple[str, ...]
    was: object
    now: object
    before: Wording
    after: Wording

    def change(
        self,
        code: str,
        label: Title,
        old: Title | None,
        new: Title | None,
        towards: Direction,
    ) -> Change:
        """Return a change here."""
        return Change(
            code=f"{self.subject}.{code}",
            subject=self.subject,
            subject_id=self.subject_id,
            title=self.title,
            rules=self.rules,
            label=label,
            old=old,
            new=new,
            direction=towards,
        )


Handler = Callable[[Place, str, Any, Any], Iterator[Change]]
"""Called with the place, the field's name and both values, which differ."""


def _any(wording: Wording, value: object) -> Title:
    return wording.any(value)


def plainly(zh: str, en: str, towards: way.Compare = way.undecided, say: Say = _any) -> Handler:
    """Compare a field as one value."""

    def handle(place: Place, name: str, old: object, new: object) -> Iterator[Change]:
        before, after = say(place.before, old), say(place.after, new)
        if before == after:  # the words do not tell them apart, so the plain values do
            before, after = (_bare(each, value) for each, value in ((before, old), (after, new)))
        yield place.change(name, Title(zh, en), before, after, towards(old, new))

    return handle


def _bare(said: Title, value: object) -> Title:
    spelled = content(value)
    return Title(f"{said.zh} [{spelled}]", f"{said.en} [{spelled}]")


def by_key(
    name_of: Callable[[str], Title],
    towards: way.Compare,
    say: Say = _any,
    *,
    added: Direction = Direction.UNDECIDED,
) -> Handler:
    """Compare a mapping entry by entry."""

    def handle(
        place: Place, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Iterator[Change]:
        for key in (*old, *(each for each in new if each not in old)):
            code, label = f"{name}.{key}", name_of(key)
            if key not in new:
                said = say(place.before, old[key])
                yield place.change(code, label, said, None, way.opposite(added))
            elif key not in old:
                yield place.change(code, label, None, say(place.after, new[key]), added)
            elif content(old[key]) != content(new[key]):
                inner = plainly(label.zh, label.en, towards, say)
                yield from inner(place, code, old[key], new[key])

    return handle


def compared(
    place: Place, old: object, new: object, handlers: Mapping[str, Handler], prefix: str = ""
) -> Iterator[Change]:
    """Yield what differs between two models of one kind, field by field.

    A field that nobody gave a name is compared all the same, under its own.
    """
    for name in counted(type(new)):
        before, after = getattr(old, name), getattr(new, name)
        if content(before) != content(after):
            handler = handlers.get(name) or plainly(name, name)
            yield from handler(place, prefix + name, before, after)

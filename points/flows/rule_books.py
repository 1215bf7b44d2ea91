"""The rule books of associations: the folder's rule sets, and over them what each one published.

A batch asks by the revision that it read when it began; readers ask for the newest and may be a
moment behind. A published version never changes, so each is compiled once.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from points.flows.context import Context, Published, RuleBook
from points.kernel.errors import Misused
from points.kernel.findings import Finding
from points.kernel.ids import AssociationId
from points.rulebook.reads import Printed, kept_bases, printed, revision_of_book
from points.rules import RuleSet, load_ruleset

STALE_SECONDS = 1.0
"""So old the rules of a reader may be at most."""


class VersionsUnsound(Misused):
    """Published versions do not fit the activity types any more; nothing is scored by guesswork.

    Attributes:
        findings: What is wrong, each naming its version.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "rules.version_unsound",
            "已发布的规则版本与活动类型文件不符，请恢复 activities.yaml",
            "published rules no longer fit the activity types: restore activities.yaml",
        )
        self.findings = findings


@dataclass(frozen=True, slots=True)
class _Held:
    context: Context
    asked_at: float


class RuleBooks:
    """Each association's rules, compiled once and looked after."""

    def __init__(
        self,
        base: Context,
        reading: Callable[[AssociationId], AbstractContextManager[Any]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold nothing yet.

        Args:
            base: What holds in every association: the folder's rule sets, types, codes.
            reading: Opens a connection for reads of an association.
            monotonic: Seconds that only go forwards.
        """
        self.base, self._reading, self._monotonic = base, reading, monotonic
        self._held: dict[AssociationId, _Held] = {}
        self._compiled: dict[str, RuleSet] = {}
        self._lock = threading.Lock()

    def at(self, connection: Any, association: AssociationId, revision: int) -> Context:  # noqa: ANN401 - a connection
        """Return the context at a revision, reading what was published where it is a new one.

        Raises:
            VersionsUnsound: A version does not fit the activity types.
        """
        held = self._held.get(association)
        if held is not None and held.context.rules.revision == revision:
            return held.context
        context = self._read(connection, association, revision)
        self._hold(association, context)
        return context

    def current(self, association: AssociationId) -> Context:
        """Return the newest context, at most ``STALE_SECONDS`` old."""
        held = self._held.get(association)
        if held is not None and self._monotonic() - held.asked_at < STALE_SECONDS:
            return held.context
        with self._reading(association) as connection:
            context = self.at(connection, association, revision_of_book(connection, association))
        self._hold(association, context)
        return context

    def forget(self, association: AssociationId) -> None:
        """Let the next reader ask anew."""
        with self._lock:
            self._held.pop(association, None)

    def _hold(self, association: AssociationId, context: Context) -> None:
        with self._lock:
            held = self._held.get(association)
            # A slow reader must not put an older book over a newer one.
            if held is None or held.context.rules.revision <= context.rules.revision:
                self._held[association] = _Held(context, self._monotonic())

    def _read(self, connection: Any, association: AssociationId, revision: int) -> Context:  # noqa: ANN401
        base = self.base.rules
        if revision == 0:
            return self.base
        published = self._published(printed(connection, association))
        book = RuleBook(
            base.rulesets,
            published,
            revision,
            base.texts,
            frozenset(kept_bases(connection, association)),
        )
        return replace(self.base, rules=book)

    def _published(self, versions: list[Printed]) -> tuple[Published, ...]:
        found, wrong = [], []
        for each in versions:
            head = each.shelved.version
            ruleset, findings = self._compile(each.text, head.programme, head.version, head.digest)
            # From when until when it holds stands in the text: columns alone are believed nothing.
            said = ruleset and (ruleset.sha256, ruleset.starts_at, ruleset.ends_at)
            if ruleset is None or said != (head.sha256, head.starts_at, head.ends_at):
                wrong.extend(findings or [_unlike(head.programme, head.version)])
                continue
            retirement = each.shelved.retirement
            found.append(
                Published(
                    ruleset=ruleset,
                    starts_at=head.starts_at,
                    ends_at=each.shelved.ends_at,
                    published_at=head.published_at,
                    until=head.ends_at,
                    retired_at=None if retirement is None else retirement.recorded_at,
                )
            )
        if wrong:
            raise VersionsUnsound(wrong)
        return tuple(found)

    def _compile(
        self, text: str, programme: str, version: int, digest: str
    ) -> tuple[RuleSet | None, list[Finding]]:
        ready = self._compiled.get(digest)
        if ready is not None:
            return ready, []
        name = version_name(programme, version)
        ruleset, findings = load_ruleset(text, file=name, types=self.base.types)
        if ruleset is not None:
            self._compiled[digest] = ruleset
        return ruleset, findings


def version_name(programme: str, version: int) -> str:
    """Return how findings name a published version: ``party.v4.yaml``."""
    return f"{programme}.v{version}.yaml"


def _unlike(programme: str, version: int) -> Finding:
    return Finding(
        code="rules.version_hash",
        file=version_name(programme, version),
        zh="内容与发布时的校验值不符，可能被篡改：请运行 points ledger verify",
        en="the text is not what was published, somebody may have changed it: "
        "run `points ledger verify`",
    )

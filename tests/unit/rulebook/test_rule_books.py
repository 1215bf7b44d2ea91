"""Rule books of associations: who sees a new version when, and what does not fit any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from points.flows import rule_books
from points.flows.context import Published, RuleBook
from points.flows.rule_books import STALE_SECONDS, RuleBooks, VersionsUnsound
from points.kernel.ids import Actor, AssociationId, DraftId, OperationId
from points.rulebook.model import Phase, Shelved, Version, digest_of, phase_of
from points.rulebook.reads import Printed
from points.rules import ActivityTypes, content_sha256, load_ruleset
from tests.flows.drafts import rules
from tests.flows.town import HERE, NOON, activity_types, civic_context

APRIL = datetime(2026, 3, 31, 16, tzinfo=UTC)


class Shelf:
    """A database that holds what a test puts in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.revision, self.versions, self.reads, self.now = 0, [], 0, 0.0
        monkeypatch.setattr(rule_books, "revision_of_book", lambda *_: self.asked())
        monkeypatch.setattr(rule_books, "printed", lambda *_: list(self.versions))
        monkeypatch.setattr(rule_books, "kept_bases", lambda *_: {})

    def asked(self) -> int:
        self.reads += 1
        return self.revision

    def put(self, text: str, **other: Any) -> None:
        self.revision += 1
        self.versions.append(printed(text, **other))

    @contextmanager
    def reading(self, _: AssociationId) -> Iterator[None]:
        yield None

    def books(self) -> RuleBooks:
        return RuleBooks(civic_context(), self.reading, monotonic=lambda: self.now)


def printed(text: str, **other: Any) -> Printed:
    ruleset, findings = load_ruleset(text, file="party.yaml", types=activity_types())
    assert ruleset is not None, findings
    version = Version(
        **(
            {
                "programme": "party",
                "version": ruleset.version,
                "sha256": ruleset.sha256,
                "digest": digest_of(text, {}),
                "starts_at": ruleset.starts_at,
                "ends_at": ruleset.ends_at,
                "draft_id": DraftId("D"),
                "revision": 1,
                "submitted_by": Actor("staff:li"),
                "approved_by": Actor("staff:chen"),
                "published_at": NOON,
                "operation_id": OperationId("o"),
            }
            | other
        )
    )
    return Printed(shelved=Shelved(version=version), text=text, cases={})


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf(monkeypatch)


def newest(books: RuleBooks) -> int:
    return books.current(HERE).rules.of("party").version


def test_a_reader_sees_another_process_within_a_moment(shelf: Shelf) -> None:
    books = shelf.books()
    assert newest(books) == 1
    shelf.put(rules(2))
    assert newest(books) == 1
    shelf.now += STALE_SECONDS
    assert newest(books) == 2
    shelf.put(rules(3, points=9))
    books.forget(HERE)
    assert newest(books) == 3
    assert shelf.reads == 3


def test_a_batch_gets_the_revision_it_asks_for_and_each_version_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    load = rule_books.load_ruleset

    def counted(text: str, *, file: str, types: ActivityTypes) -> Any:
        compiled.append(file)
        return load(text, file=file, types=types)

    monkeypatch.setattr(rule_books, "load_ruleset", counted)
    books = shelf.books()
    assert books.at(None, HERE, 0) is books.base
    shelf.put(rules(2))
    first = books.at(None, HERE, 1)
    assert books.at(None, HERE, 1) is first
    shelf.put(rules(3, points=9))
    second = books.at(None, HERE, 2)
    assert (first.rules.revision, second.rules.revision) == (1, 2)
    assert compiled == ["party.v2.yaml", "party.v3.yaml"]
    other = books.at(None, AssociationId("elsewhere"), 2)
    assert other.rules.published == second.rules.published
    assert len(compiled) == 2


def test_a_version_that_fits_no_longer_stops_and_is_named(shelf: Shelf) -> None:
    shelf.put(rules(2))
    types = activity_types()
    left = {name: kind for name, kind in types.types.items() if name != "volunteer.shift"}
    books = RuleBooks(replace(civic_context(), types=replace(types, types=left)), shelf.reading)
    with pytest.raises(VersionsUnsound) as refused:
        books.current(HERE)
    assert {each.file for each in refused.value.findings} == {"party.v2.yaml"}


def test_a_version_that_was_changed_is_not_scored_by(shelf: Shelf) -> None:
    shelf.put(rules(2), sha256="0" * 64)
    with pytest.raises(VersionsUnsound) as refused:
        shelf.books().current(HERE)
    assert [each.code for each in refused.value.findings] == ["rules.version_hash"]


def test_the_highest_version_that_covers_the_moment_holds() -> None:
    base = civic_context().rules
    spring, summer = datetime(2026, 3, 31, 16, tzinfo=UTC), datetime(2026, 6, 30, 16, tzinfo=UTC)

    def put(number: int, starts_at: datetime, ends_at: datetime) -> Published:
        ruleset = printed(rules(number, points=number)).shelved.version
        loaded, _ = load_ruleset(
            rules(number, points=number), file="party.yaml", types=activity_types()
        )
        assert loaded is not None
        assert loaded.sha256 == ruleset.sha256
        return Published(
            ruleset=loaded,
            starts_at=starts_at,
            ends_at=ends_at,
            published_at=NOON,
            until=ends_at,
        )

    far = datetime(2028, 1, 1, tzinfo=UTC)
    book = RuleBook(
        base.rulesets, (put(2, spring, far), put(3, summer, summer + timedelta(days=9)))
    )

    def at(moment: datetime) -> int:
        found = book.in_force("party", moment)
        assert found is not None
        return found.version

    instant = timedelta(microseconds=1)
    assert [at(spring - instant), at(spring), at(summer - instant), at(summer)] == [1, 2, 2, 3]
    assert at(summer + timedelta(days=9)) == 2
    assert book.in_force("health", spring) is base.in_force("health", spring)
    assert [each.version for each in book.all_of("party")] == [3, 2, 1]
    assert book.by_hash("0" * 64) is None
    assert book.programmes() == base.programmes()


def test_phases_follow_from_the_clock_and_the_successors() -> None:
    def shelved(number: int, start: str) -> Shelved:
        return printed(rules(number, start)).shelved

    second, third = shelved(2, "2026-04-01"), shelved(3, "2026-05-01")
    both = [second, third]
    assert phase_of(second, both, APRIL - timedelta(seconds=1)) is Phase.SCHEDULED
    assert phase_of(second, both, APRIL) is Phase.IN_FORCE
    assert phase_of(second, both, third.version.starts_at) is Phase.RETIRED
    assert phase_of(third, both, third.version.starts_at) is Phase.IN_FORCE
    assert phase_of(third, both, third.version.ends_at) is Phase.RETIRED


def test_the_hash_of_a_text_is_the_hash_of_its_rules() -> None:
    loaded, _ = load_ruleset(rules(2), file="party.yaml", types=activity_types())
    assert loaded is not None
    assert content_sha256(rules(2)) == loaded.sha256
    assert content_sha256(rules(2) + "# 只是注释\n") == loaded.sha256
    assert content_sha256(rules(2, points=8)) != loaded.sha256
    assert content_sha256("{") == ""

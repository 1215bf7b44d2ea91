"""The archive: written once, whole or not counted, and read back as what it was."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from points.audit.archive import Archive, read_anchor, read_events
from points.audit.model import Event, Head
from points.flows.archive_audit import months_after, spans
from points.kernel.errors import Misused
from points.kernel.ids import AssociationId
from tests.unit.audit.test_events import NOW, A, trail


def events(count: int, after: int = 0) -> list[Event]:
    """Return events of a chain, without the first ones."""
    return trail(*[NOW] * count).events[after:]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    archive = Archive(tmp_path, A)
    archive.write(events(3), NOW, NOW)
    [manifest] = archive.manifests()
    assert (manifest.first, manifest.sequence, manifest.before) == (1, 3, Head())
    content = archive.content(manifest)
    assert content is not None
    assert list(read_events(content)) == events(3)
    assert read_anchor(
        (tmp_path / manifest.segment.replace(".jsonl", ".manifest.json")).read_bytes()
    )


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    archive = Archive(tmp_path, A)
    archive.write(events(3), NOW, NOW)
    before = contents(tmp_path)
    archive.write(events(3), NOW, NOW)
    assert contents(tmp_path) == before, "the same again is the same file"
    archive.write(events(3), datetime(2027, 1, 1, tzinfo=UTC), NOW)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1, "another manifest under another name"
    for path in tmp_path.iterdir():
        assert not path.stat().st_mode & 0o222


def test_files_are_created_exclusively(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = []
    right = os.open

    def watched(path: object, how: int, *more: int, **named: int) -> int:
        flags.append(how)
        return right(path, how, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", watched)
    Archive(tmp_path, A).write(events(1), NOW, NOW)
    assert len(flags) == 2
    assert all(how & os.O_EXCL and not how & os.O_TRUNC for how in flags)


def test_what_an_interrupted_run_left_does_not_count_and_is_not_in_the_way(tmp_path: Path) -> None:
    archive = Archive(tmp_path, A)
    archive.write(events(2), NOW, NOW)
    whole = contents(tmp_path)
    for path in tmp_path.iterdir():
        path.chmod(0o640)
        path.write_bytes(whole[path.name][:40])
    assert archive.manifests() == []
    archive.write(events(2), NOW, NOW)
    [manifest] = archive.manifests()
    assert archive.content(manifest) is not None
    assert manifest.segment.endswith(".1.jsonl")


def test_a_segment_that_is_not_its_manifests_has_no_content(tmp_path: Path) -> None:
    archive = Archive(tmp_path, A)
    archive.write(events(2), NOW, NOW)
    [manifest] = archive.manifests()
    path = tmp_path / manifest.segment
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"staff:li", b"staff:wu"))
    assert archive.content(manifest) is None
    path.unlink()
    assert archive.content(manifest) is None


def test_associations_share_a_folder(tmp_path: Path) -> None:
    Archive(tmp_path, A).write(events(2), NOW, NOW)
    assert Archive(tmp_path, AssociationId("A-1")).manifests() == []
    assert Archive(tmp_path, AssociationId("../A")).manifests() == []


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"association_id":"A","sequence":0,"hash":"0"}', b'{"sequence":1}', b"\xff"],
)
def test_what_is_no_anchor_is_refused(content: bytes) -> None:
    with pytest.raises(Misused) as misuse:
        read_anchor(content)
    assert misuse.value.code == "bad_anchor"


@pytest.mark.parametrize("line", [b"{}", b"[]", b"nonsense"])
def test_a_line_that_is_no_event(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(read_events(line))


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ((2026, 3, 2), 6, (2026, 9, 2)),
        ((2026, 8, 31), 6, (2027, 3, 1)),
        ((2026, 12, 31), 12, (2027, 12, 31)),
        ((2026, 6, 30), 18, (2027, 12, 30)),
    ],
)
def test_months(day: tuple[int, int, int], months: int, then: tuple[int, int, int]) -> None:
    assert months_after(datetime(*day, tzinfo=UTC), months) == datetime(*then, tzinfo=UTC)


def test_spans() -> None:
    assert spans([5, 3, 4, 9, 1, 2]) == ["1-5", "9"]

"""The journal of erasures: appended once, chained, whole after a crash, ids and hashes only."""

import json
import stat
from pathlib import Path

import pytest

from points.kernel.errors import Misused
from points.vault.journal import Erasure, Journal


def erasure(member: str, association: str = "panjin") -> Erasure:
    return Erasure(association=association, member=member, erased_at="2026-03-02T04:00:00+00:00")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "points.erasures")


def test_each_erasure_stands_once(journal: Journal) -> None:
    assert journal.read() == []
    assert journal.append([]) == 0
    assert journal.append([erasure("M1"), erasure("M2")]) == 2
    assert journal.append([erasure("M2"), erasure("M2", "elsewhere")]) == 1
    assert [each.member for each in journal.read()] == ["M1", "M2", "M2"]
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    names = {name for line in journal.path.read_text().splitlines() for name in json.loads(line)}
    assert names == {"association", "member", "erased_at", "previous"}


def test_what_a_crash_left_of_a_line_is_cut_off(journal: Journal) -> None:
    journal.append([erasure("M1")])
    with journal.path.open("ab") as file:
        file.write(b'{"association":"panj')
    assert [each.member for each in journal.read()] == ["M1"]
    assert journal.append([erasure("M2")]) == 1
    assert [each.member for each in journal.read()] == ["M1", "M2"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[0].replace(b"M1", b"M9"), *lines[1:]],
        lambda lines: [b"[]\n", *lines],
        lambda lines: [b"nonsense\n", *lines],
    ],
)
def test_a_changed_journal_is_noticed(journal: Journal, spoil) -> None:  # noqa: ANN001 - a function
    journal.append([erasure("M1"), erasure("M2"), erasure("M3")])
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(spoil(lines)))
    for use in (journal.read, lambda: journal.append([erasure("M4")])):
        with pytest.raises(Misused) as failed:
            use()
        assert failed.value.code == "journal_damaged"

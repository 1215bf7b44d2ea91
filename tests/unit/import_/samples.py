"""The demo's sheets, each read once, and ways to make small ones."""

from collections.abc import Collection, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

import xlsxwriter

from points.flows.import_.model import ReadResult
from points.flows.import_.profiles.file import choose, load_profiles, read_profile
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from points.flows.import_.recognise import KnownMember

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "rules" / "demo"

Sheets = Mapping[str, list[list[object]]]


class Roster:
    """A register of the demo's members that writes down how it was asked."""

    def __init__(self, members: Mapping[str, KnownMember]) -> None:
        self.members, self.asked = members, list[int]()

    def members_by_phone(self, phones: Collection[str]) -> Mapping[str, KnownMember]:
        self.asked.append(len(phones))
        return {phone: self.members[phone] for phone in phones if phone in self.members}


@cache
def all_profiles() -> Mapping[str, Profile]:
    return load_profiles(ROOT / "rules" / "sheets")


@cache
def read_demo(filename: str) -> ReadResult:
    profile = choose(all_profiles(), filename)
    assert profile is not None
    return read_file(DEMO / filename, filename, profile)


def workbook(sheets: Sheets) -> bytes:
    """Return an ``.xlsx`` with the given cells."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if hasattr(cell, "year"):
                        sheet.write_datetime(row, column, cell, day)
                    elif cell is not None:
                        sheet.write(row, column, cell)
    return buffer.getvalue()


def profile_of(text: str) -> Profile:
    """Return a profile that must be free of mistakes."""
    profile, findings = read_profile(text, file="test.yaml")
    assert findings == []
    assert profile is not None
    return profile

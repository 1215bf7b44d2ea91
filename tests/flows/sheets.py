"""An office that imports sheets: small ones made here, and the samples with part of the roster."""

import csv
import io
import itertools
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from points.activities import reads
from points.activities.model import State
from points.engine import Engine, Flow
from points.flows.enrol import Enrol
from points.flows.import_.profiles.file import choose, load_profiles
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from points.flows.import_.run import Imported, Upload, import_file
from points.flows.table import FLOWS
from points.kernel.ids import AssociationId, MemberId, OperationId, PartnerId
from points.members.model import MemberKind
from points.members.model import Profile as MemberProfile
from tests.flows.town import RULES, STAFF, Town, town

NUMBERS = itertools.count(1)
ROSTER_HEADER = 2
PHONE = 4
VOLUNTEER = ("姓名", "手机号", "活动名称", "签到时间", "签退时间", "服务时长", "单位")
CLINIC = ("签到时间", "姓名", "手机号", "基础检测", "专科诊疗", "健康登记")


@cache
def profiles() -> dict[str, Profile]:
    return load_profiles(RULES / "sheets")


def profile_for(name: str) -> Profile:
    found = choose(profiles(), name)
    assert found is not None, name
    return found


def sample(name: str) -> bytes:
    return (RULES / "demo" / name).read_bytes()


@cache
def phones_in(name: str, content: bytes | None = None) -> frozenset[str]:
    """Return whom a sample speaks of, or a part of it."""
    records = read_file(content or sample(name), name, profile_for(name)).records
    return frozenset(record.person.phone for record in records if record.person)


@cache
def roster_rows() -> tuple[tuple[Any, ...], ...]:
    book = CalamineWorkbook.from_path(str(RULES / "demo" / "会员花名册.xlsx"))
    rows: list[tuple[Any, ...]] = []
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name).to_python()
        rows.extend(tuple(row) for row in sheet[0 if not rows else ROSTER_HEADER + 1 :])
    return tuple(rows)


def digits(cell: object) -> str:
    text = str(int(cell)) if isinstance(cell, float) else unicodedata.normalize("NFKC", str(cell))
    return "".join(character for character in text if character.isdigit())[-11:]


def part_of_the_roster(phones: Collection[str]) -> bytes:
    """Return the roster with only some people in it."""
    rows = roster_rows()
    head = rows[: ROSTER_HEADER + 1]
    return workbook([*head, *(row for row in rows if digits(row[PHONE]) in phones)])


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("表")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                plain = cell if isinstance(cell, (int, float)) else str(cell)
                sheet.write(number, column, plain)
    return out.getvalue()


def csv_file(header: Sequence[str], *rows: Sequence[Any], titles: Sequence[str] = ()) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[title] for title in titles])
    writer.writerow(header)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def clinic_file(*rows: Sequence[Any]) -> bytes:
    return csv_file(CLINIC, *rows, titles=("义诊 签到表", "时间：2025年10月30日"))


@dataclass
class Office:
    """One association of its own in a database that tests share."""

    town: Town
    association: AssociationId

    @property
    def engine(self) -> Engine:
        return self.town.engine

    def upload(self, name: str, content: bytes) -> Upload:
        return Upload(
            association_id=self.association,
            actor=STAFF,
            name=name,
            content=content,
            partner_id=PartnerId("YF"),
        )

    def send(self, name: str, content: bytes, profile: Profile | None = None) -> Imported:
        return import_file(self.engine, self.upload(name, content), profile or profile_for(name))

    def send_sample(self, name: str) -> Imported:
        return self.send(name, sample(name))

    def enrol(self, name: str) -> tuple[MemberId, str]:
        """Enrol somebody; return who, and their telephone number."""
        phone = self.town.phone()
        command = Enrol(
            association_id=self.association,
            operation_id=OperationId(f"test:sheets:{next(NUMBERS)}"),
            actor=STAFF,
            name=name,
            phone=phone,
            profile=MemberProfile(kind=MemberKind.RIDER),
            programmes=("party", "health"),
        )
        return MemberId(self.town.done(command)["member_id"]), phone

    def states(self) -> dict[State, int]:
        with self.engine.reading(self.association) as connection:
            return reads.counts(connection, self.association)

    def activities(self) -> int:
        return sum(self.states().values())

    def types_of(self, member: MemberId) -> list[str]:
        with self.engine.reading(self.association) as connection:
            filed = reads.of_member(connection, self.association, member)
        return sorted(each.activity.type for each in filed)


def figures(done: Imported) -> tuple[int, int, int, int]:
    return done.read.rows, done.accepted, len(done.read.refused), done.duplicates


def codes(done: Imported) -> list[str]:
    return sorted(finding.code for finding in done.read.findings)


@contextmanager
def offices(url: str, flows: Mapping[type, Flow] = FLOWS) -> Iterator[Town]:
    with town(url, flows=flows) as it:
        yield it


def office_in(it: Town) -> Office:
    return Office(it, AssociationId(f"office-{next(NUMBERS)}"))

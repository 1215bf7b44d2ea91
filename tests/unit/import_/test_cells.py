"""Each kind of cell, in the spellings that spreadsheets really hold, and in those that lie."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.flows.import_.cells import amounts, dates, people, text
from points.flows.import_.cells.text import BadCell
from points.flows.import_.codes import CODES, found

BEIJING = ZoneInfo("Asia/Shanghai")
FULL_WIDTH = str.maketrans("0123456789:", "０１２３４５６７８９：")

DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
DIGITS17 = st.tuples(
    st.integers(100000, 999999), st.dates(date(1930, 1, 1), date(2010, 12, 31)), st.integers(0, 999)
).map(lambda parts: f"{parts[0]}{parts[1]:%Y%m%d}{parts[2]:03}")
PHONES = st.integers(13_000_000_000, 19_999_999_999)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=40),
    st.dates(), st.times(), st.datetimes(), st.timedeltas(), st.lists(st.text(max_size=3), max_size=2),
    st.from_regex(r"\d{1,8}[-/.年:时]\d{0,4}[月:.-]?\d{0,3}", fullmatch=True),
)  # fmt: skip


def refused(parse: object, cell: object, **options: object) -> str:
    with pytest.raises(BadCell) as bad:
        parse(cell, **options)  # type: ignore[operator]
    return bad.value.code


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024/08/22", date(2024, 8, 22)),
        ("2020年3月3日", date(2020, 3, 3)),
        ("2019.09.13", date(2019, 9, 13)),
        ("2024-08-10", date(2024, 8, 10)),
        ("２０２４－０８－１０", date(2024, 8, 10)),
        (" 2024-8-1 ", date(2024, 8, 1)),
        ("2025-06-07 00:00:00", date(2025, 6, 7)),
        ("20240810", date(2024, 8, 10)),
        (20240810.0, date(2024, 8, 10)),
        (date(2024, 8, 10), date(2024, 8, 10)),
        (datetime(2024, 8, 10, tzinfo=UTC), date(2024, 8, 10)),
        (45514.0, date(2024, 8, 10)),
    ],
)
def test_days(cell: object, day: date) -> None:
    assert dates.day(cell) == day


@pytest.mark.parametrize(
    "cell",
    ["2024/2/30", "24/08/22", "3/4/2024", "6月7日", "昨天", "", 12.0, 45514.5, True, "2024-13-01",
     float("nan"), float("inf"), "1850-01-01"],
)  # fmt: skip
def test_days_that_nobody_can_know(cell: object) -> None:
    assert refused(dates.day, cell) == "sheet.bad_date"


def test_a_day_without_a_year_takes_the_title_s() -> None:
    assert dates.day("6月7日", year=2025) == date(2025, 6, 7)
    assert refused(dates.day, "2月29日", year=2025) == "sheet.bad_date"


@given(DAYS, st.booleans())
def test_every_day_reads_back_from_every_spelling(day: date, wide: bool) -> None:  # noqa: FBT001
    spellings = [
        f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}",
    ]  # fmt: skip
    for spelling in spellings:
        assert dates.day(spelling.translate(FULL_WIDTH) if wide else spelling) == day
    assert dates.day(f"{day.month}月{day.day}日", year=day.year) == day
    assert dates.day(float((day - dates.SERIAL_EPOCH).days)) == day


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("08:32", time(8, 32)), ("０８：３２", time(8, 32)), ("8:5", time(8, 5)),
        ("8时5分", time(8, 5)), ("08:33:39", time(8, 33, 39)), (time(9, 1), time(9, 1)),
        (0.375, time(9)), (timedelta(hours=9), time(9)),
    ],
)  # fmt: skip
def test_times(cell: object, at: time) -> None:
    assert dates.clock_time(cell) == at


@pytest.mark.parametrize("cell", ["25:00", "08:60", "8", "上午", 1.5, timedelta(days=2), 8.0])
def test_times_that_are_none(cell: object) -> None:
    assert refused(dates.clock_time, cell) == "sheet.bad_time"


@given(DAYS, TIMES)
def test_instants_read_back_from_every_spelling(day: date, at: time) -> None:
    instant = datetime.combine(day, at, BEIJING)
    for spelling in (
        f"{day:%Y-%m-%d} {at:%H:%M}", f"{day:%Y/%m/%d} {at:%H:%M:%S}", f"{day:%Y-%m-%d}T{at:%H:%M}",
        f"{day.year}年{day.month}月{day.day}日 {at.hour}时{at.minute}分",
        f"{day.year}年{day.month}月{day.day}日{at:%H:%M}".translate(FULL_WIDTH),
    ):  # fmt: skip
        assert dates.instant(spelling, BEIJING) == instant


def test_an_instant_with_a_zone_is_moved_here() -> None:
    here = dates.instant("2025-06-08T03:15:00Z", BEIJING)
    assert here == dates.instant("2025-06-08T11:15:00+08:00", BEIJING)
    assert here.isoformat() == "2025-06-08T11:15:00+08:00"


@pytest.mark.parametrize("cell", ["2025-06-08", "08:00", "2025-02-30 08:00", "", 3.0, "T", None])
def test_instants_that_are_none(cell: object) -> None:
    assert refused(dates.instant, cell, zone=BEIJING) == "sheet.bad_datetime"


def test_a_cell_with_its_own_day_must_agree_with_the_title() -> None:
    held = date(2025, 10, 30)
    seven = datetime(2025, 10, 30, 7, 0)  # noqa: DTZ001 - a spreadsheet's cell has no zone
    assert dates.on_day(seven, held, BEIJING) == datetime(2025, 10, 30, 7, tzinfo=BEIJING)
    assert dates.on_day("07:00", held, BEIJING) == datetime(2025, 10, 30, 7, tzinfo=BEIJING)
    wrong = {"held_on": date(2025, 10, 31), "zone": BEIJING}
    assert refused(dates.on_day, seven, **wrong) == "sheet.wrong_day"


@given(PHONES)
def test_a_phone_survives_every_spelling(number: int) -> None:
    digits = str(number)
    for cell in (
        digits, number, float(number), f"{digits[:3]} {digits[3:7]} {digits[7:]}", f"+86 {digits}",
        f"{digits[:3]}-{digits[3:7]}-{digits[7:]}", digits.translate(FULL_WIDTH), f"\u3000{digits} ",
        f"{digits}.0",
    ):  # fmt: skip
        assert people.phone(cell) == digits


@pytest.mark.parametrize(
    "cell",
    ["1970000001", "12345678901", "199000000012", "", None, True, 1.99e10 + 0.5, 1e17, "1.99E+10",
     "0427-2867783", "１９９O0000001"],
)  # fmt: skip
def test_phones_that_are_none(cell: object) -> None:
    assert refused(people.phone, cell) == "sheet.bad_phone"


@given(DIGITS17)
def test_exactly_one_of_eleven_check_characters_holds(digits: str) -> None:
    right = people.check_character(digits)
    assert people.identity_number(digits + right) == digits + right
    for wrong in set("0123456789X") - {right}:
        assert refused(people.identity_number, digits + wrong) == "sheet.bad_identity_check"


@given(DIGITS17, st.integers(0, 15))
def test_swapped_neighbours_never_pass(digits: str, at: int) -> None:
    number = digits + people.check_character(digits)
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number:
        with pytest.raises(BadCell):
            people.identity_number(swapped)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (219901198001011.0, "sheet.identity_as_number"),
        (110105194912310021, "sheet.identity_as_number"),
        ("1.1010519491231e+17", "sheet.bad_identity"),
        ("110105491231002", "sheet.bad_identity"),
        ("110105194913310021", "sheet.bad_identity_birth"),
        ("110105189912310021", "sheet.bad_identity_birth"),
        ("110105194912310021", "sheet.bad_identity_check"),
    ],
)
def test_identity_numbers_that_are_none(cell: object, code: str) -> None:
    assert refused(people.identity_number, cell) == code


def test_the_published_example_of_an_identity_number() -> None:
    # GB 11643-1999 prints this one.
    assert people.identity_number("11010519491231002X") == "11010519491231002X"
    assert people.identity_number(" １１０１０５１９４９１２３１００２ｘ ") == "11010519491231002X"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("陆　鑫", "陆鑫"), ("郭永飞 ", "郭永飞"), ("阿卜杜拉•买买提", "阿卜杜拉·买买提"), ("卢\u200b山", "卢山"),
        ("John  Smith", "John Smith"), ("𠮷 田", "𠮷田"),
    ],
)  # fmt: skip
def test_names(cell: str, name: str) -> None:
    assert people.name(cell) == name


@pytest.mark.parametrize("cell", ["张3", "=1+1", "张三（临时）", "x" * 51, 5.0, None, "·", "张_三"])
def test_names_that_are_none(cell: object) -> None:
    assert refused(people.name, cell) == "sheet.bad_name"


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("2小时30分", 150), ("120分钟", 120), ("2.5", 150), ("0小时45分", 45), (2.0, 120), ("２小时", 120),
        ("2个小时", 120), ("2小时半", 150), ("半小时", 30), ("1:30", 90), ("1.5h", 90), (time(1, 30), 90),
        (timedelta(minutes=45), 45), ("90min", 90),
    ],
)  # fmt: skip
def test_durations(cell: object, minutes: int) -> None:
    assert amounts.minutes(cell, bare=Decimal(60)) == minutes


@pytest.mark.parametrize("cell", ["", "小时", "半天", "-", "2小时30", "abc", "1:75", "半"])
def test_durations_that_are_none(cell: object) -> None:
    assert refused(amounts.minutes, cell, bare=Decimal(60)) == "sheet.bad_duration"


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_duration_reads_back_from_every_spelling(hours: int, rest: int) -> None:
    total = hours * 60 + rest
    spellings = [
        f"{hours}小时{rest}分",
        f"{total}分钟",
        f"{hours}:{rest:02}",
        f"{hours} 小时 {rest} 分钟",
    ]
    for spelling in [*spellings, spellings[0].translate(FULL_WIDTH)]:
        assert amounts.minutes(spelling, bare=Decimal(60)) == total


@pytest.mark.parametrize(
    ("cell", "whole"), [("2人次", 2), ("１", 1), (3.0, 3), ("1,200", 1200), ("2 人", 2)]
)
def test_whole_numbers(cell: object, whole: int) -> None:
    assert amounts.integer(cell, units=("人次", "人")) == whole


@pytest.mark.parametrize(
    ("cell", "code"),
    [("2车", "sheet.bad_number"), ("1.5", "sheet.bad_integer"), (True, "sheet.bad_number"),
     ("1e5", "sheet.bad_number"), ("", "sheet.bad_number"), ("12,34", "sheet.bad_number")],
)  # fmt: skip
def test_whole_numbers_that_are_none(cell: object, code: str) -> None:
    assert refused(amounts.integer, cell, units=("人次", "人")) == code


@pytest.mark.parametrize("cell", ["√", "✓", 1.0, "是", "1", True, "Y", "有", "１"])
def test_ticks(cell: object) -> None:
    assert amounts.tick(cell) is True


@pytest.mark.parametrize("cell", ["", "×", 0.0, "否", False, "无", None])
def test_boxes_left_open(cell: object) -> None:
    assert amounts.tick(cell) is False


@pytest.mark.parametrize("cell", ["？", "2", "张三", "正常"])
def test_boxes_with_something_else(cell: object) -> None:
    assert refused(amounts.tick, cell) == "sheet.bad_tick"


def test_text_of_one_line() -> None:
    assert text.text(" 兴隆台区\n振兴　街道 ", longest=20) == "兴隆台区 振兴 街道"
    assert refused(text.text, "长" * 21, longest=20) == "sheet.bad_text"
    assert refused(text.text, "a\x00b", longest=20) == "sheet.bad_text"
    assert refused(text.text, "#REF!", longest=20) == "sheet.formula_error"
    assert refused(text.text, {"a": 1}, longest=20) == "sheet.bad_text"


@given(ANYTHING)
def test_a_cell_is_read_or_refused_by_a_known_code(cell: object) -> None:
    parsers = [
        dates.day, dates.clock_time, lambda c: dates.instant(c, BEIJING), people.phone, people.name,
        people.identity_number, lambda c: amounts.minutes(c, bare=Decimal(60)), amounts.number,
        amounts.integer, amounts.tick, lambda c: text.text(c, longest=10),
        lambda c: amounts.one_of(c, {"甲": "a"}), lambda c: dates.day(c, year=2025),
        lambda c: dates.on_day(c, date(2025, 1, 1), BEIJING),
    ]  # fmt: skip
    for bad in filter(None, (why_not(parse, cell) for parse in parsers)):
        finding = found(bad.code, file="f", known=bad.known)
        assert bad.code in CODES
        assert finding.zh
        assert finding.en


def why_not(parse: Callable[[object], object], cell: object) -> BadCell | None:
    try:
        parse(cell)
    except BadCell as bad:
        return bad
    return None

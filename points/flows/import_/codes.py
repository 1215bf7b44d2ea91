"""Everything that can be wrong with a sheet, by its stable code.

The texts never contain what stands in the cell: a misread identity number in an error message is
still an identity number. ``{...}`` is filled with what the profile or the program knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from points.kernel.errors import Refusal
from points.kernel.findings import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a code says to people, and whether it stops the row.

    Attributes:
        zh: Chinese ``str.format`` template.
        en: English ``str.format`` template.
        severity: An error refuses the row, or the sheet if there is none; a warning nothing.
    """

    zh: str
    en: str
    severity: Severity = Severity.ERROR


_FILE = {
    "sheet.too_big": Wording(
        zh="文件超过 {limit} MB，请拆分后上传",
        en="the file is larger than {limit} MB: split it",
    ),
    "sheet.archive_bomb": Wording(
        zh="文件解压后异常庞大，已拒绝读取",
        en="the file unpacks to an abnormal size and was not read",
    ),
    "sheet.macros": Wording(
        zh="文件含有宏或控件，请另存为不含宏的 .xlsx",
        en="the file holds macros or controls: save it as .xlsx without them",
    ),
    "sheet.old_format": Wording(
        zh="这是旧版或加密的 Excel 文件，请取消密码并另存为 .xlsx",
        en="an old or encrypted Excel file: remove the password and save it as .xlsx",
    ),
    "sheet.wrong_format": Wording(
        zh="文件内容不是这种表格应有的格式（{formats}）",
        en="the content is in none of this sheet's formats ({formats})",
    ),
    "sheet.unreadable": Wording(
        zh="文件已损坏，无法读取，请重新导出",
        en="the file is damaged and cannot be read: export it again",
    ),
    "sheet.bad_encoding": Wording(
        zh="文字编码无法识别，请另存为 UTF-8 或 GB18030 编码的 CSV",
        en="the text encoding is not recognised: save the CSV as UTF-8 or GB18030",
    ),
    "sheet.bad_csv": Wording(
        zh="第 {row} 行起 CSV 引号不成对，文件无法读取",
        en="unbalanced CSV quotes from row {row} on: the file cannot be read",
    ),
    "sheet.too_many_rows": Wording(
        zh="超过 {limit} 行，请拆分后上传",
        en="more than {limit} rows: split the file",
    ),
    "sheet.too_wide": Wording(
        zh="工作表的有效区域过大，请删除数据区以外的内容",
        en="the used area is too large: delete what stands outside the data",
    ),
    "sheet.no_header": Wording(
        zh="前 {within} 行内没有找到表头",
        en="no header among the first {within} rows",
    ),
    "sheet.missing_column": Wording(
        zh="缺少“{header}”列",
        en="the column '{header}' is missing",
    ),
    "sheet.ambiguous_column": Wording(
        zh="有两列都像“{header}”，请保留一列",
        en="two columns look like '{header}': keep one",
    ),
    "sheet.missing_fact": Wording(
        zh="标题行里没有找到（或不止一个）“{title.zh}”",
        en="the title rows do not say '{title.en}', or say it in two ways",
    ),
    "sheet.empty": Wording(
        zh="文件里没有数据行",
        en="the file has no data rows",
    ),
    "sheet.unknown_column": Wording(
        zh="未使用这一列",
        en="this column is not used",
        severity=Severity.WARNING,
    ),
    "sheet.failed_formulas": Wording(
        zh="有 {count} 个单元格的公式出错，按空白读取",
        en="{count} cells hold a failed formula and were read as blank",
        severity=Severity.WARNING,
    ),
    "sheet.hidden_sheet": Wording(
        zh="隐藏的工作表没有读取",
        en="a hidden worksheet was not read",
        severity=Severity.WARNING,
    ),
}

_CELL = {
    "sheet.missing": Wording(zh="必填，不能为空", en="required, may not be empty"),
    "sheet.bad_text": Wording(
        zh="应为不超过 {limit} 个字的文字",
        en="expected text of at most {limit} characters",
    ),
    "sheet.bad_name": Wording(
        zh="不像姓名，请核对", en="does not look like a person's name: check it"
    ),
    "sheet.bad_phone": Wording(
        zh="手机号应为 11 位数字，1 开头",
        en="a mobile number has 11 digits and begins with 1",
    ),
    "sheet.identity_as_number": Wording(
        zh="身份证号被存成了数字，末几位已丢失；请把该列设为“文本”后重新填写",
        en="stored as a number, its last digits are lost: format the column as text, type it again",
    ),
    "sheet.bad_identity": Wording(
        zh="身份证号应为 18 位，末位可为 X",
        en="an identity number has 18 characters, the last may be X",
    ),
    "sheet.bad_identity_birth": Wording(
        zh="身份证号中的出生日期不存在",
        en="the birth date in the identity number does not exist",
    ),
    "sheet.bad_identity_check": Wording(
        zh="身份证号校验位不符，请逐位核对",
        en="the identity number's check digit is wrong: compare it digit by digit",
    ),
    "sheet.bad_date": Wording(
        zh="日期无法识别或不存在，请写成 2025-03-18",
        en="not a date, or a day that does not exist: write 2025-03-18",
    ),
    "sheet.bad_time": Wording(zh="时间无法识别，请写成 08:30", en="not a time: write 08:30"),
    "sheet.bad_datetime": Wording(
        zh="日期时间无法识别，请写成 2025-03-18 08:30",
        en="not a date and time: write 2025-03-18 08:30",
    ),
    "sheet.wrong_day": Wording(
        zh="日期与标题中的日期不符",
        en="the day is not the one in the title",
    ),
    "sheet.bad_duration": Wording(
        zh="时长无法识别，请写成 2小时30分、150分钟 或 2.5",
        en="not a duration: write 2小时30分, 150分钟 or 2.5",
    ),
    "sheet.bad_number": Wording(zh="应为数字", en="expected a number"),
    "sheet.bad_integer": Wording(zh="应为整数", en="expected a whole number"),
    "sheet.out_of_range": Wording(
        zh="应在 {least} 到 {most} 之间",
        en="expected {least} to {most}",
    ),
    "sheet.bad_tick": Wording(
        zh="打勾栏只能填 √、1、是，或留空",
        en="a tick is √, 1 or 是, or empty",
    ),
    "sheet.unknown_value": Wording(
        zh="不在可选范围内，可填：{allowed}",
        en="not one of: {allowed}",
    ),
    "sheet.formula_error": Wording(
        zh="单元格公式出错，请改为数值",
        en="the cell's formula failed: put a value there",
    ),
}

_ROW = {
    "sheet.extra_cells": Wording(
        zh="这一行比表头多出内容，可能列错位",
        en="the row has more cells than the header: columns may have shifted",
    ),
    "sheet.bad_json": Wording(
        zh="这一行不是完整的 JSON 对象",
        en="the line is not one complete JSON object",
    ),
    "sheet.ends_before_start": Wording(
        zh="结束时间不晚于开始时间",
        en="it ends no later than it begins",
    ),
    "sheet.too_long": Wording(
        zh="时长超过 {hours} 小时，请核对签退时间",
        en="longer than {hours} hours: check when it ended",
    ),
    "sheet.duration_differs": Wording(
        zh="填写的时长与起止时间相差超过 {minutes} 分钟",
        en="the duration differs from start and end by more than {minutes} minutes",
    ),
    "sheet.later_than": Wording(
        zh="晚于“{limit}”，前后矛盾",
        en="later than '{limit}', which contradicts it",
    ),
    "sheet.no_moment": Wording(
        zh="这一行没有说明何时发生",
        en="the row does not say when it happened",
    ),
    "sheet.yields_nothing": Wording(
        zh="这一行没有任何可记录的内容",
        en="there is nothing to record in this row",
    ),
    "sheet.conflict": Wording(
        zh="与{first.zh}是同一条记录而内容不同，只保留先出现的一条",
        en="the same record as {first.en} with other content: only the first is kept",
    ),
    "sheet.not_unique": Wording(
        zh="与{first.zh}重复，每人应各不相同",
        en="the same as in {first.en}: it must differ from person to person",
    ),
    "sheet.duplicate": Wording(
        zh="与{first.zh}完全相同，只计一次",
        en="exactly the same as {first.en}: counted once",
        severity=Severity.WARNING,
    ),
}

_REGISTER = {
    "sheet.unknown_member": Wording(
        zh="花名册中没有这个手机号",
        en="no member has this telephone number",
    ),
    "sheet.name_mismatch": Wording(
        zh="姓名与花名册中该手机号的会员不符",
        en="the name is not that of the member with this telephone number",
    ),
    "sheet.overlap": Wording(
        zh="与{first.zh}是同一人，时间重叠",
        en="the same member as in {first.en}, at overlapping times",
    ),
}

CODES = {**_FILE, **_CELL, **_ROW, **_REGISTER}
"""Every code that reading a sheet can find; ``docs/reference/sheets.md`` lists them all."""


def found(
    code: str,
    *,
    file: str,
    sheet: str | None = None,
    row: int | None = None,
    column: str | None = None,
    severity: Severity | None = None,
    known: Mapping[str, object] | None = None,
) -> Finding:
    """Return a finding in the words of its code.

    Args:
        code: A key of ``CODES``.
        file: The file's name.
        sheet: The worksheet's name.
        row: The row as a spreadsheet program numbers it.
        column: The column's letter and header.
        severity: Replaces the code's own.
        known: Fills the templates; never a cell's content.
    """
    wording = CODES[code]
    return Finding(
        code=code,
        zh=wording.zh.format(**(known or {})),
        en=wording.en.format(**(known or {})),
        file=file,
        sheet=sheet,
        row=row,
        column=column,
        severity=severity or wording.severity,
    )


def refused_by_engine(refusal: Refusal, *, file: str, sheet: str | None, row: int) -> Finding:
    """Return why a row that reads well could not be taken, under the refusal's own code."""
    return Finding(
        code=f"row.{refusal.code}",
        zh=refusal.text("zh"),
        en=refusal.text("en"),
        file=file,
        sheet=sheet,
        row=row,
    )

"""What the codes of rule files are called when a rule is said to people."""

import re
from collections.abc import Mapping
from datetime import timedelta

from points.rules.durations import Duration
from points.rules.texts import Title

EVIDENCE: Mapping[str, Title] = {
    "check_in": Title("签到", "check-in"),
    "check_out": Title("签退", "check-out"),
    "photo": Title("照片", "a photo"),
    "place": Title("地点", "the place"),
    "roster": Title("签到表", "a roster"),
    "ticket": Title("工单", "a ticket"),
    "certificate": Title("证书", "a certificate"),
    "quiz": Title("测验成绩", "a quiz result"),
    "order": Title("任务单", "an order"),
    "receipt": Title("回执", "a receipt"),
    "note": Title("说明", "a note"),
    "consent": Title("本人同意书", "consent"),
    "provider": Title("服务机构证明", "the provider's word"),
    "venue_qr": Title("场所码", "the venue's code"),
    "device": Title("设备记录", "a device's record"),
    "referral": Title("转介单", "a referral"),
    "contract": Title("签约书", "a contract"),
    "voucher": Title("凭证", "a voucher"),
    "log": Title("日志", "a log"),
    "text": Title("文字材料", "a text"),
    "checklist": Title("清单", "a checklist"),
    "reply": Title("答复", "a reply"),
    "beneficiary": Title("受助人确认", "the beneficiary's word"),
    "ledger": Title("台账", "a register"),
}
"""What a claim may have to bring."""

UNITS: Mapping[str, Title] = {
    "h": Title("小时", "h"),
    "person": Title("人", "people"),
    "trip": Title("趟", "trips"),
    "step": Title("步", "steps"),
    "household": Title("户", "households"),
    "vehicle-day": Title("车日", "vehicle-days"),
}
"""What numbers count."""

SOURCES: Mapping[str, Title] = {
    "venue_qr": Title("场所码", "the venue's code"),
    "grid_platform": Title("网格平台", "the grid platform"),
    "learning_platform": Title("学习平台", "the learning platform"),
    "provider": Title("服务机构", "the provider"),
    "device": Title("设备", "the device"),
    "system": Title("系统", "the system"),
}
"""Where activities come from, as far as rules name it often."""


def spaced(text: str) -> str:
    """Return Chinese text with a space between words and figures, as it is set."""
    return _FIGURE_BEFORE.sub(" ", _FIGURE_AFTER.sub(" ", text))


_FIGURE_AFTER = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9])")
_FIGURE_BEFORE = re.compile(r"(?<=[0-9])(?=[\u4e00-\u9fff])")


def duration(value: Duration) -> Title:
    """Return a duration as words."""
    if not value.months:
        return elapsed(value.elapsed)
    years, months = divmod(value.months, 12)
    zh = (f" {years} 年" if years else "") + (f" {months} 个月" if months else "")
    en = [f"{years} year{'s' * (years > 1)}"] * bool(years)
    en += [f"{months} month{'s' * (months > 1)}"] * bool(months)
    if value.elapsed:
        rest = elapsed(value.elapsed)
        zh, en = f"{zh} {rest.zh}", [*en, rest.en]
    return Title(zh.strip(), " ".join(en))


def elapsed(value: timedelta) -> Title:
    """Return elapsed time as words."""
    minutes = int(value.total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    units = ((days, "天", "day"), (hours, "小时", "hour"), (minutes, "分钟", "minute"))
    some = [each for each in units if each[0]] or [units[2]]
    zh = " ".join(f"{number} {name}" for number, name, _ in some)
    return Title(zh, " ".join(f"{number} {name}{'s' * (number > 1)}" for number, _, name in some))

"""What changed between two versions of the catalogue, by what it means to a member or a partner."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from points.catalogue.model import Limit, Reward, Stock, Window

Words = tuple[str, str]
"""The same in Chinese and English."""

NONE: Words = ("无", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is another now.

    Attributes:
        field: Which, stable; ``added`` and ``removed`` of whole rewards.
        what: What that is called.
        before: How it was; empty for a reward that is new.
        after: How it is; empty for one that is gone.
    """

    reward_id: str
    title: Words
    field: str
    what: Words
    before: Words = ("", "")
    after: Words = ("", "")

    def sentence(self, language: str) -> str:
        """Return the change as people read it."""
        n = 1 if language == "en" else 0
        named = f"{self.reward_id} {self.title[n]}"
        if self.field in {"added", "removed"}:
            return f"{named}{('：', ': ')[n]}{self.what[n]}"
        before, after = self.before[n], self.after[n]
        return f"{named}{('：', ': ')[n]}{self.what[n]} {before} → {after}"


def changes(old: Sequence[Reward], new: Sequence[Reward]) -> list[Change]:
    """Return what changed, reward by reward in the order of their codes."""
    before = {each.reward_id: each for each in old}
    after = {each.reward_id: each for each in new}
    found: list[Change] = []
    for code in sorted({*before, *after}):
        was, now = before.get(code), after.get(code)
        if was is None and now is not None:
            price = _points(now.price)
            what = (f"新增，{price[0]}", f"new, {price[1]}")
            found.append(_whole(now, "added", what))
        elif now is None and was is not None:
            found.append(_whole(was, "removed", ("取消", "taken away")))
        elif was is not None and now is not None:
            found.extend(_of_one(was, now))
    return found


def _whole(reward: Reward, field: str, what: Words) -> Change:
    title = (reward.title_zh, reward.title_en)
    return Change(reward_id=reward.reward_id, title=title, field=field, what=what)


def _of_one(was: Reward, now: Reward) -> Iterator[Change]:
    for field, what, say in _SAID:
        before, after = say(was), say(now)
        if before != after:
            yield Change(
                reward_id=now.reward_id,
                title=(now.title_zh, now.title_en),
                field=field,
                what=what,
                before=before,
                after=after,
            )


def _points(points: int) -> Words:
    return (f"{points} 分", f"{points} points") if points else ("免费", "free")


def _yuan(fen: int) -> Words:
    text = f"{fen // 100}.{fen % 100:02}"
    return f"{text} 元", f"{text} yuan"


def _price(reward: Reward) -> Words:
    zh, en = _points(reward.price)
    for tier, points in sorted(reward.tier_prices.items()):
        other = _points(points)
        zh, en = f"{zh}，{tier} 星 {other[0]}", f"{en}, with {tier} stars {other[1]}"
    return zh, en


def _tariff(reward: Reward) -> Words:
    if reward.tariff_is_face:
        return "按核销金额", "what was captured"
    said = [(key, _yuan(fen)) for key, fen in sorted(reward.tariff_fen.items())]
    zh = "、".join(f"{key} {yuan[0]}" for key, yuan in said)
    en = ", ".join(f"{key} {yuan[1]}" for key, yuan in said)
    return (zh, en) if said else NONE


_PERIODS: Mapping[Window, Words] = {
    Window.DAY: ("每天", "a day"),
    Window.WEEK: ("每周", "a week"),
    Window.MONTH: ("每月", "a month"),
    Window.QUARTER: ("每季度", "a quarter"),
    Window.YEAR: ("每年", "a year"),
    Window.LIFETIME: ("终身", "in a lifetime"),
}


def _stock(reward: Reward) -> Words:
    stock = reward.stock or Stock()
    zh, en = [], []
    if stock.total is not None:
        zh.append(f"共 {stock.total}")
        en.append(f"{stock.total} in all")
    for window, most in stock.periods():
        zh.append(f"{_PERIODS[window][0]} {most}")
        en.append(f"{most} {_PERIODS[window][1]}")
    for outlet, most in sorted(stock.outlets.items()):
        zh.append(f"{outlet} {most}")
        en.append(f"{most} at {outlet}")
    return ("、".join(zh), ", ".join(en)) if zh else ("不限", "without end")


def limit_words(limit: Limit) -> Words:
    """Return how many one member may draw, as people say it."""
    zh, en = _PERIODS[limit.window]
    return f"{zh}限 {limit.per_member} 次", f"{limit.per_member} {en}"


def _limits(reward: Reward) -> Words:
    said = [limit_words(each) for each in reward.limits]
    if not said:
        return "不限", "without end"
    return "、".join(each[0] for each in said), ", ".join(each[1] for each in said)


def _span(first: date | None, after: date | None) -> Words:
    if first is None and after is None:
        return "同展示期", "as it is shown"
    begins = f"{first}" if first else "…"
    if after is None:
        return f"{begins} 起", f"from {begins}"
    return f"{begins} 起，{after} 前", f"from {begins}, before {after}"


def _listed(values: Sequence[object]) -> Words:
    said = [str(each) for each in values]
    return ("、".join(said), ", ".join(said)) if said else NONE


def _same(text: str) -> Words:
    return (text, text) if text else NONE


_SAID: tuple[tuple[str, Words, Callable[[Reward], Words]], ...] = (
    ("price", ("价格", "price"), _price),
    ("tariff", ("结算价", "tariff"), _tariff),
    ("stock", ("库存", "stock"), _stock),
    ("limits", ("限兑", "limits"), _limits),
    ("kind", ("类型", "kind"), lambda r: _same(r.kind.value)),
    ("amount", ("面值", "face value"), lambda r: _yuan(r.amount_fen)),
    ("uses", ("可用次数", "uses"), lambda r: _same(str(r.uses))),
    ("valid_for", ("有效期", "validity"), lambda r: (f"{r.valid_days} 天", f"{r.valid_days} days")),
    ("programmes", ("支付项目", "paid by"), lambda r: _listed(r.programmes)),
    ("partners", ("合作单位", "honoured by"), lambda r: _listed(r.partners)),
    ("eligible", ("适用条件", "meant for"), lambda r: _same(r.eligible)),
    ("tiers", ("星级", "stars"), lambda r: _listed(r.tiers)),
    ("gate", ("须核验", "gate"), lambda r: _same(r.gate)),
    ("visible", ("展示期", "shown"), lambda r: _span(r.visible_from, r.visible_until)),
    ("active", ("可兑换期", "drawn"), lambda r: _span(r.active_from, r.active_until)),
    ("title", ("名称", "title"), lambda r: (r.title_zh, r.title_en)),
    ("note", ("说明", "note"), lambda r: (r.note_zh or NONE[0], r.note_en or NONE[1])),
    ("photo", ("图片", "photo"), lambda r: _same(r.photo[:12])),
    (
        "must_be_free",
        ("必须免费", "must be free"),
        lambda r: ("是", "yes") if r.must_be_free else ("否", "no"),
    ),
)

"""Reads what a rule has besides points: marginal bands, once a window, a peer, a veto or freeze."""

from decimal import Decimal
from typing import TYPE_CHECKING

from points.rules.activity_types import ActivityType
from points.rules.load_limits import read_window
from points.rules.model import EFFECTS, VETO, Band, Cap, Effect
from points.rules.texts import Title, did_you_mean
from points.rules.windows import WINDOWS
from points.rules.yaml_positions import Mapping, Node

if TYPE_CHECKING:
    from points.rules.reading import Reader

BANDS_KEYS = ("of", "steps")
BAND_KEYS = ("up_to", "each")
BANDS_MAX = 10
EFFECT_KEYS = EFFECTS
ONCE_KEYS = ("window", "years", "per")
ONCE = "once:"
_ONCE_TITLE = Title("只计一次", "Once")


def read_bands(reader: "Reader", node: Node | None) -> tuple[Band, ...]:
    """Return the steps of marginal bands; their ends ascend, and only the last may have none."""
    steps: list[Band] = []
    items = reader.items(node)
    if node is not None and not 0 < len(items) <= BANDS_MAX:
        zh, en = f"应有 1～{BANDS_MAX} 档", f"between 1 and {BANDS_MAX} bands"
        reader.error("bands.steps", node, zh, en)
    for number, item in enumerate(items[:BANDS_MAX], 1):
        fields = reader.fields(item, BAND_KEYS, ("each",))
        up_to = reader.number(fields.get("up_to"))
        each = reader.number(fields.get("each"))
        if each is not None and each < 0:
            reader.error("bands.each", item, "规则只给分，不扣分", "rules grant, they never charge")
        if up_to is None and number < len(items):
            zh, en = "只有最后一档可以不写 up_to", "only the last band goes without 'up_to'"
            reader.error("bands.steps", item, zh, en)
        below = steps[-1].up_to if steps else Decimal(0)
        if up_to is not None and below is not None and up_to <= below:
            reader.error("bands.steps", item, "up_to 应从低到高", "'up_to' must ascend from zero")
        steps.append(Band(up_to=up_to, each=each or Decimal(0)))
    return tuple(steps)


def read_effect(reader: "Reader", node: Node | None, measures: tuple[str, ...]) -> Effect | None:
    """Return what a rule does instead of granting points."""
    if node is None:
        return None
    fields = reader.fields(node, EFFECT_KEYS)
    if len(fields) != 1:
        zh, en = "effect 写且只写一个：veto 或 freeze", "write either 'veto' or 'freeze'"
        reader.error("effect.kind", node, zh, en)
        return None
    kind, value = next(iter(fields.items()))
    if kind == VETO:
        measure = reader.choice(value, measures)
        if measure not in (None, "rating"):
            zh, en = "只有年度评定可以一票否决", "only a yearly rating can be vetoed"
            reader.error("effect.veto", value, zh, en)
        return Effect(kind=kind, measure=measure or "")
    if reader.boolean(value) is not True:
        reader.error("effect.freeze", value, "应写 true", "write true")
    return Effect(kind=kind)


def read_once(reader: "Reader", node: Node | None, rule_id: str) -> Cap | None:
    """Return the cap that ``once`` stands for: one time in a window."""
    if node is None:
        return None
    if isinstance(node, Mapping):
        fields = reader.fields(node, ONCE_KEYS, ("window",))
        window, years = read_window(reader, fields)
        per = reader.text(fields.get("per"))
    else:
        window, years, per = reader.choice(node, WINDOWS) or "lifetime", 1, None
    return Cap(
        id=f"{ONCE}{rule_id}",
        title=_ONCE_TITLE,
        window=window,
        years=years,
        maximum=1,
        unit="times",
        per=per,
    )


def read_peer(reader: "Reader", node: Node | None, kind: ActivityType) -> str | None:
    """Return the name of the field that says which other member gets the points."""
    text = reader.text(node)
    if text is None or node is None:
        return None
    peers = [f"event.{name}" for name, spec in kind.scored.items() if spec.kind == "member"]
    if text in peers:
        return text.partition(".")[2]
    hint = did_you_mean(text, peers)
    zh = f"to 应是该活动中类型为 member 的字段{hint.zh}"
    en = f"'to' names a field of this activity whose type is member{hint.en}"
    reader.error("rule.peer", node, zh, en)
    return None

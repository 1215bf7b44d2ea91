"""Random rule sets of a small world: caps that nest or do not, groups, tables, everything at once."""

from random import Random

from points.rules import RuleSet
from tests.unit.rules.worlds import HEAD, ruleset_of

TITLE = "title: {zh: 甲, en: A}"
WINDOWS = ("activity", "day", "week", "month", "quarter", "year", "lifetime")
CONDITIONS = (
    "event.verified", "event.hours >= 0.5", "event.hours * 3 / 7 > 1", "member.party_member",
    "has(event.trips) && event.trips > 2", "has(event.level) && event.level in ['city', 'county']",
    "has(event.kinds) && 'ct' in event.kinds", "has(event.task) && size(event.task) < 3",
    "member.kind == 'rider' || 'pioneer' in member.roles", "event.hours % 2 < 1.5",
    "has(event.closed_on) && event.closed_on > date('2026-02-01')",
)  # fmt: skip
POINTS = (
    "5", "event.hours", "floor(event.hours * 2) / 2 * 10", "event.hours / 3", "min(event.hours, 2) * 2.5",
    "has(event.trips) ? event.trips * 3 : 1", "round(event.hours)", "event.hours > 6 ? 20 : 4.5",
    "10 / floor(event.hours)", "event.hours - 1", "ceil(event.hours * 1.1)", "event.hours * 60000",
)  # fmt: skip
TABLES = (
    "{hit: first, columns: [event.hours, event.verified], rows: [['>= 4', true, 40], ['2..3', any, 20], [[0.5, 1], any, 5]]}",
    "{hit: sum, columns: [event.hours], rows: [['>= 1', 3], ['>= 3', event.hours], [any, 1]]}",
    "{hit: unique, columns: [event.verified], rows: [[true, 7], [false, 2]]}",
)
EXACT = ("cooldown: P1D", "cooldown: P3D")
PAST = ("history.count('shift.done', 'P7D') < 3", "history.count('report.made', 'P30D') * 2 >= 1")


class RuleSets:
    """Rule sets out of a seed."""

    def __init__(self, seed: int, *, exact: bool) -> None:
        self.chance = Random(seed)
        self.exact = exact
        self.shifts = self.chance.random() < 0.6

    def _cap(self, number: int, earlier: list[str]) -> str:
        chance = self.chance
        window = chance.choice(WINDOWS)
        keys = [f"window: {window}"]
        unit = chance.choice(("points", "points", "times"))
        keys.append(
            f"max: {chance.choice((1, 2, 3, 5)) if unit == 'times' else chance.choice((3, 8, 20, 45))}"
        )
        keys.append(f"unit: {unit}")
        modes = ["trim", "trim", "reject"] + (["defer"] if self.exact else [])
        mode = chance.choice(modes)
        if unit == "points" and not (mode == "defer" and window in ("activity", "lifetime")):
            keys.append(f"mode: {mode}")
        if window == "year":
            keys.append(f"years: {chance.choice((1, 2))}")
        if chance.random() < 0.2 and window != "activity":
            keys.append(
                f"per: {chance.choice(('event.level', 'member.kind') if self.shifts else ('member.kind', 'member.branch'))}"
            )
        if chance.random() < 0.2:
            keys.append(f"for: {chance.choice(('branch', 'programme'))}")
        keys.append(TITLE)
        earlier.append(f"c{number}")
        return f"  c{number}: {{{', '.join(keys)}}}\n"

    def _rule(  # noqa: C901, PLR0912 - one a construct
        self, number: int, caps: list[str], groups: list[str]
    ) -> str:
        chance = self.chance
        kind = "shift.done" if self.shifts else chance.choice(("shift.done", "report.made"))
        keys = [f"id: R{number}", TITLE, f"on: {kind}"]
        if kind == "report.made":
            keys.append(f"points: {chance.choice((1, 4))}")
        else:
            keys.append(f"when: {_quoted(self._when())}")
            worth = chance.random()
            if worth < 0.2:
                keys.append(f"table: {chance.choice(TABLES)}")
            elif worth < 0.3:
                keys.append(
                    "bands: {of: event.hours, steps: [{up_to: 2, each: 10}, {up_to: 6, each: 2.5}, {each: 0}]}"
                )
            elif worth < 0.4:
                keys.append(
                    f"points: {{rating: {_quoted(self._points())}, wallet: {_quoted(self._points())}}}"
                )
            else:
                keys.append(f"points: {_quoted(self._points())}")
        if not any(key.startswith("points: {") for key in keys):
            keys.append(
                f"measures: {chance.choice(('[wallet]', '[rating]', '[wallet, rating]', '[rating, wallet]'))}"
            )
        keys.append(
            f"round: {{mode: {chance.choice(('down', 'up', 'half_up', 'half_even'))}, step: {chance.choice((1, 1, 2, 5))}}}"
        )
        if chance.random() < 0.3 and kind == "shift.done":
            keys.append("multipliers: [long, true_ones]")
        chosen = [cap for cap in caps if chance.random() < 0.5]
        if chosen:
            keys.append(f"caps: [{', '.join(chosen)}]")
        # What is put off would pass a group by, so the two do not go together.
        if not self.exact and chance.random() < 0.3:
            keys.append(f"group: {chance.choice(groups)}")
        if chance.random() < 0.2:
            keys.append("schedule: {weekdays: [mon, tue, sat], from: '22:00', until: '09:30'}")
        if chance.random() < 0.1:
            keys.append(
                "schedule: {days: [workday]}"
                if not any("schedule" in key for key in keys)
                else "sources: [manual]"
            )
        if self.exact and chance.random() < 0.2:
            keys.append(chance.choice(EXACT))
        if chance.random() < 0.2:
            keys.append("audience: member.party_member")
        return f"  - {{{', '.join(keys)}}}\n"

    def _points(self) -> str:
        whole = [text for text in POINTS if " / 3" not in text and "10 /" not in text]
        return self.chance.choice(POINTS if self.chance.random() < 0.1 else whole)

    def _when(self) -> str:
        parts = [
            f"({self.chance.choice(CONDITIONS)})" for _ in range(self.chance.choice((1, 1, 2)))
        ]
        if self.exact and self.chance.random() < 0.2:
            parts.append(f"({self.chance.choice(PAST)})")
        return self.chance.choice((" && ", " || ")).join(parts)

    def take(self) -> RuleSet:
        """Return one."""
        caps: list[str] = []
        body = "caps:\n" + "".join(
            self._cap(number, caps) for number in range(self.chance.randint(1, 6))
        )
        groups = ["g0", "g1"]
        body += "groups:\n" + "".join(
            f"  {name}: {{mode: {self.chance.choice(('best_one', 'first', 'stack'))}, window: {self.chance.choice(WINDOWS)}, {TITLE}}}\n"
            for name in groups
        )
        body += (
            "multipliers:\n"
            f"  - {{id: long, when: event.hours > 6, times: '1.5', {TITLE}}}\n"
            f"  - {{id: true_ones, when: event.verified, times: '{self.chance.choice(('0.5', '1', '2'))}', {TITLE}}}\n"
            f"stacking: {self.chance.choice(('highest', 'multiply'))}\n"
        )
        body += "rules:\n" + "".join(
            self._rule(number, caps, groups) for number in range(self.chance.randint(1, 7))
        )
        return ruleset_of(body, HEAD)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'

"""The signs: what each takes for odd. Pure, so the same facts always say the same.

Each takes a day and its own thresholds and yields findings in a fixed order. What trails over a
window of days is said once a month; what happens within a day, once a day. A capture that was
voided the same day counts for how busy an outlet was and for voids, and nowhere else: it gave
nobody anything.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any

from points.kernel.ids import MemberId, OutletId
from points.watch.model import EVIDENCE_MAX, Finding, Kind, Seen, Tally, Watched

Bounds = Mapping[str, int]
PERCENT, MINUTE, HOUR, KM = 100, 60, 3600, 1000
EARTH_METRES = 6_371_000
MILLION = 1_000_000
UNNAMED_TILL = "key"
"""What a till is called that says no name of its own."""


def judge(watched: Watched, signs: Mapping[str, Bounds]) -> list[Finding]:
    """Return everything that looks odd about a day, in a fixed order."""
    found: list[Finding] = []
    for kind, sign in SIGNS.items():
        if (bounds := signs.get(kind.value)) is not None:
            found += sign(watched, bounds)
    return sorted(found, key=lambda each: (each.kind.value, each.subject))


def _captures(watched: Watched) -> list[Seen]:
    return [each for each in watched.seen if each.undoes is None]


def _standing(watched: Watched) -> list[Seen]:
    """Return the day's captures that were not voided within it."""
    undone = {each.undoes for each in watched.seen}
    return [each for each in _captures(watched) if each.event_id not in undone]


def _by(seen: Iterable[Seen], key: Callable[[Seen], Any]) -> list[tuple[Any, list[Seen]]]:
    groups: dict[Any, list[Seen]] = defaultdict(list)
    for each in seen:
        groups[key(each)].append(each)
    return sorted(groups.items())


def _events(seen: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(each.event_id for each in seen)[:EVIDENCE_MAX]


def busy(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets with more captures than an absolute limit, or than several of their days."""
    for outlet, seen in _by(_captures(watched), lambda each: each.outlet_id):
        count, past = len(seen), watched.past.get(outlet, ())
        usual = sorted(past)[len(past) // 2] if len(past) >= bounds["days_known"] else 0
        unusual = usual and count >= bounds["at_least"] and count > usual * bounds["times_median"]
        if count > bounds["captures_max"] or unusual:
            yield Finding(
                kind=Kind.BUSY,
                window=watched.day,
                subject=f"outlet:{outlet}",
                figures={"captures": count, "median": usual, "days": len(past)},
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
            )


def busy_hour(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets with more captures in one clock hour than a limit."""
    hours = watched.hour_of
    for outlet, seen in _by(_captures(watched), lambda each: each.outlet_id):
        counts = Counter(hours[each.event_id] for each in seen)
        hour, count = max(counts.items(), key=lambda item: (item[1], -item[0]))
        if count > bounds["captures_max"]:
            yield Finding(
                kind=Kind.BUSY_HOUR,
                window=watched.day,
                subject=f"outlet:{outlet}",
                figures={"captures": count, "hour": hour},
                threshold=bounds,
                events=_events(e for e in seen if hours[e.event_id] == hour),
                outlet_id=outlet,
            )


def _sums(tallies: Iterable[Tally], key: Callable[[Tally], Any]) -> dict[Any, int]:
    """Return captures that stand, by some part of a tally."""
    sums: dict[Any, int] = defaultdict(int)
    for each in tallies:
        sums[key(each)] += max(each.captures - each.voids, 0)
    return sums


def one_outlet(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield members who go to one outlet for nearly everything, often."""
    totals = _sums(watched.tallies, lambda each: each.member_id)
    pairs = _sums(watched.tallies, lambda each: (each.member_id, each.outlet_id))
    for (member, outlet), seen in _by(
        _standing(watched), lambda each: (each.member_id, each.outlet_id)
    ):
        count, total = pairs[member, outlet], totals[member]
        if count >= bounds["at_least"] and count * PERCENT >= bounds["percent"] * total:
            yield Finding(
                kind=Kind.ONE_OUTLET,
                window=watched.month,
                subject=f"member:{member}@{outlet}",
                figures={"captures": count, "of": total},
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
                member_id=member,
            )


def few_members(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets whose captures come from a few members."""
    members: dict[OutletId, Counter[MemberId]] = defaultdict(Counter)
    for (outlet, member), count in _sums(
        watched.tallies, lambda each: (each.outlet_id, each.member_id)
    ).items():
        members[outlet][member] = count
    for outlet, seen in _by(_standing(watched), lambda each: each.outlet_id):
        counts = sorted(members[outlet].values(), reverse=True)
        total, top = sum(counts), sum(counts[: bounds["members"]])
        known = total >= bounds["at_least"] and len(counts) > bounds["members"]
        if known and top * PERCENT >= bounds["percent"] * total:
            yield Finding(
                kind=Kind.FEW_MEMBERS,
                window=watched.month,
                subject=f"outlet:{outlet}",
                figures={"captures": top, "of": total, "members": len(counts)},
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
            )


def one_pair(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield an operator and a member who meet again and again."""
    named = [each for each in watched.tallies if each.operator_id]
    totals = _sums(named, lambda each: (each.outlet_id, each.operator_id))
    pairs = _sums(named, lambda each: (each.outlet_id, each.operator_id, each.member_id))
    today = [each for each in _standing(watched) if each.operator_id]
    for (outlet, operator, member), seen in _by(
        today, lambda each: (each.outlet_id, each.operator_id, each.member_id)
    ):
        count, total = pairs[outlet, operator, member], totals[outlet, operator]
        if count >= bounds["at_least"] and count * PERCENT >= bounds["percent"] * total:
            yield Finding(
                kind=Kind.ONE_PAIR,
                window=watched.month,
                subject=f"pair:{outlet}/{operator}/{member}",
                figures={"captures": count, "of": total},
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
                member_id=member,
            )


def operator_voids(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield operators who void much of what they capture."""
    yield from _voids(
        watched, bounds, Kind.OPERATOR_VOIDS, lambda each: (each.outlet_id, each.operator_id)
    )


def outlet_voids(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets that void much of what they capture."""
    yield from _voids(watched, bounds, Kind.OUTLET_VOIDS, lambda each: (each.outlet_id, ""))


def _voids(
    watched: Watched, bounds: Bounds, kind: Kind, key: Callable[[Any], tuple[OutletId, str]]
) -> Iterator[Finding]:
    captures, voids = Counter[tuple[OutletId, str]](), Counter[tuple[OutletId, str]]()
    for tally in watched.tallies:
        captures[key(tally)] += tally.captures
        voids[key(tally)] += tally.voids
    for (outlet, operator), seen in _by((e for e in watched.seen if e.undoes), key):
        count, total = voids[outlet, operator], captures[outlet, operator]
        if kind is Kind.OPERATOR_VOIDS and not operator:
            continue
        if count >= bounds["at_least"] and count * PERCENT >= bounds["percent"] * total:
            who = f"operator:{outlet}/{operator}" if operator else f"outlet:{outlet}"
            yield Finding(
                kind=kind,
                window=watched.month,
                subject=who,
                figures={"voids": count, "of": total},
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
            )


def loop(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield vouchers that are captured and voided again and again within a day."""
    for voucher, seen in _by(watched.seen, lambda each: each.voucher_id):
        voids = sum(each.undoes is not None for each in seen)
        if voids >= bounds["voids"]:
            yield Finding(
                kind=Kind.LOOP,
                window=watched.day,
                subject=f"voucher:{voucher}",
                figures={"voids": voids, "captures": len(seen) - voids},
                threshold=bounds,
                events=_events(seen),
                outlet_id=seen[-1].outlet_id,
                member_id=seen[-1].member_id,
            )


def outside_hours(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets that capture while they are closed."""
    closed = (each for each in _standing(watched) if each.outside_hours)
    for outlet, seen in _by(closed, lambda each: each.outlet_id):
        if len(seen) >= bounds["captures"]:
            yield Finding(
                kind=Kind.OUTSIDE_HOURS,
                window=watched.day,
                subject=f"outlet:{outlet}",
                figures={"captures": len(seen)},
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
            )


def far_apart(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield members who were at two outlets sooner than anybody gets from one to the other."""
    placed = (each for each in _standing(watched) if each.outlet_id in watched.places)
    for member, seen in _by(placed, lambda each: each.member_id):
        for first, second in itertools.pairwise(seen):
            metres = _metres(watched.places[first.outlet_id], watched.places[second.outlet_id])
            seconds = int((second.at - first.at).total_seconds())
            far = metres >= bounds["km"] * KM
            if far and metres * HOUR > bounds["km_an_hour"] * KM * max(seconds, 1):
                yield Finding(
                    kind=Kind.FAR_APART,
                    window=watched.day,
                    subject=f"member:{member}",
                    figures={"km": metres // KM, "minutes": seconds // MINUTE},
                    threshold=bounds,
                    events=(first.event_id, second.event_id),
                    outlet_id=second.outlet_id,
                    member_id=member,
                )
                break


def _metres(here: tuple[int, int], there: tuple[int, int]) -> int:
    """Return the distance over the ground as the crow flies."""
    (a, b), (c, d) = (tuple(radians(each / MILLION) for each in place) for place in (here, there))
    half = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return round(2 * EARTH_METRES * asin(sqrt(half)))


def shared_phone(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield devices that more members log in with than share a phone."""
    for phone in sorted(watched.phones, key=lambda each: each.device):
        if len(phone.members) >= bounds["members"]:
            yield Finding(
                kind=Kind.SHARED_PHONE,
                window=watched.month,
                subject=f"phone:{phone.device}",
                figures={"members": len(phone.members)},
                threshold=bounds,
                events=tuple(sorted(phone.members))[:EVIDENCE_MAX],
            )


def moving_till(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield tills that capture in several outlets of a chain within a short time."""
    named = (each for each in _captures(watched) if each.device_id not in ("", UNNAMED_TILL))
    for (partner, device), seen in _by(named, lambda each: (each.partner_id, each.device_id)):
        outlets = {each.outlet_id for each in seen}
        moves = [
            (first, second)
            for first, second in itertools.pairwise(seen)
            if first.outlet_id != second.outlet_id
            and (second.at - first.at).total_seconds() <= bounds["minutes"] * MINUTE
        ]
        if moves and len(outlets) >= bounds["outlets"]:
            yield Finding(
                kind=Kind.MOVING_TILL,
                window=watched.day,
                subject=f"till:{partner}/{device}",
                figures={"outlets": len(outlets), "moves": len(moves)},
                threshold=bounds,
                events=_events(each for pair in moves for each in pair),
                outlet_id=moves[0][1].outlet_id,
            )


def to_the_cap(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets where amount vouchers are nearly always taken in one go to the last fen."""
    amounts = (each for each in _standing(watched) if each.whole is not None)
    for outlet, seen in _by(amounts, lambda each: each.outlet_id):
        whole = [each for each in seen if each.whole]
        share = len(whole) * PERCENT >= bounds["percent"] * len(seen)
        if len(whole) >= bounds["at_least"] and share:
            yield Finding(
                kind=Kind.TO_THE_CAP,
                window=watched.day,
                subject=f"outlet:{outlet}",
                figures={"captures": len(whole), "of": len(seen)},
                threshold=bounds,
                events=_events(whole),
                outlet_id=outlet,
            )


def after_issue(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield outlets with many captures of vouchers that were drawn only minutes before."""
    quick = (
        each
        for each in _standing(watched)
        if 0 <= (each.at - each.issued_at).total_seconds() <= bounds["minutes"] * MINUTE
    )
    for outlet, seen in _by(quick, lambda each: each.outlet_id):
        if len(seen) >= bounds["captures"]:
            yield Finding(
                kind=Kind.AFTER_ISSUE,
                window=watched.day,
                subject=f"outlet:{outlet}",
                figures={
                    "captures": len(seen),
                    "members": len({each.member_id for each in seen}),
                },
                threshold=bounds,
                events=_events(seen),
                outlet_id=outlet,
            )


def guesses(watched: Watched, bounds: Bounds) -> Iterator[Finding]:
    """Yield devices at which many codes were tried that do not exist."""
    for each in sorted(watched.attempts, key=lambda one: (one.outlet_id, one.device_id)):
        if len(each.attempts) >= bounds["attempts"]:
            yield Finding(
                kind=Kind.GUESSES,
                window=watched.day,
                subject=f"till:{each.outlet_id}/{each.device_id}",
                figures={"attempts": len(each.attempts)},
                threshold=bounds,
                events=each.attempts[:EVIDENCE_MAX],
                outlet_id=each.outlet_id,
            )


Sign = Callable[[Watched, Bounds], Iterable[Finding]]
SIGNS: Mapping[Kind, Sign] = {
    Kind.BUSY: busy,
    Kind.BUSY_HOUR: busy_hour,
    Kind.ONE_OUTLET: one_outlet,
    Kind.FEW_MEMBERS: few_members,
    Kind.ONE_PAIR: one_pair,
    Kind.OPERATOR_VOIDS: operator_voids,
    Kind.OUTLET_VOIDS: outlet_voids,
    Kind.LOOP: loop,
    Kind.OUTSIDE_HOURS: outside_hours,
    Kind.FAR_APART: far_apart,
    Kind.SHARED_PHONE: shared_phone,
    Kind.MOVING_TILL: moving_till,
    Kind.TO_THE_CAP: to_the_cap,
    Kind.AFTER_ISSUE: after_issue,
    Kind.GUESSES: guesses,
}
"""Every sign, by its kind."""

EVENTS_OF: Sequence[Kind] = [kind for kind in Kind if kind not in (Kind.GUESSES, Kind.SHARED_PHONE)]
"""The kinds whose evidence is captures and voids."""

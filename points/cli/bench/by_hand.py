"""The shipped rules, written by hand as plain Python: what the rules engine is measured against.

Nobody would run a programme on this: no version, no trace, no review, no expiry, and every change a
change of code. It says what the bench needs, which awards there are, and a test holds it to the
engine's awards one by one.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from points.rules import Facts

Fields = Mapping[str, Any]
Window = tuple[str, str, str, object]
"""A member, a cap, a measure, and a day, week, month …"""
Usage = dict[Window, int]
"""What was granted: points, or times."""

ZONE = ZoneInfo("Asia/Shanghai")
BOTH = ("wallet", "rating")
WALLET, RATING = ("wallet",), ("rating",)
SHIFT_HOURS = Decimal("0.5")
STEPS = 42_000


class Given(NamedTuple):
    """One award: a rule's points in one measure."""

    rule_id: str
    measure: str
    points: int


class Cap(NamedTuple):
    """A cap: over which window, how much, and whether it counts times."""

    name: str
    window: str
    most: int
    times: bool = False


class Worth(NamedTuple):
    """What a rule is worth before its caps, the inner ones first."""

    rule_id: str
    points: int
    measures: tuple[str, ...]
    caps: tuple[Cap, ...] = ()
    best_of: str | None = None


def _cap(name: str, window: str, most: int) -> Cap:
    return Cap(name, window, most)


def _once(name: str, window: str, most: int = 1) -> Cap:
    return Cap(name, window, most, times=True)


TRAINING = (_cap("training_day", "day", 3), _cap("training_year", "year", 12))
VOLUNTEERING = (
    _cap("vol_activity", "activity", 20),
    _cap("vol_day", "day", 40),
    _cap("vol_month", "month", 200),
)
HAZARD = (_once("hazard_day", "day", 3), _cap("hazard_month", "month", 60))
INCIDENT = (_once("incident_day", "day", 2), _cap("incident_month", "month", 40))
OPINION = (_once("opinion_day", "day", 2), _cap("opinion_month", "month", 30))
MOBILE = (_cap("mobile_quarter", "quarter", 5), _cap("mobile_year", "year", 20))
PRESSURE = (_once("bp_day", "day"), _cap("bp_month", "month", 8))
GLUCOSE = (_once("glucose_week", "week"), _cap("glucose_month", "month", 8))
FOLLOWING = (_once("followup_month", "month"), _cap("followup_year", "year", 60))
NECK = (_once("neck_day", "day"), _cap("neck_month", "month", 10))
WALKING = (_once("steps_week", "week"), _cap("steps_month", "month", 12))
RESTING = (_once("rest_day", "day"), _cap("rest_month", "month", 10))


def _comrade(member: Fields) -> bool:
    return bool(member["party_member"] or member["probationary"])


def _meeting(event: Fields, member: Fields) -> Iterable[Worth]:
    if _comrade(member) and event["present"]:
        yield Worth("P01", 2, RATING, (_cap("meeting_year", "year", 24),))


def _theme_day(event: Fields, member: Fields) -> Iterable[Worth]:
    if _comrade(member) and event["present"]:
        yield Worth("P02", 2, RATING, (_cap("theme_year", "year", 24),))


def _training(event: Fields, member: Fields) -> Iterable[Worth]:
    kind = event["kind"]
    if not event["complete"]:
        return
    learns = event["channel"] == "offline" and kind in (
        "road_safety",
        "regulation",
        "party_training",
    )
    if learns and _comrade(member):
        yield Worth("P03", 3, RATING, TRAINING)
    if kind == "health_lecture":
        yield Worth("H09", 5, WALLET, (_cap("lecture_month", "month", 10),))
    if kind == "first_aid":
        yield Worth("H17", 5, WALLET, (_cap("training_year", "year", 20),))


def _lesson(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["passed"]:
        yield Worth("P04", 1, RATING, (_cap("lesson_month", "month", 4),))


def _lecture(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["people"] >= 1:
        yield Worth("P05", 5, BOTH, (_cap("lecture_year", "year", 15),))


def _volunteering(event: Fields, _member: Fields) -> Iterable[Worth]:
    if not event["verified"] or event["hours"] < SHIFT_HOURS:
        return
    halves = math.floor(event["hours"] * 2)
    yield Worth("P06", halves * 5, BOTH, VOLUNTEERING)
    if event.get("emergency"):
        surge = math.floor(min(halves, 4) * 5 * SHIFT_HOURS)
        yield Worth("P07", surge, WALLET, (_cap("surge_month", "month", 100),))


def _escort(event: Fields, _member: Fields) -> Iterable[Worth]:
    yield Worth("P08", event["vehicle_days"] * 20, BOTH, (_cap("escort_year", "year", 60),))


def _supply(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["receipt"]:
        yield Worth("P09", event["trips"] * 30, BOTH, (_cap("supply_month", "month", 120),))


def _transfer(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["receipt"]:
        yield Worth("P10", event["trips"] * 20, BOTH, (_cap("transfer_month", "month", 100),))


def _rescue(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["closed"]:
        yield Worth("P11", 20, BOTH, (_cap("rescue_month", "month", 80),))


def _report(event: Fields, _member: Fields) -> Iterable[Worth]:
    if not event["accepted"]:
        return
    kind = event["kind"]
    if kind == "hazard":
        yield Worth("P12", 5, BOTH, HAZARD)
    elif kind == "incident":
        yield Worth("P13", 10, BOTH, INCIDENT)
    else:
        yield Worth("P14", 3, BOTH, OPINION)
    if event["resolved"]:
        yield Worth("P15", 5, WALLET, (_cap("resolved_month", "month", 50),))


def _food(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["accepted"]:
        yield Worth("P16", 8, BOTH, (_cap("food_month", "month", 40),))


def _duty(event: Fields, member: Fields) -> Iterable[Worth]:
    if "grid_agent" in member["roles"] and event["checklist"]:
        yield Worth("P17", 15, BOTH, (_cap("duty_month", "month", 15),))


def _talk(event: Fields, member: Fields) -> Iterable[Worth]:
    if "policy_speaker" in member["roles"] and event["people"] >= 1:
        yield Worth("P18", 8, BOTH, (_cap("talk_month", "month", 32),))


def _visit(event: Fields, member: Fields) -> Iterable[Worth]:
    if "opinion_courier" in member["roles"]:
        yield Worth("P19", event["households"] * 3, BOTH, (_cap("visit_month", "month", 30),))


def _cleanup(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["done"]:
        yield Worth("P20", 5, BOTH, (_cap("cleanup_month", "month", 20),))


def _patrol(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["hours"] >= 1:
        yield Worth("P21", 10, BOTH, (_cap("patrol_month", "month", 40),))


def _pioneer(event: Fields, member: Fields) -> Iterable[Worth]:
    if "pioneer" in member["roles"] and event["complete"] and event["hours"] >= 1:
        yield Worth("P22", 6, BOTH, (_cap("post_month", "month", 48),))


def _contact(event: Fields, member: Fields) -> Iterable[Worth]:
    if member["party_member"]:
        yield Worth("P23", event["people"] * 3, RATING, (_cap("contact_month", "month", 15),))


def _buddy(event: Fields, _member: Fields) -> Iterable[Worth]:
    yield Worth("P24", event["people"] * 10, BOTH, (_cap("buddy_quarter", "quarter", 30),))


def _wish(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["confirmed"]:
        yield Worth("P25", 10, BOTH, (_cap("wish_month", "month", 40),))


def _suggestion(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["adopted"]:
        yield Worth("P26", 10, BOTH, (_cap("suggestion_year", "year", 50),))


def _appeal(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["closed"] and event["called_back"]:
        yield Worth("P27", 3, BOTH, (_cap("appeal_month", "month", 30),))


def _deed(event: Fields, _member: Fields) -> Iterable[Worth]:
    points = 50 if event["kind"] == "bravery" else 10
    yield Worth("P28", points, BOTH, (_cap("deed_year", "year", 100),))


def _honour(event: Fields, _member: Fields) -> Iterable[Worth]:
    points = {"province": 60, "city": 40, "county": 20}[event["level"]]
    yield Worth("P29", points, BOTH, best_of=event["deed"])


def _checkin(event: Fields, member: Fields) -> Iterable[Worth]:
    if member["mobile_party_member"] and event["registered"]:
        yield Worth("P30", 5, RATING, MOBILE)


def _station(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["service"] == "blood_pressure":
        yield Worth("H04", 2, WALLET, PRESSURE)
    else:
        yield Worth("H05", 2, WALLET, GLUCOSE)


def _clinic(event: Fields, _member: Fields) -> Iterable[Worth]:
    if "specialist" in event["services"]:
        yield Worth("H06", 5, WALLET, (_cap("consult_year", "year", 20),))


def _steps(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["counted_steps"] >= STEPS:
        yield Worth("H14", 3, WALLET, WALKING)


def _screening(event: Fields, _member: Fields) -> Iterable[Worth]:
    if event["attended"] and event["referred"]:
        yield Worth("H03", 10, WALLET, (_once("screening_year", "year"),))


def _flat(rule_id: str, points: int, caps: tuple[Cap, ...], flag: str | None) -> "Scorer":
    """Return the scorer of a rule that gives the same points whenever a field is true."""

    def scorer(event: Fields, _member: Fields) -> Iterable[Worth]:
        if flag is None or event[flag]:
            yield Worth(rule_id, points, WALLET, caps)

    return scorer


Scorer = Callable[[Fields, Fields], Iterable[Worth]]
SCORERS: Mapping[str, Scorer] = {
    "branch.meeting": _meeting,
    "theme.day": _theme_day,
    "training.session": _training,
    "micro.lesson": _lesson,
    "lecture.given": _lecture,
    "volunteer.shift": _volunteering,
    "exam.escort": _escort,
    "supply.run": _supply,
    "person.transfer": _transfer,
    "roadside.rescue": _rescue,
    "grid.report": _report,
    "food.lead": _food,
    "grid.duty": _duty,
    "policy.talk": _talk,
    "opinion.visit": _visit,
    "cleanup.task": _cleanup,
    "patrol.task": _patrol,
    "pioneer.shift": _pioneer,
    "mutual.contact": _contact,
    "buddy.support": _buddy,
    "wish.granted": _wish,
    "suggestion.reply": _suggestion,
    "appeal.relay": _appeal,
    "good.deed": _deed,
    "honour.award": _honour,
    "mobile.checkin": _checkin,
    "health.registration": _flat("H01", 20, (_once("registration_once", "life"),), "consent"),
    "health.checkup": _flat("H02", 30, (_once("checkup_year", "year"),), "attended"),
    "health.screening": _screening,
    "station.check": _station,
    "clinic.visit": _clinic,
    "followup.visit": _flat("H07", 10, FOLLOWING, "done"),
    "doctor.contract": _flat("H08", 20, (_once("contract_year", "year"),), None),
    "health.quiz": _flat("H10", 2, (_cap("quiz_month", "month", 8),), "passed"),
    "aid.certificate": _flat("H11", 30, (_once("first_aid_two_years", "two years"),), "recognised"),
    "stress.session": _flat("H12", 5, (_cap("stress_month", "month", 10),), "attended"),
    "neck.exercise": _flat("H13", 1, NECK, "done"),
    "steps.week": _steps,
    "lifestyle.course": _flat("H15", 20, (_once("lifestyle_year", "year", 2),), "complete"),
    "rest.stop": _flat("H16", 2, RESTING, None),
    "association.contact": _flat("H18", 2, (_once("contact_month", "month"),), "responded"),
    "blood.donation": _flat("H19", 30, (_once("blood_year", "year", 2),), "donated"),
    "peer.referral": _flat("H20", 2, (_cap("referral_year", "year", 10),), "registered"),
}


def score_by_hand(member_id: str, facts: Facts, usage: Usage) -> list[Given]:
    """Return the awards of an activity, and count them.

    Args:
        member_id: Whose usage it counts against.
        facts: The activity with its member's snapshot.
        usage: What was granted before; changed.
    """
    local = facts.occurred_at.astimezone(ZONE)
    given = []
    for worth in SCORERS[facts.type](facts.fields, facts.member):
        for measure in worth.measures:
            points = _granted(worth, measure, (member_id, facts.activity_id, local), usage)
            if points:
                given.append(Given(worth.rule_id, measure, points))
    return given


def _granted(worth: Worth, measure: str, where: tuple[str, str, datetime], usage: Usage) -> int:
    member_id, activity_id, local = where
    if worth.best_of is not None:
        deed: Window = (member_id, "honours", measure, worth.best_of)
        before = usage.get(deed, 0)
        usage[deed] = max(before, worth.points)
        return max(0, worth.points - before)
    points, keys = worth.points, []
    for cap in worth.caps:
        key = (member_id, cap.name, measure, _window(cap.window, activity_id, local))
        room = cap.most - usage.get(key, 0)
        points = min(points, room) if not cap.times else (points if room > 0 else 0)
        if points <= 0:
            return 0
        keys.append((key, cap.times))
    for key, times in keys:
        usage[key] = usage.get(key, 0) + (1 if times else points)
    return points


def _window(window: str, activity_id: str, local: datetime) -> object:
    if window == "day":
        return local.date()
    if window == "month":
        return (local.year, local.month)
    if window == "year":
        return local.year
    if window == "week":
        return (local - timedelta(days=local.weekday())).date()
    if window == "quarter":
        return (local.year, (local.month - 1) // 3)
    if window == "two years":
        return local.year // 2
    return activity_id if window == "activity" else "life"

"""A month of honest traffic at fifteen outlets, and every fraud that the watch knows, planted."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, insert

from points.identity.tables import member_device
from points.kernel.ids import AssociationId
from points.partners.tables import outlet, partner
from points.unit_of_work import writing
from points.vouchers.tables import failed_attempt, voucher, voucher_event
from tests.flows.town import NOON

DAYS, FACE = 30, 2000
BEGINS = NOON.replace(hour=0) - timedelta(days=1)
"""Eight in the morning of 1 March in Shanghai."""


@dataclass
class Month:
    """Rows that counters would have written."""

    association: str
    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0
    steps: Counter[str] = field(default_factory=Counter)

    def next(self) -> str:
        self.count += 1
        return f"{self.count:026}"

    def capture(
        self,
        at: datetime,
        shop: str,
        member: str,
        *,
        operator: str = "1",
        device: str = "key",
        fen: int = 700,
        waited: timedelta = timedelta(days=9),
        outside: bool = False,
        of: str | None = None,
    ) -> tuple[str, str]:
        """Append a capture, of a voucher of its own or of one that was voided; return both ids."""
        name = of or self.next()
        if of is None:
            self.rows[voucher].append(
                {"association_id": self.association, "voucher_id": name, "member_id": member}
                | {"reward_id": "C12", "reward_version": 1, "programme": "health"}
                | {"hold_id": None, "last4": "0000", "operation_id": name, "actor": "a"}
                | {"terms": {"kind": "amount", "amount_fen": FACE}}
                | {"valid_from": at - waited, "valid_until": at + timedelta(days=90)}
            )
        return name, self._event(at, name, "captured", shop, operator, device, fen, outside=outside)

    def void(
        self, at: datetime, captured: tuple[str, str], shop: str, *, operator: str = "1"
    ) -> None:
        name, event = captured
        self._event(at, name, "voided", shop, operator, "key", 700, undoes=event)

    def _event(
        self,
        at: datetime,
        name: str,
        kind: str,
        shop: str,
        operator: str,
        device: str,
        fen: int,
        *,
        outside: bool = False,
        undoes: str | None = None,
    ) -> str:
        event = self.next()
        self.steps[name] += 1
        self.rows[voucher_event].append(
            {"association_id": self.association, "event_id": event, "voucher_id": name}
            | {"version": self.steps[name], "kind": kind, "partner_id": "P", "outlet_id": shop}
            | {"operator_id": operator, "request_no": None if undoes else event}
            | {"parts": fen, "points": 0, "cost_fen": fen, "undoes": undoes}
            | {"device_id": device, "outside_hours": outside, "booked_at": at}
            | {"recorded_at": at, "operation_id": event, "actor": "a"}
        )
        return event

    def write(self, database: Engine) -> None:
        order = (partner, outlet, voucher, voucher_event, failed_attempt, member_device)
        with writing(database, AssociationId(self.association)) as connection:
            for table in order:
                if self.rows[table]:
                    connection.execute(insert(table), self.rows[table])


def honest(month: Month, random: Random, *, a_day: int = 12) -> None:
    """Append partners and a month of people who do nothing odd."""
    own = {"association_id": month.association}
    month.rows[partner].append(
        own
        | {"partner_id": "P", "category": "pharmacy", "name": "P", "cycle": "month"}
        | {"zone": "Asia/Shanghai", "added_at": BEGINS}
    )
    for number in range(1, 16):
        month.rows[outlet].append(
            own
            | {"outlet_id": f"S{number:02}", "partner_id": "P", "name": "n", "address": ""}
            | {"phone": "", "opening_hours": "", "services": [], "added_at": BEGINS}
            # A degree of latitude is 111 km; most shops lie together, one far away.
            | {"latitude_e6": 41_000_000 + 900_000 * (number == 8)}
            | {"longitude_e6": None if number == 15 else 122_000_000}
        )
    for day in range(DAYS):
        for number in range(1, 12):
            for _ in range(random.randrange(a_day - 4, a_day + 5)):
                at = BEGINS + timedelta(days=day, minutes=random.randrange(12 * 60))
                shop, operator = f"S{number:02}", random.choice("123")
                fen = FACE if random.random() < 0.5 else random.randrange(100, FACE)
                who = f"M{random.randrange(600)}" if number != 8 else f"F{random.randrange(90)}"
                done = month.capture(at, shop, who, operator=operator, fen=fen)
                if random.random() < 0.02:
                    month.void(at + timedelta(minutes=1), done, shop, operator=operator)


def planted(month: Month) -> set[tuple[str, str]]:  # noqa: C901 - one loop a fraud
    """Append every fraud, and return what should be said of it."""
    late = BEGINS + timedelta(days=20, hours=2)

    def at(minutes: int = 0, days: int = 0) -> datetime:
        return late + timedelta(minutes=minutes, days=days)

    for number in range(100):
        month.capture(at(number * 5), "S01", f"B{number}")
    for number in range(61):
        month.capture(at(60 + number % 60, 1), "S02", f"H{number}")
    for number in range(14):
        month.capture(at(0, -number), "S03", "M-one", operator="2")
    for number in range(12):
        month.capture(at(number, -number), "S04", "M-pair", operator="9")
        month.capture(at(number, -number), "S05", f"V{number}", operator="8")
    for number in range(8):
        month.capture(at(number, -number), "S04", f"N{number}", operator="9")
        done = month.capture(at(number, -number), "S05", f"W{number}", operator="8")
        month.void(at(number + 2, -number), done, "S05", operator="8")
    for number in range(60):
        who = f"F-{number % 3}" if number % 10 < 7 else f"O{number}"
        done = month.capture(at(number, -(number % 12)), "S12", who)
        again = month.capture(at(number, -(number % 12)), "S13", f"Q{number}")
        if number < 15:
            month.void(at(number + 3, -(number % 12)), again, "S13")
    first = month.capture(at(1), "S06", "M-loop")
    month.void(at(2), first, "S06")
    second = month.capture(at(3), "S06", "M-loop", of=first[0])
    month.void(at(4), second, "S06")
    for number in range(3):
        month.capture(at(number + 700), "S07", f"X{number}", outside=True)
    month.capture(at(5), "S09", "M-far")
    month.capture(at(15), "S08", "M-far")
    month.capture(at(5), "S09", "T1", device="T9")
    month.capture(at(9), "S10", "T2", device="T9")
    for number in range(25):
        month.capture(at(number * 3, 2), "S14", f"C{number}", fen=FACE)
    for number in range(12):
        month.capture(at(number, 3), "S10", f"I{number}", waited=timedelta(minutes=2))
    _devices(month, at())
    return {
        *(("busy", "outlet:S01"), ("busy_hour", "outlet:S02"), ("busy", "outlet:S02")),
        *(("one_outlet", "member:M-one@S03"), ("few_members", "outlet:S12")),
        *(("one_outlet", f"member:F-{number}@S12") for number in range(3)),
        *(("one_pair", "pair:S04/9/M-pair"), ("one_outlet", "member:M-pair@S04")),
        *(("operator_voids", "operator:S05/8"), ("outlet_voids", "outlet:S13")),
        *(("operator_voids", "operator:S13/1"), ("loop", f"voucher:{first[0]}")),
        *(("outside_hours", "outlet:S07"), ("far_apart", "member:M-far")),
        *(("shared_phone", "phone:D0"), ("moving_till", "till:P/T9")),
        *(("to_the_cap", "outlet:S14"), ("after_issue", "outlet:S10")),
        ("guesses", "till:S11/key"),
    }


def _devices(month: Month, at: datetime) -> None:
    own = {"association_id": month.association}
    for _ in range(8):
        tried = {"attempt_id": month.next(), "outlet_id": "S11", "device_id": "key"}
        month.rows[failed_attempt].append(own | tried | {"attempted_at": at})
    for number in range(4):
        month.rows[member_device].append(
            own
            | {"device_id": f"D{number}", "member_id": f"M{number}", "name": "n"}
            | {"thumbprint": "same", "generation": 1, "created_at": at, "renewed_at": at}
            | {"ended_at": None, "ended_because": ""}
        )

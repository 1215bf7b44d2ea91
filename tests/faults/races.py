"""The races at the counter and at the shelf; each yields the rounds that did not end as they must.

What must be is counted from the facts, round by round, and compared with what racers were told.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from points.catalogue.errors import GateClosed, OutOfStock, PoolExhausted
from points.catalogue.model import Reward, RewardKind, Source, Stock
from points.flows import expire_voucher, fund, open_gate, stock_catalogue
from points.flows.catalogue_file import catalogue_hash
from points.kernel.amounts import Fen, Points
from points.kernel.ids import OperationId, RewardId
from points.ledger.errors import InsufficientPoints
from points.partners.counters import VOIDS_MAX_MOST
from points.vouchers.errors import (
    AlreadyCaptured,
    AlreadyVoided,
    AmountExceeds,
    AuthorisationEnded,
    NotDue,
    VoidsOfDayReached,
    VoucherExpired,
)
from points.vouchers.model import Links
from tests.faults.racetrack import RACERS, Track, redemption
from tests.flows.market import SHOP, SHOP_2, catalogue, republish, stock_catalogue_version
from tests.flows.town import HERE

Race = Callable[[Track, int], Iterator[str]]
WHOLE = 2000
"""The face value of C12 in fen, which is also what it costs."""

EVENTS = """SELECT voucher_id, sum(CASE kind WHEN 'captured' THEN 1 ELSE 0 END),
    sum(CASE kind WHEN 'voided' THEN 1 ELSE 0 END), sum(CASE kind WHEN 'expired' THEN 1 ELSE 0 END),
    sum(CASE kind WHEN 'captured' THEN cost_fen WHEN 'voided' THEN -cost_fen ELSE 0 END)
    FROM voucher_event WHERE association_id = :a GROUP BY voucher_id"""
"""Captures, voids, expiries, and what they leave owed, of each voucher that has any."""
VOIDS = """SELECT count(*) FROM voucher_event
    WHERE association_id = :a AND kind = 'voided' AND outlet_id = 'YF01'"""
C12_DRAWN = "SELECT count(*) FROM voucher WHERE association_id = :a AND reward_id = 'C12'"


def lost(refusal: str) -> Counter[str]:
    """Return what a fair round comes to: one wins, the others hear why not."""
    return Counter({"won": 1, refusal: RACERS - 1})


def lost_by(racers: int, refusal: str) -> Counter[str]:
    """Return what a fair round comes to for some of the racers."""
    return Counter({"won": 1, refusal: racers - 1})


def _unfair(number: int, answers: tuple[str, ...], facts: object) -> str:
    return f"round {number}: {dict(Counter(answers))}, facts {facts}"


def one_voucher(on: Track, rounds: int) -> Iterator[str]:
    """The same code at two outlets, four tills at each: one of them hands the thing over."""
    republish(on.here, C12={"stock": Stock(total=rounds)})
    links, run = on.drawn(rounds), on.fresh_name()
    ran = on.race(
        rounds,
        lambda number, racer: on.capture(
            links[number], f"{run}r{number}-{racer}", WHOLE, SHOP if racer < RACERS // 2 else SHOP_2
        ),
    )
    events = on.by_id(EVENTS)
    for number, answers in enumerate(ran):
        facts = events[links[number].voucher_id]
        if Counter(answers) != lost(AlreadyCaptured.code) or facts != (1, 0, 0, WHOLE):
            yield _unfair(number, answers, facts)


def overdraw(on: Track, rounds: int) -> Iterator[str]:
    """Eight tills take a third each, less a bit: three of them get it, and nobody the rest."""
    part = 600
    republish(on.here, C12={"stock": None})
    links, run = on.drawn(rounds), on.fresh_name()
    ran = on.race(
        rounds, lambda number, racer: on.capture(links[number], f"{run}r{number}-{racer}", part)
    )
    fair, events = Counter({"won": 3, AmountExceeds.code: RACERS - 3}), on.by_id(EVENTS)
    for number, answers in enumerate(ran):
        facts = events[links[number].voucher_id]
        if Counter(answers) != fair or facts != (3, 0, 0, 3 * part):
            yield _unfair(number, answers, facts)


def capture_against_void(on: Track, rounds: int) -> Iterator[str]:
    """A used voucher: four take the capture back, four use it; one void, then at most one use."""
    republish(on.here, C12={"stock": None})
    on.agree_on_voids()
    links, run = on.drawn(rounds), on.fresh_name()
    on.done(on.capture(each, f"{run}first-{number}", WHOLE) for number, each in enumerate(links))

    def make(number: int, racer: int) -> object:
        if racer < RACERS // 2:
            return on.void(links[number], f"{run}first-{number}", f"{run}v{number}-{racer}")
        return on.capture(links[number], f"{run}r{number}-{racer}", WHOLE)

    ran, events, half = on.race(rounds, make), on.by_id(EVENTS), RACERS // 2
    voids = Counter({"won": 1, AlreadyVoided.code: half - 1})
    for number, answers in enumerate(ran):
        facts, again = events[links[number].voucher_id], answers[half:].count("won")
        captures = Counter({"won": again, AlreadyCaptured.code: half - again})
        fair = Counter(answers[:half]) == voids and Counter(answers[half:]) == +captures
        if not fair or again > 1 or facts != (1 + again, 1, 0, again * WHOLE):
            yield _unfair(number, answers, facts)


def capture_against_expiry(on: Track, rounds: int) -> Iterator[str]:
    """Two processes whose clocks differ by two seconds, about the end of validity.

    To one the voucher is still good, to the other it is over: it is used or expired, never both.
    """
    republish(on.here, C12={"stock": None})
    links, run = on.drawn(rounds), on.fresh_name()
    valid_days = next(each.valid_days for each in catalogue().rewards if each.reward_id == "C12")
    over = catalogue().version.valid_until(on.here.clock.now(), valid_days)
    before = on.here.clock.now()
    on.clocks[0].set(over - timedelta(seconds=1))
    on.clocks[1].set(over + timedelta(seconds=1))

    def make(number: int, racer: int) -> object:
        if racer % 2 == 0:
            return on.capture(links[number], f"{run}r{number}-{racer}", WHOLE)
        return expiry(links[number], f"{run}{number}-{racer}")

    ran, events = on.race(rounds, make), on.by_id(EVENTS)
    used = {"won": 1, AlreadyCaptured.code: 3, NotDue.code: 4}
    expired = {"won": 1, VoucherExpired.code: 4, NotDue.code: 3}
    for number, answers in enumerate(ran):
        facts, found = events[links[number].voucher_id], Counter(answers)
        if (found, facts) not in [(used, (1, 0, 0, WHOLE)), (expired, (0, 0, 1, 0))]:
            yield _unfair(number, answers, facts)
    on.clocks[0].set(before)
    on.clocks[1].set(before)


def expiry(links: Links, name: str) -> expire_voucher.ExpireVoucher:
    return expire_voucher.ExpireVoucher(
        association_id=HERE,
        operation_id=OperationId(f"system:expire:{name}"),
        actor=expire_voucher.SYSTEM,
        links=links,
    )


def last_piece(on: Track, rounds: int) -> Iterator[str]:
    """One piece is left of each reward, in all or for today."""
    members, run = on.members(RACERS + 1, 100), on.fresh_name()
    pieces = [_piece(f"{run}{number}", number) for number in range(rounds)]
    _publish(on, pieces)
    drawn = (redemption(members[-1], each.reward_id, n, 99) for n, each in enumerate(pieces))
    on.done(command for number, command in enumerate(drawn) if number % 2)
    ran = on.race(
        rounds,
        lambda number, racer: redemption(members[racer], pieces[number].reward_id, number, racer),
    )
    vouchers = on.by_id(
        "SELECT reward_id, count(*) FROM voucher WHERE association_id = :a GROUP BY reward_id"
    )
    for number, answers in enumerate(ran):
        facts = vouchers[pieces[number].reward_id]
        if Counter(answers) != lost(OutOfStock.code) or facts != (1 + number % 2,):
            yield _unfair(number, answers, facts)


def _piece(code: str, number: int) -> Reward:
    # Every other has its row of stock already; the first piece of the others makes it.
    left = 1 + number % 2
    return Reward(
        reward_id=RewardId(code),
        version=2,
        programmes=("health",),
        title_zh="最后一件",
        title_en="the last piece",
        kind=RewardKind.ITEM,
        price=Points(0),
        tariff_fen={"default": 0},
        partners=("pharmacy",),
        valid_days=1,
        stock=Stock(total=left) if number % 4 < 2 else Stock(per_day=left),
        visible_from=date(2026, 1, 1),
    )


def _publish(on: Track, rewards: list[Reward]) -> None:
    with on.here.engine.reading(HERE) as connection:
        version = stock_catalogue_version(connection) + 1
    stocked = tuple(replace(each, version=version) for each in rewards)
    # Kept without a text, and so in the order of the codes.
    in_order = sorted(stocked, key=lambda each: each.reward_id)
    bare = replace(catalogue().version, version=version, text="")
    head = replace(bare, sha256=catalogue_hash(bare, in_order))
    on.here.town.done(
        stock_catalogue.StockCatalogue(**on.here.named(version=head, rewards=stocked))
    )


def last_fen(on: Track, rounds: int) -> Iterator[str]:
    """The pool has the money for one more, to the fen; each fourth round a fen less, for nobody."""
    everything = {"tariff_fen": {"default": on.here.pool().free}, "stock": None, "limits": ()}
    republish(on.here, C12={"stock": None, "limits": ()}, C05=everything)
    members = on.members(RACERS, 100 * rounds + 200)
    on.done(iter([on.here.redemption(members[0], "C05")]))
    drawn_before = on.number(C12_DRAWN)

    def before(number: int) -> None:
        missing = WHOLE - _is_short(number) - on.here.pool().free
        on.done(iter([_funding(on, missing)]))

    ran = on.race(
        rounds,
        lambda number, racer: redemption(members[racer], RewardId("C12"), number, racer),
        before=before,
    )
    for number, answers in enumerate(ran):
        nobody, facts = Counter({PoolExhausted.code: RACERS}), on.here.pool()
        fair = nobody if _is_short(number) else lost(PoolExhausted.code)
        if Counter(answers) != fair:
            yield _unfair(number, answers, facts)
    drawn = on.number(C12_DRAWN) - drawn_before
    on.done(iter([_funding(on, WHOLE * 10_000)]))
    if drawn != sum(not _is_short(number) for number in range(rounds)):
        yield f"round sum: {drawn} vouchers"


def _is_short(number: int) -> bool:
    return number % 4 == 3


def _funding(on: Track, fen: int) -> fund.Fund:
    return fund.Fund(**on.here.named(programme="health", amount_fen=Fen(fen), source=Source.UNION))


def last_points(on: Track, rounds: int) -> Iterator[str]:
    """A member whose points are enough for one voucher asks eight times at once."""
    republish(on.here, C12={"limits": (), "stock": None})
    members = on.members(rounds, 150)
    ran = on.race(
        rounds,
        lambda number, racer: redemption(members[number], RewardId("C12"), number, racer),
    )
    wallets = on.by_id(
        "SELECT v.member_id, count(*), min(a.available), min(a.held) FROM voucher v"
        " JOIN account a ON a.association_id = v.association_id"
        " AND a.account_id = v.member_id || '.health.wallet'"
        " WHERE v.association_id = :a GROUP BY v.member_id"
    )
    for number, answers in enumerate(ran):
        facts = wallets[members[number]]
        if Counter(answers) != lost(InsufficientPoints.code) or facts != (1, 50, 100):
            yield _unfair(number, answers, facts)


def last_at_outlet(on: Track, rounds: int) -> Iterator[str]:
    """One piece is left at an outlet, though there are more in all: at two outlets at once."""
    members, run = on.members(RACERS, 100), on.fresh_name()
    stock = Stock(total=RACERS, outlets={SHOP: 1, SHOP_2: 1})
    pieces = [replace(_piece(f"{run}{n}", n), stock=stock) for n in range(rounds)]
    _publish(on, pieces)

    def make(number: int, racer: int) -> object:
        drawn = redemption(members[racer], pieces[number].reward_id, number, racer)
        return replace(drawn, outlet_id=SHOP if racer < RACERS // 2 else SHOP_2)

    ran, half = on.race(rounds, make), RACERS // 2
    fair = Counter({"won": 1, OutOfStock.code: half - 1})
    counts = on.by_id(
        "SELECT reward_id, min(reserved), max(reserved), count(*) FROM stock"
        " WHERE association_id = :a AND bucket = '@' GROUP BY reward_id"
    )
    for number, answers in enumerate(ran):
        facts = counts[pieces[number].reward_id]
        one, other = Counter(answers[:half]), Counter(answers[half:])
        if (one, other, facts) != (fair, fair, (1, 1, 2)):
            yield _unfair(number, answers, facts)


def one_gate(on: Track, rounds: int) -> Iterator[str]:
    """Staff opened a gate once, and the member asks eight times: one voucher is drawn by it."""
    members, run = on.members(rounds, 100), on.fresh_name()
    piece = replace(_piece(f"{run}g", 0), gate="doctor_referral", stock=None)
    _publish(on, [piece])
    named, code = on.here.named, piece.reward_id
    on.done(open_gate.OpenGate(**named(member_id=each, reward_id=code)) for each in members)
    ran = on.race(
        rounds, lambda number, racer: redemption(members[number], piece.reward_id, number, racer)
    )
    drawn = on.by_id(
        "SELECT member_id, count(*) FROM voucher WHERE association_id = :a GROUP BY member_id"
    )
    for number, answers in enumerate(ran):
        facts = drawn[members[number]]
        if Counter(answers) != lost(GateClosed.code) or facts != (1,):
            yield _unfair(number, answers, facts)


def capture_against_release(on: Track, rounds: int) -> Iterator[str]:
    """An authorised voucher: four use it under the authorisation, four give it up; one deed wins.

    A release has one name, so its four racers are one: all hear that it was given up, or none.
    """
    republish(on.here, C12={"stock": None})
    links, run = on.drawn(rounds), on.fresh_name()
    shown = on.done(on.authorise(each, f"{run}a{number}") for number, each in enumerate(links))
    names = [each["authorisation_id"] for each in shown]

    def make(number: int, racer: int) -> object:
        if racer < RACERS // 2:
            return on.release(links[number], names[number])
        request_no = f"{run}r{number}-{racer}"
        return on.capture(links[number], request_no, WHOLE, authorisation_id=names[number])

    ran, events, half = on.race(rounds, make), on.by_id(EVENTS), RACERS // 2
    for number, answers in enumerate(ran):
        facts = events[links[number].voucher_id]
        released, captured = Counter(answers[:half]), Counter(answers[half:])
        ended = Counter({AuthorisationEnded.code: half})
        given_up = released == Counter({"won": half}) and captured == ended
        used = released == ended and captured == lost_by(half, AlreadyCaptured.code)
        if not (given_up and facts == (0, 0, 0, 0)) and not (used and facts == (1, 0, 0, WHOLE)):
            yield _unfair(number, answers, facts)


def last_void(on: Track, rounds: int) -> Iterator[str]:
    """Eight captures of one outlet, and one void left to it today: one of them is taken back."""
    republish(on.here, C12={"stock": None})
    links, run = on.drawn(rounds * RACERS), on.fresh_name()
    on.done(on.capture(each, f"{run}{number}", WHOLE) for number, each in enumerate(links))

    def before(_number: int) -> None:
        on.here.town.done(on.voids_a_day(on.number(VOIDS) + 1))

    def make(number: int, racer: int) -> object:
        which = number * RACERS + racer
        return on.void(links[which], f"{run}{which}", f"{run}v{which}")

    voided = on.number(VOIDS)
    ran = on.race(rounds, make, before=before)
    for number, answers in enumerate(ran):
        if Counter(answers) != lost(VoidsOfDayReached.code):
            yield _unfair(number, answers, on.number(VOIDS))
    if on.number(VOIDS) - voided != rounds:
        yield f"round sum: {on.number(VOIDS) - voided} voids"
    on.here.town.done(on.voids_a_day(VOIDS_MAX_MOST))


RACES: tuple[Race, ...] = (
    one_voucher,
    overdraw,
    capture_against_void,
    capture_against_expiry,
    capture_against_release,
    last_void,
    last_piece,
    last_at_outlet,
    one_gate,
    last_points,
    last_fen,
)

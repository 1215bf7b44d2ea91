"""The catalogue and vouchers: drawn in two taps, shown to their owner alone."""

from dataclasses import replace
from datetime import date

from starlette.responses import Response

from points.catalogue.errors import OutletNeeded
from points.catalogue.model import Reward
from points.catalogue.store import find_version, list_rewards, stock_taken
from points.edge.headers import POSITION_HEADERS
from points.flows.mending import Reason
from points.flows.nearby import offerings
from points.flows.passing import passing_rule
from points.flows.quote import Quote, quote
from points.flows.redeem import Redeem, gate_words
from points.identity.policy import Action
from points.kernel.ids import OperationId, OutletId, RewardId, VoucherId
from points.ledger.errors import NoAccount
from points.rules.vouchers import MEMBER
from points.vouchers.model import State
from points.vouchers.reads import find_voucher, offer_of_voucher, vouchers_of
from points.web.doors import PHONE
from points.web.m.points import me
from points.web.m.qr import shown_here
from points.web.photos import photo
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _entrance = pages(PHONE)
Priced = tuple[str, tuple[Quote, list[Reason]]]
PAGE = 20
OFFERED_MAX = 100


def rewards_page(visit: Visit) -> Response:
    """List what is shown today, by programme."""
    programme = visit.query("programme")
    rewards, _ = _visible(visit)
    with visit.engine.reading(visit.association) as connection:
        taken = stock_taken(connection, visit.association)
    shown = [each for each in rewards if not programme or programme in each.programmes]
    left = {
        each.reward_id: max(each.stock.total - taken.get(each.reward_id, 0), 0)
        for each in shown
        if each.stock and each.stock.total is not None
    }
    return visit.show(
        "m/rewards.html",
        rewards=sorted(shown, key=lambda each: (each.price, each.reward_id)),
        left=left,
        programme=programme,
        programmes=list(visit.context.rules.programmes()),
        gate_words=gate_words,
    )


def _visible(visit: Visit) -> tuple[list[Reward], date | None]:
    """Return what is shown today, and which day that is where the catalogue counts."""
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        version = find_version(connection, visit.association, now)
        rewards = list_rewards(connection, visit.association, now)
    if version is None:
        return [], None
    today = version.day(now)
    return [each for each in rewards if each.visible(today)], today


def photo_page(visit: Visit, sha256: str) -> Response:
    """Return a photo; what has this hash never changes."""
    return photo(visit, sha256)


def reward_page(visit: Visit, reward_id: str) -> Response:
    """Show a reward with what it would cost, from each wallet that may pay."""
    return _show(visit, reward_id)


def _show(visit: Visit, reward_id: str) -> Response:
    rewards, today = _visible(visit)
    reward = next((each for each in rewards if each.reward_id == reward_id), None)
    if reward is None:
        raise Missing
    offered = offerings(visit.engine, visit.association, reward)
    quotes = _payable([(each, _quoted(visit, reward, each)) for each in reward.programmes])
    answer = visit.show(
        "m/reward.html",
        reward=reward,
        quotes=quotes,
        offered=offered[:OFFERED_MAX],
        more=len(offered) > OFFERED_MAX,
        begins=None if today is None or reward.active(today) else reward.active_from,
        gate=gate_words(reward.gate),
    )
    answer.headers.update(POSITION_HEADERS)
    return answer


def _payable(quotes: list[Priced]) -> list[Priced]:
    """Put first what can be paid with; a programme that the member is not in only where all are."""
    own = [each for each in quotes if NoAccount.code not in _codes(each)]
    return sorted(own or quotes, key=lambda each: bool(each[1][1]))


def _codes(priced: Priced) -> set[str]:
    return {each.refusal.code for each in priced[1][1]}


def _quoted(visit: Visit, reward: Reward, programme: str) -> tuple[Quote, list[Reason]]:
    """Return a quote, and what speaks against it besides that no outlet is chosen yet."""
    found = quote(visit.engine, _command(visit, reward.reward_id, programme), visit.engine.ids)
    return found, [each for each in found.reasons if each.refusal.code != OutletNeeded.code]


def _command(visit: Visit, reward_id: str, programme: str) -> Redeem:
    return Redeem(
        association_id=visit.association,
        operation_id=OperationId("quote"),
        actor=visit.here.actor,
        member_id=me(visit),
        reward_id=RewardId(reward_id),
        programme=programme,
    )


def redeem_sent(visit: Visit, reward_id: str) -> Response:
    """Draw a voucher; the same form sent twice draws one."""
    programme = visit.form.choice("programme", list(visit.context.rules.programmes()))
    outlet = visit.form.text("outlet", most=26, needed=False)
    if not visit.form.sound:
        return _show(visit, reward_id)
    command = replace(
        _command(visit, reward_id, programme),
        operation_id=visit.operation,
        outlet_id=OutletId(outlet) if outlet else None,
    )
    outcome = visit.submit(command)
    if outcome.refusal is not None:
        return _show(visit, reward_id)
    return visit.go(f"/m/vouchers/{outcome.result['voucher_id']}", "drawn")


def vouchers_page(visit: Visit) -> Response:
    """List a member's vouchers, newest first."""
    before = visit.query("before", 26)
    with visit.engine.reading(visit.association) as connection:
        held = vouchers_of(
            connection,
            visit.association,
            me(visit),
            before=VoucherId(before) if before else None,
            most=PAGE + 1,
        )
    now = visit.house.installation.clock.now()
    rows = [(each, each.shown_state(now).value) for each in held]
    more = held[PAGE - 1].voucher.voucher_id if len(held) > PAGE else ""
    return visit.show("m/vouchers.html", rows=rows[:PAGE], more=more)


def voucher_page(visit: Visit, voucher_id: str) -> Response:
    """Show a voucher with its QR, while it can be used; its code is a page of its own."""
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        held = find_voucher(connection, visit.association, VoucherId(voucher_id))
        offered = offer_of_voucher(connection, visit.association, VoucherId(voucher_id), now)
    if held is None or held.owner_id != me(visit):
        raise Missing
    state = held.shown_state(now)
    usable = state is State.ISSUED
    reward = next((e for e in _visible(visit)[0] if e.reward_id == held.voucher.reward_id), None)
    rules = visit.context.vouchers
    return visit.show(
        "m/voucher.html",
        held=held,
        state=state.value,
        offered=offered if usable else None,
        passable=passing_rule(rules, held.voucher, reward, MEMBER) is not None,
        somewhere=reward is not None and not held.voucher.terms.outlet_id,
        qr=shown_here(visit, voucher_id) if usable else None,
        offline=visit.context.offline.enabled,
    )


_VOUCHER = Action.READ_VOUCHER
PAGES = (
    get("/m/rewards", rewards_page, allows=Action.READ_REWARDS),
    get("/m/photos/{sha256}", photo_page, allows=Action.READ_REWARDS),
    # Whoever looks at the price is about to pay it: the quote is a redemption thrown away.
    get("/m/rewards/{reward_id}", reward_page, allows=Action.REDEEM),
    post("/m/rewards/{reward_id}", redeem_sent, allows=Action.REDEEM),
    get("/m/vouchers", vouchers_page, allows=_VOUCHER),
    get("/m/vouchers/{voucher_id}", voucher_page, allows=_VOUCHER),
)

"""Vouchers as staff see them: found by their end or owner, with their history, without codes."""

from starlette.responses import Response

from points.flows.reassign import Reassign
from points.flows.reissue import Reissue
from points.identity.policy import Action
from points.kernel.ids import MemberId, VoucherId
from points.members.reads import masked_names
from points.vouchers.reads import Held, Sought, find_voucher, history_of, search_vouchers
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME, PAGE, EVENTS = "/console/vouchers", 20, 100


def vouchers_page(visit: Visit) -> Response:
    """Search by how a code ends, by who owns or drew it, or by both."""
    last4, member = visit.query("last4", 4).upper(), visit.query("member", 26)
    rows: list[Held] = []
    if last4 or member:
        before = visit.query("before", 26)
        sought = Sought(last4=last4, member=MemberId(member) if member else None)
        with visit.engine.reading(visit.association) as connection:
            rows = search_vouchers(
                connection,
                visit.association,
                sought,
                before=VoucherId(before) if before else None,
                most=PAGE + 1,
            )
    more = rows[PAGE - 1].voucher.voucher_id if len(rows) > PAGE else ""
    now = visit.house.installation.clock.now()
    return visit.show(
        "console/vouchers/list.html",
        rows=[(each, each.shown_state(now).value) for each in rows[:PAGE]],
        names=_names(visit, {each.owner_id for each in rows}),
        more=more,
        last4=last4,
        member=member,
        address=f"{HOME}?last4={last4}&member={member}",
    )


def _names(visit: Visit, people: set[MemberId]) -> dict[MemberId, str]:
    with visit.engine.reading(visit.association) as connection:
        return dict(masked_names(connection, visit.association, people, visit.context))


def _held(visit: Visit, voucher_id: str) -> Held:
    with visit.engine.reading(visit.association) as connection:
        held = find_voucher(connection, visit.association, VoucherId(voucher_id))
    if held is None:
        raise Missing
    return held


def voucher_page(visit: Visit, voucher_id: str) -> Response:
    """Show a voucher and what happened to it."""
    return _shown(visit, _held(visit, voucher_id))


def _shown(visit: Visit, held: Held) -> Response:
    with visit.engine.reading(visit.association) as connection:
        chapters = history_of(connection, visit.association, held.voucher.voucher_id, most=EVENTS)
    people = {held.owner_id, held.voucher.member_id}
    people |= {each.to_member for each in chapters if each.to_member is not None}
    return visit.show(
        "console/vouchers/voucher.html",
        held=held,
        state=held.shown_state(visit.house.installation.clock.now()).value,
        chapters=chapters,
        names=_names(visit, people),
    )


def reissue_sent(visit: Visit, voucher_id: str) -> Response:
    """Replace the code of who lost the phone; nobody of staff sees the new one."""
    held, reason = _held(visit, voucher_id), visit.form.text("reason")
    if visit.form.sound:
        visit.submit(
            Reissue(**visit.acting(), voucher_id=held.voucher.voucher_id, reason=reason),
            reason_needed="reason",
            personal_in_text="reason",
        )
    if visit.form.sound:
        return visit.go(f"{HOME}/{voucher_id}", "voucher_reissued")
    return _shown(visit, held)


def reassign_sent(visit: Visit, voucher_id: str) -> Response:
    """Give a voucher another owner."""
    held = _held(visit, voucher_id)
    receiver, reason = visit.form.text("receiver", most=26), visit.form.text("why")
    if visit.form.sound:
        visit.submit(
            Reassign(
                **visit.acting(),
                voucher_id=held.voucher.voucher_id,
                reward_id=held.voucher.reward_id,
                owner=held.owner_id,
                receiver=MemberId(receiver.upper()),
                reason=reason,
                person=visit.principal.person,
            ),
            receiver_unsuitable="receiver",
            reason_needed="why",
            personal_in_text="why",
        )
    if visit.form.sound:
        return visit.go(f"{HOME}/{voucher_id}", "voucher_reassigned")
    return _shown(visit, held)


_ONE = f"{HOME}/{{voucher_id}}"
PAGES = (
    get(HOME, vouchers_page, allows=Action.READ_VOUCHER),
    get(_ONE, voucher_page, allows=Action.READ_VOUCHER),
    post(f"{_ONE}/reissue", reissue_sent, allows=Action.REISSUE_VOUCHER),
    post(f"{_ONE}/reassign", reassign_sent, allows=Action.REASSIGN_VOUCHER),
)

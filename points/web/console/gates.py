"""What staff have seen for a member: record it, see what became of it, take it back."""

from starlette.responses import Response

from points.catalogue.gates import grants_of
from points.catalogue.store import list_rewards
from points.flows.open_gate import DAYS, DAYS_MAX, CloseGate, OpenGate
from points.flows.redeem import gate_words
from points.identity.policy import Action
from points.kernel.ids import MemberId, RewardId
from points.web.console.people import reads_member
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)


def gates_page(visit: Visit, member_id: str) -> Response:
    """Show a member's grants, and the form for the next."""
    return _show(visit, MemberId(member_id))


def _show(visit: Visit, member: MemberId) -> Response:
    if reads_member(visit, member) is None:
        raise Missing
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        rewards = list_rewards(connection, visit.association, now)
        grants = grants_of(connection, visit.association, member)
    return visit.show(
        "console/gates.html",
        member_id=member,
        gated=[each for each in rewards if each.gate],
        titles={each.reward_id: visit.t.of(each.title_zh, each.title_en) for each in rewards},
        grants=grants,
        gate_words=gate_words,
        days=DAYS,
    )


def gate_opened(visit: Visit, member_id: str) -> Response:
    """Record what was seen."""
    form, member = visit.form, MemberId(member_id)
    reward = form.text("reward", most=26)
    days = form.whole("days", least=1, most=DAYS_MAX)
    if not form.sound:
        return _show(visit, member)
    command = OpenGate(
        **visit.acting(),
        member_id=member,
        reward_id=RewardId(reward),
        days=days,
        person=visit.principal.person,
    )
    if visit.submit(command, reward_unavailable="reward").refusal is not None:
        return _show(visit, member)
    return visit.go(f"/console/members/{member}/gates", "gate_opened")


def gate_closed(visit: Visit, member_id: str, grant_id: str) -> Response:
    """Take a grant back."""
    member = MemberId(member_id)
    visit.submit(CloseGate(**visit.acting(), member_id=member, grant_id=grant_id))
    if not visit.form.sound:
        return _show(visit, member)
    return visit.go(f"/console/members/{member}/gates", "gate_closed")


_GATES = "/console/members/{member_id}/gates"
PAGES = (
    get(_GATES, gates_page, allows=Action.OPEN_GATE),
    post(_GATES, gate_opened, allows=Action.OPEN_GATE),
    post(f"{_GATES}/{{grant_id}}/close", gate_closed, allows=Action.OPEN_GATE),
)

"""Members: find one, look at one, and see what is masked with a reason."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from points.activities import reads as claims
from points.flows import look
from points.flows.unmask import FIELDS, Reason, Unmask, Unmasked, today, unmasked
from points.identity.policy import Action, judge, sees
from points.kernel.ids import MemberId
from points.members import reads
from points.members.identifiers import mask_name, mask_phone
from points.members.model import Member
from points.privacy.model import Consent
from points.privacy.reads import consents_of
from points.web.doors import CONSOLE
from points.web.lines import Told, told
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
PAGE = 50
LINES = 10


def members_page(visit: Visit) -> Response:
    """List members, masked; by branch, by id, or by telephone number, which nobody logs."""
    return _listed(visit)


def members_searched(visit: Visit) -> Response:
    """Find a member by a telephone number, which travels in a form and so stands in no address."""
    phone = "".join(visit.form.text("phone", most=20).split())
    if not visit.form.sound:
        return _listed(visit)
    with visit.engine.reading(visit.association) as connection:
        found = reads.by_phones(connection, visit.association, [phone], visit.context).get(phone)
    if found is not None and visit.here.sees_member(found.member_id):
        return visit.go(f"/console/members/{found.member_id}")
    visit.form.faults["phone"] = ("没有这个手机号的会员", "nobody has this number")
    return _listed(visit)


def _listed(visit: Visit) -> Response:
    branch, wanted, after = visit.query("branch"), visit.query("id"), visit.query("after")
    if wanted:
        if reads_member(visit, MemberId(wanted)) is not None:
            return visit.go(f"/console/members/{wanted}")
        visit.form.faults["id"] = ("没有这个编号的会员", "nobody has this id")
    seen = visit.here.areas
    with visit.engine.reading(visit.association) as connection:
        rows = reads.page(
            connection,
            visit.association,
            visit.context,
            branch=branch or None,
            places=None if seen.everything else (seen.branches, seen.grids),
            after=after,
            limit=PAGE + 1,
        )
    more = rows[PAGE - 1].member_id if len(rows) > PAGE else ""
    return visit.show("console/members.html", rows=rows[:PAGE], more=more, branch=branch)


def member_page(visit: Visit, member_id: str) -> Response:
    """Show a member."""
    return show_member(visit, MemberId(member_id))


def reads_member(visit: Visit, member_id: MemberId) -> Member | None:
    """Return a member whom the visitor sees, or None: unknown and unseen are the same."""
    with visit.engine.reading(visit.association) as connection:
        found = reads.members(connection, visit.association, [member_id], visit.context)
    member = found.get(member_id)
    if member is None or not visit.here.sees(member.profile.branch, member.profile.grid):
        return None
    return member


def show_member(visit: Visit, member_id: MemberId, shown: Unmasked | None = None) -> Response:
    """Show a member, with what was unmasked just now if anything was.

    Raises:
        Missing: There is nobody of this id, or nobody that the visitor may see.
    """
    member = reads_member(visit, member_id)
    if member is None:
        raise Missing
    with visit.engine.reading(visit.association) as connection:
        person = reads.persons(connection, visit.association, [member_id], visit.context).get(
            member_id
        )
        filed = claims.of_member(connection, visit.association, member_id, limit=LINES)
        consents = _consents(visit, connection, member_id)
    return visit.show(
        "console/member.html",
        member=member,
        name=mask_name(person.name) if person else "",
        phone=mask_phone(person.phone) if person else "",
        shown=shown,
        filed=filed,
        consents=consents,
        types=visit.context.types.types,
        fields=FIELDS,
        reasons=[each.value for each in Reason if each is not Reason.ACCESS],
        **_points(visit, member),
    )


def _consents(visit: Visit, connection: Any, member_id: MemberId) -> list[Consent] | None:  # noqa: ANN401 - a connection
    if not visit.can("consent"):
        return None
    return list(consents_of(connection, visit.association, [member_id]))


def _points(visit: Visit, member: Member) -> Mapping[str, Any]:
    """Return balances and last lines, for whoever may see this member's points."""
    who, profile = visit.principal, member.profile
    may = judge(who, Action.READ_BALANCE).allowed
    if not may or not sees(who, Action.READ_BALANCE, profile.branch, profile.grid):
        return {"balances": None, "lines": []}
    balances = look.balances(visit.engine, visit.association, member.member_id)
    lines: list[Told] = []
    for balance in balances:
        lines.extend(told(visit, member.member_id, str(balance.measure), limit=LINES))
    lines.sort(key=lambda each: each.line.recorded_at, reverse=True)
    return {"balances": balances, "lines": lines[:LINES]}


def unmask_sent(visit: Visit, member_id: str) -> Response:
    """Show what is masked, once the reason is written down; each look counts."""
    member = reads_member(visit, MemberId(member_id))
    if member is None:
        raise Missing
    form = visit.form
    fields = form.many("fields", FIELDS)
    reason = form.choice("code_of_reason", [each.value for each in Reason])
    words = form.text("reason")
    if not form.sound:
        return show_member(visit, member.member_id)
    outcome = visit.submit(
        Unmask(
            association_id=visit.association,
            operation_id=visit.here.fresh_operation,
            actor=visit.here.actor,
            member_id=member.member_id,
            fields=fields,
            reason=Reason(reason),
            words=words,
            day=today(visit.engine),
        )
    )
    if outcome.refusal is not None:
        return show_member(visit, member.member_id)
    found = unmasked(visit.engine, visit.context, visit.association, member.member_id, fields)
    return show_member(visit, member.member_id, found)


PAGES = (
    get("/console/members", members_page, allows=Action.READ_MEMBER),
    post("/console/members", members_searched, allows=Action.READ_MEMBER),
    get("/console/members/{member_id}", member_page, allows=Action.READ_MEMBER),
    post("/console/members/{member_id}/unmask", unmask_sent, allows=Action.UNMASK),
)

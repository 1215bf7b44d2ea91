"""Accounts of staff, and the glass that is broken in an emergency."""

from starlette.responses import Response

from points.flows.add_staff import AddStaff
from points.flows.break_glass import MINUTES_MAX, BreakGlass
from points.flows.guessing import blinded
from points.flows.list_staff import history, list_staff
from points.flows.staff_roles import GrantRole, RevokeRole
from points.flows.staff_standing import DisableStaff, EnableStaff, EndStaffSessions, ResetStaff
from points.identity.policy import Action
from points.identity.roles import LIMITED, STAFF_ROLES, Grant, Level, Role, read_grant
from points.identity.second_factor import about
from points.identity.segregation import BORROWABLE
from points.kernel.ids import MemberId
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HERE = "/console/staff"
ROLES = tuple(role.value for role in STAFF_ROLES)
LEVELS = tuple(level.value for level in Level)


def staff_page(visit: Visit) -> Response:
    """List all accounts, with a form that adds one."""
    return visit.show(
        "console/staff.html",
        seats=list_staff(visit.engine, visit.association),
        roles=ROLES,
        levels=LEVELS,
    )


def add_sent(visit: Visit) -> Response:
    """Add an account; its set-up code is shown once."""
    form = visit.form
    account, grant = form.text("account", most=40), _grant(visit)
    person = form.text("person", most=26, needed=False)
    if not form.sound or grant is None:
        return staff_page(visit)
    code, hashed = _set_up_code(visit, account)
    outcome = visit.submit(
        AddStaff(
            **visit.acting(),
            staff_id=account,
            grants=(grant,),
            set_up_hash=hashed,
            person=MemberId(person) if person else None,
        ),
        not_found="person",
    )
    if outcome.refusal is not None:
        return staff_page(visit)
    return _code_shown(visit, account, code)


def _code_shown(visit: Visit, account: str, code: str) -> Response:
    """Show what opens an account for the first time, and where."""
    return visit.show(
        "console/set_up_code.html",
        account=account,
        code=code,
        address=visit.whole_address("/console/set-up"),
    )


def _grant(visit: Visit) -> Grant | None:
    """Return the grant that was put together in a form."""
    form = visit.form
    role = form.choice("role", ROLES)
    level = form.choice("level", LEVELS, needed=False) or Level.ASSOCIATION.value
    limited = level in {each.value for each in LIMITED}
    place = form.text("place", most=60, needed=limited)
    if not form.sound:
        return None
    parts = [role]
    if role == Role.REVIEWER and level != Level.ASSOCIATION:
        parts += [level, *([place] if limited else [])]
    found = read_grant(":".join(parts))
    if found is None:
        form.faults["role"] = ("角色不符合要求", "there is no such role")
    return found


def _set_up_code(visit: Visit, account: str) -> tuple[str, str]:
    """Return a set-up code and what is kept of it; the same form sent twice shows the same code."""
    factors = visit.context.factors
    code = factors.set_up_code(f"{visit.association}|{visit.operation}")
    return code, factors.set_up_hash(code, about(visit.association, account))


def account_page(visit: Visit, account: str) -> Response:
    """Show an account, what happened to it, and what can be done with it."""
    seat = next(
        (s for s in list_staff(visit.engine, visit.association) if s.account.staff_id == account),
        None,
    )
    if seat is None:
        raise Missing
    return visit.show(
        "console/staff_account.html",
        seat=seat,
        events=history(visit.engine, visit.association, account)[:50],
        roles=ROLES,
        levels=LEVELS,
    )


def grant_sent(visit: Visit, account: str) -> Response:
    """Let a person do more."""
    grant, reason = _grant(visit), visit.form.text("reason", needed=False)
    if grant is not None and visit.form.sound:
        visit.submit(GrantRole(**visit.acting(), staff_id=account, grant=grant, reason=reason))
    return _changed(visit, account, "role_granted")


def revoke_sent(visit: Visit, account: str) -> Response:
    """Let a person do less."""
    grant, reason = visit.form.text("grant", most=120), visit.form.text("reason", needed=False)
    if visit.form.sound:
        visit.submit(RevokeRole(**visit.acting(), staff_id=account, grant=grant, reason=reason))
    return _changed(visit, account, "role_revoked")


def disable_sent(visit: Visit, account: str) -> Response:
    """Let a person in no more."""
    reason = visit.form.text("reason", needed=False)
    if visit.form.sound:
        visit.submit(DisableStaff(**visit.acting(), staff_id=account, reason=reason))
    return _changed(visit, account, "account_disabled")


def enable_sent(visit: Visit, account: str) -> Response:
    """Let a person in again."""
    reason = visit.form.text("reason", needed=False)
    if visit.form.sound:
        visit.submit(EnableStaff(**visit.acting(), staff_id=account, reason=reason))
    return _changed(visit, account, "account_enabled")


def log_out_sent(visit: Visit, account: str) -> Response:
    """Log a person out everywhere."""
    visit.submit(EndStaffSessions(**visit.acting(), staff_id=account))
    return _changed(visit, account, "account_logged_out")


def _changed(visit: Visit, account: str, done: str) -> Response:
    if visit.form.sound:
        return visit.go(f"{HERE}/{account}", done)
    return account_page(visit, account)


def reset_sent(visit: Visit, account: str) -> Response:
    """Take password and second factor away; the new set-up code is shown once."""
    reason = visit.form.text("reason", needed=False)
    if visit.form.sound:
        code, hashed = _set_up_code(visit, account)
        outcome = visit.submit(
            ResetStaff(
                **visit.acting(),
                staff_id=account,
                set_up_hash=hashed,
                guard=blinded(visit.engine, visit.association, account),
                reason=reason,
            )
        )
        if outcome.refusal is None:
            return _code_shown(visit, account, code)
    return account_page(visit, account)


def glass_page(visit: Visit) -> Response:
    """Show what can be borrowed, and who is told."""
    roles = [role.value for role in BORROWABLE]
    return visit.show("console/glass.html", roles=roles, most=MINUTES_MAX)


def glass_sent(visit: Visit) -> Response:
    """Borrow a role for a while; everybody who watches is told."""
    form = visit.form
    role = form.choice("role", [each.value for each in BORROWABLE])
    minutes, reason = form.whole("minutes", least=1, most=MINUTES_MAX), form.text("reason")
    if form.sound:
        visit.submit(
            BreakGlass(
                **visit.acting(),
                staff_id=visit.principal.subject,
                role=Role(role),
                minutes=minutes,
                reason=reason,
            )
        )
    return visit.go("/console", "borrowed") if form.sound else glass_page(visit)


_STAFF, _GLASS = Action.MANAGE_STAFF, Action.BREAK_GLASS
_ONE = f"{HERE}/{{account}}"
PAGES = (
    get(HERE, staff_page, allows=_STAFF),
    post(HERE, add_sent, allows=_STAFF),
    get(_ONE, account_page, allows=_STAFF),
    post(f"{_ONE}/grant", grant_sent, allows=_STAFF),
    post(f"{_ONE}/revoke", revoke_sent, allows=_STAFF),
    post(f"{_ONE}/disable", disable_sent, allows=_STAFF),
    post(f"{_ONE}/enable", enable_sent, allows=_STAFF),
    post(f"{_ONE}/reset", reset_sent, allows=_STAFF),
    post(f"{_ONE}/log-out", log_out_sent, allows=_STAFF),
    get("/console/break-glass", glass_page, allows=_GLASS),
    post("/console/break-glass", glass_sent, allows=_GLASS),
)

"""What is shown where a page cannot be: in the same frame, and nothing of what was sent."""

from starlette.responses import Response

from points.identity.errors import Forbidden
from points.identity.policy import roles_for
from points.identity.roles import TITLES, Kind
from points.web.shown import refused
from points.web.stops import Denied, ProofWanted
from points.web.visit import Visit


def _shown(visit: Visit, status: int, title: str, text: str) -> Response:
    return visit.show("failure.html", status, title=title, text=text, status=status)


def missing(visit: Visit) -> Response:
    """Say that there is no such thing."""
    return _shown(visit, 404, visit.t.missing_title, visit.t.missing_text)


def denied(visit: Visit, stop: Denied) -> Response:
    """Say that somebody may not, and who of those who come through this door may."""
    at = visit.language == "en"
    roles = roles_for(stop.action, visit.door.kind) if stop.why.code == Forbidden.code else ()
    named = (f"{TITLES[each][0]}（{each.value}）" if not at else each.value for each in roles)
    text = stop.why.text(visit.language)
    if roles:
        text = visit.t.denied_who.format(text, (", " if at else "、").join(named))
    return _shown(visit, 403, visit.t.denied_title, text)


def stale(visit: Visit) -> Response:
    """Say that a form is too old, or from elsewhere."""
    return _shown(visit, 403, visit.t.stale_title, visit.t.stale_text)


def unavailable(visit: Visit) -> Response:
    """Say that the database does not answer; the same form may be sent again."""
    answer = _shown(visit, 503, visit.t.unavailable_title, visit.t.unavailable_text)
    answer.headers["Retry-After"] = "1"
    return answer


def broken(visit: Visit, words: tuple[str, str], status: int) -> Response:
    """Say what cannot be done as asked."""
    return _shown(visit, status, visit.t.broken_title, words[0 if visit.language == "zh" else 1])


def proof_wanted(visit: Visit, stop: ProofWanted) -> Response:
    """Ask for the second factor; what was asked for goes on with it."""
    if visit.principal.kind is Kind.MEMBER:
        return visit.show("m/again.html", 401)
    if visit.principal.kind is not Kind.STAFF:
        return missing(visit)
    why = refused(stop.refusal, visit.language) if stop.refusal else ""
    return visit.show("console/prove.html", 401, refused=why)

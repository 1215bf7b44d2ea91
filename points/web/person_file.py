"""Everything that is kept about a person, as a file: for themselves, or for who answers them."""

from starlette.responses import Response, StreamingResponse

from points.flows.person_export import PersonExport
from points.flows.unmask import FIELDS, Reason, Unmask, today
from points.kernel.ids import MemberId
from points.privacy.model import Look
from points.web.stops import Missing
from points.web.visit import Visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("json", "xlsx")


def person_file(visit: Visit, member: MemberId, form: str) -> Response:
    """Write down who takes a person's data out, then return it.

    Raises:
        Missing: It may not be taken out.
    """
    outcome = visit.here.submit(
        Unmask(
            association_id=visit.association,
            operation_id=visit.here.fresh_operation,
            actor=visit.here.actor,
            member_id=member,
            fields=FIELDS,
            reason=Reason.ACCESS,
            words="right of access",
            kind=Look.EXPORT,
            day=today(visit.engine),
        )
    )
    if outcome.refusal is not None:
        raise Missing
    now = visit.house.installation.clock.now()
    export = PersonExport(visit.engine, visit.association, member, now)
    name = f"points-{member}-{now:%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "xlsx":
        return Response(export.as_xlsx(), 200, headers, XLSX)
    return StreamingResponse(export.as_json(), 200, headers, "application/json")

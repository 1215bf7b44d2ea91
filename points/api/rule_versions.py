"""Published versions of rules: which there are, which holds when, and how they travel."""

import re
from datetime import datetime
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Day, Text
from points.flows.drafting import NO_VERSION
from points.flows.retire_version import RetireVersion
from points.flows.rule_bundle import write_bundle
from points.flows.rule_shelf import OnShelf, versions
from points.identity.policy import Action
from points.rulebook.reads import Printed, find_version
from points.rulebook.store import shelved


class VersionOut(Answer):
    """A version, and where it stands now."""

    programme: str
    version: int
    sha256: str = Field(description="as it stands on every award")
    phase: str = Field(description="scheduled, in_force or retired")
    origin: str = Field(description="published, or folder for what the installation came with")
    starts_at: datetime
    ends_at: datetime
    draft_id: str | None = None
    revision: int | None = None
    submitted_by: str | None = None
    approved_by: str | None = None
    published_at: datetime | None = None
    correction_id: str | None = None
    retired_by: str | None = None
    retired_reason: str | None = None


class Versions(Answer):
    """Every version, by programme, the newest first."""

    items: list[VersionOut]


class VersionText(VersionOut):
    """A version, word for word."""

    text: str
    cases: dict[str, str]


class NewRetirement(Body):
    """When it is to end, and why."""

    reason: Text
    last: Day | None = Field(
        default=None,
        description="first local day on which it holds no longer; missing: never begins",
    )


class Retired(Answer):
    """The end that a version was given."""

    programme: str
    version: int
    ends_at: datetime


class BundleOut(Answer):
    """A version that travels; what another association imports."""

    bundle: dict[str, Any]


def list_versions(caller: Asking) -> Versions:
    """List every version of the rules, the installation's own included."""
    found = versions(caller.engine, caller.association, caller.clock.now())
    return Versions(items=[VersionOut(**each.as_json()) for each in found])


def get_version(caller: Asking, programme: str, version: str) -> VersionText:
    """Return a version, word for word."""
    found = versions(caller.engine, caller.association, caller.clock.now())
    one = next((each for each in found if _is(each, programme, version)), None)
    if one is None:
        raise Problem.of(NO_VERSION)
    if one.published is None:
        text = caller.context.rules.texts.get(one.sha256, "")
        return VersionText(**one.as_json(), text=text, cases={})
    printed = _printed(caller, programme, version)
    return VersionText(**one.as_json(), text=printed.text, cases=dict(printed.cases))


def export_version(caller: Asking, programme: str, version: str) -> BundleOut:
    """Export a published version for another association."""
    printed = _printed(caller, programme, version)
    with caller.engine.reading(caller.association) as connection:
        history = [
            each
            for each in shelved(connection, caller.association).values()
            if each.version.programme == programme
        ]
    return BundleOut(bundle=write_bundle(printed, history, caller.context))


async def retire_version(
    caller: Asking, programme: str, version: str, body: NewRetirement
) -> Retired:
    """Retire a version before it begins, or from a coming day on."""
    printed = await run_in_threadpool(_printed, caller, programme, version)
    done = await caller.carry_out(
        RetireVersion(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            programme=programme,
            version=printed.shelved.version.version,
            reason=body.reason,
            owners=(printed.shelved.version.submitted_by,),
            last=body.last,
            person=caller.principal.person,
        )
    )
    return Retired.model_validate(done)


def _is(one: OnShelf, programme: str, version: str) -> bool:
    return one.programme == programme and str(one.version) == version


def _printed(caller: Caller, programme: str, version: str) -> Printed:
    number = int(version) if _NUMBER.fullmatch(version) else 0
    with caller.engine.reading(caller.association) as connection:
        found = find_version(connection, caller.association, programme, number)
    if found is None:
        raise Problem.of(NO_VERSION)
    return found


_NUMBER = re.compile(r"[0-9]{1,7}")
_ONE = "/v1/rulesets/versions/{programme}/{version}"
ROUTES = (
    get("/v1/rulesets/versions", list_versions, allows=Action.EXAMINE_RULES, zh="规则版本清单"),
    get(_ONE, get_version, allows=Action.EXAMINE_RULES, zh="规则版本全文"),
    get(f"{_ONE}/bundle", export_version, allows=Action.EXAMINE_RULES, zh="导出规则版本"),
    post(f"{_ONE}:retire", retire_version, allows=Action.APPROVE_RULES, zh="停用规则版本"),
)

"""At the command line: an activity that was taken down wrongly is set right by two people."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from points.flows.table import FLOWS
from points.identity.roles import Grant, Role
from tests.cli.conftest import Console
from tests.flows.town import Town, town
from tests.people import sign_in

WHY = ("--reason", "misrecorded", "--note", "签到表抄错")


@dataclass
class Office:
    """A town with a shift in publicity, and people who take their seat at the console."""

    here: Town
    activity: str
    sit: Callable[[Role], None]


@pytest.fixture
def office(console: Console) -> Iterator[Office]:
    def sit(role: Role) -> None:
        token = sign_in(here.engine, here.association, f"ms-{role.value}", (Grant(role=role),))
        (console.folder / "session").write_text(token, "ascii")

    with town(os.environ["POINTS_DATABASE_URL"], FLOWS) as here:
        activity = here.in_publicity(here.person(), hours="3")
        sit(Role.OFFICER)
        yield Office(here, activity, sit)


def test_one_proposes_and_another_approves(console: Console, office: Office) -> None:
    began = office.here.filed(office.activity).activity.occurred_at + timedelta(hours=1)
    words = ("--set", "hours=1.5", "--at", began.isoformat())
    made = console.answers("activity", "correct", office.activity, *words, *WHY)
    shown = console.answers("proposal", "show", made["proposal_id"])
    assert (shown["kind"], shown["activity_id"]) == ("correct", office.activity)
    assert shown["replacement"]["fields"] == {"hours": "1.5", "verified": True}
    console.says("proposal", "show", made["proposal_id"])
    office.sit(Role.APPROVER)
    done = console.answers("proposal", "approve", made["proposal_id"])
    fact = office.here.filed(done["activity_id"]).activity
    assert (fact.supersedes, fact.occurred_at) == (office.activity, began)
    assert fact.ends_at == began + timedelta(hours=1.5)
    assert office.here.state(office.activity) == "reversed"


def test_what_is_typed_wrongly_says_how(console: Console, office: Office) -> None:
    asking = ("activity", "correct", office.activity)
    assert console.refused(*asking, "--set", "hours", *WHY, status=2) == "bad_field"
    assert console.refused(*asking, "--at", "yesterday", *WHY, status=2) == "bad_instant"
    assert console.refused(*asking, *WHY) == "correction_changes_nothing"
    assert console.refused("activity", "correct", "none", *WHY) == "not_found"
    # Nothing typed leaves a field out, and this one is needed.
    assert console.refused(*asking, "--set", "hours=", *WHY) == "activity_invalid"
    console.says(*asking, "--set", "verified=no", *WHY)

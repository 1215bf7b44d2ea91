"""What is kept too long is found and dealt with; what the law wants kept is never touched."""

from datetime import timedelta
from pathlib import Path

from points.activities.evidence import evidence_of
from points.engine import Flow
from points.flows import destroy_evidence
from points.flows.destroy_evidence import DestroyEvidence
from points.flows.leave import Leave
from points.flows.retention import apply, due
from points.flows.retention_file import Kind, Schedule, read_schedule
from points.flows.withdraw import Withdraw
from points.kernel.ids import ActivityId
from points.members.reads import left_before
from points.privacy.reads import open_requests
from tests.flows.test_privacy_erasure import ALL as ERASURE
from tests.flows.test_privacy_erasure import Village, village
from tests.flows.town import HERE, RULES, Town

FLOWS: dict[type, Flow] = {DestroyEvidence: destroy_evidence.FLOW}


def schedule() -> Schedule:
    read, findings = read_schedule(
        (RULES / "privacy" / "retention.yaml").read_text("utf-8"), file="retention.yaml"
    )
    assert read is not None, findings
    return read


def counts(here: Town) -> dict[Kind, int]:
    return {each.line.kind: each.count for each in due(here.engine, HERE, schedule())}


def with_evidence(here: Village) -> list[int]:
    with here.here.engine.reading(HERE) as connection:
        return [len(evidence_of(connection, HERE, member)) for member in here.members]


def test_evidence_of_closed_claims_is_destroyed_alone(database_url: str, tmp_path: Path) -> None:
    ERASURE.update(FLOWS)
    with village(database_url, tmp_path, 3) as here:
        town_, [one, *_] = here.here, here.members
        with town_.engine.reading(HERE) as connection:
            [claim] = evidence_of(connection, HERE, one)
        town_.done(town_.command(Withdraw, f"member:{one}", activity_id=claim))
        assert counts(town_) == {Kind.EVIDENCE: 0, Kind.PERSONAL: 0}
        town_.clock.advance(timedelta(days=365 * 2 + 3))
        # The claims that nobody has decided about keep theirs, however old they are.
        assert counts(town_)[Kind.EVIDENCE] == 1
        assert apply(town_.engine, HERE, schedule())["evidence"] == 1
        assert with_evidence(here) == [0, 1, 1]
        assert counts(town_)[Kind.EVIDENCE] == 0
        assert town_.state(claim) == "withdrawn"
        nothing = town_.command(DestroyEvidence, activities=(ActivityId("nothing"),))
        assert town_.done(nothing) == {"destroyed": 0}


def test_who_left_long_ago_is_proposed_for_erasure(database_url: str, tmp_path: Path) -> None:
    with village(database_url, tmp_path, 2) as here:
        town_, [one, other] = here.here, here.members
        town_.done(town_.command(Leave, member_id=one, programme="party"))
        town_.clock.advance(timedelta(days=365 * 3 + 3))
        assert counts(town_)[Kind.PERSONAL] == 1
        with town_.engine.reading(HERE) as connection:
            assert left_before(connection, HERE, town_.clock.now()) == [one]
        assert apply(town_.engine, HERE, schedule())["personal"] == 1
        with town_.engine.reading(HERE) as connection:
            [request] = open_requests(connection, HERE)
        assert (request.member_id, request.reason) == (one, "retention")
        # It is proposed once; staff decide, and nobody is erased by the program itself.
        assert counts(town_)[Kind.PERSONAL] == 0
        assert apply(town_.engine, HERE, schedule())["personal"] == 0
        here.erase(one)
        assert counts(town_)[Kind.PERSONAL] == 0
        assert other != one

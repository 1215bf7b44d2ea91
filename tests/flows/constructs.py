"""A town that lives by the examples of every construct."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from points.engine import Flow
from points.flows.close_year import FLOW as CLOSE_YEAR
from points.flows.close_year import CloseYear
from points.flows.context import Context, RuleBook
from points.flows.decide_proposal import FLOW as DECIDE_PROPOSAL
from points.flows.decide_proposal import DecideProposal
from points.flows.propose import REVERSAL, ProposeReversal
from points.flows.rescore import FLOW as RESCORE
from points.flows.rescore import Rescore
from points.flows.resume import FLOW as RESUME
from points.flows.resume import Resume
from points.flows.reverse import Reverse
from points.flows.verify import verify
from points.flows.work import Done, work
from points.kernel.ids import AssociationId, MemberId
from points.ledger.reads import balances
from points.rules import ActivityTypes, RuleSet, load_activity_types, load_ruleset, read_file
from tests.flows.town import FLOWS, NUMBERS, RULES, Town, civic_context, town

ZONE = ZoneInfo("Asia/Shanghai")
EXAMPLES = RULES / "examples"


@cache
def example_types() -> ActivityTypes:
    types, findings = load_activity_types(
        read_file(EXAMPLES / "activities.yaml"), file="activities.yaml"
    )
    assert types is not None, findings
    return types


@cache
def examples(*changed: tuple[str, str]) -> RuleSet:
    """Return the examples' rule set, with pieces of its text exchanged."""
    text = read_file(EXAMPLES / "constructs.yaml")
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    loaded, findings = load_ruleset(text, file="constructs.yaml", types=example_types())
    assert loaded is not None, findings
    return loaded


def context(*changed: tuple[str, str]) -> Context:
    """Return what decisions know when the examples are in force."""
    rules = RuleBook((examples(*changed),))
    return replace(civic_context(), rules=rules, types=example_types())


@contextmanager
def example_town(
    url: str, *changed: tuple[str, str], flows: Mapping[type, Flow] | None = None
) -> Iterator[Town]:
    """Open a town in which the examples are in force, with some flows exchanged."""
    more: dict[type, Flow] = {
        CloseYear: CLOSE_YEAR,
        Resume: RESUME,
        Rescore: RESCORE,
        ProposeReversal: REVERSAL,
        DecideProposal: DECIDE_PROPOSAL,
    }
    with town(url, flows={**FLOWS, **more, **(flows or {})}, context=context(*changed)) as here:
        # An association of its own, so that tests may share a database and no budget.
        here.association = AssociationId(f"a{next(NUMBERS)}")
        yield here


def at(text: str) -> datetime:
    """Return a moment of local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def set_clock(here: Town, text: str) -> None:
    """Let time go on until a local moment."""
    here.clock.advance(at(text) - here.clock.now())


def took_place(
    here: Town,
    member: MemberId,
    kind: str,
    fields: dict[str, Any],
    when: str,
    **other: Any,
) -> str:
    """Take down an activity of a source that proves itself, and return its id."""
    recording = here.shift(
        member,
        type=kind,
        fields=fields,
        occurred_at=at(when),
        **({"source": "feed", "trusted": True} | other),
    )
    return str(here.done(recording)["activity_id"])


def scored(here: Town, *args: Any, **other: Any) -> dict[str, int]:
    """Take down an activity, score it, and return its points by rule, wallets first."""
    activity = took_place(here, *args, **other)
    return by_rule(here.score(activity))


def by_rule(done: dict[str, Any]) -> dict[str, int]:
    """Return points by rule, in the wallet."""
    return {
        each["rule"]: each["points"]
        for each in done["awards"]
        if each["measure"].endswith(".wallet")
    }


def reverse(here: Town, activity: str) -> dict[str, Any]:
    """Take an activity back."""
    claim = here.filed(activity).claim
    return here.done(
        here.command(
            Reverse,
            activity_id=activity,
            member_id=claim.member_id,
            transactions=claim.transactions,
            peers=claim.peers,
            reason="error",
        )
    )


def tick(here: Town) -> Done:
    """Let the worker do what is due."""
    return work(here.engine, here.association)


def sound(here: Town) -> None:
    """Prove that everything kept follows from the facts."""
    verdict = verify(here.engine, here.association)
    assert verdict.ok, verdict.first_difference


def available(here: Town, member: MemberId) -> int:
    """Return what a member can spend."""
    with here.engine.reading(here.association) as connection:
        found = balances(connection, here.association, member, here.clock.now())
    return sum(each.available for each in found if each.measure == "party.wallet")


def balance(here: Town, member: MemberId, measure: str = "party.wallet") -> int:
    """Return all points of a member in a measure, pending ones and debt included."""
    with here.engine.reading(here.association) as connection:
        found = balances(connection, here.association, member, here.clock.now())
    mine = [each for each in found if each.measure == measure]
    return sum(each.pending + each.available + each.held + each.debt for each in mine)

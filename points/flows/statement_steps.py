"""What all steps about a drawn-up statement share: what is locked, and who may not act."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from points.engine import Engine
from points.flows.drafting import need_people, refuse_own
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, PartnerId, StatementId
from points.partners.errors import OwnStatement
from points.partners.model import Line
from points.partners.standing import Standing, StatementEvent, Step
from points.partners.statement_store import page_of_lines
from points.unit_of_work import Keys, WorkingSet

NO_STATEMENT = NotFound(noun="statement", noun_zh="对账单")
FEN_MAX = 10**12
"""More than any line or payment; what is typed beyond is a mistake."""


class AboutStatement(Protocol):
    """A command about one statement of one partner."""

    @property
    def association_id(self) -> AssociationId:
        """Whose data."""
        ...

    @property
    def operation_id(self) -> OperationId:
        """The command's id."""
        ...

    @property
    def actor(self) -> Actor:
        """Who acts."""
        ...

    @property
    def partner_id(self) -> PartnerId:
        """Whose statement."""
        ...

    @property
    def statement_id(self) -> StatementId:
        """Which one."""
        ...


def needs_statement(command: AboutStatement, keys: Keys) -> None:
    """Lock the partner's account: so all steps of its statements come one after the other."""
    keys.partners.partners.add(command.partner_id)
    keys.partners.statements.add(command.statement_id)


def standing_of(command: AboutStatement, on: WorkingSet) -> Standing | Refusal:
    """Return where the statement stands; another partner's is as good as none."""
    standing = on.contracts.standings.get(command.statement_id)
    if standing is None or standing.partner_id != command.partner_id:
        return NO_STATEMENT
    return standing


def take(
    step: Step,
    command: AboutStatement,
    standing: Standing,
    on: WorkingSet,
    **more: object,
) -> dict[str, object]:
    """Append a step and return how the statement stands after it."""
    before = standing.state
    event = StatementEvent(
        statement_id=standing.statement_id,
        version=standing.version + 1,
        step=step,
        actor=command.actor,
        operation_id=command.operation_id,
        recorded_at=on.now,
        **more,  # type: ignore[arg-type]  # names of an event's own fields
    )
    on.contracts.happened(event)
    on.trail.note(
        f"statement_{step.value}",
        standing.statement_id,
        before={"state": before.value},
        after={
            "state": standing.state.value,
            "line": event.line,
            "amount_fen": event.amount_fen,
            "reference": event.reference,
            "paid_on": event.paid_on,
            "reason": event.reason,
            "correction_id": event.correction_id,
        },
        reason=event.text or event.reason,
    )
    return {
        "statement_id": standing.statement_id,
        "state": standing.state.value,
        "version": standing.version,
        "payable_fen": standing.payable_fen,
        "paid_fen": standing.paid_fen,
    }


def need_two(command: AboutStatement, keys: Keys, owner: str) -> None:
    """Load who the two people also are."""
    need_people(keys, [each for each in (command.actor, Actor(owner)) if each])


def refuse_same(
    on: WorkingSet, actor: Actor, person: MemberId | None, owners: Iterable[str | None]
) -> Refusal | None:
    """Return that another person has to, where the step before was this one's."""
    known = [Actor(each) for each in owners if each]
    return OwnStatement() if refuse_own(on, actor, person, known) else None


def read_lines(
    engine: Engine, association: AssociationId, statement_id: StatementId
) -> Iterator[Line]:
    """Yield all lines of a statement: a page at a time, and no connection is held in between."""
    after = 0
    while True:
        with engine.reading(association) as connection:
            page = page_of_lines(connection, association, statement_id, after=after)
        if not page:
            return
        yield from page
        after = page[-1].number

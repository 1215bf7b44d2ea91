"""A process that draws statements up and settles them, to be killed at any moment.

Usage: ``settler.py URL JOURNAL SEED [once|lines-later|corrections-later|answers-early]``, as ``poster.py``. It goes on from day to
day of April: each day's statement is drawn up, a line disputed and the dispute accepted, both sides
agree, and it is paid. The others are controls: lines are written in a transaction of their own,
after the statement's; so are corrections, after the steps that accept them; and what is not done yet
is acknowledged.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy import Engine as Database

from points import unit_of_work
from points.db.engines import open_database
from points.engine import Engine
from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.confirm_statement import ConfirmStatement, CountersignStatement
from points.flows.dispute_line import DisputeLine
from points.flows.draw_up_statement import prepare
from points.flows.pay_statement import PayStatement
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, AssociationId, Ids, OperationId, StatementId
from points.partners import appends, statement_store
from points.partners.standing import Reason
from points.partners.statement_store import find_statement, page_of_lines
from points.partners.tables import statement_correction, statement_line
from tests.faults.poster import Journal
from tests.faults.test_settlement_races import FIRST, OFFICE, SUN, WU, midnight
from tests.flows.market import FLOWS, PHARMACY
from tests.flows.town import HERE, civic_context

LI = Actor("staff:li")
STEPS = ("draw up", "dispute", "accept", "confirm", "countersign", "pay")
PAUSE_SECONDS = 60.0
"""Long enough to be killed in, however busy the machine is."""


def command(engine: Engine, number: int, drawn: str) -> Any:
    """Return the command of a number, the same each time.

    Args:
        engine: To read what is drawn up.
        number: Of the day and the step.
        drawn: The statement of that day, once it is drawn up.
    """
    day, step = divmod(number, len(STEPS))
    operation = OperationId(f"settler:{number}")
    if step == 0:
        return prepare(engine, HERE, operation, LI, PHARMACY, FIRST + timedelta(days=day))
    statement_id = StatementId(drawn)
    about: dict[str, Any] = {
        "association_id": HERE,
        "operation_id": operation,
        "partner_id": PHARMACY,
        "statement_id": statement_id,
    }
    with engine.reading(HERE) as connection:
        filed = find_statement(connection, HERE, statement_id)
        line = page_of_lines(connection, HERE, statement_id, most=1)[0]
    assert filed is not None
    match STEPS[step]:
        case "dispute":
            claims = {"line": 1, "claims_fen": line.amount_fen + 1, "reason": Reason.AMOUNT_WRONG}
            return DisputeLine(**about, actor=OFFICE, **claims)  # type: ignore[arg-type]
        case "accept":
            return AnswerDispute(**about, actor=LI, line=1, verdict=Verdict.ACCEPT)
        case "confirm":
            return ConfirmStatement(**about, actor=OFFICE)
        case "countersign":
            return CountersignStatement(**about, actor=WU, drawn_by=LI)
        case _:
            return PayStatement(
                **about,
                actor=SUN,
                amount_fen=filed.statement.totals.total_fen,
                reference=f"B-{number:04}",
                paid_on=FIRST + timedelta(days=day),
                countersigned_by=WU,
            )


def settle(engine: Engine, clock: ManualClock, journal: Journal, number: int) -> None:
    """Do what a number stands for, on the day after its own, and acknowledge it."""
    day, step = divmod(number, len(STEPS))
    clock.set(midnight(day + 1))
    drawn = journal.acknowledged.get(number - step, "")
    outcome = engine.submit(command(engine, number, drawn))
    done = "refused" if outcome.refusal else outcome.result["statement_id"]
    journal.acknowledged[number] = done
    journal.write(f"ack {number} {done}")


def write_later(module: Any, part: Table) -> None:
    """Break what is to be proved: what was settled is there for a while, and a part of it is not.

    Args:
        module: Which appends the part.
        part: Whose rows come in a transaction of their own.
    """
    append, batch = module.append_rows, unit_of_work.batch
    late: list[tuple[Any, Any]] = []

    def keep(connection: Connection, table: Table, columns: Any, rows: Any) -> None:
        if table is part and rows:
            late.append((columns, rows))
        else:
            append(connection, table, columns, rows)

    @contextmanager
    def twice(database: Database, association: AssociationId) -> Iterator[tuple[Connection, int]]:
        with batch(database, association) as it:
            yield it
        for columns, rows in late:
            time.sleep(PAUSE_SECONDS)
            with unit_of_work.writing(database, association) as connection:
                append(connection, part, columns, rows)
        late.clear()

    module.append_rows = keep
    unit_of_work.batch = twice


def main() -> None:
    url, file, _, *mode = sys.argv[1:]
    if mode == ["lines-later"]:
        write_later(statement_store, statement_line)
    if mode == ["corrections-later"]:
        write_later(appends, statement_correction)
    journal, clock = Journal(Path(file)), ManualClock(midnight(0))
    database = open_database(url, pool_size=2)
    with Engine(database, FLOWS, clock=clock, ids=Ids(clock), context=civic_context()) as engine:
        for number in journal.intended:
            if number not in journal.acknowledged:
                journal.write(f"again {number}")
                settle(engine, clock, journal, number)
        number = max(journal.intended, default=-1) + 1
        while mode != ["once"]:
            journal.write(f"intent {number}")
            if mode == ["answers-early"]:
                journal.write(f"ack {number} early")
                time.sleep(PAUSE_SECONDS)
            settle(engine, clock, journal, number)
            number += 1
    database.dispose()


if __name__ == "__main__":
    main()

"""Which rules hold costs a batch nothing extra: PostgreSQL is asked as the transaction begins."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from points import unit_of_work
from points.flows.table import FLOWS
from points.kernel.ids import AssociationId
from points.rulebook.reads import revision_of_book
from tests.flows.drafts import known, published, rules
from tests.flows.town import NOON, Town, town

DAYS = itertools.count(1)


@pytest.fixture
def here(postgres_url: str) -> Iterator[Town]:
    with town(postgres_url, FLOWS) as it:
        published(it, rules())
        yield it


def messages(here: Town, monkeypatch: pytest.MonkeyPatch, member: Any) -> int:
    """Return how often one batch waits for the server, once everything is warm."""
    ago = timedelta(days=next(DAYS))
    activity = str(here.done(here.shift(member, ago=ago))["activity_id"])
    here.approve(activity)
    scoring, sent = here.scoring(activity), []
    send = psycopg.Cursor.execute

    def counted(self: Any, query: Any, *rest: Any, **named: Any) -> Any:
        sent.append(query)
        return send(self, query, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", counted)
        here.done(scoring)
    return len(sent)


def test_a_batch_sends_no_message_more(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    member = here.person()
    messages(here, monkeypatch, member)
    asked = messages(here, monkeypatch, member)

    @contextmanager
    def unasked(database: Database, association: AssociationId) -> Iterator[tuple[Connection, int]]:
        with unit_of_work.writing(database, association) as connection:
            yield connection, known(here).rules.revision

    @contextmanager
    def apart(database: Database, association: AssociationId) -> Iterator[tuple[Connection, int]]:
        with unit_of_work.writing(database, association) as connection:
            yield connection, revision_of_book(connection, association)

    counts = {}
    for batch in (unasked, apart):
        monkeypatch.setattr(unit_of_work, "batch", batch)
        counts[batch.__name__] = messages(here, monkeypatch, member)
    assert counts == {"unasked": asked, "apart": asked + 1}
    assert known(here).rules.in_force("party", NOON) is not None

# ruff: noqa: S608 - its SQL is put together from its own words
"""The chain where processes meet, and where someone who may do anything changes it.

The head's row lock alone keeps the chain whole: read without it, the chain forks, which the
primary key then stops; without the key as well, the verifier sees it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy import Engine as Database
from sqlalchemy.sql.selectable import Select

from points.audit import store
from points.audit.archive import Anchor
from points.audit.model import Event
from points.audit.reads import whole_chain
from points.audit.tables import audit_event, audit_head
from points.audit.verify import verify_audit
from points.db.append_only import append_only_tables, unprotect
from points.db.engines import open_database
from points.engine import Engine
from points.flows.archive_audit import compare_archive, export_audit
from points.flows.audit import prove
from points.flows.note_access import FLOW, NoteAccess
from points.kernel.canonical import digest
from points.kernel.clock import SystemClock
from points.kernel.errors import PointsError
from points.kernel.ids import Actor, AssociationId, Ids, OperationId
from tests.faults.hesitation import hesitate

A, B = AssociationId("A"), AssociationId("B")
THREADS, ROUNDS = 8, 25


def note(name: str, association: AssociationId = A) -> NoteAccess:
    return NoteAccess(
        association_id=association,
        operation_id=OperationId(f"staff:li:{name}"),
        actor=Actor("staff:li"),
        action="unmask_member",
        subject="M1",
    )


def engines(stack: ExitStack, url: str, count: int) -> list[Engine]:
    clock, found = SystemClock(), []
    for _ in range(count):
        database = open_database(url, pool_size=2)
        stack.callback(database.dispose)
        engine = Engine(database, {NoteAccess: FLOW}, clock=clock, ids=Ids(clock))
        found.append(stack.enter_context(engine))
    return found


def storm(running: list[Engine]) -> list[str]:
    """Let eight threads note at once through all engines; return the codes of what failed."""
    failures: list[str] = []
    gate = threading.Barrier(THREADS)

    def post(thread: int) -> None:
        gate.wait()
        for number in range(ROUNDS):
            try:
                running[thread % len(running)].submit(note(f"{thread}:{number}"))
            except PointsError as error:
                failures.append(error.code)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return failures


@pytest.mark.parametrize("count", [1, 2])
def test_no_gaps_and_no_forks(database_url: str, count: int) -> None:
    with ExitStack() as stack:
        running = engines(stack, database_url, count)
        assert storm(running) == []
        proof = prove(running[0], A)
    assert (proof.ok, proof.rows, proof.head.sequence) == (True, *[THREADS * ROUNDS] * 2)


def test_a_head_that_is_read_without_its_lock_forks(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hesitate(monkeypatch)
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    monkeypatch.setattr(store, "_head_locked", store._head_locked.__wrapped__)
    with ExitStack() as stack:
        running = engines(stack, postgres_url, 2)
        with running[0].database.begin() as owner:
            owner.execute(text("ALTER TABLE audit_event DROP CONSTRAINT pk_audit_event"))
        storm(running)
        proof = prove(running[0], A)
    assert not proof.ok, "two events followed the same one"


def filled(stack: ExitStack, url: str) -> Engine:
    """Return an engine whose two associations have twenty events each."""
    [running] = engines(stack, url, 1)
    running.submit_many(note(str(n), a) for n in range(20) for a in (A, B))
    return running


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine with events, on a database that a test may spoil."""
    with ExitStack() as stack:
        yield filled(stack, database_url)


@pytest.fixture(scope="module")
def shared(module_database_url: str) -> Iterator[Engine]:
    """An engine with events, on a database that stays as it is."""
    with ExitStack() as stack:
        yield filled(stack, module_database_url)


def hold_nothing_back(connection: Connection) -> None:
    """Take the triggers away, as the database's owner can."""
    if connection.dialect.name == "sqlite":
        names = [table.name for table in append_only_tables()]
        for statement in unprotect("sqlite", names):
            connection.execute(text(statement))
    else:
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))


@contextmanager
def owning(database: Database) -> Iterator[Database]:
    """A way into a database that no authorizer watches."""
    owners = open_database(database.url.render_as_string(hide_password=False), migrating=True)
    try:
        yield owners
    finally:
        owners.dispose()


def as_owner(database: Database, change: Callable[[Connection], object]) -> None:
    """Change what nobody may change."""
    with owning(database) as owners, owners.begin() as connection:
        hold_nothing_back(connection)
        change(connection)


HERE = "association_id = 'A'"
FOUND: dict[str, tuple[str, str]] = {
    "changed_actor": (
        f"UPDATE audit_event SET actor = 'staff:wu' WHERE {HERE} AND sequence = 7",
        "7",
    ),
    "changed_document": (
        f'UPDATE audit_event SET document = \'{{"reason": "x"}}\' WHERE {HERE} AND sequence = 7',
        "7",
    ),
    "changed_time": (
        f"UPDATE audit_event SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE {HERE} AND sequence = 7",
        "7",
    ),
    "deleted": (f"DELETE FROM audit_event WHERE {HERE} AND sequence = 7", "7"),
    "deleted_first": (f"DELETE FROM audit_event WHERE {HERE} AND sequence = 1", "1"),
    "deleted_newest": (f"DELETE FROM audit_event WHERE {HERE} AND sequence = 20", "head"),
    "head_moved": (f"UPDATE audit_head SET sequence = 21 WHERE {HERE}", "head"),
}


def differences(connection: Connection, association: AssociationId) -> list[str]:
    """Return where the verifier finds something."""
    checked = verify_audit(connection, association)
    return [each.difference.place for each in checked if each.difference is not None]


@pytest.mark.parametrize("name", FOUND)
def test_the_verifier_names(shared: Engine, name: str) -> None:
    statement, place = FOUND[name]
    with owning(shared.database) as owners, owners.connect() as owner:
        assert differences(owner, A) == []
        hold_nothing_back(owner)
        assert owner.execute(text(statement)).rowcount == 1
        named = f"audit_event {place}" if place.isdigit() else "audit_head"
        assert differences(owner, A)[0] == named
        assert differences(owner, B) == [], "only where it happened"
        owner.rollback()


def hashed_again(connection: Connection, change: Callable[[dict[str, Any]], None]) -> None:
    """Change event 7 and hash everything after it anew: a chain as whole as before."""
    previous = ""
    for event in list(whole_chain(connection, A)):
        said = event.content()
        if event.sequence == 7:
            change(said)
        if previous:
            said["previous_hash"] = previous
        previous = digest(said)
        row = {"actor": said["actor"], "previous_hash": said["previous_hash"], "hash": previous}
        e = audit_event.c
        here = (e.association_id == A) & (e.sequence == event.sequence)
        connection.execute(audit_event.update().where(here).values(**row))
    connection.execute(
        audit_head.update().where(audit_head.c.association_id == A).values(hash=previous)
    )


def cut_off(connection: Connection) -> None:
    """Take the newest five events away, put the head back, and forget the operations."""
    e, h = audit_event.c, audit_head.c
    there = (e.association_id == A) & (e.sequence == 15)
    last = connection.execute(select(e.hash).where(there)).scalar_one()
    connection.execute(audit_event.delete().where((e.association_id == A) & (e.sequence > 15)))
    connection.execute(
        audit_head.update().where(h.association_id == A).values(sequence=15, hash=last)
    )


def forget_operations(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE operation DISABLE TRIGGER ALL"))
    told = f"SELECT operation_id FROM audit_event WHERE {HERE}"
    connection.execute(text(f"DELETE FROM operation WHERE {HERE} AND operation_id NOT IN ({told})"))


def test_newest_events_that_were_cut_off_are_missed_by_their_operations(engine: Engine) -> None:
    as_owner(engine.database, cut_off)
    found = prove(engine, A).first_difference
    assert found is not None
    assert (found.check, found.place) == (
        "staff_operations_have_audit_events",
        "operation staff:li:15",
    )


def test_what_no_check_inside_the_database_finds_the_archive_does(
    engine: Engine, tmp_path: Path
) -> None:
    """The stated limit: whoever hashes everything anew, or removes every trace, is found outside."""
    export_audit(engine, A, tmp_path, since_last=False, months=6)
    assert compare_archive(engine, A, tmp_path).ok

    as_owner(engine.database, lambda c: hashed_again(c, lambda said: said.update(actor="staff:wu")))
    assert prove(engine, A).ok
    compared = compare_archive(engine, A, tmp_path).as_json()
    assert (compared["ok"], compared["differing"]) == (False, ["7-20"])

    as_owner(engine.database, cut_off)
    as_owner(engine.database, forget_operations)
    assert prove(engine, A).ok
    compared = compare_archive(engine, A, tmp_path).as_json()
    assert compared["missing"] == ["16-20"]
    assert (compared["archived"], compared["stored"]) == (20, 15)


def test_an_anchor_outside_finds_a_chain_that_was_hashed_anew(engine: Engine) -> None:
    head = prove(engine, A).head
    anchor = Anchor(association_id=A, sequence=head.sequence, hash=head.hash)
    assert prove(engine, A, anchor).ok
    as_owner(engine.database, lambda c: hashed_again(c, lambda said: said.update(actor="staff:wu")))
    found = prove(engine, A, anchor).first_difference
    assert found is not None
    assert (found.check, found.place) == ("audit_anchor_is_held", "audit_event 20")


def test_an_archive_goes_on_where_it_ended(engine: Engine, tmp_path: Path) -> None:
    done = export_audit(engine, A, tmp_path, since_last=True, months=6)
    assert (done.events, done.head.sequence) == (20, 20)
    engine.submit(note("later"))
    with pytest.raises(PointsError, match="archive_exists"):
        export_audit(engine, A, tmp_path, since_last=False, months=6)
    done = export_audit(engine, A, tmp_path, since_last=True, months=6)
    assert (done.events, done.head.sequence) == (1, 21)
    assert export_audit(engine, A, tmp_path, since_last=True, months=6).events == 0
    compared = compare_archive(engine, A, tmp_path)
    assert (compared.ok, compared.rows, compared.stored) == (True, 21, 21)


def test_an_archive_that_lacks_a_segment_or_was_changed_says_so(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.flows.archive_audit.SEGMENT_EVENTS_MAX", 5)
    export_audit(engine, A, tmp_path, since_last=False, months=6)
    segments = sorted(tmp_path.glob("*.jsonl"))
    assert len(segments) == 4
    segments[0].chmod(0o640)
    segments[0].write_bytes(b"{}\n")
    for ending in (".jsonl", ".manifest.json"):
        (tmp_path / segments[2].name.replace(".jsonl", ending)).unlink()
    compared = compare_archive(engine, A, tmp_path).as_json()
    assert compared["damaged"] == [segments[0].name]
    assert compared["gaps"] == ["11-15"]
    with pytest.raises(PointsError, match="no_archive"):
        compare_archive(engine, AssociationId("C"), tmp_path)
    with pytest.raises(PointsError, match="no_folder"):
        export_audit(engine, A, tmp_path / "none", since_last=True, months=6)


def test_events_are_never_changed_nor_deleted(shared: Engine) -> None:
    for statement in (
        "UPDATE audit_event SET actor = 'staff:wu'",
        "DELETE FROM audit_event",
    ):
        with pytest.raises(Exception, match="append-only"), shared.database.begin() as connection:
            connection.execute(text(statement))


def test_a_replay_writes_nothing_more(shared: Engine) -> None:
    assert shared.submit(note("1")).replayed
    assert prove(shared, A).head.sequence == 20


def test_events_come_back_as_they_were_written(shared: Engine) -> None:
    with shared.reading(A) as connection:
        events: list[Event] = list(whole_chain(connection, A))
    assert [each.sequence for each in events] == list(range(1, 21))
    assert all(each.right for each in events)

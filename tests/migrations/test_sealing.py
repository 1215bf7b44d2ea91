"""What an earlier version kept in the clear is sealed after the migration, a page at a time."""

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from points.activities.evidence import evidence_of, find_evidence
from points.flows.seal_personal import count_plain, seal_personal
from points.kernel.ids import MemberId
from points.members import reads, sealing
from points.members.store import wrapped_keys
from points.vault.keychain import Keychain
from tests.databases import alembic_config
from tests.flows.test_privacy_erasure import ALL, dump
from tests.flows.town import HERE, civic_context, town

EARLIER = "0003"
MEMBERS = 5


def fill(url: str) -> None:
    engine = create_engine(url)
    at = (
        "2026-01-01 00:00:00+00"
        if engine.dialect.name == "postgresql"
        else "2026-01-01T00:00:00.000000Z"
    )
    with engine.begin() as connection:
        for number in range(MEMBERS):
            said = {
                "m": f"M{number}",
                "a": HERE,
                "at": at,
                "n": f"欧阳明文{number}",
                "p": f"1990000000{number}",
                "i": f"i{number}",
            }
            for statement in (
                "INSERT INTO member VALUES (:a, :m, 'rider', NULL, :at)",
                "INSERT INTO personal VALUES (:a, :m, :n, :p, NULL, :i, NULL)",
                (
                    "INSERT INTO activity (association_id, activity_id, source, external_id, type, member_id,"
                    " occurred_at, received_at, recorded_at, fields, member, body_hash, filed_by) VALUES"
                    " (:a, :m, 's', :m, 'theme.day', :m, :at, :at, :at, '{}', '{}', 'h', 'x')"
                ),
                (
                    "INSERT INTO claim_event VALUES (:a, :m, 1, 'submitted', 'x', '',"
                    """ '{"evidence": [], "note": "邻居看见"}', :at)"""
                ),
            ):
                connection.execute(text(statement), said)
    engine.dispose()


def test_plain_rows_are_sealed(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url, config = empty_database_url, alembic_config(empty_database_url)
    monkeypatch.setattr(sealing, "PAGE", 2)
    command.upgrade(config, EARLIER)
    fill(url)
    assert "邻居看见" in dump(url).decode(errors="replace")
    command.upgrade(config, "head")
    with town(url, ALL) as here:
        assert count_plain(here.engine, HERE) == MEMBERS
        with here.engine.reading(HERE) as connection:
            # Until they are sealed they are read as they stand.
            found = reads.persons(connection, HERE, [MemberId("M1")], civic_context())
        assert found[MemberId("M1")].name == "欧阳明文1"
        told: list[int] = []
        assert seal_personal(here.engine, HERE, told.append) == MEMBERS
        assert told == [2, 2, 1]
        assert seal_personal(here.engine, HERE) == 0
        assert count_plain(here.engine, HERE) == 0
        with here.engine.reading(HERE) as connection:
            found = reads.persons(connection, HERE, [MemberId("M1")], civic_context())
            keys = wrapped_keys(connection, HERE, ["M1"])
            ids = evidence_of(connection, HERE, MemberId("M1"))
            keychain = Keychain(civic_context(), HERE, keys)
            opened = find_evidence(connection, HERE, ids, keychain)
        assert found[MemberId("M1")].phone == "19900000001"
        assert [each.note for each in opened.values()] == ["邻居看见"]
    left = dump(url)
    if url.startswith("sqlite"):
        assert "欧阳明文".encode() not in left
    assert "邻居看见".encode() not in left
    with pytest.raises(RuntimeError, match="personal data is sealed"):
        command.downgrade(config, EARLIER)

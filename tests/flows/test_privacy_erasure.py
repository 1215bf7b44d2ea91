"""Erased people: not a byte of them is left in the database, and the books are as they were."""

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copyfile, which
from typing import Any

import pytest
from sqlalchemy import make_url, text

from points.activities.evidence import evidence_of
from points.db.engines import open_database
from points.engine import Flow
from points.flows import claim, erase, grant, request_erasure, unmask
from points.flows.claim import FileClaim
from points.flows.enrol import Enrol
from points.flows.erase import Erase, Ground
from points.flows.erasing import erase_person, reapply, undone
from points.flows.grant import Grant
from points.flows.join import Join
from points.flows.request_erasure import EndRequest, RequestErasure
from points.flows.seal_personal import count_plain
from points.flows.unmask import Reason, Unmask, today, unmasked
from points.flows.verify import verify
from points.kernel.ids import MemberId
from points.ledger.model import Measure
from points.ledger.reads import balances, totals
from points.members import reads
from points.members.model import MemberKind, Profile
from points.members.store import wrapped_keys
from points.members.tables import personal
from points.privacy.model import UNMASKINGS_A_DAY_MAX
from points.privacy.reads import consents_of, open_requests
from points.vault.journal import Journal
from points.vault.keychain import Keychain
from tests.flows.town import FLOWS, HERE, Town, civic_context, town

ALL: dict[type, Flow] = FLOWS | {
    Erase: erase.FLOW,
    RequestErasure: request_erasure.FLOW,
    EndRequest: request_erasure.END,
    Unmask: unmask.FLOW,
    Grant: grant.FLOW,
    FileClaim: claim.FLOW,
}
KEPT = 20
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Subject:
    """Somebody, in words that stand nowhere else."""

    number: int

    @property
    def name(self) -> str:
        return f"欧阳忘{self.number:04}"

    @property
    def phone(self) -> str:
        return f"1770000{self.number:04}"

    @property
    def identity(self) -> str:
        digits = f"110105{19490101 + self.number % 28}{self.number % 1000:03}"
        total = sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True))
        return digits + "10X98765432"[total % 11]

    @property
    def note(self) -> str:
        return f"与邻居赵铁柱{self.number:04}同去"

    def enrolment(self, here: Town) -> Enrol:
        command: Enrol = here.command(
            Enrol,
            name=self.name,
            phone=self.phone,
            identity_number=self.identity if self.number < 900 else None,
            profile=Profile(kind=MemberKind.RIDER, party_member=True),
            programmes=("party",),
        )
        return command


# Names, telephone numbers, identity numbers and notes of all of them, as they stand and as JSON
# would escape them. The fixed digits are many, so that no hash holds them by chance.
WORDS = re.compile(
    b"|".join(
        form
        for word, digits in (("欧阳忘", 4), ("1770000[01]", 3), ("110105194901", 6), ("赵铁柱", 4))
        for form in (
            word.encode() + rb"\d{%d}" % digits,
            ascii(word)[1:-1].replace("\\", "\\\\").encode() + rb"\d{%d}" % digits,
        )
    )
)


@dataclass
class Village:
    """A town full of people, and its journal."""

    here: Town
    journal: Journal
    members: list[MemberId]

    def erase(self, member: str, **more: Any) -> Any:
        command = self.here.command(Erase, member_id=member, ground=Ground.REQUEST, **more)
        return erase_person(self.here.engine, self.journal, command)


@contextmanager
def village(url: str, tmp_path: Path, count: int) -> Iterator[Village]:
    with town(url, ALL) as here:
        subjects = [Subject(number) for number in range(count)]
        outcomes = here.engine.submit_many([each.enrolment(here) for each in subjects])
        members = [MemberId(outcome.result["member_id"]) for outcome in outcomes]
        yesterday = here.clock.now() - timedelta(days=1)
        shift = {"type": "volunteer.shift", "fields": {"hours": "1", "verified": True}}
        claims = [
            here.command(
                FileClaim,
                member_id=member,
                occurred_at=yesterday,
                evidence=("photo",),
                note=subject.note,
                **shift,
            )
            for member, subject in zip(members, subjects, strict=True)
        ]
        wallet = {"measure": Measure("party", "wallet"), "points": 7, "reason": "test"}
        grants = [here.command(Grant, member_id=member, **wallet) for member in members]
        done = here.engine.submit_many([*claims, *grants])
        assert [outcome.refusal for outcome in done] == [None] * (2 * count)
        yield Village(here, Journal(tmp_path / "points.erasures"), members)


def dump(url: str) -> bytes:
    """Return every byte of a database: the file and its log, or what pg_dump writes."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(str(parsed.database))
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        parts = [file, file.with_name(f"{file.name}-wal")]
        return b"".join(part.read_bytes() for part in parts if part.exists())
    return tables(url)


def tables(url: str) -> bytes:
    database = open_database(url)
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    try:
        with database.connect() as connection:
            found = connection.execute(text(names)).scalars().all()
            whole = [text(f'SELECT * FROM "{table}"') for table in found]  # noqa: S608 - ours
            rows = [repr(row) for each in whole for row in connection.execute(each)]
    finally:
        database.dispose()
    return "\n".join(rows).encode()


def found_in(content: bytes) -> list[bytes]:
    return WORDS.findall(content)


@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.nightly)])
def test_the_erased_leave_not_a_byte(
    database_url: str, tmp_path: Path, as_superuser: Callable[[str], str], many: int
) -> None:
    whole = as_superuser(database_url)
    with village(database_url, tmp_path, many + KEPT) as here:
        engine = here.here.engine
        # Sealed from the first moment: nothing is in the clear even before.
        assert found_in(dump(whole)) == []
        before = books(here.here)
        tokens = sealed(here.here, here.members)
        commands = [
            here.here.command(Erase, member_id=member, ground=Ground.REQUEST)
            for member in here.members[:many]
        ]
        outcomes = engine.submit_many(commands)
        assert {outcome.refusal for outcome in outcomes} == {None}
        content = dump(whole)
        assert found_in(content) == []
        gone = here.members[:many]
        if database_url.startswith("sqlite"):
            # Not even sealed: neither names nor keys are left in a page of the file.
            some = [token.encode() for member in gone[::25] for token in tokens[member]]
            left = [token for token in some if token in content]
            assert left == []
            assert tokens[here.members[-1]][0].encode() in content
        assert books(here.here) == before
        assert verify(engine, HERE).ok
        with engine.reading(HERE) as connection:
            assert reads.persons(connection, HERE, gone, civic_context()) == {}
            phones = [Subject(n).phone for n in range(many)]
            assert reads.by_phones(connection, HERE, phones, civic_context()) == {}
            assert wrapped_keys(connection, HERE, gone) == {}
            kept = reads.persons(connection, HERE, here.members, civic_context())
        assert [person.name for person in kept.values()] == [
            Subject(n).name for n in range(many, many + KEPT)
        ]


@pytest.mark.parametrize("escaped", [False, True])
def test_a_name_in_the_clear_would_be_found(escaped: bool) -> None:  # noqa: FBT001
    """The control: what the search above does not find is not there."""
    one = Subject(7)
    for said in (one.name, one.phone, one.identity, one.note):
        written = ascii(said)[1:-1] if escaped else said
        assert found_in(f"x{written}y".encode()), written


def test_a_vault_that_does_not_seal_is_noticed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same search, of a database whose vault only pretends."""
    monkeypatch.setattr(Keychain, "seal", lambda _self, _subject, _field, said: said)
    with village(sqlite_url, tmp_path, 1):
        found = {word.decode() for word in found_in(dump(sqlite_url))}
    one = Subject(0)
    assert {one.name, one.phone} < found
    assert any(one.note.startswith("与邻居") and word in one.note for word in found)


def books(here: Town) -> Any:
    with here.engine.reading(HERE) as connection:
        return totals(connection, HERE)


def sealed(here: Town, members: list[MemberId]) -> dict[MemberId, list[str]]:
    with here.engine.reading(HERE) as connection:
        keys = wrapped_keys(connection, HERE, members)
        rows = connection.execute(personal.select()).mappings()
        return {
            MemberId(row["member_id"]): [row["name"], row["phone"], keys[row["member_id"]]]
            for row in rows
        }


def test_a_key_that_was_copied_still_opens(sqlite_url: str, tmp_path: Path) -> None:
    """The control: it is the key's destruction that makes a copied row worthless."""
    with village(sqlite_url, tmp_path, 2) as here:
        with here.here.engine.reading(HERE) as connection:
            rows = connection.execute(personal.select()).mappings().all()
            keys = wrapped_keys(connection, HERE, here.members)
        here.erase(here.members[0])
        known = civic_context()
        with_key = Keychain(known, HERE, keys)
        row = next(row for row in rows if row["member_id"] == here.members[0])
        assert reads.open_personal(with_key, row).name == Subject(0).name
        with here.here.engine.reading(HERE) as connection:
            left = Keychain(known, HERE, wrapped_keys(connection, HERE, here.members))
        with pytest.raises(Exception, match="the key of this person is gone"):
            reads.open_personal(left, row)


def test_a_token_in_anothers_row_does_not_open(sqlite_url: str, tmp_path: Path) -> None:
    with village(sqlite_url, tmp_path, 2) as here, sqlite3.connect(file_of(sqlite_url)) as plain:
        one, other = here.members
        name = "SELECT name FROM personal WHERE member_id = ?"
        [token] = plain.execute(name, (one,)).fetchone()
        plain.execute("UPDATE personal SET name = ? WHERE member_id = ?", (token, other))
        plain.commit()
        with (
            here.here.engine.reading(HERE) as connection,
            pytest.raises(Exception, match="was sealed under the key"),
        ):
            reads.persons(connection, HERE, [other], civic_context())


def file_of(url: str) -> str:
    return str(make_url(url).database)


def test_who_was_erased_takes_part_in_nothing(database_url: str, tmp_path: Path) -> None:
    with village(database_url, tmp_path, 1) as here:
        [member] = here.members
        with here.here.engine.reading(HERE) as connection:
            [claimed] = evidence_of(connection, HERE, member)
        assert here.here.state(claimed) == "submitted"
        assert here.erase(member, actor="staff:li").refusal is None
        assert here.here.state(claimed) == "withdrawn"
        again = here.erase(member)
        assert again.refusal.code == "member_erased"
        town_ = here.here
        said = {"member_id": member}
        assert town_.refused(town_.command(Join, programme="party", **said)) == "member_erased"
        assert town_.refused(town_.command(RequestErasure, **said)) == "member_erased"
        assert town_.refused(town_.shift(member)) == "not_in_programme"
        with town_.engine.reading(HERE) as connection:
            events = reads.history(connection, HERE, member)
            consents = consents_of(connection, HERE, [member])
            [line] = reads.page(connection, HERE, civic_context())
            held = balances(connection, HERE, member, town_.clock.now())
        assert [event.change.value for event in events][-2:] == ["left", "erased"]
        assert {consent.given for consent in consents} == {False}
        assert (line.name, line.phone) == ("", "")
        assert {each.measure: each.available for each in held}["party.wallet"] == 7
        # The same person may come again, as somebody new.
        new = town_.done(Subject(0).enrolment(town_))["member_id"]
        assert new != member


def test_the_member_asks_and_staff_confirm(database_url: str, tmp_path: Path) -> None:
    with village(database_url, tmp_path, 2) as here:
        member, other = here.members
        town_, own = here.here, f"member:{here.members[0]}"
        assert here.erase(member, actor=own).refusal.code == "erasure_needs_staff"
        asked = town_.command(RequestErasure, own, member_id=member)
        due = town_.done(asked)["due_at"]
        assert due == (town_.clock.now() + timedelta(days=15)).isoformat()
        assert (
            town_.refused(town_.command(RequestErasure, own, member_id=member)) == "erasure_asked"
        )
        assert town_.refused(town_.command(EndRequest, member_id=other)) == "erasure_not_asked"
        assert town_.refused(town_.command(EndRequest, member_id=member)) == "reason_needed"
        assert town_.done(town_.command(EndRequest, own, member_id=member))["step"] == "withdrawn"
        town_.done(town_.command(RequestErasure, own, member_id=member))
        town_.clock.advance(timedelta(hours=1))
        town_.done(town_.command(RequestErasure, f"member:{other}", member_id=other))
        assert waiting(town_) == [member, other]
        declined = town_.command(EndRequest, member_id=other, reason="争议处理中")
        assert town_.done(declined)["step"] == "declined"
        here.erase(member)
        assert waiting(town_) == []


def waiting(here: Town) -> list[str]:
    with here.engine.reading(HERE) as connection:
        return [step.member_id for step in open_requests(connection, HERE)]


def test_an_erasure_survives_a_restore(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    with village(sqlite_url, tmp_path, 3) as here:
        with sqlite3.connect(file_of(sqlite_url)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copyfile(file_of(sqlite_url), copy)
        here.erase(here.members[0])
        here.erase(here.members[1])
        journal, gone = here.journal, here.members[:2]
    assert [each.member for each in journal.read()] == gone
    with town(f"sqlite:///{copy}", ALL) as restored:
        assert undone(restored.engine, HERE, journal) == gone
        done = reapply(restored.engine, HERE, journal)
        assert (list(done.again), done.written, done.refused) == (gone, 0, ())
        assert undone(restored.engine, HERE, journal) == []
        assert reapply(restored.engine, HERE, journal).again == ()
        with restored.engine.reading(HERE) as connection:
            left = reads.persons(connection, HERE, here.members, civic_context())
    assert list(left) == here.members[2:]
    with town(f"sqlite:///{copy}", ALL) as restored:
        # A journal that was lost is written anew from the database.
        fresh = Journal(tmp_path / "fresh")
        assert reapply(restored.engine, HERE, fresh).written == 2


def test_an_erasure_that_the_journal_does_not_take_is_not_acknowledged(
    sqlite_url: str, tmp_path: Path
) -> None:
    with village(sqlite_url, tmp_path, 1) as here:
        [member] = here.members
        command = here.here.command(Erase, member_id=member, ground=Ground.COURT)
        nowhere = Journal(tmp_path / "no such folder" / "journal")
        with pytest.raises(OSError, match="no such folder"):
            erase_person(here.here.engine, nowhere, command)
        # The same command again, once there is room: answered as before, and written down.
        assert erase_person(here.here.engine, here.journal, command).replayed
        assert [each.member for each in here.journal.read()] == [member]


def test_looking_is_written_down_first_and_has_a_limit(database_url: str, tmp_path: Path) -> None:
    with village(database_url, tmp_path, 1) as here:
        [member], town_ = here.members, here.here
        look = {
            "member_id": member,
            "fields": ("phone", "evidence"),
            "reason": Reason.CONTACT,
            "words": "核实班次",
            "day": today(town_.engine),
        }
        for wrong, code in (
            ({"fields": ("salary",)}, "unmask_field_unknown"),
            ({"fields": ()}, "unmask_field_unknown"),
            ({"words": " "}, "reason_needed"),
            ({"words": "打 13812345678"}, "personal_in_text"),
            ({"member_id": "nobody"}, "not_found"),
        ):
            assert town_.refused(town_.command(Unmask, **(look | wrong))) == code
        assert town_.done(town_.command(Unmask, **look))["number"] == 1
        found = unmasked(town_.engine, civic_context(), HERE, member, look["fields"])
        assert (found.name, found.phone) == (None, Subject(0).phone)
        assert found.evidence is not None
        assert found.evidence[0].note == Subject(0).note
        left = UNMASKINGS_A_DAY_MAX - 1
        many = [town_.command(Unmask, **look) for _ in range(left + 1)]
        codes = [
            outcome.refusal and outcome.refusal.code for outcome in town_.engine.submit_many(many)
        ]
        assert codes == [None] * left + ["unmaskings_exceeded"]
        assert town_.done(town_.command(Unmask, "staff:wang", **look))["number"] == 1
        town_.clock.advance(timedelta(days=1))
        tomorrow = look | {"day": today(town_.engine)}
        assert town_.done(town_.command(Unmask, **tomorrow))["number"] == 1
        here.erase(member)
        assert town_.refused(town_.command(Unmask, **tomorrow)) == "member_erased"
        assert unmasked(town_.engine, civic_context(), HERE, member, look["fields"]).evidence == ()


@pytest.mark.postgres
def test_a_dump_of_postgres_holds_nobody(
    postgres_url: str, tmp_path: Path, as_superuser: Callable[[str], str]
) -> None:
    program = which("pg_dump")
    if program is None:
        pytest.skip("no pg_dump here: every table is read instead, in the test above")
    with village(postgres_url, tmp_path, 30) as here:
        for member in here.members[:10]:
            here.erase(member)
    parsed = make_url(as_superuser(postgres_url)).set(drivername="postgresql")
    target = parsed.render_as_string(hide_password=False)
    done = subprocess.run([program, "--no-owner", target], capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        pytest.skip(f"pg_dump is of another version: {done.stderr.decode()[:80]}")
    assert b"member_event" in done.stdout
    assert found_in(done.stdout) == []


def test_everything_is_sealed(database_url: str, tmp_path: Path) -> None:
    with village(database_url, tmp_path, 3) as here:
        assert count_plain(here.here.engine, HERE) == 0

"""The other commands: partners, the worker, the ledger, keys, rules, the database."""

import hashlib
import os
import signal
from pathlib import Path

import pytest

from points.cli import worker
from points.flows.work import Done
from points.worker import rounds
from tests.cli.conftest import Console

YF = ("partner", "add", "YF", "--name", "示例大药房", "--category", "pharmacy")


def test_a_partner_is_added_once_and_listed(console: Console) -> None:
    assert console.answers(*YF) == {"partner_id": "YF"}
    assert console.refused(*YF) == "partner_exists"
    (listed,) = console.answers("partner", "list")["partners"]
    assert listed["partner_id"] == "YF"
    assert "示例大药房" in console.says("partner", "list")
    assert console.answers("partner", "list", "--after", "YF")["partners"] == []


def test_a_statement_is_drafted_drawn_up_and_exported(console: Console) -> None:
    console.answers(*YF)
    month = ("partner", "statement", "YF", "--month", "2026-01")
    assert console.answers(*month)["state"] == "draft"
    files = ("--csv", "a.csv", "--xlsx", "a.xlsx", "--pdf", "a.pdf", "--jsonl", "a.jsonl")
    closed = console.answers(*month, "--draw-up", *files)
    assert closed["drawn_at"] is not None
    assert (closed["period"], closed["number"], closed["total_fen"]) == ("2026-01", 1, 0)
    assert Path("a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert Path("a.xlsx").read_bytes().startswith(b"PK")
    assert Path("a.pdf").read_bytes().startswith(b"%PDF-")
    assert hashlib.sha256(Path("a.jsonl").read_bytes()).hexdigest() == closed["sha256"]
    assert console.refused(*month, "--draw-up") == "period_closed"
    by_day = console.answers("partner", "statement", "YF", "--day", "2026-01-31")
    assert by_day["statement_id"] == closed["statement_id"]
    # The first statement lists all that was open before its end, so it answers for December too.
    december = console.answers("partner", "statement", "YF", "--month", "2025-12")
    assert december["statement_id"] == closed["statement_id"]
    assert "(drawn up)" in console.says(*month, "--lang", "en")


def test_a_statement_that_cannot_be_had(console: Console) -> None:
    assert console.refused("partner", "statement", "NONE") == "partner_unknown"
    console.answers(*YF)
    far = ("partner", "statement", "YF", "--month", "2999-01")
    assert console.refused(*far, "--draw-up") == "period_open"
    assert console.refused("partner", "statement", "YF", "--month", "x", status=2) == "bad_day"


def test_the_worker_does_one_round(console: Console) -> None:
    assert console.answers("worker", "--once") == {
        "scored": 0,
        "quarantined": 0,
        "matured": 0,
        "reversed": 0,
        "accounts_expired": 0,
        "resumed": 0,
        "rescored": 0,
        "corrected": 0,
        "vouchers_expired": 0,
        "cared": 0,
        "handed_out": 0,
        "vouchers_told": 0,
        "statements_drawn_up": 0,
        "statements_confirmed": 0,
    }
    assert "0 scored" in console.says("worker", "--once", "--lang", "en")


@pytest.mark.parametrize("number", worker.STOPS)
def test_the_worker_ends_after_the_round_it_is_in(
    console: Console, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    done: list[int] = []
    before = signal.getsignal(number)

    def round_(*_: object) -> Done:
        done.append(1)
        if len(done) == 2:
            os.kill(os.getpid(), number)
        return Done(matured=len(done))

    monkeypatch.setattr(rounds, "work", round_)
    said = console.says("worker", "--json")
    assert said.count('"matured"') == len(done) == 2
    assert signal.getsignal(number) is before


def test_the_ledger_is_verified_rebuilt_and_read(console: Console) -> None:
    assert console.answers("ledger", "verify")["ok"]
    assert "The ledger is sound." in console.says("ledger", "verify", "--lang", "en")
    assert console.answers("ledger", "rebuild") == {"rebuilt": True}
    add = ("member", "add", "--kind", "rider", "--programme", "health")
    member = console.answers(*add, typed="王甲\n19800000001\n")["member_id"]
    balances = console.answers("ledger", "balance", member)["balances"]
    assert [each["measure"] for each in balances] == ["health.wallet"]
    assert "health.wallet" in console.says("ledger", "balance", member)
    lines = ("ledger", "statement", member, "--measure", "health.wallet")
    assert console.answers(*lines) == {"lines": []}
    assert console.refused("ledger", "balance", member, "--at", "noon", status=2) == "bad_instant"
    sideways = ("--at", "2026-01-01T00:00:00+08:00", "--axis", "sideways")
    assert console.refused("ledger", "balance", member, *sideways, status=2) == "bad_axis"


def test_keys_are_shown_once_and_revoked(console: Console) -> None:
    issued = console.answers("key", "issue", "--role", "officer", "--subject", "li")
    assert issued["key"] not in console.says("key", "list")
    (listed,) = console.answers("key", "list")["keys"]
    assert listed["revoked_at"] is None
    console.answers("key", "revoke", issued["key_id"])
    (listed,) = console.answers("key", "list")["keys"]
    assert listed["revoked_at"] is not None
    assert console.refused("key", "revoke", "none") == "not_found"


def test_rules_are_checked_and_explained(console: Console, own_rules: Path) -> None:
    assert console.answers("rules", "lint")["errors"] == 0
    assert "P06" in console.says("rules", "explain", "P06", "--lang", "en")
    assert console.refused("rules", "explain", "Z99", status=2) == "unknown_rule"
    party = own_rules / "party.yaml"
    party.write_text(party.read_text("utf-8") + "\nnonsense: 1\n", "utf-8")
    assert console.answers("rules", "lint", str(party), status=1)["errors"] == 1
    assert console.refused("worker", "--once", status=2) == "rules.refused"
    assert console.refused("rules", "lint", "none.yaml", status=2) == "no_file"


def test_an_installation_is_made_once(console: Console) -> None:
    first = console.answers("init", "--database", "sqlite:///new.db")
    assert first["secret_made"]
    assert Path("new.secret").stat().st_mode & 0o077 == 0
    assert not console.answers("init", "--database", "sqlite:///new.db")["secret_made"]
    assert console.answers("db", "upgrade", "--database", "sqlite:///new.db")["revision"] == "head"


def test_no_secret_is_made_for_a_database_that_belongs_to_another(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.answers("staff", "add", "li", "--role", "admin")
    monkeypatch.delenv("POINTS_SECRET")
    assert console.refused("init", status=2) == "secret_elsewhere"
    said = console.says("init", status=2)
    own = Path(os.environ["POINTS_DATABASE_URL"]).stem
    assert f"{own}.secret" in said
    assert "POINTS_INSECURE_DEV=true" in said
    assert not list(Path().glob("*.secret")), "nothing is left that a later command would take"
    assert not list(Path().glob("*.keys"))
    # Nor in a trial, whose fixed secret a file beside the database would hide.
    monkeypatch.setenv("POINTS_INSECURE_DEV", "true")
    assert console.refused("init", status=2) == "secret_elsewhere"
    # With its own secret the same database is brought up to date as ever.
    Path(f"{own}.secret").write_text("a secret of at least thirty-two bytes\n", "utf-8")
    assert console.answers("init")["secret_made"] is False


def test_without_a_secret_nothing_starts(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POINTS_SECRET")
    assert console.refused("member", "list", status=2) == "no_secret"
    # Whoever has only run the demo so far reads what to set for its database.
    assert "POINTS_INSECURE_DEV=true" in console.says("member", "list", status=2)

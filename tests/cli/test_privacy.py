"""``points privacy``: keys are made and changed, people looked at, taken out and erased."""

import gc
import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from typing import Any

import openpyxl
import pytest
from sqlalchemy import make_url

from points import wiring
from points.cli import opened as seat
from points.identity.model import Principal
from points.identity.roles import Grant, Kind, Role
from points.vault.masters import fresh_master_key
from points.wiring import settings
from tests.cli.conftest import Console

ROLES = (Role.PRIVACY, Role.REGISTRAR, Role.AUDITOR, Role.CONSOLE)


@pytest.fixture(autouse=True)
def somebody_of_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody sit here who logged in; who may do what is tried in ``test_permissions``."""

    def sitting(_present: object, here: wiring.Installation) -> Principal:
        grants = tuple(Grant(role=role) for role in ROLES)
        return Principal(
            association_id=here.association,
            kind=Kind.STAFF,
            subject="li",
            grants=grants,
            session="session",
            verified_at=here.clock.now(),
        )

    monkeypatch.setattr(seat, "_sitting", sitting)


ADD = ("member", "add", "--kind", "rider", "--programme", "health", "--programme", "party")


def person(console: Console, phone: str = "13800000001") -> str:
    done = console.answers(*ADD, "--party-member", "--name", "欧阳保密", "--phone", phone)
    return str(done["member_id"])


LOOK = ("--reason", "contact", "--words", "核实班次")


def test_looking_needs_a_reason(console: Console) -> None:
    member = person(console)
    shown = console.answers("privacy", "show", member, *LOOK, "--field", "phone")
    assert shown == {"member_id": member, "phone": "13800000001"}
    assert "欧阳保密" in console.says("privacy", "show", member, *LOOK)
    assert console.refused("privacy", "show", "nobody", *LOOK) == "not_found"
    assert console.run("privacy", "show", member).exit_code == 2


def test_an_export_is_the_owners_alone_and_overwrites_nothing(console: Console) -> None:
    member = person(console)
    for name in ("all.json", "all.xlsx"):
        console.answers("privacy", "export", member, "--to", name)
        file = console.folder / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert console.refused("privacy", "export", member, "--to", name, status=2) == "file_exists"
    found = json.loads((console.folder / "all.json").read_text("utf-8"))
    assert found["personal"][0]["name"] == "欧阳保密"
    assert {each["purpose"] for each in found["consents"]} == {"party", "health"}
    book = openpyxl.load_workbook(console.folder / "all.xlsx")
    assert book["personal"]["B2"].value == "欧阳保密"
    assert console.refused("privacy", "export", member, "--to", "x.csv", status=2) == "bad_ending"


def erase(console: Console, member: str, **more: Any) -> Any:
    words = ("privacy", "erase", member, "--ground", "request", "--confirm", member)
    return console.answers(*words, **more)


def test_erasing_is_confirmed_and_survives_a_restore(console: Console) -> None:
    member, other = person(console), person(console, "13800000002")
    asked = console.answers("privacy", "request", member)
    assert asked["due_at"]
    [waiting] = console.answers("privacy", "requests")["requests"]
    assert waiting["member_id"] == member
    assert "request" in console.says("privacy", "requests")
    wrong = ("privacy", "erase", member, "--ground", "request", "--confirm", other)
    assert console.refused(*wrong, status=2) == "not_confirmed"
    file = Path(str(make_url(url(console)).database))
    console.answers("ledger", "verify")
    backup = console.folder / "backup.db"
    copy(file, backup)
    assert erase(console, member)["member_id"] == member
    assert console.answers("privacy", "requests")["requests"] == []
    assert console.answers("privacy", "check")["erase_again"] == []
    copy(backup, file)
    assert console.answers("privacy", "check", status=1)["erase_again"] == [member]
    assert "erasures_undone" in console.says("serve", "--port", "0", status=2)
    assert console.answers("privacy", "reapply")["erased_again"] == [member]
    assert console.answers("privacy", "reapply")["erased_again"] == []
    assert console.answers("privacy", "check")["plain"] == 0
    assert console.refused("privacy", "show", member, *LOOK) == "member_erased"
    assert console.refused("privacy", "decline", other, "--reason", "无") == "erasure_not_asked"
    console.answers("privacy", "request", other)
    assert console.answers("privacy", "decline", other, "--reason", "争议中")["step"] == "declined"


def url(_console: Console) -> str:
    return settings().database_url


def copy(source: Path, target: Path) -> None:
    # Commands run in this process: what one left open would share its memory with the next one.
    gc.collect()
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    copyfile(source, target)


def test_the_master_key_can_be_changed(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POINTS_MASTER_KEY")
    assert console.refused("member", "list", status=2) == "no_master_key"
    assert console.answers("init")["keys_made"] is True
    keys = console.folder / f"{Path(os.environ['POINTS_DATABASE_URL']).stem}.keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert console.answers("init")["keys_made"] is False
    members = [person(console, f"138000001{n:02}") for n in range(3)]
    before = console.answers("privacy", "check")["current"]
    after = console.answers("privacy", "new-key")["current"]
    assert after != before
    found = console.answers("privacy", "check")
    assert found["masters"] == {before: 3}
    old, new = [line for line in keys.read_text().splitlines() if not line.startswith("#")]
    keys.write_text(new)
    assert console.answers("privacy", "check", status=1)["missing"] == [before]
    assert console.refused("privacy", "show", members[0], *LOOK, status=2) == "master_key_missing"
    keys.write_text(f"{old}\n{new}\n")
    assert console.answers("privacy", "rotate") == {
        "rewrapped": 3,
        "masters": {after: 3},
        "unneeded": [before],
    }
    assert console.answers("privacy", "rotate")["rewrapped"] == 0
    keys.write_text(new)
    assert console.answers("privacy", "show", members[0], *LOOK)["name"] == "欧阳保密"
    monkeypatch.setenv("POINTS_MASTER_KEY", fresh_master_key())
    assert console.refused("privacy", "new-key", status=2) == "no_keys_file"


def test_both_ciphers_are_read_side_by_side(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = person(console)
    monkeypatch.setenv("POINTS_CIPHER", "sm4gcm")
    two = person(console, "13800000002")
    for member in (one, two):
        assert console.answers("privacy", "show", member, *LOOK)["name"] == "欧阳保密"


def test_consents_from_the_command_line(console: Console) -> None:
    member = person(console)
    console.answers("privacy", "give", member, "--purpose", "contact")
    left = console.answers("privacy", "withdraw", member, "--purpose", "health")
    assert left["programmes"] == ["party"]
    said = console.answers("privacy", "consents", member)["consents"]
    assert {each["purpose"]: each["given"] for each in said} == {
        "contact": True,
        "health": False,
        "party": True,
    }
    assert "contact" in console.says("privacy", "consents", member, "--lang", "en")
    assert console.refused("privacy", "consents", "nobody") == "not_found"
    assert set(console.answers("privacy", "consents", "--due")["due"]["party"]) == set()
    assert len(console.answers("privacy", "notices")["notices"]) == 5
    assert "location" in console.says("privacy", "notices")


def test_mistakes_in_notices_stop_the_start(console: Console, own_rules: Path) -> None:
    file = own_rules / "privacy" / "notices.yaml"
    file.write_text(file.read_text("utf-8").replace("  contact:", "  advertising:"), "utf-8")
    done = console.run("member", "list")
    assert done.exit_code == 2
    assert "notices.yaml:" in done.output
    file.unlink()
    assert console.run("member", "list").exit_code == 0


def test_the_schedule_is_shown_and_applied(console: Console) -> None:
    person(console)
    found = console.answers("privacy", "retention")
    assert found == {"due": {"evidence": 0, "personal": 0}, "done": {}}
    assert console.answers("privacy", "retention", "--apply")["done"] == {
        "evidence": 0,
        "personal": 0,
    }
    assert "P2Y" in console.says("privacy", "retention")


TEMPLATE = """title: 党员积分影响评估
made_on: 2026-02-01
author: 个人信息保护负责人
document_sha256: "{sha}"
scope: 记录活动、计算积分
lawfulness: 会员单独同意
risks: [党员身份泄露]
measures: [逐人加密, 脱敏]
conclusion: 措施与风险相适应
"""


def test_assessments_are_kept(console: Console) -> None:
    good = console.file("pia.yaml", TEMPLATE.format(sha="a" * 64))
    assert console.answers("privacy", "assessment", "add", good)["version"] == 1
    assert console.answers("privacy", "assessment", "add", good)["version"] == 2
    listed = console.answers("privacy", "assessment", "list")["assessments"]
    assert [each["version"] for each in listed] == [2, 1]
    assert "党员积分" in console.says("privacy", "assessment", "list")
    assert "逐人加密" in console.says("privacy", "assessment", "show", "1")
    assert console.refused("privacy", "assessment", "show", "9") == "not_found"
    bad = console.file("bad.yaml", TEMPLATE.format(sha="short"))
    assert console.refused("privacy", "assessment", "add", bad, status=2) == "rules.refused"
    assert console.refused("privacy", "assessment", "add", "none.yaml", status=2) == "no_file"

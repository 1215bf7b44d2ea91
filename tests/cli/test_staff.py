"""The first admin at the console, and people who log in at the command line."""

import os
import stat

import pyotp
import pytest

from points.identity.passwords import Passwords
from points.kernel.clock import SystemClock
from points.wiring import installation
from tests.cli.conftest import Console
from tests.flows.staffed import CHEAP, GOOD


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    real = installation.Context

    def context(**parts: object) -> object:
        return real(**{**parts, "passwords": Passwords(**CHEAP)})

    monkeypatch.setattr(installation, "Context", context)


def now_code(secret: str, step: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(SystemClock().now().timestamp()) + 30 * step)


def set_up(console: Console, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Set an account up; the secret is known beforehand, as one cannot look while typing."""
    monkeypatch.setattr(pyotp, "random_base32", lambda: SECRET)
    typed = f"{code}\n{GOOD}\n{GOOD}\n{now_code(SECRET, -1)}\n"
    done = console.answers("setup", name, typed=typed)
    return list(done["recovery_codes"])


SECRET = "JBSWY3DPEHPK3PXP" * 2


def test_the_first_admin_comes_in_and_the_console_steps_back(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = console.answers("staff", "add", "li", "--role", "admin")
    codes = set_up(console, "li", invited["set_up_code"], monkeypatch)
    assert console.refused("staff", "add", "zhao", "--role", "officer") == "not_at_console"
    assert console.answers("whoami")["actor"] == "staff:console"
    console.answers("login", "li", typed=f"{GOOD}\n{now_code(SECRET)}\n")
    file = console.folder / "session"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert console.answers("whoami")["roles"] == ["admin"]
    console.answers("staff", "add", "wang", "--role", "officer", "--role", "registrar")
    assert console.refused("staff", "grant", "wang", "--role", "approver") == "roles_conflict"
    assert console.refused("staff", "grant", "li", "--role", "officer") == "own_roles"
    console.answers("staff", "grant", "wang", "--role", "treasurer")
    console.answers("staff", "revoke", "wang", "--role", "registrar")
    console.answers("staff", "disable", "wang")
    listed = {each["account"]: each for each in console.answers("staff", "list")["staff"]}
    assert listed["wang"]["active"] is False
    console.answers("staff", "enable", "wang")
    events = console.answers("staff", "show", "wang")["events"]
    assert [each["change"] for each in events] == [
        *("enabled", "disabled", "revoked", "granted", "added")
    ]
    assert console.refused("staff", "show", "nobody") == "not_found"
    assert "您的账号在新设备上登录" in console.says("staff", "notices")
    assert (
        console.refused(
            "member", "freeze", "x", "--programme", "party", "--reason", "r", "--notice", "n"
        )
        == "forbidden"
    )
    console.answers("logout")
    assert not file.exists()
    assert console.answers("whoami")["actor"] == "staff:console"
    reset = console.answers("staff", "reset", "li")  # the only admin lost the phone
    assert console.refused("login", "li", typed=f"{GOOD}\n{codes[0]}\n") == "log_in_refused"
    assert set_up(console, "li", reset["set_up_code"], monkeypatch)


def test_what_is_wrong_is_said_without_what_was_typed(console: Console) -> None:
    said = console.run("login", "li", "--json", typed="a telling password\n123456\n")
    assert said.exit_code == 1
    assert "log_in_refused" in said.output
    assert "telling" not in said.output
    assert console.refused("setup", "li", typed="AAAA\nshort\nshort\n") == "password_weak"
    assert console.refused("setup", "li", typed=f"AAAA\n{GOOD}\n{GOOD}\n") == "set_up_refused"


def test_roles_and_instants_that_are_none(console: Console) -> None:
    assert console.refused("staff", "add", "li", "--role", "king", status=2) == "role_unknown"
    until = ("--role", "officer", "--until", "tomorrow")
    assert console.refused("staff", "grant", "li", *until, status=2) == "bad_instant"
    past = ("--role", "officer", "--until", "2020-01-01T00:00:00+08:00")
    console.answers("staff", "add", "li", "--role", "admin")
    assert console.refused("staff", "grant", "li", *past) == "role_invalid"
    assert console.refused("staff", "add", "console", "--role", "officer") == "staff_name_invalid"
    assert console.refused("staff", "add", "li", "--role", "officer") == "staff_exists"
    person = ("--role", "officer", "--person", "0" * 26)
    assert console.refused("staff", "add", "sun", *person) == "not_found"


def test_a_proof_is_renewed_at_the_command_line(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = console.answers("staff", "add", "li", "--role", "admin")
    codes = set_up(console, "li", invited["set_up_code"], monkeypatch)
    console.answers("login", "li", typed=f"{GOOD}\n{now_code(SECRET)}\n")
    assert console.answers("verify", typed=f"{codes[1]}\n")["verified_at"]
    assert console.refused("verify", typed=f"{codes[1]}\n") == "factor_refused"


def test_a_lost_session_is_said(console: Console) -> None:
    (console.folder / "session").write_text("nonsense", "ascii")
    assert console.refused("whoami") == "session_ended"
    assert console.answers("logout")["logged_out"] is False


def test_a_log_in_under_another_secret_says_what_is_wrong(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = console.answers("staff", "add", "li", "--role", "admin")
    set_up(console, "li", invited["set_up_code"], monkeypatch)
    monkeypatch.setenv("POINTS_SECRET", "another secret of thirty-two bytes and more")
    typed = f"{GOOD}\n{now_code(SECRET)}\n"
    assert console.refused("login", "li", status=2, typed=typed) == "secret_wrong"
    said = console.says("login", "li", status=2, typed=typed)
    assert "POINTS_SECRET" in said
    assert SECRET not in said
    monkeypatch.setenv("POINTS_SECRET", "a secret of at least thirty-two bytes")
    console.answers("login", "li", typed=typed)


def test_an_installation_beside_the_demo_leaves_its_accounts_alone(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POINTS_SECRET", "POINTS_MASTER_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("POINTS_INSECURE_DEV", "true")
    invited = console.answers("staff", "add", "li", "--role", "admin")
    made = console.answers("init", "--database", "sqlite:///points.db")
    assert (made["secret_file"], made["keys_file"]) == ("points.secret", "points.keys")
    assert set_up(console, "li", invited["set_up_code"], monkeypatch)
    # One secret for all databases of a folder, as it was, would hide the fixed one of trials.
    monkeypatch.setenv("POINTS_SECRET_FILE", "points.secret")
    typed = f"{GOOD}\n{now_code(SECRET)}\n"
    assert console.refused("login", "li", status=2, typed=typed) == "secret_wrong"


def test_each_database_has_a_session_of_its_own(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POINTS_SESSION_FILE")
    monkeypatch.setenv("XDG_STATE_HOME", str(console.folder / "state"))
    former = console.folder / "state" / "points" / "session"
    former.parent.mkdir(parents=True)
    former.write_text("ps_panjin_of_yore\n", "ascii")
    invited = console.answers("staff", "add", "li", "--role", "admin")
    assert console.answers("whoami")["actor"] == "staff:console", "what was kept before is dropped"
    set_up(console, "li", invited["set_up_code"], monkeypatch)
    console.answers("login", "li", typed=f"{GOOD}\n{now_code(SECRET)}\n")
    assert not former.exists()
    [file] = (console.folder / "state" / "points" / "sessions").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert console.answers("whoami")["actor"] == "staff:li"
    other = ("--database", "sqlite:///other.db")
    console.answers("init", *other)
    assert console.answers("whoami", *other)["actor"] == "staff:console"
    assert console.answers("staff", "list", *other)["staff"] == []
    console.answers("logout", *other)
    assert console.answers("whoami")["actor"] == "staff:li", "logged out there, and not here"
    # The same database by another spelling is the same.
    spelled = os.environ["POINTS_DATABASE_URL"].replace("sqlite:////", "sqlite:////./")
    assert console.answers("whoami", "--database", spelled)["actor"] == "staff:li"
    # A session that ended is not ignored: whoever relied on it would act as the console unawares.
    file.write_text(file.read_text("ascii").strip()[:-2] + "xx", "ascii")
    assert console.refused("staff", "list") == "session_ended"
    console.answers("logout")
    # One file for all, where one is named, is what ended commands at other databases.
    monkeypatch.setenv("POINTS_SESSION_FILE", str(console.folder / "one"))
    (console.folder / "one").write_text("ps_panjin_of_yore\n", "ascii")
    assert console.refused("whoami", *other) == "session_ended"

"""Machine keys: they rotate with an overlap, keep to their places, and say when they were used."""

import re
from datetime import timedelta
from typing import Any

import pytest

from points.flows.note_access import NoteAccess
from points.identity import keys
from points.identity.keys import SANDBOX, fresh_secret, read_key, spell_key
from points.identity.roles import Kind
from points.kernel.ids import AssociationId, OperationId
from tests.api.served import HERE, NOON, OPERATOR, Served, problem, served

TRIAL = AssociationId(f"{HERE}{SANDBOX}")


def soon(here: Served) -> None:
    here.http.app.state.gate.forget()  # type: ignore[attr-defined]


def issue(here: Served, **body: Any) -> dict[str, Any]:
    said = {"roles": ["officer"], "subject": "wang"} | body
    answer = here.staff("POST", "/v1/keys", json=said)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rotate(here: Served, key_id: str, **body: Any) -> Any:
    return here.staff("POST", f"/v1/keys/{key_id}:rotate", json=body)


def opens(here: Served, key: str) -> bool:
    soon(here)
    opened = here.ask("GET", "/v1/rewards", key).status_code == 200
    # Nobody waits for the note of a key's use; what is asked after it is done after it.
    here.submit(
        NoteAccess(
            association_id=HERE,
            operation_id=OperationId(f"staff:console:{here.next()}"),
            actor=OPERATOR,
            action="look_at_keys",
        )
    )
    return bool(opened)


def listed(here: Served, key_id: str) -> dict[str, Any]:
    items = here.staff("GET", "/v1/keys").json()["items"]
    [found] = [each for each in items if each["key_id"] == key_id]
    return dict(found)


def test_a_successor_opens_beside_the_old_key_until_the_overlap_ends(both: Served) -> None:
    old = issue(both)
    new = rotate(both, old["key_id"], overlap_seconds=3600).json()
    assert new["replaces"] == old["key_id"]
    assert opens(both, old["key"])
    assert opens(both, new["key"])
    assert listed(both, old["key_id"])["superseded_by"] == new["key_id"]
    both.clock.advance(timedelta(hours=1))
    assert not opens(both, old["key"])
    assert opens(both, new["key"])


def test_a_successor_has_the_same_roles_and_limits(both: Served) -> None:
    ends = both.clock.now() + timedelta(days=30)
    old = issue(both, actions=["read_rewards"], networks=["0.0.0.0/0"], expires_at=ends.isoformat())
    both.clock.advance(timedelta(days=10))
    new = rotate(both, old["key_id"]).json()
    a, b = listed(both, old["key_id"]), listed(both, new["key_id"])
    for name in ("kind", "subject", "roles", "actions", "networks"):
        assert a[name] == b[name]
    assert b["ends_at"] == (ends + timedelta(days=10)).isoformat().replace("+00:00", "Z")


def test_an_overlap_never_lengthens_a_life(both: Served) -> None:
    ends = both.clock.now() + timedelta(days=1)
    old = issue(both, expires_at=ends.isoformat())
    rotate(both, old["key_id"], overlap_seconds=7 * 86_400)
    assert listed(both, old["key_id"])["ends_at"] == ends.isoformat().replace("+00:00", "Z")


def test_a_key_has_one_successor(both: Served) -> None:
    old = issue(both)
    assert rotate(both, old["key_id"]).status_code == 201
    problem(rotate(both, old["key_id"]), 409, "key_rotated")
    problem(rotate(both, "0" * 26), 404, "not_found")
    gone = issue(both)
    both.staff("DELETE", f"/v1/keys/{gone['key_id']}")
    problem(rotate(both, gone["key_id"]), 409, "key_ended")


def test_a_lost_answer_shows_the_same_successor(both: Served) -> None:
    old = issue(both)
    path, said = f"/v1/keys/{old['key_id']}:rotate", {"overlap_seconds": 60}
    one = both.staff("POST", path, json=said, idempotency_key=f"r-{old['key_id']}")
    again = both.staff("POST", path, json=said, idempotency_key=f"r-{old['key_id']}")
    assert one.json() == again.json()


def test_the_use_of_a_key_is_noted_by_the_day_and_once(both: Served) -> None:
    made = issue(both)
    assert "last_used_on" not in listed(both, made["key_id"])
    for _ in range(3):
        assert opens(both, made["key"])
    today = both.clock.now().date().isoformat()
    assert listed(both, made["key_id"])["last_used_on"] == today
    count = f"SELECT count(*) FROM operation WHERE operation_id LIKE '%key-use:{made['key_id']}%'"  # noqa: S608 - an id of ours
    with both.installation.engine.reading(HERE) as connection:
        assert connection.exec_driver_sql(count.replace("%", "%%")).scalar_one() == 1
    both.clock.advance(timedelta(days=1))
    assert opens(both, made["key"])
    assert listed(both, made["key_id"])["last_used_on"] > today


def test_what_ends_soon_or_rests_for_long_is_marked(both: Served) -> None:
    ending = issue(both, expires_at=(both.clock.now() + timedelta(days=14)).isoformat())
    lasting = issue(both, expires_at=(both.clock.now() + timedelta(days=120)).isoformat())
    resting, used = issue(both), issue(both)
    assert listed(both, ending["key_id"])["warnings"] == ["ends_soon"]
    assert listed(both, lasting["key_id"])["warnings"] == []
    both.clock.advance(timedelta(days=91))
    assert opens(both, used["key"])
    assert listed(both, resting["key_id"])["warnings"] == ["unused"]
    assert listed(both, used["key_id"])["warnings"] == []
    assert listed(both, ending["key_id"])["warnings"] == []


@pytest.mark.parametrize(
    ("address", "networks", "opened"),
    [
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True),
        ("2001:db8::7", ["10.0.0.0/8", "2001:db8::/32"], True),
        ("11.1.2.3", ["10.0.0.0/8"], False),
        ("nobody knows", ["0.0.0.0/0", "::/0"], False),
    ],
)
def test_a_key_keeps_to_its_networks(
    sqlite_url: str, address: str, networks: list[str], *, opened: bool
) -> None:
    with served(sqlite_url, address=address) as here:
        key = here.key(Kind.PARTNER, "YF", networks=tuple(networks))
        answer = here.ask("GET", "/v1/rewards", key)
        if opened:
            assert answer.status_code == 200, answer.text
        else:
            problem(answer, 403, "address_not_allowed")
        assert here.staff("GET", "/v1/rewards").status_code == 200


def test_a_network_that_is_none_is_refused(both: Served) -> None:
    said = {"roles": ["officer"], "subject": "wang", "networks": ["10.0.0.1/8"]}
    problem(both.staff("POST", "/v1/keys", json=said), 422, "content_invalid")


def test_a_test_key_opens_no_live_association_and_the_other_way_round(both: Served) -> None:
    live, trial = (both.key(Kind.PARTNER, "YF", association=each) for each in (HERE, TRIAL))
    assert live.startswith("pk_live_")
    assert trial.startswith("pk_test_")
    assert both.ask("GET", "/v1/me", live).json()["association"] == HERE
    assert both.ask("GET", "/v1/me", trial).json()["association"] == TRIAL
    for bent in (
        live.replace("pk_live_", "pk_test_"),
        trial.replace("pk_test_", "pk_live_"),
        live.replace(f"_{HERE}_", f"_{TRIAL}_"),
        trial.replace(f"_{TRIAL}_", f"_{HERE}_"),
        live.replace(f"pk_live_{HERE}_", f"pk_test_{TRIAL}_"),
        trial.replace(f"pk_test_{TRIAL}_", f"pk_live_{HERE}_"),
    ):
        problem(both.ask("GET", "/v1/me", bent), 401, "unauthenticated")


def test_the_control_a_spelling_that_nobody_checks_would_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spelled = spell_key(HERE, "0" * 26, fresh_secret()).replace("pk_live_", "pk_test_")
    assert read_key(spelled) is None
    monkeypatch.setattr(keys, "SANDBOX", HERE[-3:])
    assert read_key(spelled) is not None


def test_ids_of_drawn_keys_are_keys(both: Served) -> None:
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", issue(both)["key_id"])
    assert both.clock.now() >= NOON


@pytest.mark.parametrize("role", ["member", "reviewer", "approver", "privacy", "admin"])
def test_nobody_has_a_key_that_passes_for_a_person(both: Served, role: str) -> None:
    """A member's would draw vouchers, a reviewer's would approve: they log in themselves."""
    answer = both.staff("POST", "/v1/keys", json={"roles": [role], "subject": "somebody"})
    problem(answer, 403, "role_needs_person")

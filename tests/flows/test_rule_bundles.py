"""Rules that travel: verified part by part, a draft where they arrive, strange types by name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from points.flows.rule_bundle import (
    Bundle,
    parse_bundle,
    read_bundle,
    spell_bundle,
    strange_types,
    write_bundle,
)
from points.flows.rule_shelf import gate_of, versions
from points.flows.table import FLOWS
from points.kernel.canonical import digest
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, DraftId
from points.rulebook.errors import BundleInvalid
from points.rulebook.reads import find_version
from points.rulebook.store import shelved
from tests.flows.drafts import cases, known, published, rules, saved, summary
from tests.flows.town import HERE, Town, activity_types, town

ELSEWHERE = AssociationId("dawa")


@pytest.fixture(scope="module")
def here(module_sqlite_url: str) -> Iterator[Town]:
    with town(module_sqlite_url, FLOWS) as it:
        published(it, rules())
        yield it


@pytest.fixture
def bundle(here: Town) -> dict[str, Any]:
    with here.engine.reading(HERE) as connection:
        printed = find_version(connection, HERE, "party", 2)
        history = list(shelved(connection, HERE).values())
    assert printed is not None
    return write_bundle(printed, history, known(here))


def read(said: object) -> Bundle:
    found = read_bundle(said)
    assert isinstance(found, Bundle), found
    return found


def test_a_bundle_becomes_a_draft_in_another_association(
    here: Town, bundle: dict[str, Any]
) -> None:
    arrived = read(parse_bundle(spell_bundle(bundle)))
    assert (arrived.text, dict(arrived.cases)) == (rules(), cases())
    assert strange_types(arrived, activity_types()) == []
    there = replace(here, association=ELSEWHERE)
    draft = saved(there, arrived.text, cases=arrived.cases)
    found = gate_of(here.engine, ELSEWHERE, draft, summary(rules()))
    assert not isinstance(found, Refusal)
    assert found[1].reasons == ()
    assert found[1].sha256 == arrived.sha256
    # Nothing is published by arriving.
    now = here.clock.now()
    assert {each.version for each in versions(here.engine, ELSEWHERE, now)} == {1}
    unknown = gate_of(here.engine, HERE, DraftId(draft))
    assert isinstance(unknown, Refusal)


def test_a_bundle_names_roles_and_nobody(bundle: dict[str, Any]) -> None:
    assert bundle["made_by"] == {"submitted": ["officer"], "approved": ["approver"]}
    assert "staff:" not in spell_bundle(bundle)
    assert [each["version"] for each in bundle["history"]] == [2]
    assert list(bundle["types"]["used"]) == ["volunteer.shift"]


def changed(change: Callable[[dict[str, Any]], object], *, sealed: bool) -> Callable[[Any], Any]:
    def apply(bundle: dict[str, Any]) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(spell_bundle(bundle))
        change(copy)
        if sealed:
            copy["sha256"] = digest({k: v for k, v in copy.items() if k != "sha256"})
        return copy

    return apply


@pytest.mark.parametrize(
    ("change", "sealed", "what"),
    [
        (lambda b: b["ruleset"].update(text=b["ruleset"]["text"] + " "), True, "ruleset"),
        (lambda b: b["cases"][0].update(text="tests: []"), True, "cases"),
        (lambda b: b["types"]["used"].update(x=1), True, "types"),
        (lambda b: b.update(version=9), False, "sha256"),
        (lambda b: b["history"].clear(), False, "sha256"),
        (lambda b: b.pop("types"), True, "types"),
        (lambda b: b.update(bundle=2), True, "bundle"),
        (lambda b: b["ruleset"].update(text=7), True, "form"),
        (lambda b: b["ruleset"].pop("text_sha256"), True, "form"),
        (lambda b: b.update(cases=7), True, "form"),
        (lambda b: b.update(version="x"), True, "form"),
        (lambda b: b["cases"].insert(0, b["cases"][0] | {"text": 7}), True, "form"),
    ],
)
def test_whatever_was_changed_on_the_way_is_named(
    bundle: dict[str, Any], change: Callable[[dict[str, Any]], object], what: str, *, sealed: bool
) -> None:
    assert read_bundle(changed(change, sealed=sealed)(bundle)) == BundleInvalid(what=what)


def test_what_is_no_bundle_is_none() -> None:
    for text in ("", "[]", "{", "[" * 100_000, " " * (4 << 20) + "{}"):
        assert read_bundle(parse_bundle(text)) == BundleInvalid(what="bundle")


@pytest.mark.parametrize("fields", [7, None, [{"kind": "number"}], [7], {"hours": 7}, "hours"])
def test_types_in_another_form_are_no_defect_of_ours(
    bundle: dict[str, Any], fields: object
) -> None:
    used = {"volunteer.shift": {"fields": fields}}
    types = bundle["types"] | {"used": used, "used_sha256": digest(used)}
    arrived = read(changed(lambda b: b.update(types=types), sealed=True)(bundle))
    assert strange_types(arrived, activity_types()) == []


def test_strange_activity_types_are_told_by_name(bundle: dict[str, Any]) -> None:
    arrived, types = read(bundle), activity_types()
    without = replace(types, types={})
    assert [(f.code, f.subject) for f in strange_types(arrived, without)] == [
        ("bundle.type_missing", "volunteer.shift")
    ]
    shift = types.types["volunteer.shift"]
    fields = {name: spec for name, spec in shift.fields.items() if name != "verified"}
    fields["hours"] = replace(fields["hours"], unit="min", maximum=None)
    other = replace(types, types={"volunteer.shift": replace(shift, fields=fields)})
    found = {f.code: (f.subject, f.en) for f in strange_types(arrived, other)}
    assert found["bundle.field_missing"][0] == "volunteer.shift.verified"
    assert found["bundle.field_differs"] == (
        "volunteer.shift.hours",
        "the field is another one (maximum, unit)",
    )

"""Activity types: their file, and the fields of what comes in."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from points.rules import load_activity_types
from tests.unit.rules.worlds import TYPES, WORLD

SHIFT = WORLD.types["shift.done"]
GOOD = {"hours": "1.5", "verified": True}


def test_fields_take_one_form() -> None:
    said = {
        "hours": 2, "trips": "3", "verified": False, "level": "city", "kinds": ["massage", "ct"],
        "task": "清扫", "closed_on": "2026-02-28",
    }  # fmt: skip
    assert SHIFT.validate(said) == []
    assert SHIFT.normalise(said) == {
        "hours": Decimal(2), "trips": 3, "verified": False, "level": "city",
        "kinds": ("ct", "massage"), "task": "清扫", "closed_on": date(2026, 2, 28),
    }  # fmt: skip
    assert SHIFT.normalise({**GOOD, "hours": 1.5, "task": None}) == {
        "hours": Decimal("1.5"), "verified": True,
    }  # fmt: skip
    assert SHIFT.normalise({**GOOD, "closed_on": date(2026, 1, 1)})["closed_on"].year == 2026


@pytest.mark.parametrize(
    ("said", "code", "pointer"),
    [
        ({"verified": True}, "missing", "/hours"),
        ({**GOOD, "hours": None}, "missing", "/hours"),
        ({**GOOD, "name": "x"}, "unknown_field", "/"),
        ({**GOOD, "hours": True}, "wrong_type", "/hours"),
        ({**GOOD, "hours": "two"}, "wrong_type", "/hours"),
        ({**GOOD, "hours": "NaN"}, "wrong_type", "/hours"),
        ({**GOOD, "hours": float("inf")}, "wrong_type", "/hours"),
        ({**GOOD, "hours": "1e3"}, "wrong_type", "/hours"),
        ({**GOOD, "hours": [2]}, "wrong_type", "/hours"),
        ({**GOOD, "hours": 25}, "out_of_range", "/hours"),
        ({**GOOD, "hours": Decimal("-0.1")}, "out_of_range", "/hours"),
        ({**GOOD, "trips": "1.5"}, "wrong_type", "/trips"),
        ({**GOOD, "trips": 10**13 - 1}, "out_of_range", "/trips"),
        ({**GOOD, "verified": 1}, "wrong_type", "/verified"),
        ({**GOOD, "verified": "true"}, "wrong_type", "/verified"),
        ({**GOOD, "level": "village"}, "bad_enum", "/level"),
        ({**GOOD, "level": 5}, "bad_enum", "/level"),
        ({**GOOD, "kinds": "ct"}, "wrong_type", "/kinds"),
        ({**GOOD, "kinds": ["ct", "ct"]}, "wrong_type", "/kinds"),
        ({**GOOD, "kinds": ["ct"] * 4}, "wrong_type", "/kinds"),
        ({**GOOD, "kinds": ["mri"]}, "bad_enum", "/kinds"),
        ({**GOOD, "task": "x" * 21}, "too_long", "/task"),
        ({**GOOD, "task": 5}, "wrong_type", "/task"),
        ({**GOOD, "closed_on": "28.2.2026"}, "wrong_type", "/closed_on"),
        ({**GOOD, "closed_on": datetime(2026, 1, 1)}, "wrong_type", "/closed_on"),  # noqa: DTZ001
    ],
)
def test_what_does_not_fit_is_a_fault(said: dict[str, object], code: str, pointer: str) -> None:
    assert [(fault.code, fault.pointer) for fault in SHIFT.validate(said)] == [(code, pointer)]
    with pytest.raises(ValueError, match=code):
        SHIFT.normalise(said)


def test_all_faults_come_at_once_and_never_echo_the_value() -> None:
    secret = "410102199001011234"
    faults = SHIFT.validate({secret: 1, "hours": secret * 2, "verified": secret, "level": secret})
    assert len(faults) == 4
    assert not any(secret in fault.zh + fault.en + fault.pointer for fault in faults)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("version: 1", "version: 0", "file.bad_value"),
        ("shift.done:", "Shift:", "types.name"),
        ("      hours:", "      Hours:", "types.name"),
        ("type: number, unit", "type: numbr, unit", "file.bad_value"),
        ("min: 0, max: 24", "min: 25, max: 24", "types.bounds"),
        ("type: enum, values: [province, city, county]", "type: enum", "types.values"),
        ("values: [province, city, county]", "values: [city, city]", "types.values"),
        ("type: boolean", "type: boolean, min: 1", "types.misplaced"),
        ("type: boolean", "type: boolean, personal: true", "types.personal"),
        ("programmes: [party]", "programmes: [sports]", "file.bad_value"),
        ("    fields: {}", "    feilds: {}", "file.unknown_key"),
        ("    programmes: [party]\n    fields: {}", "    fields: {}", "file.missing_key"),
    ],
)
def test_mistakes_in_the_file_are_findings(before: str, after: str, code: str) -> None:
    assert before in TYPES
    loaded, findings = load_activity_types(TYPES.replace(before, after, 1), file="a.yaml")
    assert loaded is None
    assert code in [finding.code for finding in findings]
    assert all(finding.line for finding in findings)


def test_a_type_has_a_bounded_number_of_fields() -> None:
    fields = "".join(f"      f{n}: {{type: boolean, title: x}}\n" for n in range(41))
    text = "version: 1\ntypes:\n  a.b:\n    title: x\n    programmes: [party]\n    fields:\n"
    loaded, findings = load_activity_types(text + fields, file="a.yaml")
    assert loaded is None
    assert "types.too_many" in [finding.code for finding in findings]


def test_an_unreadable_file_is_one_finding() -> None:
    loaded, findings = load_activity_types("a: [", file="a.yaml")
    assert (loaded, [finding.code for finding in findings]) == (None, ["yaml.syntax"])

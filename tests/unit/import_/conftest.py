"""The demo's profiles, results and register, as fixtures."""

from collections.abc import Callable, Mapping

import pytest

from points.flows.import_.model import ReadResult
from points.flows.import_.profiles.model import Profile
from points.flows.import_.recognise import KnownMember
from points.kernel.ids import MemberId
from tests.unit.import_.samples import Roster, all_profiles, read_demo


@pytest.fixture(name="profiles")
def _profiles() -> Mapping[str, Profile]:
    return all_profiles()


@pytest.fixture(name="demo")
def _demo() -> Callable[[str], ReadResult]:
    return read_demo


@pytest.fixture(name="roster")
def _roster() -> Roster:
    records = read_demo("会员花名册.xlsx").records
    return Roster(
        {
            str(record.data["phone"]): KnownMember(
                member=MemberId(record.external_id), name=str(record.data["name"])
            )
            for record in records
        }
    )

"""Versions of the catalogue: what was published, what a file would change, and publishing it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from points.api.caller import Asking
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.rewards import RewardOut, reward_out
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Page, PageQuery, page_of, read_number
from points.catalogue.changes import Change
from points.catalogue.kept_photos import find_photo
from points.catalogue.model import Published
from points.catalogue.photos import BYTES_MAX
from points.catalogue.store import find_published, find_version, list_versions, rewards_of
from points.flows.keep_photo import KeepPhoto
from points.flows.publish_catalogue import Reading, commands, read_for
from points.identity.policy import Action
from points.kernel.errors import NotFound
from points.kernel.findings import Severity

FILE_LENGTH_MAX = 400_000
FINDINGS_MAX = 200
VERSIONS_MAX = 50
PHOTO_LENGTH_MAX = BYTES_MAX * 4 // 3 + 4
NO_VERSION = NotFound(noun="version of the catalogue", noun_zh="目录版本")
NO_PHOTO = NotFound(noun="photo", noun_zh="图片")
VERSION_DIGITS_MAX = 9


class VersionOut(Answer):
    """A version that was published; the highest that has begun is in force.

    Attributes:
        starts_at: From when it is in force; missing where that was when it was published.
        published_by: Missing where that was not kept.
    """

    version: int
    published_at: datetime
    starts_at: datetime | None = None
    published_by: str | None = None
    rewards: int
    sha256: str
    in_force: bool


class VersionDetail(VersionOut):
    """A version with the file as staff wrote it, and its rewards."""

    text: str | None = None
    items: list[RewardOut]


class CatalogueText(Body):
    """A catalogue as it stands in a file."""

    model_config = ConfigDict(str_max_length=FILE_LENGTH_MAX)

    text: Annotated[str, StringConstraints(max_length=FILE_LENGTH_MAX)]


class NewPhoto(Body):
    """A photo: its bytes in base 64."""

    model_config = ConfigDict(str_max_length=PHOTO_LENGTH_MAX)

    content: Annotated[str, StringConstraints(max_length=PHOTO_LENGTH_MAX)]


class PhotoOut(Answer):
    """A photo that is kept; a catalogue names it ``sha256:`` with this hash."""

    sha256: str
    media_type: str
    width: int
    height: int


class ChangeOut(Answer):
    """One thing that is another than in the highest version."""

    reward_id: str
    field: str
    sentence: str


class Checked(Answer):
    """What is wrong with a file, and what it would change."""

    errors: int
    warnings: int
    findings: list[dict[str, Any]]
    version: int | None = Field(default=None, description="missing where there is an error")
    changes: list[ChangeOut]


class VersionDone(Answer):
    """A version that was published."""

    version: int
    sha256: str
    rewards: int
    starts_at: datetime | None = None
    changes: list[ChangeOut]


def list_catalogue_versions(
    caller: Asking, query: Annotated[PageQuery, IN_QUERY]
) -> Page[VersionOut]:
    """List versions, the highest first."""
    limit = min(query.limit, VERSIONS_MAX)
    with caller.engine.reading(caller.association) as connection:
        current = find_version(connection, caller.association, caller.clock.now())
        rows = list_versions(
            connection, caller.association, before=read_number(query.key), most=limit + 1
        )
    standing = current.version if current else 0
    return page_of(
        rows,
        limit,
        lambda each: each.version.version,
        lambda each: _shown(each, in_force=each.version.version == standing),
    )


def _shown(published: Published, *, in_force: bool) -> VersionOut:
    return VersionOut(
        version=published.version.version,
        published_at=published.published_at,
        starts_at=published.version.starts_at,
        published_by=published.published_by or None,
        rewards=published.rewards,
        sha256=published.version.sha256,
        in_force=in_force,
    )


def read_catalogue_version(caller: Asking, catalogue_version: str) -> VersionDetail:
    """Show a version with its file."""
    number = 0
    if catalogue_version.isdecimal() and len(catalogue_version) <= VERSION_DIGITS_MAX:
        number = int(catalogue_version)
    with caller.engine.reading(caller.association) as connection:
        current = find_version(connection, caller.association, caller.clock.now())
        found = find_published(connection, caller.association, number)
        rewards = rewards_of(connection, caller.association, number) if found else []
    if found is None:
        raise Problem.of(NO_VERSION)
    in_force = current is not None and current.version == number
    return VersionDetail(
        **dict(_shown(found, in_force=in_force)),
        text=found.version.text or None,
        items=[reward_out(each, 0, caller.language) for each in rewards],
    )


def check_catalogue(caller: Asking, body: CatalogueText) -> Checked:
    """Say everything that is wrong with a catalogue, and what it would change; keep nothing."""
    reading = _read(caller, body)
    counts = {each: sum(f.severity is each for f in reading.findings) for each in Severity}
    version = reading.catalogue.version.version if reading.catalogue else None
    return Checked(
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        findings=[each.as_json() for each in reading.findings],
        version=version,
        changes=_changes(reading.changed, caller.language),
    )


async def publish_catalogue(caller: Asking, body: CatalogueText) -> VersionDone:
    """Publish a catalogue without errors; vouchers issued before keep their terms."""
    reading = await run_in_threadpool(_read, caller, body)
    if reading.catalogue is None:
        raise Problem(
            422,
            "catalogue_refused",
            "目录文件有错误",
            "the catalogue has errors",
            details={"findings": [each.as_json() for each in reading.findings[:FINDINGS_MAX]]},
        )
    done: dict[str, Any] = {}
    # The version alone: its photos are kept already.
    for command in commands(reading, caller.association, caller.actor, lambda _: caller.operation):
        done = await caller.carry_out(command)
    return VersionDone(**done, changes=_changes(reading.changed, caller.language))


def _read(caller: Asking, body: CatalogueText) -> Reading:
    return read_for(
        caller.engine,
        caller.association,
        body.text,
        file="catalogue.yaml",
        policy=caller.installation.limits,
    )


def _changes(changed: list[Change], language: str) -> list[ChangeOut]:
    return [
        ChangeOut(reward_id=each.reward_id, field=each.field, sentence=each.sentence(language))
        for each in changed
    ]


async def keep_photo(caller: Asking, body: NewPhoto) -> PhotoOut:
    """Keep a photo for the next version."""
    done = await caller.carry_out(
        KeepPhoto(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            content=body.content,
        )
    )
    return PhotoOut.model_validate(done)


def read_photo(caller: Asking, sha256: str) -> Response:
    """Return a photo; what has this hash never changes, so it may be kept for ever."""
    with caller.engine.reading(caller.association) as connection:
        photo = find_photo(connection, caller.association, sha256)
    if photo is None:
        raise Problem.of(NO_PHOTO)
    return Response(photo.content, media_type=photo.media_type, headers=PHOTO_HEADERS)


PHOTO_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}

ROUTES = (
    get(
        "/v1/rewards/photos/{sha256}",
        read_photo,
        allows=Action.READ_REWARDS,
        zh="商品图片",
        media_type="image/*",
    ),
    post(
        "/v1/rewards/photos",
        keep_photo,
        allows=Action.MANAGE_CATALOGUE,
        zh="上传商品图片",
        status=201,
    ),
    get(
        "/v1/rewards/versions",
        list_catalogue_versions,
        allows=Action.MANAGE_CATALOGUE,
        zh="目录版本一览",
    ),
    get(
        "/v1/rewards/versions/{catalogue_version}",
        read_catalogue_version,
        allows=Action.MANAGE_CATALOGUE,
        zh="查看目录版本",
    ),
    post(
        "/v1/rewards/versions:lint",
        check_catalogue,
        allows=Action.MANAGE_CATALOGUE,
        zh="检查目录文件与改动（不保存）",
        keyed=Keyed.NOT,
    ),
    post(
        "/v1/rewards/versions",
        publish_catalogue,
        allows=Action.MANAGE_CATALOGUE,
        zh="发布目录",
        status=201,
    ),
)

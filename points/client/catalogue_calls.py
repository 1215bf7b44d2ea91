"""Calls about the catalogue: where a reward is had, versions, photos, and gates that staff open."""

import base64

from points.client import catalogue_answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post


def outlets_of(
    reward_id: str, *, near: str | None = None, district: str | None = None
) -> Call[catalogue_answers.Offerings]:
    """Ask where a reward is had; ``near`` is latitude and longitude as ``41.12,122.07``."""
    path = path_of("/v1/rewards/{}/outlets", reward_id)
    return get(path, catalogue_answers.Offerings, near=near, district=district)


def catalogue_versions(
    *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[catalogue_answers.CatalogueVersion]]:
    """Ask for versions, the highest first."""
    reads = Page[catalogue_answers.CatalogueVersion]
    return get("/v1/rewards/versions", reads, cursor=cursor, limit=limit)


def catalogue_version(version: int) -> Call[catalogue_answers.CatalogueDetail]:
    """Ask for a version with its file."""
    path = path_of("/v1/rewards/versions/{}", str(version))
    return get(path, catalogue_answers.CatalogueDetail)


def check_catalogue(text: str) -> Call[catalogue_answers.CatalogueChecked]:
    """Ask what is wrong with a file, and what it would change."""
    reads = catalogue_answers.CatalogueChecked
    return post("/v1/rewards/versions:lint", reads, {"text": text}, None, keyed=False)


def publish_catalogue(
    text: str, *, key: str | None = None
) -> Call[catalogue_answers.CataloguePublished]:
    """Publish a file without errors."""
    return post("/v1/rewards/versions", catalogue_answers.CataloguePublished, {"text": text}, key)


def keep_photo(content: bytes, *, key: str | None = None) -> Call[catalogue_answers.Photo]:
    """Keep a photo for the next version, which names it ``sha256:`` and its hash."""
    body = {"content": base64.b64encode(content).decode("ascii")}
    return post("/v1/rewards/photos", catalogue_answers.Photo, body, key)


def open_gate(
    member_id: str, reward_id: str, *, days: int | None = None, key: str | None = None
) -> Call[catalogue_answers.GateOpened]:
    """Record that you saw what a reward's gate asks for."""
    body = {"reward_id": reward_id} | ({} if days is None else {"days": days})
    path = path_of("/v1/members/{}/gates", member_id)
    return post(path, catalogue_answers.GateOpened, body, key)


def gates(member_id: str) -> Call[catalogue_answers.Gates]:
    """Ask who recorded what for a member, and what became of it."""
    return get(path_of("/v1/members/{}/gates", member_id), catalogue_answers.Gates)


def close_gate(
    member_id: str, grant_id: str, *, key: str | None = None
) -> Call[catalogue_answers.GateClosed]:
    """Take a grant back that was not used."""
    path = path_of("/v1/members/{}/gates/{}:close", member_id, grant_id)
    return post(path, catalogue_answers.GateClosed, {}, key)

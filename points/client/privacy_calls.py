"""Calls about personal data: consents, unmasking, export, erasure."""

from collections.abc import Sequence

from points.client import privacy_answers as answers
from points.client.calls import Call, get, path_of, post


def notices() -> Call[answers.Notices]:
    """Ask what members are told before they agree."""
    return get("/v1/notices", answers.Notices)


def my_consents() -> Call[answers.Consents]:
    """Ask what one has agreed to."""
    return get("/v1/me/consents", answers.Consents)


def consents(member_id: str) -> Call[answers.Consents]:
    """Ask what a member agreed to."""
    return get(path_of("/v1/members/{}/consents", member_id), answers.Consents)


def give_consent(
    member_id: str, purpose: str, notice: int, *, key: str | None = None
) -> Call[answers.Said]:
    """Agree to a notice that was read."""
    path = path_of("/v1/members/{}/consents", member_id)
    return post(path, answers.Said, {"purpose": purpose, "notice": notice}, key)


def withdraw_consent(member_id: str, purpose: str, *, key: str | None = None) -> Call[answers.Said]:
    """Take a consent back."""
    path = path_of("/v1/members/{}/consents:withdraw", member_id)
    return post(path, answers.Said, {"purpose": purpose}, key)


def unmask(
    member_id: str, fields: Sequence[str], *, reason: str, words: str
) -> Call[answers.Unmasked]:
    """Look at what is masked; each look is written down and counts."""
    body = {"fields": list(fields), "reason": reason, "words": words}
    path = path_of("/v1/members/{}:unmask", member_id)
    return post(path, answers.Unmasked, body, None, keyed=False)


def export_me() -> Call[answers.Export]:
    """Ask for everything that is kept about oneself."""
    return get("/v1/me/export", answers.Export)


def export(member_id: str) -> Call[answers.Export]:
    """Ask for everything that is kept about a member."""
    return get(path_of("/v1/members/{}/export", member_id), answers.Export)


def erase(member_id: str, ground: str, *, key: str | None = None) -> Call[answers.Erased]:
    """Erase a person, for ever."""
    path = path_of("/v1/members/{}:erase", member_id)
    return post(path, answers.Erased, {"ground": ground}, key)


def request_erasure(member_id: str, *, key: str | None = None) -> Call[answers.Requested]:
    """Ask to be erased."""
    path = path_of("/v1/members/{}/erasure-request", member_id)
    return post(path, answers.Requested, {}, key)


def end_erasure_request(
    member_id: str, *, reason: str = "", key: str | None = None
) -> Call[answers.Ended]:
    """Take a request for erasure back, or decline it."""
    path = path_of("/v1/members/{}/erasure-request:end", member_id)
    return post(path, answers.Ended, {"reason": reason}, key)

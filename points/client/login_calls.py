"""The calls with which a member logs in, goes on, and logs out."""

from typing import Any

from points.client import answers
from points.client.calls import Call, get, path_of


def ask_login_code(association: str, phone: str) -> Call[answers.CodeSent]:
    """Let a code be sent; the answer does not tell whether the number is known."""
    return _opens("/v1/login-codes", answers.CodeSent, association=association, phone=phone)


def log_in(
    association: str, phone: str, code: str, name: str, key: dict[str, Any]
) -> Call[answers.Tokens]:
    """Log in with what came by message."""
    said = {"association": association, "phone": phone, "code": code}
    device = {"name": name, "key": key}
    return _opens("/v1/sessions:member", answers.Tokens, **said, device=device)


def renew(refresh_token: str) -> Call[answers.Tokens]:
    """Ask for the next tokens."""
    return _opens("/v1/sessions:refresh", answers.Tokens, refresh_token=refresh_token)


def devices() -> Call[answers.Devices]:
    """Ask on which devices one is logged in."""
    return get("/v1/me/devices", answers.Devices)


def end_device(device_id: str) -> Call[answers.Device]:
    """Log out of a device."""
    path = path_of("/v1/me/devices/{}", device_id)
    return Call(method="DELETE", path=path, reads=answers.Device)


def _opens(path: str, reads: type[answers.AnswerT], **body: object) -> Call[answers.AnswerT]:
    return Call(method="POST", path=path, reads=reads, body=body, opens=True)

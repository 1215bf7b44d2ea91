"""The cookies: one session for each door, and which language somebody reads."""

from starlette.requests import Request
from starlette.responses import Response

from points.web.doors import Door

YEAR_SECONDS = 365 * 86_400


def cookie_name(door: Door, *, secure: bool) -> str:
    """Return a door's cookie; over TLS a name that browsers hold to this host and path alone."""
    return f"__Host-points{door.suffix}" if secure else f"points{door.suffix}"


def language_cookie(*, secure: bool) -> str:
    """Return the cookie of the language, which is nobody's secret and held to this host as well."""
    return "__Host-points-language" if secure else "points-language"


def read_session(request: Request, door: Door, *, secure: bool) -> str:
    """Return the token in a door's cookie; empty where there is none."""
    return request.cookies.get(cookie_name(door, secure=secure), "")


def keep_session(
    answer: Response, door: Door, token: str, *, secure: bool, seconds: int | None = None
) -> None:
    """Put a session's token where no script can read it and no other site can send it from."""
    answer.set_cookie(
        cookie_name(door, secure=secure),
        token,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def drop_session(answer: Response, door: Door, *, secure: bool) -> None:
    """Let the browser forget a session."""
    answer.delete_cookie(
        cookie_name(door, secure=secure), path="/", secure=secure, httponly=True, samesite="strict"
    )


def keep_language(answer: Response, language: str, *, secure: bool) -> None:
    """Remember which language somebody reads."""
    answer.set_cookie(
        language_cookie(secure=secure),
        language,
        max_age=YEAR_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )

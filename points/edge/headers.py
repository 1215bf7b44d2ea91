"""The security headers of every answer, in one place.

Source: OWASP's list of secure headers. An answer may say less freedom or another policy for itself;
what it does not say is said here.
"""

from collections.abc import Mapping

HSTS = "max-age=31536000; includeSubDomains"

_COMMON = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), usb=()"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
API_HEADERS: Mapping[str, str] = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of answers for programs: a browser that shows one does nothing with it."""

HTML_HEADERS: Mapping[str, str] = {
    **_COMMON,
    # Under `no-referrer` browsers say `Origin: null` with forms, even of our own pages, and none of
    # them could be told from another site's.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""Of pages: nothing inline, nothing from elsewhere, in nobody's frame."""

POSITION_HEADERS: Mapping[str, str] = {
    "Permissions-Policy": _COMMON["Permissions-Policy"].replace(
        "geolocation=()", "geolocation=(self)"
    )
}
"""Of the one page that may ask a phone where it is, once somebody presses for it."""


Raw = list[tuple[bytes, bytes]]


def _raw(headers: Mapping[str, str]) -> Raw:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


# Encoded once: this runs for every answer.
_API, _HTML, _HSTS = (
    _raw(API_HEADERS),
    _raw(HTML_HEADERS),
    _raw({"Strict-Transport-Security": HSTS}),
)


def complete(headers: Raw, *, behind_tls: bool) -> None:
    """Add the headers that an answer lacks, by its kind."""
    given = dict(headers)
    html = given.get(b"content-type", b"").startswith(b"text/html")
    headers += [each for each in (_HTML if html else _API) if each[0] not in given]
    if behind_tls and _HSTS[0][0] not in given:
        headers += _HSTS

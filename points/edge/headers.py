"""The security headers of every answer, in one place.

Source: OWASP's list of secure headers. An answer may say less freedom or another policy for itself;
what it does not say is said here.
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders

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


def complete(headers: MutableHeaders, *, behind_tls: bool) -> None:
    """Add the headers that an answer lacks, by its kind."""
    html = headers.get("content-type", "").startswith("text/html")
    for name, value in (HTML_HEADERS if html else API_HEADERS).items():
        headers.setdefault(name, value)
    if behind_tls:
        headers.setdefault("Strict-Transport-Security", HSTS)

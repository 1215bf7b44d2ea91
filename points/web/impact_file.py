"""A back-test as one file that needs nothing else: no script, no address, to be sent and kept."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from points.web.alone import page
from points.web.impact import shown
from points.web.templating import templates
from points.web.texts import texts


def standalone(found: Mapping[str, Any], sha256: str, language: str) -> str:
    """Return the whole report as an HTML file.

    Args:
        found: What ``Impact.as_json`` returns.
        sha256: Its hash.
        language: ``zh`` or ``en``.
    """
    said = texts(language)
    body = _body().render(impact=shown(found, sha256, language), t=said, lang=language)
    return page(said.impact_title, body, language)


@cache
def _body() -> Any:  # noqa: ANN401 - a template
    return templates().get_template("impact/body.html")
